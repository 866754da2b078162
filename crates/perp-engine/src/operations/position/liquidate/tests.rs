use super::*;
use crate::fixtures::{
    at, base, exact, planned_for, publish, set_side, sol_market, sol_parameters, usdc, PRICE, SOL, USDC,
};
use crate::market::claims::FULL_CLAIM_FACTOR;
use crate::state::{Market, Position, Status};
use crate::units::{Side, X40_PER_ATOM};
use bytemuck::Zeroable;

mod attacks;
mod penalty;
mod properties;

const ALL: LiquidationOrder = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };

/// `sol` SOL entered at $250 each, `balance` atoms, and the market in which it is alone with $100 000 of backing.
fn holding(sol: i64, balance: u64) -> (Account, Market) {
    let mut market = sol_market();
    market.ledger.backing = usdc(100_000);
    let (side, size) = if sol > 0 { (Side::Long, sol.unsigned_abs()) } else { (Side::Short, sol.unsigned_abs()) };
    set_side(&mut market, side, size * SOL, size * 250 * USDC);
    let mut account = Account { balance: Atoms::new(balance), ..Account::zeroed() };
    let entry_notional = market.ledger.side(side).entry_notional;
    account.positions[0] = Position { size: base(sol * 1_000_000_000), entry_notional, ..Position::empty_in(0) };
    (account, market)
}

fn liquidate(account: &Account, market: &Market, order: LiquidationOrder) -> Result<LiquidationPlan, EngineError> {
    liquidate_beside(&[], account, market, order)
}

/// Plans a liquidation of an account that has slots in other markets besides.
fn liquidate_beside(
    others: &[&Market],
    account: &Account,
    market: &Market,
    order: LiquidationOrder,
) -> Result<LiquidationPlan, EngineError> {
    planned_for(account, market, others, Status::Active, at(0), |portfolio, market| {
        plan_liquidation(portfolio, market, &order)
    })
}

#[test]
fn a_partial_liquidation_restores_one_and_a_quarter_times_the_margin() {
    // 100 SOL at $250, $700 of equity against 3 % of $25 000 = $750.
    // n = (1.25 · 750 − 700) / (1.25 · 3 % − 1 %) = 237.5 / 2.75 % = 8636.363636 dollars, 34.545454544 SOL.
    for sol in [100, -100] {
        let (account, market) = holding(sol, 700 * USDC);
        let plan = liquidate(&account, &market, ALL).unwrap();
        assert_eq!(plan.closed, Size::new(34_545_454_544));
        assert_eq!(plan.realized, SignedAtoms::ZERO);
        // Penalty ⌊1 % · 8 636 363 636⌋. Depth 50/750 = 66 666 ppm, so the bounty's share is
        // 30 % + 20 % · 6.6666 % = 313 333 ppm: ⌊86 363 636 · 0.313333⌋. Nominal backing share 20 %: 17 272 727.
        let penalty = plan.penalty;
        assert_eq!((penalty.charged, penalty.collected), (Atoms::new(86_363_636), Atoms::new(86_363_636)));
        assert_eq!(penalty.bounty, Atoms::new(27_060_577));
        assert_eq!((penalty.insurance, penalty.backing), (Atoms::new(42_030_332), Atoms::new(17_272_727)));
        // What is left: $613.636364 against 3 % of $16 363.636364, $490.909091: 1.25 times as much.
        assert_eq!(plan.after.equity, SignedAtoms::new(613_636_364));
        assert_eq!(plan.after.margin, Atoms::new(490_909_091));
        assert_eq!(plan.ledger.market.insurance, penalty.insurance);
        assert_eq!(plan.ledger.market.backing, usdc(100_000).checked_add(penalty.backing).unwrap());
    }
}

