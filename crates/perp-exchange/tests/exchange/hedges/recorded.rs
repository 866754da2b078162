//! What recorded prices take from hedges, and how far they moved apart.

use super::stage::{plain, Held, Stage};
use perp_engine::fixtures::PRICE;
use perp_engine::units::{Price, PPM};
use perp_exchange::sizing::{divergence_ceil, Candle};

pub type Pairs = Vec<(Candle, Candle)>;

/// The furthest that two markets moved apart from one close to the next, in ppm.
pub fn divergence(pairs: &Pairs) -> u64 {
    divergence_ceil(pairs).unwrap().get().into()
}

/// A move from a price to another, in ppm.
fn moved(from: Price, to: Price) -> i64 {
    i64::try_from(u128::from(to.get()) * u128::from(PPM) / u128::from(from.get())).unwrap() - PPM as i64
}

/// The moves of both markets from close to close.
fn moves(pairs: &Pairs) -> impl Iterator<Item = [i64; 2]> + '_ {
    let closes = pairs.iter().zip(pairs.iter().skip(1));
    closes.map(|((our, their), (ours, theirs))| [moved(our.close, ours.close), moved(their.close, theirs.close)])
}

/// What a pair of positions asks for maintenance, and how often a recorded step would have taken more from it; each market moves no
/// further than its own margin.
pub fn steps_beyond(pairs: &Pairs, sizes: [i64; 2]) -> (u64, usize) {
    let mut stage = Stage::of(&[(plain(), 1_000_000), (plain(), 1_000_000)]);
    let held = [0, 1].map(|market| Held { market, size: sizes[usize::from(market)], entry: 1_000_000 });
    let account = stage.holding(1_000_000_000_000, &held);
    let asked = stage.health(account).maintenance;
    let own = i64::from(plain().base_margin.get()) * 3 / 4;
    let beyond = moves(pairs).filter(|moves| {
        let mut moved = stage.clone();
        for (market, change) in moves.iter().enumerate() {
            let price = i128::from(PRICE) * i128::from(PPM as i64 + change.clamp(&-own, &own)) / i128::from(PPM);
            moved.publish(market as u16, u64::try_from(price).unwrap());
        }
        let lost = i128::from(asked.equity.get()) - i128::from(moved.health(account).maintenance.equity.get());
        lost > i128::from(asked.margin.get()) + 2
    });
    (asked.margin.get(), beyond.count())
}

/// A hedge that is opened at its initial margin at every `every`th candle and held from there on, its prices told at each close and
/// whoever may be liquidated liquidated at once: how many were, and the least equity that any of them came to, in atoms.
pub fn followed(pairs: &Pairs, long: u16, every: usize) -> (usize, i128) {
    let (mut liquidated, mut least) = (0, i128::MAX);
    for begin in (0..pairs.len()).step_by(every) {
        let mut stage = Stage::of(&[(plain(), 1_000_000), (plain(), 1_000_000)]);
        let held = [0, 1].map(|market| {
            let size = if market == long { 100_000 } else { -100_000 };
            Held { market, size, entry: 1_000_000 }
        });
        // $1125: 45 % of 5 % of $25 000 twice.
        let account = stage.holding(1_125_000_000, &held);
        let first = &pairs[begin];
        let mut was_liquidated = false;
        for (ours, theirs) in &pairs[begin + 1..] {
            for (market, from, to) in [(0, first.0.close, ours.close), (1, first.1.close, theirs.close)] {
                let price = u128::from(PRICE) * u128::from(to.get()) / u128::from(from.get());
                stage.publish(market, u64::try_from(price).unwrap());
            }
            while stage.health(account).maintenance.is_below_margin() {
                let closed = [0, 1].map(|market| stage.liquidate(account, market, u64::MAX).is_ok());
                was_liquidated = true;
                if !closed.contains(&true) {
                    break;
                }
            }
            least = least.min(i128::from(stage.health(account).maintenance.equity.get()));
            if !stage.account(account).has_open_position() {
                break;
            }
        }
        liquidated += usize::from(was_liquidated);
    }
    (liquidated, least)
}
