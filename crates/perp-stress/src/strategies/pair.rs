//! A long and a short of the same size, each with as little collateral as it takes: who loses loses no more than that.

use super::arena::Arena;
use super::{places, Played, Tally};
use crate::exchange_venue::MARKET;
use crate::market::dollars;
use crate::path::{PricePath, TICK};
use perp_engine::operations::exchange::StatusAuthority;
use perp_engine::state::Status;

/// Notional of each side, in dollars.
const SIZE: f64 = 500_000.0;
/// Open interest of the crowd's longs: low enough for the highest leverage.
const FILL: f64 = 0.3;
const TRIES: usize = 400;

/// What happens while the pair is held.
#[derive(Clone, Copy)]
enum Event {
    /// Nothing: liquidators act on every tick.
    Gap,
    /// The oracle is silent.
    Outage,
    /// The market is paused, and the oracle goes on.
    Pause,
}

/// Holds pairs at random times, and once across the largest fall.
pub fn run(path: &PricePath, seed: u64) -> Vec<Played> {
    let mut played = Vec::new();
    for (event, name, minutes) in [
        (Event::Gap, "an hour", 60),
        (Event::Outage, "a 5 min outage", 5),
        (Event::Outage, "a 60 min outage", 60),
        (Event::Pause, "a 60 min pause", 60),
    ] {
        let ticks = minutes * 60 / TICK as usize;
        let mut random = Tally::default();
        for place in places(path, ticks + 1, TRIES, seed) {
            if let Some(profit) = attempt(path, place, ticks, event) {
                random.add(profit);
            }
        }
        let mut known = Tally::default();
        if let Some(profit) = attempt(path, path.worst_fall(ticks), ticks, event) {
            known.add(profit);
        }
        played.push(Played { variant: format!("across {name}"), tally: random, hours: None });
        played.push(Played { variant: format!("across {name}, the worst foreseen"), tally: known, hours: None });
    }
    played
}

fn attempt(path: &PricePath, from: usize, ticks: usize, event: Event) -> Option<f64> {
    let at = |tick: usize| dollars(path.ticks[tick]);
    let mut arena = Arena::new(path.time(from), at(from), FILL);
    // The crowd's first account collects the bounties.
    let (liquidator, pair) = (0, [arena.leveraged(MARKET, SIZE).ok()?, arena.leveraged(MARKET, -SIZE).ok()?]);
    let status = |arena: &mut Arena, status| {
        arena.exchange.set_market_status(MARKET, status, StatusAuthority::RiskAdmin).expect("a status")
    };
    if let Event::Pause = event {
        status(&mut arena, Status::Paused);
    }
    for tick in from + 1..=from + ticks {
        match event {
            Event::Outage if tick < from + ticks => arena.wait(TICK),
            Event::Gap | Event::Outage | Event::Pause => arena.next(TICK, at(tick)),
        }
        if tick == from + ticks && matches!(event, Event::Pause) {
            status(&mut arena, Status::Active);
        }
        for account in pair {
            arena.liquidate(liquidator, account, MARKET);
        }
    }
    for account in pair {
        arena.close(account, MARKET).ok();
        arena.cash_out(account);
    }
    Some(arena.profit())
}
