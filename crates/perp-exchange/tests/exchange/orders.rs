//! Resting orders among everything else that happens.

use crate::common::world::World;
use crate::playing::{exchange, take};
use crate::sequences::runner;
use crate::steps::{steps, Step, ACCOUNTS, MARKETS};
use perp_engine::operations::orders::{NewOrder, OrderOutcome, ORDER_TIP_LAMPORTS};
use perp_engine::operations::position::Order;
use perp_engine::state::{OrderTrigger, RestingOrder, Status};
use perp_engine::units::{Ppm, Price, SignedSize, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::cell::Cell;

/// An order by time, at once, whose sender gets what is just enough.
pub fn at_once(size: i64) -> NewOrder {
    let size = SignedSize::new(size);
    NewOrder {
        size,
        trigger: OrderTrigger::AtTime,
        trigger_price: Price::ZERO,
        trailing: Ppm::ZERO,
        acceptable_price: Order::at_any_price(size).acceptable_price,
        reduce_only: false,
        active_from: Timestamp::NEVER,
        expires: Timestamp::NEVER,
        slices: 1,
        seconds_between: 0,
        group: 0,
        parent: None,
        lamports: ORDER_TIP_LAMPORTS,
    }
}

/// What an order fills at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Filled {
    size: SignedSize,
    notional: i128,
    fee: u64,
    spread: i128,
}

/// Hands in the reading of the order's moment, which was said so many seconds ago.
fn fill(world: &mut World, account: usize, market: u16, said: (i64, i64)) -> Option<Filled> {
    let (price, at) = said;
    world.publish(market, price, 0);
    let feed = world.feed_mut(market);
    (feed.publish_time, feed.previous) = (at, at - 1);
    let (slot, _) = *world.orders_of(account).last()?;
    match world.execute_order(account, slot, market).ok()?.plan.outcome {
        OrderOutcome::Filled(plan) => Some(Filled {
            size: plan.size,
            notional: plan.notional.get(),
            fee: plan.fill.fee.get(),
            spread: plan.fill.spread.get(),
        }),
        _ => None,
    }
}

#[test]
fn attack_whoever_fills_an_order_chooses_not_an_atom_of_its_price() {
    let (compared, later) = (Cell::new(0), Cell::new(0));
    let path = proptest::collection::vec((-4_000i64..4_000, any::<bool>()), 30);
    runner(600)
        .run(&(steps(10..50), 0..ACCOUNTS, 0..MARKETS, -8_000i64..8_000, path, 0u32..16), |case| {
            let (before, account, market, thousandths, path, late) = case;
            let mut world = exchange();
            before.iter().for_each(|step| take(&mut world, step));
            calm(&mut world);
            let Some((_, order)) = placed(&mut world, account, market, thousandths, |order| order) else {
                return Ok(());
            };
            if order.fills_from.is_never() {
                return Ok(());
            }
            let (now, from) = (world.exchange.clock.now.get(), order.fills_from.get());
            // What the oracle says in each second from now on.
            let mut prices = vec![world.feed(market).price];
            for (ppm, _) in &path {
                let last = i128::from(*prices.last().unwrap());
                prices.push(i64::try_from(last * i128::from(1_000_000 + ppm) / 1_000_000).unwrap());
            }
            let said = |at: i64| prices[usize::try_from(at - now).unwrap()];

            // One sends it at once, the other posts what he likes first and waits as long as he likes.
            let mut other = world.clone();
            world.wait(u32::try_from(from - now).unwrap());
            let Some(at_first) = fill(&mut world, account, market, (said(from), from)) else { return Ok(()) };
            for at in now + 1..=from + i64::from(late) {
                other.wait(1);
                if path[usize::try_from(at - now).unwrap() - 1].1 {
                    other.publish(market, said(at), 0);
                    let _ = other.update_price(market);
                }
            }
            // Margin is asked for at the newest price; where that is left, the fill is the same.
            if let Some(filled) = fill(&mut other, account, market, (said(from), from)) {
                compared.set(compared.get() + 1);
                later.set(later.get() + u32::from(late > 0));
                assert_eq!(filled, at_first);
            }
            Ok::<(), TestCaseError>(())
        })
        .unwrap();
    assert!(compared.get() > 60 && later.get() > 50, "only {} fills, {} later", compared.get(), later.get());
}

/// An order of the account's position, or one that opens: by time, at once, but for what `terms` change of it.
fn placed(
    world: &mut World,
    account: usize,
    market: u16,
    thousandths: i64,
    terms: impl FnOnce(NewOrder) -> NewOrder,
) -> Option<(usize, RestingOrder)> {
    if world.exchange.orders_of(account).is_err() {
        world.open_orders(account).ok()?;
    }
    let held = world.size(account, market);
    let order = terms(if held == 0 {
        let value = world.account(account).balance.get() / 1_000 * thousandths.unsigned_abs();
        at_once(i64::try_from(world.size_worth(market, value)).ok()? * thousandths.signum())
    } else {
        // A part of the position, since the cost of closing a whole one has a cap.
        NewOrder { reduce_only: true, ..at_once(-held / 2) }
    });
    let cancel: Vec<u8> =
        world.orders_of(account).iter().filter(|(_, it)| !it.is_asleep()).map(|it| it.0 as u8).collect();
    world.place_orders(account, market, &cancel, &[order]).ok()?;
    world.orders_of(account).last().copied()
}

/// Nothing is paused, no clock is disbelieved, and every price is fresh.
fn calm(world: &mut World) {
    world.set_exchange_status(Status::Active, 0).unwrap();
    for market in 0..MARKETS {
        let _ = world.set_market_status(market, Status::Active, 0);
        world.feed_mut(market).confidence = 0;
    }
    world.wait(181);
    world.refresh_all();
}

#[test]
fn a_resting_order_changes_no_trade() {
    let rested = Cell::new(0);
    runner(200)
        .run(&(steps(20..60), steps(20..60), 1i64..6_000), |(before, after, thousandths)| {
            let mut world = exchange();
            before.iter().for_each(|step| take(&mut world, step));
            // The same exchange, in which orders of everybody rest.
            let mut resting = world.clone();
            for account in 0..ACCOUNTS {
                let mut placing = world.clone();
                let waits =
                    |order| NewOrder { trigger: OrderTrigger::AtOrBelow, trigger_price: Price::new(1), ..order };
                if placed(&mut placing, account, (account % 3) as u16, thousandths, waits).is_some() {
                    let book = *placing.exchange.orders_of(account).unwrap();
                    resting.exchange.put_orders(account, book).unwrap();
                    rested.set(rested.get() + 1);
                }
            }
            for step in after.iter().filter(|step| !is_about_orders(step)) {
                take(&mut world, step);
                take(&mut resting, step);
            }
            let without_orders = |world: &World| {
                let exchange = &world.exchange;
                (exchange.accounts().to_vec(), exchange.markets().to_vec(), exchange.pool, exchange.vault)
            };
            assert_eq!(without_orders(&world), without_orders(&resting));
            Ok::<(), TestCaseError>(())
        })
        .unwrap();
    assert!(rested.get() > 200, "only {} orders rested", rested.get());
}

fn is_about_orders(step: &Step) -> bool {
    matches!(
        step,
        Step::Rest { .. }
            | Step::Arm { .. }
            | Step::Fill { .. }
            | Step::CancelOrder { .. }
            | Step::SweepOrder { .. }
            | Step::CloseOrders { .. }
    )
}
