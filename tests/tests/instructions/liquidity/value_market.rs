use crate::expected::{event, lamports, moment, says, world};
use anchor_lang::prelude::Pubkey;
use perp_client::instructions::{value_market, TargetMarket};
use perp_engine::state::{PriceLimit, Status};
use perp_swap::errors::ExchangeError;
use perp_swap::events::{MarketValued, ValuationOutcome};
use perp_tests::{assert_refused, World, SOL, USDC};

/// Two markets with two million each, a short of 40 SOL in the first, and a deposit that waits; at its boundary.
fn at_boundary() -> (World, Pubkey, i64) {
    let mut world = world(2);
    let (trader, owner) = (world.trader(1_000 * USDC), world.user(1_000 * USDC));
    world.trade(trader, 0, -40 * SOL).unwrap();
    world.request_liquidity_deposit(owner, 1, 1_000 * USDC, PriceLimit::None).unwrap();
    let (caller, boundary) = (world.key(), world.boundary());
    world.set_time(boundary);
    (world, caller, boundary)
}

#[test]
fn a_market_is_valued_at_the_reading_of_the_boundary_whoever_posts_it_when() {
    let (mut world, caller, boundary) = at_boundary();
    let at = world.addresses;
    // The feed printed a second before the boundary and two after it; by now it says something else.
    world.wait(2);
    world.publish_after(0, 260.0, boundary + 2, boundary - 1);
    let elsewhere = world.posted(0);
    world.later_at(60, 0, 300.0);
    let (before, rich) = (world.pool().state, lamports(&mut world, &caller));
    let done = world.run(&[value_market(&at, caller, TargetMarket::with_oracle(0, elsewhere))]);
    let found = event!(done, MarketValued);
    // The short has lost 40 · 10 and more; the loss is not cash, and counts for nobody. Of its fee of 4 the backing has nine tenths.
    let backing = 2_000_003_600_000;
    let expected = MarketValued {
        exchange: at.exchange,
        time: world.now,
        market: at.market(0),
        market_index: 0,
        state: moment(&mut world, 0, 0),
        pool_sequence: before.sequence + 1,
        boundary,
        caller,
        outcome: ValuationOutcome::Valued,
        published: boundary + 2,
        lower: found.lower,
        upper: backing,
        unsettled: found.unsettled,
        lower_before: before.cash.get(),
        lower_after: before.cash.get() + found.lower,
        upper_before: before.cash.get(),
        upper_after: before.cash.get() + backing,
        unsettled_before: 0,
        unsettled_after: found.unsettled,
        markets: 2,
        valued: 1,
        lamports: 10_000,
    };
    assert_eq!(found, expected);
    assert!(found.lower <= backing && backing - found.lower < 10_000, "{} of {backing}", found.lower);
    // 400, the 2.85 that the short was under its entry from the start, and its carry.
    assert!((400 * USDC..404 * USDC).contains(&found.unsettled), "{}", found.unsettled);
    assert_eq!(lamports(&mut world, &caller), rich + 10_000);

    // Without positions no reading is needed.
    let expected = MarketValued {
        market: at.market(1),
        market_index: 1,
        time: world.now,
        pool_sequence: before.sequence + 2,
        published: 0,
        lower: 2_000_000 * USDC,
        upper: 2_000_000 * USDC,
        lower_before: before.cash.get() + found.lower,
        lower_after: before.cash.get() + found.lower + 2_000_000 * USDC,
        upper_before: before.cash.get() + backing,
        upper_after: before.cash.get() + backing + 2_000_000 * USDC,
        unsettled: 0,
        unsettled_before: found.unsettled,
        unsettled_after: found.unsettled,
        valued: 2,
        ..expected
    };
    let done = world.value_unread(caller, 1);
    let state = moment(&mut world, 1, event_seconds(&done));
    says(done, MarketValued { state, ..expected });
    for market in [0, 1] {
        assert_refused(world.value_unread(caller, market), ExchangeError::MarketValued);
    }
}

/// Seconds for which the valuation accrued funding.
fn event_seconds(done: &perp_tests::Ran) -> u64 {
    match done.as_ref().unwrap().event() {
        perp_client::events::Event::MarketValued(event) => event.state.funding_seconds,
        other => panic!("{other:?}"),
    }
}

