//! Boundaries: what happens between one and its close moves nothing of what it gives, however long that takes.

use crate::common::markets::{frictionless, sol_perp};
use crate::common::world::{World, MILLION};
use crate::playing::{exchange, take};
use crate::sequences::runner;
use crate::steps::{steps, Step, MARKETS, PROVIDERS};
use perp_engine::fixtures::{SOL, USDC};
use perp_engine::operations::liquidity::Valuation;
use perp_engine::oracle::OracleReading;
use perp_engine::state::ClosedEpoch;
use perp_engine::units::Atoms;
use perp_engine::EngineError;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::cell::Cell;

const HOUR: u32 = 3_600;
const OWNER: usize = 0;
const OTHER: usize = 1;
const STAYS: usize = 0;
const MOVES: usize = 1;

fn sol(amount: i64) -> i64 {
    amount * i64::try_from(SOL).unwrap()
}

/// What somebody may do meanwhile: everything but what serves the boundary, which is done in its turn.
fn meanwhile() -> impl Strategy<Value = Vec<Step>> {
    steps(0..12).prop_map(|mut steps| {
        steps.retain(|step| {
            !matches!(
                step,
                Step::Value { .. } | Step::ValueWithoutReading { .. } | Step::CloseEpoch | Step::Serve { .. }
            )
        });
        steps
    })
}

/// A boundary that has come on an exchange with positions, to which a deposit and a withdrawal belong.
fn boundary_of(before: &[Step]) -> World {
    let mut world = exchange();
    for step in before {
        take(&mut world, step);
    }
    for _ in 0..3 {
        if !world.exchange.state.boundary.is_never() {
            world.serve();
        }
    }
    for (provider, percent) in (0..PROVIDERS).zip([5, 100]) {
        let _ = world.request_withdrawal(provider, world.shares(provider) / 100 * percent);
    }
    world.reach_boundary_but(700);
    world.request_deposit(MOVES, 30_000 * USDC).unwrap();
    for market in 0..MARKETS {
        let price = world.feed(market).price;
        world.feed_mut(market).confidence = price.unsigned_abs() / 2_000;
    }
    world.reach_boundary_but(5);
    world.refresh_all();
    world.reach_boundary();
    world
}

/// Values a market at its oracle's reading of the boundary while that counts, and says whether it did.
fn value(world: &mut World, market: u16, reading: Option<OracleReading>) -> bool {
    let counts = world.exchange.clock.now.get() <= world.exchange.state.boundary.get() + 1_800;
    if counts && matches!(world.value_market(market, reading), Ok(Valuation::Valued { .. })) {
        return true;
    }
    world.reach_boundary_but(-1_801);
    assert!(matches!(world.value_market(market, None), Ok(Valuation::Valued { .. })), "market {market}");
    false
}

#[test]
fn random_operations_between_boundary_valuation_close_and_payment_change_no_price_by_an_atom() {
    let (compared, late) = (Cell::new(0), Cell::new(0));
    let phases = proptest::collection::vec(meanwhile(), 6);
    runner(250)
        .run(&(steps(20..60), phases), |(before, phases)| {
            let (mut quiet, mut busy) = (boundary_of(&before), boundary_of(&before));
            let readings: Vec<_> = (0..MARKETS).map(|market| quiet.boundary_reading(market)).collect();
            let mut phases = phases.iter();
            let mut meanwhile = |world: &mut World| {
                for step in phases.next().unwrap() {
                    take(world, step);
                }
            };
            meanwhile(&mut busy);
            let mut by_reading = Vec::new();
            for market in 0..MARKETS {
                by_reading.push(value(&mut busy, market, Some(readings[usize::from(market)])));
                meanwhile(&mut busy);
            }
            let busy_epoch = busy.close_epoch().unwrap().closed;
            meanwhile(&mut busy);
            busy.pay_all();

            // What was handed in too late there is not handed in here either.
            for wanted in [true, false] {
                for market in (0..MARKETS).filter(|market| by_reading[usize::from(*market)] == wanted) {
                    let reading = wanted.then_some(readings[usize::from(market)]);
                    let counted = value(&mut quiet, market, reading);
                    assert!(counted || !wanted, "market {market}");
                    late.set(late.get() + u32::from(!counted));
                }
            }
            let quiet_epoch = quiet.close_epoch().unwrap().closed;
            assert_eq!(price(&busy_epoch), price(&quiet_epoch));
            compared.set(compared.get() + 1);
            Ok::<(), TestCaseError>(())
        })
        .unwrap();
    assert!(compared.get() >= 250 && late.get() >= 50, "{} compared, {} markets late", compared.get(), late.get());
}

