use crate::fixtures::{now, order, stage, ALICE, BOB, EMPTY};
use perp_engine::fixtures::usdc;
use perp_engine::state::Account;
use perp_engine::EngineError;

/// The stage without one of its accounts, whose positions it held besides.
fn without(account: usize) -> (crate::Exchange, Account) {
    let whole = stage();
    let guest = *whole.account(account).unwrap();
    let mut rest = whole.clone();
    for (_, position) in guest.occupied() {
        let mut market = *rest.market(position.market).unwrap();
        let side = market.ledger.side_mut(position.size.side().unwrap());
        side.open_interest = side.open_interest.checked_sub(position.size.size()).unwrap();
        side.entry_notional = side.entry_notional.get().checked_sub(position.entry_notional.get()).unwrap().into();
        let checkpoint = perp_engine::units::products::funding_owed(position.size.size(), position.funding_index);
        let checkpoint = side.funding_checkpoint.get().checked_sub(checkpoint.unwrap()).unwrap();
        side.funding_checkpoint = checkpoint.into();
        rest.put_market(market);
    }
    rest.vault = rest.vault.checked_sub(guest.balance).unwrap();
    (rest, guest)
}

#[test]
fn a_guest_is_in_every_sum_as_if_it_had_always_been_there() {
    for account in [ALICE, BOB] {
        let (mut rest, guest) = without(account);
        let whole = stage();
        assert_ne!(rest.market(0), whole.market(0));
        let number = rest.add_account(guest);
        rest.join(number).unwrap();
        assert_eq!((rest.market(0), rest.vault), (whole.market(0), whole.vault));
        assert_eq!(rest.account(number), whole.account(account));
    }
}

#[test]
fn a_guest_closes_what_nobody_else_holds() {
    let (rest, guest) = without(ALICE);
    let mut alone = rest.clone();
    // Without being added it would take away from a side what is not there: ten of the seller's ten, then no more.
    let mut market = *alone.market(0).unwrap();
    market.ledger.side_mut(perp_engine::units::Side::Long).open_interest = perp_engine::units::Size::ZERO;
    alone.put_market(market);
    let reading = now(&alone, 251);
    assert!(alone.preview_trade(&guest, 0, &order(-10), Some(&reading)).is_err());

    let mut joined = rest;
    let number = joined.add_account(guest);
    joined.join(number).unwrap();
    let closed = joined.trade(number, 0, &order(-10), Some(&reading)).unwrap();
    let mut whole = stage();
    assert_eq!(closed, whole.trade(ALICE, 0, &order(-10), Some(&reading)).unwrap());
}

#[test]
fn a_guest_that_cannot_be_added_changes_nothing() {
    let (whole, mut guest) = (stage(), *stage().account(ALICE).unwrap());
    guest.balance = perp_engine::units::Atoms::new(u64::MAX);
    let mut exchange = whole.clone();
    let number = exchange.add_account(guest);
    assert_eq!(exchange.join(number).unwrap_err().rule(), Some(EngineError::Overflow));
    assert_eq!((exchange.markets(), exchange.vault), (whole.markets(), whole.vault));

    let number = exchange.add_account(Account { balance: usdc(7), ..*whole.account(EMPTY).unwrap() });
    exchange.join(number).unwrap();
    assert_eq!(exchange.markets(), whole.markets());
    assert_eq!(exchange.vault, whole.vault.checked_add(usdc(7)).unwrap());
}
