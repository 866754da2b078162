use super::*;
use crate::fixtures::{alone, at, exact, planned, set_side, sol_market, usdc, SOL, USDC};
use crate::market::claims::FULL_CLAIM_FACTOR;
use crate::operations::position::plan_settle_pnl;
use crate::risk::margin::unsettled_funding_owed;
use crate::risk::portfolio::{Health, Portfolio};
use crate::state::{Market, Position, Status};
use crate::units::{Atoms, FundingIndex, QuoteX40, Side, SignedAtoms, Size, X40_PER_ATOM};
use bytemuck::Zeroable;

fn settle_at(
    account: &Account,
    market: &Market,
    status: Status,
    seconds_later: i64,
) -> Result<FundingSettlementPlan, EngineError> {
    planned(market, status, at(seconds_later), |market| plan_settle_funding(account, market))
}

#[test]
fn settling_funding_of_an_open_position_leaves_its_debt() {
    // A thousandth of an atom on 10^10 units: $10 owed. The balance of $25 pays it, and nothing of a debt of $40: a profit may yet be
    // set off against that.
    let (mut account, mut market) = alone(25, Side::Long, 2_500, 0);
    account.positions[0].debt = usdc(40);
    market.ledger.debts = usdc(40);
    market.ledger.side_mut(Side::Long).funding_index = FundingIndex::new((X40_PER_ATOM / 1_000) as i64);
    let plan = settle_at(&account, &market, Status::Active, 9_999).unwrap();
    // ⌊2^40 / 1000⌋ · 10^10 / 2^40 = 9 999 999.99…, rounded up.
    assert_eq!(plan.settled.funding, SignedAtoms::new(-10_000_000));
    assert_eq!(
        (plan.settled.repaid, plan.ledger.balance, plan.ledger.market.backing),
        (Atoms::ZERO, usdc(15), usdc(10))
    );
    assert_eq!(plan.ledger.position.debt, usdc(40));
    let owed = unsettled_funding_owed(&account.positions[0], &market.ledger).unwrap();
    assert_eq!(owed.to_atoms_ceil(), Ok(Atoms::new(10_000_000)));
    assert_eq!(unsettled_funding_owed(&plan.ledger.position, &plan.ledger.market), Ok(QuoteX40::ZERO));
    let paused = settle_at(&account, &market, Status::Paused, 0);
    assert_eq!(paused, Err(EngineError::Paused));
}

#[test]
fn a_slot_without_a_size_is_settled_too() {
    // A claim of $40 of which half is funded: $20 come in cash.
    let mut market = sol_market();
    (market.ledger.claims, market.ledger.claims_reserve) = (usdc(40), usdc(20));
    market.ledger.claim_factor = (1 << 48) | FULL_CLAIM_FACTOR;
    let mut account = Account { balance: usdc(5), ..Account::zeroed() };
    account.positions[3] = Position { claim: usdc(40), claim_factor: FULL_CLAIM_FACTOR, ..Position::empty_in(0) };
    let plan = settle_at(&account, &market, Status::ReduceOnly, 0).unwrap();
    let settled = Settled { funding: SignedAtoms::ZERO, redeemed: usdc(20), repaid: Atoms::ZERO };
    assert_eq!((plan.settled, plan.ledger.slot), (settled, 3));
    assert_eq!((plan.ledger.balance, plan.ledger.position.claim), (usdc(25), usdc(20)));

    // A debt of $40, of which the balance pays $5.
    account.positions[3] = Position { debt: usdc(40), ..Position::empty_in(0) };
    let mut market = sol_market();
    market.ledger.debts = usdc(40);
    let plan = settle_at(&account, &market, Status::ReduceOnly, 0).unwrap();
    let settled = Settled { funding: SignedAtoms::ZERO, redeemed: Atoms::ZERO, repaid: usdc(5) };
    assert_eq!((plan.settled, plan.ledger.position.debt), (settled, usdc(35)));
    assert_eq!((plan.ledger.balance, plan.ledger.market.backing), (Atoms::ZERO, usdc(5)));
    market.index = 1;
    assert_eq!(settle_at(&account, &market, Status::Active, 0), Err(EngineError::NoPosition));
}

