//! What only reduces: it follows its position, shrinks with it and dies with it.

use super::*;

fn stop(size: i64) -> NewOrder {
    reducing(below(240, sol(size)))
}

/// All of a long, whatever it is.
const ALL: SignedSize = SignedSize::new(i64::MIN);

#[test]
fn a_stop_closes_the_position() {
    let mut world = World::holding(10_000, 10);
    world.place(0, &[reducing(below(240, ALL))]).unwrap();
    world.arm(5, 0, Some(dollars(239, 5))).unwrap();
    // 5 + 3 + 15. There is no margin to set aside.
    assert_eq!((world.order(0).armed_size, world.account.armed_until), (Size::new(10 * SOL), at(23).now));
    assert_eq!(world.order(0).margin_held, Atoms::ZERO);
    let plan = world.filled(9, 0, dollars(238, 8));
    // −$120 and 2 bp of $2380.
    assert_eq!((plan.realized.get(), plan.fill.fee), (-120_000_001, Atoms::new(476_000)));
    assert_eq!((world.size(), world.account.balance), (0, Atoms::new(9_879_523_999)));
}

#[test]
fn a_stop_shrinks_with_its_position() {
    let mut world = World::holding(10_000, 10);
    world.place(0, &[stop(-8)]).unwrap();
    world.trade(1, sol(-5)).unwrap();
    world.arm(5, 0, Some(dollars(239, 5))).unwrap();
    assert_eq!(world.order(0).armed_size, Size::new(5 * SOL));
    world.trade(5, sol(-2)).unwrap();
    let plan = world.filled(9, 0, dollars(239, 8));
    assert_eq!((plan.size, plan.opened, world.size()), (sol(-3), Size::ZERO, 0));
}

#[test]
fn a_stop_that_is_armed_does_not_grow_with_its_position() {
    // Whoever knows already that the price of 8 s is high would else buy at 7 s what is sold at it.
    let mut world = World::holding(10_000, 10);
    world.place(0, &[reducing(below(240, ALL)), below(245, sol(30))]).unwrap();
    world.arm(5, 0, Some(dollars(239, 5))).unwrap();
    assert_eq!(world.trade(7, sol(30)), Err(EngineError::OrderArmed { until: at(23).now.get() }));
    // Nor by another order, which fills after it.
    world.arm(5, 1, Some(dollars(239, 5))).unwrap();
    assert_eq!(world.execute(8, 1, dollars(250, 8)), Err(EngineError::EarlierOrderArmed { place: 0 }));
    let plan = world.filled(8, 0, dollars(250, 8));
    assert_eq!((plan.closed, world.size()), (Size::new(10 * SOL), 0));
}

#[test]
fn a_stop_dies_with_its_position_and_protects_no_other() {
    let mut world = World::holding(10_000, 10);
    world.place(0, &[stop(-10), stop(-10)]).unwrap();
    world.arm(5, 1, Some(dollars(239, 5))).unwrap();
    world.trade(5, sol(-10)).unwrap();
    assert_eq!(world.execute(9, 1, dollars(230, 8)), Err(EngineError::OrderDead));
    // Armed or not, anybody sweeps it.
    assert_eq!(world.sweep(9, 1), Ok(TIP));
    world.post(dollars(239, 24), 24);
    world.trade(24, sol(10)).unwrap();
    assert_eq!(world.account.positions[0].number, 2);
    assert_eq!(world.arm(25, 0, Some(dollars(230, 25))), Err(EngineError::OrderDead));
    assert_eq!(world.sweep(25, 0), Ok(TIP));
}

#[test]
fn a_stop_does_not_survive_a_flip() {
    let mut world = World::holding(10_000, 10);
    world.place(0, &[stop(-10)]).unwrap();
    world.trade(1, sol(-30)).unwrap();
    assert_eq!((world.size(), world.account.positions[0].number), (-20, 2));
    assert_eq!(world.sweep(1, 0), Ok(TIP));
}

#[test]
fn stop_and_target_wake_with_their_entry_and_one_ends_the_other() {
    let mut world = World::with(10_000);
    let half = |order: NewOrder| NewOrder { group: 1, parent: Some(0), ..reducing(order) };
    let orders = [next_price(sol(10)), half(below(240, sol(-10))), half(above(260, sol(-10)))];
    world.place(0, &orders).unwrap();
    world.filled(4, 0, dollars(250, 3));
    let woken = [1, 2].map(|slot| world.order(slot));
    assert_eq!(woken.map(|order| (order.parent, order.position, order.active_from)), [(0, 1, at(4).now); 2]);
    // A reading from before they woke meets neither.
    assert_eq!(world.arm(5, 2, Some(dollars(270, 4))), Err(EngineError::OrderNotMet));
    world.arm(20, 2, Some(dollars(261, 20))).unwrap();
    let (_, lamports) = world.execute(24, 2, dollars(262, 23)).unwrap();
    assert_eq!((lamports, world.size()), (OrderLamports { tip: TIP, returned: TIP }, 0));
    assert!(world.book.is_empty());
}

#[test]
fn what_slept_for_an_entry_that_closed_the_position_is_dead() {
    // 10 SOL short, and an entry of as many that turns out to close them.
    let mut world = World::holding(10_000, -10);
    let sleeps = NewOrder { parent: Some(0), ..stop(-10) };
    world.place(1, &[next_price(sol(10)), sleeps]).unwrap();
    world.filled(5, 0, dollars(250, 4));
    assert_eq!((world.size(), world.sweep(5, 1)), (0, Ok(TIP)));
}

#[test]
fn a_stop_that_would_leave_less_than_a_position_closes_it_whole() {
    // 1 SOL would be left of two by the fill of one, until the owner sold most of the other: $23.90 is below the minimum of $100.
    let mut world = World::holding(10_000, 2);
    world.place(0, &[stop(-1)]).unwrap();
    world.arm(5, 0, Some(dollars(239, 5))).unwrap();
    world.trade(6, base(-900_000_000)).unwrap();
    let plan = world.filled(9, 0, dollars(239, 8));
    assert_eq!((plan.closed, world.account.positions[0].size), (Size::new(1_100_000_000), base(0)));
}
