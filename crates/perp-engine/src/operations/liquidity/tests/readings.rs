//! Which reading a market is valued at.

use super::*;
use crate::state::{BoundaryReading, LastEpoch, SecondPrice};
use std::vec::Vec;

/// A pool of 5000 in cash and a market of 1280 longs entered at one, both kept at the boundary.
fn kept() -> (Pool, Market) {
    let (mut pool, mut market) = (pool(5_000), market([(1_280, 1_280), (0, 0)]));
    keep(&mut pool, &mut market, 100_000);
    (pool, market)
}

/// What becomes of a reading handed in so many seconds after the boundary.
fn offer(market: &mut Market, reading: Option<&OracleReading>, seconds: i64) -> Result<Valuation, EngineError> {
    value_market(&mut kept().0, market, reading, &awaiting(BOUNDARY + seconds))
}

fn valued(lower: u64, upper: u64) -> Result<Valuation, EngineError> {
    let value = MarketValue { lower: atoms(lower), upper: atoms(upper) };
    Ok(Valuation::Valued { value, lamports: 10_000 })
}

/// At 1 ± 1/128 the longs have won or lost 10.
fn at_one() -> Result<Valuation, EngineError> {
    valued(990, 1_010)
}

fn missing() -> Result<Valuation, EngineError> {
    Err(EngineError::NoBoundaryReading { until: at(BOUNDARY + 1_800).now.get() })
}

#[test]
fn the_one_reading_whose_second_is_the_boundarys_is_final_at_once() {
    for (published, previous) in [(0, -1), (0, -100_000), (1, -1), (1_000, -1), (10, -10)] {
        let (mut pool, mut market) = kept();
        let before = (pool, market);
        let reading = reading_from(published, previous);
        let seconds = published.max(5);
        let valuation = value_market(&mut pool, &mut market, Some(&reading), &awaiting(BOUNDARY + seconds));
        assert_eq!(valuation, at_one(), "{published} after {previous}");
        let epoch = &pool.epoch;
        assert_eq!((epoch.lower, epoch.upper, epoch.valued), (atoms(5_990), atoms(6_010), 1));
        // The caller's 10 000 lamports are those of the requests.
        assert_eq!(epoch.waiting.lamports, 90_000);
        assert_eq!((pool.cash, market.ledger, market.price), (before.0.cash, before.1.ledger, before.1.price));
        assert_eq!(market.at_boundary.valued, at(BOUNDARY).now);
    }
}

#[test]
fn what_was_published_before_the_boundary_or_long_after_another_is_none() {
    let (pool, market) = kept();
    for (published, previous) in [(-1, -2), (-1, -1), (11, 0), (11, 10), (1_000, 999)] {
        let (mut pool_after, mut after) = (pool, market);
        let reading = reading_from(published, previous);
        let refused = value_market(&mut pool_after, &mut after, Some(&reading), &awaiting(BOUNDARY + 1_000));
        assert_eq!(refused, missing(), "{published} after {previous}");
        // Nothing is changed but that the kept ledger's funding stands at the boundary.
        after.at_boundary.ledger.funding_time = market.at_boundary.ledger.funding_time;
        assert_eq!((pool_after, after), (pool, market));
    }
    assert_eq!(offer(&mut { market }, None, 0), missing());
}

#[test]
fn a_reading_after_another_from_the_boundary_on_is_only_noted() {
    // One published in the boundary's second may have been the second of that second. Without the time of the one before it proves
    // nothing either.
    let unproved = reading(100_000_000_000, 781_250_000, BOUNDARY);
    for reading in [reading_from(0, 0), unproved, reading_from(10, 0), reading_from(10, 9)] {
        let (_, mut market) = kept();
        assert_eq!(offer(&mut market, Some(&reading), 15), Ok(Valuation::Noted));
        assert_eq!(market.at_boundary.valued, Timestamp::NEVER);
        let noted = market.at_boundary.reading;
        assert_eq!(noted.published.get(), reading.publish_time());
        assert_eq!((noted.price, noted.confidence), (Price::new(ONE), Price::new(ONE / 128)));
        // Handed in again it is known already; the one of the boundary itself is final all the same.
        assert_eq!(offer(&mut market, Some(&reading), 16), Ok(Valuation::NotEarlier));
        assert_eq!(market.at_boundary.reading, noted);
        assert_eq!(offer(&mut market, Some(&reading_from(3, -2)), 17), at_one());
    }
}

