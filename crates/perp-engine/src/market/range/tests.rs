extern crate std;

use super::*;
use crate::fixtures::{at, publish, sol_market, PRICE};
use crate::market::price::plan_price;
use crate::oracle::OracleReading;
use crate::units::Ppm;
use proptest::prelude::*;
use std::vec::Vec;

/// 15 % of $250, rounded up: ⌈0.15 · 2^38⌉.
const STRESS: u64 = 41_231_686_042;

/// A market that was told these prices, each at its second.
fn told(prices: &[(u64, i64)]) -> Market {
    let mut market = sol_market();
    let mut first = true;
    for (price, seconds_later) in prices {
        let newest = first || at(*seconds_later).now > market.price.newest_published;
        let recent = market.recent;
        if newest {
            publish(&mut market, *price, *seconds_later);
        }
        if !first {
            market.recent = recent;
            market.recent.record(Price::new(*price), at(*seconds_later).now);
        }
        first = false;
    }
    market
}

fn moment(markets: &[&Market], seconds_later: i64) -> Moment {
    Moment::of(markets.iter().copied(), at(seconds_later).now)
}

fn since(seconds_ago: u32) -> Moment {
    Moment::Since { seconds_ago }
}

/// (low, high) of the market's price.
fn ends(market: &Market, moment: Moment, seconds_later: i64) -> (u64, u64) {
    let range = price_range(market, moment, at(seconds_later).now).unwrap();
    (range.low.get(), range.high.get())
}

#[test]
fn markets_of_one_second_count_at_their_newest_prices() {
    // What they were told before does not matter: this second has a price of each.
    let (a, b) = (told(&[(260, 0), (250, 6)]), told(&[(90, 2), (100, 6)]));
    assert_eq!(moment(&[&a, &b], 7), Moment::Newest);
    assert_eq!((ends(&a, Moment::Newest, 7), ends(&b, Moment::Newest, 7)), ((250, 250), (100, 100)));
    // One market alone is always of one second, and so is none.
    assert_eq!((moment(&[&a], 15), moment(&[], 15)), (Moment::Newest, Moment::Newest));
}

#[test]
fn the_moment_is_the_newest_second_in_which_every_market_has_a_price() {
    // Both at 0 s and 4 s, the first again at 8 s, the second at 5 s: second 4 is the newest of both.
    let a = told(&[(250, 0), (251, 4), (252, 8)]);
    let b = told(&[(100, 0), (99, 4), (101, 5)]);
    assert_eq!(moment(&[&a, &b], 8), since(4));
    assert_eq!((ends(&a, since(4), 8), ends(&b, since(4), 8)), ((251, 252), (99, 101)));
    // A second later it is a second further back.
    assert_eq!(moment(&[&a, &b], 9), since(5));
    // Of three, the newest in which all three have one.
    let c = told(&[(9, 0), (8, 5), (7, 9)]);
    assert_eq!(moment(&[&a, &b, &c], 9), since(9));
    assert_eq!(ends(&a, since(9), 9), (250, 252));
}

#[test]
fn neighboring_seconds_are_no_moment() {
    let (a, b) = (told(&[(250, 4)]), told(&[(100, 5)]));
    assert_eq!(moment(&[&a, &b], 5), Moment::Apart);
}

#[test]
fn markets_without_a_common_second_are_apart_and_count_at_all_they_remember() {
    let (a, b) = (told(&[(250, 0), (249, 4)]), told(&[(100, 2), (101, 6)]));
    assert_eq!(moment(&[&a, &b], 7), Moment::Apart);
    assert_eq!((ends(&a, Moment::Apart, 7), ends(&b, Moment::Apart, 7)), ((249, 250), (100, 101)));
    // Where that is not enough to judge by they count as old, the last good price being known all the same.
    let old = PriceRange { last: Some(Price::new(PRICE)), ..PriceRange::between(low(), high()) };
    let a = told(&[(PRICE, 0)]);
    assert_eq!(price_range(&a, Moment::Unknown, at(7).now), Ok(old));
}

/// $250 less the stress move.
fn low() -> Price {
    Price::new(PRICE - STRESS)
}

/// $250 and the stress move.
fn high() -> Price {
    Price::new(PRICE + STRESS)
}

#[test]
fn a_price_of_more_than_fifteen_seconds_ago_is_in_no_range() {
    // $250 of 0 s and $249 of 4 s; at 15 s both count, at 16 s the first does not, and nothing has come in its place yet.
    let a = told(&[(250, 0), (249, 4)]);
    assert_eq!((ends(&a, Moment::Apart, 15), ends(&a, Moment::Apart, 16)), ((249, 250), (249, 249)));
}

