use super::*;
use crate::fixtures::{
    alone, at, exact, planned, publish, restricted_until, set_side, sol_market, usdc, PRICE, SOL, USDC,
};
use crate::state::{ExchangeState, Market, Position, Status};
use crate::units::{Atoms, QuoteX40, Side, Size, X40_PER_ATOM};
use bytemuck::Zeroable;

fn settle(account: &Account, market: &Market) -> Result<PnlSettlementPlan, EngineError> {
    settle_at(account, market, Status::Active, 0)
}

fn settle_at(
    account: &Account,
    market: &Market,
    status: Status,
    seconds_later: i64,
) -> Result<PnlSettlementPlan, EngineError> {
    planned(market, status, at(seconds_later), |market| plan_settle_pnl(account, market))
}

fn entry_dollars(plan: &PnlSettlementPlan) -> i128 {
    plan.ledger.position.entry_notional.get().get() / X40_PER_ATOM / i128::from(USDC)
}

#[test]
fn a_profit_becomes_cash_and_the_entry_moves_to_the_price() {
    // Bought for $2400, worth $2500.
    let (account, market) = alone(5, Side::Long, 2_400, 1_000);
    let plan = settle(&account, &market).unwrap();
    assert_eq!(plan.profit, SignedAtoms::new(100_000_000));
    assert_eq!((plan.ledger.balance, plan.ledger.market.backing), (usdc(105), usdc(900)));
    assert_eq!(entry_dollars(&plan), 2_500);
    // Sold for $2600: the entry falls.
    let (account, market) = alone(5, Side::Short, 2_600, 1_000);
    let plan = settle(&account, &market).unwrap();
    assert_eq!((plan.ledger.balance, entry_dollars(&plan)), (usdc(105), 2_500));
}

#[test]
fn a_profit_is_settled_as_far_as_there_is_cash_and_never_into_a_claim() {
    let (account, market) = alone(5, Side::Long, 2_400, 30);
    let plan = settle(&account, &market).unwrap();
    assert_eq!((plan.ledger.balance, plan.ledger.market.backing), (usdc(35), Atoms::ZERO));
    assert_eq!((entry_dollars(&plan), plan.ledger.position.claim), (2_430, Atoms::ZERO));
    // While a claim waits, nothing.
    let (account, mut market) = alone(5, Side::Long, 2_400, 1_000);
    market.ledger.claims = usdc(1);
    let plan = settle(&account, &market).unwrap();
    assert_eq!((plan.profit, plan.ledger.balance), (SignedAtoms::ZERO, usdc(5)));
}

#[test]
fn a_loss_is_taken_as_far_as_there_is_cash_and_the_rest_is_a_debt() {
    // Bought for $2600: $100 of loss, $60 of balance.
    let (account, market) = alone(60, Side::Long, 2_600, 0);
    let plan = settle(&account, &market).unwrap();
    assert_eq!(plan.profit, SignedAtoms::new(-100_000_000));
    assert_eq!(
        (plan.ledger.balance, plan.ledger.market.backing, plan.ledger.position.debt),
        (Atoms::ZERO, usdc(60), usdc(40))
    );
    assert_eq!(entry_dollars(&plan), 2_500);
}

#[test]
fn a_profit_pays_the_debt_of_its_own_market_first() {
    // $100 of profit, $40 of debt, no backing: the debt is paid by the profit, the rest stays unrealized.
    let (mut account, mut market) = alone(0, Side::Long, 2_400, 0);
    account.positions[0].debt = usdc(40);
    market.ledger.debts = usdc(40);
    let plan = settle(&account, &market).unwrap();
    assert_eq!((plan.profit, plan.ledger.position.debt), (SignedAtoms::new(40_000_000), Atoms::ZERO));
    assert_eq!((plan.ledger.balance, entry_dollars(&plan)), (Atoms::ZERO, 2_440));
}

