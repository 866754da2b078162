use crate::expected::{lamports, says, world, worthless};
use anchor_lang::prelude::Pubkey;
use perp_client::instructions::execute_liquidity_withdrawal;
use perp_engine::state::{Status, DEAD_SHARES};
use perp_swap::errors::ExchangeError;
use perp_swap::events::LiquidityWithdrawn;
use perp_tests::world::POOL;
use perp_tests::{assert_refused, World, DAY, SOL, USDC};

const SHARES: u64 = 1_000 * USDC;

/// A pool of ten million, two million of it in each of two markets, and a withdrawal of 1 000 shares that waits. A
/// short of 40 SOL has paid a fee of 4 in the first market.
fn waiting(minimum_output: u64) -> (World, Pubkey) {
    let mut world = world(2);
    let trader = world.trader(1_000 * USDC);
    world.trade(trader, 0, -40 * SOL).unwrap();
    let owner = world.provider;
    world.give(owner, 0);
    world.request_liquidity_withdrawal(owner, 1, SHARES, minimum_output, 5_000_000).unwrap();
    (world, owner)
}

#[test]
fn shares_become_tokens_at_the_lower_value_of_the_pool() {
    let (mut world, owner) = waiting(1);
    let (at, executor) = (world.addresses, world.key());
    world.wait(DAY);
    world.publish_all_again();
    let (before, held) = (world.pool().state, lamports(&mut world, &at.request(&owner, 1)));
    let (rich, vault) = (lamports(&mut world, &executor), world.vault());
    // Ten million and 3.60 of the fee; that the short is under its entry counts for nothing until it is settled.
    let value = POOL + 3_600_000;
    let paid = (u128::from(SHARES) * u128::from(value) / u128::from(POOL)) as u64;
    let expected = LiquidityWithdrawn {
        exchange: at.exchange,
        time: world.now,
        pool_sequence: before.sequence + 1,
        request: at.request(&owner, 1),
        owner,
        executor,
        burned: SHARES,
        paid,
        left: 0,
        pool_value: value,
        pool_cash_before: before.cash.get(),
        pool_cash_after: before.cash.get() - paid,
        shares_before: POOL,
        shares_after: POOL - SHARES,
    };
    says(world.execute_liquidity_withdrawal(executor, owner, 1), expected);
    assert_eq!((world.tokens(&owner), world.vault()), (paid, vault - paid));
    let after = world.pool().state;
    assert_eq!((after.cash.get(), after.shares.get()), (before.cash.get() - paid, POOL - SHARES));
    // Whoever executes the last of it gets the request's rent and the tip.
    assert!(world.chain.account(&at.request(&owner, 1)).is_none());
    assert_eq!(lamports(&mut world, &executor), rich + held);
}

#[test]
fn as_much_is_paid_as_there_is_cash_and_the_rest_waits() {
    let mut world = world(1);
    let (at, owner, executor) = (world.addresses, world.provider, world.key());
    world.give(owner, 0);
    let shares = POOL - DEAD_SHARES;
    world.request_liquidity_withdrawal(owner, 1, shares, 9_000_000 * USDC, 0).unwrap();
    world.wait(DAY);
    let (cash, number, rich) = (8_000_000 * USDC, world.pool().state.sequence + 1, lamports(&mut world, &executor));
    let expected = LiquidityWithdrawn {
        exchange: at.exchange,
        time: world.now,
        pool_sequence: number,
        request: at.request(&owner, 1),
        owner,
        executor,
        burned: cash,
        paid: cash,
        left: shares - cash,
        pool_value: POOL,
        pool_cash_before: cash,
        pool_cash_after: 0,
        shares_before: POOL,
        shares_after: POOL - cash,
    };
    says(world.execute_liquidity_withdrawal(executor, owner, 1), expected);
    // 9 000 000 less ⌊9 000 000 · 8 000 000 / 9 999 999.99⌋ are asked for the rest.
    let left = world.request(&owner, 1).state;
    assert_eq!((left.amount.get(), left.minimum_output.get()), (shares - cash, 1_799_999_992_800));
    assert_eq!(lamports(&mut world, &executor), rich);
    assert_refused(world.execute_liquidity_withdrawal(executor, owner, 1), ExchangeError::PoolIlliquid);
}