/// Every order of these.
fn orders(readings: &[OracleReading]) -> Vec<Vec<OracleReading>> {
    if readings.is_empty() {
        return Vec::from([Vec::new()]);
    }
    let mut all = Vec::new();
    for (place, first) in readings.iter().enumerate() {
        let others = [&readings[..place], &readings[place + 1..]].concat();
        for mut order in orders(&others) {
            order.insert(0, *first);
            all.push(order);
        }
    }
    all
}

#[test]
fn of_those_near_the_earliest_counts_whatever_the_order_in_which_they_are_handed_in() {
    let near = |dollars: i64, confidence: u64, published: i64, previous: i64| {
        reading(dollars * 100_000_000, confidence, BOUNDARY + published).with_previous(NOW + BOUNDARY + previous)
    };
    // The second of 4 s counts; of that second's, what came after 2 s; of those the widest; of those the one of the lowest price.
    let readings = [
        near(1_000, 200_000_000, 4, 2),
        near(1_001, 200_000_000, 4, 2),
        near(900, 100_000_000, 4, 2),
        near(800, 900_000_000, 4, 3),
        near(700, 900_000_000, 5, 1),
    ];
    let orders = orders(&readings);
    assert_eq!(orders.len(), 120);
    for order in orders {
        let (mut pool, mut market) = kept();
        for reading in &order {
            value_market(&mut pool, &mut market, Some(reading), &awaiting(BOUNDARY + 20)).unwrap();
        }
        // $2 of confidence: 0.002 · 2^40 = 2 199 023 255.552, rounded up.
        let (price, confidence) = (Price::new(ONE), Price::new(2_199_023_256));
        let (published, previous) = (at(BOUNDARY + 4).now, at(BOUNDARY + 2).now);
        assert_eq!(market.at_boundary.reading, BoundaryReading { price, confidence, published, previous });
    }
}

#[test]
fn once_readings_no_longer_count_the_noted_one_does() {
    let (_, mut market) = kept();
    // $1100 ± 1/128 of $1000: longs have won 118 to 138.
    let noted = reading(110_000_000_000, 781_250_000, BOUNDARY + 7);
    assert_eq!(offer(&mut market, Some(&noted), 8), Ok(Valuation::Noted));
    // Until then nobody is served by it.
    assert_eq!(offer(&mut market, None, 1_800), missing());
    // Afterwards not even the one of the boundary itself counts.
    for late in [None, Some(&reading_from(0, -1))] {
        assert_eq!(offer(&mut { market }, late, 1_801), valued(862, 1_000));
    }
}

#[test]
fn readings_count_for_half_an_hour_and_then_the_range_of_the_price_does() {
    let (_, market) = kept();
    assert_eq!(offer(&mut { market }, Some(&reading_from(0, -1)), 1_800), at_one());
    assert_eq!(offer(&mut { market }, None, 1_800), missing());
    // 15 % to both sides, rounded outwards: longs have won or lost 192 and a little.
    for late in [1_801, 1_000_000] {
        assert_eq!(offer(&mut { market }, None, late), valued(807, 1_193));
        assert_eq!(offer(&mut { market }, Some(&reading_from(0, -1)), late), valued(807, 1_193));
    }
    // It is that of the price as it was kept, however far the market's own has moved since.
    let mut moved = market;
    publish(&mut moved, 3 * ONE, BOUNDARY + 1_800);
    assert_eq!(offer(&mut moved, None, 1_801), valued(807, 1_193));
}

#[test]
fn the_range_is_as_wide_as_the_price_was_old_at_the_boundary() {
    // Listed 80 % a year, weighed twice: of the 3200 s before the boundary 1.6 · √(3201 / 31 557 600) = 1.6114 %, less than the stress
    // move of 1 %. What passes after the boundary adds nothing.
    let mut market = market([(1_280_000, 1_280_000), (0, 0)]);
    market.ledger.backing = atoms(1_000_000);
    market.parameters.spread_volatility = Ppm::new(2_000_000);
    market.parameters.stress_move = Ppm::new(10_000);
    market.price.confidence = Price::ZERO;
    keep(&mut pool(0), &mut market, 0);
    // 1 280 000 · 1.6114 % = 20 626.
    for late in [1_801, 500_000] {
        let value = offer(&mut { market }, None, late);
        assert_eq!(value, valued(1_000_000 - 20_627, 1_000_000 + 20_627));
    }
}