#[test]
fn what_is_below_an_atom_stays_unrealized() {
    for side in Side::BOTH {
        for quarter in [-X40_PER_ATOM / 4, X40_PER_ATOM / 4] {
            let (mut account, mut market) = alone(5, side, 2_500, 1_000);
            let entry = QuoteX40::new(account.positions[0].entry_notional.get().get() + quarter);
            account.positions[0].entry_notional = entry.into();
            market.ledger.side_mut(side).entry_notional = entry.into();
            let plan = settle(&account, &market).unwrap();
            assert_eq!((plan.profit, plan.ledger.balance), (SignedAtoms::ZERO, usdc(5)));
            assert_eq!(plan.ledger.position.entry_notional, account.positions[0].entry_notional);
        }
    }
}

#[test]
fn settling_profit_is_refused_where_liquidation_is_not_possible() {
    let (account, mut market) = alone(5, Side::Long, 2_400, 1_000);
    let late = settle_at(&account, &market, Status::Active, 16);
    assert_eq!(late, Err(EngineError::PriceStale { age: 16, allowed: 15 }));
    let paused = settle_at(&account, &market, Status::Paused, 0);
    assert_eq!(paused, Err(EngineError::Paused));
    market.price.newest_published = at(5).now;
    let wide = settle_at(&account, &market, Status::Active, 5);
    assert_eq!(wide, Err(EngineError::MarketUnusable { market: 0 }));
    publish(&mut market, PRICE, 5);
    market.index = 3;
    assert_eq!(settle_at(&account, &market, Status::Active, 5), Err(EngineError::NoPosition));
}

#[test]
fn attack_settling_a_healthy_accounts_profit_does_not_lower_its_equity() {
    // Longs have lost in all: our 1000 SOL won $30 000, a stranger's 1000 SOL lost $100 000; 1000 SOL of shorts won $20 000.
    // There is a backing of $10 000 and the losing side is good for 3 % of $500 000, $15 000: enough for the shorts.
    let mut market = sol_market();
    market.ledger.backing = usdc(10_000);
    set_side(&mut market, Side::Long, 2_000 * SOL, 570_000 * USDC);
    set_side(&mut market, Side::Short, 1_000 * SOL, 270_000 * USDC);
    let mut account = Account::zeroed();
    let entry_notional = exact(220_000).into();
    account.positions[0] =
        Position { size: Size::new(1_000 * SOL).on(Side::Long).unwrap(), entry_notional, ..Position::empty_in(0) };
    // $10 000 in cash would leave the market $15 000 for the shorts' $20 000: the $20 000 that remain of our profit would
    // count for $15 000, and all of it for $25 000 instead of $30 000.
    let refused = settle(&account, &market);
    let (equity, margin) = (SignedAtoms::new(25_000 * USDC as i64), usdc(7_500));
    assert_eq!(refused, Err(EngineError::SettlementLowersEquity { equity, margin }));
    // With a backing of $60 000 nothing is lost by it.
    market.ledger.backing = usdc(60_000);
    assert_eq!(settle(&account, &market).unwrap().profit, SignedAtoms::new(30_000 * USDC as i64));
}

#[test]
fn a_pause_holds_to_its_end_whatever_the_oracle_says() {
    // The newest price may be ten seconds ahead of the clock: ages are measured from it, statuses are not.
    let (account, mut market) = alone(5, Side::Long, 2_400, 1_000);
    let exchange = ExchangeState { pause: restricted_until(300), ..ExchangeState::default() };
    publish(&mut market, PRICE, 305);
    let settle = |seconds| settle_at(&account, &market, exchange.session(at(seconds)).status, seconds);
    assert_eq!(settle(299), Err(EngineError::Paused));
    assert!(settle(300).is_ok());
}

#[test]
fn what_is_settled_is_counted_as_realized() {
    // $100 of profit, of which the backing pays $30, and $100 of loss.
    let (account, market) = alone(5, Side::Long, 2_400, 30);
    let plan = settle(&account, &market).unwrap();
    let gained = SignedAtoms::new(30_000_000);
    assert_eq!((plan.ledger.counters.realized, plan.ledger.position.realized), (gained, gained));
    assert_eq!(plan.ledger.market.counters.traders_result, gained);
    let (account, market) = alone(60, Side::Long, 2_600, 0);
    let plan = settle(&account, &market).unwrap();
    let lost = SignedAtoms::new(-100_000_000);
    assert_eq!((plan.ledger.counters.realized, plan.ledger.position.realized), (lost, lost));
    assert_eq!(plan.ledger.market.counters.traders_result, lost);
}