#[test]
fn while_an_oracle_is_dead_only_the_owner_leaves_at_the_worse_end_of_its_range() {
    let (mut world, owner) = waiting(1);
    let (stranger, whale) = (world.key(), world.trader(600_000 * USDC));
    world.later_at(1, 0, 250.0);
    world.trade(whale, 0, 20_000 * SOL).unwrap();
    world.wait(DAY);
    world.publish_all_again();
    // Not yet dead, its price is merely old, for the owner as well.
    world.wait(16);
    world.report_oracle_outage(0).unwrap();
    for executor in [stranger, owner] {
        assert_refused(world.execute_liquidity_withdrawal(executor, owner, 1), ExchangeError::LegStale);
    }
    world.wait(300);
    assert_refused(world.execute_liquidity_withdrawal(stranger, owner, 1), ExchangeError::LegStale);
    world.execute_liquidity_withdrawal(owner, owner, 1).unwrap();
    // The longs, 5 000 000 but for the 4 SOL of another, may have won 15 %: some 750 000 of ten million belong to nobody
    // meanwhile, and of 1 000 some 75.
    let paid = world.tokens(&owner);
    assert!((924 * USDC..926 * USDC).contains(&paid), "{paid}");
}

#[test]
fn it_is_executed_neither_before_nor_at_prices_from_before_nor_after_its_time() {
    let (mut world, owner) = waiting(1);
    let executor = world.admin;
    world.wait(DAY - 1);
    world.publish_all_again();
    assert_refused(world.execute_liquidity_withdrawal(executor, owner, 1), ExchangeError::RequestNotMature);
    world.wait(1);
    assert_refused(world.execute_liquidity_withdrawal(executor, owner, 1), ExchangeError::PriceBeforeMaturity);
    world.publish_all_again();
    world.wait(16);
    assert_refused(world.execute_liquidity_withdrawal(executor, owner, 1), ExchangeError::LegStale);
    world.wait(2 * DAY - 16);
    world.publish_all_again();
    assert_refused(world.execute_liquidity_withdrawal(executor, owner, 1), ExchangeError::RequestExpired);
}

#[test]
fn a_pause_and_fewer_tokens_than_the_minimum_are_refused() {
    // The fee makes a share dearer by less than an atom in a million.
    let (mut world, owner) = waiting(SHARES + 1_000);
    let (executor, risk_admin) = (world.admin, world.risk_admin);
    world.wait(DAY);
    world.publish_all_again();
    assert_refused(world.execute_liquidity_withdrawal(executor, owner, 1), ExchangeError::OutputTooSmall);
    world.set_exchange_status(risk_admin, Status::Paused, 300).unwrap();
    assert_refused(world.execute_liquidity_withdrawal(executor, owner, 1), ExchangeError::Paused);
}

#[test]
fn all_markets_are_passed_in_their_order() {
    let (mut world, owner) = waiting(1);
    world.wait(DAY);
    world.publish_all_again();
    let (at, request) = (world.addresses, world.request(&owner, 1));
    let all = execute_liquidity_withdrawal(&at, world.admin, &request, 2);
    let (mut cut, mut swapped, mut twice) = (all.clone(), all.clone(), all.clone());
    cut.accounts.pop();
    swapped.accounts.swap(10, 11);
    twice.accounts.push(all.accounts[11].clone());
    for wrong in [cut, swapped, twice] {
        assert_refused(world.run(&[wrong]), ExchangeError::MarketsMissing);
    }
    world.run(&[all]).unwrap();
}

#[test]
fn shares_of_a_pool_that_is_worth_nothing_fetch_nothing() {
    let (mut world, _) = worthless();
    let (owner, executor) = (world.provider, world.admin);
    let shares = world.shares(&owner);
    world.request_liquidity_withdrawal(owner, 9, shares, 1, 0).unwrap();
    world.wait(DAY);
    world.publish_all_again();
    assert_refused(world.execute_liquidity_withdrawal(executor, owner, 9), ExchangeError::PoolWorthless);
}
