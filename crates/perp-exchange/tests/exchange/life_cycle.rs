//! One exchange from its first deposit to its last withdrawal, in numbers that can be followed by hand.

use crate::common::markets::{frictionless, sol_perp, SOL_PERP};
use crate::common::world::{World, MILLION};
use perp_engine::fixtures::{SOL, USDC};
use perp_engine::units::{Atoms, Size};
use perp_engine::EngineError;

const ALICE: usize = 0;
const BOB: usize = 1;
const LIQUIDATOR: usize = 2;
const PROVIDER: usize = 0;

fn sol(amount: i64) -> i64 {
    amount * i64::try_from(SOL).unwrap()
}

fn price(world: &mut World, dollars: i64) {
    world.wait(1);
    world.publish(SOL_PERP, dollars * 100_000_000, 0);
    world.update_price(SOL_PERP).unwrap();
}

/// A million of liquidity, $400 000 of it in SOL-PERP; Alice and Bob with $10 000 each, long and short 400 SOL at $250.
fn matched() -> World {
    let mut world = World::with_liquidity(&[frictionless(sol_perp())], 3, 1, MILLION);
    for (account, size) in [(ALICE, 400), (BOB, -400)] {
        world.deposit(account, 10_000 * USDC).unwrap();
        world.trade(account, SOL_PERP, sol(size)).unwrap();
    }
    assert_eq!(world.market(SOL_PERP).ledger.backing, Atoms::new(400_000 * USDC));
    world
}

#[test]
fn a_crash_liquidates_the_long_in_two_steps_and_everybody_else_leaves_with_what_is_his() {
    let mut world = matched();

    // $232: Alice has 10 000 − 400 · 18 = $2800 against 3 % of $92 800 = $2784.
    price(&mut world, 232);
    let refused = world.liquidate(LIQUIDATOR, ALICE, SOL_PERP, u64::MAX).unwrap_err();
    assert!(matches!(refused, EngineError::NotLiquidatable { .. }));

    // $231: $2400 against $2772. (1.25 · 2772 − 2400) / 2.75 % = $38 727.27, 167.65 SOL; the penalty is $387.27.
    // Depth 372/2772 = 134 199 ppm: the bounty gets 32.6839 % = $126.57, the backing 20 %, insurance the rest.
    price(&mut world, 231);
    let plan = world.liquidate(LIQUIDATOR, ALICE, SOL_PERP, u64::MAX).unwrap();
    assert_eq!(plan.closed, Size::new(167_650_531_441));
    assert_eq!(plan.penalty.charged, Atoms::new(387_272_727));
    assert_eq!(plan.penalty.bounty, Atoms::new(126_575_830));
    assert_eq!(plan.penalty.backing, Atoms::new(77_454_545));
    assert_eq!(plan.penalty.insurance, Atoms::new(183_242_352));
    // $2012.73 against 3 % of $53 672.73 = $1610.18.
    assert_eq!((plan.after.equity.get(), plan.after.margin.get()), (2_012_727_272, 1_610_181_818));

    // $210: 232.349468559 SOL lose $21 more each, $4879.34: −$2866.61. All of it closes and no penalty is left to take.
    price(&mut world, 210);
    let plan = world.liquidate(LIQUIDATOR, ALICE, SOL_PERP, u64::MAX).unwrap();
    assert_eq!((plan.closed, plan.penalty.charged), (Size::new(232_349_468_559), Atoms::ZERO));
    let debt = plan.ledger.position.debt;
    assert_eq!(debt, Atoms::new(2_866_611_568));
    // The market's insurance has $183.24 from the first liquidation; nobody pays the rest.
    let plan = world.resolve_bankruptcy(ALICE, SOL_PERP).unwrap();
    assert_eq!(plan.paid_by_insurance, Atoms::new(183_242_352));
    assert_eq!(plan.written_off, Atoms::new(2_866_611_568 - 183_242_352));
    assert!(world.account(ALICE).is_empty());

    // Bob takes 400 · 40 = $16 000 of profit and leaves.
    world.close(BOB, SOL_PERP).unwrap();
    assert_eq!(world.account(BOB).balance, Atoms::new(26_000 * USDC));
    world.withdraw(BOB, 26_000 * USDC).unwrap();
    world.withdraw(LIQUIDATOR, 126_575_830).unwrap();

    // Of Alice's $10 000 the liquidator has 126.58; the rest and Bob's profit are the pool's: it ends with
    // 1 000 000 + 10 000 − 126.575830 − 16 000.
    world.set_backing_target(SOL_PERP, 0).unwrap();
    world.allocate_backing(SOL_PERP).unwrap();
    assert_eq!(world.exchange.pool.cash, Atoms::new(MILLION - 6_126_575_830));
    // The provider's shares are all but the 10 000 dead ones of 10^12: they bring ⌊(10^12 − 10^4) · 993 873 424 170 / 10^12⌋ =
    // 993 873 414 231, less 0.02 % or 198 774 683. The queue has that, and as much of the $1 000 200.04 that were put in.
    world.request_withdrawal(PROVIDER, world.shares(PROVIDER)).unwrap();
    world.serve();
    assert_eq!(world.paid_out(PROVIDER), 993_873_414_231 - 198_774_683);
    let (left, kept) = (world.exchange.pool.cash.get(), world.exchange.pool.settling.get());
    assert_eq!((left, kept), (9_939, 200_040_009 + 198_774_683));
    assert_eq!(world.exchange.vault.get(), left + kept);
}

