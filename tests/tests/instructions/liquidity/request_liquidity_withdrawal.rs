use crate::expected::{lamports, says, world};
use perp_client::instructions::{request_liquidity_withdrawal, NewRequest};
use perp_engine::state::{PriceLimit, RequestKind};
use perp_engine::units::Atoms;
use perp_swap::errors::ExchangeError;
use perp_swap::events::LiquidityRequested;
use perp_tests::{assert_refused, tokens, SystemError, DAY, NOW, USDC};

const ANY: PriceLimit = PriceLimit::None;

fn asked(shares: u64) -> NewRequest {
    NewRequest { nonce: 1, amount: Atoms::new(shares), limit: ANY }
}

#[test]
fn shares_wait_in_a_token_account_of_the_exchange_for_a_boundary_a_day_ahead() {
    let mut world = world(1);
    let (at, owner) = (world.addresses, world.provider);
    let (shares, amount) = (world.shares(&owner), 1_000 * USDC);
    let waiting = world.user(700 * USDC);
    world.request_liquidity_deposit(waiting, 1, 700 * USDC, ANY).unwrap();
    // The escrow of tokens is another one. The deposit's boundary is nearer, 3 200 s after the worlds begin.
    let (escrow, boundary) = (700 * USDC, NOW + 3_200);
    let expected = LiquidityRequested {
        exchange: at.exchange,
        time: world.now,
        pool_sequence: world.pool().state.sequence + 1,
        request: at.request(&owner, 2),
        owner,
        kind: RequestKind::Withdrawal,
        amount,
        limit: PriceLimit::TenPercent,
        belongs_from: world.now + DAY,
        lamports: 30_000 + tokens::rent(perp_accounts::EpochRecord::SPACE),
        boundary_before: boundary,
        boundary_after: boundary,
        escrow_before: escrow,
        escrow_after: escrow,
    };
    world.give(owner, 0);
    let before = lamports(&mut world, &owner);
    says(world.request_liquidity_withdrawal(owner, 2, amount, PriceLimit::TenPercent), expected);
    assert_eq!(world.shares(&owner), shares - amount);
    assert_eq!(tokens::balance(&mut *world.chain, &at.share_escrow), amount);
    let stored = world.request(&owner, 2);
    assert_eq!((stored.exchange, stored.owner), (at.exchange, owner));
    assert_eq!((stored.nonce, stored.kind, stored.state.limit), (2, RequestKind::Withdrawal as u8, 4));
    assert_eq!((stored.state.amount.get(), stored.state.belongs_from.get()), (amount, world.now + DAY));
    let held = lamports(&mut world, &at.request(&owner, 2));
    assert_eq!(lamports(&mut world, &owner), before - held - 30_000 - tokens::rent(perp_accounts::EpochRecord::SPACE));
    // 86 430 s after the worlds began is 430 s after a boundary: it is the next one.
    let queue = world.pool().queue;
    assert!(queue.waiting.iter().any(|waiting| waiting.boundary.get() == boundary + DAY));
}

#[test]
fn too_little_and_more_than_there_is_are_refused_but_all_of_it_is_never_too_little() {
    let mut world = world(1);
    let owner = world.provider;
    let all = world.shares(&owner);
    assert_refused(world.request_liquidity_withdrawal(owner, 1, 0, ANY), ExchangeError::AmountZero);
    assert_refused(world.request_liquidity_withdrawal(owner, 1, 10 * USDC - 1, ANY), ExchangeError::RequestTooSmall);
    assert_refused(world.request_liquidity_withdrawal(owner, 1, all + 1, ANY), ExchangeError::InsufficientBalance);
    world.request_liquidity_withdrawal(owner, 1, all - 5, ANY).unwrap();
    let again = world.request_liquidity_withdrawal(owner, 1, 5, ANY);
    assert_refused(again, SystemError::AccountAlreadyInUse);
    // Five shares are all that is left.
    world.request_liquidity_withdrawal(owner, 2, 5, ANY).unwrap();
    assert_eq!(world.shares(&owner), 0);
}

#[test]
fn only_shares_leave_the_pool_and_the_limit_is_one_of_five() {
    let mut world = world(1);
    let (at, owner) = (world.addresses, world.provider);
    world.give(owner, 1_000 * USDC);
    let of_tokens = request_liquidity_withdrawal(&at, owner, at.tokens_of(&owner), &asked(1_000 * USDC));
    assert_refused(world.run(&[of_tokens]), ExchangeError::WrongShareMint);
    let from_escrow = request_liquidity_withdrawal(&at, owner, at.share_escrow, &asked(0));
    assert_refused(world.run(&[from_escrow]), ExchangeError::AmountZero);
    let mut unknown = request_liquidity_withdrawal(&at, owner, at.shares_of(&owner), &asked(1_000 * USDC));
    *unknown.data.last_mut().unwrap() = u8::MAX;
    assert_refused(world.run(&[unknown]), ExchangeError::UnknownPriceLimit);
}
