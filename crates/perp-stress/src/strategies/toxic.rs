//! A market whose price is in the attacker's hand.

use super::arena::Arena;
use super::{places, Played, Tally};
use crate::exchange_venue::MARKET;
use crate::market::{dollars, CAP};
use crate::path::{PricePath, TICK};

/// The cap for which the market's backing is $200 000: 200 000 / (1.1 · 15 %).
const TOXIC_CAP: f64 = 1_212_121.0;
const TOXIC: u16 = 1;
const TRIES: usize = 100;
const HOUR: usize = 3_600 / TICK as usize;
/// Notional of the pumped position, and of each side of the pair in the deep market, in dollars.
const PUMPED: f64 = 1_000_000.0;
const DEEP: f64 = 4_000_000.0;
/// What the attacker deposits in the pool, in dollars.
const DEPOSIT: f64 = 2_000_000.0;
const FILL: f64 = 0.3;
/// Steps in which the price doubles, one a second.
const STEPS: u32 = 50;

/// The exchange with a deep market at this price and a toxic one at $1, and an account that is long in the toxic one with as little
/// collateral as that and a position in the deep one take.
fn stage(start: i64, deep: f64) -> Option<(Arena, usize)> {
    let mut arena = Arena::with_markets(start, &[(deep, CAP), (1.0, TOXIC_CAP)], FILL);
    let pumped = arena.leveraged(TOXIC, PUMPED).ok()?;
    Some((arena, pumped))
}

/// A second passes, and both oracles print.
fn second(arena: &mut Arena, deep: f64, toxic: f64) {
    arena.next_of(1, TOXIC, toxic);
    arena.next_of(0, MARKET, deep);
}

/// The attacker's price doubles; the deep market's stays.
fn pump(arena: &mut Arena) {
    let deep = arena.price(MARKET);
    for step in 1..=STEPS {
        second(arena, deep, 1.0 + f64::from(step) / f64::from(STEPS));
    }
}

/// Closes what is open, in both markets, whatever liquidations it takes, and takes out what there is.
fn leave(arena: &mut Arena, accounts: &[usize]) {
    for account in accounts {
        for market in [MARKET, TOXIC] {
            if arena.close(*account, market).is_err() {
                arena.liquidate(0, *account, market);
            }
        }
    }
    for market in [TOXIC, MARKET] {
        arena.exchange.fund_claims(market).ok();
        for account in accounts {
            arena.exchange.redeem_claim(*account, market).ok();
            arena.exchange.resolve_bankruptcy(*account, market).ok();
        }
    }
    for account in accounts {
        arena.cash_out(*account);
    }
}

/// Profit in the pumped market holds the losing side of a pair in the deep one beyond its own collateral, while another account has
/// the winning side: at random, and across the largest fall. What that earns beyond the pump alone, which takes the toxic market's
/// backing.
pub fn margin(path: &PricePath, seed: u64) -> Vec<Played> {
    let [mut alone, mut paired, mut beyond, mut worst]: [Tally; 4] = Default::default();
    for place in places(path, HOUR + 1, TRIES, seed) {
        let [Some(pump), Some(both)] = [false, true].map(|pair| attempt(path, place, pair)) else { continue };
        alone.add(pump);
        paired.add(both);
        beyond.add(both - pump);
    }
    let fall = path.worst_fall(HOUR);
    if let [Some(pump), Some(both)] = [false, true].map(|pair| attempt(path, fall, pair)) {
        worst.add(both - pump);
    }
    [
        ("the pump alone", alone),
        ("with a pair elsewhere", paired),
        ("with a pair elsewhere, beyond the pump", beyond),
        ("the same across the largest fall", worst),
    ]
    .map(|(variant, tally)| Played { variant: variant.into(), tally, hours: None })
    .into()
}

fn attempt(path: &PricePath, from: usize, pair: bool) -> Option<f64> {
    let at = |tick: usize| dollars(path.ticks[tick]);
    let (mut arena, pumped) = stage(path.time(from), at(from))?;
    let mut accounts = vec![pumped];
    if pair {
        second(&mut arena, at(from), 1.0);
        arena.deposit(pumped, 0.06 * DEEP);
        arena.trade(pumped, MARKET, DEEP).ok()?;
        accounts.push(arena.leveraged(MARKET, -DEEP).ok()?);
    }
    pump(&mut arena);
    let toxic = arena.price(TOXIC);
    for tick in from + 1..=from + HOUR {
        arena.wait(TICK - 1);
        second(&mut arena, at(tick), toxic);
        for account in &accounts {
            for market in [MARKET, TOXIC] {
                arena.liquidate(0, *account, market);
            }
        }
    }
    leave(&mut arena, &accounts);
    Some(arena.profit())
}

/// A deposit in the pool while the attacker's long makes it look poorer by what the toxic market would have to pay, undone before the
/// shares are sold again.
pub fn against_pool(path: &PricePath, _seed: u64) -> Vec<Played> {
    let mut tally = Tally::default();
    if let Some(profit) = enter_while_pumped(path.start, dollars(path.ticks[0])) {
        tally.add(profit);
    }
    vec![Played { variant: "entry while it doubles".into(), tally, hours: None }]
}

fn enter_while_pumped(start: i64, deep: f64) -> Option<f64> {
    let (mut arena, pumped) = stage(start, deep)?;
    second(&mut arena, deep, 1.0);
    let request = arena.request_deposit(DEPOSIT).ok()?;
    pump(&mut arena);
    arena.execute(request).ok()?;
    // And down again, as slowly.
    for step in (0..STEPS).rev() {
        second(&mut arena, deep, 1.0 + f64::from(step) / f64::from(STEPS));
    }
    leave(&mut arena, &[pumped]);
    let exit = arena.request_withdrawal().ok()?;
    arena.wait(86_400);
    second(&mut arena, deep, 1.0);
    arena.execute(exit).ok()?;
    Some(arena.profit())
}