/// What a boundary says of shares. How much of a withdrawal is paid at once depends on the cash there is when it is closed.
fn price(closed: &ClosedEpoch) -> [Atoms; 6] {
    [closed.lower, closed.upper, closed.shares, closed.deposited, closed.issued, closed.leaving]
}

/// A pool of a million in two markets in which nothing costs anything, an owner 400 SOL long in one and somebody else short as much in
/// the other at $250, and a boundary that has just come, to which a deposit and a withdrawal of $100 000 belong. The price is $240 for the
/// first: the owner has lost $4000.
fn two_markets() -> World {
    let mut world = World::with_liquidity(&[frictionless(sol_perp()); 2], 3, 2, MILLION);
    for (account, market, size) in [(OWNER, 0, 400), (OTHER, 1, -400)] {
        world.deposit(account, 20_000 * USDC).unwrap();
        world.trade(account, market, sol(size)).unwrap();
    }
    world.request_withdrawal(STAYS, 100_000 * USDC).unwrap();
    world.reach_boundary_but(700);
    world.request_deposit(MOVES, 100_000 * USDC).unwrap();
    world.reach_boundary_but(1);
    for market in [0, 1] {
        world.publish(market, [24_000_000_000, 25_000_000_000][usize::from(market)], 0);
        world.update_price(market).unwrap();
    }
    world.reach_boundary();
    world
}

/// Values every market at its price of the boundary, closes it, and says what it gave.
fn close(world: &mut World) -> ClosedEpoch {
    for market in 0..world.exchange.market_count {
        let _ = world.value_market(market, Some(world.boundary_reading(market)));
    }
    world.close_epoch().unwrap().closed
}

#[test]
fn a_loss_that_is_not_settled_counts_for_who_enters_and_not_for_who_leaves() {
    // $4000 of loss: at least the pool has its million, at most $1 004 000 and the part of an atom that a price of 240 / 2^40 cuts off.
    // $99 980 buy 99 980 / 1 004 000 of the shares, and 100 000 shares bring a dollar each less 0.02 %.
    let mut world = two_markets();
    let closed = close(&mut world);
    assert_eq!((closed.lower, closed.upper), (Atoms::new(MILLION), Atoms::new(MILLION + 4_000 * USDC + 1)));
    assert_eq!(closed.issued.get(), 99_980 * USDC * 1_000 / 1_004);
    assert_eq!((closed.redeemed.get(), closed.paid.get()), (100_000 * USDC, 99_980 * USDC));
    world.pay_all();
    assert_eq!((world.shares(MOVES), world.paid_out(STAYS)), (closed.issued.get(), closed.paid.get()));
}

#[test]
fn backing_moved_between_two_valuations_is_counted_once() {
    // Between the valuations of the two markets $100 000 move out of one, and of the other, and are there for who leaves. Nothing is
    // placed before the close.
    let untouched = close(&mut two_markets());
    for first in [0, 1] {
        let mut world = two_markets();
        let boundary = world.exchange.state.boundary.get();
        world.value_market(first, Some(world.boundary_reading(first))).unwrap();
        world.refresh_all();
        for market in [1 - first, first] {
            world.set_backing_target(market, 300_000 * USDC).unwrap();
            world.allocate_backing(market).unwrap();
        }
        world.set_backing_target(first, 450_000 * USDC).unwrap();
        assert_eq!(world.allocate_backing(first), Err(EngineError::BoundaryNear { boundary }));
        assert_eq!(world.exchange.pool.cash, Atoms::new(400_000 * USDC));
        assert_eq!(close(&mut world), untouched, "market {first} was valued first");
    }
    // In the last minute before a boundary nothing moves either way; in, up to half of the $999 980 that there are.
    let mut world = two_markets();
    close(&mut world);
    world.request_deposit(MOVES, 100 * USDC).unwrap();
    world.set_backing_target(0, 300_000 * USDC).unwrap();
    world.set_backing_target(1, 500_000 * USDC).unwrap();
    let near = Err(EngineError::BoundaryNear { boundary: world.exchange.state.boundary.get() });
    for (seconds, out, into) in
        [(60, Ok(-100_000), Ok(99_990)), (59, near, near), (1, near, near), (0, Ok(-100_000), near)]
    {
        world.reach_boundary_but(seconds);
        world.refresh_all();
        for (market, expected) in [(0, out), (1, into)] {
            let moved = world.clone().allocate_backing(market).map(|moved| moved.get());
            let expected = expected.map(|dollars: i64| dollars * 1_000_000);
            assert_eq!(moved, expected, "market {market} {seconds} s before");
        }
    }
}

