use super::*;
use crate::fixtures::{
    at, base, exact, planned, planned_for, pool, restricted_until, set_side, sol_market, usdc, SOL, USDC,
};
use crate::market::claims::FULL_CLAIM_FACTOR;
use crate::operations::account::plan_withdrawal;
use crate::operations::market::plan_fund_claims;
use crate::operations::position::{plan_redeem_claim, plan_settle_funding, plan_waive_claim};
use crate::state::{AccountCounters, Position, Status};
use crate::units::Side;
use bytemuck::Zeroable;

mod attacks;

/// Plans the end of what the account owes `owed`, beside the markets of its other slots.
fn resolve(
    account: &Account,
    owed: &Market,
    others: &[&Market],
    pool: &Pool,
    seconds_later: i64,
) -> Result<BankruptcyPlan, EngineError> {
    planned_for(account, owed, others, Status::Active, at(seconds_later), |portfolio, market| {
        plan_resolve_bankruptcy(portfolio, market, pool)
    })
}

/// Resolves it and stores the plan.
fn done(account: &mut Account, owed: &mut Market, others: &[&Market], pool: &mut Pool, seconds: i64) -> BankruptcyPlan {
    let plan = resolve(account, owed, others, pool, seconds).unwrap();
    plan.ledger.apply_to(account, &mut owed.ledger);
    *pool = plan.pool;
    plan
}

/// A market with `backing` and its own insurance, in dollars.
fn market(index: u16, backing: u64, insurance: u64) -> Market {
    let mut market = Market { index, ..sol_market() };
    market.ledger.backing = usdc(backing);
    market.ledger.insurance = usdc(insurance);
    market
}

fn insured(shared: u64) -> Pool {
    Pool { insurance: usdc(shared), ..pool(0) }
}

/// An account that owes the first market `debt` and claims `claim` from the second.
fn account(balance: u64, debt: u64, claim: u64, owed: &mut Market, owing: &mut Market) -> Account {
    let mut account = Account { balance: usdc(balance), ..Account::zeroed() };
    account.positions[0] = Position { debt: usdc(debt), ..Position::empty_in(owed.index) };
    owed.ledger.debts = usdc(debt);
    if claim > 0 {
        account.positions[1] =
            Position { claim: usdc(claim), claim_factor: FULL_CLAIM_FACTOR, ..Position::empty_in(owing.index) };
        owing.ledger.claims = usdc(claim);
    }
    account
}

#[test]
fn balance_then_both_insurances_and_the_rest_is_written_off() {
    // $100 owed: $10 of balance, $15 of the market's insurance, 10 % of $300, and $45 nobody pays.
    let (mut owed, mut owing) = (market(0, 0, 15), market(1, 0, 0));
    let mut account = account(10, 100, 0, &mut owed, &mut owing);
    let mut shared = insured(300);
    let plan = done(&mut account, &mut owed, &[], &mut shared, 0);
    assert_eq!(plan.debt, usdc(100));
    let paid = [plan.paid_by_balance, plan.paid_by_insurance, plan.paid_by_shared_insurance, plan.written_off];
    assert_eq!(paid, [usdc(10), usdc(15), usdc(30), usdc(45)]);
    // Cash that reached the backing: 10 + 15 + 30.
    let ledger = &owed.ledger;
    assert_eq!((ledger.backing, ledger.insurance, ledger.debts), (usdc(55), Atoms::ZERO, Atoms::ZERO));
    assert_eq!((ledger.written_off, ledger.shared_drawn), (usdc(45), usdc(30)));
    assert_eq!((shared.insurance, plan.recoverable), (usdc(270), Atoms::ZERO));
    // Without a claim nothing is owed any more, and the slot is freed.
    assert!(account.is_empty());
}

