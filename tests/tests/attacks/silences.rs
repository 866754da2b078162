//! Pauses, feeds and clocks that say nothing, and what is made of it.

use crate::{gains_nothing, world};
use perp_client::instructions::TargetMarket;
use perp_engine::state::Status;
use perp_swap::errors::ExchangeError;
use perp_tests::world::{order, ALL};
use perp_tests::{assert_refused, World, DAY, SOL, USDC};

#[test]
fn attack_alternating_pauses_stop_reductions_for_ten_minutes_in_three_days() {
    let mut world = world();
    let (guardian, risk_admin, admin) = (world.guardian, world.risk_admin, world.admin);
    let trader = world.trader(100_000 * USDC);
    world.trade(trader, 0, 100 * SOL).unwrap();
    world.next_slot();
    let (start, mut stopped) = (world.now, 0);
    while world.now < start + 3 * DAY {
        // Whoever still may pauses for as long as it goes, or for a second, and lifts what another began.
        let mut paused = 0;
        for (signer, seconds) in [(guardian, 120), (risk_admin, 240), (admin, 1), (guardian, 1)] {
            if paused == 0 && world.set_exchange_status(signer, Status::Paused, seconds).is_ok() {
                paused = i64::from(seconds);
            }
        }
        if paused > 0 {
            assert_refused(world.close_position(trader, 0), ExchangeError::Paused);
            world.wait(paused);
            stopped += paused;
        }
        let lifted = world.set_exchange_status(risk_admin, Status::Active, 0);
        lifted.unwrap();
        world.later_at(600, 0, 250.0);
        world.trade(trader, 0, -SOL / 100).unwrap();
    }
    // 480 s at once and 120 that come back, of which every pause costs 120 besides its length.
    assert!(0 < stopped && stopped <= 600, "{stopped} seconds");
}

/// A long at 20x and the liquidator who waits for it.
fn leveraged(world: &mut World) -> (perp_client::instructions::Authority, perp_client::instructions::Authority) {
    let (victim, liquidator) = (world.trader(700 * USDC), world.trader(0));
    world.trade(victim, 0, 40 * SOL).unwrap();
    (victim, liquidator)
}

#[test]
fn attack_posting_a_later_reading_first_hides_no_gap_of_the_feed() {
    let mut world = world();
    let (victim, liquidator) = leveraged(&mut world);
    let last = world.market(0).state.price.published.get();
    // The feed says nothing for five minutes and then 238.28: 40 · 11.72 are lost of 693, and 286 are needed. The next reading, a
    // second later, names a predecessor of a second before.
    world.wait(301);
    world.publish_after(0, 238.281_25, world.now, world.now - 1);
    world.update_price(0).unwrap();
    // Somebody posts that one alone; nobody else has yet.
    assert!(world.market(0).state.grace.until.is_never());
    // Anybody hands in the reading before it, which says since when the feed was silent.
    let latest = world.market(0).state.price;
    world.publish_after(0, 238.281_25, world.now - 1, last);
    world.update_price(0).unwrap();
    assert_eq!(world.market(0).state.price, latest);
    let until = world.market(0).state.grace.until.get();
    assert_eq!(until, world.now - 1 + 120);
    // For two minutes the price before the silence counts as well, and nothing new is opened.
    gains_nothing(&mut world, &[liquidator.signer], |world| {
        let at_cache = TargetMarket::at_cached_price(0);
        let liquidation = world.liquidation(liquidator, victim.margin_account, at_cache, &ALL);
        assert_refused(world.run(&[liquidation]), ExchangeError::NotLiquidatable);
        let increase = world.trade_instruction(victim, at_cache, &order(SOL));
        assert_refused(world.run(&[increase]), ExchangeError::ReduceOnly);
    });
    // Whoever has nothing left at the present price is not protected.
    world.wait(60);
    world.publish_after(0, 220.0, world.now, world.now - 1);
    world.liquidate(liquidator, victim.margin_account, 0).unwrap();
}

#[test]
fn attack_a_silence_of_those_who_post_is_none_of_the_feed() {
    let mut world = world();
    let (victim, liquidator) = leveraged(&mut world);
    // Nobody posts for five minutes, while the feed prints every second: its reading says so.
    world.wait(301);
    world.publish_after(0, 234.375, world.now, world.now - 1);
    world.update_price(0).unwrap();
    assert!(world.market(0).state.grace.until.is_never());
    // A reading that names a gap from before the market's last price proves none of this silence either.
    world.wait(61);
    let before = world.market(0).state.price.published.get();
    world.publish_after(0, 234.375, world.now, before - 1);
    world.update_price(0).unwrap();
    assert!(world.market(0).state.grace.until.is_never());
    world.liquidate(liquidator, victim.margin_account, 0).unwrap();
}

