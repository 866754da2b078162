use super::*;
use crate::fixtures::{
    at, base, exact, planned_for, publish, set_side, sol_market, sol_parameters, usdc, PRICE, SOL, USDC,
};
use crate::market::claims::FULL_CLAIM_FACTOR;
use crate::operations::position::plan_settle_pnl;
use crate::risk::margin::maintenance_margin_ceil;
use crate::state::{Market, Position, Status};
use crate::units::products::share_floor;
use crate::units::{Side, X40_PER_ATOM};
use bytemuck::Zeroable;

mod attacks;
mod moments;
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
    // The caller gets what the smaller of both fees left in the market: 0.02 % less a tenth of it, of ⌊23 999 999 998.3⌋ atoms,
    // since $250 / 25 · 24 is rounded. The market's insurance has nothing, so its backing pays it.
    let bounty = Atoms::new(4_319_999);
    assert_eq!(plan.penalty, Penalty { bounty, added: bounty, ..Penalty::default() });
    assert_eq!(plan.ledger.market.backing, Atoms::new(100_700_000_000 - 4_319_999));
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
fn a_liquidation_needs_the_price_of_the_market_it_closes_in_and_waits_for_no_other() {
    // 100 SOL here, a base unit elsewhere.
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
    // Where a market allows less, at 15 s the price still judges, and closes nothing any more.
    let mut impatient = market;
    impatient.parameters.max_age_liquidate = 14;
    assert_eq!(attempt(&impatient, &other, Status::Active, 14), Ok(()));
    assert_eq!(attempt(&impatient, &other, Status::Active, 15), Err(EngineError::PriceStale { age: 15, allowed: 14 }));
    // At 16 s it may be $287.50, where the account is healthy.
    assert!(matches!(attempt(&market, &other, Status::Active, 16), Err(EngineError::NotLiquidatable { .. })));
    // The other's may be as old as it likes, and its newest too wide.
    let mut fresh = market;
    publish(&mut fresh, PRICE, 100_000);
    assert_eq!(attempt(&fresh, &other, Status::Active, 100_000), Ok(()));
    other.price.newest_published = at(100_000).now;
    other.price.outage_since = at(16).now;
    assert_eq!(attempt(&fresh, &other, Status::Active, 100_000), Ok(()));
    // A reading of this one that is too wide leaves the last good price in force until that is too old itself.
    other.price = market.price;
    let mut wide = market;
    wide.price.newest_published = at(15).now;
    assert_eq!(attempt(&wide, &other, Status::Active, 14), Ok(()));
    wide.price.newest_published = at(16).now;
    assert!(matches!(attempt(&wide, &other, Status::Active, 14), Err(EngineError::NotLiquidatable { .. })));
    // While the clock is not believed nothing is closed: how old the price is is not known.
    let mut behind = market;
    behind.price.clock_distrusted_until = at(60).now;
    let losing = |market: &Market| {
        // Even where it is lost at $287.50.
        let mut market = *market;
        market.ledger.side_mut(Side::Long).entry_notional = exact(40_000).into();
        let mut account = account;
        account.positions[0].entry_notional = exact(40_000).into();
        liquidate_beside(&[&other], &account, &market, ALL).map(|_| ())
    };
    assert_eq!(losing(&behind), Err(EngineError::ClockBehind { until: at(60).now.get() }));
    assert_eq!(losing(&market), Ok(()));

    account.positions[0] = Position::default();
    assert_eq!(liquidate_beside(&[&other], &account, &market, ALL), Err(EngineError::NoPosition));
}

