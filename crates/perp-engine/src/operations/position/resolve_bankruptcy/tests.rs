use super::*;
use crate::fixtures::{at, base, pool, restricted_until, session, sol_market, usdc};
use crate::market::claims::FULL_CLAIM_FACTOR;
use crate::state::{AccountCounters, Status};
use bytemuck::Zeroable;

fn begin(account: &Account, market: &Market) -> Result<Bankruptcy, EngineError> {
    begin_bankruptcy(account, market, &session(Status::Active, at(0)))
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
fn balance_then_claims_then_both_insurances_and_the_rest_is_written_off() {
    // $100 owed: $10 of balance, $20 of claims, $15 of the market's insurance, 10 % of $300, and $25 nobody pays.
    let (mut owed, mut owing) = (market(0, 0, 15), market(1, 0, 0));
    let mut account = account(10, 100, 20, &mut owed, &mut owing);
    let mut bankruptcy = begin(&account, &owed).unwrap();
    assert_eq!(bankruptcy.paid_by_balance, usdc(10));
    assert!(bankruptcy.other_slots(&account).eq([1]));
    let set_off = bankruptcy.set_off(&mut account, 1, &mut owing).unwrap();
    assert_eq!((set_off.position.claim, set_off.ledger.claims), (Atoms::ZERO, Atoms::ZERO));
    // It is stored at once, and the slot, in which nothing is left, is freed.
    assert_eq!((account.positions[1], owing.ledger.claims), (Position::default(), Atoms::ZERO));
    assert!(!set_off.is_empty());

    let plan = bankruptcy.finish(&insured(300), at(0)).unwrap();
    assert_eq!(plan.debt, usdc(100));
    let paid = [plan.paid_by_balance, plan.paid_by_claims, plan.paid_by_insurance, plan.paid_by_shared_insurance];
    assert_eq!(paid, [usdc(10), usdc(20), usdc(15), usdc(30)]);
    assert_eq!(plan.written_off, usdc(25));
    // Cash that reached the backing: 10 + 15 + 30; the claim that was set off cost its market nothing.
    let ledger = &plan.ledger.market;
    assert_eq!((ledger.backing, ledger.insurance, ledger.debts), (usdc(55), Atoms::ZERO, Atoms::ZERO));
    assert_eq!((ledger.written_off, plan.ledger.position.debt), (usdc(25), Atoms::ZERO));
    assert_eq!((plan.pool.insurance, plan.ledger.balance), (usdc(270), Atoms::ZERO));
}

#[test]
fn the_funded_part_of_a_claim_pays_as_cash() {
    // A claim of $20 of which half lies in the claims reserve: $10 of cash and $10 set off, $70 left of $90.
    let (mut owed, mut owing) = (market(0, 0, 1_000), market(1, 0, 0));
    let mut account = account(0, 90, 20, &mut owed, &mut owing);
    owing.ledger.claims_reserve = usdc(10);
    owing.ledger.claim_factor = (1 << 48) | FULL_CLAIM_FACTOR;
    let mut bankruptcy = begin(&account, &owed).unwrap();
    let set_off = bankruptcy.set_off(&mut account, 1, &mut owing).unwrap();
    assert_eq!((set_off.redeemed, set_off.set_off), (usdc(10), usdc(10)));
    assert_eq!((set_off.ledger.claims_reserve, set_off.ledger.claims), (Atoms::ZERO, Atoms::ZERO));
    let plan = bankruptcy.finish(&insured(0), at(0)).unwrap();
    assert_eq!((plan.paid_by_balance, plan.paid_by_claims, plan.paid_by_insurance), (usdc(10), usdc(10), usdc(70)));
    assert_eq!(plan.ledger.market.backing, usdc(80));
}

#[test]
fn insurance_pays_no_more_than_is_owed() {
    let (mut owed, mut owing) = (market(0, 0, 1_000), market(1, 0, 0));
    let account = account(0, 90, 0, &mut owed, &mut owing);
    let plan = begin(&account, &owed).unwrap().finish(&insured(500), at(0)).unwrap();
    assert_eq!((plan.ledger.market.insurance, plan.pool.insurance), (usdc(910), usdc(500)));
    assert_eq!(plan.written_off, Atoms::ZERO);
}

#[test]
fn one_market_draws_a_tenth_of_the_shared_insurance_a_day() {
    let mut shared = insured(1_000);
    let mut drawing = market(0, 0, 0);
    let mut draw = |seconds: i64, debt: u64, shared: &mut Pool| {
        let account = account(0, debt, 0, &mut drawing, &mut market(1, 0, 0));
        let plan = begin(&account, &drawing).unwrap().finish(shared, at(seconds)).unwrap();
        drawing.ledger = plan.ledger.market;
        *shared = plan.pool;
        plan.paid_by_shared_insurance
    };
    // $100 of $1000 in the first day, whatever is paid in meanwhile, then 10 % of what is there the next day.
    assert_eq!(draw(0, 60, &mut shared), usdc(60));
    assert_eq!(draw(3_600, 60, &mut shared), usdc(40));
    shared.insurance = usdc(5_000);
    assert_eq!(draw(86_399, 60, &mut shared), Atoms::ZERO);
    assert_eq!(draw(86_400, 600, &mut shared), usdc(500));
    assert_eq!(shared.insurance, usdc(4_500));
    // Another market has a window of its own.
    let mut other = market(1, 0, 0);
    let account = account(0, 600, 0, &mut other, &mut market(2, 0, 0));
    let plan = begin(&account, &other).unwrap().finish(&shared, at(86_400)).unwrap();
    assert_eq!(plan.paid_by_shared_insurance, usdc(450));
}

#[test]
fn only_a_bankrupt_account_without_positions_is_resolved() {
    let (mut owed, mut owing) = (market(0, 0, 0), market(1, 0, 0));
    let mut solvent = account(100, 100, 0, &mut owed, &mut owing);
    let refused = begin(&solvent, &owed);
    assert_eq!(refused, Err(EngineError::NotBankrupt { equity: SignedAtoms::ZERO }));
    // A claim elsewhere counts at its face.
    let covered = account(0, 100, 100, &mut owed, &mut owing);
    assert_eq!(begin(&covered, &owed), Err(EngineError::NotBankrupt { equity: SignedAtoms::ZERO }));

    solvent.balance = usdc(99);
    assert!(begin(&solvent, &owed).is_ok());
    assert_eq!(begin(&solvent, &owing), Err(EngineError::NoDebt));
    solvent.positions[4] = Position { size: base(1), ..Position::empty_in(4) };
    assert_eq!(begin(&solvent, &owed), Err(EngineError::PositionsOpen));
}

#[test]
fn two_debts_are_resolved_one_after_the_other() {
    // $30 owed here and $100 there, $60 of balance: the first takes 30, the second 30 and its insurance of $50.
    let (mut first, mut second) = (market(0, 0, 0), market(1, 0, 50));
    let mut account = account(60, 30, 0, &mut first, &mut second);
    account.positions[1] = Position { debt: usdc(100), ..Position::empty_in(1) };
    second.ledger.debts = usdc(100);

    let mut pool = insured(0);
    let plan = begin(&account, &first).unwrap().finish(&pool, at(0)).unwrap();
    assert_eq!((plan.paid_by_balance, plan.written_off), (usdc(30), Atoms::ZERO));
    plan.apply(&mut account, &mut first, &mut pool);

    let plan = begin(&account, &second).unwrap().finish(&pool, at(0)).unwrap();
    assert_eq!((plan.paid_by_balance, plan.paid_by_insurance, plan.written_off), (usdc(30), usdc(50), usdc(20)));
    plan.apply(&mut account, &mut second, &mut pool);
    assert!(account.is_empty());
}

#[test]
fn a_pause_stops_a_bankruptcy_and_a_restriction_does_not() {
    let (mut account, mut owed) = (Account::zeroed(), market(0, 0, 500));
    account.positions[0] = Position { debt: usdc(40), ..Position::empty_in(0) };
    owed.ledger.debts = usdc(40);
    let attempt = |owed: &Market, status| begin_bankruptcy(&account, owed, &session(status, at(0)));
    assert_eq!(attempt(&owed, Status::Paused), Err(EngineError::Paused));
    assert!(attempt(&owed, Status::ReduceOnly).is_ok());
    owed.reduce_only = restricted_until(1);
    assert!(attempt(&owed, Status::Active).is_ok());
}

#[test]
fn a_claim_is_set_off_in_its_own_market_and_whatever_that_markets_status() {
    let (mut owed, mut owing) = (market(0, 0, 0), market(1, 0, 0));
    let mut account = account(0, 90, 20, &mut owed, &mut owing);
    let mut bankruptcy = begin(&account, &owed).unwrap();
    let mut wrong = market(7, 0, 0);
    let refused = bankruptcy.set_off(&mut account, 1, &mut wrong);
    assert_eq!(refused, Err(EngineError::MarketMissing { expected: 1 }));
    assert_eq!(bankruptcy.set_off(&mut account, 12, &mut owing), Err(EngineError::NoPosition));
    assert_eq!(bankruptcy, begin(&account, &owed).unwrap());

    owing.reduce_only = restricted_until(1);
    let set_off = bankruptcy.set_off(&mut account, 1, &mut owing).unwrap();
    assert_eq!((set_off.redeemed, set_off.set_off), (Atoms::ZERO, usdc(20)));
    // A slot in which nothing is left to set off is passed over without a trace.
    account.positions[1] = Position { debt: usdc(3), ..Position::empty_in(1) };
    let again = bankruptcy.set_off(&mut account, 1, &mut owing).unwrap();
    assert!(again.is_empty() && again.position == account.positions[1]);
}

#[test]
fn what_the_account_has_seen_outlives_its_bankruptcy() {
    let (mut owed, mut owing) = (market(0, 0, 0), market(1, 0, 0));
    let mut account = account(10, 100, 20, &mut owed, &mut owing);
    account.counters = AccountCounters { deposited: usdc(500), fees: usdc(7), ..AccountCounters::default() };
    let seen = account.counters;
    let mut bankruptcy = begin(&account, &owed).unwrap();
    bankruptcy.set_off(&mut account, 1, &mut owing).unwrap();
    let mut pool = insured(0);
    bankruptcy.finish(&pool, at(0)).unwrap().apply(&mut account, &mut owed, &mut pool);
    assert_eq!((account.counters, account.balance, owed.ledger.written_off), (seen, Atoms::ZERO, usdc(70)));
    assert!(account.is_empty());
}
