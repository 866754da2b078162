//! Prices forged, chosen, replayed or withheld.

use crate::{gains_nothing, with_account, world};
use anchor_lang::prelude::Pubkey;
use perp_accounts::oracle::{COMPATIBLE_RECEIVER, CORE_RECEIVER};
use perp_client::instructions::{self as client, TargetMarket};
use perp_oracle::write::pull_account;
use perp_swap::errors::ExchangeError;
use perp_tests::listing::feed_id;
use perp_tests::world::{order, ALL};
use perp_tests::{assert_refused, tokens, World, SOL, USDC};

/// An account elsewhere that says what the feed never said.
fn forge(world: &mut World, owner: &Pubkey, data: Vec<u8>) -> Pubkey {
    let address = Pubkey::new_from_array([0x0F; 32]);
    world.chain.set_account(&address, tokens::account(owner, data));
    address
}

fn update(world: &World, market: u16, cents: i64, time: i64) -> Vec<u8> {
    pull_account(feed_id(market), cents * 1_000_000, 0, -8, time, world.slot)
}

#[test]
fn attack_a_forged_price_is_refused_by_every_instruction_that_reads_one() {
    let mut world = world();
    let trader = world.trader(1_000 * USDC);
    let victim = world.trader(700 * USDC);
    world.trade(victim, 0, 40 * SOL).unwrap();
    world.wait(10);
    let at = world.addresses;
    let double = update(&world, 0, 50_000, world.now);
    let mut partial = double.clone();
    partial[40] = 0;
    let forgeries = [
        (perp_swap::ID, double.clone(), ExchangeError::OracleWrongOwner),
        (anchor_lang::system_program::ID, double.clone(), ExchangeError::OracleWrongOwner),
        (COMPATIBLE_RECEIVER, double.clone(), ExchangeError::OracleWrongOwner),
        (CORE_RECEIVER, partial, ExchangeError::OraclePartiallyVerified),
        (CORE_RECEIVER, double[..133].to_vec(), ExchangeError::OracleWrongLength),
        (CORE_RECEIVER, vec![], ExchangeError::OracleNotAPriceUpdate),
        (CORE_RECEIVER, update(&world, 1, 50_000, world.now), ExchangeError::OracleWrongFeedId),
        (CORE_RECEIVER, update(&world, 0, -50_000, world.now), ExchangeError::OraclePriceNotPositive),
    ];
    gains_nothing(&mut world, &[trader.signer], |world| {
        for (owner, data, reason) in forgeries {
            let oracle = forge(world, &owner, data);
            let target = TargetMarket::with_oracle(0, oracle);
            let instructions = [
                client::update_prices(&at, [(0, oracle)]),
                client::update_funding(&at, target),
                client::allocate_backing(&at, target),
                client::settle_pnl(&at, victim.margin_account, target, None),
                world.trade_instruction(trader, target, &order(SOL)),
                world.liquidation(trader, victim.margin_account, target, &ALL),
            ];
            for instruction in instructions {
                assert_refused(world.run(&[instruction]), reason);
            }
        }
    });
}

#[test]
fn attack_of_two_valid_prices_the_older_cannot_be_chosen() {
    let mut world = world();
    let attacker = world.trader(1_000 * USDC);
    world.trade(attacker, 0, 40 * SOL).unwrap();
    world.later_at(10, 0, 242.1875);
    gains_nothing(&mut world, &[attacker.signer], |world| {
        // Three seconds ago it was worth 265.625: fully verified, and fresh enough to trade on.
        let older = update(world, 0, 26_562, world.now - 3);
        let oracle = forge(world, &CORE_RECEIVER, older);
        let close = world.trade_instruction(attacker, TargetMarket::with_oracle(0, oracle), &order(-40 * SOL));
        world.run(&[close]).unwrap();
    });
    // Closed at the price of now: 40 · (242.1875 − 250) = −312.50 and costs.
    assert!(world.balance(&attacker.margin_account) < 687_500_000);
    // The same time with another price is no other price.
    let twin = update(&world, 0, 26_562, world.now);
    let oracle = forge(&mut world, &CORE_RECEIVER, twin);
    world.run(&[client::update_prices(&world.addresses, [(0, oracle)])]).unwrap();
    assert_eq!(world.market(0).state.price.price.get(), (1 << 38) / 32 * 31);
}

