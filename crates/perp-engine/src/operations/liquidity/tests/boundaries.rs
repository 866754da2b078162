//! When boundaries are, and the books as they stood when one came.

use super::*;
use crate::fixtures::{PRICE, SOL, USDC};
use crate::operations::market::plan_update_second_price;
use crate::state::{BoundaryLedger, BoundaryReading, Epoch, MarketLedger, SecondPrice};
use proptest::prelude::*;

const HOUR: u32 = 3_600;

fn after(seconds: i64, epoch: u32) -> Result<i64, EngineError> {
    boundary_after(Timestamp::new(seconds), epoch).map(Timestamp::get)
}

#[test]
fn boundaries_are_the_whole_multiples_of_an_epoch_since_1970() {
    // 498 612 · 3600 s; the hour before it is 3600 s earlier.
    let hour = 1_795_003_200;
    assert_eq!(after(hour, HOUR), Ok(hour));
    assert_eq!(after(hour + 1, HOUR), Ok(hour + 3_600));
    assert_eq!((after(hour - 1, HOUR), after(hour - 3_599, HOUR)), (Ok(hour), Ok(hour)));
    assert_eq!(after(hour - 3_600, HOUR), Ok(hour - 3_600));
    assert_eq!((after(0, HOUR), after(1, HOUR)), (Ok(0), Ok(3_600)));
    // No clock is before 1970.
    assert_eq!(after(-1, HOUR), Err(EngineError::Overflow));
}

#[test]
fn there_is_no_boundary_beyond_the_end_of_time_and_none_where_epochs_have_no_length() {
    // 2^63 − 1 = 2 562 047 788 015 215 · 3600 + 1807: the last boundary is so many seconds before the end.
    assert_eq!(after(i64::MAX - 1_807, HOUR), Ok(i64::MAX - 1_807));
    assert_eq!(after(i64::MAX - 1_806, HOUR), Err(EngineError::Overflow));
    assert_eq!(after(1, 0), Err(EngineError::Overflow));
    assert_eq!(next_boundary(Timestamp::new(i64::MAX), HOUR), Err(EngineError::Overflow));
}

#[test]
fn the_next_boundary_is_at_least_a_minute_ahead() {
    let next = |seconds| next_boundary(Timestamp::new(seconds), HOUR).map(Timestamp::get);
    assert_eq!((next(3_600), next(3_601)), (Ok(7_200), Ok(7_200)));
    assert_eq!((next(7_140), next(7_141)), (Ok(7_200), Ok(10_800)));
}

fn is_kept(market: &Market) -> bool {
    market.at_boundary.boundary == at(BOUNDARY).now
}

#[test]
fn a_market_is_kept_once_by_the_first_instruction_after_the_boundary() {
    let mut market = market([(1_280, 1_280), (0, 0)]);
    market.second_price = SecondPrice { price: Price::new(ONE), ..SecondPrice::default() };
    market.averages.drift = Price::new(7);
    market.refresh(None, &awaiting(BOUNDARY - 1)).unwrap();
    assert!(!is_kept(&market));
    let before = market;
    market.refresh(None, &awaiting(BOUNDARY)).unwrap();
    let kept = BoundaryLedger {
        boundary: at(BOUNDARY).now,
        valued: Timestamp::NEVER,
        reading: BoundaryReading::default(),
        price: before.price,
        second_price: before.second_price,
        averages: before.averages,
        ledger: before.ledger,
    };
    assert_eq!(market.at_boundary, kept);

    // Whatever happens afterwards, at any price, does not enter.
    market.ledger.backing = atoms(1);
    market.second_price.price = Price::new(3);
    set_side(&mut market, Side::Short, 500, 700);
    for seconds in [0, 1, 100, 100_000] {
        market.refresh(Some(&reading_from(seconds, seconds - 1)), &awaiting(BOUNDARY + seconds)).unwrap();
        assert_eq!(market.at_boundary, kept);
    }
}

