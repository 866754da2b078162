//! Entering and leaving the pool at every hour's boundary of a run: what it costs against what a share is worth to somebody who knows
//! every account, before traders are settled and after.

pub mod boundary;
pub mod keeper;
pub mod result;
pub mod table;
pub mod worth;

use crate::exchange_venue::ExchangeVenue;
use crate::path::PricePath;
use crate::population::normal;
use crate::simulation::{watch, Scenario};
use crate::variant::Terms;
use boundary::measure;
use fastrand::Rng;
use keeper::Kept;
use result::{Epochs, Sums};

/// Seconds from one boundary to the next, as they are listed.
const EPOCH: i64 = 3_600;

/// Runs a population with a prompt liquidator through a path and measures each boundary on copies of the exchange.
///
/// A candle opens where the one before it closed, so that nothing would move between the last tick before a boundary and its own. On
/// the copies the price moves by a Brownian step of the candle's own volatility.
///
/// # Panics
/// Where the exchange refuses what must not be refused, or its books do not balance.
pub fn run(path: &PricePath, terms: &Terms, fill: u32, seed: u64, traders: usize) -> Epochs {
    let scenario = Scenario { fill: f64::from(fill) / 100.0, delay: 0, outage: None, seed, traders };
    let venue = ExchangeVenue::new(terms, path.start, path.ticks[0], traders);
    let (mut sums, mut kept) = (Sums::default(), Kept::default());
    // Far from the streams of the traders.
    let mut steps = Rng::with_seed(!seed);
    watch(venue, path, scenario, |venue, tick| {
        let Some(next) = path.ticks.get(tick + 1) else { return };
        if path.time(tick).div_euclid(EPOCH) == path.time(tick + 1).div_euclid(EPOCH) {
            return;
        }
        let step = (path.volatility(tick), normal(&mut steps));
        sums.add(&measure(&venue.exchange, *next, step, &mut kept));
    });
    sums.result(path, fill, seed)
}