#[test]
fn funding_that_is_settled_is_counted() {
    // 10 000 000 atoms paid, then as much received but for what is below an atom.
    let (mut account, mut market) = alone(25, Side::Long, 2_500, 0);
    let settle = |account: &mut Account, market: &mut Market| {
        let plan = settle_at(account, market, Status::Active, 0).unwrap();
        plan.ledger.apply_to(account, &mut market.ledger);
        plan.settled.funding.get()
    };
    market.ledger.side_mut(Side::Long).funding_index = FundingIndex::new((X40_PER_ATOM / 1_000) as i64);
    assert_eq!(settle(&mut account, &mut market), -10_000_000);
    market.ledger.side_mut(Side::Long).funding_index = FundingIndex::new(0);
    assert_eq!(settle(&mut account, &mut market), 9_999_999);
    let counted = SignedAtoms::new(-1);
    assert_eq!((account.counters.funding, account.positions[0].funding), (counted, counted));
}

/// What the account is judged by before and after its slot in `market` is settled.
fn judged_around_settling(account: &Account, market: &Market) -> (Health, Health, FundingSettlementPlan) {
    let health = |account: &Account, market: &Market| {
        Portfolio::new(account, None, [market], at(0)).unwrap().maintenance_health().unwrap()
    };
    let plan = settle_at(account, market, Status::Active, 0).unwrap();
    let (mut settled, mut after) = (*account, *market);
    plan.ledger.apply_to(&mut settled, &mut after.ledger);
    (health(account, market), health(&settled, &after), plan)
}

#[test]
fn attack_settling_a_healthy_accounts_funding_does_not_lower_its_surplus() {
    // 1000 SOL won $30 000 and are to receive just over $100, and the backing is $100: $100 count, and the other $30 000 take the
    // margin of $7500 to nothing. Settled, the $100 are cash and nothing else can be paid.
    let mut market = sol_market();
    market.ledger.backing = usdc(100);
    set_side(&mut market, Side::Long, 2_000 * SOL, 500_000 * USDC);
    market.ledger.side_mut(Side::Long).funding_index = FundingIndex::new(-(X40_PER_ATOM as i64) / 10_000 - 1);
    let mut account = Account::zeroed();
    let entry_notional = exact(220_000).into();
    account.positions[0] =
        Position { size: Size::new(1_000 * SOL).on(Side::Long).unwrap(), entry_notional, ..Position::empty_in(0) };
    let (before, after, plan) = judged_around_settling(&account, &market);
    let expected = Health { equity: SignedAtoms::new(100 * USDC as i64), margin: Atoms::ZERO };
    assert_eq!((before, after), (expected, expected));
    assert_eq!((plan.ledger.balance, plan.ledger.position.claim), (usdc(100), Atoms::ZERO));
    // With less in the backing than is to be received the rest becomes a claim, after which the market pays no profit.
    market.ledger.backing = usdc(40);
    let (before, after, plan) = judged_around_settling(&account, &market);
    let expected = Health { equity: SignedAtoms::new(40 * USDC as i64), margin: Atoms::ZERO };
    assert_eq!((before, after), (expected, expected));
    assert_eq!((plan.ledger.balance, plan.ledger.position.claim), (usdc(40), usdc(60)));
}

