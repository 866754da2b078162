use super::*;
use crate::fixtures::{at, publish, reading, session, sol_market, NOW, PRICE};
use crate::market::price::{plan_price, PriceOutcome};
use crate::operations::market::plan_update_second_price;
use crate::oracle::OracleReading;
use crate::state::{Market, PriceCache, SecondPrice, Settlement, Status};
use crate::units::Ppm;
use proptest::prelude::*;

/// SOL-PERP with a second source that allows 1 % and is posted at least once a minute.
fn market() -> Market {
    let mut market = sol_market();
    (market.parameters.second_max_deviation, market.parameters.second_max_age) = (Ppm::new(10_000), 60);
    market
}

/// The second source says $250 without a confidence interval.
fn says(market: &mut Market, seconds_later: i64) {
    market.second_price =
        SecondPrice { price: Price::new(PRICE), confidence: Price::ZERO, published: at(seconds_later).now };
}

/// 1 % of 2^38, rounded down.
const DEVIATION: u64 = 2_748_779_069;

/// The furthest price above and the furthest below $250 that pass, of a first source's reading of that second.
#[track_caller]
fn furthest(market: &Market, seconds_later: i64, distance: u64) {
    let passes = |price| is_in_bounds(market, Price::new(price), at(seconds_later).now).unwrap();
    assert!(passes(PRICE + distance) && passes(PRICE - distance));
    assert!(!passes(PRICE + distance + 1) && !passes(PRICE - distance - 1));
}

#[test]
fn the_bound_is_the_deviation_and_what_a_price_moves_in_the_time_between() {
    let mut market = market();
    says(&mut market, 100);
    // 2 · 80 % · √(1 s / a year) = 284.818 ppm of 2^38, rounded up; twice that at three seconds' distance, either way.
    furthest(&market, 100, DEVIATION + 78_290_278);
    furthest(&market, 103, DEVIATION + 156_580_556);
    furthest(&market, 97, DEVIATION + 156_580_556);
}

#[test]
fn the_bound_is_wider_by_the_seconds_confidence() {
    // $1 = 0.001 · 2^40 = 1 099 511 627.776, rounded up; with twice the weight twice that.
    let mut market = market();
    says(&mut market, 100);
    market.second_price.confidence = Price::new(1_099_511_628);
    furthest(&market, 100, DEVIATION + 78_290_278 + 1_099_511_628);
    market.parameters.spread_confidence = Ppm::new(2_000_000);
    furthest(&market, 100, DEVIATION + 78_290_278 + 2_199_023_256);
}

#[test]
fn the_bound_counts_from_the_second_price_and_not_from_the_first() {
    // $250.00 ± 1.0285 % is $247.43 to $252.57, wherever the market's own price stands.
    let mut market = market();
    says(&mut market, 100);
    for own in [PRICE / 2, PRICE, PRICE * 2] {
        publish(&mut market, own, 50);
        furthest(&market, 100, DEVIATION + 78_290_278);
    }
}

#[test]
fn a_second_price_of_another_time_bounds_nothing() {
    let mut market = market();
    says(&mut market, 100);
    let passes = |seconds| is_in_bounds(&market, Price::new(PRICE * 2), at(seconds).now).unwrap();
    // A minute is near enough, before it as after it.
    assert_eq!([39, 40, 160, 161].map(passes), [true, false, false, true]);
}

#[test]
fn a_market_whose_second_source_has_said_nothing_is_bounded_by_nothing() {
    let market = market();
    let passes = |price, published| is_in_bounds(&market, Price::new(price), Timestamp::new(published)).unwrap();
    assert!(passes(1, NOW) && passes(1 << 50, NOW));
    // Not even in the first minute of 1970, when never was just now.
    assert!(passes(1 << 50, 1));
}

