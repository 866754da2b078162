use super::*;
use crate::fixtures::{at, base, sol_market, usdc, SOL};
use crate::state::Position;
use crate::units::{Atoms, SignedSize};
use bytemuck::Zeroable;

/// A buy by time that is armed until 18 s at the first place, a stop that sleeps for it at the second.
fn book() -> (OrderBook, Account) {
    let mut book = OrderBook { sequence: 2, ..OrderBook::default() };
    let entry = RestingOrder {
        size: base(SOL as i64),
        acceptable_price: Price::new(u64::MAX),
        active_from: at(0).now,
        fills_from: at(3).now,
        margin_held: usdc(1),
        lamports: 40_000,
        number: 1,
        slices: 1,
        ..RestingOrder::default()
    };
    let stop = RestingOrder {
        size: base(-(SOL as i64)),
        trigger_price: Price::new(1),
        acceptable_price: Price::new(1),
        active_from: at(0).now,
        lamports: 40_000,
        number: 2,
        slices: 1,
        trigger: OrderTrigger::AtOrBelow as u8,
        reduce_only: 1,
        parent: 1,
        ..RestingOrder::default()
    };
    (book.orders[0], book.orders[1]) = (entry, stop);
    (book, Account { armed_until: at(18).now, ..Account::zeroed() })
}

/// The rule that is broken once `change` is made to orders that break none.
fn after(change: impl FnOnce(&mut OrderBook, &mut Account)) -> (usize, &'static str) {
    let (mut book, mut account) = book();
    assert_eq!(check_orders(&book, &account, 80_000, at(1).now), Ok(()));
    change(&mut book, &mut account);
    match check_orders(&book, &account, book.lamports().unwrap(), at(1).now) {
        Err(Violation::Order { slot, rule }) => (slot, rule),
        other => panic!("{other:?}"),
    }
}

#[test]
fn lamports_that_nobody_or_somebody_else_holds_are_found() {
    let (book, account) = book();
    for held in [79_999, 80_001] {
        let found = check_orders(&book, &account, held, at(1).now);
        assert_eq!(found, Err(Violation::OrderLamports { held, summed: 80_000 }));
    }
}

#[test]
fn orders_that_no_operation_leaves_are_found_by_what_they_break() {
    let armed = "the account withdraws nothing while an order is armed";
    assert_eq!(after(|_, account| account.armed_until = at(17).now), (0, armed));
    let sized = "an order that may increase is armed for all of its size";
    assert_eq!(after(|book, _| book.orders[0].armed_size = Size::new(1)), (0, sized));
    assert_eq!(after(|book, _| book.orders[5].position = 1), (5, "a free place is zeroed"));
    for number in [0, 1, 3] {
        assert_eq!(after(|book, _| book.orders[1].number = number), (1, "an order has a number of its own"));
    }
    let terms: [fn(&mut RestingOrder); 9] = [
        |stop| stop.trigger = 3,
        |stop| stop.trigger_price = Price::ZERO,
        |stop| stop.trailing = Ppm::new(1),
        |stop| stop.best = Price::new(1),
        |stop| (stop.slices, stop.lamports) = (2, 20_000),
        |stop| stop.lamports = 9_999,
        |stop| stop.acceptable_price = Price::ZERO,
        |stop| stop.size = SignedSize::ZERO,
        |stop| stop.trigger = OrderTrigger::AtTime as u8,
    ];
    for change in terms {
        assert_eq!(after(|book, _| change(&mut book.orders[1])), (1, "the terms go together"));
    }
    assert_eq!(after(|book, _| book.orders[0].position = 7), (0, "the terms go together"));
    let parents: [fn(&mut OrderBook); 4] = [
        |book| book.orders[1].parent = 2,
        |book| book.orders[1].parent = 9,
        |book| book.orders[1].size = base(1),
        |book| (book.orders[0].group, book.orders[1].group) = (4, 4),
    ];
    for change in parents {
        let rule = "an order sleeps for one that is awake and on the other side, and only reduces";
        assert_eq!(after(|book, _| change(book)), (1, rule));
    }
    assert_eq!(after(|book, _| book.orders[1].fills_from = at(3).now), (1, "an order that sleeps is not armed"));
    let waits = "an order that waits is not armed for anything";
    assert_eq!(after(|book, _| book.orders[1].margin_held = Atoms::new(1)), (1, waits));
    let nothing = "a reduce-only order is armed for a size and costs nothing";
    assert_eq!(after(|book, _| (book.orders[1].parent, book.orders[1].fills_from) = (0, at(3).now)), (1, nothing));
}

#[test]
fn two_positions_of_one_number_and_one_that_was_never_given_out_are_found() {
    let mut market = sol_market();
    market.ledger.positions_opened = 2;
    let holding = |number| {
        let mut account = Account::zeroed();
        account.positions[3] = Position { size: base(1), number, ..Position::empty_in(market.index) };
        account
    };
    assert_eq!(check_position_numbers(&[holding(1), holding(2)], &market), Ok(()));
    for (numbers, number) in [([1, 1], 1), ([0, 2], 0), ([1, 3], 3)] {
        let found = check_position_numbers(&numbers.map(holding), &market);
        assert_eq!(found, Err(Violation::PositionNumber { market: market.index, number }));
    }
}