#[test]
fn attack_paying_a_healthy_accounts_debt_does_not_lower_its_surplus() {
    // $40 000 won and a debt of $30 000: set off, $10 000 are promised, which the backing of $35 000 could pay. With $20 000 of balance
    // that is $30 000 against $7500. Settling funding leaves all of it; settling the profit pays the debt with it and $10 000 in cash.
    let mut market = sol_market();
    market.ledger.backing = usdc(35_000);
    set_side(&mut market, Side::Long, 1_750 * SOL, 367_500 * USDC);
    market.ledger.debts = usdc(30_000);
    let mut account = Account { balance: usdc(20_000), ..Account::zeroed() };
    let entry_notional = exact(210_000).into();
    let size = Size::new(1_000 * SOL).on(Side::Long).unwrap();
    account.positions[0] = Position { size, entry_notional, debt: usdc(30_000), ..Position::empty_in(0) };
    let (before, after, plan) = judged_around_settling(&account, &market);
    let expected = Health { equity: SignedAtoms::new(30_000 * USDC as i64), margin: usdc(7_500) };
    assert_eq!((before, after, plan.settled.repaid), (expected, expected, Atoms::ZERO));
    let plan = planned(&market, Status::Active, at(0), |market| plan_settle_pnl(&account, market)).unwrap();
    let (mut settled, mut paid) = (account, market);
    plan.ledger.apply_to(&mut settled, &mut paid.ledger);
    let portfolio = Portfolio::new(&settled, None, [&paid], at(0)).unwrap();
    assert_eq!(portfolio.maintenance_health(), Ok(expected));
    assert_eq!((plan.ledger.balance, plan.ledger.position.debt), (usdc(30_000), Atoms::ZERO));
    // A market without backing: nothing counts but $20 000 of balance, and the margin is lowered by the $10 000, to nothing.
    market.ledger.backing = Atoms::ZERO;
    let (before, after, _) = judged_around_settling(&account, &market);
    let expected = Health { equity: SignedAtoms::new(20_000 * USDC as i64), margin: Atoms::ZERO };
    assert_eq!((before, after), (expected, expected));
}

#[test]
fn attack_paying_an_accounts_debt_to_a_market_that_pays_no_profit_now_does_not_lower_its_surplus() {
    // $40 000 won and a debt of $30 000 here, $20 000 of balance, and 100 SOL elsewhere that demand $750. Somebody else's claim of an
    // atom waits here, so no profit is paid: $20 000 count. Anybody has the $20 000 pay the debt: they are the market's.
    let mut market = sol_market();
    market.ledger.claims = Atoms::new(1);
    set_side(&mut market, Side::Long, 1_750 * SOL, 367_500 * USDC);
    market.ledger.debts = usdc(30_000);
    let mut account = Account { balance: usdc(20_000), ..Account::zeroed() };
    let entry_notional = exact(210_000).into();
    let size = Size::new(1_000 * SOL).on(Side::Long).unwrap();
    account.positions[0] = Position { size, entry_notional, debt: usdc(30_000), ..Position::empty_in(0) };
    let (before, after, _) = judged_around_settling(&account, &market);
    assert_eq!((before.equity, before.margin), (SignedAtoms::new(20_000 * USDC as i64), Atoms::ZERO));
    assert!(after.surplus() >= before.surplus(), "{before:?} becomes {after:?}");
}

#[test]
fn what_an_insurance_paid_is_repaid_after_the_debt() {
    // $40 owed to the market and $30 of what its insurance paid: $50 pay the debt and $10 of the rest, apart from each other.
    let mut market = sol_market();
    market.ledger.debts = usdc(40);
    let mut account = Account { balance: usdc(50), ..Account::zeroed() };
    account.positions[3] = Position { debt: usdc(40), recoverable: usdc(30), ..Position::empty_in(0) };
    let plan = settle_at(&account, &market, Status::ReduceOnly, 0).unwrap();
    assert_eq!((plan.settled.repaid, plan.ledger.balance), (usdc(50), Atoms::ZERO));
    assert_eq!((plan.ledger.market.backing, plan.ledger.market.insurance), (usdc(40), usdc(10)));
    assert_eq!((plan.ledger.position.debt, plan.ledger.position.recoverable), (Atoms::ZERO, usdc(20)));
    assert_eq!(plan.ledger.market.debts, Atoms::ZERO);
}
