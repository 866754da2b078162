use super::*;
use crate::operations::{After, LiquidationAfter};
use perp_engine::state::Market;

/// The stage's account and market after an operation.
fn after(exchange: &Exchange, account: usize, market: u16) -> (Account, Market) {
    (*exchange.account(account).unwrap(), *exchange.market(market).unwrap())
}

fn state(exchange: &Exchange, account: usize) -> Account {
    *exchange.account(account).unwrap()
}

#[test]
fn a_preview_of_a_trade_is_the_trade_that_follows() {
    for (account, market, amount) in [(ALICE, 1, -2), (ALICE, 0, 1), (ALICE, 0, -10), (BOB, 0, 25), (BOB, 1, -3)] {
        let mut exchange = stage();
        let reading = now(&exchange, 250);
        let preview = exchange.preview_trade(&state(&exchange, account), market, &order(amount), Some(&reading));
        let preview = preview.unwrap();
        assert_eq!(exchange.trade(account, market, &order(amount), Some(&reading)), Ok(preview.plan));
        assert_eq!(after(&exchange, account, market), (preview.account, preview.market));
    }
}

#[test]
fn a_preview_of_a_withdrawal_is_the_withdrawal_that_follows() {
    for account in [ALICE, BOB, KEEPER] {
        let mut exchange = stage();
        let preview = exchange.preview_withdrawal(&state(&exchange, account), usdc(5)).unwrap();
        assert_eq!(exchange.withdraw(account, usdc(5)), Ok(preview));
        assert_eq!(state(&exchange, account).balance, preview.balance);
    }
}

#[test]
fn a_preview_of_a_liquidation_is_the_liquidation_that_follows() {
    let mut exchange = stage();
    let (owing, credited) = (state(&exchange, CAROL), state(&exchange, KEEPER));
    let reading = now(&exchange, 239);
    let LiquidationAfter { plan, account, liquidator, market } =
        exchange.preview_liquidation(&owing, &credited, 1, &ALL, Some(&reading)).unwrap();
    assert_eq!(exchange.liquidate(KEEPER, CAROL, 1, &ALL, Some(&reading)), Ok(plan));
    assert_eq!(after(&exchange, CAROL, 1), (account, market));
    assert_eq!(state(&exchange, KEEPER), liquidator);
    assert!(liquidator.balance > credited.balance);
}

#[test]
fn a_preview_of_a_settlement_is_the_settlement_that_follows() {
    let mut exchange = stage();
    let After { plan, account, market } = exchange.preview_settle_funding(&state(&exchange, BOB), 0).unwrap();
    assert_eq!(exchange.settle_funding(BOB, 0), Ok(plan));
    assert_eq!(after(&exchange, BOB, 0), (account, market));

    let reading = now(&exchange, 249);
    let previewed = exchange.preview_settle_pnl(&state(&exchange, ALICE), 0, Some(&reading)).unwrap();
    let After { plan, account, market } = previewed;
    assert_eq!(exchange.settle_pnl(ALICE, 0, Some(&reading), None), Ok(plan));
    assert_eq!(after(&exchange, ALICE, 0), (account, market));

    let After { plan, account, market } = exchange.preview_redeem_claim(&state(&exchange, WINNER), 2).unwrap();
    assert_eq!(exchange.redeem_claim(WINNER, 2), Ok(plan));
    assert_eq!(after(&exchange, WINNER, 2), (account, market));
}

#[test]
fn a_preview_of_a_bankruptcy_is_the_resolution_that_follows() {
    let mut exchange = stage();
    let After { plan, account, market } = exchange.preview_bankruptcy(&state(&exchange, LOSER), 2).unwrap();
    let events = exchange.pool.sequence;
    assert_eq!(exchange.resolve_bankruptcy(LOSER, 2), Ok(plan));
    assert_eq!(after(&exchange, LOSER, 2), (account, market));
    assert_eq!(exchange.pool, perp_engine::state::Pool { sequence: events + 1, ..plan.pool });
}

#[test]
fn a_preview_of_an_allocation_is_the_move_that_follows() {
    let mut exchange = stage();
    let (plan, market) = exchange.preview_allocation(3, None).unwrap();
    assert_eq!(exchange.allocate_backing(3, None), Ok(plan));
    assert_eq!(*exchange.market(3).unwrap(), market);
    assert_eq!((plan.moved.get(), exchange.pool.cash), (-(usdc(100_000).get() as i64), plan.pool.cash));
}

#[test]
fn a_preview_is_refused_as_the_operation_is() {
    let mut exchange = stage();
    let alice = state(&exchange, ALICE);
    let refused = exchange.preview_trade(&alice, 0, &order(1_000), None).unwrap_err();
    assert_eq!(exchange.trade(ALICE, 0, &order(1_000), None), Err(refused));
    let refused = exchange.preview_withdrawal(&alice, usdc(990)).unwrap_err();
    assert_eq!(exchange.withdraw(ALICE, usdc(990)), Err(refused));
    let refused = exchange.preview_bankruptcy(&alice, 0).unwrap_err();
    assert_eq!(exchange.resolve_bankruptcy(ALICE, 0), Err(refused));
}
