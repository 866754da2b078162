//! What happened, read from the events alone: one that is missing is noticed, the funding of a market is rebuilt from
//! them to the last bit, and the counters in the accounts are their sums. On the compiled binary, since native programs
//! emit nothing.

mod counters;
mod funding;
mod numbers;

use crate::in_memory::follow;
use funding::Funding;
use perp_client::events::{events_in_logs, Event, Gap};
use perp_client::instructions::{self as client, Authority};
use perp_engine::state::{Position, Status};
use perp_swap::events::{MarketMoment, Traded};
use perp_tests::{Backend, Outcome, World, SOL, USDC};
use solana_instruction::Instruction;
use std::cell::RefCell;
use std::rc::Rc;

/// Every event of a story, transaction by transaction.
#[derive(Clone, Default)]
pub struct History(Rc<RefCell<Vec<Event>>>);

impl History {
    /// The events from now on.
    pub fn of(world: &mut World) -> Self {
        let history = Self::default();
        let events = history.clone();
        world.observe(move |_, _, done| {
            if let Ok(outcome) = done {
                events.0.borrow_mut().extend(outcome.events());
            }
        });
        history
    }

    /// The moments of a market that events show, each with its time, in their order.
    fn moments(&self, market: u16) -> Vec<(i64, MarketMoment)> {
        let events = self.0.borrow();
        let all = events.iter().filter_map(numbers::moment).filter(|(index, ..)| *index == market);
        let mut moments: Vec<_> = all.map(|(_, time, moment)| (time, moment)).collect();
        moments.sort_by_key(|(_, moment)| moment.sequence);
        moments
    }

    /// Holds the whole history of an exchange against its accounts.
    pub fn check(&self, world: &mut World) {
        let events = self.0.borrow();
        assert_eq!(numbers::gaps(&events, world), [""; 0]);
        for index in 0..world.market_count {
            let market = world.market(index).state;
            let funding = Funding::rebuilt(&market.parameters, &self.moments(index));
            let sides = market.ledger.sides;
            assert_eq!(funding.rate, market.ledger.funding_rate);
            assert_eq!(funding.indices, sides.map(|side| side.funding_index.get()));
            assert_eq!(funding.open_interest, sides.map(|side| side.open_interest.get()));
            let expected = counters::of_market(&events, &market, &funding);
            assert_eq!(market.ledger.counters, expected, "counters of market {index}");
        }
        counters::check_accounts(&events, world);
    }

    /// The position as its events show it, where nothing is owed either way: what has happened since its slot was
    /// taken.
    fn position(&self, account: Authority, market: u16) -> Position {
        counters::of_position(&self.0.borrow(), account.margin_account, market)
    }
}

/// A market whose rate rises, falls and changes its sign, under a pause, a restriction, trades, settlements and a
/// liquidation; another beside it.
struct Story {
    world: World,
    history: History,
    alice: Authority,
    bob: Authority,
    carol: Authority,
}

