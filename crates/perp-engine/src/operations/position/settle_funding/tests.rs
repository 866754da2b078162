use super::*;
use crate::fixtures::{alone, at, exact, planned, planned_for, set_side, sol_market, usdc, SOL, USDC};
use crate::market::claims::FULL_CLAIM_FACTOR;
use crate::operations::position::{plan_liquidation, LiquidationOrder};
use crate::risk::margin::unsettled_funding_owed;
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
fn settling_funding_redeems_and_repays_besides() {
    // A thousandth of an atom on 10^10 units: $10 owed. The balance of $25 pays it and $15 of a debt of $40.
    let (mut account, mut market) = alone(25, Side::Long, 2_500, 0);
    account.positions[0].debt = usdc(40);
    market.ledger.debts = usdc(40);
    market.ledger.side_mut(Side::Long).funding_index = FundingIndex::new((X40_PER_ATOM / 1_000) as i64);
    let plan = settle_at(&account, &market, Status::Active, 9_999).unwrap();
    // ⌊2^40 / 1000⌋ · 10^10 / 2^40 = 9 999 999.99…, rounded up.
    assert_eq!(plan.settled.funding, SignedAtoms::new(-10_000_000));
    assert_eq!(
        (plan.settled.repaid, plan.ledger.balance, plan.ledger.market.backing),
        (usdc(15), Atoms::ZERO, usdc(25))
    );
    assert_eq!(plan.ledger.position.debt, usdc(25));
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

#[test]
fn attack_settling_a_healthy_accounts_funding_does_not_lower_its_equity() {
    // Longs' $30 000 won and $30 000 lost cancel. Each half is to receive just over $100, and the backing is $100: half of
    // $30 100 counts before, and $100 after.
    let mut market = sol_market();
    market.ledger.backing = usdc(100);
    set_side(&mut market, Side::Long, 2_000 * SOL, 500_000 * USDC);
    market.ledger.side_mut(Side::Long).funding_index = FundingIndex::new(-(X40_PER_ATOM as i64) / 10_000 - 1);
    let mut account = Account::zeroed();
    let entry_notional = exact(220_000).into();
    account.positions[0] =
        Position { size: Size::new(1_000 * SOL).on(Side::Long).unwrap(), entry_notional, ..Position::empty_in(0) };
    let refused = settle_at(&account, &market, Status::Active, 0);
    let (equity, margin) = (SignedAtoms::new(100 * USDC as i64), usdc(7_500));
    assert_eq!(refused, Err(EngineError::SettlementLowersEquity { equity, margin }));
    // Nor by liquidating, which settles first: $15 050 are above the $7500 of margin.
    let order = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };
    let refused = planned_for(&account, &market, &[], Status::Active, at(0), |portfolio, market| {
        plan_liquidation(portfolio, market, &order)
    });
    assert!(
        matches!(refused, Err(EngineError::NotLiquidatable { maintenance, .. }) if maintenance == margin),
        "{refused:?}"
    );
}

#[test]
fn attack_paying_a_healthy_accounts_debt_does_not_lower_its_equity() {
    // $40 000 won and a debt of $30 000: the debt is set off against the profit, and half of the other $10 000 count, since
    // $35 000 of backing are there for $70 000 of profits. With $20 000 of balance that is $25 000.
    let mut market = sol_market();
    market.ledger.backing = usdc(35_000);
    set_side(&mut market, Side::Long, 1_750 * SOL, 367_500 * USDC);
    market.ledger.debts = usdc(30_000);
    let mut account = Account { balance: usdc(20_000), ..Account::zeroed() };
    let entry_notional = exact(210_000).into();
    let size = Size::new(1_000 * SOL).on(Side::Long).unwrap();
    account.positions[0] = Position { size, entry_notional, debt: usdc(30_000), ..Position::empty_in(0) };
    // Paid with the balance, $30 000 of profit would be left to count at 55 000 / 70 000.
    let refused = settle_at(&account, &market, Status::Active, 0);
    let (equity, margin) = (SignedAtoms::new(23_571_428_571), usdc(7_500));
    assert_eq!(refused, Err(EngineError::SettlementLowersEquity { equity, margin }));
}
