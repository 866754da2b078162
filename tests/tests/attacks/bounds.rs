//! A second source bounds the first: who controls one of them sets no price.

use crate::{gains_nothing, BACKEND};
use perp_engine::units::Price;
use perp_swap::errors::ExchangeError;
use perp_tests::listing::{self, SOL, USDC};
use perp_tests::{assert_refused, World};

/// One market with a second source, which says what the first does.
fn bounded() -> World {
    let mut world = World::with_listed(BACKEND, listing::bounded(0, 2_000_000 * USDC));
    world.wait(1);
    world.publish_second(0, 250.0, 0.0, world.now);
    world.update_second_price(0).unwrap();
    world.publish(0, 250.0);
    world.update_price(0).unwrap();
    world
}

#[test]
fn attack_a_manipulated_price_out_of_the_bound_liquidates_nobody() {
    let mut world = bounded();
    let (liquidator, buyer) = (world.trader(1_000 * USDC), world.trader(1_000 * USDC));
    let victim = world.trader(700 * USDC);
    world.trade(victim, 0, 40 * SOL).unwrap();
    world.wait(2);
    world.publish_second(0, 250.0, 0.0, world.now);
    world.update_second_price(0).unwrap();
    let before = world.market(0).state;
    gains_nothing(&mut world, &[liquidator.signer, buyer.signer], |world| {
        // 40 · 12.50 lost of some 695 are less than 3 % of 9 500: at 237.50 the position would be liquidated.
        for (price, age) in [(237.5, 0), (125.0, 1), (237.5, 2)] {
            world.publish_with(0, price, 0.0, world.now - age);
            world.update_price(0).unwrap();
            assert_refused(world.liquidate(liquidator, victim.margin_account, 0), ExchangeError::NotLiquidatable);
        }
        // What is bought is bought at the last good price, and sold at that again.
        world.publish(0, 125.0);
        world.trade(buyer, 0, SOL).unwrap();
        world.publish(0, 500.0);
        world.next_slot();
        world.close_position(buyer, 0).unwrap();
    });
    let after = world.market(0).state;
    assert_eq!((after.price.price, after.averages), (before.price.price, before.averages));
    assert_eq!(after.recent, before.recent);
    // As far as the bound goes the price follows: 1 % down, which costs the victim 100 of some 695. 0.2475 · 2^40, rounded down.
    world.publish(0, 247.5);
    world.update_price(0).unwrap();
    assert_eq!(world.market(0).state.price.price, Price::new(272_129_127_874));
    assert_refused(world.liquidate(liquidator, victim.margin_account, 0), ExchangeError::NotLiquidatable);
    // Once both fall it is liquidated as ever.
    world.wait(1);
    world.publish_second(0, 237.5, 0.0, world.now);
    world.update_second_price(0).unwrap();
    world.publish(0, 237.5);
    world.liquidate(liquidator, victim.margin_account, 0).unwrap();
}

#[test]
fn attack_a_second_source_that_lies_sets_no_price() {
    let mut world = bounded();
    let liquidator = world.trader(1_000 * USDC);
    let victim = world.trader(700 * USDC);
    world.trade(victim, 0, 40 * SOL).unwrap();
    let before = world.market(0).state;
    gains_nothing(&mut world, &[liquidator.signer], |world| {
        for price in [125.0, 500.0, 237.5] {
            world.wait(2);
            world.publish_second(0, price, 0.0, world.now);
            world.update_second_price(0).unwrap();
            let (is, was) = (world.market(0).state, before);
            assert_eq!((is.price, is.recent, is.averages), (was.price, was.recent, was.averages));
            assert_eq!(is.ledger, was.ledger);
            // The first source's honest price is kept out, and nothing stands in for it.
            world.publish(0, 250.0);
            let liquidation = world.liquidate(liquidator, victim.margin_account, 0);
            assert_refused(liquidation, ExchangeError::NotLiquidatable);
        }
        // The last good price is six seconds old, and as old as that for everything.
        assert_refused(world.trade(victim, 0, SOL), ExchangeError::PriceStale);
    });
    // Once it says nothing for a minute the market is as if it had none.
    world.wait(61);
    world.publish(0, 250.0);
    world.trade(victim, 0, -SOL).unwrap();
}