#[test]
fn a_market_that_runs_out_of_money_pays_claims_in_proportion_as_money_comes_in() {
    // $6000 of backing, which is just what 80 + 80 SOL one way need: 15 % of $40 000.
    let mut world = World::with_liquidity(&[frictionless(sol_perp())], 4, 1, MILLION);
    world.set_backing_target(SOL_PERP, 6_000 * USDC).unwrap();
    world.allocate_backing(SOL_PERP).unwrap();
    for account in [0, 1] {
        world.deposit(account, 2_000 * USDC).unwrap();
        world.trade(account, SOL_PERP, sol(80)).unwrap();
    }
    // Doubled: $20 000 of profit each, which nobody can pay. The first to close is not paid before the second: the backing is
    // set aside once both profits are claims.
    price(&mut world, 500);
    world.close(0, SOL_PERP).unwrap();
    let open = Atoms::new(20_000 * USDC);
    assert_eq!(world.fund_claims(SOL_PERP), Err(EngineError::ProfitsNotNoted { open }));
    world.close(1, SOL_PERP).unwrap();
    let stand = |world: &World| {
        [0, 1]
            .map(|account| world.account(account))
            .map(|it| (it.balance.get() / USDC, it.positions[0].claim.get() / USDC))
    };
    assert_eq!(stand(&world), [(2_000, 20_000); 2]);
    // $6000 of $40 000 are 15 %.
    assert_eq!(world.fund_claims(SOL_PERP), Ok(Atoms::new(6_000 * USDC)));
    for account in [0, 1] {
        let redeemed = world.redeem_claim(account, SOL_PERP).unwrap().redeemed.get();
        assert!((3_000 * USDC - 1..=3_000 * USDC).contains(&redeemed), "{redeemed}");
    }
    // Nothing is poured into the hole, and nobody opens in it.
    world.set_backing_target(SOL_PERP, 400_000 * USDC).unwrap();
    assert!(matches!(world.allocate_backing(SOL_PERP), Err(EngineError::MarketCapacity { .. })));
    world.deposit(3, 10_000 * USDC).unwrap();
    assert!(matches!(world.trade(3, SOL_PERP, sol(10)), Err(EngineError::MarketCapacity { .. })));
    // Both take their balances out; their claims stay.
    for account in [0, 1] {
        let balance = world.account(account).balance.get();
        world.withdraw(account, balance).unwrap();
    }

    // A tenth of the $34 000 reaches the backing, as the losses of others do.
    let mut market = *world.market(SOL_PERP);
    market.ledger.backing = Atoms::new(3_400 * USDC);
    world.exchange.put_market(market);
    world.exchange.vault = world.exchange.vault.checked_add(Atoms::new(3_400 * USDC)).unwrap();
    assert_eq!(world.fund_claims(SOL_PERP), Ok(Atoms::new(3_400 * USDC)));
    let paid = 1_700;
    for account in [0, 1] {
        let redeemed = world.redeem_claim(account, SOL_PERP).unwrap().redeemed.get();
        assert!((paid * USDC - 1..=paid * USDC).contains(&redeemed), "{redeemed}");
    }
}
