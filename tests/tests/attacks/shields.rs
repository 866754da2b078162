//! What one market owes an account held against what the account loses in another.

use crate::BACKEND;
use perp_client::events::Event;
use perp_client::instructions::Authority;
use perp_engine::operations::position::LiquidationReason;
use perp_swap::errors::ExchangeError;
use perp_swap::events::Liquidated;
use perp_tests::{assert_refused, listing, Ran, World, SOL, USDC};

fn liquidated(done: Ran) -> Liquidated {
    match done.unwrap().event() {
        Event::Liquidated(event) => event,
        other => panic!("{other:?}"),
    }
}

/// A market with two million of backing, and one with 20 000.
pub fn deep_and_thin() -> World {
    let mut world = World::before_creation(BACKEND);
    world.fund();
    let targets = [2_000_000 * USDC, 20_000 * USDC];
    world.list_all([0, 1].map(|index| listing::market(index, listing::parameters(), targets[usize::from(index)])));
    world
}

/// Both markets print their price in the same second.
pub fn print(world: &mut World, deep: f64, thin: f64) {
    for (market, price) in [(0, deep), (1, thin)] {
        world.publish(market, price);
        world.update_price(market).unwrap();
    }
}

#[test]
fn attack_a_thin_markets_profit_shields_no_more_than_its_backing_once() {
    let mut world = deep_and_thin();
    let accomplice = world.trader(8_500 * USDC);
    let (first, second) = (world.trader(18_000 * USDC), world.trader(18_000 * USDC));
    let liquidator = world.trader(0);
    // 300 SOL each in the thin market, step by step with the short of the accomplice, and 1 000 in the deep one.
    for _ in 0..3 {
        for (trader, size) in [(first, 100), (second, 100), (accomplice, -200)] {
            world.trade(trader, 1, size * SOL).unwrap();
        }
    }
    for trader in [first, second] {
        world.trade(trader, 0, 1_000 * SOL).unwrap();
    }
    // The thin market rises by a fifth: 15 000 each on paper, of 20 000 that are there; the accomplice has next to nothing. In the
    // deep one each loses 18 000, more than the 17 800 they had.
    world.wait(60);
    print(&mut world, 232.0, 300.0);
    assert!(!world.market(1).state.ledger.is_short(), "if the accomplice paid, all would be paid");
    let closes = |world: &mut World, victim: Authority| world.liquidate(liquidator, victim.margin_account, 0);
    for victim in [first, second] {
        // What the thin market could pay now counts for each of them.
        assert_refused(closes(&mut world, victim), ExchangeError::NotLiquidatable);
    }
    // So anybody has it paid: once it is cash it is there for nobody else.
    let event = liquidated(world.liquidate(liquidator, first.margin_account, 1));
    assert_eq!((event.reason, event.closed), (LiquidationReason::Unsettled, 0));
    assert!((14_900 * USDC as i64..15_000 * USDC as i64).contains(&event.realized), "{}", event.realized);
    // A basis point of it pays for the work.
    assert_eq!(event.bounty, event.realized.unsigned_abs() / 10_000);
    assert_refused(closes(&mut world, first), ExchangeError::NotLiquidatable);
    // The other is liquidated: of its 15 000 some 5 000 are left, and 6 960 are needed in the deep market alone.
    let event = liquidated(closes(&mut world, second));
    assert_eq!(event.reason, LiquidationReason::Price);
    assert!(event.closed > 0);
    // Nothing of it came from the deep market's backing or another's.
    assert!(world.market(0).state.ledger.backing.get() >= 2_000_000 * USDC);
}

#[test]
fn attack_settling_again_and_again_for_the_fee_pays_once_in_ten_minutes() {
    let mut world = deep_and_thin();
    let (victim, liquidator) = (world.trader(14_000 * USDC), world.trader(0));
    let other = world.trader(100_000 * USDC);
    world.trade(victim, 1, 60 * SOL).unwrap();
    world.trade(victim, 0, 1_000 * SOL).unwrap();
    world.trade(other, 1, -60 * SOL).unwrap();
    // 10 000 and more are lost of 13 900, 7 200 are needed, and 60 · 100 are won and not paid.
    world.wait(60);
    print(&mut world, 240.0, 350.0);
    let event = liquidated(world.liquidate(liquidator, victim.margin_account, 1));
    assert_eq!(event.reason, LiquidationReason::Unsettled);
    assert!(event.bounty > 0);
    assert_refused(world.liquidate(liquidator, victim.margin_account, 1), ExchangeError::NotLiquidatable);
    // The profit grows and is settled again, and the other leg falls by as much: within ten minutes for nothing.
    let paid = world.balance(&liquidator.margin_account);
    world.wait(60);
    print(&mut world, 236.0, 420.0);
    let event = liquidated(world.liquidate(liquidator, victim.margin_account, 1));
    assert_eq!((event.reason, event.bounty), (LiquidationReason::Unsettled, 0));
    assert_eq!(world.balance(&liquidator.margin_account), paid);
}