#[test]
fn a_reading_out_of_bounds_is_no_price_and_leaves_its_time() {
    let mut market = market();
    says(&mut market, 5);
    for price in [25_258_000_000, 24_742_000_000] {
        // $252.58 and $247.42 are 1.032 % from $250.
        let plan = plan_price(&market, &reading(price, 0, 5), at(5)).unwrap();
        assert_eq!((plan.outcome, plan.good, plan.averages), (PriceOutcome::OutOfBounds, None, market.averages));
        assert_eq!(plan.cache, PriceCache { newest_published: at(5).now, ..market.price });
    }
    // $252.57 and $247.43 are 1.028 %.
    for price in [25_257_000_000, 24_743_000_000] {
        assert_eq!(plan_price(&market, &reading(price, 0, 5), at(5)).unwrap().outcome, PriceOutcome::Accepted);
    }
    // One that is too wide besides is too wide.
    let wide = plan_price(&market, &reading(50_000_000_000, 1 << 40, 5), at(5)).unwrap();
    assert_eq!(wide.outcome, PriceOutcome::TooWide);
}

#[test]
fn a_reading_out_of_bounds_keeps_the_newest_time_that_was_seen() {
    let mut market = market();
    says(&mut market, 5);
    market.price.newest_published = at(8).now;
    let plan = plan_price(&market, &reading(30_000_000_000, 0, 5), at(8)).unwrap();
    assert_eq!((plan.outcome, plan.cache), (PriceOutcome::OutOfBounds, market.price));
}

#[test]
fn an_older_reading_out_of_bounds_enters_no_second() {
    // The market's price is of 5 s; $260 of 4 s is 4 % from the second price.
    let mut market = market();
    says(&mut market, 5);
    publish(&mut market, PRICE, 5);
    let before = market;
    let active = session(Status::Active, at(6));
    let refreshed = |price| {
        let mut market = market;
        let outcome = market.refresh(Some(&reading(price, 0, 4)), &active).unwrap().price_outcome();
        (outcome, market)
    };
    let (outcome, after) = refreshed(26_000_000_000);
    assert_eq!(outcome, Some(PriceOutcome::NotNewer));
    assert_eq!((after.price, after.recent, after.grace), (before.price, before.recent, before.grace));
    // $251 is 0.4 %.
    assert_eq!(refreshed(25_100_000_000).0, Some(PriceOutcome::Older));
}

#[test]
fn a_reading_out_of_bounds_ends_no_outage_and_undoes_no_settlement() {
    let mut market = market();
    says(&mut market, 100);
    market.price.outage_since = at(60).now;
    let refused = plan_price(&market, &reading(30_000_000_000, 0, 100), at(100)).unwrap();
    assert_eq!(refused.cache.outage_since, at(60).now);

    market.settlement = Settlement {
        outage_since: at(60).now,
        moved_at: at(110).now,
        price: Price::new(PRICE),
        ..Settlement::default()
    };
    let outcome = |price| plan_price(&market, &reading(price, 0, 100), at(120)).unwrap().outcome;
    assert_eq!(outcome(30_000_000_000), PriceOutcome::OutOfBounds);
    assert_eq!(outcome(25_000_000_000), PriceOutcome::SettlementUndone);
}

#[test]
fn no_second_price_makes_a_bound_overflow() {
    // The largest price with the widest confidence, all weights tenfold, an hour away.
    let mut market = market();
    market.parameters.second_max_age = 3_600;
    market.parameters.second_max_deviation = Ppm::ONE;
    market.parameters.spread_confidence = Ppm::new(10_000_000);
    market.parameters.spread_volatility = Ppm::new(10_000_000);
    market.parameters.volatility = Ppm::new(10_000_000);
    let largest = Price::new(1 << 50);
    market.second_price = SecondPrice { price: largest, confidence: largest, published: at(0).now };
    assert_eq!(is_in_bounds(&market, Price::new(1), at(3_600).now), Ok(true));
    assert_eq!(is_in_bounds(&market, largest, Timestamp::new(i64::MIN)), Ok(true));
}

