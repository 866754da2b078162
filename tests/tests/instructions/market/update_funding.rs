use crate::expected::{event, moment, says, world};
use perp_accounts::{decode, encode_into, Market};
use perp_client::instructions::{update_funding, TargetMarket};
use perp_engine::state::Status;
use perp_engine::units::{FundingIndex, MAX_FUNDING_INDEX};
use perp_swap::errors::ExchangeError;
use perp_swap::events::FundingUpdated;
use perp_tests::{assert_refused, World, SOL, USDC};

#[test]
fn longs_pay_and_shorts_receive_while_longs_are_more() {
    let mut world = world(1);
    let (trader, short) = (world.trader(200_000 * USDC), world.trader(20_000 * USDC));
    world.trade(trader, 0, 8_000 * SOL).unwrap();
    world.trade(short, 0, -500 * SOL).unwrap();
    // One accrual covers an hour at most; what was not accrued is dropped.
    for (waited, seconds) in [(80, 80), (3_600, 3_600), (3_700, 3_600), (0, 0)] {
        world.wait(waited);
        world.publish(0, 250.0);
        let before = world.market(0).state.ledger;
        let done = world.update_funding(0);
        let after = world.market(0).state.ledger;
        let expected = FundingUpdated {
            exchange: world.addresses.exchange,
            time: world.now,
            market: world.addresses.market(0),
            market_index: 0,
            state: moment(&mut world, 0, seconds),
            rate_before: before.funding_rate,
            long_index_before: before.sides[0].funding_index.get(),
            short_index_before: before.sides[1].funding_index.get(),
        };
        says(done, expected);
        assert_eq!(after.funding_time.get(), world.now);
        // 7 500 of skew are 3/32 of the full one: ⌊⌊4 · 14 826 665 · 3/32⌋ / 4⌋ = 1 389 999 in 2^-60 a second. Over time that
        // is dropped the rate falls by ⌈14 826 665 / 4⌉ = 3 706 667 a second.
        let (rise, fall) = (seconds as i64 * 1_389_999, (waited - seconds as i64) * 3_706_667);
        assert_eq!(after.funding_rate - before.funding_rate, rise - fall);
        if seconds > 0 {
            assert!(after.sides[0].funding_index > before.sides[0].funding_index);
            assert!(after.sides[1].funding_index < before.sides[1].funding_index);
        }
    }
}

#[test]
fn it_accrues_at_the_cached_price_where_no_price_account_is_passed() {
    let mut world = world(1);
    let trader = world.trader(200_000 * USDC);
    world.trade(trader, 0, 8_000 * SOL).unwrap();
    let at_cache = update_funding(&world.addresses, TargetMarket::at_cached_price(0));
    world.wait(60);
    world.send(&at_cache).unwrap();
    assert_eq!(world.market(0).state.ledger.funding_time.get(), world.now);
    world.wait(1);
    assert_refused(world.send(&at_cache), ExchangeError::PriceStale);
}

#[test]
fn it_accrues_in_every_status_and_not_without_a_usable_price() {
    let mut world = world(1);
    let (trader, risk_admin) = (world.trader(200_000 * USDC), world.risk_admin);
    world.trade(trader, 0, 8_000 * SOL).unwrap();
    world.set_market_status(risk_admin, 0, Status::ReduceOnly, 300).unwrap();
    for status in [Status::ReduceOnly, Status::Paused] {
        world.set_exchange_status(risk_admin, status, 300).unwrap();
        world.wait(10);
        world.publish(0, 250.0);
        let event = event!(world.update_funding(0), FundingUpdated);
        assert_eq!(event.state.funding_seconds, 10);
    }
    world.wait(1);
    world.publish_with(0, 250.0, 9.0, world.now);
    // Too wide to be a price it leaves the one of a second ago, at which a second accrues.
    let event = event!(world.update_funding(0), FundingUpdated);
    assert_eq!(event.state.funding_seconds, 1);
    world.wait(60);
    assert_refused(world.update_funding(0), ExchangeError::PriceStale);
}

/// Puts the longs' index, of nobody yet, where it can rise by `room` more.
fn nearly_full(world: &mut World, room: i64) {
    let address = world.addresses.market(0);
    let mut account = world.chain.account(&address).unwrap();
    let mut market: Market = decode(&address, &account.owner, &account.data).unwrap();
    market.state.ledger.sides[0].funding_index = FundingIndex::new(MAX_FUNDING_INDEX - room);
    assert!(encode_into(&market, &mut account.data));
    world.chain.set_account(&address, account);
}

#[test]
fn an_index_at_the_end_of_its_range_is_named() {
    let mut world = world(1);
    nearly_full(&mut world, 1_000);
    let trader = world.trader(200_000 * USDC);
    world.trade(trader, 0, 8_000 * SOL).unwrap();
    world.wait(3_600);
    world.publish(0, 250.0);
    assert_refused(world.update_funding(0), ExchangeError::FundingIndexFull);
    // Nobody is kept from closing by it.
    world.close_position(trader, 0).unwrap();
}
