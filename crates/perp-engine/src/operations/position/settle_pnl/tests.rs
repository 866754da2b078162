use super::*;
use crate::fixtures::{
    alone, at, exact, planned, publish, restricted_until, set_side, sol_market, usdc, PRICE, SOL, USDC,
};
use crate::risk::portfolio::{Health, Portfolio};
use crate::state::{ExchangeState, Market, Position, Status};
use crate::units::{Atoms, QuoteX40, Side, Size, X40_PER_ATOM};
use bytemuck::Zeroable;

mod properties;
mod rewards;

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
fn settling_needs_a_position_and_a_market_that_is_not_paused() {
    let (account, mut market) = alone(5, Side::Long, 2_400, 1_000);
    let paused = settle_at(&account, &market, Status::Paused, 0);
    assert_eq!(paused, Err(EngineError::Paused));
    assert!(settle_at(&account, &market, Status::ReduceOnly, 0).is_ok());
    market.index = 3;
    assert_eq!(settle_at(&account, &market, Status::Active, 5), Err(EngineError::NoPosition));
}

#[test]
fn without_a_fresh_price_only_what_is_certain_is_settled() {
    // From 16 s on the price is any from $212.50 to $287.50, for 10 SOL from $2125 to $2875. A profit is what it was at the last good
    // price: that is what the market would have paid all along. A loss is what it is at the end that is better.
    let profit = |side, entry, seconds| {
        let (account, market) = alone(5_000, side, entry, 1_000_000);
        settle_at(&account, &market, Status::Active, seconds).unwrap().profit.get() / 1_000
    };
    for seconds in [15, 16, 100_000] {
        assert_eq!(profit(Side::Long, 2_400, seconds), 100_000);
        assert_eq!(profit(Side::Short, 2_600, seconds), 100_000);
    }
    assert_eq!((profit(Side::Long, 2_600, 15), profit(Side::Short, 2_400, 15)), (-100_000, -100_000));
    assert_eq!((profit(Side::Long, 2_600, 16), profit(Side::Short, 2_400, 16)), (0, 0));
    // $2875 − $3000 and $2000 − $2125: the range is rounded outwards by less than a cent.
    assert_eq!((profit(Side::Long, 3_000, 16), profit(Side::Short, 2_000, 16)), (-124_999, -124_999));
    // A clock that is not believed makes no price fresh.
    let (account, mut market) = alone(5_000, Side::Long, 3_000, 1_000);
    market.price.clock_distrusted_until = at(60).now;
    let lost = |seconds| settle_at(&account, &market, Status::Active, seconds).unwrap().profit.get() / 1_000;
    assert_eq!((lost(5), lost(60)), (-124_999, -124_999));
    market.price.clock_distrusted_until = Timestamp::NEVER;
    assert_eq!(settle_at(&account, &market, Status::Active, 5).unwrap().profit.get() / 1_000, -500_000);
}

#[test]
fn in_a_dead_market_a_long_and_a_short_take_out_no_more_than_one_of_them_has_won() {
    // The oracle's outage was reported 300 s ago: a profit is that of the worse end, $2125 for a long and $2875 for a short.
    let profit = |side, entry, since: i64| {
        let (account, mut market) = alone(5_000, side, entry, 1_000_000);
        market.price.outage_since = at(400 - since).now;
        settle_at(&account, &market, Status::Active, 400).unwrap().profit.get() / 1_000
    };
    assert_eq!((profit(Side::Long, 2_000, 299), profit(Side::Long, 2_000, 300)), (500_000, 124_999));
    assert_eq!((profit(Side::Short, 3_000, 299), profit(Side::Short, 3_000, 300)), (500_000, 124_999));
    // Neither profit nor loss is certain between the ends.
    assert_eq!((profit(Side::Long, 2_400, 300), profit(Side::Long, 2_600, 300)), (0, 0));
    assert_eq!(profit(Side::Long, 3_000, 300), -124_999);
}

