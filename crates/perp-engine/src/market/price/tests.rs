use super::*;
use crate::fixtures::{at, publish, reading, sol_market, NOW, PRICE};
use crate::oracle::MAX_CONFIDENCE;
use crate::units::Timestamp;

/// SOL/USD as it stood on mainnet on 9 July 2024: 140.61593700 ± 0.13793699.
fn sol_usd() -> OracleReading {
    reading(14_061_593_700, 13_793_699, 60)
}

#[test]
fn the_mainnet_price_of_sol_becomes_raw_atoms_per_lamport() {
    // 140.61593700 USD = 140 615 937 atoms per 10^9 base units = 0.140615937 atoms each;
    // 14 061 593 700 · 2^40 / 10^11 = 154 608 857 782.6…, rounded down.
    // Confidence: 13 793 699 · 2^40 / 10^11 = 151 663 324.6…, rounded up.
    let plan = plan_price(&sol_market(), &sol_usd(), at(60)).unwrap();
    assert_eq!(plan.outcome, PriceOutcome::Accepted);
    assert_eq!(plan.cache.price, Price::new(154_608_857_782));
    assert_eq!(plan.cache.confidence, Price::new(151_663_325));
    assert_eq!((plan.cache.published, plan.cache.newest_published), (at(60).now, at(60).now));
}

#[test]
fn decimals_and_exponents_that_say_the_same_give_the_same_price() {
    let market = sol_market();
    // 250 with exponent 0; 2^40 · 250 · 10^6 / 10^9 = 2^38.
    for (price, exponent) in [(250, 0), (25_000, -2), (25_000_000_000, -8), (250_000_000_000_000_000, -15)] {
        let reading = OracleReading::new(price, 0, exponent, NOW + 1).unwrap();
        assert_eq!(plan_price(&market, &reading, at(1)).unwrap().cache.price, Price::new(PRICE));
    }
    // A market of a token with two decimals: 10^6 · 3 / 10^2 = 30 000 atoms a unit is above 2^50 · 2^-40 = 1024 atoms.
    let two_decimals = Market { base_decimals: 2, ..market };
    let three = OracleReading::new(3, 0, 0, NOW + 1).unwrap();
    assert_eq!(plan_price(&two_decimals, &three, at(1)), Err(EngineError::PriceOutOfRange));
    // 10^-18 of a dollar is below 2^-40 atoms per 10^-9 SOL.
    let dust = OracleReading::new(1, 0, -18, NOW + 1).unwrap();
    assert_eq!(plan_price(&market, &dust, at(1)), Err(EngineError::PriceOutOfRange));
}

#[test]
fn no_reading_makes_the_conversion_overflow_silently() {
    let market = sol_market();
    for exponent in [-18, -8, 0] {
        let largest = MAX_CONFIDENCE;
        for (price, confidence) in [(i64::MAX, 0), (i64::MAX, largest), (1, largest), (25_000_000_000, largest)] {
            let reading = OracleReading::new(price, confidence, exponent, NOW + 1).unwrap();
            match plan_price(&market, &reading, at(1)) {
                Ok(plan) => assert!(plan.outcome == PriceOutcome::TooWide || plan.cache.price.get() <= 1 << 50),
                Err(error) => assert_eq!(error, EngineError::PriceOutOfRange),
            }
        }
    }
    // A clock before 1970 or at the end of time is an error, not a wrap.
    let end = OracleReading::new(14_061_593_700, 13_793_699, -8, i64::MAX).unwrap();
    let start = Clock { now: Timestamp::new(-1), slot: 0 };
    assert_eq!(plan_price(&market, &end, start), Err(EngineError::Overflow));
}

#[test]
fn the_first_reading_of_a_time_wins_and_being_second_is_no_error() {
    let mut market = sol_market();
    market.price = plan_price(&market, &reading(25_100_000_000, 0, 5), at(5)).unwrap().cache;
    for (price, seconds) in [(25_200_000_000, 5), (25_300_000_000, 4)] {
        let plan = plan_price(&market, &reading(price, 0, seconds), at(6)).unwrap();
        assert_eq!((plan.outcome, plan.cache), (PriceOutcome::NotNewer, market.price));
    }
}

