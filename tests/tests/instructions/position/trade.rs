use crate::expected::{event, indebted, initial, maintenance, moment, partly_funded, unrealized, world};
use anchor_lang::prelude::Pubkey;
use perp_client::instructions::{Authority, TargetMarket};
use perp_engine::operations::position::Order;
use perp_engine::state::Status;
use perp_engine::units::Price;
use perp_swap::errors::ExchangeError;
use perp_tests::world::order;
use perp_tests::{assert_refused, World, SOL, USDC};

#[test]
fn an_order_moves_what_its_event_says() {
    let mut world = world(1);
    let trader = world.trader(200_000 * USDC);
    let (at, account) = (world.addresses, trader.margin_account);
    // Opened, increased, reduced, flipped, reduced, each at another price and with funding due.
    for (size, price) in [(1_000, 250.0), (500, 251.3), (-300, 249.7), (-2_000, 252.2), (700, 248.9)] {
        world.wait(1_800);
        world.publish(0, price);
        let (before, position) = (world.margin_account(&account).state, world.position(&account, 0));
        let counters = world.market(0).state.ledger.counters;
        let event = event!(world.trade(trader, 0, size * SOL), Traded);
        let (after, ledger) = (world.margin_account(&account).state, world.market(0).state.ledger);
        assert_eq!((event.exchange, event.time), (at.exchange, world.now));
        assert_eq!((event.account, event.owner, event.trader), (account, trader.signer, trader.signer));
        assert_eq!((event.market, event.market_index), (at.market(0), 0));
        assert_eq!((event.account_sequence, after.sequence), (before.sequence + 1, before.sequence + 1));
        let seconds = if position.size.is_zero() { event.state.funding_seconds } else { 1_800 };
        assert_eq!(event.state, moment(&mut world, 0, seconds));
        assert_eq!((event.size, event.size_before), (size * SOL, position.size.get()));
        assert_eq!(event.size_after, world.position(&account, 0).size.get());
        assert_eq!(event.size_after, event.size_before + event.size);
        assert_eq!((event.balance_before, event.balance_after), (before.balance.get(), after.balance.get()));
        // What moved is funding, what was realized, and the fee.
        let moved = event.balance_after as i64 - event.balance_before as i64;
        assert_eq!(moved, event.funding + event.realized - event.fee as i64);
        assert_eq!((event.redeemed, event.repaid), (0, 0));
        let index = event.state.index_price;
        let at_index = size.unsigned_abs() as i128 * SOL as i128 * i128::from(index);
        assert_eq!(event.notional, at_index + i128::from(size.signum()) * event.charge);
        assert_eq!(event.charge, event.spread + event.impact);
        assert!(event.spread > 0 && event.impact >= 0);
        let after_it = world.position(&account, 0);
        let increases = event.size_after.abs() > event.size_before.abs()
            || event.size_after.signum() * event.size_before.signum() < 0;
        if increases {
            // What admits an increase: equity at a price that is worse by the spread, where profit counts for nothing, and
            // the initial margin.
            let spread = (event.spread / i128::from(size.unsigned_abs() * SOL.unsigned_abs())) as i64;
            let adverse = index.checked_add_signed(-spread * event.size_after.signum()).unwrap();
            let equity = event.balance_after as i64 + unrealized(&after_it, adverse).min(0);
            assert_eq!((event.equity, event.margin), (equity, initial(event.size_after, index)));
        } else {
            assert_eq!((event.equity, event.margin), (world.equity(&account), maintenance(event.size_after, index)));
        }
        let side = usize::from(event.size_after < 0);
        assert_eq!(ledger.sides[side].open_interest.get(), event.size_after.unsigned_abs());
        // And the counters have seen it.
        let volume = ledger.counters.volume.get().get() - counters.volume.get().get();
        assert_eq!((volume, ledger.counters.trades), (at_index, counters.trades + 1));
        assert_eq!(after.counters.fees.get() - before.counters.fees.get(), event.fee);
        assert_eq!(after.counters.realized.get() - before.counters.realized.get(), event.realized);
        assert_eq!(after.counters.funding.get() - before.counters.funding.get(), event.funding);
    }
}

#[test]
fn its_event_says_what_it_redeems_and_repays() {
    let (mut world, friend) = partly_funded();
    let account = friend.margin_account;
    let (reserve, before) = (world.market(0).state.ledger.claims_reserve.get(), world.balance(&account));
    let event = event!(world.trade(friend, 0, -100 * SOL), Traded);
    assert_eq!(event.redeemed, reserve - world.market(0).state.ledger.claims_reserve.get());
    assert_eq!((event.balance_before, event.repaid), (before, 0));
    // Of all that moved only what was redeemed is cash: fee and funding are set off against the claim, as the profit
    // adds to it.
    assert_eq!(event.balance_after, before + event.redeemed);
    assert!(event.redeemed > 0 && event.realized > 0);

    let (mut world, debtor) = indebted();
    let debt = world.position(&debtor.margin_account, 0).debt.get();
    world.give(debtor.signer, 2_000 * USDC);
    world.deposit(debtor, 2_000 * USDC).unwrap();
    let event = event!(world.trade(debtor, 0, -10 * SOL), Traded);
    // What the order loses and costs comes from the balance at once, the old debt after it.
    assert_eq!((event.repaid, event.redeemed), (debt, 0));
    let moved = event.funding + event.realized - event.fee as i64 - event.repaid as i64;
    assert_eq!(event.balance_after as i64, event.balance_before as i64 + moved);
    assert_eq!(world.position(&debtor.margin_account, 0).debt.get(), 0);
}

