//! Funding, pumped, flipped and earned honestly; and a market kept full.

use super::arena::Arena;
use super::{Played, Tally};
use crate::exchange_venue::MARKET;
use crate::market::dollars;
use crate::path::{PricePath, TICK};

const HOUR: i64 = 3_600;
/// Notional of the attacker's position, in dollars.
const SIZE: f64 = 4_000_000.0;
/// Notional of an order of whoever fills the market, and the collateral of each of its accounts, in dollars.
const STEP: f64 = 100_000.0;
const COLLATERAL: f64 = 12_000_000.0;
/// Notional of the honest hedge, in dollars.
const HEDGE: f64 = 1_000_000.0;
const FILL: f64 = 0.6;

/// Hours pass at a price that stands still, so that only what the exchange charges and pays is measured.
fn hours(arena: &mut Arena, hours: i64) {
    for _ in 0..hours * 60 {
        let at = arena.price(MARKET);
        arena.next(HOUR / 60, at);
    }
}

fn once(profit: Option<f64>) -> Tally {
    let mut tally = Tally::default();
    if let Some(profit) = profit {
        tally.add(profit);
    }
    tally
}

/// A long drives the rate up for some hours, then turns into a short that is paid it; or waits as a short at once.
pub fn flipping(path: &PricePath, _seed: u64) -> Vec<Played> {
    let at = dollars(path.ticks[0]);
    let attempt = |pumped: i64, held: i64| {
        let mut arena = Arena::new(path.start, at, FILL);
        let account = arena.account(2.0 * SIZE);
        if pumped > 0 {
            arena.trade(account, MARKET, SIZE).ok()?;
            hours(&mut arena, pumped);
            arena.trade(account, MARKET, -2.0 * SIZE).ok()?;
        } else {
            arena.trade(account, MARKET, -SIZE).ok()?;
        }
        hours(&mut arena, held);
        arena.close(account, MARKET).ok()?;
        arena.cash_out(account);
        Some(arena.profit())
    };
    [(1, 1), (8, 8), (24, 24)]
        .into_iter()
        .flat_map(|(pumped, held)| {
            [
                Played {
                    variant: format!("{pumped} h long, {held} h short"),
                    tally: once(attempt(pumped, held)),
                    hours: None,
                },
                Played { variant: format!("{held} h short alone"), tally: once(attempt(0, held)), hours: None },
            ]
        })
        .collect()
}

/// A short of the crowd's skew, hedged elsewhere at no cost: what honest arbitrage earns.
pub fn hedge(path: &PricePath, _seed: u64) -> Vec<Played> {
    let at = dollars(path.ticks[0]);
    let attempt = |before: i64, held: i64| {
        let mut arena = Arena::new(path.start, at, FILL);
        hours(&mut arena, before);
        let account = arena.account(HEDGE);
        arena.trade(account, MARKET, -HEDGE).ok()?;
        hours(&mut arena, held);
        arena.close(account, MARKET).ok()?;
        arena.cash_out(account);
        Some(arena.profit())
    };
    [(0, 24), (24, 24), (24, 168)]
        .map(|(before, held)| Played {
            variant: format!("{held} h from hour {before}"),
            tally: once(attempt(before, held)),
            hours: Some(held as f64),
        })
        .into()
}

/// Both sides filled up to what the market admits, so that nobody else can open; what that costs.
pub fn filling(path: &PricePath, _seed: u64) -> Vec<Played> {
    let at = dollars(path.ticks[0]);
    let attempt = |held: i64| {
        let mut arena = Arena::new(path.start, at, FILL);
        let accounts = [arena.account(COLLATERAL), arena.account(COLLATERAL)];
        // In turns, each as much as is admitted, until neither is.
        let mut is_admitted = true;
        while is_admitted {
            is_admitted = false;
            for (account, side) in accounts.into_iter().zip([-STEP, STEP]) {
                is_admitted |= arena.trade(account, MARKET, side).is_ok();
            }
        }
        hours(&mut arena, held);
        for account in accounts {
            arena.next(TICK, at);
            arena.close(account, MARKET).ok()?;
            arena.cash_out(account);
        }
        Some(arena.profit())
    };
    [1, 24]
        .map(|held| Played { variant: format!("for {held} h"), tally: once(attempt(held)), hours: Some(held as f64) })
        .into()
}
