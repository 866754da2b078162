//! Leaving the pool after a gap, when somebody has lost more than he has and nobody has closed him yet.

use crate::common::markets::{sol_perp, SOL_PERP};
use crate::common::reference;
use crate::common::world::{World, MILLION};
use perp_engine::fixtures::{SOL, USDC};
use perp_engine::units::Atoms;

const LOSER: usize = 0;
const WINNER: usize = 1;
const KEEPER: usize = 2;
/// The account of the provider that leaves.
const ATTACKER: usize = 3;
const STAYS: usize = 0;
const LEAVES: usize = 1;

fn sol(amount: i64) -> i64 {
    amount * SOL as i64
}

/// Two providers with a million each, half of it in SOL-PERP; 6000 SOL each way at $250, and a gap of 20 % twenty seconds before the
/// boundary to which the second provider's withdrawal belongs: the long has lost $300 000 of his $84 000.
fn after_a_gap() -> World {
    let mut market = sol_perp();
    market.listing.target_backing = Atoms::new(MILLION);
    let mut world = World::new(&[market], 4, 2);
    world.provide_net(STAYS, MILLION).unwrap();
    world.provide_net(LEAVES, MILLION).unwrap();
    world.allocate_backing(SOL_PERP).unwrap();
    for (account, dollars) in [(LOSER, 84_000), (WINNER, 100_000), (KEEPER, 1_000), (ATTACKER, 700_000)] {
        world.deposit(account, dollars * USDC).unwrap();
    }
    world.trade(LOSER, SOL_PERP, sol(6_000)).unwrap();
    world.trade(WINNER, SOL_PERP, sol(-6_000)).unwrap();
    world.request_withdrawal(LEAVES, world.shares(LEAVES)).unwrap();
    world.reach_boundary_but(20);
    world.refresh_all();
    world.move_price(SOL_PERP, -200_000);
    world.wait(1);
    world.refresh_all();
    world
}

/// What the leaver took out in all, and what is left to the one who stays once everybody has closed; in atoms.
fn outcome(mut world: World) -> (i128, i128) {
    world.serve();
    world.wait(1);
    world.refresh_all();
    if world.size(ATTACKER, SOL_PERP) != 0 {
        world.close(ATTACKER, SOL_PERP).unwrap();
    }
    let paid = i128::from(world.paid_out(LEAVES));
    if world.size(LOSER, SOL_PERP) != 0 {
        world.liquidate(KEEPER, LOSER, SOL_PERP, u64::MAX).unwrap();
    }
    world.close(WINNER, SOL_PERP).unwrap();
    world.resolve_bankruptcy(LOSER, SOL_PERP).unwrap();
    let trading = i128::from(world.account(ATTACKER).balance.get()) - i128::from(700_000 * USDC);
    (paid + trading, reference::pool_value_x40(&world.exchange) >> 40)
}

#[test]
fn attack_opening_a_position_on_the_losers_side_raises_nothing_for_who_leaves() {
    let mut honest = after_a_gap();
    honest.liquidate(KEEPER, LOSER, SOL_PERP, u64::MAX).unwrap();
    let (fair, rest) = outcome(honest);

    // 20 000 SOL long at the new price would be good for 3 % of $4 000 000: as much as $120 000 of the loser's loss. Before the boundary
    // they are in its books, afterwards they are not; neither is worth anything to whoever leaves.
    for seconds in [10, 0] {
        let mut attacked = after_a_gap();
        attacked.reach_boundary_but(seconds);
        attacked.refresh_all();
        attacked.trade(ATTACKER, SOL_PERP, sol(20_000)).unwrap();
        let (taken, left) = outcome(attacked);
        assert!(taken < fair, "leaving before the loser is closed took {taken} instead of {fair}");
        assert!(left > rest, "whoever stayed is left with {left} instead of {rest}");
    }
}

#[test]
fn attack_closing_the_loser_after_the_boundary_changes_nothing_of_what_a_leaver_is_paid() {
    // Whatever is settled, closed or written off once the boundary has come, and in whatever order, the books of the boundary stand.
    let paid = |acts: &[fn(&mut World)]| {
        let mut world = after_a_gap();
        world.reach_boundary();
        world.refresh_all();
        for act in acts {
            act(&mut world);
        }
        world.serve();
        world.paid_out(LEAVES)
    };
    let liquidate: fn(&mut World) = |world| {
        world.liquidate(KEEPER, LOSER, SOL_PERP, u64::MAX).unwrap();
    };
    let close: fn(&mut World) = |world| {
        world.close(WINNER, SOL_PERP).unwrap();
    };
    let resolve: fn(&mut World) = |world| {
        world.resolve_bankruptcy(LOSER, SOL_PERP).unwrap();
    };
    let settle: fn(&mut World) = |world| {
        world.settle_pnl(WINNER, SOL_PERP).unwrap();
    };
    let untouched = paid(&[]);
    for acts in [&[liquidate][..], &[settle], &[liquidate, resolve], &[liquidate, close, resolve], &[close]] {
        assert_eq!(paid(acts), untouched);
    }
}
