//! A market whose price is in the attacker's hand.

use super::arena::Arena;
use super::{places, Played, Tally};
use crate::exchange_venue::{usd, MARKET};
use crate::market::{atoms, dollars, CAP};
use crate::path::{PricePath, TICK};
use crate::variant::Terms;
use perp_engine::state::Parameters;
use perp_engine::units::Ppm;

/// The cap for which the market's backing is $200 000: 200 000 / (1.1 · 15 %).
const TOXIC_CAP: f64 = 1_212_121.0;
const TOXIC: u16 = 1;
/// The part of the pool that is $200 000, rounded up, in ppm.
const TOXIC_SHARE: u32 = 28_986;
const TRIES: usize = 100;
/// How often the market is pumped on the same exchange.
const REPETITIONS: usize = 100;
/// Shared insurance, in dollars: far more than a market may ever draw.
const SHARED: f64 = 1_000_000.0;
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
fn stage(terms: &Terms, start: i64, deep: f64) -> Option<(Arena, usize)> {
    let mut arena = markets(terms, start, deep);
    let pumped = arena.leveraged(TOXIC, PUMPED).ok()?;
    Some((arena, pumped))
}

/// The two markets. The toxic one has no insurance, and of the pool no more than its backing.
fn markets(terms: &Terms, start: i64, deep: f64) -> Arena {
    let parameters = Parameters { backing_cap: Ppm::new(TOXIC_SHARE), ..terms.parameters };
    let toxic = Terms { parameters, insurance: 0.0 };
    Arena::with_markets(start, &[(deep, CAP, *terms), (1.0, TOXIC_CAP, toxic)], FILL)
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

/// And down again, as slowly.
fn deflate(arena: &mut Arena) {
    let deep = arena.price(MARKET);
    for step in (0..STEPS).rev() {
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
pub fn margin(path: &PricePath, terms: &Terms, seed: u64) -> Vec<Played> {
    let [mut alone, mut paired, mut beyond, mut worst]: [Tally; 4] = Default::default();
    for place in places(path, HOUR + 1, TRIES, seed) {
        let [Some(pump), Some(both)] = [false, true].map(|pair| attempt(path, terms, place, pair)) else { continue };
        alone.add(pump);
        paired.add(both);
        beyond.add(both - pump);
    }
    let fall = path.worst_fall(HOUR);
    if let [Some(pump), Some(both)] = [false, true].map(|pair| attempt(path, terms, fall, pair)) {
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

fn attempt(path: &PricePath, terms: &Terms, from: usize, pair: bool) -> Option<f64> {
    let at = |tick: usize| dollars(path.ticks[tick]);
    let (mut arena, pumped) = stage(terms, path.time(from), at(from))?;
    let mut accounts = vec![pumped];
    if pair {
        second(&mut arena, at(from), 1.0);
        arena.trade_with_least(pumped, MARKET, DEEP).ok()?;
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

/// A deposit in the pool while the attacker's long makes it look poorer by what the toxic market would have to pay at the boundary,
/// undone before the shares are sold again.
pub fn against_pool(path: &PricePath, terms: &Terms, _seed: u64) -> Vec<Played> {
    let mut tally = Tally::default();
    if let Some(profit) = enter_while_pumped(terms, path.start, dollars(path.ticks[0])) {
        tally.add(profit);
    }
    vec![Played { variant: "entry while it doubles".into(), tally, hours: None }]
}

fn enter_while_pumped(terms: &Terms, start: i64, deep: f64) -> Option<f64> {
    let mut arena = markets(terms, start, deep);
    arena.request_deposit(DEPOSIT).ok()?;
    arena.wait(arena.until_boundary() - i64::from(STEPS) - 1);
    second(&mut arena, deep, 1.0);
    let pumped = arena.leveraged(TOXIC, PUMPED).ok()?;
    pump(&mut arena);
    arena.serve().ok()?;
    deflate(&mut arena);
    leave(&mut arena, &[pumped]);
    arena.request_withdrawal().ok()?;
    arena.wait(arena.until_boundary() - 1);
    second(&mut arena, deep, 1.0);
    arena.serve().ok()?;
    Some(arena.profit())
}

/// A long and a short of the attacker's in the toxic market, each with as little collateral as it takes, while it doubles and nobody
/// liquidates: the short is bankrupt, and insurance pays the long. Again and again on the same exchange, with keepers that refill what
/// they can; against all that the market may ever cost others: what the pool places there, its insurance, its lifetime draw.
pub fn repeated(path: &PricePath, terms: &Terms, _seed: u64) -> Vec<Played> {
    let mut arena = markets(terms, path.start, dollars(path.ticks[0]));
    arena.exchange.fund_insurance(None, atoms(SHARED)).expect("insurance");
    let [mut each, mut beyond]: [Tally; 2] = Default::default();
    let mut before = 0.0;
    for _ in 0..REPETITIONS {
        let deep = arena.price(MARKET);
        second(&mut arena, deep, 1.0);
        pump_both_sides(&mut arena);
        deflate(&mut arena);
        // Twenty quiet minutes, and what keepers do.
        for _ in 0..20 {
            arena.next_of(60, TOXIC, 1.0);
            arena.next_of(0, MARKET, deep);
        }
        arena.exchange.allocate_backing(TOXIC, None).ok();
        each.add(arena.profit() - before);
        before = arena.profit();
    }
    let market = arena.exchange.market(TOXIC).expect("the toxic market");
    let limit = usd(market.ledger.net_principal) + usd(terms.parameters.shared_draw_limit);
    beyond.add(arena.profit() - limit);
    [("a time", each), ("all times, beyond what it may cost", beyond)]
        .map(|(variant, tally)| Played { variant: variant.into(), tally, hours: None })
        .into()
}

fn pump_both_sides(arena: &mut Arena) {
    let sides = [PUMPED, -PUMPED].map(|notional| arena.leveraged(TOXIC, notional));
    pump(arena);
    let accounts: Vec<usize> = sides.into_iter().flatten().collect();
    for account in accounts.iter().rev() {
        // The loser first, and what insurance pays for it.
        arena.liquidate(0, *account, TOXIC);
    }
    leave(arena, &accounts);
}
