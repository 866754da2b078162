//! Accounts with several positions, some of whose markets say nothing new: by a print, a silence, a status or by turns.

use crate::withheld::{one_feed, tell};
use crate::{gains_nothing, world, BACKEND};
use perp_client::events::Event;
use perp_client::instructions::{self as client, Authority, TargetMarket};
use perp_engine::operations::position::LiquidationReason;
use perp_engine::state::Status;
use perp_swap::errors::ExchangeError;
use perp_tests::world::{order, ALL};
use perp_tests::{assert_refused, World, SOL, USDC};

/// Nobody liquidates the account in this market at its cached price, and whoever tries has no more than before.
#[track_caller]
fn is_not_liquidated(world: &mut World, liquidator: Authority, account: Authority, market: u16) {
    gains_nothing(world, &[liquidator.signer], |world| {
        let target = TargetMarket::at_cached_price(market);
        let liquidation = world.liquidation(liquidator, account.margin_account, target, &ALL);
        assert_refused(world.run(&[liquidation]), ExchangeError::NotLiquidatable);
    });
}

/// A long of 100 SOL in the first market and a short of as many, or half as many, in the second, at 250 on one feed.
fn hedge(world: &mut World, deposit: u64, short: i64) -> Authority {
    let (trader, oracle) = (world.trader(deposit * USDC), world.oracle(0));
    for (market, size) in [(0, 100), (1, -short)] {
        let target = TargetMarket::with_oracle(market, oracle);
        let trade = world.trade_instruction(trader, target, &order(size * SOL));
        world.run(&[trade]).unwrap();
    }
    trader
}

#[test]
fn attack_whatever_silences_its_winning_leg_a_hedge_is_not_liquidated() {
    let mut world = one_feed();
    let (hedged, liquidator) = (hedge(&mut world, 3_000, 100), world.trader(0));
    // At 275 the long has won 2 500 and the short has lost as much: 3 000 less costs stand against 3 % of 55 000, 1 650.
    // Without the long 475 would stand against 825 for the short alone.
    world.wait(60);
    tell(&mut world, 275.0, &[0, 1]);
    // A print of ± 4 % of the winner's market, and the loser's goes on: the last good price stays the winner's.
    world.wait(1);
    world.publish_with(0, 275.0, 11.0, world.now);
    let (at, oracle) = (world.addresses, world.oracle(0));
    world.run(&[client::update_prices(&at, [(0, oracle)])]).unwrap();
    tell(&mut world, 275.0, &[1]);
    is_not_liquidated(&mut world, liquidator, hedged, 1);
    // Somebody with a role restricts the winner's market, in which it can be reduced and settled all the same.
    let guardian = world.guardian;
    world.set_market_status(guardian, 0, Status::ReduceOnly, 300).unwrap();
    is_not_liquidated(&mut world, liquidator, hedged, 1);
    // Nobody tells of the winner's price for seventeen seconds, for a minute, and until just before its oracle is held for dead.
    for seconds in [17, 43, 239] {
        world.wait(seconds);
        tell(&mut world, 275.0, &[1]);
        is_not_liquidated(&mut world, liquidator, hedged, 1);
    }
    world.set_market_status(world.risk_admin, 0, Status::Active, 0).unwrap();
    // What it has won is settled into cash by anybody, at the last good price, and nothing is closed.
    let settle = client::settle_pnl(&world.addresses, hedged.margin_account, TargetMarket::at_cached_price(0), None);
    world.run(&[settle]).unwrap();
    assert!(world.balance(&hedged.margin_account) > 5_470 * USDC);
    is_not_liquidated(&mut world, liquidator, hedged, 1);
}

#[test]
fn attack_a_winning_leg_of_seventeen_seconds_ago_makes_no_hedge_liquidatable() {
    for seconds in [16, 17, 60, 299] {
        let mut world = one_feed();
        let (hedged, liquidator) = (hedge(&mut world, 2_010, 50), world.trader(0));
        world.wait(60);
        tell(&mut world, 233.0, &[0, 1]);
        // 2 010 less 26 of costs, less 100 · 18.40 and more 50 · 18.40 are 1 064, and 3 % of 150 · 231.60 are needed, 1 042. With
        // the short's gain at its last price, 50 · 17, there would be 994.
        world.wait(seconds);
        tell(&mut world, 231.6, &[0]);
        is_not_liquidated(&mut world, liquidator, hedged, 0);
        tell(&mut world, 231.6, &[1]);
        is_not_liquidated(&mut world, liquidator, hedged, 0);
    }
}

