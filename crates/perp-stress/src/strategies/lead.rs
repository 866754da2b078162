//! Knowing a price before the oracle prints it.

use super::arena::Arena;
use super::{Played, Tally};
use crate::exchange_venue::MARKET;
use crate::path::{PricePath, TICK};

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

/// Trades ahead of every move that pays, all along the path. Each try finds the market as it stood at the beginning of the hour, so
/// that an hour's profit is what providers would lose who refill the market.
pub fn run(path: &PricePath, seed: u64) -> Vec<Played> {
    let seconds = path.seconds(seed);
    let worst = path.wildest(WORST_HOURS * HOUR / TICK as usize) * TICK as usize;
    let worst = worst..worst + WORST_HOURS * HOUR;
    let mut played = Vec::new();
    for lead in LEADS {
        for size in SIZES {
            let (mut within, mut without) = (Tally::default(), Tally::default());
            let mut second = 0;
            let mut stage: Option<(usize, Arena, usize)> = None;
            while second + lead < seconds.len() {
                let change = seconds[second + lead] / seconds[second] - 1.0;
                if change.abs() < LEAST_MOVE {
                    second += 1;
                    continue;
                }
                if stage.as_ref().is_none_or(|(hour, ..)| *hour != second / HOUR) {
                    let mut arena = Arena::new(path.start, seconds[second], FILL);
                    let account = arena.account(size);
                    stage = Some((second / HOUR, arena, account));
                }
                let gained = stage.as_ref().and_then(|(_, arena, account)| {
                    attempt(
                        arena.clone(),
                        *account,
                        size * change.signum(),
                        lead,
                        [seconds[second], seconds[second + lead]],
                    )
                });
                match gained {
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

/// The profit of a trade at a price whose successor is known; `None` where it is refused.
fn attempt(mut arena: Arena, account: usize, notional: f64, lead: usize, [now, then]: [f64; 2]) -> Option<f64> {
    arena.next(1, now);
    arena.trade(account, MARKET, notional).ok()?;
    arena.next(lead as i64, then);
    arena.close(account, MARKET).ok()?;
    arena.cash_out(account);
    Some(arena.profit())
}
