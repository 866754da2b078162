use crate::expected::{lamports, leave_associated_account, says, world};
use perp_client::instructions::{request_liquidity_withdrawal, NewRequest};
use perp_engine::state::RequestKind;
use perp_engine::units::Atoms;
use perp_swap::errors::ExchangeError;
use perp_swap::events::LiquidityRequested;
use perp_tests::{assert_refused, tokens, SystemError, USDC};

fn asked(shares: u64) -> NewRequest {
    NewRequest { nonce: 1, amount: Atoms::new(shares), minimum_output: Atoms::new(1), tip: 0 }
}

#[test]
fn shares_wait_in_a_token_account_of_the_exchange() {
    let mut world = world(1);
    let (at, owner) = (world.addresses, world.provider);
    let (shares, amount) = (world.shares(&owner), 1_000 * USDC);
    let waiting = world.user(700 * USDC);
    world.request_liquidity_deposit(waiting, 1, 700 * USDC, 1, 0).unwrap();
    // The escrow of tokens is another one.
    let escrow = 700 * USDC;
    let expected = LiquidityRequested {
        exchange: at.exchange,
        time: world.now,
        pool_sequence: world.pool().state.sequence + 1,
        request: at.request(&owner, 2),
        owner,
        kind: RequestKind::Withdrawal,
        amount,
        minimum_output: 3,
        tip: 9,
        escrow_before: escrow,
        escrow_after: escrow,
    };
    let before = lamports(&mut world, &owner);
    says(world.request_liquidity_withdrawal(owner, 2, amount, 3, 9), expected);
    let stored = world.request(&owner, 2);
    assert_eq!((stored.exchange, stored.owner, stored.destination), (at.exchange, owner, at.tokens_of(&owner)));
    assert_eq!((stored.nonce, stored.tip, stored.kind), (2, 9, RequestKind::Withdrawal as u8));
    assert_eq!((stored.state.amount.get(), stored.state.minimum_output.get()), (amount, 3));
    assert_eq!(stored.state.requested_at.get(), world.now);
    assert_eq!(lamports(&mut world, &owner), before - lamports(&mut world, &at.request(&owner, 2)));
    assert_eq!(world.shares(&owner), shares - amount);
    assert_eq!(tokens::balance(&mut *world.chain, &at.share_escrow), amount);
    let pool = world.pool().state;
    assert_eq!((pool.escrow.get(), pool.shares.get()), (escrow, 10_000_000 * USDC), "the shares still exist");
}

#[test]
fn too_few_without_a_bound_or_shares_that_are_not_there_are_refused() {
    let mut world = world(1);
    let (owner, shares) = (world.provider, world.shares(&world.provider.clone()));
    for (shares, minimum, rule) in [
        (0, 1, ExchangeError::AmountZero),
        (10 * USDC - 1, 1, ExchangeError::RequestTooSmall),
        (10 * USDC, 0, ExchangeError::OutputBoundZero),
        (shares + 1, 1, ExchangeError::InsufficientBalance),
    ] {
        assert_refused(world.request_liquidity_withdrawal(owner, 1, shares, minimum, 0), rule);
    }
    world.request_liquidity_withdrawal(owner, 1, 10 * USDC, 1, 0).unwrap();
    let again = world.request_liquidity_withdrawal(owner, 1, 10 * USDC, 1, 0);
    assert_refused(again, SystemError::AccountAlreadyInUse);
    // All that is owned is never too little.
    let rest = world.shares(&owner) - 5 * USDC;
    world.request_liquidity_withdrawal(owner, 2, rest, 1, 0).unwrap();
    world.request_liquidity_withdrawal(owner, 3, 5 * USDC, 1, 0).unwrap();
    assert_eq!(world.shares(&owner), 0);
}

#[test]
fn only_shares_are_sold_and_only_for_the_owners_associated_account() {
    let mut world = world(1);
    let (at, owner) = (world.addresses, world.provider);
    world.give(owner, 100 * USDC);
    // Tokens of the quote mint are no shares.
    let of_tokens = request_liquidity_withdrawal(&at, owner, at.tokens_of(&owner), &asked(10 * USDC));
    assert_refused(world.run(&[of_tokens]), ExchangeError::WrongShareMint);
    let elsewhere = leave_associated_account(&mut world, owner, at.quote_mint, at.tokens_of(&owner));
    let mut to_another = request_liquidity_withdrawal(&at, owner, at.shares_of(&owner), &asked(10 * USDC));
    to_another.accounts.iter_mut().filter(|meta| meta.pubkey == at.tokens_of(&owner)).for_each(|meta| {
        meta.pubkey = elsewhere;
    });
    assert_refused(world.run(&[to_another]), ExchangeError::NotTheAssociatedAccount);
}