fn story() -> Story {
    let mut world = World::before_creation(Backend::Sbf);
    follow(&mut world);
    let history = History::of(&mut world);
    world.set_up(2);
    let (risk_admin, guardian) = (world.risk_admin, world.guardian);
    let (alice, bob) = (world.trader(300_000 * USDC), world.trader(200_000 * USDC));
    let (carol, keeper) = (world.trader(535 * USDC), world.trader(0));
    world.trade(alice, 0, 8_000 * SOL).unwrap();
    world.trade(alice, 1, -90 * SOL).unwrap();
    world.later_at(700, 0, 251.5);
    world.trade(bob, 0, -3_000 * SOL).unwrap();
    world.trade(carol, 0, 40 * SOL).unwrap();
    // Half a day of longs who pay, once with more time than one accrual covers.
    for seconds in [600, 3_600, 3_601, 5_000, 30] {
        world.wait(seconds);
        world.publish(0, 250.75);
        world.update_funding(0).unwrap();
    }
    world.settle_funding(alice.margin_account, 0).unwrap();
    world.later_at(60, 0, 245.9375);
    world.settle_pnl(bob.margin_account, 0).unwrap();
    world.liquidate(keeper, carol.margin_account, 0).unwrap();
    // Ten minutes in which the market is reduce-only and a pause of the exchange with its grace, for which as much is owed as
    // ever.
    world.set_market_status(risk_admin, 0, Status::ReduceOnly, 600).unwrap();
    world.wait(600);
    world.publish(0, 247.0);
    world.set_market_status(risk_admin, 0, Status::Active, 0).unwrap();
    world.set_exchange_status(guardian, Status::Paused, 100).unwrap();
    world.wait(100 + 120 + 40);
    world.publish(0, 247.25);
    world.set_backing_target(0, 2_500_000 * USDC).unwrap();
    world.allocate_backing(0).unwrap();
    // Alice turns: from then on shorts are more, and the rate falls through zero.
    world.later_at(1, 1, 249.5);
    world.publish(0, 247.25);
    world.trade(alice, 0, -9_000 * SOL).unwrap();
    for _ in 0..6 {
        world.wait(3_000);
        world.publish(0, 248.0);
        world.update_funding(0).unwrap();
    }
    world.set_market_status(risk_admin, 0, Status::ReduceOnly, 3_600).unwrap();
    world.publish_all_again();
    world.trade(bob, 0, 500 * SOL).unwrap();
    world.close_position(alice, 1).unwrap();
    world.settle_pnl(alice.margin_account, 0).unwrap();
    world.withdraw(bob, 1_000 * USDC).unwrap();
    let admin = world.admin;
    world.give(admin, 0);
    world.withdraw_protocol_fees(0).unwrap();
    Story { world, history, alice, bob, carol }
}

#[test]
fn the_funding_of_a_market_is_rebuilt_from_its_events_alone() {
    let Story { mut world, history, .. } = story();
    history.check(&mut world);
    // A history in which nothing happens proves nothing: the rate had both signs and was opposed, and carry was paid.
    let moments = history.moments(0);
    let rates: Vec<i64> = moments.iter().map(|(_, moment)| moment.funding_rate).collect();
    assert!(rates.iter().any(|rate| *rate > 0) && rates.iter().any(|rate| *rate < 0), "{rates:?}");
    let seconds: u64 = moments.iter().map(|(_, moment)| moment.funding_seconds).sum();
    // 30 from the first price to the one that executes the provider's deposit, both of which accrue, 700 + 600 + 3 600 + 3 600 of
    // 3 601 + 3 600 of 5 000 + 30 + 60 before the statuses, 600 + 260 through them, and 1 + 6 · 3 000 after them.
    assert_eq!(seconds, 30 + 12_190 + 860 + 18_001);
    let counters = world.market(0).state.ledger.counters;
    assert!(counters.carry.get().get() > 0 && counters.funding.get().get() > 0);
}

#[test]
fn whichever_event_is_lost_its_number_is_missed() {
    let Story { mut world, history, .. } = story();
    let events = history.0.borrow().clone();
    for lost in 0..events.len() {
        let mut rest = events.clone();
        let event = rest.remove(lost);
        assert!(!numbers::gaps(&rest, &mut world).is_empty(), "{event:?}");
    }
}

#[test]
fn counters_are_the_sums_of_the_events() {
    let Story { mut world, history, alice, bob, carol } = story();
    history.check(&mut world);
    // Everybody paid every fee in cash here.
    for index in 0..2 {
        let counters = world.market(index).state.ledger.counters;
        let events = history.0.borrow();
        let fees = counters::traded_in(&events, index).map(|trade| trade.fee);
        assert_eq!(counters.fees.get(), fees.clone().sum::<u64>());
        // A tenth of each, rounded down.
        assert_eq!(counters.protocol_fees.get(), fees.map(|fee| fee / 10).sum::<u64>());
    }
    for (account, market) in [(alice, 0), (bob, 0), (carol, 0)] {
        let stored = world.position(&account.margin_account, market);
        let told = history.position(account, market);
        assert_eq!((stored.opened_at, stored.size), (told.opened_at, told.size));
        assert_eq!((stored.realized, stored.funding, stored.fees), (told.realized, told.funding, told.fees));
    }
    // Alice's position was never closed, only turned; the slot in the other market is free again.
    assert!(history.position(alice, 0).realized.get() != 0);
    assert_eq!(world.position(&alice.margin_account, 1), Position::default());
}

