extern crate std;

use super::*;
use crate::fixtures::{at, publish, sol_market, sol_parameters, PRICE};
use crate::market::price::spread_ceil;
use crate::state::Market;
use crate::units::MAX_PRICE;
use proptest::prelude::*;
use std::vec::Vec;

mod exact;
mod outliers;

/// SOL-PERP with its first price taken in at 0 s.
fn begun(price: u64) -> Market {
    let mut market = sol_market();
    publish(&mut market, price, 0);
    let never = PriceCache::default();
    market.averages =
        averages_after(&market.averages, &never, market.price.price, at(0).now, &market.parameters).unwrap();
    market
}

/// A valid price so many seconds after the fixtures' time.
fn take(market: &mut Market, price: u64, seconds: i64) {
    let taken = averages_after(&market.averages, &market.price, Price::new(price), at(seconds).now, &market.parameters)
        .unwrap();
    market.averages = taken;
    publish(market, price, seconds);
}

#[test]
fn the_first_price_is_its_own_average_and_nothing_is_measured() {
    let market = begun(PRICE);
    let expected = PriceAverages {
        fast_average: PRICE << 13,
        settlement_average: PRICE << 13,
        sample_price: Price::new(PRICE),
        sample_high: Price::new(PRICE),
        sample_low: Price::new(PRICE),
        sampled_at: at(0).now,
        // Where the margin begins: 5 %, in 1/3600 ppm.
        measured_margin: 50_000 * 3_600,
        ..PriceAverages::default()
    };
    assert_eq!(market.averages, expected);
}

#[test]
fn equal_prices_measure_nothing() {
    let mut market = begun(PRICE);
    for seconds in [1, 2, 16, 17, 400, 4_000] {
        take(&mut market, PRICE, seconds);
    }
    let expected = PriceAverages { sampled_at: at(4_000).now, ..begun(PRICE).averages };
    assert_eq!(market.averages, expected);
}

#[test]
fn a_sample_is_the_furthest_price_since_the_last_one() {
    // $250, $250.25 after 5 s, $250 again after 15 s: 0.1 % in 15 s. ⌈2^32 / 1000⌉ = 4 294 968 of 2^32, of the volatility
    // of a range of 1, √31 557 600 / (1.22 · √15) = 1188.903 274: 118.9 % a √year, 1 188 904 ppm rounded up.
    let mut market = begun(PRICE);
    take(&mut market, PRICE + PRICE / 1_000 + 1, 5);
    assert_eq!(market.averages.sampled_at, at(0).now);
    take(&mut market, PRICE, 15);
    // It weighs 1 − 2^(−15/120) = 8.300 % of the fast variance and 1 − 2^(−15/600) = 1.718 % of the slow one:
    // √(8.2996 % · 1 188 904²) = 342 512, √(1.7179 % · 1 188 904²) = 155 830, rounded up.
    let averages = market.averages;
    assert_eq!((averages.fast_volatility, averages.slow_volatility), (Ppm::new(342_512), Ppm::new(155_830)));
    assert_eq!((averages.sampled_at, averages.sample_price), (at(15).now, Price::new(PRICE)));
    assert_eq!((averages.sample_high, averages.sample_low), (Price::new(PRICE), Price::new(PRICE)));

    // Down to where it came from is the same move as up: what fell by 1/1001 had risen by 1/1000.
    let mut falling = begun(PRICE / 1_000 * 1_001);
    take(&mut falling, PRICE / 1_000 * 1_000, 15);
    assert_eq!(falling.averages.fast_volatility, averages.fast_volatility);
}

#[test]
fn silence_does_not_thin_a_move_out() {
    // After 30 s or an hour a move counts as one of 30 s.
    let [after_30, after_an_hour] = [30, 3_600].map(|seconds| {
        let mut market = begun(PRICE);
        take(&mut market, PRICE + PRICE / 1_000, seconds);
        market.averages.fast_volatility
    });
    assert_eq!(after_30, after_an_hour);
}

#[test]
fn a_sample_is_clipped_and_the_next_is_measured_from_where_it_reached() {
    // 1 % in 15 s would be 1189 % a √year. Eight times the listed 80 % count, 6 400 000 ppm:
    // √(8.2996 %) · 6 400 000 = 1 843 778.
    let mut market = begun(PRICE);
    let up = PRICE / 100 * 101;
    take(&mut market, up, 15);
    assert_eq!(market.averages.fast_volatility, Ppm::new(1_843_778));
    // Which is a move of 6.4 / 1188.903 274 = 0.538 311 % of 2^38.
    let reached = PRICE + 1_479_698_624;
    assert_eq!(market.averages.sample_price, Price::new(reached));
    // The rest, 0.459 %, is the next sample: 546.0 % a √year, below 8 · 184.4 %.
    take(&mut market, up, 30);
    assert_eq!(market.averages.sample_price, Price::new(up));
    let sample = (up - reached) as f64 / reached as f64 * 1_188_903_274.0;
    let variance = 0.917_004_043 * 1_843_778f64.powi(2) + 0.082_995_957 * sample.powi(2);
    assert!((f64::from(market.averages.fast_volatility.get()) - variance.sqrt()).abs() < 2.0);
}

