//! The largest, the smallest and the unreadable.

use crate::scenes::scene;
use crate::{gains_nothing, world};
use anchor_lang::error::ErrorCode;
use anchor_lang::InstructionData;
use perp_accounts::oracle::OracleKind;
use perp_client::instructions::{self as client, NewMarket};
use perp_engine::operations::position::{LiquidationOrder, Order};
use perp_engine::state::{PriceLimit, Status};
use perp_engine::units::{Atoms, Price, SignedSize, Size};
use perp_swap::errors::ExchangeError;
use perp_swap::instruction as data;
use perp_tests::idl::instructions;
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
            assert_refused(world.trade_order(trader, 0, &reducing(size)), ExchangeError::ReduceOnlyViolated);
        }
        let bounded = Order { acceptable_price: Price::new(1), ..order(SOL) };
        assert_refused(world.trade_order(trader, 0, &bounded), ExchangeError::PriceBoundExceeded);
        let bounded = Order { acceptable_price: Price::new(u64::MAX), ..order(-SOL / 2) };
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
        assert_refused(world.request_liquidity_deposit(liquidator.signer, 1, amount, PriceLimit::None), reason);
    }
    for (shares, reason) in [
        (0, ExchangeError::AmountZero),
        (1, ExchangeError::RequestTooSmall),
        (u64::MAX, ExchangeError::InsufficientBalance),
    ] {
        assert_refused(world.request_liquidity_withdrawal(provider, 1, shares, PriceLimit::None), reason);
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
    // Of a token with 18 decimals a dollar is 10^(6 − 18) · 2^40 = 1.0995 raw per unit: 0.909 494 dollars are less than
    // one, 0.909 495 are one.
    world.list(NewMarket { base_decimals: 18, ..listing::market(2, listing::parameters(), 0) });
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
    let target = world.target(0);
    let whole = world.trade_instruction(trader, target, &order(SOL));
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
    // Another instruction's data on these accounts: too few of them, and the exchange in the place of the account to be
    // closed.
    let mut other = whole.clone();
    other.data = data::Withdraw { amount: 1 }.data();
    assert_refused(world.run(&[other]), ErrorCode::AccountNotEnoughKeys);
    let mut other = whole;
    other.data = data::CloseAccount {}.data();
    assert_refused(world.run(&[other]), ErrorCode::AccountDiscriminatorMismatch);
}

#[test]
fn attack_data_after_the_arguments_is_refused_by_every_instruction() {
    for name in instructions() {
        let (mut world, whole) = scene(&name);
        for rest in [vec![0], vec![1], vec![255], vec![0; 8], whole.data.clone()] {
            let mut longer = whole.clone();
            longer.data.extend(rest);
            assert_refused(world.run(&[longer]), ExchangeError::TrailingData);
        }
        let mut cut = whole.clone();
        cut.data.pop();
        let expected = if cut.data.len() < 8 {
            ErrorCode::InstructionFallbackNotFound
        } else {
            ErrorCode::InstructionDidNotDeserialize
        };
        assert_refused(world.run(&[cut]), expected);
        world.run(&[whole]).unwrap();
    }
}

#[test]
fn attack_a_market_that_the_option_leaves_out_is_not_read() {
    let mut world = world();
    let owner = world.key();
    // A cross account's data, followed by the two bytes of a market.
    let mut open = client::open_account(&world.addresses, owner, owner, 0, None);
    open.data.extend([0, 0]);
    assert_refused(world.run(&[open]), ExchangeError::TrailingData);
}

#[test]
fn attack_a_bound_of_zero_is_no_bound() {
    let mut world = world();
    let trader = world.trader(1_000 * USDC);
    world.trade(trader, 0, SOL).unwrap();
    world.next_slot();
    gains_nothing(&mut world, &[trader.signer], |world| {
        // A client that encodes its bound wrongly sends zero: for a buy nothing is that cheap, for a sale everything is
        // dearer.
        for (size, reduce_only) in [(SOL, false), (-SOL, false), (-SOL, true)] {
            let unbounded = Order { acceptable_price: Price::ZERO, reduce_only, ..order(size) };
            assert_refused(world.trade_order(trader, 0, &unbounded), ExchangeError::AcceptablePriceZero);
        }
    });
    // The extreme values bound nothing, and say so.
    for (size, acceptable) in [(SOL, u64::MAX), (-2 * SOL, 1)] {
        let any = Order { acceptable_price: Price::new(acceptable), ..order(size) };
        world.trade_order(trader, 0, &any).unwrap();
        world.next_slot();
    }
}

#[test]
fn attack_statuses_and_kinds_without_meaning_are_refused() {
    let mut world = world();
    let at = world.addresses;
    for status in [3, 4, 255] {
        for mut set in [
            client::set_exchange_status(&at, world.admin, Status::Active, 0),
            client::set_market_status(&at, world.admin, 0, Status::Active, 0),
        ] {
            // It follows eight bytes of discriminator.
            set.data[8] = status;
            assert_refused(world.run(&[set]), ErrorCode::InstructionDidNotDeserialize);
        }
    }
    let market = listing::market(2, listing::parameters(), 0);
    let mut create = client::create_market(&at, world.admin, &market);
    // The oracle's kind follows eight bytes of discriminator, the index, the symbol and the decimals.
    let kind = &mut create.data[8 + 2 + 16 + 1];
    assert_eq!(*kind, OracleKind::Pull as u8);
    *kind = 2;
    assert_refused(world.run(&[create]), ErrorCode::InstructionDidNotDeserialize);
    let mut market = listing::market(2, listing::parameters(), 0);
    market.base_decimals = 19;
    assert_refused(world.create_market(market), ExchangeError::DecimalsOutOfRange);
    let trader = world.key();
    assert_refused(world.open_account(trader, 0, Some(2)), ExchangeError::NoSuchMarket);
    // An option that is neither there nor not.
    let mut open = client::open_account(&at, trader, trader, 0, Some(1));
    open.data[8 + 2] = 2;
    assert_refused(world.run(&[open]), ErrorCode::InstructionDidNotDeserialize);
}

#[test]
fn attack_a_symbol_that_is_no_text_is_not_listed() {
    let mut world = world();
    for symbol in [*b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", *b"SOL\0PERP\0\0\0\0\0\0\0\0", [0xFF; 16]] {
        let market = NewMarket { symbol, ..listing::market(2, listing::parameters(), 0) };
        assert_refused(world.create_market(market), ExchangeError::NameNotText);
    }
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
    assert_eq!(SignedSize::ZERO, world.position(&whale.margin_account, 0).size);
}