#[test]
fn readings_of_another_moment_value_nothing() {
    let (mut world, caller, boundary) = at_boundary();
    let missing = ExchangeError::NoBoundaryReading;
    assert_refused(world.value_unread(caller, 0), missing);
    // The last one before it; one whose feed printed in between, more than 10 s after it; one that is too wide.
    world.wait(20);
    for (published, previous) in
        [(boundary - 1, boundary - 2), (boundary + 11, boundary), (boundary + 20, boundary + 19)]
    {
        world.publish_after(0, 250.0, published, previous);
        assert_refused(world.value_market(caller, 0), missing);
    }
    world.publish_between(0, 250.0, 9.0, [boundary - 1, boundary]);
    assert_refused(world.value_market(caller, 0), missing);
    // Of another feed, and of another program.
    world.publish_after(1, 250.0, boundary, boundary - 1);
    let other_feed = value_market(&world.addresses, caller, TargetMarket::with_oracle(0, world.oracle(1)));
    assert_refused(world.run(&[other_feed]), ExchangeError::OracleWrongFeedId);
    world.publish_second(0, 250.0, 0.0, boundary);
    let other_program = value_market(&world.addresses, caller, TargetMarket::with_oracle(0, world.second_oracle(0)));
    assert_refused(world.run(&[other_program]), ExchangeError::OracleWrongOwner);
    world.publish_after(0, 250.0, boundary, boundary - 1);
    world.value_market(caller, 0).unwrap();
}

#[test]
fn where_the_reading_is_missing_the_earliest_near_it_counts_once_no_more_are_taken() {
    let (mut world, caller, boundary) = at_boundary();
    world.wait(10);
    let rich = lamports(&mut world, &caller);
    for (published, outcome) in [
        (boundary + 10, ValuationOutcome::Noted),
        (boundary + 4, ValuationOutcome::Noted),
        (boundary + 6, ValuationOutcome::NotEarlier),
    ] {
        world.publish_after(0, 240.0 + (published - boundary) as f64, published, boundary);
        let found = event!(world.value_market(caller, 0), MarketValued);
        assert_eq!((found.outcome, found.published, found.valued), (outcome, published, 0));
        assert_eq!((found.lower, found.upper, found.lamports), (0, 0, 0));
    }
    assert_eq!(lamports(&mut world, &caller), rich, "notes are not paid for");
    world.set_time(boundary + 1_800);
    assert_refused(world.value_unread(caller, 0), ExchangeError::NoBoundaryReading);
    world.wait(1);
    let found = event!(world.value_unread(caller, 0), MarketValued);
    assert_eq!((found.outcome, found.lamports), (ValuationOutcome::Valued, 10_000));
    // At 244 the short has won 40 · 6 less what it was under its entry, 2.858 183 72.
    let won = 240 * USDC - 2_858_184;
    assert!((2_000_003_600_000 - won).abs_diff(found.lower) < 10_000, "{}", found.lower);
}

#[test]
fn without_any_reading_the_range_counts_in_which_the_price_may_have_been() {
    let (mut world, caller, boundary) = at_boundary();
    world.set_time(boundary + 1_801);
    let found = event!(world.value_unread(caller, 0), MarketValued);
    // A price that was almost an hour old may have moved; the short may have won or lost.
    assert!(found.lower < 2_000_003_600_000 - 100 * USDC, "{}", found.lower);
    assert_eq!(found.upper, 2_000_003_600_000);
    assert!(found.unsettled > 100 * USDC, "{}", found.unsettled);
}

#[test]
fn nothing_is_valued_before_the_boundary_or_where_none_is_waited_for() {
    let mut world = world(1);
    let (caller, owner) = (world.key(), world.user(1_000 * USDC));
    assert_refused(world.value_unread(caller, 0), ExchangeError::NoBoundary);
    world.request_liquidity_deposit(owner, 1, 1_000 * USDC, PriceLimit::None).unwrap();
    let boundary = world.boundary();
    world.set_time(boundary - 1);
    assert_refused(world.value_unread(caller, 0), ExchangeError::BoundaryAhead);
    world.set_time(boundary);
    // No status matters.
    let admin = world.admin;
    world.set_exchange_status(admin, Status::Paused, 300).unwrap();
    world.value_unread(caller, 0).unwrap();
}
