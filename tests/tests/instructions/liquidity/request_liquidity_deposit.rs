use crate::expected::{lamports, says, world};
use perp_client::instructions::{request_liquidity_deposit, NewRequest};
use perp_engine::state::{PriceLimit, RequestKind};
use perp_engine::units::Atoms;
use perp_swap::errors::ExchangeError;
use perp_swap::events::LiquidityRequested;
use perp_tests::{assert_refused, tokens, SystemError, TokenError, NOW, USDC};

/// A minute of it is half a minute after the worlds begin, 430 s after a boundary.
const BOUNDARY: i64 = NOW - 400 + 3_600;

#[test]
fn tokens_wait_in_the_escrow_for_the_first_boundary_after_the_notice() {
    let mut world = world(2);
    let owner = world.user(1_700 * USDC);
    let (at, vault, cash) = (world.addresses, world.vault(), world.pool().state.cash);
    let pool_lamports = lamports(&mut world, &at.pool);
    world.run(&[perp_client::instructions::create_share_account(&at, owner, owner)]).unwrap();
    let (first, second) = (1_000 * USDC, 700 * USDC);
    // Two deposits wait at the same time. Each pays for two valuations, the close and the rent of the epoch's record.
    let queued = 40_000 + tokens::rent(perp_accounts::EpochRecord::SPACE);
    for (nonce, amount, escrow_before, boundary_before) in [(1, first, 0, 0), (u64::MAX, second, first, BOUNDARY)] {
        let request = at.request(&owner, nonce);
        let expected = LiquidityRequested {
            exchange: at.exchange,
            time: world.now,
            pool_sequence: world.pool().state.sequence + 1,
            request,
            owner,
            kind: RequestKind::Deposit,
            amount,
            limit: PriceLimit::TwoPercent,
            belongs_from: world.now + 600,
            lamports: queued,
            boundary_before,
            boundary_after: BOUNDARY,
            escrow_before,
            escrow_after: escrow_before + amount,
        };
        let before = lamports(&mut world, &owner);
        says(world.request_liquidity_deposit(owner, nonce, amount, PriceLimit::TwoPercent), expected);
        let stored = world.request(&owner, nonce);
        assert_eq!((stored.exchange, stored.owner), (at.exchange, owner));
        assert_eq!((stored.nonce, stored.kind, stored.state.limit), (nonce, RequestKind::Deposit as u8, 2));
        assert_eq!((stored.state.amount.get(), stored.state.belongs_from.get()), (amount, world.now + 600));
        // The rent and what whoever pays it out gets lie in the request's account.
        let held = lamports(&mut world, &request);
        assert_eq!(held, tokens::rent(perp_accounts::LiquidityRequest::SPACE) + 10_000);
        assert_eq!(lamports(&mut world, &owner), before - held - queued);
    }
    assert_eq!((world.tokens(&owner), world.vault()), (0, vault + first + second));
    assert_eq!((world.pool().state.escrow.get(), world.pool().state.cash), (first + second, cash));
    assert_eq!(lamports(&mut world, &at.pool), pool_lamports + 2 * queued);
    assert_eq!(world.boundary(), BOUNDARY);
}

#[test]
fn a_notice_that_ends_on_a_boundary_is_long_enough_and_a_second_later_is_not() {
    let mut world = world(1);
    let owner = world.user(100 * USDC);
    for (time, boundary) in [(BOUNDARY - 600, BOUNDARY), (BOUNDARY - 599, BOUNDARY + 3_600)] {
        world.set_time(time);
        let nonce = time.unsigned_abs();
        world.request_liquidity_deposit(owner, nonce, 10 * USDC, PriceLimit::None).unwrap();
        let queue = world.pool().queue;
        assert!(queue.waiting.iter().any(|waiting| waiting.boundary.get() == boundary), "{boundary}");
    }
    // The earlier one is waited for.
    assert_eq!(world.boundary(), BOUNDARY);
}

#[test]
fn too_little_or_of_tokens_that_are_not_there_or_with_an_unknown_limit_is_refused() {
    let mut world = world(1);
    let (owner, any) = (world.user(100 * USDC), PriceLimit::None);
    assert_refused(world.request_liquidity_deposit(owner, 1, 10 * USDC - 1, any), ExchangeError::RequestTooSmall);
    assert_refused(world.request_liquidity_deposit(owner, 1, 100 * USDC + 1, any), TokenError::InsufficientFunds);
    let at = world.addresses;
    let request = NewRequest { nonce: 1, amount: Atoms::new(10 * USDC), limit: any };
    let from_vault = request_liquidity_deposit(&at, owner, at.vault, &request);
    assert_refused(world.run(&[from_vault]), ExchangeError::TransferToItself);
    // The last byte of the data is the limit.
    let mut unknown = request_liquidity_deposit(&at, owner, at.tokens_of(&owner), &request);
    *unknown.data.last_mut().unwrap() = 5;
    assert_refused(world.run(&[unknown]), ExchangeError::UnknownPriceLimit);
    world.request_liquidity_deposit(owner, 1, 10 * USDC, any).unwrap();
    // A number can be used again once its request is done, and not before.
    let again = world.request_liquidity_deposit(owner, 1, 10 * USDC, any);
    assert_refused(again, SystemError::AccountAlreadyInUse);
}
