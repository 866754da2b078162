//! Bankruptcies made for what insurances pay.

use crate::world;
use perp_client::events::Event;
use perp_client::instructions::Authority;
use perp_engine::operations::position::LiquidationOrder;
use perp_engine::units::Size;
use perp_tests::world::ALL;
use perp_tests::{Ran, World, DAY, SOL, USDC};

/// So many accounts of one owner that lose more than they have: each is long 50 SOL at 250 with 800, and the price falls to 210.
fn bankrupt(world: &mut World, count: u16) -> Vec<Authority> {
    let owner = world.user(0);
    let accounts: Vec<Authority> = (0..count).map(|number| world.account(owner, number, None)).collect();
    for account in &accounts {
        world.give(owner, 800 * USDC);
        world.deposit(*account, 800 * USDC).unwrap();
        world.trade(*account, 0, 50 * SOL).unwrap();
    }
    world.later_at(60, 0, 210.0);
    accounts
}

#[test]
fn attack_a_hundred_bankruptcies_draw_what_one_market_may_ever_draw_and_no_more() {
    let mut world = world();
    let (liquidator, donor) = (world.trader(0), world.user(3_000_000 * USDC));
    world.fund_insurance(donor, None, 3_000_000 * USDC).unwrap();
    // 50 · 40 = 2 000 are lost of 800: more than 1 200 each, 120 000 in all, and a tenth of the insurance would be 300 000.
    let accounts = bankrupt(&mut world, 100);
    let mut owed = 0;
    for account in &accounts {
        world.liquidate(liquidator, account.margin_account, 0).unwrap();
        owed += world.position(&account.margin_account, 0).debt.get();
        world.resolve_bankruptcy(account.margin_account, 0).unwrap();
    }
    assert!(owed > 120_000 * USDC, "{owed}");
    let drawn =
        |world: &mut World| (world.pool().state.insurance.get(), world.market(0).state.ledger.shared_drawn.get());
    assert_eq!(drawn(&mut world), (2_900_000 * USDC, 100_000 * USDC));
    // Nor does another day help.
    world.wait(2 * DAY);
    world.later_at(1, 0, 250.0);
    let late = world.trader(2_000 * USDC);
    world.trade(late, 0, 50 * SOL).unwrap();
    world.later_at(60, 0, 180.0);
    world.liquidate(liquidator, late.margin_account, 0).unwrap();
    assert!(!world.position(&late.margin_account, 0).debt.is_zero());
    world.resolve_bankruptcy(late.margin_account, 0).unwrap();
    assert_eq!(drawn(&mut world), (2_900_000 * USDC, 100_000 * USDC));
}

#[test]
fn attack_closing_a_bankrupt_position_in_pieces_pays_no_more_than_at_once() {
    let bounty = |done: Ran| match done.unwrap().event() {
        Event::Liquidated(event) => (event.bounty, event.closed),
        other => panic!("{other:?}"),
    };
    let earned = |piece: u64| {
        let mut world = world();
        let liquidator = world.trader(0);
        let account = bankrupt(&mut world, 1)[0];
        let order = LiquidationOrder { max_size: Size::new(piece), ..ALL };
        let mut all = 0;
        while !world.position(&account.margin_account, 0).size.is_zero() {
            all += bounty(world.liquidate_order(liquidator, account.margin_account, 0, &order)).0;
        }
        assert_eq!(world.balance(&liquidator.margin_account), all);
        all
    };
    // 1.8 bp of 50 · 210, rounded down, as the price was.
    let whole = earned(u64::MAX >> 1);
    assert_eq!(whole, 1_889_999);
    for pieces in [2, 7, 25] {
        let split = earned(50 * SOL.unsigned_abs() / pieces + 1);
        assert!(split <= whole, "{pieces} pieces earn {split}, the whole {whole}");
    }
}