#[test]
fn a_claim_without_cash_neither_keeps_insurance_from_paying_nor_is_it_set_off() {
    // $100 owed here, $10 of balance, a claim of $60 elsewhere. Insurance pays $50 and $40 are written off, all as without the
    // claim. Of the $90 that others bore, $60 are to come out of it.
    let (mut owed, mut owing) = (market(0, 0, 50), market(1, 0, 0));
    let mut account = account(10, 100, 60, &mut owed, &mut owing);
    let plan = done(&mut account, &mut owed, &[&owing], &mut insured(0), 0);
    assert_eq!((plan.paid_by_balance, plan.paid_by_insurance, plan.written_off), (usdc(10), usdc(50), usdc(40)));
    assert_eq!(plan.recoverable, usdc(60));
    assert_eq!((account.positions[1].claim, owing.ledger.claims), (usdc(60), usdc(60)));
    assert_eq!((account.positions[0].debt, account.positions[0].recoverable), (Atoms::ZERO, usdc(60)));
    // A claim larger than what others bore is the account's beyond it.
    let (mut owed, mut owing) = (market(0, 0, 50), market(1, 0, 0));
    let mut account = self::account(10, 100, 600, &mut owed, &mut owing);
    assert_eq!(done(&mut account, &mut owed, &[&owing], &mut insured(0), 0).recoverable, usdc(90));
}

#[test]
fn what_others_paid_goes_to_the_markets_insurance_once_the_claim_is_paid() {
    let (mut owed, mut owing) = (market(0, 0, 50), market(1, 0, 0));
    let mut account = account(10, 100, 60, &mut owed, &mut owing);
    let pool = &mut insured(0);
    done(&mut account, &mut owed, &[&owing], pool, 0);
    // Until then the account may neither withdraw nor give the claim up, and nothing is left to resolve.
    let owes = Err(EngineError::DebtOutstanding { market: 0, debt: usdc(60) });
    assert_eq!(plan_withdrawal(&Account { balance: usdc(1), ..account }, usdc(1), at(0).now).map(|_| ()), owes);
    assert_eq!(plan_waive_claim(&account, &owing).map(|_| ()), owes);
    assert_eq!(resolve(&account, &owed, &[&owing], pool, 0), Err(EngineError::NoDebt));

    // A third of the claim is paid: $20, by rounding an atom less. Anybody settles, and it is the insurance's.
    owing.ledger.backing = usdc(20);
    owing.ledger = plan_fund_claims(&owing, at(0)).unwrap().ledger;
    plan_redeem_claim(&account, &owing).unwrap().apply(&mut account, &mut owing);
    let repaid = settle(&mut account, &mut owed);
    assert_eq!((repaid.get(), owed.ledger.insurance, account.balance), (19_999_999, repaid, Atoms::ZERO));
    assert_eq!(account.positions[0].recoverable, usdc(60).checked_sub(repaid).unwrap());
    // And the rest, after which both slots are empty.
    owing.ledger.backing = usdc(50);
    owing.ledger = plan_fund_claims(&owing, at(0)).unwrap().ledger;
    plan_redeem_claim(&account, &owing).unwrap().apply(&mut account, &mut owing);
    settle(&mut account, &mut owed);
    assert_eq!((owed.ledger.insurance, owed.ledger.backing), (usdc(60), usdc(60)));
    assert!(account.is_empty());
}

/// Anybody settles the account's slot; what it paid of what it owes.
fn settle(account: &mut Account, owed: &mut Market) -> Atoms {
    let plan = planned(owed, Status::Active, at(0), |market| plan_settle_funding(account, market));
    let plan = plan.unwrap();
    plan.ledger.apply_to(account, &mut owed.ledger);
    plan.settled.repaid
}