#[test]
fn a_reading_too_wide_changes_nothing_about_the_settlement() {
    let (account, mut market) = alone(5, Side::Long, 2_400, 1_000);
    market.price.newest_published = at(5).now;
    assert_eq!(settle_at(&account, &market, Status::Active, 5).unwrap().profit.get(), 100_000_000);
}

#[test]
fn attack_settling_a_healthy_accounts_profit_does_not_lower_its_surplus() {
    // 1000 SOL won $30 000, a stranger's 1000 SOL lost $100 000; 1000 SOL of shorts won $20 000. The backing of $10 000 could pay a
    // third: $10 000 count and the other $20 000 take the margin to nothing. Settled, $10 000 are cash and nothing could be paid.
    let mut market = sol_market();
    market.ledger.backing = usdc(10_000);
    set_side(&mut market, Side::Long, 2_000 * SOL, 570_000 * USDC);
    set_side(&mut market, Side::Short, 1_000 * SOL, 270_000 * USDC);
    let mut account = Account::zeroed();
    let entry_notional = exact(220_000).into();
    account.positions[0] =
        Position { size: Size::new(1_000 * SOL).on(Side::Long).unwrap(), entry_notional, ..Position::empty_in(0) };
    for (backing, equity, margin) in [(10_000, 10_000, 0), (25_000, 25_000, 2_500), (60_000, 30_000, 7_500)] {
        market.ledger.backing = usdc(backing);
        let expected = Health { equity: SignedAtoms::new(equity * USDC as i64), margin: usdc(margin) };
        let health = |account: &Account, market: &Market| {
            Portfolio::new(account, None, [market], at(0)).unwrap().maintenance_health().unwrap()
        };
        let (mut settled, mut after) = (account, market);
        let plan = settle(&account, &market).unwrap();
        plan.ledger.apply_to(&mut settled, &mut after.ledger);
        assert_eq!((health(&account, &market), health(&settled, &after)), (expected, expected));
        assert_eq!(plan.profit.get(), equity * USDC as i64);
    }
}

#[test]
fn what_a_loss_settled_at_one_markets_second_takes_is_no_equity_where_the_market_cannot_pay_it_back() {
    // 10 SOL bought for $2500 here, where a stranger's claim waits, and as many in another market; $100 of balance. This one is told
    // $240 of 1 s, the other $250 of 0 s: with no second in common the account is judged at ±15 %, where each leg has won and demands
    // nothing. The loss of $100 is what every remembered second says and is settled; what it may come back by is promised only.
    let (mut account, mut market) = alone(100, Side::Long, 2_500, 0);
    market.ledger.claims = Atoms::new(1);
    let mut other = Market { index: 1, ..market };
    account.positions[1] = Position { market: 1, ..account.positions[0] };
    publish(&mut market, PRICE / 25 * 24, 1);
    publish(&mut other, PRICE, 0);
    let equity = |account: &Account, market: &Market| {
        let portfolio = Portfolio::new(account, None, [market, &other], at(1)).unwrap();
        let health = portfolio.maintenance_health().unwrap();
        (health.equity.get() / 1_000_000, health.margin)
    };
    let before = equity(&account, &market);
    let plan = settle_at(&account, &market, Status::Active, 1).unwrap();
    plan.ledger.apply_to(&mut account, &mut market.ledger);
    assert_eq!((before, equity(&account, &market)), ((100, Atoms::ZERO), (0, Atoms::ZERO)));
    // A market that pays owes it at once: the $100 are in its backing.
    let (mut account, mut market) = alone(100, Side::Long, 2_500, 0);
    account.positions[1] = Position { market: 1, ..account.positions[0] };
    publish(&mut market, PRICE / 25 * 24, 1);
    let before = equity(&account, &market);
    let plan = settle_at(&account, &market, Status::Active, 1).unwrap();
    plan.ledger.apply_to(&mut account, &mut market.ledger);
    assert_eq!((before.0, equity(&account, &market).0), (100, 100));
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