#[test]
fn the_average_takes_in_the_price_that_was_for_as_long_as_it_was() {
    // $250 for a minute, then $256 for a minute: nothing of the $6 after one minute and half of what counts of it after two. The
    // limit of a second is 16 · 80 % / √31 557 600 = 0.227 85 % of $256, 58.3 cents, that of a minute ⌈√60⌉ = 8 times that, $4.67;
    // half of that is taken in.
    let mut market = begun(PRICE);
    let dollars = PRICE / 250 * 6;
    let limit = |volatility: u64| ((PRICE + dollars) * ((volatility << 32) / 351_100_947)).div_ceil(1 << 32);
    take(&mut market, PRICE + dollars, 60);
    assert_eq!(market.averages.fast_average, PRICE << 13);
    // The distance in the spread is limited likewise: by 16 times what the sample has made of the volatility.
    let volatility = market.averages.fast_volatility.wide().max(800_000);
    assert_eq!(market.averages.drift, Price::new(limit(volatility).min(dollars)));
    market.averages.fast_volatility = Ppm::ZERO;
    take(&mut market, PRICE + dollars, 120);
    let limit = (8 * limit(800_000)) << 13;
    assert_eq!(market.averages.fast_average, (PRICE << 13) + limit / 2);
    // Of the half-life of ten minutes a minute is 1 − 2^(−1/10) = 6.697 %.
    let part = (market.averages.settlement_average - (PRICE << 13)) as f64 / limit as f64;
    assert!((part - 0.066_967_008).abs() < 1e-9, "{part}");
}

#[test]
fn the_fast_average_counts_a_minute_of_one_price_and_the_settlements_ten() {
    // 0.1 % above both for so long. Of the settlement's half-life a minute and a half are 1 − 2^(−0.15) = 9.8750 %.
    let part = PRICE / 1_000;
    let after = |seconds| {
        let mut market = begun(PRICE);
        market.price.price = Price::new(PRICE + part);
        take(&mut market, PRICE, seconds);
        let moved = |average: u64| (average - (PRICE << 13)) as f64 / (part << 13) as f64;
        [moved(market.averages.fast_average), moved(market.averages.settlement_average)]
    };
    for (seconds, fast, settlement) in
        [(60, 0.5, 0.066_967_008), (90, 0.5, 0.098_749_537), (600, 0.5, 0.5), (601, 0.5, 0.5), (1 << 40, 0.5, 0.5)]
    {
        let [found_fast, found_settlement] = after(seconds);
        assert!(
            (found_fast - fast).abs() < 1e-9 && (found_settlement - settlement).abs() < 1e-8,
            "{seconds}: {found_fast} {found_settlement}"
        );
    }
}

#[test]
fn few_posts_are_not_taken_for_restlessness() {
    // 0.8 % in ten minutes is 0.8 % / 1.22 · √(31 557 600 / 600) = 150.4 % a √year. The fast variance counts it as of half a minute,
    // 150.4 · √20 = 672.5 %, clipped to 8 · 80 % = 640 %; the slow one, from which margin is made, as what it is.
    let mut market = begun(PRICE);
    take(&mut market, PRICE / 1_000 * 1_008, 600);
    let weight = |half_life: f64| 1.0 - (-30.0 / half_life).exp2();
    let expected = |sample: f64, half_life| (weight(half_life) * sample * sample).sqrt();
    let close = |found: Ppm, expected: f64| (f64::from(found.get()) / expected - 1.0).abs() < 1e-4;
    assert!(close(market.averages.fast_volatility, expected(6_400_000.0, 120.0)));
    assert!(close(market.averages.slow_volatility, expected(1_503_860.0, 600.0)), "{:?}", market.averages);
}

#[test]
fn without_a_listed_volatility_nothing_is_measured_and_nothing_divides_by_it() {
    let mut market = sol_market();
    market.parameters.volatility = Ppm::ZERO;
    take(&mut market, PRICE, 1);
    for (price, seconds) in [(PRICE * 2, 20), (1, 40), (MAX_PRICE, 4_000)] {
        take(&mut market, price, seconds);
        let averages = market.averages;
        assert_eq!((averages.fast_volatility, averages.drift), (Ppm::ZERO, Price::ZERO));
    }
    assert_eq!(spread_ceil(&market, at(4_000).now), Ok(Price::ZERO));
}

#[test]
fn a_price_of_one_unit_is_not_stuck() {
    // Eight units and 10 % of it are less than a unit: a clipped sample reaches one unit all the same.
    let mut market = begun(8);
    for quarter in 1..=4 {
        take(&mut market, 10, 15 * quarter);
    }
    assert_eq!(market.averages.sample_price, Price::new(10));
}

/// Prices a second or more apart.
fn readings(prices: impl Strategy<Value = u64>) -> impl Strategy<Value = Vec<(i64, u64)>> {
    let pause = prop_oneof![Just(1), 1i64..20, 15i64..90, Just(3_600), Just(1 << 40)];
    prop::collection::vec((pause, prices), 1..60)
}