#[test]
fn a_claim_with_a_funded_part_is_redeemed_first() {
    // A claim of $20 of which half lies in the claims reserve, and $90 owed.
    let (mut owed, mut owing) = (market(0, 0, 1_000), market(1, 0, 0));
    let mut account = account(0, 90, 20, &mut owed, &mut owing);
    owing.ledger.claims_reserve = usdc(10);
    owing.ledger.claim_factor = (1 << 48) | FULL_CLAIM_FACTOR;
    let pool = &mut insured(0);
    assert_eq!(resolve(&account, &owed, &[&owing], pool, 0), Err(EngineError::ClaimNotRedeemed { market: 1 }));
    // Anybody may redeem it: then $10 of balance pay, and up to $10 of what insurance pays is recoverable.
    plan_redeem_claim(&account, &owing).unwrap().apply(&mut account, &mut owing);
    let plan = done(&mut account, &mut owed, &[&owing], pool, 0);
    assert_eq!((plan.paid_by_balance, plan.paid_by_insurance, plan.recoverable), (usdc(10), usdc(80), usdc(10)));
    assert_eq!(owed.ledger.backing, usdc(90));
    // A claim is left where it is whatever that market's status, and markets that are listed twice are passed over.
    let (mut owed, mut owing) = (market(0, 0, 0), market(1, 0, 0));
    let bankrupt = self::account(0, 90, 20, &mut owed, &mut owing);
    owing.reduce_only = restricted_until(100);
    assert!(resolve(&bankrupt, &owed, &[&owing], pool, 0).is_ok());
    assert_eq!(resolve(&bankrupt, &owed, &[&owed, &owing], pool, 0), resolve(&bankrupt, &owed, &[&owing], pool, 0));
}

#[test]
fn insurance_pays_no_more_than_is_owed() {
    let (mut owed, mut owing) = (market(0, 0, 1_000), market(1, 0, 0));
    let account = account(0, 90, 0, &mut owed, &mut owing);
    let plan = resolve(&account, &owed, &[], &insured(500), 0).unwrap();
    assert_eq!((plan.ledger.market.insurance, plan.pool.insurance), (usdc(910), usdc(500)));
    assert_eq!(plan.written_off, Atoms::ZERO);
}

#[test]
fn all_markets_together_draw_a_tenth_of_the_shared_insurance_a_day() {
    let mut shared = insured(1_000);
    let draw = |index: u16, seconds: i64, debt: u64, shared: &mut Pool| {
        let mut drawing = market(index, 0, 0);
        let mut account = account(0, debt, 0, &mut drawing, &mut market(7, 0, 0));
        done(&mut account, &mut drawing, &[], shared, seconds).paid_by_shared_insurance
    };
    // $100 of $1000 in the first day, whatever is paid in meanwhile, and whichever market draws; then 10 % of what is there the
    // next day.
    assert_eq!(draw(0, 0, 60, &mut shared), usdc(60));
    assert_eq!(draw(1, 3_600, 60, &mut shared), usdc(40));
    shared.insurance = usdc(5_000);
    assert_eq!((draw(0, 86_399, 60, &mut shared), draw(2, 86_399, 60, &mut shared)), (Atoms::ZERO, Atoms::ZERO));
    assert_eq!(draw(1, 86_400, 600, &mut shared), usdc(500));
    assert_eq!(shared.insurance, usdc(4_500));
    // The window opened with the draw, not with the day: $450 a day later again.
    assert_eq!(draw(1, 172_799, 600, &mut shared), Atoms::ZERO);
    assert_eq!(draw(2, 172_800, 600, &mut shared), usdc(450));
}

#[test]
fn a_market_draws_no_more_of_the_shared_insurance_than_its_limit_for_life() {
    // $150 in all, $100 a day: $100 on the first day, $50 on the second, nothing afterwards.
    let mut drawing = market(0, 0, 0);
    drawing.parameters.shared_draw_limit = usdc(150);
    let mut shared = insured(1_000);
    for (day, paid) in [(0, 100), (1, 50), (2, 0), (400, 0)] {
        shared.insurance = usdc(1_000);
        let mut account = account(0, 200, 0, &mut drawing, &mut market(7, 0, 0));
        let plan = done(&mut account, &mut drawing, &[], &mut shared, day * 86_400);
        assert_eq!((plan.paid_by_shared_insurance, plan.written_off), (usdc(paid), usdc(200 - paid)), "day {day}");
    }
    assert_eq!(drawing.ledger.shared_drawn, usdc(150));
    // A limit that is lowered below what was drawn is no debt.
    drawing.parameters.shared_draw_limit = usdc(10);
    let account = account(0, 200, 0, &mut drawing, &mut market(7, 0, 0));
    assert_eq!(resolve(&account, &drawing, &[], &shared, 500 * 86_400).unwrap().written_off, usdc(200));
}