#[test]
fn attack_posting_a_newer_price_first_makes_nobodys_transaction_fail() {
    let mut world = world();
    let trader = world.trader(1_000 * USDC);
    world.wait(5);
    world.publish(0, 250.5);
    let target = world.target(0);
    let trade = world.trade_instruction(trader, target, &order(SOL));
    // Somebody is faster with an update a second newer.
    let newer = update(&world, 0, 25_060, world.now + 1);
    let oracle = forge(&mut world, &CORE_RECEIVER, newer);
    world.run(&[client::update_prices(&world.addresses, [(0, oracle)])]).unwrap();
    let taken = world.market(0).state.price;
    world.run(&[trade]).unwrap();
    assert_eq!(world.market(0).state.price, taken, "the trade used the newer price");
    // A SOL was bought at 250.60, the spread of 2.848 bps and a tenth of the 0.57 by which the price has left its average, 250.73;
    // with 250.50 it would be 250.62.
    let paid = world.position(&trader.margin_account, 0).entry_notional.get().get() >> 40;
    assert!((250_720_000..250_740_000).contains(&paid), "{paid}");
}

#[test]
fn attack_an_old_price_moves_no_money() {
    let mut world = world();
    let trader = world.trader(1_000 * USDC);
    let (victim, sunk) = (world.trader(700 * USDC), world.trader(700 * USDC));
    world.trade(victim, 0, 40 * SOL).unwrap();
    world.trade(sunk, 1, 40 * SOL).unwrap();
    world.trade(trader, 0, SOL).unwrap();
    // A quarter is lost in the second market: what the account had is gone there, even at 15 % above the price.
    world.wait(60);
    for (market, price) in [(0, 250.0), (1, 187.5)] {
        world.publish(market, price);
        world.update_price(market).unwrap();
    }
    let at_cache = TargetMarket::at_cached_price(0);
    gains_nothing(&mut world, &[trader.signer], |world| {
        world.wait(6);
        let trade = world.trade_instruction(trader, at_cache, &order(SOL));
        assert_refused(world.run(&[trade]), ExchangeError::PriceStale);
        // At sixteen seconds the price is the middle of a range: it closes nobody's position, however deep he is under
        // water, and settles nothing but what is certain. 40 · 250 may have won or lost 15 %.
        world.wait(10);
        let liquidation = world.liquidation(trader, victim.margin_account, at_cache, &ALL);
        assert_refused(world.run(&[liquidation]), ExchangeError::NotLiquidatable);
        let liquidation = world.liquidation(trader, sunk.margin_account, TargetMarket::at_cached_price(1), &ALL);
        assert_refused(world.run(&[liquidation]), ExchangeError::PriceStale);
        let balance = world.balance(&victim.margin_account);
        let settle = client::settle_pnl(&world.addresses, victim.margin_account, at_cache, None);
        world.run(&[settle]).unwrap();
        // But for the atom that funding rounds up to.
        assert!(balance - world.balance(&victim.margin_account) <= 1);
        world.wait(45);
        let funding = client::update_funding(&world.addresses, at_cache);
        assert_refused(world.run(&[funding]), ExchangeError::PriceStale);
        // Of 1 000 the position may have lost 37.50, and 5 % of 287.50 may be its margin: some 52 stay.
        assert_refused(world.withdraw(trader, 949 * USDC), ExchangeError::InitialMargin);
        world.withdraw(trader, 947 * USDC).unwrap();
    });
}

#[test]
fn attack_refreshing_only_the_losing_leg_of_a_hedge_liquidates_nobody() {
    let mut world = world();
    let liquidator = world.trader(0);
    let hedged = world.trader(1_200 * USDC);
    world.trade(hedged, 0, 40 * SOL).unwrap();
    world.trade(hedged, 1, -40 * SOL).unwrap();
    world.wait(60);
    // Both markets fall alike: what one leg loses the other gains, but only the loss is published.
    world.publish(0, 218.75);
    gains_nothing(&mut world, &[liquidator.signer], |world| {
        // The short leg's price is a minute old: it may have won 15 %, and counts so.
        assert_refused(world.liquidate(liquidator, hedged.margin_account, 0), ExchangeError::NotLiquidatable);
        world.publish(1, 218.75);
        world.update_price(1).unwrap();
        assert_refused(world.liquidate(liquidator, hedged.margin_account, 0), ExchangeError::NotLiquidatable);
    });
}