#[test]
fn a_winner_in_a_market_that_cannot_pay_is_closed_where_the_account_lacks_cash() {
    // 100 SOL bought for $5000, $20 000 in profit, of a market without backing, and $3100 owed elsewhere. Only cash crosses
    // markets: the profit lowers what the leg demands from $750 to nothing, and the account is at −$3100.
    let (mut account, mut market) = holding(100, 0);
    market.ledger.backing = Atoms::ZERO;
    account.positions[0].entry_notional = exact(5_000).into();
    set_side(&mut market, Side::Long, 100 * SOL, 5_000 * USDC);
    account.positions[1] = Position { debt: usdc(3_100), ..Position::empty_in(1) };
    let other = Market { index: 1, ..sol_market() };
    let plan = liquidate_beside(&[&other], &account, &market, ALL).unwrap();
    assert_eq!((plan.before.equity, plan.before.margin), (SignedAtoms::new(-3_100_000_000), Atoms::ZERO));
    // A claim of $20 000, which is no equity either.
    assert_eq!((plan.closed, plan.ledger.position.claim), (Size::new(100 * SOL), usdc(20_000)));
    assert_eq!(plan.after, plan.before);
    // With a backing of $3850 it can pay the debt and the margin of $750 is what equity is compared with: healthy, but only by
    // what the market has not paid.
    market.ledger.backing = usdc(3_850);
    let plan = liquidate_beside(&[&other], &account, &market, ALL).unwrap();
    assert_eq!((plan.closed, plan.realized), (Size::ZERO, SignedAtoms::new(3_850_000_000)));
}

/// 100 SOL short sold for $30 000, $5000 in profit at $250, in a market with so much backing, and $1000 lost with 40 SOL in
/// another market; `balance` dollars.
fn healthy_on_promises(balance: u64, backing: u64) -> (Account, [Market; 2]) {
    let (mut account, mut market) = holding(-100, balance * USDC);
    market.ledger.backing = usdc(backing);
    set_side(&mut market, Side::Short, 100 * SOL, 30_000 * USDC);
    account.positions[0].entry_notional = exact(30_000).into();
    let mut other = Market { index: 1, ..sol_market() };
    set_side(&mut other, Side::Long, 40 * SOL, 11_000 * USDC);
    let entry_notional = exact(11_000).into();
    account.positions[1] = Position { size: base(40_000_000_000), entry_notional, ..Position::empty_in(1) };
    (account, [market, other])
}

#[test]
fn an_account_healthy_only_by_what_markets_have_not_paid_has_its_profit_settled_and_nothing_closed() {
    // $500 of balance, −$1000 there, $5000 of profit here of which the market can pay $4000: equity $3500. Demanded are $750 less
    // the unpaid $1000, which is nothing, and 3 % of $10 000. On cash alone it is −$500 against $300.
    let (account, [market, other]) = healthy_on_promises(500, 4_000);
    let plan = liquidate_beside(&[&other], &account, &market, ALL).unwrap();
    assert_eq!((plan.before.equity, plan.before.margin), (SignedAtoms::new(3_500_000_000), usdc(300)));
    assert_eq!((plan.closed, plan.notional, plan.realized.get()), (Size::ZERO, QuoteX40::ZERO, 4_000_000_000));
    // A basis point of $4000 is the caller's.
    let fee = Atoms::new(400_000);
    assert_eq!(plan.penalty, Penalty { charged: fee, collected: fee, bounty: fee, ..Penalty::default() });
    assert_eq!(plan.ledger.balance, Atoms::new(4_499_600_000));
    assert_eq!((plan.ledger.market.backing, plan.ledger.position.claim), (Atoms::ZERO, Atoms::ZERO));
    assert_eq!(
        (plan.ledger.position.size, plan.ledger.position.settlement_paid_at),
        (base(-100_000_000_000), at(0).now)
    );
    assert_eq!((plan.after.equity, plan.after.margin), (SignedAtoms::new(3_499_600_000), usdc(300)));
    assert_eq!((plan.ledger.market.counters.liquidations, plan.ledger.market.counters.bounties), (0, fee));
    // What is left of the profit nobody can pay: there is nothing to settle, and on cash the account is healthy now.
    let mut settled = account;
    let mut empty = market;
    plan.ledger.apply_to(&mut settled, &mut empty.ledger);
    let healthy = liquidate_beside(&[&other], &settled, &empty, ALL);
    assert!(matches!(healthy, Err(EngineError::NotLiquidatable { .. })), "{healthy:?}");
    // The caller may ask for a least bounty here as well.
    let greedy = LiquidationOrder { min_bounty: Atoms::new(400_001), ..ALL };
    let refused = liquidate_beside(&[&other], &account, &market, greedy);
    assert_eq!(refused, Err(EngineError::BountyTooSmall { bounty: fee }));
}