#[test]
fn a_reading_too_wide_or_out_of_the_second_sources_bounds_is_none() {
    let (_, market) = kept();
    // 1.5 % of $1000 is $15, and a confidence rounds up.
    let with = |confidence| reading(100_000_000_000, confidence, BOUNDARY).with_previous(NOW + BOUNDARY - 1);
    assert!(offer(&mut { market }, Some(&with(1_499_999_999)), 1).is_ok());
    assert_eq!(offer(&mut { market }, Some(&with(1_500_000_001)), 1), missing());

    // The second source said $1050 ten seconds before, and the reading may be 1 % from it.
    let bounded = |said: u64, since: u64| {
        let (mut pool, mut market) = kept();
        (market.parameters.second_max_deviation, market.parameters.second_max_age) = (Ppm::new(10_000), 60);
        let second = |dollars: u64| SecondPrice {
            price: Price::new(ONE / 1_000 * dollars),
            confidence: Price::ZERO,
            published: at(BOUNDARY - 10).now,
        };
        (market.at_boundary.second_price, market.second_price) = (second(said), second(since));
        value_market(&mut pool, &mut market, Some(&reading_from(0, -1)), &awaiting(BOUNDARY + 1))
    };
    assert_eq!(bounded(1_050, 1_000), missing());
    // What it has said since bounds nothing.
    assert_eq!(bounded(1_000, 1_050), at_one());
}

#[test]
fn a_price_out_of_the_markets_range_is_refused_by_name() {
    // $2 000 000 000 per SOL are 2 000 000 atoms per base unit, of 1024 that a price can be.
    let far = reading(200_000_000_000_000_000, 0, BOUNDARY).with_previous(NOW + BOUNDARY - 1);
    assert_eq!(offer(&mut kept().1, Some(&far), 1), Err(EngineError::PriceOutOfRange));
}

#[test]
fn a_market_without_positions_then_needs_no_reading() {
    let (mut pool, mut market) = (pool(5_000), market(FLAT));
    keep(&mut pool, &mut market, 100_000);
    // Those opened since are no matter of the boundary.
    set_side(&mut market, Side::Long, 1_280, 1_280);
    assert_eq!(value_market(&mut pool, &mut market, None, &awaiting(BOUNDARY)), valued(1_000, 1_000));
}

#[test]
fn a_market_is_valued_once_and_only_if_it_was_listed_then() {
    let (mut pool, mut market) = kept();
    let value = |pool: &mut Pool, market: &mut Market| {
        value_market(pool, market, Some(&reading_from(0, -1)), &awaiting(BOUNDARY + 1))
    };
    assert_eq!(value(&mut pool, &mut market), at_one());
    let (before, again) = ((pool, market), value(&mut pool, &mut market));
    assert_eq!((again, (pool, market)), (Err(EngineError::MarketValued { market: 0 }), before));
    // One market was listed: that of index 0.
    let (mut pool, market) = kept();
    let refused = value(&mut pool, &mut Market { index: 1, ..market });
    assert_eq!(refused, Err(EngineError::MarketValued { market: 1 }));
}

