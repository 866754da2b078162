//! A market whose price is in an attacker's hand, over many accounts and rounds: what it costs the other markets and the pool.

use crate::common::markets::{test_markets, TestMarket, BTC_PERP, SOL_PERP, THIN, THIN_PERP};
use crate::common::world::{World, MILLION};
use crate::sequences::runner;
use perp_engine::fixtures::{SOL, USDC};
use perp_engine::operations::position::BankruptcyPlan;
use perp_engine::state::Parameters;
use perp_engine::EngineError;
use perp_exchange::Listing;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::cell::Cell;

/// What the markets the attacker does not have in his hand may move between two rounds of the keepers: a third of the
/// maintenance margin.
const STEP: i64 = 10_000;
const ATTACKERS: usize = 3;
const HONEST: usize = 3;
const KEEPER: usize = 4;
/// The first of the attackers' accounts that are isolated to their market.
const ISOLATED: usize = KEEPER + 1;

/// What bankruptcies in other markets than the attacker's cost, and what his drew of the shared insurance, in atoms.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    elsewhere: u64,
    bankruptcies: u32,
}

impl Cost {
    fn add(&mut self, market: u16, plan: &BankruptcyPlan) {
        if market != THIN_PERP {
            self.elsewhere +=
                plan.paid_by_insurance.get() + plan.paid_by_shared_insurance.get() + plan.written_off.get();
            self.bankruptcies += 1;
        }
    }
}

/// What anybody may do about an account: its losses become cash, then it is liquidated as far as it can be.
fn keep_account(world: &mut World, account: usize) {
    for market in [SOL_PERP, BTC_PERP] {
        if world.size(account, market) != 0 {
            let _ = world.settle_pnl(account, market);
        }
    }
    // An account that is healthy only by another position's unpaid profit becomes liquidatable once that is settled.
    let mut again = true;
    while again {
        again = false;
        for market in [THIN_PERP, SOL_PERP, BTC_PERP] {
            if world.size(account, market) != 0 {
                again |= world.liquidate(KEEPER, account, market, u64::MAX).is_ok();
            }
        }
    }
}

pub fn keep(world: &mut World, cost: &mut Cost) {
    for account in (0..world.exchange.accounts().len()).filter(|account| *account != KEEPER) {
        keep_account(world, account);
    }
    resolve(world, cost);
}

/// The account with which an attacker holds positions in a market.
fn account_in(world: &World, account: usize, market: u16) -> usize {
    let isolated = world.market(market).parameters.isolated_only != 0;
    if isolated {
        ISOLATED + account
    } else {
        account
    }
}

fn resolve(world: &mut World, cost: &mut Cost) {
    for (account, market) in world.slots(|position| !position.debt.is_zero()) {
        if let Ok(plan) = world.resolve_bankruptcy(account, market) {
            cost.add(market, &plan);
        }
    }
}

/// What the attackers and the keepers do.
#[derive(Clone, Debug)]
pub enum Act {
    /// The attacker's price, in thousandths of what it was.
    Jump {
        thousandths: i64,
    },
    /// A reading of his that is too wide to be a price.
    Wide,
    /// Time in which his oracle says nothing; the keepers look after the rest.
    Silence {
        seconds: u32,
        outage: bool,
    },
    /// Another market moves, and the keepers follow.
    Move {
        market: u16,
        ppm: i64,
    },
    /// In thousandths of the balance.
    Trade {
        account: usize,
        market: u16,
        thousandths: i64,
    },
    Close {
        account: usize,
        market: u16,
    },
    Settle {
        account: usize,
    },
    Liquidate {
        account: usize,
        market: u16,
    },
    FundAndRedeem,
    Allocate,
    Deposit {
        account: usize,
        dollars: u64,
    },
    Withdraw {
        account: usize,
        percent: u64,
    },
    Resolve,
    Keep,
}

pub fn act() -> impl Strategy<Value = Act> {
    let (account, market) = (0..ATTACKERS, 0u16..3);
    prop_oneof![
        8 => prop_oneof![1 => 100i64..1_000, 1 => 1_000i64..10_000, 1 => 900i64..1_100]
            .prop_map(|thousandths| Act::Jump { thousandths }),
        1 => Just(Act::Wide),
        2 => (prop_oneof![3 => 1u32..60, 1 => 400u32..4_000], any::<bool>())
            .prop_map(|(seconds, outage)| Act::Silence { seconds, outage }),
        8 => (0u16..2, -STEP..STEP).prop_map(|(market, ppm)| Act::Move { market, ppm }),
        14 => (account.clone(), market.clone(), prop_oneof![-12_000i64..12_000, -2_000i64..2_000])
            .prop_map(|(account, market, thousandths)| Act::Trade { account, market, thousandths }),
        3 => (account.clone(), market.clone()).prop_map(|(account, market)| Act::Close { account, market }),
        5 => account.clone().prop_map(|account| Act::Settle { account }),
        4 => (account.clone(), market).prop_map(|(account, market)| Act::Liquidate { account, market }),
        4 => Just(Act::FundAndRedeem),
        3 => Just(Act::Allocate),
        3 => (account.clone(), 100u64..30_000).prop_map(|(account, dollars)| Act::Deposit { account, dollars }),
        3 => (account, 1u64..=100).prop_map(|(account, percent)| Act::Withdraw { account, percent }),
        3 => Just(Act::Resolve),
        4 => Just(Act::Keep),
    ]
}

