//! The largest, the smallest and the unreadable.

use crate::{gains_nothing, world};
use anchor_lang::error::ErrorCode;
use anchor_lang::InstructionData;
use perp_client::instructions as client;
use perp_engine::liquidation::LiquidationOrder;
use perp_engine::trade::Order;
use perp_engine::units::{Atoms, Base, Price, Size};
use perp_swap::errors::ExchangeError;
use perp_swap::instruction as data;
use perp_swap::instructions::CreateMarketArguments;
use perp_tests::world::{order, ALL};
use perp_tests::{assert_refused, listing, World, SOL, USDC};

#[test]
fn attack_orders_of_extreme_sizes_are_refused_by_name() {
    let mut world = world();
    let trader = world.trader(1_000 * USDC);
    world.trade(trader, 0, SOL).unwrap();
    world.next_slot();
    gains_nothing(&mut world, &[trader.signer], |world| {
        // With the SOL that is there, 2^57 more are beyond 2^57.
        for size in [0, i64::MAX, i64::MIN, 1 << 57, (1 << 57) + 1, 1 << 62] {
            assert_refused(world.trade(trader, 0, size), ExchangeError::SizeOutOfRange);
        }
        // Less that SOL the last two are sizes.
        for size in [1 << 54, -(1 << 54), -(1 << 57), -(1 << 57) - 1] {
            assert_refused(world.trade(trader, 0, size), ExchangeError::OpenInterestCap);
        }
        let reducing = |size| Order { reduce_only: true, ..order(size) };
        assert_refused(world.trade_order(trader, 0, &reducing(0)), ExchangeError::SizeOutOfRange);
        for size in [i64::MAX, 1 << 57, (1 << 57) + 1, 1 << 62] {
            assert_refused(world.trade_order(trader, 0, &reducing(size)), ExchangeError::WouldIncrease);
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
    for (amount, reason) in
        [(0, ExchangeError::RequestTooSmall), (1, ExchangeError::RequestTooSmall), (u64::MAX, ExchangeError::Overflow)]
    {
        assert_refused(world.request_liquidity_deposit(liquidator.signer, 1, amount, 0, 0), reason);
    }
    for (shares, reason) in
        [(0, ExchangeError::AmountZero), (1, ExchangeError::RequestTooSmall), (u64::MAX, ExchangeError::BalanceTooLow)]
    {
        assert_refused(world.request_liquidity_withdrawal(provider, 1, shares, 0, 0), reason);
    }
    // The largest size liquidates what there is.
    let all = LiquidationOrder { max_size: Size::new(u64::MAX), ..ALL };
    world.liquidate_order(liquidator, address, 0, &all).unwrap();
}

#[test]
fn attack_more_tokens_than_the_range_of_a_balance_are_refused() {
    let mut world = world();
    let attacker = world.trader(0);
    world.give(attacker.signer, (1 << 63) - 1);
    gains_nothing(&mut world, &[attacker.signer], |world| {
        assert_refused(world.deposit(attacker, (1 << 62) + 1), ExchangeError::Overflow);
        world.deposit(attacker, 1 << 61).unwrap();
        assert_refused(world.deposit(attacker, (1 << 61) + 1), ExchangeError::Overflow);
        assert_refused(world.fund_insurance(attacker.signer, None, (1 << 62) + 1), ExchangeError::Overflow);
        assert_refused(world.set_backing_target(0, (1 << 62) + 1), ExchangeError::Overflow);
        for size in [1 << 54, (1 << 57) - 1] {
            assert_refused(world.trade(attacker, 0, size), ExchangeError::OpenInterestCap);
        }
        world.withdraw(attacker, 1 << 61).unwrap();
    });
}

#[test]
fn attack_extreme_prices_are_not_taken_in() {
    let mut world = world();
    // 2^50 raw per 10^-9 SOL are 2^10 · 10^(9 − 6) = 1 024 000 dollars, and 10^-8 of them more, 10.995 raw, are beyond.
    refuses_prices(&mut world, 0, &[1_024_000.000_000_01, 9.2e10]);
    world.later_at(1, 0, 1_024_000.0);
    assert_eq!(world.market(0).state.price.price.get(), 1 << 50);
    // Of a token with 18 decimals a dollar is 10^(6 − 18) · 2^40 = 1.0995 raw per unit: 0.909 494 dollars are less than one,
    // 0.909 495 are one.
    world.list(CreateMarketArguments { base_decimals: 18, ..listing::market(2, listing::parameters(), 0) });
    refuses_prices(&mut world, 2, &[0.909_494, 1e-8]);
    world.later_at(1, 2, 0.909_495);
    assert_eq!(world.market(2).state.price.price.get(), 1);
}

/// The market takes none of these prices in, and its account stays as it is to the byte.
#[track_caller]
fn refuses_prices(world: &mut World, market: u16, prices: &[f64]) {
    let address = world.addresses.market(market);
    let before = world.chain.account(&address);
    for price in prices {
        world.wait(1);
        world.publish(market, *price);
        assert_refused(world.update_price(market), ExchangeError::PriceOutOfRange);
        assert_eq!(world.chain.account(&address), before, "{price} dollars are taken in");
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
    // Another verb's data on these accounts: too few of them, and the exchange in the place of the account to be closed.
    let mut other = whole.clone();
    other.data = data::Withdraw { amount: Atoms::new(1) }.data();
    assert_refused(world.run(&[other]), ErrorCode::AccountNotEnoughKeys);
    let mut other = whole;
    other.data = data::CloseAccount {}.data();
    assert_refused(world.run(&[other]), ErrorCode::AccountDiscriminatorMismatch);
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