#[test]
fn a_market_listed_in_mid_epoch_is_worth_nothing_to_it() {
    let untouched = close(&mut two_markets());
    // Before anything is valued it belongs to those that are, for nobody has noted how many there were; later it does not. Cash moves into
    // it only once the boundary is closed.
    for valued_before in [false, true] {
        let mut world = two_markets();
        let boundary = world.exchange.state.boundary.get();
        if valued_before {
            world.value_market(0, Some(world.boundary_reading(0))).unwrap();
        }
        let mut market = frictionless(sol_perp());
        market.listing.target_backing = Atoms::new(50_000 * USDC);
        let listed = world.list(&market);
        world.refresh_all();
        assert_eq!(world.allocate_backing(listed), Err(EngineError::BoundaryNear { boundary }));
        let valued = world.value_market(listed, Some(world.boundary_reading(listed)));
        assert_eq!(valued.is_ok(), !valued_before, "{valued:?}");
        world.feed_mut(0).price = 24_000_000_000;
        let closed = close(&mut world);
        assert_eq!((price(&closed), closed.paid), (price(&untouched), untouched.paid));
        // The next one has it, with what a trader there has lost: 100 SOL · $10.
        world.pay_all();
        world.allocate_backing(listed).unwrap();
        world.trade(OTHER, listed, sol(100)).unwrap();
        world.request_deposit(MOVES, 100 * USDC).unwrap();
        world.reach_boundary();
        let before = close(&mut world.clone());
        world.feed_mut(listed).price = 24_000_000_000;
        let after = close(&mut world);
        assert_eq!(after.upper.get() - before.upper.get(), 1_000 * USDC + 1);
        world.pay_all();
    }
}

#[test]
fn a_market_that_ends_in_mid_epoch_had_not_ended_at_the_boundary() {
    let untouched = close(&mut two_markets());
    // Delisted two days before, and due an hour and more before the boundary: whoever moves it right afterwards moves its books of
    // then not by an atom, and the reading of the boundary counts as before.
    let two_days_later = |outage: bool, moved: bool| {
        let mut world = World::with_liquidity(&[frictionless(sol_perp()); 2], 3, 2, MILLION);
        for (account, market, size) in [(OWNER, 0, 400), (OTHER, 1, -400)] {
            world.deposit(account, 20_000 * USDC).unwrap();
            world.trade(account, market, sol(size)).unwrap();
        }
        if !outage {
            world.delist(0).unwrap();
        }
        world.wait(16);
        if outage {
            world.report_oracle_outage(0).unwrap();
        }
        world.wait(172_800);
        world.request_withdrawal(STAYS, 100_000 * USDC).unwrap();
        world.reach_boundary_but(700);
        world.request_deposit(MOVES, 100_000 * USDC).unwrap();
        world.reach_boundary();
        for market in [0, 1] {
            world.publish(market, [24_000_000_000, 25_000_000_000][usize::from(market)], 0);
        }
        if moved {
            world.begin_settlement(0).unwrap();
        }
        if outage {
            // Nobody hands a reading in: the range counts, ±15 % of $250.
            world.value_market(1, Some(world.boundary_reading(1))).unwrap();
            world.reach_boundary_but(-1_801);
            world.value_market(0, None).unwrap();
        }
        close(&mut world)
    };
    for outage in [false, true] {
        assert_eq!(two_days_later(outage, true), two_days_later(outage, false), "outage: {outage}");
    }
    assert_eq!(price(&two_days_later(false, true)), price(&untouched));
    // 400 SOL · $37.50 are won or lost, and an atom that rounding outwards adds.
    let range = two_days_later(true, true);
    let width = 15_000 * USDC + 1;
    assert_eq!((range.lower, range.upper), (Atoms::new(MILLION - width), Atoms::new(MILLION + width)));
}

