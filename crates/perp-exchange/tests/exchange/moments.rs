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

/// Two markets of the same asset at $250; the owner is long 100 SOL in the first and short 100 SOL in the second, with $2000:
/// 3 % of $50 000 are $1500. Two seconds later the asset is worth $240, and only the first market is told.
fn hedged() -> World {
    let markets: [TestMarket; 2] = [frictionless(sol_perp()); 2];
    let mut world = World::with_liquidity(&markets, 2, 1, MILLION);
    world.deposit(OWNER, 2_000 * USDC).unwrap();
    world.trade(OWNER, 0, sol(100)).unwrap();
    world.trade(OWNER, 1, sol(-100)).unwrap();
    world.wait(1);
    world.refresh_all();
    world.wait(2);
    world.publish(0, 24_000_000_000, 0);
    world.publish(1, 24_000_000_000, 0);
    world.update_price(0).unwrap();
    world
}

/// Everything the attacker may try with the prices he has chosen to bring.
fn attack(world: &mut World) -> Vec<Result<(), EngineError>> {
    let mut outcomes = Vec::new();
    for market in [0, 1] {
        // Without the second market's reading: with it the account is judged at the new moment.
        let order = perp_engine::operations::position::LiquidationOrder {
            max_size: perp_engine::units::Size::new(u64::MAX),
            min_bounty: perp_engine::units::Atoms::ZERO,
        };
        let owner = *world.account(OWNER);
        let attempt = world.exchange.preview_liquidation(&owner, world.account(ATTACKER), market, &order, None);
        outcomes.push(attempt.map(drop).map_err(|refusal| refusal.rule().unwrap()));
    }
    outcomes
}

#[test]
fn attack_bringing_the_losing_price_alone_liquidates_nobody() {
    let mut world = hedged();
    for outcome in attack(&mut world) {
        assert!(matches!(outcome, Err(EngineError::NotLiquidatable { .. })), "{outcome:?}");
    }
}

#[test]
fn attack_settling_the_losing_leg_at_the_price_brought_alone_liquidates_nobody() {
    let mut world = hedged();
    world.settle_pnl(OWNER, 0).unwrap();
    for outcome in attack(&mut world) {
        assert!(matches!(outcome, Err(EngineError::NotLiquidatable { .. })), "{outcome:?}");
    }
}
