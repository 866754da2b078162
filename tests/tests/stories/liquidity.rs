//! Liquidity in and out: what shares cost and fetch, who is paid for executing, what happens to requests that nobody
//! executed.

use crate::world;
use perp_engine::state::DEAD_SHARES;
use perp_swap::errors::ExchangeError;
use perp_tests::{assert_refused, Backend, World, DAY, SOL, USDC};

crate::on_both_backends!(
    shares_are_issued_at_the_upper_value_and_redeemed_at_the_lower,
    requests_that_nobody_executed_are_refunded,
    a_withdrawal_larger_than_the_cash_is_paid_in_parts,
    losses_of_a_market_are_the_providers,
);

fn shares_are_issued_at_the_upper_value_and_redeemed_at_the_lower(backend: Backend) {
    let mut world = world(backend, 1);
    let trader = world.trader(200_000 * USDC);
    world.trade(trader, 0, 8_000 * SOL).unwrap();
    let second = world.user(100_000 * USDC);
    world.add_liquidity(second, 100_000 * USDC);
    // Upper value: 8 000 000 of cash, 2 000 720 of backing, the 969.636 744 the long is under its entry, at a price without a
    // confidence interval, and 0.008 761 of funding: 10 001 689.645 505. 100 000 · 10 000 000 / that:
    assert_eq!(world.shares(&second), 99_983_106_399);
    assert_eq!(world.pool().state.shares.get(), 10_099_983_106_399);

    let shares = world.shares(&second);
    world.request_liquidity_withdrawal(second, 1, shares, 1, 0).unwrap();
    world.wait(DAY);
    world.publish_all_again();
    // Lower value: 8 100 000 of cash and 2 000 720 of backing; that the long is still under its entry counts nothing
    // until it is settled: 10 100 720. 99 983.106 399 · 10 100 720 / 10 099 983.106 399:
    let executor = world.admin;
    world.execute_liquidity_withdrawal(executor, second, 1).unwrap();
    assert_eq!(world.tokens(&second), 99_990_401_154);
}

fn requests_that_nobody_executed_are_refunded(backend: Backend) {
    let mut world = world(backend, 1);
    let owner = world.user(1_000 * USDC);
    let (caller, provider) = (world.key(), world.provider);
    let lamports = |world: &mut World, address| world.chain.account(&address).map_or(0, |account| account.lamports);

    world.request_liquidity_deposit(owner, 1, 1_000 * USDC, 1, 5_000_000).unwrap();
    let request = world.addresses.request(&owner, 1);
    assert_eq!(world.pool().state.escrow.get(), 1_000 * USDC);
    // Executable for an hour from 30 s on.
    world.wait(3_629);
    assert_refused(world.refund_liquidity_deposit(caller, owner, 1), ExchangeError::RequestNotExpired);
    world.wait(1);
    world.publish_all_again();
    assert_refused(world.execute_liquidity_deposit(caller, owner, 1), ExchangeError::RequestExpired);
    let (held, before) = (lamports(&mut world, request), lamports(&mut world, caller));
    world.refund_liquidity_deposit(caller, owner, 1).unwrap();
    assert_eq!(world.tokens(&owner), 1_000 * USDC);
    assert_eq!(world.pool().state.escrow.get(), 0);
    // Whoever refunds it gets its rent and the tip.
    assert_eq!(lamports(&mut world, caller), before + held);
    assert_eq!(lamports(&mut world, request), 0);

    let shares = world.shares(&provider);
    world.request_liquidity_withdrawal(provider, 2, 1_000 * USDC, 1, 0).unwrap();
    assert_eq!(world.shares(&provider), shares - 1_000 * USDC);
    world.wait(3 * DAY - 1);
    assert_refused(world.refund_liquidity_withdrawal(caller, provider, 2), ExchangeError::RequestNotExpired);
    world.wait(1);
    world.refund_liquidity_withdrawal(caller, provider, 2).unwrap();
    assert_eq!(world.shares(&provider), shares);
}

fn a_withdrawal_larger_than_the_cash_is_paid_in_parts(backend: Backend) {
    let mut world = world(backend, 1);
    let (provider, executor) = (world.provider, world.key());
    let shares = world.shares(&provider);
    assert_eq!(shares, 10_000_000 * USDC - DEAD_SHARES);
    world.request_liquidity_withdrawal(provider, 1, shares, 9_000_000 * USDC, 0).unwrap();
    world.wait(DAY);
    // The pool is worth 10 000 000, of which 8 000 000 are cash: that many shares are redeemed, the rest waits.
    world.execute_liquidity_withdrawal(executor, provider, 1).unwrap();
    assert_eq!(world.tokens(&provider), 8_000_000 * USDC);
    let request = world.request(&provider, 1).state;
    assert_eq!(request.amount.get(), 2_000_000 * USDC - DEAD_SHARES);
    // 9 000 000 less ⌊9 000 000 · 8 000 000 / 9 999 999.99⌋
    assert_eq!(request.minimum_output.get(), 1_799_999_992_800);
    assert_refused(world.execute_liquidity_withdrawal(executor, provider, 1), ExchangeError::PoolIlliquid);
    // The market gives back what it does not need.
    world.set_backing_target(0, 0).unwrap();
    world.allocate_backing(0).unwrap();
    world.execute_liquidity_withdrawal(executor, provider, 1).unwrap();
    assert_eq!(world.tokens(&provider), 10_000_000 * USDC - DEAD_SHARES);
    assert_eq!(world.pool().state.cash.get(), DEAD_SHARES);
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
    world.request_liquidity_withdrawal(provider, 1, 1_000_000 * USDC, 1, 0).unwrap();
    world.wait(DAY);
    let executor = world.admin;
    world.execute_liquidity_withdrawal(executor, provider, 1).unwrap();
    let (pool, fetched) = (world.pool().state, world.tokens(&provider));
    let backing: u64 = (0..2).map(|market| world.market(market).state.ledger.backing.get()).sum();
    // 1 000 000 of 10 000 000 shares of all there is.
    assert_eq!(fetched, (pool.cash.get() + fetched + backing) / 10);
}