#[test]
fn values_of_several_markets_add_up_and_lamports_may_run_out() {
    let mut pool = pool(5_000);
    let markets = [market(FLAT), market([(1_280, 1_280), (0, 0)]), market([(0, 0), (1_280, 1_280)])];
    let mut lamports = Vec::new();
    for (index, mut market) in (0u16..).zip(markets) {
        market.index = index;
        keep(&mut pool, &mut market, 15_000);
        pool.epoch.markets = 3;
        match value_market(&mut pool, &mut market, Some(&reading_from(0, -1)), &awaiting(BOUNDARY + 1)).unwrap() {
            Valuation::Valued { lamports: paid, .. } => lamports.push(paid),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(lamports, [10_000, 5_000, 0]);
    // 5000 of cash, 1000 + 990 + 990 and 1000 + 1010 + 1010.
    let epoch = &pool.epoch;
    assert_eq!((epoch.lower, epoch.upper, epoch.valued), (atoms(7_980), atoms(8_020), 3));
    assert_eq!(epoch.waiting.lamports, 0);
}

#[test]
fn nothing_is_valued_before_a_boundary_that_somebody_waits_for_and_everything_in_every_status_from_then_on() {
    let (mut pool, mut market) = kept();
    let reading = reading_from(0, -1);
    let mut value = |session: Session| value_market(&mut pool, &mut market, Some(&reading), &session);
    assert_eq!(value(session(Status::Active, at(BOUNDARY))), Err(EngineError::NoBoundary));
    let ahead = Err(EngineError::BoundaryAhead { boundary: at(BOUNDARY).now.get() });
    assert_eq!(value(awaiting(BOUNDARY - 1)), ahead);
    assert_eq!(value(Session { status: Status::Paused, ..awaiting(BOUNDARY) }), at_one());
}

/// Whether a boundary sells shares whose market has these sides, and the upper value it counts.
fn sells(sides: [(u64, u64); 2], reading: Option<&OracleReading>, seconds: i64) -> (bool, Atoms) {
    let (mut pool, mut market) = (pool(5_000), market(sides));
    keep(&mut pool, &mut market, 0);
    assert!(matches!(
        value_market(&mut pool, &mut market, reading, &awaiting(BOUNDARY + seconds)),
        Ok(Valuation::Valued { .. })
    ));
    (pool.epoch.sells_nothing == 0, pool.epoch.upper)
}

#[test]
fn where_losers_owe_more_than_a_stress_move_the_boundary_sells_no_shares() {
    let exact = reading_from(0, -1);
    // Longs entered for 1507 have lost 227 at one, of ⌈15 % of 1507⌉ = 227: they count, with 10 more at the lower end.
    assert_eq!(sells([(1_280, 1_507), (0, 0)], Some(&exact), 1), (true, atoms(5_000 + 1_000 + 237)));
    // For 1508, 228 of 227: nothing is sold, and what they owe counts for nobody.
    assert_eq!(sells([(1_280, 1_508), (0, 0)], Some(&exact), 1), (false, atoms(5_000)));
    // Shorts that sold for 1100 have lost 180 of 165.
    assert_eq!(sells([(0, 0), (1_280, 1_100)], Some(&exact), 1), (false, atoms(5_000)));
    // What winners of the same market get is no loss of theirs to the pool: 180 of which longs entered for 1200 have won 80.
    assert!(sells([(1_280, 1_200), (1_280, 1_100)], Some(&exact), 1).0);
    // But what the winners entered for bears no loss: longs have lost 300 of which shorts have 50; 250 are more than ⌈15 % of 1580⌉ = 237.
    assert_eq!(sells([(1_280, 1_580), (1_280, 1_330)], Some(&exact), 1), (false, atoms(5_000)));
    // Without a reading the range counts, whatever they owe: nobody is waited for.
    assert!(sells([(1_280, 1_508), (0, 0)], None, 1_801).0);
}

#[test]
fn what_losers_owe_at_a_noted_reading_counts_as_at_the_boundarys_own() {
    for (entry, sells) in [(1_507, true), (1_508, false)] {
        let (mut pool, mut market) = (pool(5_000), market([(1_280, entry), (0, 0)]));
        keep(&mut pool, &mut market, 0);
        for (reading, seconds) in [(Some(&reading_from(3, 1)), 4), (None, 1_801)] {
            value_market(&mut pool, &mut market, reading, &awaiting(BOUNDARY + seconds)).unwrap();
        }
        assert_eq!((pool.epoch.valued, pool.epoch.sells_nothing == 0), (1, sells), "{entry}");
    }
}

#[test]
fn of_a_boundary_that_sells_nothing_deposits_come_back_and_withdrawals_are_paid() {
    let waiting = requests(&[(PriceLimit::None, 100), (PriceLimit::OnePercent, 50)], &[(PriceLimit::None, 600)]);
    let mut pool = super::valued(free_pool(6_000, 6_000), 0, 0, waiting);
    pool.epoch.sells_nothing = 1;
    let plan = close(&pool);
    assert_eq!(
        (plan.closed.deposited, plan.closed.deposits_accepted.get(), plan.pool.escrow),
        (atoms(0), 0, atoms(150))
    );
    assert_eq!((plan.closed.redeemed, plan.closed.paid), (atoms(600), atoms(600)));
}

#[test]
fn a_boundary_that_sells_nothing_leaves_the_price_before_for_the_limits_of_the_next() {
    // 3000 shares cost 3300 before; 6000 would cost 6600, whatever they are worth at most now, and no less than they are at least.
    let upper = |lower| {
        let mut pool = super::valued(free_pool(lower, 6_000), 0, 1_000_000, requests(&[], &[]));
        let (before, cost) = (atoms(3_000), atoms(3_300));
        pool.last = LastEpoch { boundary: Timestamp::NEVER, lower: before, upper: cost, shares: before };
        pool.epoch.sells_nothing = 1;
        let plan = close(&pool);
        assert_eq!(plan.pool.last.upper, plan.closed.upper);
        plan.closed.upper
    };
    assert_eq!((upper(6_000), upper(6_601)), (atoms(6_600), atoms(6_601)));
}

#[test]
fn more_than_there_can_be_is_no_upper_value_and_stops_no_close() {
    let (mut pool, mut market) = kept();
    pool.epoch.upper = atoms(1 << 62);
    let valuation = value_market(&mut pool, &mut market, Some(&reading_from(0, -1)), &awaiting(BOUNDARY + 1));
    assert_eq!((valuation, pool.epoch.upper, pool.epoch.sells_nothing), (at_one(), atoms(1 << 62), 1));
    assert_eq!(pool.epoch.lower, atoms(5_990));
}