#[test]
fn an_epoch_nobody_closes_for_a_week_gives_what_it_would_have_given_at_once() {
    let untouched = close(&mut two_markets());
    let mut world = two_markets();
    let boundary = world.exchange.state.boundary;
    world.value_market(0, Some(world.boundary_reading(0))).unwrap();
    world.value_market(1, Some(world.boundary_reading(1))).unwrap();
    // For a week somebody wants in every hour and out every day, a price moves, and traders come and go. The queue has 32 places, a
    // day ahead and eight hours back: what waits longer moves on, to boundaries that come.
    let mut requests = 0;
    for hour in 0..7 * 24 {
        world.wait(HOUR);
        world.move_price(0, if hour % 2 == 0 { 10_000 } else { -10_000 });
        world.refresh_all();
        world.trade(OWNER, 0, if hour % 4 < 2 { sol(-4) } else { sol(4) }).unwrap();
        world.request_deposit(MOVES, (100 + hour) * USDC).unwrap();
        requests += 1;
        if hour % 24 == 0 {
            world.request_withdrawal(STAYS, (1_000 + hour) * USDC).unwrap();
            requests += 1;
        }
        assert_eq!(world.exchange.state.boundary, boundary);
    }
    let closed = world.close_epoch().unwrap().closed;
    assert_eq!(ClosedEpoch { rest_belongs_from: untouched.rest_belongs_from, ..closed }, untouched);
    // All of these belong to the next boundary, whichever hour they were for: the last withdrawal was made a day ago.
    world.pay_all();
    let next = world.exchange.state.boundary.get();
    assert!((60..=i64::from(HOUR) + 60).contains(&(next - world.exchange.clock.now.get())), "{next}");
    world.reach_boundary();
    assert_eq!(close(&mut world).requests, requests);
    world.pay_all();
    assert!(world.exchange.requests().is_empty() && world.exchange.state.boundary.is_never());
}

#[test]
fn a_reading_ahead_of_the_clock_ends_the_books_of_a_market_before_the_boundary_comes() {
    // Three seconds before the boundary somebody hands in a reading of the boundary, 4 % lower, and the owner closes at it: a loss of
    // $4000 is cash. Of the boundary it is not: its books are those of before the reading.
    let untouched = close(&mut two_markets());
    let mut world = two_markets();
    let boundary = world.exchange.state.boundary.get();
    world.exchange.clock.now = perp_engine::units::Timestamp::new(boundary - 3);
    world.publish(0, 24_000_000_000, 0);
    world.feed_mut(0).publish_time = boundary;
    world.update_price(0).unwrap();
    world.close(OWNER, 0).unwrap();
    assert_eq!(world.market(0).at_boundary.boundary.get(), boundary);
    world.reach_boundary();
    assert_eq!(close(&mut world), untouched);
}

#[test]
fn what_rounding_leaves_of_one_epoch_is_no_cash_of_the_next_boundary() {
    // Three withdrawals of $33.333333, of which 0.02 % and parts of an atom are cut off. They are paid once the next boundary has come:
    // what is left of the tokens set apart returns to the pool after its cash was noted.
    let mut world = World::with_liquidity(&[frictionless(sol_perp())], 1, 2, MILLION);
    for _ in 0..3 {
        world.request_withdrawal(STAYS, 33_333_333).unwrap();
    }
    world.reach_boundary();
    close(&mut world);
    world.request_deposit(MOVES, 100 * USDC).unwrap();
    world.reach_boundary();
    let cash = world.exchange.pool.cash.get();
    world.pay_all();
    // ⌈0.02 % of 99 999 999⌉ = 20 000; a third of 99 979 999 is 33 326 666.33.
    assert_eq!((world.paid_out(STAYS), world.exchange.pool.cash.get()), (3 * 33_326_666, cash + 1));
    let closed = close(&mut world);
    assert_eq!(closed.lower.get(), cash + world.market(0).ledger.backing.get());
    world.pay_all();
}

#[test]
fn a_boundary_closes_however_little_the_pool_is_worth() {
    // Of $1 000 000 in shares so many atoms are left: for $1000 there would be 999 800 000 · 10^12 / atoms shares, and there can be 2^62 of
    // them: with 216 atoms or fewer none are sold. Whoever wants out gets a tenth of what there is.
    for (left, sold) in [(0, false), (1, false), (216, false), (217, true), (1_000_000, true)] {
        let mut world = World::with_liquidity(&[frictionless(sol_perp())], 1, 2, MILLION);
        world.set_backing_target(0, 0).unwrap();
        world.allocate_backing(0).unwrap();
        world.exchange.donated = Atoms::new(MILLION - left);
        world.exchange.pool.cash = Atoms::new(left);
        world.request_withdrawal(STAYS, 100_000 * USDC).unwrap();
        world.reach_boundary_but(700);
        world.request_deposit(MOVES, 1_000 * USDC).unwrap();
        world.reach_boundary();
        let closed = close(&mut world);
        assert_eq!(!closed.issued.is_zero(), sold, "{left} atoms");
        world.pay_all();
        let taken = left / 10;
        assert_eq!(world.paid_out(STAYS), taken - taken.div_ceil(5_000), "{left} atoms");
        assert_eq!(world.paid_out(MOVES) == 1_000 * USDC, !sold, "{left} atoms");
    }
}