/// A reading as (price in cents, confidence in cents, seconds from the clock).
type Said = (i64, u64, i64);

fn said() -> impl Strategy<Value = Said> {
    (20_000i64..30_000, prop_oneof![4 => 0u64..300, 1 => Just(100_000)], -20i64..14)
}

fn of((price, confidence, from_now): Said, now: i64) -> OracleReading {
    reading(price * 1_000_000, confidence * 1_000_000, now + from_now)
}

proptest! {
    /// Whatever the second source says, and when: of the market only its price changes.
    #[test]
    fn nothing_the_second_source_says_changes_anything_else_of_a_market(
        first in proptest::collection::vec(said(), 1..6), second in proptest::collection::vec(said(), 1..20),
    ) {
        let mut market = market();
        for (step, first) in (1..).zip(first) {
            market.refresh(Some(&of(first, step * 10)), &session(Status::Active, at(step * 10))).unwrap();
        }
        let before = market;
        for (step, second) in (6..).zip(second) {
            let clock = at(step * 10);
            let plan = plan_update_second_price(&market, &of(second, step * 10), clock).unwrap();
            prop_assert_eq!(plan.outcome == PriceOutcome::Accepted, plan.second_price != market.second_price);
            prop_assert!(plan.second_price.published >= market.second_price.published);
            market.second_price = plan.second_price;
            prop_assert_eq!(Market { second_price: before.second_price, ..market }, before);
        }
    }

    /// A second price posted before each reading of the first lets no price in that is out of its bound, and none that is in
    /// it is kept out.
    #[test]
    fn no_price_is_taken_in_out_of_the_bound_of_a_second_that_is_posted(
        steps in proptest::collection::vec((said(), said()), 1..30),
    ) {
        let mut market = market();
        let mut plain = sol_market();
        for (step, (first, second)) in (1..).zip(steps) {
            let (now, clock) = (step * 7, at(step * 7));
            market.second_price = plan_update_second_price(&market, &of(second, now), clock).unwrap().second_price;
            let reading = of(first, now);
            let (before, without) = (market, Market { second_price: SecondPrice::default(), ..market });
            let outcome = market.refresh(Some(&reading), &session(Status::Active, clock)).unwrap().price_outcome();
            let second = before.second_price;
            let apart = reading.publish_time().abs_diff(second.published.get());
            let price = first.0 as f64 / 100_000.0 * (1u64 << 40) as f64;
            // 1 %, the confidence, and 2 · 80 % · √(seconds / a year), whose root is rounded up by at most a 256th.
            let moved = 1.6 * (((apart + 1) as f64).sqrt() + 1.0 / 256.0) / 31_557_600f64.sqrt();
            let allowed = second.price.get() as f64 * (0.01 + moved) + second.confidence.get() as f64 + 4.0;
            let distance = (price - second.price.get() as f64).abs();
            let bounds = !second.published.is_never() && apart <= 60;
            let taken = matches!(outcome, Some(PriceOutcome::Accepted | PriceOutcome::Older));
            prop_assert!(!(taken && bounds) || distance <= allowed, "{} of {}", distance, allowed);
            // As a market without a second source takes it in.
            let mut unbounded = without;
            let as_ever = unbounded.refresh(Some(&reading), &session(Status::Active, clock)).unwrap().price_outcome();
            if taken || !bounds || distance <= 0.01 * second.price.get() as f64 {
                prop_assert_eq!(outcome, as_ever);
                prop_assert_eq!(Market { second_price: SecondPrice::default(), ..market }, unbounded);
            }
            // Only what the first source said is ever the price.
            plain.refresh(Some(&reading), &session(Status::Active, clock)).unwrap();
            prop_assert!(market.price.price == before.price.price || market.price.price == unbounded.price.price);
            prop_assert!(market.price.newest_published == plain.price.newest_published);
        }
    }
}