/// 26 prices in a transaction, whose events alone are longer than what a node keeps of its log.
fn behind_a_full_log(world: &World, last: Instruction) -> Vec<Instruction> {
    let update = client::update_prices(&world.addresses, [(0, world.oracle(0))]);
    let mut all = vec![update; 26];
    all.push(last);
    all
}

/// The numbers of the market's prices that can still be read, and the last event.
fn readable(outcome: &Outcome) -> (Vec<u64>, Event) {
    let incomplete = events_in_logs(&outcome.logs).expect_err("the log was cut off");
    assert_eq!(incomplete.gap, Gap::Truncated);
    let mut seen = outcome.events_seen();
    let last = seen.pop().expect("the last event is there");
    let price = |event| match event {
        Event::PriceUpdated(price) => price.state.sequence,
        other => panic!("{other:?}"),
    };
    (seen.into_iter().map(price).collect(), last)
}

#[test]
fn liquidations_and_bankruptcies_are_seen_behind_a_log_that_was_cut_off() {
    let mut world = World::new(Backend::Sbf, 1);
    let (victim, keeper) = (world.trader(700 * USDC), world.trader(0));
    let account = victim.margin_account;
    world.trade(victim, 0, 40 * SOL).unwrap();
    world.later_at(60, 0, 218.75);

    let before = world.market(0).state.sequence;
    let liquidation =
        world.liquidation(keeper, account, client::TargetMarket::at_cached_price(0), &perp_tests::world::ALL);
    let outcome = world.run(&behind_a_full_log(&world, liquidation)).unwrap();
    let (prices, last) = readable(&outcome);
    let Event::Liquidated(liquidated) = last else { panic!("{last:?}") };
    assert_eq!((liquidated.size_after, liquidated.closed), (0, 40 * SOL as u64));
    // The numbers say how many are missing between the last that was kept and this one: 26 prices came before it.
    assert!(!prices.is_empty() && prices.len() < 26);
    assert!(prices.iter().copied().eq(before + 1..=before + prices.len() as u64));
    assert_eq!(liquidated.state.sequence, before + 27);

    let resolution = {
        let state = world.margin_account(&account).state;
        client::resolve_bankruptcy(&world.addresses, account, &state, 0)
    };
    let debt = world.position(&account, 0).debt.get();
    let outcome = world.run(&behind_a_full_log(&world, resolution)).unwrap();
    let (_, last) = readable(&outcome);
    let Event::BankruptcyResolved(resolved) = last else { panic!("{last:?}") };
    assert_eq!((resolved.debt, resolved.written_off), (debt, debt));
    assert_eq!(resolved.state.sequence, before + 27 + 27);
}

#[test]
fn a_trade_that_a_cut_log_lost_is_missed_by_its_numbers() {
    let mut world = World::new(Backend::Sbf, 1);
    let trader = world.trader(1_000 * USDC);
    let order = perp_tests::world::order(SOL);
    let trade = world.trade_instruction(trader, client::TargetMarket::at_cached_price(0), &order);
    let (market, account) =
        (world.market(0).state.sequence, world.margin_account(&trader.margin_account).state.sequence);
    let outcome = world.run(&behind_a_full_log(&world, trade)).unwrap();
    assert!(!outcome.events_seen().iter().any(|event| matches!(event, Event::Traded(_))), "the log kept it");
    // The next event of market and account has a number that is higher than the one expected by what was lost.
    world.next_slot();
    let outcome = world.close_position(trader, 0).unwrap();
    let Event::Traded(Traded { state, account_sequence, size_before, .. }) = outcome.event() else { panic!() };
    assert_eq!(size_before, SOL);
    assert_eq!((state.sequence, account_sequence), (market + 26 + 2, account + 2));
}
