//! Twelve positions in one account.

use crate::world;
use perp_swap::errors::ExchangeError;
use perp_tests::{assert_refused, Backend, World, SOL, USDC};

crate::on_both_backends!(
    twelve_positions_are_held_traded_and_closed,
    twelve_positions_reach_flat_in_twelve_liquidations_and_a_resolution_each,
);

/// Every market prints `price` and takes it in.
fn all_at(world: &mut World, price: f64) {
    world.wait(1);
    for market in 0..world.market_count {
        world.publish(market, price);
        world.update_price(market).unwrap();
    }
}

fn twelve_positions_are_held_traded_and_closed(backend: Backend) {
    let mut world = world(backend, 13);
    let trader = world.trader(10_000 * USDC);
    // In any order; slots are filled as they come.
    for market in [5, 0, 12, 3, 1, 2, 4, 6, 7, 8, 9, 10] {
        world.trade(trader, market, 4 * SOL).unwrap();
    }
    assert_refused(world.trade(trader, 11, 4 * SOL), ExchangeError::NoFreePosition);
    all_at(&mut world, 253.90625);
    // 12 · 4 · 253.906 25 · 5 % = 609.375 must stay.
    world.trade(trader, 12, SOL).unwrap();
    assert_refused(world.trade(trader, 12, -2 * SOL), ExchangeError::SameSlotReduction);
    world.withdraw(trader, 9_000 * USDC).unwrap();
    assert_refused(world.withdraw(trader, 400 * USDC), ExchangeError::InitialMargin);
    // One goes, another takes its slot.
    world.next_slot();
    world.close_position(trader, 3).unwrap();
    world.trade(trader, 11, 2 * SOL).unwrap();
    let state = world.margin_account(&trader.margin_account).state;
    assert_eq!(state.slot_of(11), Some(3), "the slot that 3 left");
    all_at(&mut world, 250.0);
    for market in [12, 0, 11, 1, 2, 4, 5, 6, 7, 8, 9, 10] {
        world.close_position(trader, market).unwrap();
    }
    let rest = world.balance(&trader.margin_account);
    world.withdraw(trader, rest).unwrap();
    world.close_account(trader).unwrap();
}

fn twelve_positions_reach_flat_in_twelve_liquidations_and_a_resolution_each(backend: Backend) {
    let mut world = world(backend, 12);
    let trader = world.trader(1_000 * USDC);
    let liquidator = world.trader(0);
    for market in 0..12 {
        world.trade(trader, market, 6 * SOL).unwrap();
    }
    // 72 · 31.25 = 2 250 are lost of less than 1 000: every leg is closed whole, and what the balance cannot pay is
    // owed.
    all_at(&mut world, 218.75);
    for market in 0..12 {
        world.liquidate(liquidator, trader.margin_account, market).unwrap();
    }
    let state = world.margin_account(&trader.margin_account).state;
    assert!(state.positions.iter().all(|position| position.size.is_zero()));
    let owing: Vec<u16> = state.occupied().map(|(_, position)| position.market).collect();
    for market in owing {
        world.resolve_bankruptcy(trader.margin_account, market).unwrap();
    }
    world.close_account(trader).unwrap();
}
