//! Orders by time: once, later, in slices.

use super::*;

/// 30 SOL in slices of ten, every 100 s.
fn in_slices() -> NewOrder {
    NewOrder { slices: 3, seconds_between: 100, lamports: 150_000, ..next_price(sol(10)) }
}

#[test]
fn an_order_is_served_in_slices_at_the_price_of_each_moment() {
    let mut world = World::with(10_000);
    world.place(0, &[in_slices()]).unwrap();
    let tips = [(0, 250), (103, 240), (206, 260)].map(|(armed, dollar)| {
        if armed > 0 {
            // Not before a hundred seconds have passed since the last one filled.
            world.post(dollars(250, armed - 1), armed - 1);
            assert_eq!(world.arm(armed - 1, 0, None), Err(EngineError::OrderNotMet));
            world.arm(armed, 0, None).unwrap();
        }
        world.execute(armed + 4, 0, dollars(dollar, armed + 3)).unwrap().1.tip
    });
    assert_eq!((world.size(), tips, world.book.is_empty()), (30, [50_000; 3], true));
    // $2500, $2400 and $2600.
    let entry = world.account.positions[0].entry_notional.get();
    assert_eq!(entry.to_atoms_ceil(), Ok(usdc(7_500)));
}

#[test]
fn a_slice_that_is_missed_is_missed_and_its_tip_goes_to_the_later_ones() {
    let mut world = World::with(10_000);
    world.place(0, &[in_slices()]).unwrap();
    // Nobody fills the first, of 3 s; the second from 103 s on.
    world.post(dollars(250, 102), 102);
    assert_eq!(world.arm(102, 0, None), Err(EngineError::OrderNotMet));
    world.arm(103, 0, None).unwrap();
    let tip = world.execute(107, 0, dollars(250, 106)).unwrap().1;
    assert_eq!((world.size(), tip, world.order(0).slices), (10, OrderLamports { tip: 75_000, returned: 0 }, 1));
}

#[test]
fn slices_do_not_pile_up_when_nobody_serves_them() {
    let mut world = World::with(10_000);
    world.place(0, &[in_slices()]).unwrap();
    world.post(dollars(250, 1_000), 1_000);
    world.arm(1_000, 0, None).unwrap();
    world.filled(1_004, 0, dollars(250, 1_003));
    assert_eq!(world.arm(1_005, 0, None), Err(EngineError::OrderNotMet));
    assert_eq!(world.order(0).active_from, at(1_103).now);
}

#[test]
fn an_order_may_begin_later() {
    let mut world = World::with(10_000);
    world.place(0, &[NewOrder { active_from: at(50).now, ..next_price(sol(10)) }]).unwrap();
    assert_eq!((world.order(0).fills_from, world.account.armed_until), (Timestamp::NEVER, Timestamp::NEVER));
    world.post(dollars(250, 49), 49);
    assert_eq!(world.arm(49, 0, None), Err(EngineError::OrderNotMet));
    assert!(world.arm(50, 0, None).unwrap().is_armed());
    // An order by price that begins later takes no earlier reading, however fresh.
    let mut world = World::with(10_000);
    world.place(0, &[NewOrder { active_from: at(50).now, ..below(260, sol(10)) }]).unwrap();
    assert_eq!(world.arm(51, 0, Some(dollars(250, 50))), Err(EngineError::OrderNotMet));
    assert!(world.arm(51, 0, Some(dollars(250, 51))).is_ok());
}
