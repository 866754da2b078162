use super::*;
use crate::fixtures::{frictionless, listing, sol, that_may_increase};
use perp_engine::fixtures::{at, pool_parameters};
use perp_engine::operations::orders::{NewOrder, OrderOutcome};
use perp_engine::state::OrderBook;
use perp_engine::units::Price;

#[test]
fn an_order_is_met_armed_and_filled_and_every_lamport_is_somewhere() {
    // Two of Alice's 10 SOL are sold once $252 is at or below $260: armed at t it fills from t + 11 s on, whatever happened between.
    let mut exchange = stage();
    assert_eq!(exchange.order_lamports, 120_000);
    exchange.execute_order(SELLER, ARMED, 0, &filling(&exchange, 252)).unwrap();
    assert_eq!(exchange.order_lamports, 80_000);
    let armed = exchange.arm_order(ALICE, MET, 0, Some(&now(&exchange, 252))).unwrap();
    assert_eq!(armed.order.fills_from, exchange.clock.now.after(11).unwrap());
    exchange.wait(11, 22).unwrap();
    let filled = exchange.execute_order(ALICE, MET, 0, &filling(&exchange, 249)).unwrap();
    assert!(matches!(filled.plan.outcome, OrderOutcome::Filled(trade) if trade.size == sol(-2)));
    assert_eq!((filled.lamports.tip, filled.lamports.returned), (40_000, 0));
    // 10 − 2 and 10 − 3; what has expired goes home.
    let sizes = [ALICE, SELLER].map(|account| exchange.account(account).unwrap().positions[0].size);
    assert_eq!(sizes, [sol(8), sol(7)]);
    assert_eq!(exchange.sweep_order(ALICE, EXPIRED, None), Ok(40_000));
    assert_eq!(exchange.order_lamports, 0);
    exchange.close_orders(ALICE).unwrap();
    assert_eq!(exchange.check(), Ok(()));
}

#[test]
fn cancelling_and_placing_move_the_difference_of_their_lamports() {
    let mut exchange = stage();
    let order = NewOrder { lamports: 55_000, ..selling_below(200, 1) };
    let plan = exchange.place_orders(ALICE, 0, &[MET as u8], &[order, order], None).unwrap();
    assert_eq!((plan.paid, plan.returned), (110_000, 40_000));
    // 120 000 − 40 000 + 2 · 55 000.
    assert_eq!(exchange.order_lamports, 190_000);
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
    let (account, book) = (*stage.account(SELLER).unwrap(), *stage.orders_of(SELLER).unwrap());
    let reading = filling(&stage, 252);
    let mut after = stage.clone();
    let plan = after.execute_order(SELLER, ARMED, 0, &reading).unwrap();
    let preview = stage.preview_execution(&account, &book, ARMED, 0, &reading).unwrap();
    assert_eq!((preview.plan, preview.account, preview.market), (plan, after.accounts()[SELLER], after.markets()[0]));
    assert_eq!(Ok(&preview.orders), after.orders_of(SELLER));

    let (account, book) = (*stage.account(ALICE).unwrap(), *stage.orders_of(ALICE).unwrap());
    let mut after = stage.clone();
    let plan = after.arm_order(ALICE, MET, 0, Some(&reading)).unwrap();
    let preview = stage.preview_arming(&account, &book, MET, 0, Some(&reading)).unwrap();
    assert_eq!((preview.plan, preview.account, preview.market), (plan, after.accounts()[ALICE], after.markets()[0]));
    assert_eq!(Ok(&preview.orders), after.orders_of(ALICE));

    let mut after = stage.clone();
    let new = [that_may_increase(selling(1))];
    let plan = after.place_orders(ALICE, 0, &[], &new, None).unwrap();
    let preview = stage.preview_placement(&account, &book, 0, &[], &new, None).unwrap();
    assert_eq!((preview.plan, preview.account, preview.market), (plan, after.accounts()[ALICE], after.markets()[0]));
    assert_eq!(Ok(&preview.orders), after.orders_of(ALICE));
}

#[test]
fn orders_from_a_chain_bring_their_lamports() {
    let mut exchange = stage();
    let book = *exchange.orders_of(ALICE).unwrap();
    exchange.put_orders(BOB, book).unwrap();
    assert_eq!(exchange.order_lamports, 200_000);
    exchange.put_orders(BOB, OrderBook::default()).unwrap();
    assert_eq!(exchange.order_lamports, 120_000);
    assert_eq!(exchange.put_orders(99, book), Err(Refusal::NoAccount { account: 99 }));
}

#[test]
fn an_armed_order_is_filled_unless_its_account_could_be_liquidated_then() {
    // $3 000 and 100 SOL of market 1, bought at $250 and at $300 since: $5 000 that market 1 cannot pay, which cover what the position
    // itself requires and nothing else. 100 SOL of market 0 are to be bought: 5 % of $30 000 and of $25 000 are $2 750.
    let mut exchange = Exchange::new(pool_parameters(), 6, at(0)).unwrap();
    for _ in 0..2 {
        exchange.list(&listing(frictionless(), 0)).unwrap();
    }
    let account = exchange.open_account(None).unwrap();
    exchange.deposit(account, usdc(3_000)).unwrap();
    let back = |exchange: &mut Exchange, market: u16, dollars| {
        let mut state = *exchange.market(market).unwrap();
        state.ledger.backing = usdc(dollars);
        exchange.put_market(state);
    };
    back(&mut exchange, 0, 1_000_000);
    back(&mut exchange, 1, 1_000_000);
    let bought = now(&exchange, 250);
    exchange.trade(account, 1, &order(100), Some(&bought)).unwrap();
    back(&mut exchange, 1, 0);
    exchange.wait(1, 2).unwrap();
    let risen = now(&exchange, 300);
    exchange.update_price(1, &risen).unwrap();
    exchange.open_orders(account).unwrap();
    let buy = NewOrder { size: sol(100), acceptable_price: Price::new(u64::MAX), ..that_may_increase(selling(1)) };
    let met = now(&exchange, 250);
    exchange.place_orders(account, 0, &[], &[buy], Some(&met)).unwrap();
    exchange.wait(11, 22).unwrap();
    let said = now(&exchange, 250).with_previous(exchange.clock.now.get() - 1);
    exchange.wait(1, 2).unwrap();
    let execute = |newest| {
        let mut exchange = exchange.clone();
        let (newest, other) = (now(&exchange, newest), now(&exchange, 300));
        exchange.update_price(0, &newest).unwrap();
        exchange.update_price(1, &other).unwrap();
        exchange.execute_order(account, 0, 0, &said).unwrap().plan.outcome
    };
    // A loss of $2 000 leaves $1 000, more than 3 % of $23 000; the $900 of the other position are covered.
    assert!(matches!(execute(230), OrderOutcome::Filled(plan) if plan.after.margin == usdc(690)));
    // One of $2 800, rounded up, leaves $200.
    assert_eq!(execute(222), OrderOutcome::Forfeited { paid: Atoms::new(2_800_000_001) });
}