/// From the smallest to the largest, evenly over the number of digits, and both ends.
fn any_price() -> impl Strategy<Value = u64> {
    prop_oneof![
        (0u32..50, 0u64..1 << 50).prop_map(|(bits, low)| (1 << bits) | (low & ((1 << bits) - 1))),
        Just(1),
        Just(MAX_PRICE)
    ]
}

#[test]
fn a_part_is_at_most_one() {
    // All of the largest value, and a unit of 2^-32 more than all of the smallest.
    assert_eq!((part_floor(u64::MAX, ONE), part_ceil(u64::MAX, ONE)), (Ok(u64::MAX), Ok(u64::MAX)));
    assert_eq!(
        (part_floor(1, ONE + 1), part_ceil(1, ONE + 1)),
        (Err(EngineError::Overflow), Err(EngineError::Overflow))
    );
    // A half of 3 is 1.5.
    assert_eq!((part_floor(3, ONE / 2), part_ceil(3, ONE / 2)), (Ok(1), Ok(2)));
}

proptest! {
    /// The halves of a value add up to what a product of 128 bits says, whichever way it is rounded.
    #[test]
    fn parts_are_those_of_the_exact_product(old: u64, new: u64, part in prop_oneof![0..=ONE, Just(ONE)], weight: u32) {
        let exact = u128::from(old) * u128::from(part);
        prop_assert_eq!(part_floor(old, part).map(u128::from), Ok(exact >> 32));
        prop_assert_eq!(part_ceil(old, part).map(u128::from), Ok(exact.div_ceil(1 << 32)));
        let (kept, weight_of_new) = (u128::from(ONE) - u128::from(weight), u128::from(weight));
        let mixed = (u128::from(old) * kept + u128::from(new) * weight_of_new).div_ceil(1 << 32);
        prop_assert_eq!(mixed_ceil(old, new, weight).map(u128::from), Ok(mixed));
    }

    /// Whatever prices come whenever, whatever the parameters: no error, no panic, and everything stays in its range.
    #[test]
    fn no_sequence_of_prices_leaves_the_ranges(
        sequence in readings(any_price()), volatility in prop_oneof![Just(0u32), 0u32..2_000_000, Just(10_000_000)],
    ) {
        let mut market = sol_market();
        market.parameters = Parameters { volatility: Ppm::new(volatility), ..sol_parameters() };
        (market.parameters.spread_measured, market.parameters.spread_drift) = (Ppm::new(10_000_000), Ppm::new(10_000_000));
        let (mut now, mut lowest, mut highest) = (0, u64::MAX, 0);
        for (pause, price) in sequence {
            now += pause;
            take(&mut market, price, now);
            (lowest, highest) = (lowest.min(price), highest.max(price));
            let averages = market.averages;
            for average in [averages.fast_average, averages.settlement_average] {
                prop_assert!((lowest << 13..=highest << 13).contains(&average));
            }
            prop_assert!(averages.sample_low <= averages.sample_price && averages.sample_price <= averages.sample_high);
            prop_assert!(averages.sample_low.get() >= lowest && averages.sample_high.get() <= highest);
            prop_assert!(averages.fast_volatility.wide() <= MAX_VOLATILITY);
            prop_assert!(averages.slow_volatility.wide() <= MAX_VOLATILITY);
            prop_assert!(averages.drift.get() <= (price << 13).abs_diff(averages.fast_average).div_ceil(1 << 13));
            prop_assert!(spread_ceil(&market, at(now + 3_600).now).is_ok());
        }
    }

    /// Whoever posts chooses which readings to post, but not what is measured of those that are: leaving some of them out
    /// never makes a sample larger, posting more never makes it smaller, and none is below the range of the posted ones.
    #[test]
    fn no_choice_of_readings_lowers_a_sample_below_their_range(
        steps in prop::collection::vec((-2_000i64..=2_000, any::<bool>()), 14), last in -2_000i64..=2_000,
    ) {
        let moved = |parts: i64| PRICE + PRICE / 1_000_000 * 2_000 - PRICE / 1_000_000 * (2_000 - parts).unsigned_abs();
        let (mut all, mut chosen) = (begun(PRICE), begun(PRICE));
        let mut furthest = (PRICE as f64 / moved(last) as f64).ln().abs();
        for (second, (parts, posted)) in (1..).zip(&steps) {
            take(&mut all, moved(*parts), second);
            if *posted {
                take(&mut chosen, moved(*parts), second);
                furthest = furthest.max((PRICE as f64 / moved(*parts) as f64).ln().abs());
            }
        }
        take(&mut all, moved(last), 15);
        take(&mut chosen, moved(last), 15);
        prop_assert!(all.averages.slow_variance >= chosen.averages.slow_variance);
        let range = furthest / 1.22 / (15f64 / 31_557_600.0).sqrt() * 1e6;
        let weight = 1.0 - (-15.0f64 / 600.0).exp2();
        let least = (weight * range.min(6_400_000.0).powi(2)).sqrt();
        prop_assert!(f64::from(chosen.averages.slow_volatility.get()) >= least - 1.0);
    }
}
