//! Bounties provoked, split, waited for, and farmed.

use crate::world;
use perp_client::events::Event;
use perp_client::instructions::Authority;
use perp_engine::operations::position::LiquidationOrder;
use perp_engine::units::Size;
use perp_swap::events::Liquidated;
use perp_tests::world::ALL;
use perp_tests::{Ran, World, SOL, USDC};

fn liquidated(done: Ran) -> Liquidated {
    match done.unwrap().event() {
        Event::Liquidated(event) => event,
        other => panic!("{other:?}"),
    }
}

/// A long of 4 000 SOL, a million, of which the price has left nothing; its owner then adds what brings equity to `equity` atoms.
fn with_equity(equity: i64) -> (World, Authority, Authority) {
    let mut world = world();
    let (owner, liquidator) = (world.trader(52_000 * USDC), world.trader(0));
    world.trade(owner, 0, 4_000 * SOL).unwrap();
    // 4 000 · 13 = 52 000 are lost, and opening has cost some 700 and holding a little.
    world.later_at(60, 0, 237.0);
    world.settle_funding(owner.margin_account, 0).unwrap();
    let missing = u64::try_from(equity - world.equity(&owner.margin_account)).expect("the fall left less");
    world.give(owner.signer, missing);
    world.deposit(owner, missing).unwrap();
    assert_eq!(world.equity(&owner.margin_account), equity);
    (world, owner, liquidator)
}

#[test]
fn attack_a_deep_liquidation_in_pieces_pays_no_more_than_at_once() {
    // 3 % of 948 000 are needed, 28 440. The penalty's 1 % is a third of that, and what is charged in all some more: with 23 and 30 %
    // of it the first pieces leave the account deeper than they found it, with 36 % they may, with 40 % they help it.
    for percent in [23, 30, 36, 40] {
        let earned = |pieces: u64| {
            let (mut world, owner, liquidator) = with_equity(percent * 284_400_000);
            let order = LiquidationOrder { max_size: Size::new(4_000 * SOL.unsigned_abs() / pieces), ..ALL };
            let (mut bounty, mut closed) = (0, 0);
            while let Ok(done) = world.liquidate_order(liquidator, owner.margin_account, 0, &order) {
                let event = liquidated(Ok(done));
                (bounty, closed) = (bounty + event.bounty, closed + event.closed);
            }
            assert_eq!(world.balance(&liquidator.margin_account), bounty);
            (bounty, closed)
        };
        let (whole, closed) = earned(1);
        assert!(whole > 1_000 * USDC, "{whole}");
        for pieces in [2, 100] {
            let (split, closed_split) = earned(pieces);
            assert!(split <= whole, "{percent} %: {pieces} pieces earn {split}, the whole {whole}");
            assert!(closed_split <= closed, "{percent} %: {closed_split} of {closed}");
        }
    }
}

#[test]
fn attack_waiting_until_nothing_is_left_pays_no_liquidator_more() {
    // Bounties for the whole position, with less and less equity: 2 000, 1 000, 500, 100, 1, an atom, nothing, and below.
    let mut last = u64::MAX;
    for equity in
        [2_000_000_000, 1_000_000_000, 500_000_000, 100_000_000, 1_000_000, 1, 0, -1, -1_000_000, -600_000_000]
    {
        let (mut world, owner, liquidator) = with_equity(equity);
        let event = liquidated(world.liquidate(liquidator, owner.margin_account, 0));
        assert_eq!(event.size_after, 0);
        assert!(event.bounty <= last, "{} with {equity} atoms, {last} with more", event.bounty);
        last = event.bounty;
        // Nor does it end: 1.8 bp of 948 000 are 170.64 at least.
        assert!(event.bounty >= 170_639_999, "{} with {equity} atoms", event.bounty);
    }
}

#[test]
fn attack_bankruptcies_made_for_their_bounties_pay_less_than_opening_them_costs() {
    let mut world = world();
    let owner = world.user(0);
    let liquidator = world.account(owner, 100, None);
    let accounts: Vec<Authority> = (0..20).map(|number| world.account(owner, number, None)).collect();
    let mut paid = 0;
    for account in &accounts {
        world.give(owner, 800 * USDC);
        world.deposit(*account, 800 * USDC).unwrap();
        let Event::Traded(event) = world.trade(*account, 0, 50 * SOL).unwrap().event() else { panic!() };
        // 4 bp of 12 500, of which a tenth is the protocol's.
        assert_eq!(event.fee, 5 * USDC);
        paid += event.fee - event.fee / 10;
    }
    // Everybody loses 2 000 of 800 within a minute, and the owner closes all with another account.
    world.later_at(60, 0, 210.0);
    let earned: u64 =
        accounts.iter().map(|account| liquidated(world.liquidate(liquidator, account.margin_account, 0)).bounty).sum();
    assert!(earned > 0 && earned < paid, "{earned} earned, {paid} paid");
}
