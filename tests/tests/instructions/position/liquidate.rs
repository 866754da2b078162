use crate::expected::{account_sequence, event, maintenance, moment, unrealized, world};
use perp_client::instructions::{Authority, TargetMarket};
use perp_engine::operations::position::{LiquidationOrder, LiquidationReason};
use perp_engine::state::Status;
use perp_engine::units::{Atoms, Size};
use perp_swap::errors::ExchangeError;
use perp_tests::world::ALL;
use perp_tests::{assert_refused, World, SOL, USDC};

/// A long of 40 SOL at 250 with 700 of collateral, and somebody who looks after it.
fn leveraged(markets: u16) -> (World, Authority, Authority) {
    let mut world = world(markets);
    let (victim, liquidator) = (world.trader(700 * USDC), world.trader(0));
    world.trade(victim, 0, 40 * SOL).unwrap();
    (world, victim, liquidator)
}

#[test]
fn part_and_then_all_of_a_position_is_closed_and_the_penalty_split() {
    let (mut world, victim, liquidator) = leveraged(1);
    let (at, account) = (world.addresses, victim.margin_account);
    for price in [238.28125, 218.75] {
        world.later_at(60, 0, price);
        let number = account_sequence(&mut world, liquidator) + 1;
        let before = (world.margin_account(&account).state, world.position(&account, 0), world.market(0).state.ledger);
        let bounties = world.balance(&liquidator.margin_account);
        let event = event!(world.liquidate(liquidator, account, 0), Liquidated);
        let after = (world.margin_account(&account).state, world.position(&account, 0), world.market(0).state.ledger);
        assert_eq!((event.exchange, event.time), (at.exchange, world.now));
        assert_eq!((event.account, event.owner), (account, victim.signer));
        assert_eq!((event.account_sequence, after.0.sequence), (before.0.sequence + 1, before.0.sequence + 1));
        assert_eq!((event.market, event.market_index), (at.market(0), 0));
        assert_eq!(event.state, moment(&mut world, 0, 0), "the price has accrued everything");
        assert_eq!((event.liquidator, event.liquidator_account), (liquidator.signer, liquidator.margin_account));
        assert_eq!((event.liquidator_sequence, account_sequence(&mut world, liquidator)), (number, number));
        assert_eq!((event.balance_before, event.balance_after), (before.0.balance.get(), after.0.balance.get()));
        assert_eq!(event.liquidator_balance_before, bounties);
        assert_eq!(event.liquidator_balance_after, world.balance(&liquidator.margin_account));
        assert_eq!((event.size_before, event.size_after), (before.1.size.get(), after.1.size.get()));
        assert_eq!(event.closed, event.size_before.abs_diff(event.size_after));
        let index = event.state.index_price;
        assert_eq!(event.notional, i128::from(event.closed) * i128::from(index));
        assert_eq!(event.bounty, event.liquidator_balance_after - bounties);
        // What the market adds to the bounty its insurance pays first.
        let insured = before.2.insurance.get() + event.insurance;
        assert_eq!(after.2.insurance.get(), insured - event.added.min(insured));
        assert_eq!(event.bounty + event.insurance + event.backing, event.penalty + event.added);
        assert_eq!(event.reason, LiquidationReason::Price);
        assert_eq!((event.redeemed, event.repaid), (0, 0));
        // Losses, funding and penalty come from the balance and then become a debt.
        let lost = event.balance_before as i64 - event.balance_after as i64;
        let owed = after.1.debt.get() as i64 - before.1.debt.get() as i64;
        assert_eq!(lost + owed, event.penalty as i64 - event.realized - event.funding);
        let equity_before = event.balance_before as i64 + event.funding + unrealized(&before.1, index);
        assert_eq!((event.equity_before, event.equity_after), (equity_before, world.equity(&account)));
        assert_eq!(event.maintenance_before, maintenance(event.size_before, index));
        assert_eq!(event.maintenance_after, maintenance(event.size_after, index));
        assert!(event.equity_before < event.maintenance_before as i64);
        let relief = event.maintenance_before as i64 - event.maintenance_after as i64;
        assert!(event.equity_after + relief >= event.equity_before);
        // And the counters have seen it.
        let (market, victims) = (after.2.counters, after.0.counters);
        assert_eq!(market.liquidations, before.2.counters.liquidations + 1);
        assert_eq!(market.liquidated.get().get() - before.2.counters.liquidated.get().get(), event.notional);
        assert_eq!(victims.penalties.get() - before.0.counters.penalties.get(), event.penalty);
    }
    let bounties = world.margin_account(&liquidator.margin_account).state.counters.bounties;
    assert_eq!(bounties.get(), world.balance(&liquidator.margin_account));
    assert!(world.position(&account, 0).size.is_zero() && !world.position(&account, 0).debt.is_zero());
}