#[test]
fn attack_a_claim_without_cash_does_not_keep_another_markets_debt() {
    let mut world = crate::world();
    let (whale, liquidator, donor) = (world.trader(1_000_000 * USDC), world.trader(0), world.user(50_000 * USDC));
    let trader = world.trader(60_000 * USDC);
    world.fund_insurance(donor, Some(1), 50_000 * USDC).unwrap();
    for (trader, market, size) in [(whale, 0, 50_000), (trader, 0, 2_000), (trader, 1, 900)] {
        world.trade(trader, market, size * SOL).unwrap();
    }
    // The first market owes the account 123 000 that it does not have; in the second one 900 · 70 = 63 000 are lost, some
    // thousands more than the account has.
    world.wait(60);
    world.publish(1, 250.0);
    world.update_price(1).unwrap();
    world.publish(0, 312.5);
    world.close_position(whale, 0).unwrap();
    world.close_position(trader, 0).unwrap();
    world.wait(60);
    world.publish(1, 180.0);
    world.liquidate(liquidator, trader.margin_account, 1).unwrap();
    let address = trader.margin_account;
    let (claim, debt) = (world.position(&address, 0).claim.get(), world.position(&address, 1).debt.get());
    assert!(debt > 1_000 * USDC && claim > 20 * debt, "{debt} and {claim}");
    // On paper the account is rich. Its debt is paid now all the same, by the insurance, which is owed it out of the claim.
    assert!(world.equity(&address) > 100_000 * USDC as i64);
    let (insurance, backing) =
        (world.market(1).state.ledger.insurance.get(), world.market(1).state.ledger.backing.get());
    world.resolve_bankruptcy(address, 1).unwrap();
    let after = world.market(1).state.ledger;
    assert_eq!((after.debts.get(), after.written_off.get()), (0, 0));
    assert_eq!((after.insurance.get(), after.backing.get()), (insurance - debt, backing + debt));
    // Once cash comes it is the insurance's first, and the rest the account's.
    world.fund_claims(0).unwrap();
    world.redeem_claim(address, 0).unwrap();
    assert_refused(world.withdraw(trader, 1), ExchangeError::DebtOutstanding);
    world.settle_funding(address, 1).unwrap();
    assert_eq!(world.market(1).state.ledger.insurance.get(), insurance);
    let rest = world.balance(&address);
    assert!(rest > 0);
    world.withdraw(trader, rest).unwrap();
}

#[test]
fn attack_a_price_in_one_hand_carries_no_loss_of_another_market() {
    // A market with 200 000 whose price somebody moves, and two opposite accounts of his, each with 10 000 SOL in the deep market
    // and 760 in this one.
    let mut world = World::before_creation(BACKEND);
    world.fund();
    let targets = [2_000_000 * USDC, 200_000 * USDC];
    world.list_all([0, 1].map(|index| listing::market(index, listing::parameters(), targets[usize::from(index)])));
    let pair = [(); 2].map(|()| world.trader(140_000 * USDC));
    let keeper = world.trader(0);
    for (market, size) in [(0, 10_000), (1, 760)] {
        for (account, sign) in pair.into_iter().zip([1, -1]) {
            world.trade(account, market, sign * size * SOL).unwrap();
        }
    }
    // The deep market falls by 9 % in nine steps, 25 000 each. The other price goes to whoever loses there: 760 · 33 = 25 080.
    // Keepers close and settle whatever the rules let them.
    for step in 1..=9 {
        world.wait(30);
        let step = f64::from(step);
        print(&mut world, 250.0 - 2.5 * step, 250.0 + 33.0 * step);
        for account in pair {
            for market in [1, 0] {
                drop(world.liquidate(keeper, account.margin_account, market));
            }
        }
    }
    // Then the price returns, and everybody is closed, by himself or by keepers.
    world.wait(30);
    print(&mut world, 227.5, 250.0);
    for account in pair {
        for market in [0, 1] {
            if !world.position(&account.margin_account, market).size.is_zero()
                && world.close_position(account, market).is_err()
            {
                world.liquidate(keeper, account.margin_account, market).unwrap();
            }
            drop(world.resolve_bankruptcy(account.margin_account, market));
        }
    }
    let [deep, thin] = [0, 1].map(|market| world.market(market).state.ledger);
    assert!(deep.is_flat() && thin.is_flat());
    // The deep market has lost nothing to them: nobody owes it anything, nothing was written off, and it has all that it had.
    assert_eq!((deep.debts.get(), deep.written_off.get()), (0, 0));
    assert!(deep.backing.get() >= 2_000_000 * USDC, "{}", deep.backing.get());
    // Nor have the accounts together more than they brought and the other market had.
    let left: u64 = pair.iter().map(|account| world.balance(&account.margin_account)).sum();
    assert!(left <= 280_000 * USDC + 200_000 * USDC - thin.backing.get().min(200_000 * USDC), "{left}");
}
