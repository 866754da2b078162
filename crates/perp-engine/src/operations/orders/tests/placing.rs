//! Placing, replacing and cancelling.

use super::*;
use crate::state::ORDER_SLOTS;

#[test]
fn an_entry_a_stop_and_a_target_are_placed_at_once() {
    let mut world = World::with(10_000);
    let stop = NewOrder { group: 1, parent: Some(0), ..reducing(below(220, sol(-10))) };
    let target = NewOrder { group: 1, parent: Some(0), lamports: 3 * TIP, ..reducing(above(280, sol(-10))) };
    let plan = world.place(0, &[below(240, sol(10)), stop, target]).unwrap();
    assert_eq!((plan.paid, plan.returned, world.book.lamports()), (5 * TIP, 0, Ok(5 * TIP)));
    let orders = [0, 1, 2].map(|slot| world.order(slot));
    assert_eq!(orders.map(|order| order.number), [1, 2, 3]);
    assert_eq!(orders.map(|order| order.parent), [0, 1, 1]);
    assert_eq!(orders.map(|order| order.active_from), [at(0).now; 3]);
    assert_eq!(world.arm(5, 1, Some(dollars(200, 5))), Err(EngineError::OrderAsleep));
    // An entry takes along what sleeps for it.
    assert_eq!((world.cancel(5, 0), world.book.is_empty()), (Ok(5 * TIP), true));
    assert_eq!(world.cancel(5, 0), Err(EngineError::NoOrder));
}

#[test]
fn cancelling_and_placing_is_done_whole_or_not_at_all() {
    let mut world = World::with(10_000);
    let ladder = [240, 230, 220].map(|dollars| below(dollars, sol(1)));
    world.place(0, &ladder).unwrap();
    let before = world.book;
    // The second of the new orders has no acceptable price.
    let forgotten = NewOrder { acceptable_price: Price::ZERO, ..below(210, sol(1)) };
    let refused = world.replace(1, &[0, 1], &[below(245, sol(1)), forgotten]);
    assert_eq!((refused, world.book), (Err(EngineError::AcceptablePriceZero), before));
    let plan = world.replace(1, &[0, 1], &[below(245, sol(1))]).unwrap();
    assert_eq!((plan.paid, plan.returned), (TIP, 2 * TIP));
    // The new one has the first free place and a number of its own.
    assert_eq!((world.order(0).number, world.order(2).number), (4, 3));
    assert!(world.book.order(1).is_err());
}

#[test]
fn an_account_has_sixteen_orders() {
    let mut world = World::with(10_000);
    world.place(0, &[below(240, sol(1)); ORDER_SLOTS]).unwrap();
    assert_eq!(world.place(0, &[below(240, sol(1))]), Err(EngineError::NoFreeOrder));
    assert!(world.replace(0, &[7], &[below(240, sol(1))]).is_ok());
    assert_eq!(World::with(0).place(0, &[below(240, sol(1)); ORDER_SLOTS + 1]), Err(EngineError::NoFreeOrder));
}

#[test]
fn terms_that_contradict_each_other_are_refused() {
    let refused = |order: NewOrder| World::holding(10_000, 10).place(0, &[order]).unwrap_err();
    let (limit, by_time) = (below(240, sol(1)), next_price(sol(1)));
    for order in [
        // A price for an order by time, and none for one by price; both a price and a distance; the whole price as a distance.
        NewOrder { trigger_price: price(240), ..by_time },
        NewOrder { trailing: Ppm::new(1), ..by_time },
        NewOrder { trigger_price: Price::ZERO, ..limit },
        NewOrder { trailing: Ppm::new(1), ..limit },
        NewOrder { trigger_price: Price::ZERO, trailing: Ppm::ONE, ..limit },
        // Slices by price, none at all, too near, with a distance in time but one.
        NewOrder { slices: 2, seconds_between: 60, lamports: 2 * TIP, ..limit },
        NewOrder { slices: 0, ..by_time },
        NewOrder { slices: 2, seconds_between: 59, lamports: 2 * TIP, ..by_time },
        NewOrder { seconds_between: 60, ..by_time },
        // Over before it begins.
        NewOrder { expires: at(-1).now, ..limit },
        // Of a parent that may increase itself, or that is not there.
        NewOrder { parent: Some(0), ..limit },
        NewOrder { parent: Some(0), ..reducing(limit) },
    ] {
        assert_eq!(refused(order), EngineError::OrderTerms, "{order:?}");
    }
    assert_eq!(refused(NewOrder { size: base(0), ..limit }), EngineError::SizeOutOfRange);
    assert_eq!(refused(NewOrder { size: base(i64::MIN), ..limit }), EngineError::SizeOutOfRange);
    assert_eq!(refused(NewOrder { acceptable_price: Price::ZERO, ..limit }), EngineError::AcceptablePriceZero);
    let few = NewOrder { slices: 3, seconds_between: 60, lamports: 3 * TIP - 1, ..by_time };
    assert_eq!(refused(few), EngineError::OrderTipTooSmall { minimum: 120_000 });
}

#[test]
fn what_sleeps_is_on_the_other_side_of_another_group_and_one_deep() {
    let entry = NewOrder { group: 1, ..below(240, sol(10)) };
    let stop = |size, group, parent| NewOrder { group, parent: Some(parent), ..reducing(below(220, size)) };
    let place = |orders: &[NewOrder]| World::with(10_000).place(0, orders).map(|_| ());
    assert_eq!(place(&[entry, stop(sol(-10), 2, 0), stop(sol(-5), 0, 0)]), Ok(()));
    let refused = Err(EngineError::OrderTerms);
    assert_eq!(place(&[entry, stop(sol(10), 2, 0)]), refused);
    assert_eq!(place(&[entry, stop(sol(-10), 1, 0)]), refused);
    assert_eq!(place(&[entry, stop(sol(-10), 2, 0), stop(sol(10), 3, 1)]), refused);
    assert_eq!(place(&[stop(sol(-10), 2, 1), entry]), refused);
}

#[test]
fn what_reduces_needs_a_position_on_the_other_side() {
    let stop = reducing(below(220, base(i64::MIN)));
    assert_eq!(World::with(10_000).place(0, &[stop]), Err(EngineError::NoPosition));
    assert_eq!(World::holding(10_000, -10).place(0, &[stop]), Err(EngineError::ReduceOnlyViolated));
    let mut world = World::holding(10_000, 10);
    world.place(0, &[stop]).unwrap();
    assert_eq!(world.order(0).position, 1);
}

#[test]
fn nothing_is_placed_in_a_market_that_ends() {
    let mut world = World::with(10_000);
    world.market.settlement.delisted_from = at(10).now;
    assert!(world.place(9, &[below(240, sol(1))]).is_ok());
    assert_eq!(world.place(10, &[below(240, sol(1))]), Err(EngineError::SettlementDue));
    world.market.settlement.moved_at = at(20).now;
    assert_eq!(world.place(20, &[below(240, sol(1))]), Err(EngineError::MarketSettled));
    // What rests there is swept by whoever shows the market.
    assert_eq!(world.sweep(20, 0), Err(EngineError::OrderAlive));
    let other = Market { index: 1, ..world.market };
    let swept = |market| sweep_order(&mut { world.book }, 0, &world.account, Some(market), at(20).now);
    assert_eq!(swept(&other), Err(EngineError::MarketMissing { expected: 0 }));
    assert_eq!(swept(&world.market), Ok(TIP));
}
