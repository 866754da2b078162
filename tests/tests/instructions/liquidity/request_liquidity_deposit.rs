use crate::expected::{lamports, leave_associated_account, says, world};
use perp_client::instructions::{request_liquidity_deposit, NewRequest};
use perp_engine::state::RequestKind;
use perp_engine::units::Atoms;
use perp_swap::errors::ExchangeError;
use perp_swap::events::LiquidityRequested;
use perp_tests::{assert_refused, SystemError, TokenError, USDC};

#[test]
fn tokens_wait_in_the_escrow_with_a_tip_for_whoever_executes_it() {
    let mut world = world(1);
    let owner = world.user(1_700 * USDC);
    let (at, vault, cash) = (world.addresses, world.vault(), world.pool().state.cash);
    let (first, second) = (1_000 * USDC, 700 * USDC);
    // Two deposits wait at the same time.
    for (nonce, amount, escrow_before) in [(1, first, 0), (u64::MAX, second, first)] {
        let request = at.request(&owner, nonce);
        let expected = LiquidityRequested {
            exchange: at.exchange,
            time: world.now,
            pool_sequence: world.pool().state.sequence + 1,
            request,
            owner,
            kind: RequestKind::Deposit,
            amount,
            minimum_output: 3,
            tip: 5_000_000,
            escrow_before,
            escrow_after: escrow_before + amount,
        };
        let before = lamports(&mut world, &owner);
        says(world.request_liquidity_deposit(owner, nonce, amount, 3, 5_000_000), expected);
        let stored = world.request(&owner, nonce);
        assert_eq!((stored.exchange, stored.owner, stored.destination), (at.exchange, owner, at.shares_of(&owner)));
        assert_eq!((stored.nonce, stored.tip, stored.kind), (nonce, 5_000_000, RequestKind::Deposit as u8));
        assert_eq!((stored.state.amount.get(), stored.state.minimum_output.get()), (amount, 3));
        assert_eq!(stored.state.requested_at.get(), world.now);
        // Rent and tip lie in the request's account; the first time the owner's share account was made as well.
        assert!(lamports(&mut world, &request) > 5_000_000);
        if nonce != 1 {
            assert_eq!(lamports(&mut world, &owner), before - lamports(&mut world, &request));
        }
    }
    assert_eq!((world.tokens(&owner), world.vault()), (0, vault + first + second));
    assert_eq!((world.pool().state.escrow.get(), world.pool().state.cash), (first + second, cash));
}

#[test]
fn too_little_without_a_bound_or_of_tokens_that_are_not_there_is_refused() {
    let mut world = world(1);
    let owner = world.user(100 * USDC);
    assert_refused(world.request_liquidity_deposit(owner, 1, 10 * USDC - 1, 1, 0), ExchangeError::RequestTooSmall);
    assert_refused(world.request_liquidity_deposit(owner, 1, 10 * USDC, 0, 0), ExchangeError::OutputBoundZero);
    assert_refused(world.request_liquidity_deposit(owner, 1, 100 * USDC + 1, 1, 0), TokenError::InsufficientFunds);
    let at = world.addresses;
    let request = NewRequest { nonce: 1, amount: Atoms::new(10 * USDC), minimum_output: Atoms::new(1), tip: 0 };
    let from_vault = request_liquidity_deposit(&at, owner, at.vault, &request);
    assert_refused(world.run(&[from_vault]), ExchangeError::TransferToItself);
    world.request_liquidity_deposit(owner, 1, 10 * USDC, 1, 0).unwrap();
    // A number can be used again once its request is done, and not before.
    assert_refused(world.request_liquidity_deposit(owner, 1, 10 * USDC, 1, 0), SystemError::AccountAlreadyInUse);
}

#[test]
fn shares_go_to_the_owners_associated_account_and_nowhere_else() {
    let mut world = world(1);
    let (owner, at) = (world.user(100 * USDC), world.addresses);
    let provider = world.provider;
    let elsewhere = leave_associated_account(&mut world, provider, at.share_mint, at.shares_of(&provider));
    let request = NewRequest { nonce: 1, amount: Atoms::new(10 * USDC), minimum_output: Atoms::new(1), tip: 0 };
    let good = request_liquidity_deposit(&at, owner, at.tokens_of(&owner), &request);
    let mut to_another = good;
    to_another.accounts.iter_mut().filter(|meta| meta.pubkey == at.shares_of(&owner)).for_each(|meta| {
        meta.pubkey = elsewhere;
    });
    assert_refused(world.run(&[to_another]), ExchangeError::NotTheAssociatedAccount);
}
