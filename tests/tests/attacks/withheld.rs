//! Prices withheld: one leg's beside another's, or all of a market's.

use crate::{gains_nothing, world, BACKEND};
use perp_client::events::Event;
use perp_client::instructions::{self as client, NewMarket, TargetMarket};
use perp_engine::operations::position::LiquidationReason;
use perp_engine::state::PriceLimit;
use perp_swap::errors::ExchangeError;
use perp_tests::listing::{self, feed_id};
use perp_tests::world::{order, ALL};
use perp_tests::{assert_refused, World, DAY, SOL, USDC};

/// Two markets whose oracle is one feed, liquidity in both.
pub fn one_feed() -> World {
    let mut world = World::before_creation(BACKEND);
    world.fund();
    for index in [0, 1] {
        let mut market: NewMarket = listing::market(index, listing::parameters(), 2_000_000 * USDC);
        market.oracle.feed_id = feed_id(0);
        world.create_market(market).unwrap();
    }
    tell(&mut world, 250.0, &[0, 1]);
    world.wait(30);
    tell(&mut world, 250.0, &[0, 1]);
    for index in [0, 1] {
        let oracle = world.oracle(0);
        world.run(&[client::allocate_backing(&world.addresses, TargetMarket::with_oracle(index, oracle))]).unwrap();
    }
    world
}

/// The feed prints a price, and these markets are told.
pub fn tell(world: &mut World, price: f64, markets: &[u16]) {
    world.publish(0, price);
    let (at, oracle) = (world.addresses, world.oracle(0));
    world.run(&[client::update_prices(&at, markets.iter().map(|market| (*market, oracle)))]).unwrap();
}

#[test]
fn attack_telling_only_the_losing_one_of_two_markets_on_one_feed_liquidates_nobody() {
    let mut world = one_feed();
    let (trader, liquidator, oracle) = (world.trader(2_010 * USDC), world.trader(0), world.oracle(0));
    for (market, size) in [(0, 100), (1, -50)] {
        let target = TargetMarket::with_oracle(market, oracle);
        let trade = world.trade_instruction(trader, target, &order(size * SOL));
        world.run(&[trade]).unwrap();
    }
    world.wait(60);
    tell(&mut world, 233.0, &[0, 1]);
    world.wait(1);
    // 2 010 less 26 of costs, less 100 · 18.40 and more 50 · 18.40 are 1 064, and 3 % of 150 · 231.60 are needed, 1 042. With the
    // gain of a second ago in place of the present one, 50 · 17, there would be 994.
    tell(&mut world, 231.6, &[0]);
    let at_cache = TargetMarket::at_cached_price(0);
    gains_nothing(&mut world, &[liquidator.signer], |world| {
        let liquidation = world.liquidation(liquidator, trader.margin_account, at_cache, &ALL);
        assert_refused(world.run(&[liquidation]), ExchangeError::NotLiquidatable);
    });
    // What the gain is worth in cash anybody may have it paid, and nothing is closed for it.
    let winning = world.liquidation(liquidator, trader.margin_account, TargetMarket::at_cached_price(1), &ALL);
    let Event::Liquidated(event) = world.run(&[winning]).unwrap().event() else { panic!() };
    assert_eq!((event.reason, event.closed), (LiquidationReason::Unsettled, 0));
    let liquidation = world.liquidation(liquidator, trader.margin_account, at_cache, &ALL);
    assert_refused(world.run(&[liquidation]), ExchangeError::NotLiquidatable);
    // Where the account is below its margin in both markets' one second, it is liquidated: at 228 there are 884, and 1 026 are
    // needed.
    world.wait(60);
    tell(&mut world, 228.0, &[0, 1]);
    let liquidation = world.liquidation(liquidator, trader.margin_account, at_cache, &ALL);
    let Event::Liquidated(event) = world.run(&[liquidation]).unwrap().event() else { panic!() };
    assert!(event.closed > 0);
}

#[test]
fn attack_withdrawing_before_the_loss_is_posted_takes_no_more_than_after_it() {
    let mut world = world();
    let trader = world.trader(10_000 * USDC);
    world.trade(trader, 0, 100 * SOL).unwrap();
    // A minute later the feed says 225, and nobody posts it. Posted, of 10 000 less 17 of costs 2 500 would be lost and 5 % of
    // 22 500 needed: no more than 6 351 could leave.
    world.wait(60);
    gains_nothing(&mut world, &[trader.signer], |world| {
        // At the worse end of its range 15 % are lost, 3 750, and at the other 5 % of 28 750 are needed.
        assert_refused(world.withdraw(trader, 6_352 * USDC), ExchangeError::InitialMargin);
        assert_refused(world.withdraw(trader, 4_800 * USDC), ExchangeError::InitialMargin);
        world.withdraw(trader, 4_790 * USDC).unwrap();
    });
    // What stays covers the loss and its margin once it is posted.
    let liquidator = world.trader(0);
    world.publish(0, 225.0);
    assert_refused(world.liquidate(liquidator, trader.margin_account, 0), ExchangeError::NotLiquidatable);
}