#[test]
fn at_the_maintenance_margin_nothing_is_liquidated_and_an_atom_below_it_is() {
    let (account, market) = holding(100, 750 * USDC);
    let refused = liquidate(&account, &market, ALL);
    let equity = SignedAtoms::new(750_000_000);
    assert_eq!(refused, Err(EngineError::NotLiquidatable { equity, maintenance: usdc(750) }));
    let (account, market) = holding(100, 750 * USDC - 1);
    let plan = liquidate(&account, &market, ALL).unwrap();
    // 187.5 / 2.75 % = $6818.18.
    assert_eq!(plan.closed.get() / 1_000_000, 27_272);
}

#[test]
fn the_deeper_the_account_the_more_is_closed_and_the_larger_the_bountys_share() {
    // $375 of equity, half the margin: n = (937.5 − 375) / 2.75 % = $20 454.545454; depth 50 %: share 40 %.
    let (account, market) = holding(100, 375 * USDC);
    let plan = liquidate(&account, &market, ALL).unwrap();
    assert_eq!(plan.closed, Size::new(81_818_181_816));
    assert_eq!(plan.penalty.charged, Atoms::new(204_545_454));
    assert_eq!(plan.penalty.bounty, Atoms::new(81_818_181));
    assert_eq!(plan.after.equity, SignedAtoms::new(170_454_546));
}

#[test]
fn without_equity_everything_is_closed_and_no_penalty_is_charged() {
    // 100 SOL, $700, and the price falls to $240: −$300.
    let (account, mut market) = holding(100, 700 * USDC);
    market.price.price = Price::new(PRICE / 25 * 24);
    let plan = liquidate(&account, &market, ALL).unwrap();
    assert_eq!(plan.closed, Size::new(100 * SOL));
    assert_eq!(plan.penalty, Penalty::default());
    assert_eq!(plan.realized.get() / 1_000_000, -1_000);
    // The $700 are the market's and the rest is owed.
    assert_eq!(plan.ledger.balance, Atoms::ZERO);
    assert_eq!(plan.ledger.position.debt.get() / 1_000, 300_000);
    assert!(plan.after.equity.is_negative());
}

#[test]
fn without_equity_everything_is_closed_also_where_the_size_premium_binds() {
    // One ppm per √atom: $25 000 demands 15.8 % · 60 %. The marginal rate is half as much again, and the quotient alone
    // would leave a third of a position that nothing can restore.
    let (account, mut market) = holding(100, 0);
    market.parameters.size_premium = 1 << 32;
    market.price.price = Price::new(PRICE - 11);
    let plan = liquidate(&account, &market, ALL).unwrap();
    assert_eq!(plan.closed, Size::new(100 * SOL));
}

#[test]
fn what_would_leave_less_than_the_minimum_position_closes_whole() {
    // $100 is 0.4 SOL. 0.5 SOL = $125 demands $3.75: with $3.50 the quotient closes $43, leaving $82.
    let (mut account, mut market) = holding(1, 3_500_000);
    account.positions[0].size = base(500_000_000);
    set_side(&mut market, Side::Long, 500_000_000, 125 * USDC);
    account.positions[0].entry_notional = market.ledger.side(Side::Long).entry_notional;
    assert_eq!(liquidate(&account, &market, ALL).unwrap().closed, Size::new(500_000_000));
    // Asking for less does not leave it either.
    let little = LiquidationOrder { max_size: Size::new(200_000_000), ..ALL };
    assert_eq!(liquidate(&account, &market, little).unwrap().closed, Size::new(500_000_000));
    // $25 of it leaves exactly the minimum.
    let exact = LiquidationOrder { max_size: Size::new(100_000_000), ..ALL };
    assert_eq!(liquidate(&account, &market, exact).unwrap().closed, Size::new(100_000_000));
}