#[test]
fn attack_a_print_too_wide_liquidates_nobody_and_values_nothing() {
    let mut world = world();
    let liquidator = world.trader(0);
    let victim = world.trader(700 * USDC);
    world.trade(victim, 0, 40 * SOL).unwrap();
    let equity = world.equity(&victim.margin_account);
    world.wait(10);
    let before = world.market(0).state;
    // As on the day when a feed printed 5402 ± 21623.
    world.publish_with(0, 54.02, 216.23, world.now);
    world.update_price(0).unwrap();
    assert_eq!(world.equity(&victim.margin_account), equity, "the last good price values");
    let after = world.market(0).state;
    assert_eq!((after.recent, after.averages), (before.recent, before.averages), "nothing is measured of it");
    gains_nothing(&mut world, &[liquidator.signer, victim.signer], |world| {
        assert_refused(world.liquidate(liquidator, victim.margin_account, 0), ExchangeError::NotLiquidatable);
        // The last good price is ten seconds old, and as old as that for everything.
        assert_refused(world.trade(victim, 0, SOL), ExchangeError::PriceStale);
        assert_refused(world.trade(victim, 0, -SOL), ExchangeError::PriceStale);
        world.settle_pnl(victim.margin_account, 0).unwrap();
    });
    // A good price ends it.
    world.later_at(1, 0, 250.0);
    world.trade(victim, 0, SOL).unwrap();
}

#[test]
fn attack_wide_confidence_within_the_limit_increases_nothing() {
    let mut world = world();
    let trader = world.trader(2_000 * USDC);
    world.trade(trader, 0, 4 * SOL).unwrap();
    world.wait(5);
    // 0.8 %: above the limit of 0.5 % for increasing, below 1.5 %.
    world.publish_with(0, 250.0, 2.0, world.now);
    assert_refused(world.trade(trader, 0, SOL), ExchangeError::PriceTooUncertain);
    world.trade(trader, 0, -SOL).unwrap();
    assert_eq!(world.market(0).state.price.published.get(), world.now);
}

#[test]
fn attack_reporting_an_outage_of_a_living_oracle_is_refused_and_a_price_undoes_it() {
    let mut world = world();
    world.wait(15);
    assert_refused(world.report_oracle_outage(0), ExchangeError::PriceStillFresh);
    world.wait(1);
    world.report_oracle_outage(0).unwrap();
    assert_refused(world.report_oracle_outage(0), ExchangeError::OutageAlreadyReported);
    world.wait(299);
    world.publish(0, 250.0);
    world.update_price(0).unwrap();
    assert!(world.market(0).state.price.outage_since.is_never());
}

#[test]
fn attack_a_leg_in_an_oracle_outage_neither_shields_nor_harms() {
    let mut world = world();
    let liquidator = world.trader(0);
    let trader = world.trader(1_300 * USDC);
    world.trade(trader, 0, 40 * SOL).unwrap();
    world.trade(trader, 1, 40 * SOL).unwrap();
    world.wait(61);
    world.report_oracle_outage(1).unwrap();
    world.wait(300);
    world.publish(0, 250.0);
    world.update_price(0).unwrap();
    gains_nothing(&mut world, &[trader.signer, liquidator.signer], |world| {
        // Its 10 000 may have lost 15 %, more than there is: it frees no margin for its owner.
        assert_refused(world.withdraw(trader, USDC), ExchangeError::InitialMargin);
        assert_refused(world.trade(trader, 0, SOL), ExchangeError::InitialMargin);
        // Nobody closes it, and for it nobody closes the other.
        assert_refused(world.liquidate(liquidator, trader.margin_account, 1), ExchangeError::NotLiquidatable);
        assert_refused(world.liquidate(liquidator, trader.margin_account, 0), ExchangeError::NotLiquidatable);
    });
    // The other leg falls by 12.5 %: 40 · 31.25 = 1 250 of the 1 290 left. Only this leg demands margin, 262.50: what the
    // dead one may have won pays for its own margin and for no other.
    world.later_at(1, 0, 218.75);
    world.liquidate(liquidator, trader.margin_account, 0).unwrap();
    assert!(world.balance(&liquidator.margin_account) > 0);
}

#[test]
fn attack_an_oracle_of_one_market_does_not_price_another() {
    let mut world = world();
    world.wait(1);
    world.publish(1, 500.0);
    let (mine, theirs) = (world.oracle(0), world.oracle(1));
    let update = client::update_prices(&world.addresses, [(0, mine)]);
    assert_refused(world.run(&[with_account(update, mine, theirs)]), ExchangeError::OracleWrongFeedId);
}
