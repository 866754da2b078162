//! The largest, the smallest and the unreadable.

use crate::{gains_nothing, world};
use anchor_lang::error::ErrorCode;
use anchor_lang::{Discriminator, InstructionData};
use perp_client::instructions as client;
use perp_engine::liquidation::LiquidationOrder;
use perp_engine::trade::Order;
use perp_engine::units::{Atoms, Base, Price, Size};
use perp_swap::errors::ExchangeError;
use perp_swap::instruction as data;
use perp_tests::world::{order, ALL};
use perp_tests::{assert_refused, listing, Ran, SOL, USDC};

/// Refused by a rule of the program, not by running out of anything.
#[track_caller]
fn assert_named(result: Ran) {
    let refused = result.expect_err("no market takes this");
    let code = refused.code().unwrap_or_else(|| panic!("not an error code: {refused:#?}"));
    assert!(perp_client::errors::explain(code).is_some(), "code {code} has a name");
}

#[test]
fn attack_orders_of_extreme_sizes_are_refused_by_name() {
    let mut world = world();
    let trader = world.trader(1_000 * USDC);
    world.trade(trader, 0, SOL).unwrap();
    world.next_slot();
    gains_nothing(&mut world, &[trader.signer], |world| {
        for size in [0, i64::MAX, i64::MIN, 1 << 57, -(1 << 57), (1 << 57) + 1, 1 << 62] {
            assert_named(world.trade(trader, 0, size));
            if size >= 0 {
                assert_named(world.trade_order(trader, 0, &Order { reduce_only: true, ..order(size) }));
            }
        }
        let bounded = Order { price_bound: Price::new(1), ..order(SOL) };
        assert_refused(world.trade_order(trader, 0, &bounded), ExchangeError::PriceBoundExceeded);
        let bounded = Order { price_bound: Price::new(u64::MAX), ..order(-SOL / 2) };
        assert_refused(world.trade_order(trader, 0, &bounded), ExchangeError::PriceBoundExceeded);
    });
    // Reducing by more than there is closes what there is.
    world.trade_order(trader, 0, &Order { reduce_only: true, ..order(-(1 << 57)) }).unwrap();
    assert!(world.position(&trader.margin_account, 0).size.is_zero());
}

#[test]
fn attack_extreme_liquidations_and_amounts_are_refused_by_name() {
    let mut world = world();
    let victim = world.trader(700 * USDC);
    let liquidator = world.trader(10 * USDC);
    world.trade(victim, 0, 40 * SOL).unwrap();
    world.later_at(60, 0, 234.375);
    let (address, provider) = (victim.margin_account, world.provider);
    let nothing = LiquidationOrder { max_size: Size::ZERO, ..ALL };
    assert_refused(world.liquidate_order(liquidator, address, 0, &nothing), ExchangeError::SizeOutOfRange);
    let greedy = LiquidationOrder { min_bounty: Atoms::new(u64::MAX), ..ALL };
    assert_refused(world.liquidate_order(liquidator, address, 0, &greedy), ExchangeError::BountyTooSmall);
    for amount in [0, 1, u64::MAX] {
        assert_named(world.request_liquidity_deposit(liquidator.signer, 1, amount, 0, 0));
    }
    for shares in [0, 1, u64::MAX] {
        assert_named(world.request_liquidity_withdrawal(provider, 1, shares, 0, 0));
    }
    // The largest size liquidates what there is.
    let all = LiquidationOrder { max_size: Size::new(u64::MAX), ..ALL };
    world.liquidate_order(liquidator, address, 0, &all).unwrap();
}

#[test]
fn attack_more_tokens_than_the_range_of_a_balance_are_refused() {
    let mut world = world();
    let attacker = world.trader(0);
    world.give(attacker.signer, 1 << 63);
    gains_nothing(&mut world, &[], |world| {
        assert_refused(world.deposit(attacker, (1 << 62) + 1), ExchangeError::Overflow);
        world.deposit(attacker, 1 << 61).unwrap();
        assert_refused(world.deposit(attacker, (1 << 61) + 1), ExchangeError::Overflow);
        assert_refused(world.fund_insurance(attacker.signer, None, (1 << 62) + 1), ExchangeError::Overflow);
        // A leg beyond the largest notional.
        assert_named(world.trade(attacker, 0, (1 << 57) - 1));
        world.withdraw(attacker, 1 << 61).unwrap();
    });
}