#[test]
fn a_market_that_has_ended_has_no_say_in_the_moment_and_counts_at_its_final_price() {
    let (a, b) = (told(&[(250, 5)]), told(&[(100, 5)]));
    let mut ended = told(&[(90, 3), (91, 4)]);
    ended.settlement.moved_at = at(4).now;
    assert_eq!(moment(&[&a, &ended, &b], 5), Moment::Newest);
    for moment in [Moment::Newest, since(2), Moment::Apart, Moment::Unknown] {
        assert_eq!(ends(&ended, moment, 5), (91, 91));
        // However long ago that was.
        assert_eq!(ends(&ended, moment, 31_557_600), (91, 91));
    }
}

#[test]
fn a_market_without_a_fresh_price_has_no_say_in_the_moment() {
    let (a, b) = (told(&[(250, 16), (251, 20)]), told(&[(100, 16), (101, 20)]));
    let old = told(&[(PRICE, 0)]);
    assert_eq!((moment(&[&a, &old, &b], 20), moment(&[&old], 20)), (Moment::Newest, Moment::Newest));
    assert_eq!(ends(&old, Moment::Newest, 20), (PRICE - STRESS, PRICE + STRESS));
    // Nor has one whose clock is not believed: its age is not known.
    let mut distrusted = told(&[(PRICE, 18)]);
    distrusted.price.clock_distrusted_until = at(32).now;
    assert_eq!(moment(&[&a, &distrusted, &b], 20), Moment::Newest);
    assert_eq!(ends(&distrusted, Moment::Newest, 20), (PRICE - STRESS, PRICE + STRESS));
    assert_eq!(ends(&distrusted, Moment::Newest, 32), (PRICE, PRICE));
}

#[test]
fn a_price_becomes_a_range_of_the_stress_move_and_later_of_its_drift() {
    let mut market = told(&[(PRICE, 0)]);
    let reference = |seconds_later| at(seconds_later).now;
    assert_eq!(ends(&market, Moment::Newest, 15), (PRICE, PRICE));
    assert_eq!(ends(&market, Moment::Newest, 16), (PRICE - STRESS, PRICE + STRESS));
    // 284.8 ppm · √t are 15 % after 277 000 s: three days. After five it is the spread.
    let five_days = 5 * 86_400;
    let spread = spread_ceil(&market, reference(five_days)).unwrap().get();
    assert!(spread > STRESS);
    assert_eq!(ends(&market, Moment::Newest, five_days), (PRICE - spread, PRICE + spread));
    // After a year it would be 1.6 times the price: half of it is the most.
    assert_eq!(ends(&market, Moment::Newest, 31_557_600), (PRICE / 2, PRICE / 2 * 3));
    // A stress move of all of the price is half of it as well.
    market.parameters.stress_move = Ppm::ONE;
    assert_eq!(ends(&market, Moment::Newest, 16), (PRICE / 2, PRICE / 2 * 3));
}

#[test]
fn no_end_of_a_range_is_beyond_the_largest_price() {
    let market = told(&[(MAX_PRICE, 0)]);
    // 15 % of 2^50, rounded up.
    assert_eq!(ends(&market, Moment::Newest, 16), (MAX_PRICE - 168_884_986_026_394, MAX_PRICE));
}

#[test]
fn the_ends_are_better_and_worse_by_side() {
    let range = PriceRange::between(Price::new(240), Price::new(260));
    assert_eq!((range.better(Side::Long), range.better(Side::Short)), (Price::new(260), Price::new(240)));
    assert_eq!((range.worse(Side::Long), range.worse(Side::Short)), (Price::new(240), Price::new(260)));
    let point = PriceRange::point(Price::new(250));
    assert_eq!((point.better(Side::Long), point.worse(Side::Long)), (Price::new(250), Price::new(250)));
}

#[test]
fn profit_turns_into_cash_at_the_last_good_price_and_in_a_dead_market_at_the_worse_end() {
    // Whatever the range: fresh, over several seconds, and while only its age is against it.
    let mut market = told(&[(PRICE * 2, 2), (PRICE, 6)]);
    for (moment, seconds_later) in [(Moment::Newest, 6), (since(4), 6), (Moment::Newest, 60)] {
        let range = price_range(&market, moment, at(seconds_later).now).unwrap();
        assert_eq!(Side::BOTH.map(|side| range.settled(side)), [Price::new(PRICE); 2]);
    }
    // Reported at 60 s, dead at 360 s: a long takes out at the lower end, a short at the upper.
    market.price.outage_since = at(60).now;
    let settled = |seconds_later| {
        let range = price_range(&market, Moment::Newest, at(seconds_later).now).unwrap();
        Side::BOTH.map(|side| range.settled(side).get())
    };
    assert_eq!((settled(359), settled(360)), ([PRICE; 2], [PRICE - STRESS, PRICE + STRESS]));
    // What the market could pay is judged at the better end while the true price may still be handed in.
    let judged = |seconds_later| {
        let range = price_range(&market, Moment::Newest, at(seconds_later).now).unwrap();
        Side::BOTH.map(|side| range.judged(side).get())
    };
    assert_eq!(judged(359), [PRICE + STRESS, PRICE - STRESS]);
    assert_eq!(judged(360), [PRICE - STRESS, PRICE + STRESS]);
}