#[test]
fn attack_a_small_leg_whose_feed_dies_locks_next_to_nothing_and_ends() {
    let mut world = world();
    let trader = world.trader(10_000 * USDC);
    // 0.6 SOL are 150.
    world.trade(trader, 1, 6 * SOL / 10).unwrap();
    world.wait(16);
    world.report_oracle_outage(1).unwrap();
    world.wait(300);
    // 15 % of 150 may be lost and 5 % of 172.50 needed, 31.13 and 0.04 of costs: all but that is free.
    let all = world.balance(&trader.margin_account);
    assert_refused(world.withdraw(trader, all - 31 * USDC), ExchangeError::InitialMargin);
    world.withdraw(trader, all - 32 * USDC).unwrap();
    // Two days after the report anybody ends the market, and a day later its positions.
    world.wait(2 * DAY - 300);
    let stranger = world.trader(0);
    world.begin_settlement(1).unwrap();
    world.wait(DAY);
    world.liquidate(stranger, trader.margin_account, 1).unwrap();
    let left = world.balance(&trader.margin_account);
    world.withdraw(trader, left).unwrap();
    world.close_account(trader).unwrap();
    // At the last price it has won and lost nothing: 10 000 less 0.06 of fee, 0.04 of spread, and carry.
    assert!(world.tokens(&trader.signer) > 9_999 * USDC + 800_000);
}

#[test]
fn attack_a_small_position_whose_feed_dies_strands_no_backing_and_blocks_no_deposit() {
    let mut world = world();
    let (trader, buyer, keeper) = (world.trader(1_000 * USDC), world.user(1_000 * USDC), world.admin);
    // 0.412 SOL are 103.
    world.trade(trader, 1, 412_000_000).unwrap();
    world.wait(16);
    world.report_oracle_outage(1).unwrap();
    world.request_liquidity_deposit(buyer, 1, 1_000 * USDC, PriceLimit::None).unwrap();
    // Nobody has a reading of the boundary. Half an hour after it the market counts at the ends of its range, which costs whoever buys
    // next to nothing.
    world.to_boundary();
    world.value_market(keeper, 0).unwrap();
    world.wait(1_801);
    world.value_unread(keeper, 1).unwrap();
    world.close(keeper);
    world.pay_all(keeper);
    let shares = world.shares(&buyer);
    assert!((999 * USDC..=1_000 * USDC).contains(&shares), "{shares}");
    // And of two million in the market all goes back but what 103 may come to: 15 % to its range's end and 15 % of 118.45 beyond.
    world.set_backing_target(1, 0).unwrap();
    world.allocate_backing(1).unwrap();
    let stranded = world.market(1).state.ledger.backing.get();
    assert!(stranded < 35 * USDC, "{stranded}");
    assert!(world.market(1).state.ledger.insurance.is_zero());
}

#[test]
fn attack_choosing_which_of_the_last_prices_counts_is_of_no_use() {
    // Longs in both markets at 20x. Within a second one rises by 2 % and the other falls by as much.
    let mut world = world();
    let trader = world.trader(1_100 * USDC);
    for market in [0, 1] {
        world.trade(trader, market, 40 * SOL).unwrap();
    }
    world.wait(60);
    for market in [0, 1] {
        world.publish(market, 250.0);
        world.update_price(market).unwrap();
    }
    world.wait(1);
    // Its owner tells of the rise alone: profit counts for nothing, and the other leg at the worse of the prices that count.
    let before = world.balance(&trader.margin_account);
    world.publish(0, 255.0);
    world.update_price(0).unwrap();
    gains_nothing(&mut world, &[trader.signer], |world| {
        assert_refused(world.withdraw(trader, 100 * USDC), ExchangeError::InitialMargin);
        assert_refused(world.trade(trader, 0, 4 * SOL), ExchangeError::InitialMargin);
    });
    // Fifteen seconds later a price is none any more, for whatever use but funding.
    let at_cache = TargetMarket::at_cached_price(0);
    world.wait(16);
    let trade = world.trade_instruction(trader, at_cache, &order(-SOL));
    assert_refused(world.run(&[trade]), ExchangeError::PriceStale);
    assert_refused(world.run(&[client::allocate_backing(&world.addresses, at_cache)]), ExchangeError::WithinHysteresis);
    world.set_backing_target(0, 3_000_000 * USDC).unwrap();
    assert_refused(world.run(&[client::allocate_backing(&world.addresses, at_cache)]), ExchangeError::PriceStale);
    assert_refused(world.withdraw(trader, USDC), ExchangeError::InitialMargin);
    world.run(&[client::update_funding(&world.addresses, at_cache)]).unwrap();
    assert_eq!(world.balance(&trader.margin_account), before);
    // Two accounts of the same feed's readings make no other price of the same second.
    let newest = world.market(0).state.price;
    world.publish_with(0, 260.0, 0.0, newest.published.get());
    world.update_price(0).unwrap();
    assert_eq!(world.market(0).state.price, newest);
}
