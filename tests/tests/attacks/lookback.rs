//! Older prices chosen, and newer ones kept back, by whoever gains by it.

use crate::{gains_nothing, world};
use perp_client::events::Event;
use perp_client::instructions::TargetMarket;
use perp_swap::errors::ExchangeError;
use perp_tests::world::order;
use perp_tests::{assert_refused, World, SOL, USDC};

/// A market told a price of then.
fn told(world: &mut World, market: u16, price: f64, time: i64) {
    world.publish_with(market, price, 0.0, time);
    world.update_price(market).unwrap();
}

#[test]
fn attack_a_small_leg_told_of_late_buys_no_older_price_of_a_busy_market() {
    let mut world = world();
    let trader = world.trader(100_000 * USDC);
    // A small leg in a market that nobody but its owner tells anything.
    world.trade(trader, 1, SOL).unwrap();
    world.wait(60);
    let start = world.now;
    told(&mut world, 0, 250.0, start);
    for second in 1..=4 {
        // The busy market jumps by 1 % in its fourth second.
        world.wait(1);
        told(&mut world, 0, if second == 4 { 252.5 } else { 250.0 }, start + second);
    }
    // The owner tells of the small leg as of the first second: that is the newest one that both markets know.
    told(&mut world, 1, 250.0, start);
    gains_nothing(&mut world, &[trader.signer], |world| {
        let trade = world.trade_instruction(trader, TargetMarket::at_cached_price(0), &order(400 * SOL));
        let Event::Traded(event) = world.run(&[trade]).unwrap().event() else { panic!() };
        // It is filled at 252.50 and dearer, never at 250: 400 · 252.50 = 101 000.
        assert!(event.notional >> 40 >= 101_000 * i128::from(USDC), "{}", event.notional >> 40);
        // And sold at what it costs then: the market has fallen back before the small leg's older second is told of.
        world.wait(4);
        let now = world.now;
        told(world, 0, 250.0, now);
        told(world, 1, 250.0, now - 3);
        let trade = world.trade_instruction(trader, TargetMarket::at_cached_price(0), &order(-400 * SOL));
        let Event::Traded(event) = world.run(&[trade]).unwrap().event() else { panic!() };
        assert!(event.notional >> 40 <= 100_000 * i128::from(USDC), "{}", event.notional >> 40);
    });
}

#[test]
fn attack_a_profit_of_an_older_second_is_not_withdrawn_after_the_fall() {
    let mut world = world();
    let trader = world.trader(10_000 * USDC);
    for market in [0, 1] {
        world.trade(trader, market, 100 * SOL).unwrap();
    }
    world.wait(60);
    let start = world.now;
    for market in [0, 1] {
        told(&mut world, market, 250.0, start);
    }
    // A second later both have fallen by a tenth. The owner tells of one of them, and of the other what it was before.
    world.wait(1);
    told(&mut world, 0, 225.0, start + 1);
    gains_nothing(&mut world, &[trader.signer], |world| {
        // Of 10 000 less 34 of costs 2 500 are lost in the first market, told of or not in the second: 5 % of 250 each are needed at
        // the upper end, 2 500. More than 4 950 do not leave.
        assert_refused(world.withdraw(trader, 4_960 * USDC), ExchangeError::InitialMargin);
        // And nothing more is bought of the other market at its price of then than those allow.
        let trade = world.trade_instruction(trader, TargetMarket::at_cached_price(1), &order(440 * SOL));
        assert_refused(world.run(&[trade]), ExchangeError::InitialMargin);
    });
}

#[test]
fn attack_a_loss_that_nobody_tells_of_leaves_with_nobody_however_long() {
    for seconds in [16, 17, 20, 60, 600, 3_600] {
        let mut world = world();
        let trader = world.trader(10_000 * USDC);
        world.trade(trader, 0, 100 * SOL).unwrap();
        world.wait(seconds);
        gains_nothing(&mut world, &[trader.signer], |world| {
            // At the worse end of its range 15 % are lost, 3 750, and at the other 5 % of 28 750 are needed, 1 437.50: 4 795 of 9 983
            // are free, whether the price is withheld for seconds or for an hour. The feed says 225 meanwhile.
            assert_refused(world.withdraw(trader, 4_800 * USDC), ExchangeError::InitialMargin);
            world.withdraw(trader, 4_790 * USDC).unwrap();
        });
        // What is left covers the fall, so that nobody else loses by it: 9 983 − 4 790 − 2 500 of 3 % of 22 500, 675.
        world.publish(0, 225.0);
        let liquidator = world.trader(0);
        let done = world.liquidate(liquidator, trader.margin_account, 0);
        assert_refused(done, ExchangeError::NotLiquidatable);
        world.close_position(trader, 0).unwrap();
        assert!(world.balance(&trader.margin_account) > 2_600 * USDC);
    }
}
