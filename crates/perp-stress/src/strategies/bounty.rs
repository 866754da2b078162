//! Liquidations of one's own, and other ways to earn bounties.

use super::arena::Arena;
use super::{places, Played, Tally};
use crate::exchange_venue::{usd, MARKET};
use crate::market::dollars;
use crate::path::{PricePath, TICK};
use crate::variant::Terms;
use perp_engine::operations::position::LiquidationOrder;
use perp_engine::units::{Atoms, Size};

const TRIES: usize = 400;
/// The longest time an attacker waits to be liquidated.
const HOURS: usize = 4 * 3_600 / TICK as usize;
const FILL: f64 = 0.3;

/// A position of the highest leverage that another account of its owner liquidates as soon as it can, with closing it just then for
/// comparison: the difference is what provoking the liquidation is worth. Large positions, and the smallest, which farm.
pub fn own(path: &PricePath, terms: &Terms, seed: u64) -> Vec<Played> {
    let mut played = Vec::new();
    for (name, size) in [("$1 million", 1_000_000.0), ("the smallest position", 110.0)] {
        let [mut provoked, mut farmed]: [Tally; 2] = Default::default();
        for place in places(path, HOURS + 1, TRIES, seed) {
            for side in [1.0, -1.0] {
                let Some((own, closed)) = attempt(path, terms, place, side * size) else { continue };
                farmed.add(own);
                if let Some(closed) = closed {
                    provoked.add(own - closed);
                }
            }
        }
        played.push(Played { variant: format!("{name}, against closing instead"), tally: provoked, hours: None });
        played.push(Played { variant: format!("{name}, from opening to end"), tally: farmed, hours: None });
    }
    played
}

/// The profit of being liquidated, less what the price did to the position, and that of closing at the same moment.
fn attempt(path: &PricePath, terms: &Terms, from: usize, notional: f64) -> Option<(f64, Option<f64>)> {
    let at = |tick: usize| dollars(path.ticks[tick]);
    let mut arena = Arena::new(terms, path.time(from), at(from), FILL);
    let liquidator = arena.account(10.0);
    let account = arena.leveraged(MARKET, notional).ok()?;
    let size = notional / at(from);
    for tick in from + 1..=from + HOURS {
        arena.next(TICK, at(tick));
        let before = arena.clone();
        if let Some(plan) = arena.liquidate(liquidator, account, MARKET) {
            let moved = size * (at(tick) - at(from));
            let end = |mut arena: Arena| -> Option<f64> {
                arena.close(account, MARKET).ok()?;
                arena.cash_out(account);
                arena.cash_out(liquidator);
                Some(arena.profit() - moved)
            };
            // One whose equity the penalty took would get nothing by closing either: whoever liquidates him earns the bounty.
            let has_equity_left = plan.after.equity.get() > 0;
            let own = end(arena)?;
            return Some((own, end(before).filter(|_| has_equity_left)));
        }
    }
    None
}

/// The bounty of one call less that of many small ones, on the same account.
pub fn splitting(path: &PricePath, terms: &Terms, seed: u64) -> Vec<Played> {
    let mut played = Vec::new();
    for parts in [2u64, 10, 100] {
        let mut tally = Tally::default();
        for place in places(path, HOURS + 1, TRIES, seed) {
            if let Some([whole, split]) = split(path, terms, place, parts) {
                tally.add(split - whole);
            }
        }
        played.push(Played { variant: format!("in {parts} calls, against one"), tally, hours: None });
    }
    played
}

fn split(path: &PricePath, terms: &Terms, from: usize, parts: u64) -> Option<[f64; 2]> {
    let at = |tick: usize| dollars(path.ticks[tick]);
    let mut arena = Arena::new(terms, path.time(from), at(from), FILL);
    let liquidator = arena.account(10.0);
    let accounts = [arena.leveraged(MARKET, 1_000_000.0).ok()?, arena.leveraged(MARKET, -1_000_000.0).ok()?];
    for tick in from + 1..=from + HOURS {
        arena.next(TICK, at(tick));
        for account in accounts {
            let mut whole = arena.clone();
            let Some(plan) = whole.liquidate(liquidator, account, MARKET) else { continue };
            let part = Size::new((plan.closed.get() / parts).max(1));
            let order = LiquidationOrder { max_size: part, min_bounty: Atoms::ZERO };
            let mut bounties = 0.0;
            // Twice as many calls as it should take: what is left over is dust.
            for _ in 0..2 * parts {
                match arena.liquidate_part(liquidator, account, MARKET, &order) {
                    Some(plan) => bounties += usd(plan.penalty.bounty),
                    None => break,
                }
            }
            return Some([usd(plan.penalty.bounty), bounties]);
        }
    }
    None
}
