use super::*;
use crate::fixtures::{at, reading, sol_market, NOW};
use crate::market::price::{is_dead, plan_price, PriceOutcome};
use crate::units::Timestamp;
use bytemuck::Zeroable;

#[test]
fn an_oracle_is_dead_five_minutes_after_somebody_reported_its_outage() {
    let mut market = sol_market();
    let fresh = Err(EngineError::PriceStillFresh { age: 15, allowed: 15 });
    assert_eq!(plan_report_oracle_outage(&market, at(15)), fresh);
    market.price = plan_report_oracle_outage(&market, at(16)).unwrap();
    // Reporting it again does not start the five minutes again.
    let again = Err(EngineError::OutageAlreadyReported { since: NOW + 16 });
    assert_eq!(plan_report_oracle_outage(&market, at(120)), again);
    assert!(!is_dead(&market, at(16 + 299).now));
    assert!(is_dead(&market, at(16 + 300).now));
    // A valid price ends it.
    market.price = plan_price(&market, &reading(25_000_000_000, 0, 400), at(400)).unwrap().cache;
    assert!(!is_dead(&market, at(400).now));
    assert_eq!(market.price.outage_since, Timestamp::NEVER);
}

#[test]
fn a_market_that_never_had_a_price_misses_none() {
    let market = Market { price: PriceCache::zeroed(), ..sol_market() };
    assert_eq!(plan_report_oracle_outage(&market, at(86_400)), Err(EngineError::NoPriceYet));
}

#[test]
fn a_report_changes_nothing_of_the_price() {
    let market = sol_market();
    let reported = plan_report_oracle_outage(&market, at(16)).unwrap();
    assert_eq!(reported, PriceCache { outage_since: at(16).now, ..market.price });
}

#[test]
fn a_price_too_wide_does_not_end_an_outage() {
    // $250 ± $10 is 4 %, beyond the 1.5 % of a valid price: the outage goes on, and its five minutes run on.
    let mut market = sol_market();
    market.price = plan_report_oracle_outage(&market, at(16)).unwrap();
    let wide = reading(25_000_000_000, 1_000_000_000, 100);
    market.price = plan_price(&market, &wide, at(100)).unwrap().cache;
    assert_eq!((market.price.outage_since, market.price.newest_published), (at(16).now, at(100).now));
    let again = Err(EngineError::OutageAlreadyReported { since: NOW + 16 });
    assert_eq!(plan_report_oracle_outage(&market, at(120)), again);
}

#[test]
fn attack_old_readings_do_not_keep_a_market_neither_fresh_nor_dead() {
    // Whoever can print a price hands in what is sixteen seconds old, every four minutes: the market's price follows, and its oracle is
    // dead five minutes after the report all the same.
    let mut market = sol_market();
    market.price = plan_report_oracle_outage(&market, at(16)).unwrap();
    for now in [240, 480, 720] {
        let plan = plan_price(&market, &reading(25_000_000_000, 0, now - 16), at(now)).unwrap();
        assert_eq!((plan.outcome, plan.cache.published), (PriceOutcome::Accepted, at(now - 16).now));
        market.price = plan.cache;
        assert_eq!(market.price.outage_since, at(16).now);
        assert_eq!(is_dead(&market, at(now).now), now >= 316);
    }
    // A fresh one ends it.
    market.price = plan_price(&market, &reading(25_000_000_000, 0, 705), at(720)).unwrap().cache;
    assert_eq!(market.price.outage_since, Timestamp::NEVER);
}
