mod dropped;
mod payments;
mod properties;
mod surge;

use super::*;
use crate::fixtures::{at, base, publish, set_side, sol_market, sol_parameters, NOW, PRICE};
use crate::market::solvency::pending_funding;
use crate::state::PriceCache;
use crate::units::Ppm;

/// Full skew at 100 base units, velocity 16 and rates up to 100 (all in 2^-60).
fn small_parameters() -> Parameters {
    Parameters {
        impact_scale: Size::new(1_000),
        impact_limit: Ppm::new(100_000),
        funding_velocity: 16,
        funding_rate_cap: 100,
        ..sol_parameters()
    }
}

fn path(rate: i64, skew: i64, seconds: u64) -> RatePath {
    rate_path(rate, base(skew), &small_parameters(), seconds).unwrap()
}

const LONG: Side = Side::Long;
const SHORT: Side = Side::Short;

#[test]
fn the_rate_builds_up_by_the_velocity_at_full_skew() {
    // 5 s · 16 = 80; twice the area of that triangle is 5 · (0 + 80) = 400.
    assert_eq!(path(0, 100, 5), RatePath { phases: [(LONG, 0), (LONG, 400)], end: 80 });
    // Twice the full skew is no faster.
    assert_eq!(path(0, 200, 5).end, 80);
    // Shorts pay where shorts dominate.
    assert_eq!(path(0, -100, 5), RatePath { phases: [(LONG, 0), (SHORT, 400)], end: -80 });
}

#[test]
fn the_rate_builds_up_in_proportion_to_the_skew() {
    // ⌊16 · 50/100⌋ = 8 a second: 10 → 50 in 5 s, 5 · (10 + 50) = 300.
    assert_eq!(path(10, 50, 5), RatePath { phases: [(LONG, 0), (LONG, 300)], end: 50 });
    // ⌊16 · 5/100⌋ = 0: the rate stays, 5 · (10 + 10) = 100.
    assert_eq!(path(10, 5, 5), RatePath { phases: [(LONG, 0), (LONG, 100)], end: 10 });
}

#[test]
fn the_rate_stops_at_its_cap() {
    // 6 s to 96: 6 · 96 = 576; one to 100: 196; three at 100: 600.
    assert_eq!(path(0, 100, 10), RatePath { phases: [(LONG, 0), (LONG, 576 + 196 + 600)], end: 100 });
    // A rate above a lowered cap counts as the cap at once.
    assert_eq!(path(500, 100, 3), RatePath { phases: [(LONG, 0), (LONG, 600)], end: 100 });
    assert_eq!(path(-500, -100, 3), RatePath { phases: [(SHORT, 0), (SHORT, 600)], end: -100 });
}

#[test]
fn an_opposing_skew_returns_the_rate_to_zero_four_times_as_fast() {
    // 4 · 16 · 50/100 = 32 a second: 100 → 4 in 3 s, 3 · 104 = 312.
    assert_eq!(path(100, -50, 3), RatePath { phases: [(LONG, 312), (LONG, 0)], end: 4 });
    // The fourth second ends at zero: 312 + 4.
    assert_eq!(path(100, -50, 4), RatePath { phases: [(LONG, 316), (SHORT, 0)], end: 0 });
    // Two more build up 8 a second for the other side: 2 · (0 + 16) = 32.
    assert_eq!(path(100, -50, 6), RatePath { phases: [(LONG, 316), (SHORT, 32)], end: -16 });
    // And mirrored.
    assert_eq!(path(-100, 50, 6), RatePath { phases: [(SHORT, 316), (LONG, 32)], end: 16 });
}

#[test]
fn a_rate_that_crosses_zero_goes_on_to_the_cap() {
    // Zero after 4 s (316), then 8 a second: 12 s to 96 (12 · 96 = 1152), one to 100 (196), three there (600).
    assert_eq!(path(100, -50, 20), RatePath { phases: [(LONG, 316), (SHORT, 1_948)], end: -100 });
}

#[test]
fn without_skew_the_rate_returns_to_zero_at_a_quarter_of_the_velocity_and_stays() {
    // 16/4 = 4 a second: 25 s from 100 to 0, 25 · 100 = 2500.
    assert_eq!(path(100, 0, 10), RatePath { phases: [(LONG, 10 * 160), (LONG, 0)], end: 60 });
    assert_eq!(path(100, 0, 25), RatePath { phases: [(LONG, 2_500), (LONG, 0)], end: 0 });
    assert_eq!(path(-100, 0, 1_000), RatePath { phases: [(SHORT, 2_500), (SHORT, 0)], end: 0 });
    assert_eq!(path(0, 0, 1_000), RatePath { phases: [(LONG, 0), (LONG, 0)], end: 0 });
    // An opposing skew of one hundredth is as slow: 4 · 16/100 = 0.64 < 4.
    assert_eq!(path(100, -1, 10).end, 60);
}

/// A market with these open interests, a price of 2^40 and a rate that neither skew nor cap moves.
fn market_with(long: u64, short: u64, rate: i64) -> Market {
    let mut market = sol_market();
    market.parameters.funding_velocity = 0;
    market.parameters.carry_rate = 0;
    market.ledger.funding_rate = rate;
    publish(&mut market, 1 << 40, 0);
    set_side(&mut market, LONG, long, 0);
    set_side(&mut market, SHORT, short, 0);
    market
}

/// Time and rate before an accrual of the market as it stands, or the rule that kept it from accruing, and the ledger after
/// it.
fn attempt(market: &Market, seconds_later: i64) -> (Result<(u64, i64), EngineError>, MarketLedger) {
    let mut market = *market;
    let accrual = accrue(&mut market, at(seconds_later)).unwrap();
    (accrual.done(&market, at(seconds_later)), market.ledger)
}

/// What an accrual at a fresh price comes to.
struct Outcome {
    ledger: MarketLedger,
    seconds: u64,
    rate_before: i64,
}

fn after(market: &Market, seconds_later: i64) -> Outcome {
    let mut fresh = *market;
    publish(&mut fresh, market.price.price.get(), seconds_later);
    let (done, ledger) = attempt(&fresh, seconds_later);
    let (seconds, rate_before) = done.unwrap();
    Outcome { ledger, seconds, rate_before }
}

fn indices(ledger: &MarketLedger) -> [i64; 2] {
    ledger.sides.map(|side| side.funding_index.get())
}

#[test]
fn the_starting_parameters_agree_with_each_other() {
    assert_eq!(sol_parameters().validate(), Ok(()));
    assert_eq!(sol_market().price.price, Price::new(PRICE));
}
