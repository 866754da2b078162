use crate::expected::{event, says, world};
use anchor_lang::error::ErrorCode;
use perp_accounts::oracle::{COMPATIBLE_RECEIVER, CORE_RECEIVER};
use perp_client::instructions::update_second_price;
use perp_engine::market::price::PriceOutcome;
use perp_engine::state::{Market, PriceLimit, SecondPrice};
use perp_engine::units::{Price, Timestamp};
use perp_oracle::write::pull_account;
use perp_swap::errors::ExchangeError;
use perp_swap::events::SecondPriceUpdated;
use perp_tests::listing::feed_id;
use perp_tests::{assert_refused, listing, tokens, World, USDC};

/// A market without a second source and one with.
fn bounded() -> World {
    let mut world = world(1);
    world.list(listing::bounded(1, 0));
    world
}

#[test]
fn the_second_sources_newest_price_is_kept_and_nothing_else_changes() {
    let mut world = bounded();
    let before = world.market(1).state;
    world.wait(10);
    world.publish_second(1, 200.0, 0.5, world.now - 1);
    let expected = SecondPriceUpdated {
        exchange: world.addresses.exchange,
        time: world.now,
        market: world.addresses.market(1),
        market_index: 1,
        market_sequence: before.sequence + 1,
        outcome: PriceOutcome::Accepted,
        // 0.2 and, rounded up, 0.0005 atoms per base unit.
        price: (1 << 40) / 5,
        confidence: (1u64 << 40).div_ceil(2_000),
        published: world.now - 1,
    };
    says(world.update_second_price(1), expected.clone());
    let second_price = SecondPrice {
        price: Price::new(expected.price),
        confidence: Price::new(expected.confidence),
        published: Timestamp::new(expected.published),
    };
    assert_eq!(world.market(1).state, Market { second_price, sequence: before.sequence + 1, ..before });
}

#[test]
fn a_price_that_is_not_newer_too_wide_or_ahead_of_the_clock_leaves_the_one_there_is() {
    let mut world = bounded();
    world.wait(10);
    world.publish_second(1, 250.0, 0.0, world.now);
    world.update_second_price(1).unwrap();
    let kept = world.market(1).state.second_price;
    for (confidence, age, outcome) in [
        (0.0, 0, PriceOutcome::NotNewer),
        (0.0, 5, PriceOutcome::NotNewer),
        // 4 of 251 are 1.6 %, more than 1.5 %.
        (4.0, -1, PriceOutcome::TooWide),
        (0.0, -11, PriceOutcome::ClockBehind),
    ] {
        world.publish_second(1, 251.0, confidence, world.now - age);
        let event = event!(world.update_second_price(1), SecondPriceUpdated);
        assert_eq!((event.outcome, event.price), (outcome, kept.price.get()), "{confidence} of {age} seconds ago");
        assert_eq!(world.market(1).state.second_price, kept);
    }
    // It proves nothing about the clock.
    assert!(world.market(1).state.price.clock_distrusted_until.is_never());
    world.publish_second(1, 251.0, 0.0, world.now + 10);
    let event = event!(world.update_second_price(1), SecondPriceUpdated);
    assert_eq!((event.outcome, event.published), (PriceOutcome::Accepted, world.now + 10));
}

#[test]
fn only_an_account_of_the_second_source_of_a_market_with_one_is_read() {
    let mut world = bounded();
    world.wait(10);
    let at = world.addresses;
    let (now, slot, own) = (world.now, world.slot, world.second_oracle(1));
    let says = |feed, cents: i64| pull_account(feed_id(feed), cents * 1_000_000, 0, -8, now, slot);
    let mut partial = says(1, 25_000);
    partial[40] = 0;
    for (owner, data, reason) in [
        // The first source's receiver, anybody's program, and an account of nobody.
        (CORE_RECEIVER, says(1, 25_000), ExchangeError::OracleWrongOwner),
        (perp_swap::ID, says(1, 25_000), ExchangeError::OracleWrongOwner),
        (anchor_lang::system_program::ID, vec![], ExchangeError::OracleWrongOwner),
        (COMPATIBLE_RECEIVER, says(0, 25_000), ExchangeError::OracleWrongFeedId),
        (COMPATIBLE_RECEIVER, partial, ExchangeError::OraclePartiallyVerified),
        (COMPATIBLE_RECEIVER, says(1, 25_000)[..133].to_vec(), ExchangeError::OracleWrongLength),
        (COMPATIBLE_RECEIVER, says(1, -1), ExchangeError::OraclePriceNotPositive),
        // Beyond 1 024 000 dollars no price is stored.
        (COMPATIBLE_RECEIVER, says(1, 200_000_000), ExchangeError::PriceOutOfRange),
    ] {
        world.chain.set_account(&own, tokens::account(&owner, data));
        assert_refused(world.update_second_price(1), reason);
    }
    // The first source's account is none of the second, and a good one of it no account of another market's.
    world.publish(1, 250.0);
    let first = update_second_price(&at, 1, world.oracle(1));
    assert_refused(world.run(&[first]), ExchangeError::OracleWrongOwner);
    world.list(listing::bounded(2, 0));
    world.publish_second(1, 250.0, 0.0, world.now);
    let of_another = update_second_price(&at, 2, world.second_oracle(1));
    assert_refused(world.run(&[of_another]), ExchangeError::OracleWrongFeedId);
    // A market without a second source reads none, whatever is passed.
    for account in [world.second_oracle(1), world.oracle(0), anchor_lang::system_program::ID] {
        assert_refused(world.run(&[update_second_price(&at, 0, account)]), ExchangeError::NoSecondOracle);
    }
    // What is no market takes no price.
    let mut no_market = update_second_price(&at, 1, own);
    no_market.accounts[1].pubkey = at.pool;
    assert_refused(world.run(&[no_market]), ErrorCode::AccountDiscriminatorMismatch);
    world.update_second_price(1).unwrap();
}

#[test]
fn a_price_of_the_first_source_out_of_its_bound_leaves_its_time() {
    let mut world = bounded();
    world.wait(10);
    world.publish_second(1, 250.0, 0.0, world.now);
    world.update_second_price(1).unwrap();
    let before = world.market(1).state;
    // 252.58 is 1.032 % away; allowed are 1 % and, for a price of the same second, 0.0285 %.
    world.publish(1, 252.58);
    let event = event!(world.update_price(1), PriceUpdated);
    assert_eq!((event.outcome, event.after), (PriceOutcome::OutOfBounds, before.price.price.get()));
    let after = world.market(1).state;
    assert_eq!((after.price.newest_published.get(), after.price.published), (world.now, before.price.published));
    assert_eq!((after.recent, after.averages), (before.recent, before.averages));
    world.publish(1, 252.57);
    assert_eq!(event!(world.update_price(1), PriceUpdated).outcome, PriceOutcome::Accepted);
}

#[test]
fn what_bounds_the_price_at_a_boundary_is_what_was_said_until_then() {
    let mut world = bounded();
    let owner = world.user(1_000 * USDC);
    world.publish_second(1, 250.0, 0.0, world.now);
    world.update_second_price(1).unwrap();
    let before = world.market(1).state.second_price;
    world.request_liquidity_deposit(owner, 1, 1_000 * USDC, PriceLimit::None).unwrap();
    let boundary = world.boundary();
    world.set_time(boundary);
    world.publish_second(1, 260.0, 0.0, boundary);
    world.update_second_price(1).unwrap();
    let state = world.market(1).state;
    assert_eq!((state.at_boundary.boundary.get(), state.at_boundary.second_price), (boundary, before));
    assert_ne!(state.second_price, before);
}
