//! What goes wrong in a run: how late liquidators are, and for how long the oracle is silent.

use crate::exchange_venue::ExchangeVenue;
use crate::outcome::Outcome;
use crate::path::{PricePath, TICK};
use crate::peer_venue::PeerVenue;
use crate::simulation::{run, Outage, Scenario};
use serde::{Deserialize, Serialize};

/// Places beside the worst at which an outage is tried, spread evenly over a path.
const ELSEWHERE: usize = 16;

/// A liquidator, or an outage with a prompt one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// Liquidators act on every tick.
    Prompt,
    /// They act on what has been below its margin for so many minutes.
    Late(i64),
    /// The oracle is silent for so many minutes.
    Outage(usize),
}

/// In the order in which they are shown.
pub const CASES: [Case; 6] =
    [Case::Prompt, Case::Late(1), Case::Late(5), Case::Late(30), Case::Outage(5), Case::Outage(60)];

/// Open interest of the longs at the beginning, in percent of the cap.
pub const FILLS: [u32; 3] = [30, 60, 95];

impl Case {
    /// What it is called in documents.
    pub fn name(self) -> String {
        match self {
            Self::Prompt => "prompt".into(),
            Self::Late(minutes) => format!("{minutes} min late"),
            Self::Outage(minutes) => format!("{minutes} min outage"),
        }
    }
}

/// Whose rules a population trades by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rules {
    /// This exchange's.
    Exchange,
    /// The [model of its peers](crate::peer_venue).
    Peers,
}

/// An outage at other places than the worst: bad debt of the whole run, in dollars.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// Places tried.
    pub places: usize,
    /// Mean of the bad debt.
    pub mean: f64,
    /// Largest bad debt.
    pub worst: f64,
}

/// What a case came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The run; of an outage the one across the largest fall.
    pub outcome: Outcome,
    /// The same outage at other places.
    pub elsewhere: Option<Elsewhere>,
}

/// Runs a case: once, or for an outage once for each place.
pub fn measure(path: &PricePath, rules: Rules, fill: u32, case: Case, seed: u64, traders: usize) -> Measured {
    let at = |outage: Option<Outage>| {
        let delay = match case {
            Case::Late(minutes) => minutes * 60,
            Case::Prompt | Case::Outage(_) => 0,
        };
        let scenario = Scenario { fill: f64::from(fill) / 100.0, delay, outage, seed, traders };
        match rules {
            Rules::Exchange => run(ExchangeVenue::new(path.start, path.ticks[0], traders), path, scenario).1,
            Rules::Peers => run(PeerVenue::new(path.ticks[0], traders), path, scenario).1,
        }
    };
    let Case::Outage(minutes) = case else { return Measured { outcome: at(None), elsewhere: None } };
    let ticks = minutes * 60 / TICK as usize;
    let outcome = at(Some(Outage { from: path.worst_fall(ticks), ticks }));
    let room = path.ticks.len().saturating_sub(ticks + 1);
    let debts: Vec<f64> =
        (0..ELSEWHERE).map(|place| at(Some(Outage { from: 1 + room * place / ELSEWHERE, ticks })).bad_debt()).collect();
    let cents = |dollars: f64| (dollars * 100.0).round() / 100.0;
    let mean = cents(debts.iter().sum::<f64>() / debts.len() as f64);
    let worst = cents(debts.iter().copied().fold(0.0, f64::max));
    Measured { outcome, elsewhere: Some(Elsewhere { places: ELSEWHERE, mean, worst }) }
}