#[test]
fn no_more_is_closed_and_no_less_earned_than_was_asked_for() {
    let (mut world, victim, liquidator) = leveraged(1);
    let account = victim.margin_account;
    world.later_at(60, 0, 238.28125);
    let order = |size, bounty| LiquidationOrder { max_size: Size::new(size), min_bounty: Atoms::new(bounty) };
    assert_refused(world.liquidate_order(liquidator, account, 0, &order(0, 0)), ExchangeError::SizeOutOfRange);
    // 1 % of 238.281 25 is 2.382 812, of which at most half is bounty; the spread makes the penalty 1.080 9 %.
    let one = SOL.unsigned_abs();
    let greedy = order(one, 1_191_407);
    assert_refused(world.liquidate_order(liquidator, account, 0, &greedy), ExchangeError::BountyTooSmall);
    let event = event!(world.liquidate_order(liquidator, account, 0, &order(one, 700_000)), Liquidated);
    assert_eq!((event.closed, event.penalty), (one, 2_575_582));
    assert!(event.bounty >= 700_000);
}

#[test]
fn a_part_that_costs_more_than_it_relieves_is_refused() {
    let (mut world, victim, liquidator) = leveraged(1);
    world.later_at(60, 0, 238.28125);
    // An atom's worth of margin is freed by a little more than 33 atoms of notional, and a loss rounds up.
    let dust = LiquidationOrder { max_size: Size::new(1), min_bounty: Atoms::ZERO };
    let done = world.liquidate_order(liquidator, victim.margin_account, 0, &dust);
    assert_refused(done, ExchangeError::LiquidationWorsensHealth);
}

#[test]
fn a_healthy_account_and_one_without_a_position_are_not_liquidated() {
    let (mut world, victim, liquidator) = leveraged(2);
    assert_refused(world.liquidate(liquidator, victim.margin_account, 0), ExchangeError::NotLiquidatable);
    assert_refused(world.liquidate(liquidator, victim.margin_account, 1), ExchangeError::NoPosition);
}

#[test]
fn markets_that_the_account_has_left_are_passed_over_and_ones_it_holds_are_missed() {
    let (mut world, victim, liquidator) = leveraged(3);
    world.give(victim.signer, 60 * USDC);
    world.deposit(victim, 60 * USDC).unwrap();
    world.trade(victim, 1, SOL).unwrap();
    world.trade(victim, 2, SOL).unwrap();
    world.later_at(60, 0, 236.0);
    for market in [1, 2] {
        world.publish(market, 250.0);
        world.update_price(market).unwrap();
    }
    let before = world.liquidation(liquidator, victim.margin_account, TargetMarket::at_cached_price(0), &ALL);
    // Its owner closes a position first, which is easily done at the last moment.
    world.close_position(victim, 1).unwrap();
    let mut short = before.clone();
    short.accounts.pop();
    assert_refused(world.run(&[short]), ExchangeError::MarketMissing);
    world.run(&[before]).unwrap();
}

#[test]
fn a_pause_and_prices_that_do_not_count_are_named() {
    let (mut world, victim, liquidator) = leveraged(2);
    let (account, risk_admin) = (victim.margin_account, world.risk_admin);
    world.trade(victim, 1, SOL).unwrap();
    // 40 · 62.50 are lost, of 700: also 15 % higher nothing would be left.
    world.later_at(60, 0, 187.5);
    world.set_exchange_status(risk_admin, Status::Paused, 300).unwrap();
    assert_refused(world.liquidate(liquidator, account, 0), ExchangeError::Paused);
    world.set_exchange_status(risk_admin, Status::Active, 0).unwrap();
    let at_cache = world.liquidation(liquidator, account, TargetMarket::at_cached_price(0), &ALL);
    world.wait(16);
    assert_refused(world.send(&at_cache), ExchangeError::PriceStale);
    // One too wide to be a price is none.
    world.publish_with(0, 187.5, 9.0, world.now);
    assert_refused(world.liquidate(liquidator, account, 0), ExchangeError::PriceStale);
    // That of the other position, more than a minute old, stops nothing.
    world.later_at(1, 0, 187.5);
    world.liquidate(liquidator, account, 0).unwrap();
}

#[test]
fn the_bounty_goes_to_another_account_that_the_signer_acts_for() {
    let (mut world, victim, liquidator) = leveraged(1);
    world.later_at(60, 0, 238.28125);
    let (account, stranger) = (victim.margin_account, world.key());
    assert_refused(world.liquidate(victim, account, 0), ExchangeError::SelfLiquidation);
    let not_mine = Authority { signer: stranger, ..liquidator };
    assert_refused(world.liquidate(not_mine, account, 0), ExchangeError::NotAuthorized);
    world.set_delegate(liquidator, stranger).unwrap();
    let event = event!(world.liquidate(not_mine, account, 0), Liquidated);
    assert_eq!((event.liquidator, event.liquidator_account), (stranger, liquidator.margin_account));
}
