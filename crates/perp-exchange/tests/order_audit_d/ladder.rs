//! What it takes to fill an order that waits for fifteen others.

use crate::venue::{next_price, reducing, sol, Venue, SOL};
use perp_engine::operations::orders::{NewOrder, OrderOutcome, ORDER_TIP_LAMPORTS};
use perp_engine::units::{Price, SignedSize};
use perp_engine::EngineError;
use perp_exchange::Refusal;

#[test]
fn finding_fifteen_orders_that_pay_nobody_stand_before_one_that_pays_a_tip() {
    // One SOL long. Fifteen sales of it at no price that there is, in slices, due a second after one another; then a large order.
    const OWNER: usize = 0;
    let mut venue = Venue::sol(&[100_000]);
    venue.trade(OWNER, sol(1_000)).unwrap();
    venue.next(25_000);
    let now = venue.exchange.clock.now;
    let void = |after: u32| NewOrder {
        acceptable_price: Price::new(u64::MAX),
        active_from: now.after(after).unwrap(),
        slices: 100,
        seconds_between: 60,
        lamports: 100 * ORDER_TIP_LAMPORTS,
        ..reducing(next_price(SignedSize::new(-SOL)))
    };
    let before: Vec<NewOrder> = (1..=15).map(void).collect();
    venue.place(OWNER, &before).unwrap();
    for minute in 0..3 {
        for slot in 0..15 {
            venue.next(25_000);
            // Whoever arms them needs no reading.
            let armed = venue.exchange.arm_order(OWNER, slot, 0, None);
            assert!(armed.is_ok(), "{minute} {slot} {armed:?}");
        }
        venue.place(OWNER, &[next_price(sol(1_000_000))]).unwrap();
        let book = venue.exchange.orders_of(OWNER).unwrap();
        let moments: Vec<i64> = (0..16).map(|slot| book.order(slot).unwrap().fills_from.get() - venue.from).collect();
        while venue.now() < moments[15] {
            venue.next(25_000);
        }
        let blocked = |place| Err(Refusal::Rule(EngineError::EarlierOrderArmed { place }));
        let (mut readings, mut executed, mut tips) = (std::collections::BTreeSet::new(), 0, 0);
        let lamports = venue.exchange.order_lamports;
        let mut keeper = venue.clone();
        for slot in 0..15 {
            let order = *keeper.exchange.orders_of(OWNER).unwrap().order(slot).unwrap();
            if keeper.now() > moments[slot] + 15 || order.fills_from.is_never() {
                continue;
            }
            assert!(keeper.execute(OWNER, 15).map(|_| ()).is_err());
            assert_eq!(keeper.execute(OWNER, 15).map(|_| ()), blocked(slot as u64));
            assert_eq!(keeper.execute(OWNER, slot), Ok(OrderOutcome::Disarmed));
            executed += 1;
            readings.insert(moments[slot]);
            tips += lamports - keeper.exchange.order_lamports;
        }
        assert!(matches!(keeper.execute(OWNER, 15), Ok(OrderOutcome::Filled(_))));
        let paid = lamports - keeper.exchange.order_lamports;
        std::println!(
            "minute {minute}: {executed} other executions at {} other readings, which pay {tips} lamports, before one that pays {paid}",
            readings.len()
        );
        assert_eq!((tips, paid), (0, ORDER_TIP_LAMPORTS));
        assert!(executed >= 12 && readings.len() >= 12);
        // Nobody does that. It lapses, or its owner does.
        while venue.now() <= moments[15] + 15 {
            venue.next(25_000);
        }
        assert_eq!(venue.exchange.sweep_order(OWNER, 15, None), Ok(ORDER_TIP_LAMPORTS));
        let next = venue.exchange.orders_of(OWNER).unwrap().order(0).unwrap().fills_from.get() - venue.from + 60;
        while venue.now() < next - 1 {
            venue.next(25_000);
        }
    }
    venue.check();
}

#[test]
fn finding_bait_is_armed_every_minute_for_a_tip_that_nobody_is_ever_paid() {
    // A SOL of lamports a slice, at no price that there is. What promises it is `tip()`, which perp-keeper arms and posts readings by.
    const OWNER: usize = 0;
    let mut venue = Venue::sol(&[1_000]);
    venue.trade(OWNER, sol(1_000)).unwrap();
    venue.next(25_000);
    let bait = NewOrder {
        acceptable_price: Price::new(u64::MAX),
        slices: 60,
        seconds_between: 60,
        lamports: 60 * 1_000_000_000,
        ..reducing(next_price(SignedSize::new(-SOL)))
    };
    let paid = venue.exchange.place_orders(OWNER, 0, &[], &[bait], None).unwrap().paid;
    let mut armed = 1;
    for _ in 0..600 {
        venue.next(25_000);
        assert!(venue.exchange.orders_of(OWNER).unwrap().order(0).unwrap().tip() >= 1_000_000_000);
        armed += u32::from(venue.exchange.arm_order(OWNER, 0, 0, None).is_ok());
        if let Ok(outcome) = venue.execute(OWNER, 0) {
            assert_eq!(outcome, OrderOutcome::Disarmed);
        }
    }
    while venue.exchange.orders_of(OWNER).unwrap().order(0).unwrap().is_armed(venue.exchange.clock.now).unwrap() {
        venue.next(25_000);
    }
    let home = venue.exchange.place_orders(OWNER, 0, &[0], &[], None).unwrap().returned;
    std::println!("armed {armed} times in ten minutes; {paid} lamports paid in, {home} come home");
    assert!(armed >= 9 && paid == home);
}