#[test]
fn an_older_reading_is_a_good_price_of_its_own_time_while_that_is_remembered() {
    // $260 of 1 s, where the market has the price of 5 s: good for the second it belongs to, until that is no longer remembered,
    // fifteen seconds later.
    let mut market = sol_market();
    publish(&mut market, PRICE, 5);
    let good_at = |reading: &OracleReading, seconds| plan_price(&market, reading, at(seconds)).unwrap().good;
    // 0.26 · 2^40 = 285 873 023 221.76, rounded down.
    let older = reading(26_000_000_000, 0, 1);
    assert_eq!((good_at(&older, 16), good_at(&older, 17)), (Some(Price::new(285_873_023_221)), None));
    // 2 % of confidence is no price, old or new.
    assert_eq!(good_at(&reading(26_000_000_000, 520_000_000, 1), 15), None);
    assert_eq!(good_at(&reading(26_000_000_000, 520_000_000, 6), 15), None);
    // Where the feed is ahead of the clock that is what its age is measured from.
    publish(&mut market, PRICE, 17);
    let good_at = |reading: &OracleReading, seconds| plan_price(&market, reading, at(seconds)).unwrap().good;
    assert_eq!(good_at(&older, 10), None);
    assert_eq!(good_at(&reading(26_000_000_000, 0, 2), 10), Some(Price::new(285_873_023_221)));
}

#[test]
fn a_good_reading_older_than_one_too_wide_but_newer_than_the_price_is_the_price() {
    // $250 of 0 s, a reading too wide of 10 s, and $251 of 8 s: 0.251 · 2^40 = 275 977 418 571.8, rounded down.
    let mut market = sol_market();
    market.price = plan_price(&market, &reading(25_000_000_000, 1_000_000_000, 10), at(10)).unwrap().cache;
    let plan = plan_price(&market, &reading(25_100_000_000, 0, 8), at(10)).unwrap();
    assert_eq!((plan.outcome, plan.good), (PriceOutcome::Accepted, Some(Price::new(275_977_418_571))));
    assert_eq!((plan.cache.published, plan.cache.newest_published), (at(8).now, at(10).now));
    // Also where it is no longer fresh.
    let late = plan_price(&market, &reading(25_100_000_000, 0, 8), at(100)).unwrap();
    assert_eq!((late.outcome, late.cache), (plan.outcome, plan.cache));
    // Another that is too wide keeps the newest time.
    let wide = plan_price(&market, &reading(25_000_000_000, 1_000_000_000, 9), at(10)).unwrap();
    assert_eq!((wide.outcome, wide.cache), (PriceOutcome::TooWide, market.price));
}

#[test]
fn a_publish_time_may_be_ten_seconds_ahead_of_the_clock() {
    let market = sol_market();
    let tolerated = plan_price(&market, &reading(25_100_000_000, 0, 15), at(5)).unwrap();
    assert_eq!((tolerated.outcome, tolerated.cache.clock_distrusted_until), (PriceOutcome::Accepted, Timestamp::NEVER));
}

#[test]
fn a_reading_from_further_ahead_is_no_price_and_proves_for_a_minute_that_the_clock_lags() {
    // Eleven seconds ahead of a clock that says 5 s: until 65 s no age is believed, and nothing else changes.
    let mut market = sol_market();
    let plan = plan_price(&market, &reading(25_100_000_000, 0, 16), at(5)).unwrap();
    assert_eq!((plan.outcome, plan.good), (PriceOutcome::ClockBehind, None));
    assert_eq!(plan.cache, PriceCache { clock_distrusted_until: at(65).now, ..market.price });

    // A price that comes in meanwhile is taken in and ends nothing of it.
    market.price = plan.cache;
    market.price = plan_price(&market, &reading(25_100_000_000, 0, 64), at(60)).unwrap().cache;
    assert_eq!((market.price.published, market.price.clock_distrusted_until), (at(64).now, at(65).now));
    let behind = Err(EngineError::ClockBehind { until: NOW + 65 });
    for price_use in [PriceUse::Increase, PriceUse::Reduce, PriceUse::Liquidate, PriceUse::Liquidity, PriceUse::Funding]
    {
        assert_eq!(require_price(&market, price_use, at(64).now), behind);
        assert!(require_price(&market, price_use, at(65).now).is_ok());
    }
    assert_eq!((is_fresh_in(&market, at(64).now), is_fresh_in(&market, at(65).now)), (false, true));
    // Another proof counts from its own time.
    let again = plan_price(&market, &reading(25_100_000_000, 0, 75), at(64)).unwrap();
    assert_eq!(again.cache.clock_distrusted_until, at(124).now);
}

