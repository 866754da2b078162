use super::*;
use crate::fixtures::sol;
use perp_engine::operations::orders::{NewOrder, OrderOutcome};
use perp_engine::state::OrderBook;

#[test]
fn an_order_is_met_armed_and_filled_and_every_lamport_is_somewhere() {
    // Alice's 10 SOL are sold once $252 is at or below $260: armed at t it fills from t + 11 s on, whatever happened between.
    let mut exchange = stage();
    assert_eq!(exchange.order_lamports, 30_000);
    exchange.execute_order(ALICE, ARMED, 0, &filling(&exchange, 252)).unwrap();
    assert_eq!(exchange.order_lamports, 20_000);
    let armed = exchange.arm_order(ALICE, MET, 0, Some(&now(&exchange, 252))).unwrap();
    assert_eq!(armed.order.fills_from, exchange.clock.now.after(11).unwrap());
    exchange.wait(11, 22).unwrap();
    let filled = exchange.execute_order(ALICE, MET, 0, &filling(&exchange, 249)).unwrap();
    assert!(matches!(filled.plan.outcome, OrderOutcome::Filled(trade) if trade.size == sol(-2)));
    assert_eq!((filled.lamports.tip, filled.lamports.returned), (10_000, 0));
    // 10 − 3 − 2; what has expired goes home.
    assert_eq!(exchange.account(ALICE).unwrap().positions[0].size, sol(5));
    assert_eq!(exchange.sweep_order(ALICE, EXPIRED, None), Ok(10_000));
    assert_eq!(exchange.order_lamports, 0);
    exchange.close_orders(ALICE).unwrap();
    assert_eq!(exchange.check(), Ok(()));
}

#[test]
fn cancelling_and_placing_move_the_difference_of_their_lamports() {
    let mut exchange = stage();
    let order = NewOrder { lamports: 25_000, ..selling_below(200, 1) };
    let plan = exchange.place_orders(ALICE, 0, &[MET as u8], &[order, order], None).unwrap();
    assert_eq!((plan.paid, plan.returned), (50_000, 10_000));
    assert_eq!(exchange.order_lamports, 70_000);
    assert_eq!(exchange.check(), Ok(()));
    exchange.order_lamports -= 1;
    assert!(matches!(exchange.check(), Err(perp_engine::invariants::Violation::OrderLamports { .. })));
}

#[test]
fn a_margin_account_is_closed_after_the_account_of_its_orders() {
    let mut exchange = stage();
    exchange.open_orders(EMPTY).unwrap();
    assert_eq!(exchange.close_account(EMPTY), Err(perp_engine::EngineError::AccountNotEmpty.into()));
    exchange.close_orders(EMPTY).unwrap();
    exchange.close_account(EMPTY).unwrap();
    assert_eq!(exchange.open_orders(EMPTY), Err(Refusal::NoAccount { account: EMPTY }));
}

#[test]
fn a_preview_of_orders_is_what_becomes_of_them() {
    let stage = stage();
    let (account, book) = (*stage.account(ALICE).unwrap(), *stage.orders_of(ALICE).unwrap());
    let reading = filling(&stage, 252);
    let mut after = stage.clone();
    let plan = after.execute_order(ALICE, ARMED, 0, &reading).unwrap();
    let preview = stage.preview_execution(&account, &book, ARMED, 0, &reading).unwrap();
    assert_eq!((preview.plan, preview.account, preview.market), (plan, after.accounts()[ALICE], after.markets()[0]));
    assert_eq!(Ok(&preview.orders), after.orders_of(ALICE));

    let mut after = stage.clone();
    let plan = after.arm_order(ALICE, MET, 0, Some(&reading)).unwrap();
    let preview = stage.preview_arming(&account, &book, MET, 0, Some(&reading)).unwrap();
    assert_eq!((preview.plan, preview.account, preview.market), (plan, after.accounts()[ALICE], after.markets()[0]));
    assert_eq!(Ok(&preview.orders), after.orders_of(ALICE));

    let mut after = stage.clone();
    let plan = after.place_orders(ALICE, 0, &[], &[selling(1)], None).unwrap();
    let preview = stage.preview_placement(&account, &book, 0, &[], &[selling(1)], None).unwrap();
    assert_eq!((preview.plan, preview.account, preview.market), (plan, after.accounts()[ALICE], after.markets()[0]));
    assert_eq!(Ok(&preview.orders), after.orders_of(ALICE));
}

#[test]
fn orders_from_a_chain_bring_their_lamports() {
    let mut exchange = stage();
    let book = *exchange.orders_of(ALICE).unwrap();
    exchange.put_orders(BOB, book).unwrap();
    assert_eq!(exchange.order_lamports, 60_000);
    exchange.put_orders(BOB, OrderBook::default()).unwrap();
    assert_eq!(exchange.order_lamports, 30_000);
    assert_eq!(exchange.put_orders(99, book), Err(Refusal::NoAccount { account: 99 }));
}
