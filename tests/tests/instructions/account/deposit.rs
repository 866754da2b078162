use crate::expected::{account_sequence, says, world};
use perp_client::instructions::{deposit, Authority};
use perp_engine::state::Status;
use perp_engine::units::Atoms;
use perp_swap::errors::ExchangeError;
use perp_swap::events::Deposited;
use perp_tests::{assert_refused, TokenError};

#[test]
fn tokens_become_balance_one_for_one_in_every_status() {
    let mut world = world(1);
    let owner = world.user(100);
    let trader = world.account(owner, 0, None);
    let (vault, risk_admin) = (world.vault(), world.risk_admin);
    world.set_exchange_status(risk_admin, Status::Paused, 300).unwrap();
    for (amount, before) in [(60, 0), (40, 60)] {
        let expected = Deposited {
            exchange: world.addresses.exchange,
            time: world.now,
            account: trader.margin_account,
            owner,
            account_sequence: account_sequence(&mut world, trader) + 1,
            amount,
            balance_before: before,
            balance_after: before + amount,
        };
        says(world.deposit(trader, amount), expected);
    }
    assert_eq!((world.tokens(&owner), world.balance(&trader.margin_account), world.vault()), (0, 100, vault + 100));
    let counters = world.margin_account(&trader.margin_account).state.counters;
    assert_eq!((counters.deposited.get(), counters.withdrawn.get()), (100, 0));
}

#[test]
fn nothing_and_more_than_there_is_are_refused() {
    let mut world = world(1);
    let owner = world.user(100);
    let trader = world.account(owner, 0, None);
    assert_refused(world.deposit(trader, 0), ExchangeError::AmountZero);
    assert_refused(world.deposit(trader, 101), TokenError::InsufficientFunds);
    // Out of the vault into the vault nothing would come in.
    let at = world.addresses;
    let from_vault = deposit(&at, trader, at.vault, Atoms::new(1));
    assert_refused(world.run(&[from_vault]), ExchangeError::TransferToItself);
}

#[test]
fn nobody_but_the_owner_deposits() {
    let mut world = world(1);
    let (trader, friend) = (world.trader(0), world.user(100));
    let gift = deposit(
        &world.addresses,
        Authority { signer: friend, ..trader },
        world.addresses.tokens_of(&friend),
        Atoms::new(100),
    );
    assert_refused(world.run(&[gift]), ExchangeError::NotTheOwner);
}