#[test]
fn attack_leaving_funding_unaccrued_liquidates_nobody() {
    let mut world = world();
    let (whale, liquidator) = (world.trader(3_000_000 * USDC), world.trader(0));
    let trader = world.trader(10_200 * USDC);
    // A day of 40 000 SOL of longs brings the second market's rate to its cap, 0.1 % an hour, which shorts receive.
    world.trade(whale, 1, 40_000 * SOL).unwrap();
    for _ in 0..24 {
        world.later_at(3_600, 1, 250.0);
    }
    world.publish(0, 250.0);
    for (market, size) in [(0, 400), (1, -400)] {
        world.trade(trader, market, size * SOL).unwrap();
    }
    // For an hour nobody tells the second market anything: 400 · 250 · 0.1 % = 100, less some carry, are due and not accrued. In the
    // first one 400 · 11 = 4 400 are lost. The owner has just 50 less than the 3 % of 95 600 and 100 000 that are needed.
    world.wait(3_600);
    world.publish(0, 239.0);
    world.update_price(0).unwrap();
    let missing = 5_818 * USDC as i64 - world.equity(&trader.margin_account);
    let missing = u64::try_from(missing).unwrap();
    world.give(trader.signer, missing);
    world.deposit(trader, missing).unwrap();
    is_not_liquidated(&mut world, liquidator, trader, 0);
    // The second market's price brings its funding with it, which makes the account healthy.
    world.publish(1, 250.0);
    world.update_price(1).unwrap();
    let equity = world.equity(&trader.margin_account);
    assert!((5_868 * USDC as i64..5_920 * USDC as i64).contains(&equity), "{equity}");
    is_not_liquidated(&mut world, liquidator, trader, 0);
    // Without it the account is not: 60 less, and it is liquidated.
    world.publish(0, 238.85);
    world.update_price(0).unwrap();
    world.wait(1);
    for (market, price) in [(0, 238.7), (1, 250.0)] {
        world.publish(market, price);
        world.update_price(market).unwrap();
    }
    world.liquidate(liquidator, trader.margin_account, 0).unwrap();
}

#[test]
fn attack_telling_of_ones_legs_by_turns_keeps_nobody_from_being_judged() {
    let mut world = world();
    let (owner, liquidator) = (world.trader(1_100 * USDC), world.trader(0));
    for market in [0, 1] {
        world.trade(owner, market, 40 * SOL).unwrap();
    }
    // At 240 some 286 are left of 1 100 and 3 % of 19 200 are needed. The owner tells of one market in even seconds and of the
    // other in odd ones, so that at no second both are known.
    world.wait(60);
    for second in 0..20 {
        world.wait(1);
        world.publish(second % 2, 240.0);
        world.update_price(second % 2).unwrap();
    }
    assert_refused(world.liquidate(liquidator, owner.margin_account, 0), ExchangeError::NotLiquidatable);
    // A liquidator comes with both prices of three seconds ago: one is news to its market's past alone, and that is enough.
    let then = world.now - 3;
    let newest = [0, 1].map(|market| world.market(market).state.price);
    for market in [0, 1] {
        world.publish_with(market, 240.0, 0.0, then);
        world.update_price(market).unwrap();
    }
    assert_eq!([0, 1].map(|market| world.market(market).state.price), newest);
    let liquidation = world.liquidation(liquidator, owner.margin_account, TargetMarket::at_cached_price(0), &ALL);
    let Event::Liquidated(event) = world.run(&[liquidation]).unwrap().event() else { panic!() };
    assert!(event.closed > 0 && event.reason == LiquidationReason::Price, "{event:?}");
}

#[test]
fn attack_a_loser_among_winners_that_nobody_has_paid_is_not_closed() {
    let mut world = World::new(BACKEND, 12);
    let (trader, liquidator) = (world.trader(21_600 * USDC), world.trader(0));
    // 800 SOL in the first market, 80 in each of eleven others: 10 000 and 11 · 1 000 of initial margin.
    world.trade(trader, 0, 800 * SOL).unwrap();
    for market in 1..12 {
        world.trade(trader, market, 80 * SOL).unwrap();
    }
    // The first one loses 800 · 32, 25 600, and the others win 80 · 25, 22 000 in all: of 21 600 less costs some 17 700 are left,
    // and 3 % of 174 400 and 242 000, 12 492, are needed. In cash there would be less than nothing.
    world.wait(60);
    for market in 0..12 {
        world.publish(market, if market == 0 { 218.0 } else { 275.0 });
        world.update_price(market).unwrap();
    }
    is_not_liquidated(&mut world, liquidator, trader, 0);
    // Anybody has the winners paid one by one, for a basis point, and at no time the loser is closed.
    let mut settled = 0;
    for market in 1..12 {
        let target = TargetMarket::at_cached_price(market);
        let liquidation = world.liquidation(liquidator, trader.margin_account, target, &ALL);
        match world.run(&[liquidation]) {
            Ok(done) => {
                let Event::Liquidated(event) = done.event() else { panic!() };
                assert_eq!((event.reason, event.closed), (LiquidationReason::Unsettled, 0));
                assert_eq!(event.bounty, event.realized.unsigned_abs() / 10_000);
                settled += 1;
            }
            refused => assert_refused(refused, ExchangeError::NotLiquidatable),
        }
        is_not_liquidated(&mut world, liquidator, trader, 0);
    }
    // In cash there are −4 300 and 2 000 of each that is paid, which demands its own 3 % from then on, 660: after seven 9 700 against
    // 5 232 + 4 620, after eight 11 700 against 10 512.
    assert_eq!(settled, 8);
}