#[test]
fn an_acceptable_price_is_kept_and_zero_is_none() {
    let mut world = world(1);
    let trader = world.trader(10_000 * USDC);
    let index = 1 << 38;
    let bounded = |size, price| Order { acceptable_price: Price::new(price), ..order(size) };
    for size in [SOL, -SOL] {
        world.next_slot();
        assert_refused(world.trade_order(trader, 0, &bounded(size, 0)), ExchangeError::AcceptablePriceZero);
        // The index itself leaves no room for the spread: 2.848 bps of it.
        assert_refused(world.trade_order(trader, 0, &bounded(size, index)), ExchangeError::PriceBoundExceeded);
        let (tighter, wide_enough) = match size.signum() {
            1 => (index + index / 10_000 * 28 / 10, index + index / 10_000 * 29 / 10),
            _ => (index - index / 10_000 * 28 / 10, index - index / 10_000 * 29 / 10),
        };
        assert_refused(world.trade_order(trader, 0, &bounded(size, tighter)), ExchangeError::PriceBoundExceeded);
        world.trade_order(trader, 0, &bounded(size, wide_enough)).unwrap();
    }
}

#[test]
fn markets_that_the_account_has_left_are_passed_over_and_ones_it_holds_are_missed() {
    let mut world = world(3);
    let trader = world.trader(2_000 * USDC);
    for market in [1, 2] {
        world.trade(trader, market, 4 * SOL).unwrap();
    }
    let in_first = |world: &mut World| world.trade_instruction(trader, TargetMarket::at_cached_price(0), &order(SOL));
    let both = in_first(&mut world);
    world.next_slot();
    world.close_position(trader, 1).unwrap();
    // The list was made before the position was closed.
    world.send(&both).unwrap();
    let one = in_first(&mut world);
    world.trade(trader, 1, 4 * SOL).unwrap();
    // And this one before it was opened again.
    assert_refused(world.send(&one), ExchangeError::MarketMissing);
}

#[test]
fn an_account_without_balance_lacks_margin_and_owes_nothing() {
    let mut world = world(1);
    let trader = world.trader(0);
    assert_refused(world.trade(trader, 0, SOL), ExchangeError::InitialMargin);
}

#[test]
fn a_debt_from_before_the_order_forbids_an_increase_here_and_elsewhere() {
    let (mut world, debtor) = indebted();
    // With balance enough it would be paid by the order itself; with less it still stands.
    world.give(debtor.signer, 100 * USDC);
    world.deposit(debtor, 100 * USDC).unwrap();
    assert_refused(world.trade(debtor, 0, SOL), ExchangeError::DebtOutstanding);
}

#[test]
fn statuses_and_prices_that_do_not_count_are_named() {
    let mut world = world(2);
    let (trader, risk_admin) = (world.trader(1_000 * USDC), world.risk_admin);
    world.trade(trader, 0, 4 * SOL).unwrap();
    world.trade(trader, 1, 4 * SOL).unwrap();
    world.next_slot();
    world.set_market_status(risk_admin, 0, Status::ReduceOnly, 3_600).unwrap();
    assert_refused(world.trade(trader, 0, SOL), ExchangeError::ReduceOnly);
    world.set_market_status(risk_admin, 0, Status::Active, 0).unwrap();

    let at_cache = world.trade_instruction(trader, TargetMarket::at_cached_price(0), &order(SOL));
    world.wait(6);
    assert_refused(world.send(&at_cache), ExchangeError::PriceStale);
    // 0.6 % of confidence is too much to increase and not to reduce.
    world.publish_with(0, 250.0, 1.5, world.now);
    assert_refused(world.trade(trader, 0, SOL), ExchangeError::PriceTooUncertain);
    world.trade(trader, 0, -SOL).unwrap();
    // A price of the other leg that is a minute old stops nothing: it counts at the worse end of its range.
    world.wait(55);
    world.publish(0, 250.0);
    world.trade(trader, 0, SOL).unwrap();
    // One too wide to be a price leaves the last one, six seconds old by then.
    world.wait(6);
    world.publish_with(0, 250.0, 9.0, world.now);
    assert_refused(world.trade(trader, 0, SOL), ExchangeError::PriceStale);
    world.publish(0, 250.0);
    world.set_exchange_status(risk_admin, Status::Paused, 60).unwrap();
    assert_refused(world.trade(trader, 0, -SOL), ExchangeError::Paused);
    world.wait(60);
    assert_refused(world.trade(trader, 0, SOL), ExchangeError::ReduceOnly);
}

#[test]
fn nobody_but_owner_and_delegate_trades() {
    let mut world = world(1);
    let (trader, delegate) = (world.trader(1_000 * USDC), world.key());
    let as_delegate = Authority { signer: delegate, ..trader };
    assert_refused(world.trade(as_delegate, 0, SOL), ExchangeError::NotAuthorized);
    world.set_delegate(trader, delegate).unwrap();
    let event = event!(world.trade(as_delegate, 0, SOL), Traded);
    assert_eq!((event.trader, event.owner), (delegate, trader.signer));
    world.set_delegate(trader, Pubkey::default()).unwrap();
    assert_refused(world.trade(as_delegate, 0, SOL), ExchangeError::NotAuthorized);
}