/// Does it; what the exchange refuses changes nothing.
pub fn take(world: &mut World, act: &Act, cost: &mut Cost) {
    match *act {
        Act::Jump { thousandths } => {
            world.wait(1);
            world.feed_mut(THIN_PERP).confidence = 0;
            world.move_price(THIN_PERP, (thousandths - 1_000) * 1_000);
            world.refresh_all();
        }
        Act::Wide => {
            world.wait(1);
            let price = world.feed(THIN_PERP).price;
            world.publish(THIN_PERP, price, price.unsigned_abs() / 10);
            let _ = world.update_price(THIN_PERP);
        }
        Act::Silence { seconds, outage } => {
            world.wait(seconds);
            if outage {
                let _ = world.report_oracle_outage(THIN_PERP);
            }
            refresh_others(world);
            keep(world, cost);
        }
        Act::Move { market, ppm } => {
            world.wait(1);
            world.move_price(market, ppm);
            refresh_others(world);
            keep(world, cost);
        }
        Act::Trade { account, market, thousandths } => {
            let account = account_in(world, account, market);
            let notional = u128::from(world.account(account).balance.get()) * u128::from(thousandths.unsigned_abs());
            let size = world.size_worth(market, u64::try_from(notional / 1_000).unwrap());
            let _ = world.trade(account, market, i64::try_from(size).unwrap() * thousandths.signum());
            world.wait(0);
        }
        Act::Close { account, market } => {
            let _ = world.close(account_in(world, account, market), market);
        }
        Act::Settle { account } => {
            let _ = world.settle_pnl(account_in(world, account, THIN_PERP), THIN_PERP);
        }
        Act::Liquidate { account, market } => {
            let _ = world.liquidate(KEEPER, account_in(world, account, market), market, u64::MAX);
        }
        Act::FundAndRedeem => fund_and_redeem(world),
        Act::Allocate => {
            let _ = world.allocate_backing(THIN_PERP);
        }
        Act::Deposit { account, dollars } => world.deposit(account, dollars * USDC).unwrap(),
        Act::Withdraw { account, percent } => {
            let account = if percent % 2 == 0 { account } else { account_in(world, account, THIN_PERP) };
            let _ = world.withdraw(account, world.account(account).balance.get() / 100 * percent);
        }
        Act::Resolve => resolve(world, cost),
        Act::Keep => keep(world, cost),
    }
}

fn refresh_others(world: &mut World) {
    for market in [SOL_PERP, BTC_PERP] {
        world.republish(market);
        world.update_price(market).unwrap();
    }
}

fn fund_and_redeem(world: &mut World) {
    let _ = world.fund_claims(THIN_PERP);
    for (account, market) in world.slots(|position| !position.claim.is_zero()) {
        let _ = world.redeem_claim(account, market);
    }
}

/// The test markets, the attackers' only for accounts isolated to it.
pub fn isolated_markets() -> [TestMarket; 3] {
    test_markets().map(|market| {
        let thin = market.listing.base_decimals == 5;
        let parameters = Parameters { isolated_only: thin.into(), ..market.listing.parameters };
        TestMarket { listing: Listing { parameters, ..market.listing }, ..market }
    })
}

/// Three attackers and somebody honest, each with $20 000, and as much in each of their accounts that are isolated to their market;
/// $10 000 of shared insurance, $50 in the attackers' market.
pub fn exchange(markets: &[TestMarket; 3]) -> World {
    let mut world = World::with_liquidity(markets, KEEPER + 1, 1, MILLION);
    world.fund_shared_insurance(10_000 * USDC).unwrap();
    world.fund_insurance(THIN_PERP, 50 * USDC).unwrap();
    for account in 0..KEEPER {
        world.deposit(account, 20_000 * USDC).unwrap();
    }
    if markets[usize::from(THIN_PERP)].listing.parameters.isolated_only != 0 {
        for account in 0..ATTACKERS {
            assert_eq!(world.exchange.open_account(Some(THIN_PERP)), Ok(ISOLATED + account));
            world.deposit(ISOLATED + account, 20_000 * USDC).unwrap();
        }
    }
    world.trade(HONEST, SOL_PERP, i64::try_from(300 * SOL).unwrap()).unwrap();
    world
}

