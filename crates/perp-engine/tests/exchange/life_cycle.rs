//! One exchange from its first deposit to its last withdrawal.

use crate::common::fixtures::{SOL, USDC};
use crate::common::markets::{listings, SOL_PERP};
use crate::common::world::{World, MILLION};

#[test]
fn smoke() {
    let mut world = World::with_liquidity(&listings(), 3, 1, MILLION);
    world.deposit(0, 10_000 * USDC).unwrap();
    let plan = world.trade(0, SOL_PERP, i64::try_from(100 * SOL).unwrap()).unwrap();
    println!("{plan:?}");
    world.wait(10);
    world.move_price(SOL_PERP, 20_000);
    world.settle_pnl(0, SOL_PERP).unwrap();
    world.close(0, SOL_PERP).unwrap();
    println!("{:?} {:?}", world.accounts[0].balance, world.markets[0].books);
}
