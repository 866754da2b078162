use super::*;
use crate::fixtures::{at, session, sol_market};
use crate::market::price::{is_dead, is_fresh_in, PriceOutcome};
use crate::market::range::{price_range, Moment, PriceRange};
use crate::state::{Market, Status};
use crate::units::Side;

fn begin(market: &mut Market, seconds: i64) -> Result<(), EngineError> {
    let mut ready = market.refresh(None, &session(Status::Active, at(seconds))).unwrap();
    plan_begin_settlement(&ready).map(|plan| plan.apply(&mut ready))
}

fn take(market: &mut Market, dollars: i64, published: i64, seconds: i64) -> PriceOutcome {
    let reading = crate::fixtures::reading(dollars * 100_000_000, 0, published);
    let ready = market.refresh(Some(&reading), &session(Status::Active, at(seconds))).unwrap();
    ready.price_outcome().unwrap()
}

/// A market whose oracle died ten seconds after two prices of $250, reported at 100 s.
fn dead() -> Market {
    let mut market = sol_market();
    take(&mut market, 250, 1, 1);
    take(&mut market, 250, 10, 10);
    market.price.outage_since = at(100).now;
    market
}

#[test]
fn a_market_ends_two_days_after_the_outage_was_reported_at_the_average_of_its_last_prices() {
    let mut market = dead();
    let due = at(100 + 172_800).now.get();
    assert_eq!(begin(&mut market, 172_899), Err(EngineError::SettlementNotDue { from: due }));
    assert_eq!(begin(&mut market, 172_900), Ok(()));
    assert_eq!(market.settlement.price, market.price.price);
    assert!(market.price.price.get().abs_diff(1 << 38) <= 1, "{:?}", market.price.price);
    assert_eq!(begin(&mut market, 172_901), Err(EngineError::MarketSettled));
    // No outage, no end.
    assert_eq!(begin(&mut sol_market(), 1_000_000), Err(EngineError::SettlementNotDue { from: 0 }));
}

#[test]
fn attack_one_print_before_the_end_does_not_make_the_final_price() {
    // $250 for an hour, then one print of $500 and silence: the average moves by less than a hundredth.
    let mut market = sol_market();
    for minute in 1..60 {
        take(&mut market, 250, 60 * minute, 60 * minute);
    }
    take(&mut market, 500, 3_600, 3_600);
    market.price.outage_since = at(3_700).now;
    begin(&mut market, 3_700 + 172_800).unwrap();
    assert!(market.settlement.price < Price::new((1 << 38) + (1 << 38) / 100), "{:?}", market.settlement.price);
}

#[test]
fn a_reading_from_the_time_of_the_outage_undoes_the_end_for_a_day() {
    let mut ended = dead();
    begin(&mut ended, 172_900).unwrap();
    // Published before the report or after the move: no proof that the feed lived while it was held for dead.
    assert_eq!(take(&mut ended.clone(), 200, 100, 172_950), PriceOutcome::NotNewer);
    assert_eq!(take(&mut ended.clone(), 200, 172_901, 172_950), PriceOutcome::NotNewer);
    let mut undone = ended;
    assert_eq!(take(&mut undone, 200, 50_000, 172_900 + 86_399), PriceOutcome::SettlementUndone);
    assert_eq!((undone.settlement, undone.price.outage_since), (Settlement::default(), Timestamp::NEVER));
    // A day later it is final.
    assert_eq!(take(&mut ended, 200, 50_000, 172_900 + 86_400), PriceOutcome::NotNewer);
}

#[test]
fn a_delisting_that_waited_ends_a_market_whose_feed_lives() {
    let mut market = sol_market();
    take(&mut market, 250, 1, 1);
    market.settlement.delisted_from = at(172_800).now;
    take(&mut market, 250, 176_395, 176_395);
    // Not in the hour in which nobody trades any more.
    assert_eq!(begin(&mut market, 176_399), Err(EngineError::SettlementNotDue { from: at(176_400).now.get() }));
    begin(&mut market, 176_400).unwrap();
    // No reading undoes it.
    assert_eq!(take(&mut market, 200, 176_399, 176_401), PriceOutcome::NotNewer);
    assert_eq!(market.settlement.closes_from(), at(176_400 + 86_400).now);
}

#[test]
fn while_its_end_may_be_undone_a_market_has_the_range_of_a_dead_oracle() {
    // Free margin at the final price could be withdrawn, and a reading from the time of the outage then make another price of it.
    let mut market = dead();
    let range = |market: &Market, seconds| price_range(market, Moment::Newest, at(seconds).now).unwrap();
    let before = range(&market, 172_899);
    begin(&mut market, 172_900).unwrap();
    assert!(!is_fresh_in(&market, at(172_900).now) && is_dead(&market, at(172_900).now));
    let ended = range(&market, 172_900);
    // The end is the average, a unit below the last price: the range is that of the last price but for that.
    let close = |a: Price, b: Price| a.get().abs_diff(b.get()) <= 1 << 20;
    assert!(close(ended.low, before.low) && close(ended.high, before.high) && ended.low < market.price.price);
    assert_eq!(ended.settled(Side::Long), ended.low);
    // A day later it is one price.
    assert!(is_fresh_in(&market, at(259_300).now) && !is_dead(&market, at(259_300).now));
    assert_eq!(range(&market, 259_299).low, range(&market, 259_299).settled(Side::Long));
    assert_eq!(range(&market, 259_300), PriceRange::point(market.settlement.price));
}

#[test]
fn a_delisted_market_is_at_its_final_price_at_once() {
    let mut market = sol_market();
    take(&mut market, 250, 1, 1);
    market.settlement.delisted_from = at(172_800).now;
    take(&mut market, 250, 176_395, 176_395);
    begin(&mut market, 176_400).unwrap();
    let range = price_range(&market, Moment::Newest, at(176_400).now);
    assert_eq!(range, Ok(PriceRange::point(market.settlement.price)));
}