#[test]
fn attack_extreme_prices_are_not_taken_in() {
    let mut world = world();
    let before = world.market(0).state.price.price;
    // i64::MAX · 10^-8 dollars, and a price that is less than one unit of the market's.
    for price in [9.2e10, 1e-8] {
        world.wait(1);
        world.publish(0, price);
        let _ = world.update_price(0);
        let cached = world.market(0).state.price.price;
        let taken = cached != before;
        assert!(!taken || cached.get() <= 1 << 50, "{cached:?}");
        assert!(price < 1.0 || !taken, "a price beyond the range is cached: {cached:?}");
    }
}

#[test]
fn attack_instruction_data_that_is_cut_or_unknown_is_refused() {
    let mut world = world();
    let trader = world.trader(1_000 * USDC);
    let touched = world.touched(0);
    let whole = world.trade_instruction(trader, touched, &order(SOL));
    for length in 0..whole.data.len() {
        let mut cut = whole.clone();
        cut.data.truncate(length);
        let expected =
            if length < 8 { ErrorCode::InstructionFallbackNotFound } else { ErrorCode::InstructionDidNotDeserialize };
        assert_refused(world.run(&[cut]), expected);
    }
    let mut unknown = whole.clone();
    unknown.data[..8].copy_from_slice(&[0xFF; 8]);
    assert_refused(world.run(&[unknown]), ErrorCode::InstructionFallbackNotFound);
    // A flag that is neither true nor false.
    let mut flag = whole.clone();
    *flag.data.last_mut().unwrap() = 2;
    assert_refused(world.run(&[flag]), ErrorCode::InstructionDidNotDeserialize);
    // Another verb's data on these accounts.
    let mut other = whole;
    other.data = data::Withdraw { amount: Atoms::new(1) }.data();
    assert!(other.data.starts_with(data::Withdraw::DISCRIMINATOR));
    assert!(world.run(&[other]).is_err());
}

#[test]
fn attack_missing_named_accounts_are_refused() {
    let mut world = world();
    let trader = world.trader(1_000 * USDC);
    let touched = world.touched(0);
    let whole = world.trade_instruction(trader, touched, &order(SOL));
    for count in 0..whole.accounts.len() {
        let mut cut = whole.clone();
        cut.accounts.truncate(count);
        assert_refused(world.run(&[cut]), ErrorCode::AccountNotEnoughKeys);
    }
}

#[test]
fn attack_statuses_and_kinds_without_meaning_are_refused() {
    let mut world = world();
    for status in [3, 4, 255] {
        let mut set = client::set_exchange_status(&world.addresses, world.admin, perp_engine::status::Status::Active);
        *set.data.last_mut().unwrap() = status;
        assert_refused(world.run(&[set]), ExchangeError::UnknownKind);
    }
    let mut market = listing::market(2, listing::parameters(), 0);
    market.oracle.kind = 2;
    assert_refused(world.create_market(market), ExchangeError::OracleUnknownKind);
    let mut market = listing::market(2, listing::parameters(), 0);
    market.base_decimals = 19;
    assert_refused(world.create_market(market), ExchangeError::DecimalsOutOfRange);
    let trader = world.key();
    assert_refused(world.open_account(trader, 0, Some(2)), ExchangeError::WrongMarketIndex);
}

#[test]
fn attack_sizes_beyond_the_open_interest_cap_or_below_the_minimum_are_refused() {
    let mut world = world();
    let whale = world.trader(50_000_000 * USDC);
    assert_refused(world.trade(whale, 0, 100_001 * SOL), ExchangeError::OpenInterestCap);
    // 15 % of 55 000 · 250 = 2 062 500, more than the backing of 2 000 000 and what the trade itself brings.
    assert_refused(world.trade(whale, 0, 55_000 * SOL), ExchangeError::MarketCapacity);
    // 0.3999 · 250 < 100.
    assert_refused(world.trade(whale, 0, 4 * SOL / 10 - 1), ExchangeError::BelowMinimumPosition);
    assert_eq!(Base::ZERO, world.position(&whale.margin_account, 0).size);
}