#[test]
fn a_settlement_is_paid_for_once_in_ten_minutes_and_position() {
    let (mut account, [mut market, mut other]) = healthy_on_promises(500, 4_000);
    for (paid_ago, bounty) in [(1, 0), (599, 0), (600, 400_000), (10_000, 400_000)] {
        account.positions[0].settlement_paid_at = at(-paid_ago).now;
        let plan = liquidate_beside(&[&other], &account, &market, ALL).unwrap();
        assert_eq!((plan.realized.get(), plan.penalty.bounty), (4_000_000_000, Atoms::new(bounty)), "{paid_ago} s");
        let paid_at = if bounty == 0 { -paid_ago } else { 0 };
        assert_eq!(plan.ledger.position.settlement_paid_at, at(paid_at).now);
    }
    // By its loser nothing is settled: the account is healthy by the profit of its other position.
    (market.index, other.index) = (1, 0);
    (account.positions[0].market, account.positions[1].market) = (1, 0);
    let refused = liquidate_beside(&[&market], &account, &other, ALL);
    let equity = SignedAtoms::new(3_500_000_000);
    assert_eq!(refused, Err(EngineError::NotLiquidatable { equity, maintenance: usdc(300) }));
}

#[test]
fn a_settlement_never_costs_an_account_its_health() {
    // $4000 settled would cost $0.40. The account's surplus is the balance less $1000 and $300, plus $4000 paid.
    for (balance, fee) in
        [(-2_700_000_000i64, 0u64), (-2_699_999_999, 1), (-2_699_600_001, 399_999), (-2_699_000_000, 400_000)]
    {
        let (mut account, [market, other]) = healthy_on_promises(0, 4_000);
        // A negative balance is a debt to a third market.
        let third = Market { index: 2, ..sol_market() };
        account.positions[2] = Position { debt: Atoms::new(balance.unsigned_abs()), ..Position::empty_in(2) };
        let plan = liquidate_beside(&[&other, &third], &account, &market, ALL).unwrap();
        assert_eq!((plan.closed, plan.penalty.bounty), (Size::ZERO, Atoms::new(fee)), "{balance}");
        assert!(!plan.after.is_below_margin(), "{balance}");
    }
    // An atom less and the account is liquidated.
    let (mut account, [market, other]) = healthy_on_promises(0, 4_000);
    let third = Market { index: 2, ..sol_market() };
    account.positions[2] = Position { debt: Atoms::new(2_700_000_001), ..Position::empty_in(2) };
    assert!(!liquidate_beside(&[&other, &third], &account, &market, ALL).unwrap().closed.is_zero());
}

#[test]
fn a_dead_position_is_settled_at_the_worse_end_and_a_stale_one_at_the_last_good_price() {
    // The profit's market has been silent: it may lie from $212.50 to $287.50. 100 SOL sold for $30 000: at the better end $8750, at
    // which it is judged, at its last good price $5000, which is what would be paid.
    let (account, [mut market, mut other]) = healthy_on_promises(500, 100_000);
    publish(&mut other, PRICE, 400);
    let attempt = |market: &Market| {
        planned_for(&account, market, &[&other], Status::Active, at(400), |portfolio, market| {
            plan_liquidation(portfolio, market, &ALL)
        })
    };
    let plan = attempt(&market).unwrap();
    assert_eq!((plan.closed, plan.realized.get()), (Size::ZERO, 5_000_000_000));
    // Held for dead since 315 s: at $287.50 + ⌈⌉ it is worth 30 000 − 28 750.000001.
    market.price.outage_since = at(15).now;
    let plan = attempt(&market).unwrap();
    assert_eq!((plan.closed, plan.realized.get()), (Size::ZERO, 1_249_999_999));
    // The same as anybody's settlement of it.
    let settled = planned_for(&account, &market, &[&other], Status::Active, at(400), |_, market| {
        plan_settle_pnl(&account, market)
    });
    assert_eq!(settled.unwrap().profit, plan.realized);
}