/// Rounds of the attackers: most that was lost of the principal, elsewhere, and drawn of the shared insurance, in atoms. `allowed` says
/// how much may be lost elsewhere with so much deposited by the attackers.
fn rounds(markets: &[TestMarket; 3], allowed: fn(u64) -> u64) -> (i128, u64, u64) {
    let most = Cell::new((0, 0, 0));
    runner(400)
        .run(&proptest::collection::vec(act(), 40..120), |acts| {
            let mut world = exchange(markets);
            let (mut cost, mut placed_most, mut into_thin) = (Cost::default(), 0, 0i128);
            let insured = world.market(THIN_PERP).ledger.insurance.get();
            into_thin += i128::from(world.market(THIN_PERP).ledger.net_principal.get());
            for act in &acts {
                let cash = i128::from(world.exchange.pool.cash.get());
                take(&mut world, act, &mut cost);
                // Nothing but the backing of this market moves the pool's cash here.
                into_thin += cash - i128::from(world.exchange.pool.cash.get());
                let thin = &world.market(THIN_PERP).ledger;
                placed_most = placed_most.max(thin.net_principal.get());
                let drawn = thin.shared_drawn.get();
                let lost = (into_thin - i128::from(thin.backing.get())).max(0);
                let costs = lost + i128::from(drawn);
                let bound = i128::from(placed_most + insured + drawn);
                assert!(costs <= bound, "{act:?}: {costs} atoms of {bound}, {cost:?}");
                let counters = world.exchange.accounts().iter().map(|account| account.counters.deposited.get());
                let allowed = allowed(counters.sum());
                assert!(cost.elsewhere <= allowed, "{act:?}: {cost:?} of {allowed}");
            }
            let thin = &world.market(THIN_PERP).ledger;
            let (lost, elsewhere, drawn) = most.get();
            most.set((
                lost.max(into_thin - i128::from(thin.backing.get())),
                elsewhere.max(cost.elsewhere),
                drawn.max(thin.shared_drawn.get()),
            ));
            Ok::<(), TestCaseError>(())
        })
        .unwrap();
    let (lost, elsewhere, drawn) = most.get();
    println!("{lost} of the principal, {elsewhere} elsewhere, {drawn} of the shared insurance, at most");
    most.get()
}

#[test]
fn isolation_of_a_market_in_an_attackers_hand_holds_over_any_number_of_rounds() {
    // Only accounts isolated to it trade there: nothing is lost elsewhere.
    let (lost, elsewhere, drawn) = rounds(&isolated_markets(), |_| 0);
    // The attackers' market did cost all that may be lost there, and some of the insurance.
    assert!(
        lost > 19_000 * i128::from(USDC) && drawn > 900 * USDC,
        "{lost} of the principal, {drawn} of the insurance"
    );
    assert_eq!(elsewhere, 0);
}

#[test]
fn a_market_in_an_attackers_hand_that_shares_accounts_costs_elsewhere_at_most_what_they_deposited() {
    // What his market takes of an account's cash is missing where the account loses: there is no better bound than that cash.
    let (lost, elsewhere, drawn) = rounds(&test_markets(), |deposited| deposited);
    assert!(
        lost > 19_000 * i128::from(USDC) && drawn > 900 * USDC,
        "{lost} of the principal, {drawn} of the insurance"
    );
    assert!(elsewhere > 0);
}

/// A hundred accounts with $660 long in the attacker's market and $15 000 long in SOL on $1000 each; where `matched`, one more
/// account is short what they are long. The price of his market multiplies by ten.
fn shielded(matched: bool) -> (World, usize) {
    const ACCOUNTS: usize = 100;
    let mut world = World::with_liquidity(&test_markets(), ACCOUNTS + 2, 1, MILLION);
    world.fund_shared_insurance(10_000 * USDC).unwrap();
    let (counterpart, keeper) = (ACCOUNTS, ACCOUNTS + 1);
    let each = i64::try_from(1_000 * THIN).unwrap();
    if matched {
        world.deposit(counterpart, 20_000 * USDC).unwrap();
    }
    for account in 0..ACCOUNTS {
        world.deposit(account, 1_000 * USDC).unwrap();
        world.trade(account, THIN_PERP, each).unwrap();
        if matched {
            world.trade(counterpart, THIN_PERP, -each).unwrap();
        }
        world.trade(account, SOL_PERP, i64::try_from(60 * SOL).unwrap()).unwrap();
    }
    world.wait(1);
    world.move_price(THIN_PERP, 9_000_000);
    world.refresh_all();
    (world, keeper)
}