#[test]
fn a_price_too_wide_is_remembered_but_values_nothing() {
    // BTC printed as 5402 ± 21623 in 2021. The last good price stays the price, as old as it is.
    let market = sol_market();
    let plan = plan_price(&market, &reading(540_200_000_000, 2_162_300_000_000, 5), at(5)).unwrap();
    assert_eq!(plan.outcome, PriceOutcome::TooWide);
    assert_eq!(plan.cache, PriceCache { newest_published: at(5).now, ..market.price });
    assert_eq!(plan.good, None);
    let mut garbage = market;
    garbage.price = plan.cache;
    assert_eq!(require_price(&garbage, PriceUse::Reduce, at(5).now), Ok(Price::new(PRICE)));
    // Ages are measured from the newest publish time, also from that of what is no price.
    garbage.price.newest_published = at(6).now;
    let stale = Err(EngineError::PriceStale { age: 6, allowed: 5 });
    assert_eq!(require_price(&garbage, PriceUse::Reduce, reference_time(at(5), [&garbage])), stale);

    garbage.price = plan_price(&garbage, &reading(25_000_000_000, 0, 7), at(7)).unwrap().cache;
    assert_eq!(require_price(&garbage, PriceUse::Reduce, at(7).now), Ok(Price::new(PRICE)));

    // 1.5 % of $250 is $3.75; a confidence rounds up, so what is exactly at the limit is not within it.
    let good = plan_price(&market, &reading(25_000_000_000, 374_999_999, 7), at(7)).unwrap();
    assert_eq!(good.outcome, PriceOutcome::Accepted);
    let wide = plan_price(&market, &reading(25_000_000_000, 375_000_000, 7), at(7)).unwrap();
    assert_eq!(wide.outcome, PriceOutcome::TooWide);
}

#[test]
fn each_use_has_its_own_age_and_confidence() {
    let mut market = sol_market();
    let ages = [
        (PriceUse::Increase, 5),
        (PriceUse::Reduce, 5),
        (PriceUse::Liquidate, 15),
        (PriceUse::Liquidity, 15),
        (PriceUse::Funding, 60),
    ];
    for (price_use, oldest) in ages {
        assert_eq!(require_price(&market, price_use, at(oldest).now), Ok(Price::new(PRICE)));
        let refused = require_price(&market, price_use, at(oldest + 1).now);
        let age = u64::try_from(oldest).unwrap();
        assert_eq!(refused, Err(EngineError::PriceStale { age: age + 1, allowed: age }));
    }
    // Increasing needs 0.5 %, everything else 1.5 %: 2^38 · 0.6 % = 1 649 267 441.664.
    market.price.confidence = Price::new(1_649_267_441);
    for (price_use, _) in ages {
        let allowed = require_price(&market, price_use, at(0).now);
        if price_use == PriceUse::Increase {
            assert_eq!(allowed, Err(EngineError::PriceTooUncertain { confidence: 6_000, allowed: 5_000 }));
        } else {
            assert!(allowed.is_ok());
        }
    }
}

#[test]
fn ages_are_measured_from_the_newest_publish_time_of_the_transaction() {
    let mut ahead = sol_market();
    publish(&mut ahead, PRICE, 10);
    let market = sol_market();
    // The clock says 2 s, another market's price is of 10 s: this one is 10 s old.
    let reference = reference_time(at(2), [&market, &ahead]);
    assert_eq!(age(&market, reference), Ok(10));
    assert_eq!(age(&ahead, reference), Ok(0));
}

#[test]
fn the_spread_grows_with_the_root_of_the_age() {
    let market = sol_market();
    // 2 · 80 % · √(1 s / a year) = 284.818 ppm of 2^38 = 78 290 277.6…; four times the time, twice the spread; after
    // 24 s five times.
    assert_eq!(spread_ceil(&market, at(0).now), Ok(Price::new(78_290_278)));
    assert_eq!(spread_ceil(&market, at(3).now), Ok(Price::new(156_580_556)));
    assert_eq!(spread_ceil(&market, at(24).now), Ok(Price::new(391_451_390)));
}

