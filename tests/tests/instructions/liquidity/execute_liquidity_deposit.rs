use crate::expected::{lamports, says, world, worthless};
use anchor_lang::prelude::Pubkey;
use perp_client::instructions::execute_liquidity_deposit;
use perp_engine::state::Status;
use perp_swap::errors::ExchangeError;
use perp_swap::events::LiquidityDeposited;
use perp_tests::world::POOL;
use perp_tests::{assert_refused, World, SOL, USDC};

const AMOUNT: u64 = 1_000 * USDC;

/// A pool of ten million, a long of 40 SOL in the first of two markets, and a deposit of 1 000 that waits.
fn waiting(minimum_output: u64) -> (World, Pubkey) {
    let mut world = world(2);
    let trader = world.trader(1_000 * USDC);
    world.trade(trader, 0, 40 * SOL).unwrap();
    let owner = world.user(AMOUNT);
    world.request_liquidity_deposit(owner, 1, AMOUNT, minimum_output, 5_000_000).unwrap();
    (world, owner)
}

#[test]
fn tokens_become_shares_at_the_upper_value_of_the_pool() {
    let (mut world, owner) = waiting(1);
    let (at, executor) = (world.addresses, world.key());
    world.wait(30);
    world.publish_all_again();
    let (before, held) = (world.pool().state, lamports(&mut world, &at.request(&owner, 1)));
    let rich = lamports(&mut world, &executor);
    // Ten million and 3.60 of fees; the long is under its entry by the 2.858 183 72 that it cost, and this price
    // has no confidence interval; funding adds less than an atom. All of it rounded up:
    let value = POOL + 3_600_000 + 2_858_184;
    let shares = (u128::from(AMOUNT) * u128::from(POOL) / u128::from(value)) as u64;
    let expected = LiquidityDeposited {
        exchange: at.exchange,
        time: world.now,
        pool_sequence: before.sequence + 1,
        request: at.request(&owner, 1),
        owner,
        executor,
        amount: AMOUNT,
        shares,
        pool_value: value,
        pool_cash_before: before.cash.get(),
        pool_cash_after: before.cash.get() + AMOUNT,
        shares_before: POOL,
        shares_after: POOL + shares,
    };
    says(world.execute_liquidity_deposit(executor, owner, 1), expected);
    let after = world.pool().state;
    assert_eq!((after.escrow.get(), after.cash.get()), (0, before.cash.get() + AMOUNT));
    assert_eq!((after.shares.get(), world.shares(&owner)), (POOL + shares, shares));
    // Whoever executes it gets the request's rent and the tip.
    assert!(world.chain.account(&at.request(&owner, 1)).is_none());
    assert_eq!(lamports(&mut world, &executor), rich + held);
}

#[test]
fn it_is_executed_neither_before_nor_at_prices_from_before_nor_after_its_time() {
    let (mut world, owner) = waiting(1);
    let executor = world.admin;
    world.wait(29);
    world.publish_all_again();
    assert_refused(world.execute_liquidity_deposit(executor, owner, 1), ExchangeError::RequestNotMature);
    world.wait(1);
    // The prices are a second too old, fresh as they are.
    assert_refused(world.execute_liquidity_deposit(executor, owner, 1), ExchangeError::PriceBeforeMaturity);
    world.publish_all_again();
    world.wait(16);
    assert_refused(world.execute_liquidity_deposit(executor, owner, 1), ExchangeError::LegStale);
    // One too wide to be a price values nothing.
    world.publish_with(0, 250.0, 9.0, world.now);
    world.update_price(0).unwrap();
    assert_refused(world.execute_liquidity_deposit(executor, owner, 1), ExchangeError::LegStale);
    world.wait(3_600 - 16);
    world.publish_all_again();
    assert_refused(world.execute_liquidity_deposit(executor, owner, 1), ExchangeError::RequestExpired);
}

#[test]
fn a_pause_and_fewer_shares_than_the_minimum_are_refused() {
    // A share for an atom is more than there will be, since the pool has earned a fee.
    let (mut world, owner) = waiting(AMOUNT);
    let (executor, risk_admin) = (world.admin, world.risk_admin);
    world.wait(30);
    world.publish_all_again();
    assert_refused(world.execute_liquidity_deposit(executor, owner, 1), ExchangeError::OutputTooSmall);
    world.set_exchange_status(risk_admin, Status::Paused, 300).unwrap();
    assert_refused(world.execute_liquidity_deposit(executor, owner, 1), ExchangeError::Paused);
}

#[test]
fn all_markets_are_passed_in_their_order() {
    let (mut world, owner) = waiting(1);
    world.wait(30);
    world.publish_all_again();
    let (at, request) = (world.addresses, world.request(&owner, 1));
    let all = execute_liquidity_deposit(&at, world.admin, &request, 2);
    let (mut cut, mut swapped, mut twice) = (all.clone(), all.clone(), all.clone());
    cut.accounts.pop();
    swapped.accounts.swap(7, 8);
    twice.accounts.push(all.accounts[8].clone());
    for wrong in [cut, swapped, twice] {
        assert_refused(world.run(&[wrong]), ExchangeError::MarketsMissing);
    }
    world.run(&[all]).unwrap();
}

#[test]
fn nobody_buys_into_a_pool_that_is_worth_nothing() {
    let (mut world, loser) = worthless();
    let (owner, executor) = (world.user(AMOUNT), world.admin);
    world.request_liquidity_deposit(owner, 9, AMOUNT, 1, 0).unwrap();
    world.wait(30);
    world.publish_all_again();
    // Before it is known what the pool is worth a short of 5000 SOL that lost $62.50 on each, a quarter, pays.
    assert_refused(world.execute_liquidity_deposit(executor, owner, 9), ExchangeError::LossesNotSettled);
    world.settle_pnl(loser.margin_account, 0).unwrap();
    assert_refused(world.execute_liquidity_deposit(executor, owner, 9), ExchangeError::PoolWorthless);
}