#[test]
fn only_a_bankrupt_account_without_positions_is_resolved() {
    let (mut owed, mut owing) = (market(0, 0, 0), market(1, 0, 0));
    let mut solvent = account(100, 100, 0, &mut owed, &mut owing);
    let pool = insured(0);
    let refused = resolve(&solvent, &owed, &[], &pool, 0);
    assert_eq!(refused, Err(EngineError::NotBankrupt { equity: SignedAtoms::ZERO }));
    // A claim elsewhere is no cash: $100 of it leave −$100.
    let claiming = account(0, 100, 100, &mut owed, &mut owing);
    assert!(resolve(&claiming, &owed, &[&owing], &pool, 0).is_ok());

    solvent.balance = usdc(99);
    assert!(resolve(&solvent, &owed, &[], &pool, 0).is_ok());
    assert_eq!(resolve(&solvent, &owing, &[&owed], &pool, 0), Err(EngineError::NoDebt));
    let open = Market { index: 4, ..sol_market() };
    solvent.positions[4] = Position { size: base(1), ..Position::empty_in(4) };
    assert_eq!(resolve(&solvent, &owed, &[&open], &pool, 0), Err(EngineError::PositionsOpen));
}

#[test]
fn two_debts_are_resolved_one_after_the_other_and_share_a_claim() {
    // $30 owed here and $100 there, $60 of balance, a claim of $65 without cash: the first takes $30 of the balance, the second $30
    // and its insurance of $50, and of the $70 that others bore $65 are recoverable.
    let (mut first, mut second, mut third) = (market(0, 0, 0), market(1, 0, 50), market(2, 0, 0));
    let bankrupt = |balance, first: &mut Market, second: &mut Market, third: &mut Market| {
        let mut account = account(balance, 30, 0, first, second);
        account.positions[1] = Position { debt: usdc(100), ..Position::empty_in(1) };
        second.ledger.debts = usdc(100);
        account.positions[2] = Position { claim: usdc(65), claim_factor: FULL_CLAIM_FACTOR, ..Position::empty_in(2) };
        third.ledger.claims = usdc(65);
        account
    };
    let mut pool = insured(0);
    let mut account = bankrupt(60, &mut first, &mut second, &mut third);
    let plan = done(&mut account, &mut first, &[&second, &third], &mut pool, 0);
    assert_eq!((plan.paid_by_balance, plan.written_off, plan.recoverable), (usdc(30), Atoms::ZERO, Atoms::ZERO));
    let plan = done(&mut account, &mut second, &[&third], &mut pool, 0);
    assert_eq!((plan.paid_by_balance, plan.paid_by_insurance, plan.written_off), (usdc(30), usdc(50), usdc(20)));
    assert_eq!(plan.recoverable, usdc(65));

    // Without a balance the first is written off for $30 of the claim; only the other $35 are left for the second.
    let (mut first, mut second, mut third) = (market(0, 0, 0), market(1, 0, 50), market(2, 0, 0));
    let mut account = bankrupt(0, &mut first, &mut second, &mut third);
    let of_first = done(&mut account, &mut first, &[&second, &third], &mut pool, 0).recoverable;
    let of_second = done(&mut account, &mut second, &[&first, &third], &mut pool, 0).recoverable;
    assert_eq!((of_first, of_second), (usdc(30), usdc(35)));
}

