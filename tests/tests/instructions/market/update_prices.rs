use crate::expected::{moment, world};
use perp_client::events::Event;
use perp_client::instructions::update_prices;
use perp_engine::market::price::PriceOutcome;
use perp_engine::state::{MarketLedger, PriceCache, Status};
use perp_engine::units::{Price, Timestamp};
use perp_swap::errors::ExchangeError;
use perp_swap::events::PriceUpdated;
use perp_tests::{assert_refused, Outcome, World, SOL, USDC};
use solana_instruction::{AccountMeta, Instruction};

/// The instruction for these markets, each with its own price account.
fn update(world: &World, markets: impl IntoIterator<Item = u16>) -> Instruction {
    update_prices(&world.addresses, markets.into_iter().map(|market| (market, world.oracle(market))))
}

fn prices(outcome: &Outcome) -> Vec<PriceUpdated> {
    let price = |event| match event {
        Event::PriceUpdated(price) => price,
        other => panic!("{other:?}"),
    };
    outcome.events().into_iter().map(price).collect()
}

/// The price in 2^-40 atoms per base unit: 250 dollars are 2^38.
fn stored(dollars: u64) -> u64 {
    (dollars << 38) / 250
}

#[test]
fn one_three_and_twelve_prices_are_taken_in_by_one_instruction() {
    let mut world = world(12);
    for count in [1, 3, 12] {
        world.wait(10);
        for market in 0..count {
            world.publish_with(market, 250.0 + f64::from(count) + f64::from(market), 0.5, world.now - 1);
        }
        let before: Vec<_> = (0..12).map(|market| world.market(market).state).collect();
        let outcome = world.send(&update(&world, 0..count)).unwrap();
        let events = prices(&outcome);
        assert_eq!(events.len(), usize::from(count));
        for (index, (event, before)) in (0..).zip(events.iter().zip(&before)) {
            let after = world.market(index).state;
            let waited = (world.now - before.ledger.funding_time.get()).unsigned_abs();
            let expected = PriceUpdated {
                exchange: world.addresses.exchange,
                time: world.now,
                market: world.addresses.market(index),
                market_index: index,
                state: moment(&mut world, index, waited),
                outcome: PriceOutcome::Accepted,
                before: before.price.price.get(),
                after: stored(u64::from(250 + count + index)),
                // Half a dollar, rounded up.
                confidence: (1u64 << 38).div_ceil(500),
                published: world.now - 1,
                newest_published: world.now - 1,
            };
            assert_eq!(*event, expected);
            let cache = after.price;
            assert_eq!((cache.price.get(), cache.confidence.get()), (expected.after, expected.confidence));
            assert_eq!((cache.published, cache.newest_published.get()), (cache.newest_published, world.now - 1));
            assert_eq!(after.sequence, expected.state.sequence);
            // Besides, the time up to which funding is accrued moves; nobody has a position.
            let accrued = MarketLedger { funding_time: Timestamp::new(world.now), ..before.ledger };
            assert_eq!(after.ledger, accrued, "nothing else moves");
        }
        // A market that is not named stays as it is.
        for market in count..12 {
            assert_eq!(world.market(market).state, before[usize::from(market)]);
        }
    }
}

#[test]
fn a_price_that_is_not_newer_changes_nothing_and_one_too_wide_leaves_its_time() {
    let mut world = world(1);
    let said = |world: &mut World| prices(&world.update_price(0).unwrap()).remove(0);
    world.wait(10);
    world.publish_with(0, 256.0, 0.5, world.now);
    assert_eq!(said(&mut world).outcome, PriceOutcome::Accepted);
    let cache = world.market(0).state.price;
    // A price of the same seconds or of those just before, which the market has not seen, becomes one of theirs; one as old as
    // nothing counts any more is none.
    let measured = world.market(0).state.averages;
    for (price, age, outcome) in [
        (256.0, 0, PriceOutcome::NotNewer),
        (300.0, 0, PriceOutcome::Older),
        (300.0, 0, PriceOutcome::NotNewer),
        (310.0, 4, PriceOutcome::Older),
        (200.0, 16, PriceOutcome::NotNewer),
    ] {
        world.publish_with(0, price, 0.0, world.now - age);
        assert_eq!(said(&mut world).outcome, outcome, "{price} of {age} seconds ago");
        let state = world.market(0).state;
        assert_eq!((state.price, state.averages), (cache, measured));
    }
    let recent = world.market(0).state.recent;
    let extremes = |seconds| recent.extremes(seconds, Timestamp::new(world.now)).unwrap();
    let prices = |low, high| (Price::new(stored(low)), Price::new(stored(high)));
    assert_eq!((extremes(3), extremes(4)), (prices(256, 300), prices(256, 310)));
    // 9 of 200 are 4.5 %, more than 1.5 %: the last valid price stays the price.
    world.wait(10);
    world.publish_with(0, 200.0, 9.0, world.now);
    let event = said(&mut world);
    assert_eq!((event.outcome, event.before, event.after), (PriceOutcome::TooWide, stored(256), stored(256)));
    assert_eq!((event.published, event.newest_published), (world.now - 10, world.now));
    let expected = PriceCache { newest_published: Timestamp::new(world.now), ..cache };
    assert_eq!(world.market(0).state.price, expected);
}

