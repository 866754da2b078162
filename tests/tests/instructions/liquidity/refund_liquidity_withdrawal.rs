use crate::expected::{close, lamports, leave_associated_account, says, world};
use anchor_lang::prelude::Pubkey;
use perp_client::instructions::{
    create_share_account, refund_liquidity_withdrawal, request_liquidity_withdrawal, NewRequest,
};
use perp_engine::state::{RequestKind, Status};
use perp_engine::units::Atoms;
use perp_swap::errors::ExchangeError;
use perp_swap::events::LiquidityRefunded;
use perp_tests::{assert_refused, tokens, World, DAY, USDC};

/// The event of a refund by `caller` of the only request.
fn refunded(world: &mut World, owner: Pubkey, caller: Pubkey, amount: u64) -> LiquidityRefunded {
    LiquidityRefunded {
        exchange: world.addresses.exchange,
        time: world.now,
        pool_sequence: world.pool().state.sequence + 1,
        request: world.addresses.request(&owner, 1),
        owner,
        caller,
        kind: RequestKind::Withdrawal,
        amount,
        // The escrow of tokens holds none of it.
        escrow_before: 0,
        escrow_after: 0,
    }
}

#[test]
fn what_nobody_executed_in_time_goes_back_and_the_tip_to_whoever_sends_it_back() {
    let mut world = world(1);
    let (at, owner, caller, risk_admin) = (world.addresses, world.provider, world.key(), world.risk_admin);
    world.give(owner, 0);
    let (shares, amount) = (world.shares(&owner), 1_000 * USDC);
    world.request_liquidity_withdrawal(owner, 1, amount, 1, 5_000_000).unwrap();
    // A day until it matures and two from then on.
    world.wait(3 * DAY - 1);
    assert_refused(world.refund_liquidity_withdrawal(caller, owner, 1), ExchangeError::RequestNotExpired);
    world.wait(1);
    world.set_exchange_status(risk_admin, Status::Paused, 300).unwrap();
    let (held, before) = (lamports(&mut world, &at.request(&owner, 1)), lamports(&mut world, &caller));
    let expected = refunded(&mut world, owner, caller, amount);
    says(world.refund_liquidity_withdrawal(caller, owner, 1), expected);
    assert_eq!(world.shares(&owner), shares);
    assert_eq!(tokens::balance(&mut *world.chain, &at.share_escrow), 0);
    assert_eq!(lamports(&mut world, &caller), before + held);
    assert!(world.chain.account(&at.request(&owner, 1)).is_none());
}

#[test]
fn shares_from_an_account_that_is_gone_come_back_to_the_owners_associated_one() {
    let mut world = world(1);
    let (at, owner, caller) = (world.addresses, world.provider, world.key());
    world.give(owner, 0);
    let shares = world.shares(&owner);
    let elsewhere = leave_associated_account(&mut world, owner, at.share_mint, at.shares_of(&owner));
    let asked = NewRequest { nonce: 1, amount: Atoms::new(shares), minimum_output: Atoms::new(1), tip: 0 };
    let request = request_liquidity_withdrawal(&at, owner, elsewhere, &asked);
    let gone = close(&world, owner, elsewhere);
    world.run(&[request, gone]).unwrap();
    assert!(world.chain.account(&elsewhere).is_none() && world.chain.account(&at.shares_of(&owner)).is_none());
    world.wait(3 * DAY);

    // The owner has no account at all: the caller makes the associated one, in the same transaction.
    let stored = world.request(&owner, 1);
    let refund = refund_liquidity_withdrawal(&at, caller, &stored);
    world.send(&refund).unwrap_err();
    let expected = refunded(&mut world, owner, caller, shares);
    says(world.run(&[create_share_account(&at, caller, owner), refund]), expected);
    assert_eq!(world.shares(&owner), shares);
}

#[test]
fn it_goes_to_no_other_account_even_of_the_owners() {
    let mut world = world(1);
    let (at, owner, caller) = (world.addresses, world.provider, world.key());
    world.give(owner, 0);
    world.run(&[create_share_account(&at, caller, caller)]).unwrap();
    world.request_liquidity_withdrawal(owner, 1, 1_000 * USDC, 1, 0).unwrap();
    let elsewhere = leave_associated_account(&mut world, owner, at.share_mint, at.shares_of(&owner));
    world.wait(3 * DAY);
    let stored = world.request(&owner, 1);
    for destination in [elsewhere, at.shares_of(&caller), at.share_escrow] {
        let mut refund = refund_liquidity_withdrawal(&at, caller, &stored);
        refund.accounts[4].pubkey = destination;
        assert_refused(world.run(&[refund]), ExchangeError::NotTheAssociatedAccount);
    }
}

#[test]
fn a_deposit_is_refunded_by_another_instruction() {
    let mut world = world(1);
    let (at, owner, caller) = (world.addresses, world.user(1_000 * USDC), world.key());
    world.request_liquidity_deposit(owner, 1, 1_000 * USDC, 1, 0).unwrap();
    world.wait(3_630);
    let stored = world.request(&owner, 1);
    let refund = refund_liquidity_withdrawal(&at, caller, &stored);
    assert_refused(world.run(&[refund]), ExchangeError::RequestOfOtherKind);
}
