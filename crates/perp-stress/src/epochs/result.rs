//! What the boundaries of a run came to.

use super::boundary::{Loss, Moved, Parts, Sample, WAYS};
use super::keeper::REWARD;
use crate::path::{Kind, PricePath};
use serde::{Deserialize, Serialize};

/// A loss that nobody should have.
const FAR: f64 = 0.01;

/// What somebody loses against what his shares are worth, over the boundaries of a run, in percent; negative for a gain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Losses {
    /// Mean.
    pub mean: f64,
    /// Mean without signs.
    pub mean_absolute: f64,
    /// The one furthest from zero.
    pub largest: f64,
    /// Boundaries at which it is more than 1 %.
    pub beyond: u32,
}

/// Where the mean loss before the queue's fee comes from, in percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reasons {
    /// The price is taken at the end of its confidence.
    pub width: f64,
    /// Profit and loss came between the settling and the boundary.
    pub moved: f64,
    /// Profit and loss of before that was not settled.
    pub left: f64,
    /// Pending funding, debts, and what losers cannot pay.
    pub rest: f64,
}

impl Reasons {
    fn of(parts: &Parts) -> Self {
        Self {
            width: percent(parts.width),
            moved: percent(parts.moved),
            left: percent(parts.left),
            rest: percent(parts.rest),
        }
    }
}

/// Who leaves, or who enters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Mover {
    /// Before the queue's fee.
    pub before_fee: Losses,
    /// After it.
    pub after_fee: Losses,
    /// Why, in the mean.
    pub reasons: Reasons,
    /// Why, where the loss after the fee is furthest from zero.
    pub worst: Reasons,
}

/// Both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Movers {
    /// Who leaves.
    pub leaver: Mover,
    /// Who enters.
    pub entrant: Mover,
}

/// What settling traders took, in the mean of the boundaries and in dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Keeping {
    /// Positions settled.
    pub positions: f64,
    /// Profits and losses that became cash where nobody had been settled before.
    pub moved: f64,
    /// What the queue pays for that.
    pub asked: f64,
    /// Part of the boundaries at which the fees of a day's moves were enough for it.
    pub sufficed: f64,
    /// Profits and losses that become cash where all are settled at every boundary.
    pub hourly_moved: f64,
    /// What the queue pays for that.
    pub hourly_asked: f64,
    /// Fees of an hour's moves.
    pub hourly_fees: f64,
    /// Part of the boundaries before which the fees of all hours so far were enough.
    pub hourly_sufficed: f64,
}

/// The boundaries of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epochs {
    /// Name of the path.
    pub path: String,
    /// Digest of its file.
    pub prices: String,
    /// What the path is used for.
    pub kind: Kind,
    /// Open interest in percent of the cap.
    pub fill: u32,
    /// Seed of the population.
    pub seed: u64,
    /// Boundaries measured.
    pub boundaries: u32,
    /// Boundaries at whose price some losers cannot pay.
    pub with_bad_debt: u32,
    /// Nobody is settled.
    pub unsettled: Movers,
    /// Everybody is settled at the last price before the boundary, in each of the [`WAYS`].
    pub settled: [Movers; WAYS.len()],
    /// What the first of them took.
    pub keeping: Keeping,
}

/// Sums over boundaries.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    samples: Vec<Sample>,
}

impl Sums {
    /// One more.
    pub fn add(&mut self, sample: &Sample) {
        self.samples.push(*sample);
    }

    fn mean(&self, number: impl Fn(&Sample) -> f64) -> f64 {
        self.samples.iter().map(number).sum::<f64>() / self.samples.len().max(1) as f64
    }

    fn losses(&self, loss: impl Fn(&Sample) -> f64) -> Losses {
        let furthest = self.samples.iter().map(&loss).max_by(|a, b| a.abs().total_cmp(&b.abs()));
        Losses {
            mean: percent(self.mean(&loss)),
            mean_absolute: percent(self.mean(|sample| loss(sample).abs())),
            largest: percent(furthest.unwrap_or(0.0)),
            beyond: self.samples.iter().filter(|sample| loss(sample).abs() > FAR).count() as u32,
        }
    }

    fn mover(&self, of: impl Fn(&Sample) -> Loss) -> Mover {
        let mean = |part: fn(&Parts) -> f64| self.mean(|sample| part(&of(sample).parts));
        let usual = Parts {
            width: mean(|parts| parts.width),
            moved: mean(|parts| parts.moved),
            left: mean(|parts| parts.left),
            rest: mean(|parts| parts.rest),
        };
        let furthest = self.samples.iter().map(&of).max_by(|a, b| a.after_fee.abs().total_cmp(&b.after_fee.abs()));
        Mover {
            before_fee: self.losses(|sample| of(sample).before_fee),
            after_fee: self.losses(|sample| of(sample).after_fee),
            reasons: Reasons::of(&usual),
            worst: Reasons::of(&furthest.unwrap_or_default().parts),
        }
    }

    fn movers(&self, of: impl Fn(&Sample) -> Moved) -> Movers {
        Movers { leaver: self.mover(|sample| of(sample).leaver), entrant: self.mover(|sample| of(sample).entrant) }
    }

    fn keeping(&self) -> Keeping {
        let hours = self.samples.iter().filter_map(|sample| Some((sample.fees, sample.hourly? * REWARD)));
        let (mut apart, mut sufficed) = (0.0, 0);
        for (fees, asked) in hours.clone() {
            apart += fees - asked;
            sufficed += u32::from(apart >= 0.0);
            apart = apart.max(0.0);
        }
        let of_hours = hours.clone().count().max(1) as f64;
        let hourly_asked = hours.clone().map(|(_, asked)| asked).sum::<f64>() / of_hours;
        let enough = self.samples.iter().filter(|sample| sample.settling.paid > 0.999 * sample.settling.asked - 0.01);
        let boundaries = self.samples.len().max(1) as f64;
        Keeping {
            positions: tenths(self.mean(|sample| sample.settling.positions as f64)),
            moved: cents(self.mean(|sample| sample.settling.moved)),
            asked: cents(self.mean(|sample| sample.settling.asked)),
            sufficed: percent(enough.count() as f64 / boundaries) / 100.0,
            hourly_moved: cents(hourly_asked / REWARD),
            hourly_asked: cents(hourly_asked),
            hourly_fees: cents(self.mean(|sample| sample.fees)),
            hourly_sufficed: percent(f64::from(sufficed) / of_hours) / 100.0,
        }
    }

    /// What they came to on a path.
    pub fn result(&self, path: &PricePath, fill: u32, seed: u64) -> Epochs {
        Epochs {
            path: path.name.clone(),
            prices: path.digest.clone(),
            kind: path.kind,
            fill,
            seed,
            boundaries: self.samples.len() as u32,
            with_bad_debt: self.samples.iter().filter(|sample| sample.bad_debt >= 1.0).count() as u32,
            unsettled: self.movers(|sample| sample.unsettled),
            settled: std::array::from_fn(|place| self.movers(|sample| sample.settled[place])),
            keeping: self.keeping(),
        }
    }
}

/// To a hundredth of a basis point: what is left is noise of adding up.
fn percent(part: f64) -> f64 {
    (part * 1e6).round() / 1e4
}

fn cents(dollars: f64) -> f64 {
    (dollars * 100.0).round() / 100.0
}

fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}
