//! Which slot an operation works on, and how it is stored.

use super::*;
use crate::fixtures::at;
use crate::market::Ready;
use crate::state::{AccountKind, Status, MAX_POSITIONS};
use bytemuck::Zeroable;

#[test]
fn an_empty_slot_is_freed_when_it_is_stored() {
    let mut market = sol_market();
    let mut account = Account::zeroed();
    let mut touched = Ledger { slot: 3, ..ledger(10, 0) };
    touched.position.claim_factor = 5;
    touched.apply(&mut account, &mut Ready::as_stored(&mut market, Status::Active, at(0)));
    assert_eq!(account.positions[3], Position::default());
    assert_eq!(account.balance, usdc(10));
    touched.position.debt = usdc(1);
    touched.apply(&mut account, &mut Ready::as_stored(&mut market, Status::Active, at(0)));
    assert!(account.positions[3].is_occupied());
}

#[test]
fn everything_an_operation_changed_is_stored_and_nothing_else() {
    let mut market = Market { index: 4, ..sol_market() };
    let mut account = Account { balance: usdc(50), sequence: 9, ..Account::zeroed() };
    account.positions[1] = Position { debt: usdc(2), ..Position::empty_in(4) };
    account.positions[2] = Position { debt: usdc(5), ..Position::empty_in(8) };
    market.ledger.debts = usdc(2);
    let others = account.positions[2];

    let mut touched = Ledger::open(&account, &market).unwrap();
    touched.charge_fee(usdc(10), Ppm::new(100_000)).unwrap();
    touched.repay_debt().unwrap();
    assert_eq!(
        (account.balance, market.ledger.backing),
        (usdc(50), Atoms::ZERO),
        "nothing is stored before it is applied"
    );
    let price = market.price;
    touched.apply(&mut account, &mut Ready::as_stored(&mut market, Status::Active, at(0)));

    // 50 − 10 − 2; the backing has 90 % of the fee and the debt.
    assert_eq!((account.balance, market.ledger.backing), (usdc(38), usdc(11)));
    assert_eq!((account.counters.fees, market.ledger.counters.fees), (usdc(10), usdc(10)));
    assert_eq!((account.positions[1], account.positions[2]), (Position::default(), others));
    assert_eq!((account.sequence, market.price), (9, price));
}

#[test]
fn only_a_slot_in_which_the_account_holds_something_is_opened() {
    let market = Market { index: 4, ..sol_market() };
    let mut account = Account { balance: usdc(7), ..Account::zeroed() };
    account.positions[0] = Position { debt: usdc(1), ..Position::empty_in(3) };
    assert_eq!(Ledger::open(&account, &market), Err(EngineError::NoPosition));
    account.positions[5] = Position { claim: usdc(2), ..Position::empty_in(4) };
    let opened = Ledger::open(&account, &market).unwrap();
    assert_eq!((opened.slot, opened.balance, opened.position), (5, usdc(7), account.positions[5]));
    assert_eq!(opened.market, market.ledger);
}

#[test]
fn a_free_slot_is_taken_at_the_time_of_the_order() {
    let market = Market { index: 4, ..sol_market() };
    let mut account = Account::zeroed();
    account.positions[0] = Position { debt: usdc(1), ..Position::empty_in(3) };
    let taken = Ledger::open_or_take(&account, &market, at(30).now).unwrap();
    assert_eq!((taken.slot, taken.position), (1, Position { opened_at: at(30).now, ..Position::empty_in(4) }));
    // One that is occupied keeps the time at which it was taken.
    account.positions[2] = Position { claim: usdc(2), opened_at: at(0).now, ..Position::empty_in(4) };
    let opened = Ledger::open_or_take(&account, &market, at(30).now).unwrap();
    assert_eq!((opened.slot, opened.position), (2, account.positions[2]));
}

#[test]
fn a_slot_that_is_not_to_be_had_is_refused_by_name() {
    let market = Market { index: 40, ..sol_market() };
    let mut account = Account::zeroed();
    for (slot, index) in account.positions.iter_mut().zip(0..) {
        *slot = Position { debt: usdc(1), ..Position::empty_in(index) };
    }
    assert_eq!(Ledger::open_or_take(&account, &market, at(0).now), Err(EngineError::NoFreePosition));
    account.positions[MAX_POSITIONS - 1] = Position::default();
    assert_eq!(Ledger::open_or_take(&account, &market, at(0).now).unwrap().slot, MAX_POSITIONS - 1);

    let bound = Account { kind: AccountKind::Isolated as u8, isolated_market: 41, ..Account::zeroed() };
    let refused = Ledger::open_or_take(&bound, &market, at(0).now);
    assert_eq!(refused, Err(EngineError::IsolatedToAnotherMarket { bound_to: 41 }));
}