#[test]
fn attack_silences_without_end_protect_nobody_without_end() {
    // Five graces in 72 hours, and then none.
    let mut world = world();
    let mut graces = 0;
    for _ in 0..72 {
        let last = world.market(0).state.price.published.get();
        world.wait(3_600);
        world.publish_after(0, 250.0, world.now, last);
        world.update_price(0).unwrap();
        graces += usize::from(world.market(0).state.grace.until.get() > world.now);
    }
    // Three fit into 360 s at once; two more come back.
    assert!((3..=5).contains(&graces), "{graces} graces");
}

#[test]
fn attack_on_a_clock_that_lags_no_price_moves_money() {
    let mut world = world();
    let (victim, liquidator) = leveraged(&mut world);
    let trader = world.trader(1_000 * USDC);
    world.trade(trader, 0, 4 * SOL).unwrap();
    world.wait(60);
    world.publish(0, 231.0);
    world.update_price(0).unwrap();
    // The cluster's clock stands still while the world goes on: a reading of eleven seconds ahead proves it.
    world.publish_with(0, 250.0, 0.0, world.now + 11);
    world.update_price(0).unwrap();
    assert_eq!(world.market(0).state.price.clock_distrusted_until.get(), world.now + 60);
    gains_nothing(&mut world, &[liquidator.signer, trader.signer], |world| {
        for _ in 0..6 {
            // The cached price looks fresh, and is not believed: nobody is closed at it, nobody opens or closes at it.
            let at_cache = TargetMarket::at_cached_price(0);
            let liquidation = world.liquidation(liquidator, victim.margin_account, at_cache, &ALL);
            assert_refused(world.run(&[liquidation]), ExchangeError::NotLiquidatable);
            for size in [SOL, -SOL] {
                let trade = world.trade_instruction(trader, at_cache, &order(size));
                assert_refused(world.run(&[trade]), ExchangeError::ClockBehind);
            }
            // What may be withdrawn is judged at the worse end of a range: of 999 less 76 lost 139 more may be, and 53 are needed at
            // the other end. At the cached price 877 would be free.
            assert_refused(world.withdraw(trader, 740 * USDC), ExchangeError::InitialMargin);
            world.wait(9);
            world.publish(0, 231.0);
            world.update_price(0).unwrap();
        }
    });
    world.wait(6);
    world.publish(0, 231.0);
    world.liquidate(liquidator, victim.margin_account, 0).unwrap();
}

#[test]
fn attack_a_crash_in_a_pause_liquidates_by_no_margin_that_rose_meanwhile() {
    let mut world = world();
    let (victim, liquidator) = leveraged(&mut world);
    let risk_admin = world.risk_admin;
    for _ in 0..20 {
        world.later_at(15, 0, 250.0);
    }
    let before = world.market(0).state.averages.measured_margin;
    // A pause of two minutes in which the price falls step by step and is told of.
    world.set_exchange_status(risk_admin, Status::Paused, 120).unwrap();
    for step in 1..=8 {
        world.later_at(15, 0, 250.0 - 1.5 * f64::from(step));
    }
    // In the two minutes after it 238 counts no more than the 250 of before: 40 · 12 = 480 of 693 are lost, and 285.60 would be needed.
    for _ in 0..7 {
        world.later_at(15, 0, 238.0);
        assert_eq!(world.market(0).state.averages.measured_margin, before, "it stands still");
        gains_nothing(&mut world, &[liquidator.signer], |world| {
            assert_refused(world.liquidate(liquidator, victim.margin_account, 0), ExchangeError::NotLiquidatable);
        });
    }
    // Its owner has had the time to add what is missing.
    world.give(victim.signer, 300 * USDC);
    world.deposit(victim, 300 * USDC).unwrap();
    world.later_at(16, 0, 238.0);
    let target = TargetMarket::at_cached_price(0);
    let liquidation = world.liquidation(liquidator, victim.margin_account, target, &ALL);
    assert_refused(world.run(&[liquidation]), ExchangeError::NotLiquidatable);
}
