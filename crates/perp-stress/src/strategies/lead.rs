//! Knowing a price before the oracle prints it.

use super::arena::Arena;
use super::{Played, Tally};
use crate::exchange_venue::MARKET;
use crate::path::{PricePath, TICK};
use crate::variant::Terms;

/// Seconds by which the attacker is ahead.
const LEADS: [usize; 2] = [1, 2];
/// Notional of a trade, in dollars.
const SIZES: [f64; 3] = [100_000.0, 1_000_000.0, 4_000_000.0];
/// Open interest of the crowd's longs, as a part of the cap.
const FILL: f64 = 0.6;
/// A move below which nobody trades, as a part of the price: it does not even pay the fees.
const LEAST_MOVE: f64 = 0.0005;
const HOUR: usize = 3_600;
const WORST_HOURS: usize = 2;

/// Seconds of prices that the market has seen before an hour begins: what it measures has forgotten what was earlier.
const WARM_UP: usize = 1_800;

/// The market as it stands at a second: every second printed, and nobody trading but the crowd at the beginning of the hour.
struct Stage {
    hour: usize,
    arena: Arena,
    account: usize,
    second: usize,
}

impl Stage {
    fn new(path: &PricePath, terms: &Terms, seconds: &[f64], hour: usize, collateral: f64) -> Self {
        let second = (hour * HOUR).saturating_sub(WARM_UP);
        let mut arena = Arena::new(terms, path.start + second as i64, seconds[second], FILL);
        let account = arena.account(collateral);
        Self { hour, arena, account, second }
    }

    fn follow(&mut self, seconds: &[f64], until: usize) {
        for price in &seconds[self.second + 1..=until.max(self.second)] {
            self.arena.next(1, *price);
        }
        self.second = until;
    }

    /// The profit of a trade whose next seconds are known; `None` where it is refused.
    fn attempt(&self, notional: f64, next: &[f64]) -> Option<f64> {
        let mut arena = self.arena.clone();
        arena.trade(self.account, MARKET, notional).ok()?;
        for price in next {
            arena.next(1, *price);
        }
        arena.close(self.account, MARKET).ok()?;
        arena.cash_out(self.account);
        Some(arena.profit())
    }
}

/// Trades ahead of every move that pays, all along the path. Each try finds the market as it would stand without the others, so
/// that an hour's profit is what providers would lose who refill the market.
pub fn run(path: &PricePath, terms: &Terms, seed: u64) -> Vec<Played> {
    let seconds = path.seconds(seed);
    let worst = path.wildest(WORST_HOURS * HOUR / TICK as usize) * TICK as usize;
    let worst = worst..worst + WORST_HOURS * HOUR;
    let mut played = Vec::new();
    for lead in LEADS {
        for size in SIZES {
            let (mut within, mut without) = (Tally::default(), Tally::default());
            let mut second = 0;
            let mut stage: Option<Stage> = None;
            while second + lead < seconds.len() {
                let change = seconds[second + lead] / seconds[second] - 1.0;
                if change.abs() < LEAST_MOVE {
                    second += 1;
                    continue;
                }
                let hour = second / HOUR;
                let stage = match &mut stage {
                    Some(stage) if stage.hour == hour => stage,
                    stage => stage.insert(Stage::new(path, terms, &seconds, hour, size)),
                };
                stage.follow(&seconds, second);
                match stage.attempt(size * change.signum(), &seconds[second + 1..=second + lead]) {
                    Some(profit) if profit > 0.0 => {
                        if worst.contains(&second) { &mut within } else { &mut without }.add(profit);
                        second += lead;
                    }
                    _ => second += 1,
                }
            }
            let name = format!("{lead} s, ${} k", size / 1e3);
            let hours = seconds.len() as f64 / HOUR as f64 - WORST_HOURS as f64;
            played.push(Played {
                variant: format!("{name}, worst two hours"),
                tally: within,
                hours: Some(WORST_HOURS as f64),
            });
            played.push(Played { variant: format!("{name}, other times"), tally: without, hours: Some(hours) });
        }
    }
    played
}