#[test]
fn a_reading_ahead_of_the_clock_brings_the_boundary_within_the_tolerance_and_not_beyond() {
    // Ten seconds are tolerated: what is further ahead is no price, and proves only that the clock lags.
    for (clock, published, kept) in [
        (-10, 0, true),
        (-10, -1, false),
        (-11, 0, false),
        (-11, -1, false),
        (-5, 5, true),
        (-5, 6, false),
        (-1, 9, true),
        (-1, 10, false),
        (-1, -1, false),
        (0, -100, true),
        (0, 11, true),
    ] {
        let mut market = market([(1_280, 1_280), (0, 0)]);
        let before = market;
        let reading = reading(110_000_000_000, 0, BOUNDARY + published);
        market.refresh(Some(&reading), &awaiting(BOUNDARY + clock)).unwrap();
        assert_eq!(is_kept(&market), kept, "{published} at {clock}");
        if kept {
            // The reading that comes after the boundary is not the price that the market had then.
            assert_eq!((market.at_boundary.price, market.at_boundary.ledger), (before.price, before.ledger));
        }
    }
}

#[test]
fn a_reading_that_is_no_price_brings_the_boundary_as_well() {
    // $1000 ± $500 is too wide.
    let mut market = market(FLAT);
    let wide = reading(100_000_000_000, 50_000_000_000, BOUNDARY);
    market.refresh(Some(&wide), &awaiting(BOUNDARY - 3)).unwrap();
    assert!(is_kept(&market));
}

#[test]
fn nothing_is_kept_where_nobody_waits_and_the_next_boundary_replaces_the_last() {
    let mut market = market([(1_280, 1_280), (0, 0)]);
    market.refresh(None, &session(Status::Active, at(BOUNDARY))).unwrap();
    assert_eq!(market.at_boundary, BoundaryLedger::default());

    market.refresh(None, &awaiting(BOUNDARY)).unwrap();
    market.at_boundary.valued = at(BOUNDARY).now;
    market.at_boundary.reading.price = Price::new(ONE);
    market.ledger.backing = atoms(2_000);
    let next = Session { boundary: at(BOUNDARY + 3_600).now, ..awaiting(BOUNDARY + 3_599) };
    market.refresh(None, &next).unwrap();
    assert!(is_kept(&market));
    let next = Session { clock: at(BOUNDARY + 3_600), ..next };
    market.refresh(None, &next).unwrap();
    let kept = &market.at_boundary;
    assert_eq!((kept.boundary, kept.ledger.backing), (next.boundary, atoms(2_000)));
    // It is known that the one before was valued; what was noted for that one is not of this.
    assert_eq!((kept.valued, kept.reading), (at(BOUNDARY).now, BoundaryReading::default()));
}

#[test]
fn what_the_second_source_says_after_the_boundary_does_not_bound_its_reading() {
    let mut market = market(FLAT);
    (market.parameters.second_max_deviation, market.parameters.second_max_age) = (Ppm::new(10_000), 60);
    let says = |market: &mut Market, dollars: i64, seconds: i64| {
        let reading = reading(dollars * 100_000_000, 0, BOUNDARY + seconds);
        let plan = plan_update_second_price(market, &reading, at(BOUNDARY + seconds)).unwrap();
        market.keep_at_boundary(None, &awaiting(BOUNDARY + seconds)).unwrap();
        market.second_price = plan.second_price;
    };
    says(&mut market, 1_000, -1);
    let before = market.second_price;
    says(&mut market, 1_200, 0);
    assert_eq!(market.at_boundary.second_price, before);
    assert_eq!(market.second_price.published, at(BOUNDARY).now);
}

/// SOL-PERP with more longs than shorts, its price published half a minute before the boundary and its funding accrued up to then.
fn traded() -> Market {
    let mut market = sol_market();
    market.ledger.backing = atoms(1_000_000 * USDC);
    set_side(&mut market, Side::Long, 3_000 * SOL, 750_000 * USDC);
    set_side(&mut market, Side::Short, 1_000 * SOL, 250_000 * USDC);
    market.ledger.funding_rate = 1 << 30;
    publish(&mut market, PRICE, BOUNDARY - 30);
    market.ledger.funding_time = at(BOUNDARY - 30).now;
    market
}

/// The ledger as it stood at the boundary, but for the mean of the open interest, which a step more or less moves by a little.
fn ledger_then(market: &mut Market) -> MarketLedger {
    let mut ledger = market.at_boundary(|market| Ok(market.ledger)).unwrap();
    ledger.short = 0;
    for side in &mut ledger.sides {
        side.mean_interest = Default::default();
    }
    ledger
}

/// What the ledger is at the boundary by an accrual in that very second.
fn accrued_then() -> MarketLedger {
    let mut market = traded();
    market.refresh(None, &session(Status::Active, at(BOUNDARY))).unwrap();
    let mut ledger = market.ledger;
    ledger.short = 0;
    for side in &mut ledger.sides {
        side.mean_interest = Default::default();
    }
    ledger
}

