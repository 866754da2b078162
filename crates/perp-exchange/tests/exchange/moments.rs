//! One moment for all positions of an account: whoever brings only some of its prices gets nothing by it.

use crate::common::markets::{frictionless, sol_perp, TestMarket};
use crate::common::world::{World, MILLION};
use perp_engine::fixtures::{SOL, USDC};
use perp_engine::EngineError;

const OWNER: usize = 0;
const ATTACKER: usize = 1;

fn sol(amount: i64) -> i64 {
    amount * i64::try_from(SOL).unwrap()
}

/// Two markets of the same asset at $250; the owner is long 100 SOL in the first and short 100 SOL in the second, with $2600.
/// Two seconds later the asset is worth $230, and only the first market is told: $2000 of loss leave $600, less than the 3 % of
/// $25 000 that the short alone demands, but the second market owes as much.
fn hedged() -> World {
    let markets: [TestMarket; 2] = [frictionless(sol_perp()); 2];
    let mut world = World::with_liquidity(&markets, 2, 1, MILLION);
    world.deposit(OWNER, 2_600 * USDC).unwrap();
    world.trade(OWNER, 0, sol(100)).unwrap();
    world.trade(OWNER, 1, sol(-100)).unwrap();
    world.wait(1);
    world.refresh_all();
    world.wait(2);
    world.publish(0, 23_000_000_000, 0);
    world.update_price(0).unwrap();
    world
}

/// The second market's feed still says what it said: nobody has posted its present price.
fn nobody_can_liquidate(world: &mut World) {
    for market in [0, 1] {
        let refused = world.liquidate(ATTACKER, OWNER, market, u64::MAX).map(|plan| plan.closed);
        assert!(matches!(refused, Err(EngineError::NotLiquidatable { .. })), "market {market}: {refused:?}");
    }
}

#[test]
fn attack_bringing_the_losing_price_alone_liquidates_nobody() {
    nobody_can_liquidate(&mut hedged());
}

#[test]
fn attack_settling_the_losing_leg_at_a_price_brought_alone_liquidates_nobody() {
    let mut world = hedged();
    world.settle_pnl(OWNER, 0).unwrap();
    nobody_can_liquidate(&mut world);
}