#[test]
fn a_pause_stops_a_bankruptcy_and_a_restriction_does_not() {
    let (mut account, mut owed) = (Account::zeroed(), market(0, 0, 500));
    account.positions[0] = Position { debt: usdc(40), ..Position::empty_in(0) };
    owed.ledger.debts = usdc(40);
    let attempt = |owed: &Market, status| {
        planned_for(&account, owed, &[], status, at(0), |portfolio, market| {
            plan_resolve_bankruptcy(portfolio, market, &insured(0)).map(|_| ())
        })
    };
    assert_eq!(attempt(&owed, Status::Paused), Err(EngineError::Paused));
    assert_eq!(attempt(&owed, Status::ReduceOnly), Ok(()));
    owed.reduce_only = restricted_until(100);
    assert_eq!(attempt(&owed, Status::Active), Ok(()));
}

#[test]
fn a_bankruptcy_needs_no_price_of_any_market() {
    // Neither that of the market owed nor that of the one it claims from: both oracles have been silent for a month.
    let (mut owed, mut owing) = (market(0, 0, 50), market(1, 0, 0));
    let account = account(10, 100, 60, &mut owed, &mut owing);
    let (now, late) =
        [0, 30 * 86_400].map(|seconds| resolve(&account, &owed, &[&owing], &insured(0), seconds).unwrap()).into();
    assert_eq!(BankruptcyPlan { pool: now.pool, ..late }, now);
}

#[test]
fn what_the_account_has_seen_outlives_its_bankruptcy() {
    let (mut owed, mut owing) = (market(0, 0, 0), market(1, 0, 0));
    let mut account = account(10, 100, 0, &mut owed, &mut owing);
    account.counters = AccountCounters { deposited: usdc(500), fees: usdc(7), ..AccountCounters::default() };
    let seen = account.counters;
    done(&mut account, &mut owed, &[], &mut insured(0), 0);
    assert_eq!((account.counters, account.balance, owed.ledger.written_off), (seen, Atoms::ZERO, usdc(90)));
    assert!(account.is_empty());
}

#[test]
fn a_position_whose_oracle_is_dead_keeps_no_debt_from_being_resolved() {
    // $1000 owed here, $100 in cash, and 2 SOL bought at $250 in a market whose oracle died there: at $287.50 they have won $75 at
    // most. $900 are left, of which insurance pays all; what the 2 SOL come to later is owed to it, up to $75.
    let (mut owed, mut dead) = (market(0, 10_000, 5_000), market(1, 10_000, 0));
    let mut account = account(100, 1_000, 0, &mut owed, &mut dead);
    let entry_notional = exact(500).into();
    account.positions[1] = Position { size: base(2 * SOL as i64), entry_notional, ..Position::empty_in(1) };
    set_side(&mut dead, Side::Long, 2 * SOL, 500 * USDC);
    let pool = insured(0);
    // While the oracle is only silent the position may be closed first.
    assert_eq!(resolve(&account, &owed, &[&dead], &pool, 400), Err(EngineError::PositionsOpen));
    dead.price.outage_since = at(100).now;
    assert_eq!(resolve(&account, &owed, &[&dead], &pool, 399), Err(EngineError::PositionsOpen));
    let plan = resolve(&account, &owed, &[&dead], &pool, 400).unwrap();
    assert_eq!((plan.paid_by_balance, plan.paid_by_insurance, plan.written_off), (usdc(100), usdc(900), Atoms::ZERO));
    assert_eq!(plan.recoverable, Atoms::new(75_000_001));
    assert_eq!(plan.ledger.position.owed(), plan.recoverable);
    // With $926 in cash it could still pay.
    account.balance = usdc(926);
    let refused = Err(EngineError::NotBankrupt { equity: SignedAtoms::new(1_000_001) });
    assert_eq!(resolve(&account, &owed, &[&dead], &pool, 400), refused);
    // A position that has lost at both ends promises nothing, and takes nothing from the others.
    account.balance = usdc(100);
    account.positions[1].entry_notional = exact(600).into();
    assert_eq!(resolve(&account, &owed, &[&dead], &pool, 400).unwrap().recoverable, Atoms::ZERO);
}
