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
/// Notional of the pumped position and of the one in the deep market, in dollars.
const PUMPED: f64 = 1_000_000.0;
const DEEP: f64 = 1_000_000.0;
/// What the attacker deposits in the pool, in dollars.
const DEPOSIT: f64 = 2_000_000.0;
const FILL: f64 = 0.3;

/// The exchange with a deep market at this price and a toxic one at $1, and two accounts: one long in the toxic market, one short.
fn stage(start: i64, deep: f64) -> Option<(Arena, [usize; 2])> {
    let mut arena = Arena::with_markets(start, &[(deep, CAP), (1.0, TOXIC_CAP)], FILL);
    let long = arena.account(0.6 * PUMPED);
    let short = arena.account(0.6 * PUMPED);
    // In parts, so that neither stands alone and is refused for what the market can bear.
    for part in 0..20 {
        arena.next_of(1, TOXIC, 1.0 + f64::from(part % 2) * 1e-6);
        arena.trade(long, TOXIC, PUMPED / 20.0).ok()?;
        arena.trade(short, TOXIC, -PUMPED / 20.0).ok()?;
    }
    Some((arena, [long, short]))
}

/// The attacker's price doubles, a little a second; the deep market's stays.
fn pump(arena: &mut Arena) {
    let deep = arena.price(MARKET);
    for step in 1..=50 {
        arena.next_of(1, TOXIC, 1.0 + f64::from(step) / 50.0);
        arena.next_of(0, MARKET, deep);
    }
}

/// Closes what is open, in both markets, whatever liquidations it takes, and takes out what there is.
fn leave(arena: &mut Arena, accounts: &[usize]) {
    for account in accounts {
        for market in [TOXIC, MARKET] {
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

/// Profit in the pumped market, never settled, holds a position in the deep one that its own collateral would not; and the same
/// without that position, which is what the pump by itself takes out of the market's backing.
pub fn margin(path: &PricePath, seed: u64) -> Vec<Played> {
    let [mut with, mut without]: [Tally; 2] = Default::default();
    for place in places(path, HOUR + 1, TRIES, seed) {
        let at = |tick: usize| dollars(path.ticks[tick]);
        let Some((arena, accounts)) = stage(path.time(place), at(place)) else { continue };
        for (tally, trades) in [(&mut with, true), (&mut without, false)] {
            let mut arena = arena.clone();
            if trades && arena.trade(accounts[0], MARKET, DEEP).is_err() {
                continue;
            }
            pump(&mut arena);
            let toxic = arena.price(TOXIC);
            for tick in place + 1..=place + HOUR {
                arena.next_of(TICK, MARKET, at(tick));
                arena.next_of(0, TOXIC, toxic);
                for market in [MARKET, TOXIC] {
                    arena.liquidate(0, accounts[0], market);
                }
            }
            leave(&mut arena, &accounts);
            tally.add(arena.profit());
        }
    }
    [("with a position elsewhere", with), ("the pump alone", without)]
        .map(|(variant, tally)| Played { variant: variant.into(), tally, hours: None })
        .into()
}

/// A deposit in the pool while the attacker's long makes it look poorer by what the toxic market would have to pay, undone before the
/// shares are sold again.
pub fn against_pool(path: &PricePath, _seed: u64) -> Vec<Played> {
    let deep = dollars(path.ticks[0]);
    let mut tally = Tally::default();
    if let Some(profit) = enter_while_pumped(path.start, deep) {
        tally.add(profit);
    }
    vec![Played { variant: "entry while it doubles".into(), tally, hours: None }]
}

fn enter_while_pumped(start: i64, deep: f64) -> Option<f64> {
    let (mut arena, accounts) = stage(start, deep)?;
    let request = arena.request_deposit(DEPOSIT).ok()?;
    pump(&mut arena);
    arena.execute(request).ok()?;
    // And down again, as slowly.
    for step in (0..50).rev() {
        arena.next_of(1, TOXIC, 1.0 + f64::from(step) / 50.0);
        arena.next_of(0, MARKET, deep);
    }
    leave(&mut arena, &accounts);
    let exit = arena.request_withdrawal().ok()?;
    arena.next_of(86_400, MARKET, deep);
    arena.next_of(0, TOXIC, 1.0);
    arena.execute(exit).ok()?;
    Some(arena.profit())
}