#[test]
fn the_spread_contains_the_confidence() {
    // SOL/USD above: confidence 151 663 325 and drift 284.818 ppm · 154 608 857 782 = 44 035 443.4….
    let mut market = sol_market();
    market.price = plan_price(&market, &sol_usd(), at(60)).unwrap().cache;
    assert_eq!(spread_ceil(&market, at(60).now), Ok(Price::new(151_663_325 + 44_035_444)));
    // Half the weight of the confidence: ⌈151 663 325 / 2⌉.
    market.parameters.spread_confidence = Ppm::new(500_000);
    market.parameters.spread_volatility = Ppm::ZERO;
    assert_eq!(spread_ceil(&market, at(60).now), Ok(Price::new(75_831_663)));
}

#[test]
fn a_market_that_never_had_a_price_has_no_fresh_one() {
    let mut market = sol_market();
    market.price = PriceCache::default();
    assert!(!is_fresh_in(&market, at(0).now));
    // Since 1970.
    let stale = Err(EngineError::PriceStale { age: NOW.unsigned_abs(), allowed: 60 });
    assert_eq!(require_price(&market, PriceUse::Funding, at(0).now), stale);
}

#[test]
fn a_price_is_fresh_for_fifteen_seconds() {
    for (published, last) in [(0, 15), (1, 16)] {
        let mut market = sol_market();
        publish(&mut market, PRICE, published);
        assert!(is_fresh_in(&market, at(last).now));
        assert!(!is_fresh_in(&market, at(last + 1).now));
    }
}

#[test]
fn an_oracle_is_dead_once_its_outage_was_reported_five_minutes_ago() {
    let mut market = sol_market();
    assert!(!is_dead(&market, at(100_000).now));
    market.price.outage_since = at(100).now;
    assert_eq!((is_dead(&market, at(399).now), is_dead(&market, at(400).now)), (false, true));
    // The end of time is no wrap: an outage reported there is never old enough.
    market.price.outage_since = Timestamp::new(i64::MAX);
    assert!(!is_dead(&market, Timestamp::new(i64::MAX)));
}

#[test]
fn the_measured_volatility_and_the_drift_make_the_spread_wider() {
    // Listed, 2 · 80 % = 160 %; measured, 1.5 · 106 % = 159 % is less and 1.5 · 120 % = 180 % more: 284.818 ppm · 180 / 160
    // = 320.42 ppm of 2^38 = 88 076 562.3….
    let mut market = sol_market();
    market.averages.fast_volatility = Ppm::new(1_060_000);
    assert_eq!(spread_ceil(&market, at(0).now), Ok(Price::new(78_290_278)));
    market.averages.fast_volatility = Ppm::new(1_200_000);
    assert_eq!(spread_ceil(&market, at(0).now), Ok(Price::new(88_076_563)));
    // A tenth of the drift: ⌈1003 / 10⌉.
    market.averages.drift = Price::new(1_003);
    assert_eq!(spread_ceil(&market, at(0).now), Ok(Price::new(88_076_563 + 101)));
    // Of the largest volatility at the largest price and the age at which nobody may use it.
    market.averages.fast_volatility = Ppm::new(100_000_000);
    market.price.price = Price::new(1 << 50);
    assert!(spread_ceil(&market, at(3_600).now).is_ok());
}

#[test]
fn only_a_price_that_becomes_the_valid_one_is_measured() {
    let mut market = sol_market();
    plan_price(&market, &reading(25_000_000_000, 0, 1), at(1)).unwrap().apply(&mut market);
    plan_price(&market, &reading(25_010_000_000, 0, 20), at(20)).unwrap().apply(&mut market);
    let before = market.averages;
    assert!(before.fast_volatility > Ppm::ZERO);
    // Repeated, older, too wide.
    for (price, confidence, seconds) in
        [(26_000_000_000, 0, 20), (26_000_000_000, 0, 19), (26_000_000_000, 1 << 40, 60)]
    {
        let plan = plan_price(&market, &reading(price, confidence, seconds), at(60)).unwrap();
        assert_eq!(plan.averages, before);
        plan.apply(&mut market);
    }
    // The next valid one is.
    plan_price(&market, &reading(25_020_000_000, 0, 61), at(61)).unwrap().apply(&mut market);
    assert_eq!(market.averages.sampled_at, at(61).now);
}