#[test]
fn attack_a_toxic_market_shields_no_loss_elsewhere() {
    // $4500 of profit on paper each, $450 000 in all, of which the market has its backing of $20 000 and what a counterpart pays.
    // SOL falls by 1 % fifteen times: $2250 of loss on $1000. Every account is out of SOL before it owes anything there.
    for matched in [false, true] {
        let (mut world, keeper) = shielded(matched);
        let before = world.market(SOL_PERP).ledger;
        let (insurance, placed) = (world.exchange.pool.insurance, world.market(THIN_PERP).ledger.net_principal.get());
        for _ in 0..15 {
            world.wait(2);
            world.move_price(SOL_PERP, -10_000);
            world.refresh_all();
            for account in 0..keeper - 1 {
                let mut again = true;
                while again {
                    again = false;
                    for market in [THIN_PERP, SOL_PERP] {
                        if world.size(account, market) != 0 {
                            again |= world.liquidate(keeper, account, market, u64::MAX).is_ok();
                        }
                    }
                }
            }
        }
        for account in 0..keeper - 1 {
            let state = world.account(account);
            assert!(state.occupied().all(|(_, it)| it.market != SOL_PERP || it.debt.is_zero()), "{account}: {state:?}");
        }
        let after = world.market(SOL_PERP).ledger;
        assert_eq!(
            (after.debts, after.written_off, after.shared_drawn),
            (before.debts, before.written_off, before.shared_drawn)
        );
        assert!(after.insurance >= before.insurance);
        assert_eq!(world.exchange.pool.insurance, insurance);
        // What they had for their SOL was their own cash and what their market could pay.
        let paid: u64 = (0..keeper - 1).map(|account| world.account(account).balance.get()).sum();
        assert!(paid <= (100 * 1_000 + if matched { 20_000 } else { 0 }) * USDC + placed, "{paid}");
    }
}

/// An account with $100 000 has lost $40 000 of $200 000 in SOL and is far from liquidation; its owner's market multiplies by ten, in
/// which `short` and `long` are opposite. He settles there first, then everybody looks after everything: what it cost elsewhere.
fn drain(world: &mut World, short: usize, long: usize) -> Cost {
    let units = i64::try_from(22_000 * THIN).unwrap();
    world.trade(short, THIN_PERP, -units).unwrap();
    world.trade(long, THIN_PERP, units).unwrap();
    world.wait(1);
    world.move_price(SOL_PERP, -200_000);
    world.refresh_all();
    let refused = world.liquidate(KEEPER, 0, SOL_PERP, u64::MAX);
    assert!(refused.is_err(), "{refused:?}");
    // Longer than the better prices of before are remembered, at which no loss would be settled.
    world.wait(16);
    world.move_price(THIN_PERP, 9_000_000);
    world.refresh_all();
    let _ = world.settle_pnl(short, THIN_PERP);
    let _ = world.settle_pnl(long, THIN_PERP);
    let mut cost = Cost::default();
    keep(world, &mut cost);
    resolve(world, &mut cost);
    cost
}

#[test]
fn attack_a_toxic_market_drains_no_cash_that_a_loss_elsewhere_needs() {
    // 22 000 units short at $0.50 lose $99 000 at $5: of an account isolated to the market.
    let mut world = exchange(&isolated_markets());
    world.deposit(0, 80_000 * USDC).unwrap();
    world.deposit(ISOLATED, 80_000 * USDC).unwrap();
    world.trade(0, SOL_PERP, i64::try_from(800 * SOL).unwrap()).unwrap();
    let units = i64::try_from(22_000 * THIN).unwrap();
    let refused = world.trade(0, THIN_PERP, -units);
    assert_eq!(refused, Err(EngineError::IsolatedMarket { market: THIN_PERP }));
    let cost = drain(&mut world, ISOLATED, ISOLATED + 1);
    assert_eq!((cost.elsewhere, cost.bankruptcies), (0, 0), "a loss elsewhere went unpaid");
    assert!(world.market(SOL_PERP).ledger.debts.is_zero());
}

#[test]
fn a_toxic_market_that_shares_accounts_takes_the_cash_that_a_loss_elsewhere_needs() {
    // The same with one account: of its $100 000 the market takes $99 000 and SOL is owed $40 000, of which it gets what is left: this is
    // what a market may cost that shares accounts, as often as somebody has cash for it.
    let mut world = exchange(&test_markets());
    world.deposit(0, 80_000 * USDC).unwrap();
    world.trade(0, SOL_PERP, i64::try_from(800 * SOL).unwrap()).unwrap();
    let cost = drain(&mut world, 0, 1);
    let dollars = cost.elsewhere / USDC;
    assert!((38_000..=40_000).contains(&dollars), "{dollars}");
}