/// Readings as (price in dollars, second), some of them too wide.
fn readings() -> impl Strategy<Value = Vec<(i64, i64, bool)>> {
    proptest::collection::vec((200i64..300, 0i64..16, proptest::bool::weighted(0.1)), 1..12)
}

/// The market after these readings were posted at 16 s.
fn posted(readings: &[(i64, i64, bool)]) -> Market {
    let mut market = sol_market();
    publish(&mut market, PRICE, 1);
    for (price, second, wide) in readings {
        let confidence = if *wide { 10_000_000_000 } else { 0 };
        let reading = OracleReading::new(price * 100_000_000, confidence, -8, at(*second).now.get()).unwrap();
        let plan = plan_price(&market, &reading, at(16)).unwrap();
        market.price = plan.cache;
        if let Some(good) = plan.good {
            market.recent.record(good, at(*second).now);
        }
    }
    market
}

proptest! {
    /// Whatever the order in which readings arrive, each second's ends are the same.
    #[test]
    fn the_order_of_readings_does_not_matter_to_the_range((readings, shuffled) in readings().prop_flat_map(|readings| {
        (Just(readings.clone()), Just(readings).prop_shuffle())
    })) {
        let (one, other) = (posted(&readings), posted(&shuffled));
        for seconds_ago in 0..=15 {
            prop_assert_eq!(one.recent.extremes(seconds_ago, at(16).now), other.recent.extremes(seconds_ago, at(16).now));
        }
    }

    /// An older moment never makes a range narrower, so whoever forces one never moves an end against another's favor.
    #[test]
    fn an_older_moment_only_widens_the_range(readings in readings()) {
        let market = posted(&readings);
        prop_assume!(is_fresh_in(&market, at(16).now));
        for seconds_ago in 0..15 {
            // A moment is a second in which the market has a price.
            if market.recent.held(at(16).now) >> seconds_ago & 1 == 0 {
                continue;
            }
            let (newer, older) = (since(seconds_ago), since(seconds_ago + 1));
            let [newer, older] = [newer, older].map(|moment| price_range(&market, moment, at(16).now).unwrap());
            prop_assert!(older.low <= newer.low && newer.high <= older.high);
            prop_assert!(newer.low <= newer.high);
        }
    }

    /// Posting another reading of a market never takes away from its range from a moment on.
    #[test]
    fn another_reading_only_widens_the_range_from_a_moment_on(readings in readings(), seconds_ago in 0u32..=15) {
        let (before, after) = (posted(&readings[..readings.len() - 1]), posted(&readings));
        let before = before.recent.extremes(seconds_ago, at(16).now);
        let after = after.recent.extremes(seconds_ago, at(16).now);
        if let Some((low, high)) = before {
            prop_assert!(after.is_some_and(|(lower, higher)| lower <= low && high <= higher));
        }
    }
}

#[test]
fn attack_a_print_between_two_others_counts_no_further_than_a_stress_move() {
    // Ten times the price and back within two seconds, in one transaction: nobody could have settled the profit that a leg had in
    // between, and it must not carry the account's losses in other markets.
    let thin = told(&[(PRICE, 0), (10 * PRICE, 4), (PRICE, 5)]);
    let other = told(&[(100, 0), (100, 4)]);
    assert_eq!(moment(&[&thin, &other], 5), since(1));
    assert_eq!(ends(&thin, since(1), 5), (PRICE, PRICE + STRESS));
    let fallen = told(&[(PRICE, 0), (PRICE / 10, 4), (PRICE, 5)]);
    assert_eq!(ends(&fallen, since(1), 5), (PRICE - STRESS, PRICE));
    // What is within it counts as it was.
    let moved = told(&[(PRICE, 0), (PRICE / 100 * 114, 4), (PRICE, 5)]);
    assert_eq!(ends(&moved, since(1), 5), (PRICE, PRICE / 100 * 114));
}