#[test]
fn the_liquidator_sets_a_largest_size_and_a_least_bounty() {
    let (account, market) = holding(100, 700 * USDC);
    let some = LiquidationOrder { max_size: Size::new(10 * SOL), ..ALL };
    let plan = liquidate(&account, &market, some).unwrap();
    // 1 % of $2500, 313 333 ppm of it.
    assert_eq!((plan.closed, plan.penalty.bounty), (Size::new(10 * SOL), Atoms::new(7_833_325)));
    let enough = LiquidationOrder { min_bounty: Atoms::new(7_833_325), ..some };
    assert!(liquidate(&account, &market, enough).is_ok());
    let greedy = LiquidationOrder { min_bounty: Atoms::new(7_833_326), ..some };
    let refused = Err(EngineError::BountyTooSmall { bounty: Atoms::new(7_833_325) });
    assert_eq!(liquidate(&account, &market, greedy), refused);
    let nothing = LiquidationOrder { max_size: Size::ZERO, ..ALL };
    assert_eq!(liquidate(&account, &market, nothing), Err(EngineError::SizeOutOfRange));
}

#[test]
fn every_leg_must_be_fresh_and_the_closed_one_usable() {
    let (mut account, market) = holding(100, 700 * USDC);
    let mut other = Market { index: 1, ..sol_market() };
    account.positions[1] = Position { size: base(1), ..Position::empty_in(1) };
    set_side(&mut other, Side::Long, 1, 0);
    let attempt = |market: &Market, other: &Market, status, seconds| {
        planned_for(&account, market, &[other], status, at(seconds), |portfolio, market| {
            plan_liquidation(portfolio, market, &ALL).map(|_| ())
        })
    };
    assert_eq!(attempt(&market, &other, Status::Active, 15), Ok(()));
    assert_eq!(attempt(&market, &other, Status::ReduceOnly, 15), Ok(()));
    assert_eq!(attempt(&market, &other, Status::Paused, 0), Err(EngineError::Paused));
    let mut fresh = market;
    publish(&mut fresh, PRICE, 16);
    let stale = Err(EngineError::LegStale { market: 1, age: 16, allowed: 15 });
    assert_eq!(attempt(&fresh, &other, Status::Active, 16), stale);
    assert_eq!(attempt(&market, &other, Status::Active, 16), Err(EngineError::PriceStale { age: 16, allowed: 15 }));
    let mut wide = market;
    wide.price.newest_published = at(1).now;
    assert_eq!(attempt(&wide, &other, Status::Active, 1), Err(EngineError::MarketUnusable { market: 0 }));

    account.positions[0] = Position::default();
    assert_eq!(liquidate_beside(&[&other], &account, &market, ALL), Err(EngineError::NoPosition));
}

#[test]
fn a_winner_in_a_market_that_cannot_pay_is_closed_although_the_claim_counts_for_less() {
    // Longs: 100 SOL bought for $5000, $20 000 in profit, and 100 more bought for $65 000; together $20 000 under water
    // and good for 3 % of $50 000 = $1500. Shorts won $10 000: a coverage of 15 %, so the profit counts $3000. With $3100 owed
    // elsewhere the account is below zero and its owner cannot close.
    let (mut account, mut market) = holding(100, 0);
    market.ledger.backing = Atoms::ZERO;
    account.positions[0].entry_notional = exact(5_000).into();
    set_side(&mut market, Side::Long, 200 * SOL, 70_000 * USDC);
    set_side(&mut market, Side::Short, 10 * SOL, 12_500 * USDC);
    account.positions[1] = Position { debt: usdc(3_100), ..Position::empty_in(1) };
    let other = Market { index: 1, ..sol_market() };
    let plan = liquidate_beside(&[&other], &account, &market, ALL).unwrap();
    assert_eq!((plan.before.equity, plan.before.margin), (SignedAtoms::new(-100_000_000), usdc(750)));
    // A claim of $20 000 besides the shorts' $10 000; the remaining longs are good for $750: a coverage of 2.5 %.
    assert_eq!(plan.ledger.position.claim, usdc(20_000));
    assert_eq!(plan.after.equity, SignedAtoms::new(-2_600_000_000));
}
