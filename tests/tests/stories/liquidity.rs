//! Liquidity in and out: what shares cost and fetch, and what happens to what the cash does not reach.

use crate::world;
use perp_engine::state::{PriceLimit, DEAD_SHARES};
use perp_swap::errors::ExchangeError;
use perp_tests::{assert_refused, Backend, World, SOL, USDC};

crate::on_both_backends!(
    shares_are_issued_at_the_upper_value_and_redeemed_at_the_lower,
    what_a_limit_refuses_is_returned,
    a_withdrawal_larger_than_the_cash_is_paid_in_parts,
    losses_of_a_market_are_the_providers,
);

/// Every request of the next boundary is served at the cached prices.
fn serve(world: &mut World) {
    let keeper = world.admin;
    world.serve(keeper);
}

fn shares_are_issued_at_the_upper_value_and_redeemed_at_the_lower(backend: Backend) {
    let mut world = world(backend, 1);
    let trader = world.trader(200_000 * USDC);
    world.trade(trader, 0, 8_000 * SOL).unwrap();
    let second = world.user(100_000 * USDC);
    world.request_liquidity_deposit(second, 1, 100_000 * USDC, PriceLimit::OnePercent).unwrap();
    serve(&mut world);
    // Upper value: 8 000 000 of cash, 2 000 720 of backing, the 969.636 744 the long is under its entry, at a price without a
    // confidence interval, and less than an hour of funding and carry, some 40. 99 980 · 10 000 000 / that:
    let shares = world.shares(&second);
    assert!((99_962_000 * USDC / 1_000..99_963_200 * USDC / 1_000).contains(&shares), "{shares}");
    assert_eq!(world.pool().state.shares.get(), 10_000_000 * USDC + shares);
    world.request_liquidity_withdrawal(second, 2, shares, PriceLimit::OnePercent).unwrap();
    serve(&mut world);
    // Lower value: that the long is still under its entry counts nothing until it is settled, nor does funding that is pending.
    let fetched = world.tokens(&second);
    assert!((99_950 * USDC..99_975 * USDC).contains(&fetched), "{fetched}");
}

fn what_a_limit_refuses_is_returned(backend: Backend) {
    let mut world = world(backend, 1);
    let trader = world.trader(1_000_000 * USDC);
    world.trade(trader, 0, 40_000 * SOL).unwrap();
    let (owner, provider, keeper) = (world.user(1_000 * USDC), world.provider, world.admin);
    let shares = world.shares(&provider);
    world.request_liquidity_deposit(owner, 1, 1_000 * USDC, PriceLimit::TwoPercent).unwrap();
    world.to_boundary();
    // The long may owe $10 on each of 40 000 SOL: a share may be worth 4 % more.
    let boundary = world.boundary();
    world.publish_after(0, 240.0, boundary, boundary - 1);
    world.value_all(keeper);
    world.close(keeper);
    world.pay_all(keeper);
    assert_eq!((world.tokens(&owner), world.shares(&owner)), (1_000 * USDC, 0));
    assert_eq!(world.pool().state.escrow.get(), 0);

    // It has won $20 more than its entry a day later: a share may be worth 8 % less, too little for a limit of five percent.
    world.request_liquidity_withdrawal(provider, 2, 1_000 * USDC, PriceLimit::FivePercent).unwrap();
    world.to_boundary();
    let boundary = world.boundary();
    world.publish_after(0, 270.0, boundary, boundary - 1);
    world.value_all(keeper);
    world.close(keeper);
    world.pay_all(keeper);
    assert_eq!(world.shares(&provider), shares);
}

fn a_withdrawal_larger_than_the_cash_is_paid_in_parts(backend: Backend) {
    let mut world = world(backend, 1);
    let provider = world.provider;
    let shares = world.shares(&provider);
    assert_eq!(shares, 10_000_000 * USDC - DEAD_SHARES);
    world.request_liquidity_withdrawal(provider, 1, shares, PriceLimit::None).unwrap();
    serve(&mut world);
    // The pool is worth 10 000 000, of which 8 000 000 are cash: that many shares are redeemed, less 0.02 % of them; the rest waits.
    assert_eq!(world.tokens(&provider), 8_000_000 * USDC - 1_600 * USDC);
    let request = world.request(&provider, 1).state;
    assert_eq!(request.amount.get(), 2_000_000 * USDC - DEAD_SHARES);
    // The market gives back what it does not need.
    world.set_backing_target(0, 0).unwrap();
    world.allocate_backing(0).unwrap();
    serve(&mut world);
    // ⌈1 999 999.99 / 5 000⌉ are set apart of the rest.
    assert_eq!(world.tokens(&provider), 10_000_000 * USDC - DEAD_SHARES - 1_600 * USDC - 399_999_998);
    assert_eq!(world.pool().state.cash.get(), DEAD_SHARES);
    assert!(world.records().is_empty() && world.open_requests().is_empty());
}

fn losses_of_a_market_are_the_providers(backend: Backend) {
    let mut world = world(backend, 2);
    let winner = world.trader(200_000 * USDC);
    let provider = world.provider;
    world.trade(winner, 0, 8_000 * SOL).unwrap();
    // 8 000 · 31.25 = 250 000 less 969.636 745 of spread and impact leave the backing, and no more than is there.
    world.later_at(60, 0, 281.25);
    world.settle_pnl(winner.margin_account, 0).unwrap();
    let books = world.market(0).state.ledger;
    assert_eq!(books.net_principal.get(), 2_000_000 * USDC, "a loss does not lower the principal");
    // 2 000 720 + 0.022 309 of a minute's funding − 249 030.363 255
    assert_eq!(books.backing.get(), 1_751_689_659_054);
    assert_eq!(world.balance(&winner.margin_account), 199_200_000_000 - 22_309 + 249_030_363_255);
    // The principal is placed, so the market is refilled only to half of 10 000 000 in all, however often it loses.
    world.set_backing_target(0, 9_000_000 * USDC).unwrap();
    world.allocate_backing(0).unwrap();
    assert_eq!(world.market(0).state.ledger.net_principal.get(), 5_000_000 * USDC);
    assert_refused(world.allocate_backing(0), ExchangeError::NothingToMove);
    // The other market has lost nothing, and a share is worth less.
    assert_eq!(world.market(1).state.ledger.backing.get(), 2_000_000 * USDC);
    world.close_position(winner, 0).unwrap();
    world.request_liquidity_withdrawal(provider, 1, 1_000_000 * USDC, PriceLimit::None).unwrap();
    let pool = world.pool().state;
    let backing: u64 = (0..2).map(|market| world.market(market).state.ledger.backing.get()).sum();
    serve(&mut world);
    // 1 000 000 of 10 000 000 shares of all there is, less 0.02 % of it, rounded up.
    let taken = (pool.cash.get() + backing) / 10;
    assert_eq!(world.tokens(&provider), taken - taken.div_ceil(5_000));
}