#[test]
fn funding_is_accrued_exactly_up_to_the_boundary() {
    let expected = accrued_then();
    assert_eq!(expected.funding_time, at(BOUNDARY).now);
    assert!(expected.sides[0].funding_index.get() > 0 && expected.sides[1].funding_index.get() < 0);
    // First touched in that second, long afterwards, and ten seconds before by a reading ahead of the clock.
    for (clock, published) in [(0, 0), (5, 4), (1_700, 1_699), (-10, 0)] {
        let mut market = traded();
        market.refresh(Some(&reading_from(published, -30)), &awaiting(BOUNDARY + clock)).unwrap();
        let after = market;
        assert_eq!(ledger_then(&mut market), expected, "first touched at {clock}");
        // Looked at again it is the same, and looking changed nothing but what is kept.
        assert_eq!(ledger_then(&mut market), expected);
        assert_eq!(Market { at_boundary: after.at_boundary, ..market }, after);
    }
}

#[test]
fn at_a_price_too_old_for_funding_none_is_accrued() {
    // 61 s at the boundary, of 60 that are allowed; nor is it up to now, until there is a price.
    for (age, accrues) in [(60, true), (61, false)] {
        let mut market = traded();
        publish(&mut market, PRICE, BOUNDARY - age);
        market.refresh(None, &awaiting(BOUNDARY)).unwrap();
        let before = market.at_boundary.ledger;
        let ledger = market.at_boundary(|market| Ok(market.ledger)).unwrap();
        assert_eq!(ledger != before, accrues);
        assert_eq!(ledger.funding_time, at(if accrues { BOUNDARY } else { BOUNDARY - 30 }).now);
    }
}

proptest! {
    #[test]
    fn the_boundary_after_any_time_is_the_first_multiple_from_it_on(
        seconds in 0i64..1 << 40, epoch in 600u32..=86_400,
    ) {
        let (boundary, length) = (after(seconds, epoch).unwrap(), i64::from(epoch));
        prop_assert_eq!(boundary % length, 0);
        prop_assert!((seconds..seconds + length).contains(&boundary));
        let next = next_boundary(Timestamp::new(seconds), epoch).unwrap().get();
        prop_assert!((seconds + 60..seconds + 60 + length).contains(&next));
    }

    #[test]
    fn however_often_funding_is_accrued_before_it_is_the_same_at_the_boundary(
        mut steps in prop::collection::vec(0i64..30, 0..6), late in 0i64..1_000,
    ) {
        steps.sort_unstable();
        let mut market = traded();
        for step in steps {
            market.refresh(None, &awaiting(BOUNDARY - 30 + step)).unwrap();
        }
        market.refresh(None, &awaiting(BOUNDARY + late)).unwrap();
        prop_assert_eq!(ledger_then(&mut market), accrued_then());
    }
}

#[test]
fn the_pools_cash_and_requests_are_kept_once_by_the_clock_alone() {
    let mut queue = Queue::default();
    let mine = Waiting { boundary: at(BOUNDARY).now, lamports: 70_000, ..Waiting::default() };
    let later = Waiting { boundary: at(BOUNDARY + 3_600).now, lamports: 30_000, ..Waiting::default() };
    (queue.waiting[4], queue.waiting[5]) = (mine, later);
    let before = queue;
    let mut pool = pool(5_000);
    pool.keep_at_boundary(&mut queue, 3, &awaiting(BOUNDARY - 1)).unwrap();
    pool.keep_at_boundary(&mut queue, 3, &session(Status::Active, at(BOUNDARY))).unwrap();
    assert_eq!((pool.epoch, queue), (Epoch::default(), before));

    pool.keep_at_boundary(&mut queue, 3, &awaiting(BOUNDARY)).unwrap();
    let epoch = Epoch { lower: atoms(5_000), upper: atoms(5_000), markets: 3, waiting: mine, ..Epoch::default() };
    assert_eq!((pool.epoch, queue.waiting[4], queue.waiting[5]), (epoch, Waiting::default(), later));

    // Cash that comes or goes, a market listed and a request made afterwards do not enter.
    pool.cash = atoms(9_999);
    queue.waiting[4] = mine;
    pool.keep_at_boundary(&mut queue, 4, &awaiting(BOUNDARY + 900)).unwrap();
    assert_eq!((pool.epoch, queue.waiting[4]), (epoch, mine));
}
