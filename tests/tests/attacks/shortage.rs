//! A market that cannot pay all winners, and who is settled, closed and funded first.

use crate::BACKEND;
use perp_client::instructions::Authority;
use perp_tests::{listing, World, SOL, USDC};

/// In which order whale, friend and the whale's own losing account are settled or closed.
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

/// A whale has won 3 100 000 of a market that has two million, somebody else 123 000, and an accomplice of the whale's has lost
/// 312 500. All are dealt with in this order; what can be funded and redeemed is, after each. In the end each winner has been paid
/// so many atoms, of so many.
fn paid(order: [usize; 3], close: bool) -> [(u64, u64); 2] {
    let mut world = World::with_market(BACKEND, listing::unmeasured());
    let actors = [1_000_000, 50_000, 400_000].map(|deposit| world.trader(deposit * USDC));
    for (actor, size) in actors.into_iter().zip([50_000, 2_000, -5_000]) {
        world.trade(actor, 0, size * SOL).unwrap();
    }
    world.later_at(60, 0, 312.5);
    assert!(world.market(0).state.ledger.is_short());
    for actor in actors {
        world.settle_funding(actor.margin_account, 0).unwrap();
    }
    let before = actors.map(|actor| world.balance(&actor.margin_account));
    let redeem = |world: &mut World, actor: Authority| drop(world.redeem_claim(actor.margin_account, 0));
    for number in order {
        if close && number == 0 {
            world.close_position(actors[0], 0).unwrap();
        } else {
            world.settle_pnl(actors[number].margin_account, 0).unwrap();
        }
        // The whale tries after every step.
        drop(world.fund_claims(0));
        redeem(&mut world, actors[0]);
    }
    drop(world.fund_claims(0));
    redeem(&mut world, actors[0]);
    redeem(&mut world, actors[1]);
    [0, 1].map(|winner| {
        let paid = world.balance(&actors[winner].margin_account) - before[winner];
        (paid, paid + world.position(&actors[winner].margin_account, 0).claim.get())
    })
}

#[test]
fn attack_choosing_who_is_settled_first_in_a_short_market_pays_nobody_more() {
    for close in [false, true] {
        let all = ORDERS.map(|order| paid(order, close));
        for ([whale, friend], order) in all.into_iter().zip(ORDERS) {
            // Both get the same part of what they have won, to the atom: 2 000 000 and 312 500 of 3 223 000.
            assert!(whale.0 > 2_000_000 * USDC && whale.0 < whale.1);
            let fair = u128::from(whale.0) * u128::from(friend.1) / u128::from(whale.1);
            assert!(u128::from(friend.0).abs_diff(fair) <= 1, "{order:?}: {whale:?} and {friend:?}");
            // And the same in every order.
            let first = all[0];
            assert!(whale.0.abs_diff(first[0].0) <= 1 && friend.0.abs_diff(first[1].0) <= 1, "{order:?}: {all:?}");
        }
    }
}