#[test]
fn the_same_market_twice_takes_the_newest_of_its_prices() {
    let mut world = world(1);
    let oracle = world.oracle(0);
    // Another account of the same feed, two seconds older.
    let older = anchor_lang::prelude::Pubkey::new_from_array([5; 32]);
    world.wait(10);
    world.publish_with(0, 252.0, 0.0, world.now - 2);
    let copy = world.chain.account(&oracle).unwrap();
    world.chain.set_account(&older, copy);
    world.publish(0, 255.0);
    for (pairs, outcomes) in [
        ([(0, older), (0, oracle)], [PriceOutcome::Accepted, PriceOutcome::Accepted]),
        ([(0, oracle), (0, older)], [PriceOutcome::NotNewer, PriceOutcome::NotNewer]),
    ] {
        let events = prices(&world.run(&[update_prices(&world.addresses, pairs)]).unwrap());
        assert_eq!([events[0].outcome, events[1].outcome], outcomes);
        assert_eq!(events[1].state.sequence, events[0].state.sequence + 1);
        assert_eq!(world.market(0).state.price.price.get(), stored(255));
    }
}

#[test]
fn one_bad_pair_refuses_all() {
    let mut world = world(3);
    world.wait(10);
    for market in 0..3 {
        world.publish(market, 260.0);
    }
    let (at, swapped) = (world.addresses, [(0, world.oracle(0)), (1, world.oracle(2)), (2, world.oracle(2))]);
    assert_refused(world.run(&[update_prices(&at, swapped)]), ExchangeError::OracleWrongFeedId);
    let all = update(&world, 0..3);
    // A dollar for 10^-9 SOL is more than a price can be.
    world.publish(2, 2_000_000.0);
    assert_refused(world.send(&all), ExchangeError::PriceOutOfRange);
    world.publish(2, 260.0);
    let mut read_only = all.clone();
    read_only.accounts[3].is_writable = false;
    assert_refused(world.run(&[read_only]), ExchangeError::MarketNotWritable);
    world.send(&all).unwrap();
}

#[test]
fn what_is_not_made_of_pairs_is_refused() {
    let mut world = world(2);
    let pairs = update(&world, [0, 1]);
    for length in [1, 2, 4] {
        let mut cut = pairs.clone();
        cut.accounts.truncate(length);
        assert_refused(world.run(&[cut]), ExchangeError::PricePairs);
    }
    let mut one_more = pairs;
    one_more.accounts.push(AccountMeta::new(world.addresses.market(0), false));
    assert_refused(world.run(&[one_more]), ExchangeError::PricePairs);
}

#[test]
fn a_market_of_another_exchange_is_refused_beside_markets_of_this_one() {
    let mut world = world(1);
    world.wait(10);
    world.publish(0, 260.0);
    let others = other_exchange(&mut world);
    let mut mixed = update(&world, [0]);
    mixed.accounts.extend([AccountMeta::new(others, false), AccountMeta::new_readonly(world.oracle(0), false)]);
    assert_refused(world.send(&mixed), ExchangeError::ExchangeMismatch);
    // Named as the exchange of the instruction, the other one has the same right to its own market.
    mixed.accounts.drain(1..3);
    assert_refused(world.send(&mixed), ExchangeError::ExchangeMismatch);
}

/// A market with the same feed on an exchange of somebody else's.
fn other_exchange(world: &mut World) -> anchor_lang::prelude::Pubkey {
    let (creator, arguments) = (world.key(), world.exchange_arguments());
    let (mint, program) = (world.addresses.quote_mint, world.addresses.token_program);
    let exchange = perp_client::addresses::exchange_address(&creator, &arguments.name);
    let at = perp_client::Addresses::new(exchange, mint, program);
    let market = perp_tests::listing::market(0, perp_tests::listing::parameters(), 0);
    let create = perp_client::instructions::create_exchange(creator, mint, program, &arguments);
    world.run(&[create, perp_client::instructions::create_market(&at, creator, &market)]).unwrap();
    at.market(0)
}

#[test]
fn prices_are_taken_in_and_accrue_funding_under_a_pause_as_well() {
    let mut world = world(1);
    let (trader, risk_admin) = (world.trader(200_000 * USDC), world.risk_admin);
    world.trade(trader, 0, 8_000 * SOL).unwrap();
    world.set_exchange_status(risk_admin, Status::Paused, 300).unwrap();
    let before: MarketLedger = world.market(0).state.ledger;
    world.wait(200);
    world.publish(0, 245.0);
    let event = prices(&world.send(&update(&world, [0])).unwrap()).remove(0);
    assert_eq!((event.state.funding_seconds, event.state), (200, moment(&mut world, 0, 200)));
    let state = world.market(0).state;
    assert_eq!((state.price.price.get(), state.ledger.funding_time.get()), (stored(245), world.now));
    assert!(state.ledger.sides[0].funding_index > before.sides[0].funding_index);
    assert!(state.ledger.funding_rate > before.funding_rate);
}

#[test]
fn a_reading_from_too_far_ahead_proves_that_the_clock_lags_and_is_no_price() {
    let mut world = world(1);
    world.wait(10);
    let before = world.market(0).state.price;
    // Ten seconds ahead it may be, eleven it may not.
    world.publish_with(0, 260.0, 0.0, world.now + 11);
    let event = prices(&world.update_price(0).unwrap()).remove(0);
    assert_eq!((event.outcome, event.before, event.after), (PriceOutcome::ClockBehind, stored(250), stored(250)));
    let after = world.market(0).state.price;
    let until = Timestamp::new(world.now + 60);
    assert_eq!(after, PriceCache { clock_distrusted_until: until, ..before });
    // For a minute nothing that needs a price is done at one.
    let trader = world.trader(1_000 * USDC);
    world.publish(0, 250.0);
    assert_refused(world.trade(trader, 0, SOL), ExchangeError::ClockBehind);
    world.wait(59);
    world.publish(0, 250.0);
    assert_refused(world.trade(trader, 0, SOL), ExchangeError::ClockBehind);
    world.wait(1);
    world.publish(0, 250.0);
    world.trade(trader, 0, SOL).unwrap();
}
