//! Resting orders: what it costs that they fill seconds after they are met, and whether anybody gains by choosing when.

pub mod bench;
pub mod result;
pub mod table;

use crate::path::PricePath;
use crate::variant::Terms;
use bench::{Bench, Side};
use perp_engine::state::Parameters;
use result::{Moment, Orders, Rule, Series, Stops};

/// How far a feed may be ahead of the clock, in seconds: as in the example of the specification, and as listed.
const TOLERANCES: [u32; 2] = [2, 10];
/// A stop lies so far from the price, as a part of it.
const STOP: f64 = 0.005;
/// A stop that was not met for so many seconds is placed anew.
const PATIENCE: usize = 600;
/// Seconds after a try in which nothing is tried: tries do not overlap.
const REST: usize = 60;
/// Seconds after the fill at whose end a position is worth what the market says.
const HOLD: usize = 15;
/// A move by which a moment is chosen, as a part of the price.
const LEAST_MOVE: f64 = 0.0005;

/// A way to choose a moment: the direction in which somebody trades at a second of the path, if at all.
type Choice = (&'static str, fn(&[f64], usize) -> Option<Side>);

const CHOICES: [Choice; 4] = [
    ("any moment", |_, second| Some(if second.is_multiple_of(2) { Side::Long } else { Side::Short })),
    ("knows the price in 2 s", |seconds, second| moved(seconds[second], seconds[second + 2])),
    ("after 5 s of a trend", |seconds, second| moved(seconds[second - 5], seconds[second])),
    ("against 5 s of a trend", |seconds, second| moved(seconds[second], seconds[second - 5])),
];

fn moved(from: f64, to: f64) -> Option<Side> {
    let part = to / from - 1.0;
    (part.abs() >= LEAST_MOVE).then_some(if part > 0.0 { Side::Long } else { Side::Short })
}

/// Follows a path second by second and measures on copies of the exchange.
///
/// # Panics
/// Where the exchange refuses what must not be refused.
pub fn run(path: &PricePath, terms: &Terms, seed: u64) -> Orders {
    let seconds = path.seconds(seed);
    let rules = TOLERANCES.map(|future_tolerance| {
        let parameters = Parameters { future_tolerance, ..terms.parameters };
        let terms = Terms { parameters, ..*terms };
        let delay = future_tolerance as usize + 1;
        Rule {
            delay: delay as u32,
            stops: stops(path, &terms, &seconds, delay),
            moments: CHOICES.iter().map(|choice| moments(path, &terms, &seconds, delay, choice)).collect(),
        }
    });
    Orders { path: path.name.clone(), prices: path.digest.clone(), kind: path.kind, seed, rules: rules.to_vec() }
}

/// Stops of a long and of a short position, placed again and again.
fn stops(path: &PricePath, terms: &Terms, seconds: &[f64], delay: usize) -> Stops {
    let mut bench = Bench::new(terms, path.start, seconds[0]);
    let (mut moves, mut at_once, mut filled, mut dearer) =
        (Series::default(), Series::default(), Series::default(), Series::default());
    // Of each side the trigger, and the second at which it was placed.
    let mut placed = [Side::Long, Side::Short].map(|side| (side, 0.0, 0));
    for second in 1..seconds.len().saturating_sub(delay + 1) {
        let price = seconds[second];
        bench.next(price);
        for (side, trigger, since) in &mut placed {
            let met = *trigger > 0.0 && side.sign() * (price - *trigger) <= 0.0;
            if met && second > *since {
                let immediate = bench.close_at_once(*side, price);
                let rested = bench.close_by_stop(*side, price, &seconds[second + 1..=second + delay]);
                moves.add(side.sign() * (price - seconds[second + delay]) / price * 1e4);
                at_once.add(immediate);
                filled.add(rested);
                dearer.add(rested - immediate);
                (*trigger, *since) = (0.0, second + REST);
            }
            let waits = *trigger > 0.0 && second < *since + PATIENCE;
            if !waits && second >= *since {
                *trigger = price * (1.0 - side.sign() * STOP);
                *since = second;
                bench.place_stop(*side, *trigger);
            }
        }
    }
    Stops {
        moved: moves.mean(),
        moved_high: moves.high(),
        at_once: at_once.mean(),
        filled: filled.mean(),
        filled_high: filled.high(),
        dearer: dearer.mean(),
    }
}

/// Orders at the next price, at moments chosen so, beside trades at the same moments.
fn moments(path: &PricePath, terms: &Terms, seconds: &[f64], delay: usize, (name, choice): &Choice) -> Moment {
    let mut bench = Bench::new(terms, path.start, seconds[0]);
    let (mut before, mut after, mut at_once) = (Series::default(), Series::default(), Series::default());
    let mut free = 10;
    for second in 1..seconds.len().saturating_sub(delay + HOLD + 1) {
        let price = seconds[second];
        bench.next(price);
        if second < free {
            continue;
        }
        let Some(side) = choice(seconds, second) else { continue };
        let (fill, end) = (seconds[second + delay], seconds[second + delay + HOLD]);
        let gained = |from: f64| side.sign() * (end - from) / price * 1e4;
        let cost = bench.open_at_the_next_price(side, fill, &seconds[second + 1..=second + delay]);
        before.add(gained(fill));
        after.add(gained(fill) - cost);
        at_once.add(gained(price) - bench.open_at_once(side, price));
        free = second + REST;
    }
    Moment { name: (*name).into(), before_cost: before.mean(), gain: after.mean(), at_once: at_once.mean() }
}
