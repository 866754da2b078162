use super::*;
use crate::fixtures::{at, base};
use crate::state::Position;

const PRICED: RestingOrder = RestingOrder { trigger: OrderTrigger::AtOrAbove as u8, ..ONE };
const ONE: RestingOrder = RestingOrder {
    size: SignedSize::new(-5),
    trigger_price: Price::new(0),
    acceptable_price: Price::new(1),
    best: Price::new(0),
    best_published: Timestamp::NEVER,
    active_from: Timestamp::NEVER,
    expires: Timestamp::NEVER,
    position: 0,
    fills_from: Timestamp::NEVER,
    armed_size: Size::ZERO,
    margin_held: Atoms::ZERO,
    lamports: 10_003,
    number: 1,
    trailing: Ppm::ZERO,
    seconds_between: 0,
    slices: 1,
    market: 3,
    trigger: 0,
    reduce_only: 0,
    group: 0,
    parent: 0,
    reserved: [0],
};

fn time(seconds: i64) -> Timestamp {
    at(seconds).now
}

/// The order armed for so many seconds after the start.
fn armed(order: RestingOrder, seconds: i64) -> RestingOrder {
    RestingOrder { fills_from: time(seconds), armed_size: Size::new(4), margin_held: Atoms::new(7), ..order }
}

#[test]
fn an_order_is_armed_up_to_fifteen_seconds_after_it_may_fill() {
    // Also before: nobody cancels what somebody may know already.
    let order = armed(ONE, 10);
    assert_eq!([0, 10, 25, 26].map(|now| order.is_armed(time(now)).unwrap()), [true, true, true, false]);
    assert!(!ONE.is_armed(time(0)).unwrap());
}

#[test]
fn an_order_by_price_that_was_not_filled_in_time_rests_and_waits_on() {
    let order = armed(PRICED, 10);
    assert_eq!(order.as_of(time(25)), Ok(Some(order)));
    // 10 + 30
    let waiting = RestingOrder { active_from: time(40), ..PRICED };
    assert_eq!(order.as_of(time(26)), Ok(Some(waiting)));
    assert_eq!(order.disarmed(), Ok(Some(waiting)));
}

#[test]
fn an_order_by_time_that_was_not_filled_in_time_goes_on_with_its_next_slice() {
    assert_eq!(armed(ONE, 10).as_of(time(26)), Ok(None));
    let slices = RestingOrder { slices: 3, seconds_between: 100, ..ONE };
    // The next one a hundred seconds after the first would have filled; its lamports are not lost.
    let next = RestingOrder { slices: 2, active_from: time(110), ..slices };
    assert_eq!(armed(slices, 10).as_of(time(26)), Ok(Some(next)));
    assert_eq!((slices.tip(), next.tip()), (3_334, 5_001));
}

#[test]
fn tips_use_up_what_an_order_holds() {
    // 10 003 in three: 3334, 6669 / 2 = 3334, 3335.
    let (mut order, mut paid) = (RestingOrder { slices: 3, ..armed(ONE, 0) }, [0; 3]);
    for tip in &mut paid {
        *tip = order.tip();
        order.lamports -= order.tip();
        order.slices -= 1;
    }
    assert_eq!((paid, order.lamports, order.tip()), ([3_334, 3_334, 3_335], 0, 0));
}

#[test]
fn a_reduce_only_order_knows_its_position_by_number_and_side() {
    let order = RestingOrder { reduce_only: 1, position: 8, ..ONE };
    let held = |size, number, market| {
        let mut account = Account::zeroed();
        account.positions[2] =
            Position { size: base(size), number, claim: Atoms::new(1), ..Position::empty_in(market) };
        account
    };
    assert_eq!(order.protected(&held(9, 8, 3)), Some(Size::new(9)));
    // Another position, another market, the other side, a slot that holds nothing but a claim, an empty account.
    for account in [held(9, 9, 3), held(9, 8, 4), held(-9, 8, 3), held(0, 8, 3), Account::zeroed()] {
        assert_eq!(order.protected(&account), None);
        assert_eq!(order.is_dead(&account, time(0)), Ok(true));
        // One that sleeps belongs to no position yet, one that may open to none at all.
        assert_eq!(RestingOrder { parent: 1, ..order }.is_dead(&account, time(0)), Ok(false));
        assert_eq!(ONE.is_dead(&account, time(0)), Ok(false));
    }
    assert_eq!(order.is_dead(&held(1, 8, 3), time(0)), Ok(false));
}

#[test]
fn an_order_dies_after_it_expires_unless_it_is_armed_by_then() {
    let account = Account::zeroed();
    let order = RestingOrder { expires: time(20), ..PRICED };
    let dead = |order: &RestingOrder, seconds| order.is_dead(&account, time(seconds)).unwrap();
    assert_eq!([20, 21].map(|now| dead(&order, now)), [false, true]);
    assert_eq!([21, 25, 26].map(|now| dead(&armed(order, 10), now)), [false, false, true]);
    // Void: the last slice of an order by time was not filled.
    assert_eq!([25, 26].map(|now| dead(&armed(ONE, 10), now)), [false, true]);
}

#[test]
fn an_order_is_taken_out_with_those_that_sleep_for_it() {
    let mut book = OrderBook::default();
    assert!(book.is_empty());
    for (slot, parent, lamports) in [(0, 0, 1), (4, 1, 20), (5, 1, 300), (6, 5, 4_000)] {
        book.set(slot, RestingOrder { parent, lamports, ..ONE });
    }
    assert_eq!((book.lamports(), book.remove(0)), (Ok(4_321), Ok(321)));
    assert!(book.occupied().map(|(slot, _)| slot).eq([6]));
    assert_eq!((book.order(0), book.order(99)), (Err(EngineError::NoOrder), Err(EngineError::NoOrder)));
    assert_eq!((book.order(6).unwrap().lamports, book.remove(6)), (4_000, Ok(4_000)));
    assert!(book.is_empty());
}

#[test]
fn a_byte_that_names_no_trigger_is_none() {
    for kind in [OrderTrigger::AtTime, OrderTrigger::AtOrAbove, OrderTrigger::AtOrBelow] {
        assert_eq!(OrderTrigger::from_byte(kind as u8), Some(kind));
    }
    assert_eq!(OrderTrigger::from_byte(3), None);
}
