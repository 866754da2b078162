use crate::expected::{close, lamports, leave_associated_account, says, world};
use anchor_lang::prelude::Pubkey;
use perp_client::instructions::{
    create_token_account, refund_liquidity_deposit, request_liquidity_deposit, NewRequest,
};
use perp_engine::state::{RequestKind, Status};
use perp_engine::units::Atoms;
use perp_swap::errors::ExchangeError;
use perp_swap::events::LiquidityRefunded;
use perp_tests::{assert_refused, World, USDC};

const AMOUNT: u64 = 1_000 * USDC;

/// The event of a refund by `caller` of the only request.
fn refunded(world: &mut World, owner: Pubkey, caller: Pubkey) -> LiquidityRefunded {
    LiquidityRefunded {
        exchange: world.addresses.exchange,
        time: world.now,
        pool_sequence: world.pool().state.sequence + 1,
        request: world.addresses.request(&owner, 1),
        owner,
        caller,
        kind: RequestKind::Deposit,
        amount: AMOUNT,
        escrow_before: AMOUNT,
        escrow_after: 0,
    }
}

#[test]
fn what_nobody_executed_in_time_goes_back_and_the_tip_to_whoever_sends_it_back() {
    let mut world = world(1);
    let (owner, caller, risk_admin) = (world.user(AMOUNT), world.key(), world.risk_admin);
    world.request_liquidity_deposit(owner, 1, AMOUNT, 1, 5_000_000).unwrap();
    let request = world.addresses.request(&owner, 1);
    // 30 s until it matures and an hour from then on.
    world.wait(3_629);
    assert_refused(world.refund_liquidity_deposit(caller, owner, 1), ExchangeError::RequestNotExpired);
    world.wait(1);
    world.set_exchange_status(risk_admin, Status::Paused, 300).unwrap();
    let (held, before, vault) = (lamports(&mut world, &request), lamports(&mut world, &caller), world.vault());
    let expected = refunded(&mut world, owner, caller);
    says(world.refund_liquidity_deposit(caller, owner, 1), expected);
    assert_eq!((world.tokens(&owner), world.vault()), (AMOUNT, vault - AMOUNT));
    assert!(world.pool().state.escrow.is_zero() && world.chain.account(&request).is_none());
    assert_eq!(lamports(&mut world, &caller), before + held);
}

#[test]
fn tokens_from_an_account_that_is_gone_come_back_to_the_owners_associated_one() {
    let mut world = world(1);
    let (at, owner, caller) = (world.addresses, world.user(AMOUNT), world.key());
    let elsewhere = leave_associated_account(&mut world, owner, at.quote_mint, at.tokens_of(&owner));
    world.run(&[perp_client::instructions::create_share_account(&at, owner, owner)]).unwrap();
    let asked = NewRequest { nonce: 1, amount: Atoms::new(AMOUNT), minimum_output: Atoms::new(1), tip: 0 };
    let request = request_liquidity_deposit(&at, owner, elsewhere, &asked);
    let gone = close(&world, owner, elsewhere);
    world.run(&[request, gone]).unwrap();
    assert!(world.chain.account(&elsewhere).is_none() && world.chain.account(&at.tokens_of(&owner)).is_none());
    world.wait(3_630);

    // The owner has no account at all: the caller makes the associated one, in the same transaction.
    let stored = world.request(&owner, 1);
    let refund = refund_liquidity_deposit(&at, caller, &stored);
    world.send(&refund).unwrap_err();
    let expected = refunded(&mut world, owner, caller);
    says(world.run(&[create_token_account(&at, caller, owner), refund]), expected);
    assert_eq!(world.tokens(&owner), AMOUNT);
}

#[test]
fn it_goes_to_no_other_account_even_of_the_owners() {
    let mut world = world(1);
    let (at, owner, caller) = (world.addresses, world.user(2 * AMOUNT), world.user(0));
    world.request_liquidity_deposit(owner, 1, AMOUNT, 1, 0).unwrap();
    let elsewhere = leave_associated_account(&mut world, owner, at.quote_mint, at.tokens_of(&owner));
    world.wait(3_630);
    let stored = world.request(&owner, 1);
    for destination in [elsewhere, at.tokens_of(&caller), at.vault] {
        let mut refund = refund_liquidity_deposit(&at, caller, &stored);
        refund.accounts[4].pubkey = destination;
        assert_refused(world.run(&[refund]), ExchangeError::NotTheAssociatedAccount);
    }
}

#[test]
fn a_withdrawal_is_refunded_by_another_instruction() {
    let mut world = world(1);
    let (at, owner, caller) = (world.addresses, world.provider, world.key());
    world.give(owner, 0);
    world.request_liquidity_withdrawal(owner, 1, AMOUNT, 1, 0).unwrap();
    world.wait(3 * perp_tests::DAY);
    let stored = world.request(&owner, 1);
    let refund = refund_liquidity_deposit(&at, caller, &stored);
    assert_refused(world.run(&[refund]), ExchangeError::RequestOfOtherKind);
}
