use crate::expected::{says, world};
use anchor_lang::prelude::Pubkey;
use perp_client::instructions::{open_account, Authority};
use perp_engine::state::Account;
use perp_swap::errors::ExchangeError;
use perp_swap::events::AccountOpened;
use perp_tests::{assert_refused, SystemError};

#[test]
fn accounts_open_empty_cross_or_bound_to_a_market() {
    let mut world = world(2);
    let (at, owner) = (world.addresses, world.key());
    for (sub_account, isolated_market) in [(0, None), (3, Some(1)), (u16::MAX, Some(0))] {
        let account = at.margin_account(&owner, sub_account);
        let expected = AccountOpened {
            exchange: at.exchange,
            time: world.now,
            account,
            owner,
            account_sequence: 1,
            sub_account,
            isolated_market,
        };
        says(world.open_account(owner, sub_account, isolated_market), expected);
        let stored = world.margin_account(&account);
        assert_eq!((stored.exchange, stored.owner, stored.delegate), (at.exchange, owner, Pubkey::default()));
        assert_eq!(stored.sub_account, sub_account);
        assert_eq!(stored.state, Account { sequence: 1, ..Account::opened(isolated_market) });
    }
}

#[test]
fn somebody_else_may_pay_and_the_rent_returns_to_the_owner() {
    let mut world = world(1);
    let (at, owner, payer) = (world.addresses, world.key(), world.key());
    let account = at.margin_account(&owner, 0);
    let lamports = |world: &mut perp_tests::World, key| world.chain.account(&key).unwrap().lamports;
    let (of_owner, of_payer) = (lamports(&mut world, owner), lamports(&mut world, payer));
    world.run(&[open_account(&at, owner, payer, 0, None)]).unwrap();
    let rent = lamports(&mut world, account);
    assert_eq!((lamports(&mut world, owner), lamports(&mut world, payer)), (of_owner, of_payer - rent));
    world.close_account(Authority { signer: owner, margin_account: account }).unwrap();
    assert_eq!(lamports(&mut world, owner), of_owner + rent);
}

#[test]
fn a_market_that_is_not_listed_and_an_account_that_there_is_are_refused() {
    let mut world = world(2);
    let owner = world.key();
    assert_refused(world.open_account(owner, 0, Some(2)), ExchangeError::NoSuchMarket);
    world.open_account(owner, 0, Some(1)).unwrap();
    assert_refused(world.open_account(owner, 0, None), SystemError::AccountAlreadyInUse);
}
