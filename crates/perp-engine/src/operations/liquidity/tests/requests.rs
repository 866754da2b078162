//! Liquidity that somebody asks to put in or take out.

use super::exchange::Exchange;
use super::*;
use crate::fixtures::USDC;
use crate::state::ExchangeState;
use crate::units::MAX_ATOMS;

const HOUR: i64 = 3_600;
const ANY: PriceLimit = PriceLimit::None;

fn ask(kind: RequestKind, exchange: &ExchangeState, seconds: i64) -> RequestPlan {
    let (pool, amount, limit) = (pool(5_000), atoms(10 * USDC), PriceLimit::TwoPercent);
    match kind {
        RequestKind::Deposit => plan_request_deposit(&pool, exchange, amount, limit, 30_000, at(seconds)),
        RequestKind::Withdrawal => plan_request_withdrawal(&pool, exchange, amount, amount, limit, 30_000, at(seconds)),
    }
    .unwrap()
}

#[test]
fn a_request_belongs_to_the_first_boundary_a_notice_after_it() {
    // A deposit's notice is ten minutes, a withdrawal's a day.
    for (kind, notice) in [(RequestKind::Deposit, 600), (RequestKind::Withdrawal, 86_400)] {
        for (belongs_from, boundary) in [(1, BOUNDARY), (BOUNDARY, BOUNDARY), (BOUNDARY + 1, BOUNDARY + HOUR)] {
            let plan = ask(kind, &ExchangeState::default(), belongs_from - notice);
            let amount = atoms(10 * USDC);
            let expected = Request { amount, belongs_from: at(belongs_from).now, limit: 2, ..Request::default() };
            assert_eq!(plan.request, expected);
            let waiting = Waiting::one(&expected, kind, at(boundary).now, 30_000);
            assert_eq!((plan.waiting, plan.awaited), (waiting, at(boundary).now));
            // A deposit's tokens are in escrow; a withdrawal's shares are no money of the pool's.
            let escrow = if kind == RequestKind::Deposit { amount } else { Atoms::ZERO };
            assert_eq!(plan.pool, Pool { escrow, ..pool(5_000) });
        }
    }
}

#[test]
fn the_exchange_waits_for_the_earliest_boundary_and_for_one_that_has_come_until_it_is_closed() {
    let awaited = |kind, boundary: i64, seconds| {
        let exchange = ExchangeState { boundary: at(boundary).now, ..ExchangeState::default() };
        ask(kind, &exchange, seconds).awaited
    };
    // A withdrawal of a day later waits longer than a deposit of ten minutes later, and the other way round.
    assert_eq!(awaited(RequestKind::Deposit, BOUNDARY + 24 * HOUR, 0), at(BOUNDARY).now);
    assert_eq!(awaited(RequestKind::Withdrawal, BOUNDARY, 0), at(BOUNDARY).now);
    // One that came hours ago and nobody has closed yet.
    assert_eq!(awaited(RequestKind::Deposit, BOUNDARY - 5 * HOUR, 0), at(BOUNDARY - 5 * HOUR).now);
}

#[test]
fn requests_have_a_least_size_but_all_that_is_owned_may_leave() {
    let (pool, exchange) = (pool(5_000), ExchangeState::default());
    let (minimum, small) = (atoms(10 * USDC), atoms(10 * USDC - 1));
    let deposit = |amount| plan_request_deposit(&pool, &exchange, amount, ANY, 0, at(0));
    let withdraw = |shares, owned| plan_request_withdrawal(&pool, &exchange, shares, owned, ANY, 0, at(0));
    let refused = Err(EngineError::RequestTooSmall { minimum });
    assert_eq!(deposit(small), refused);
    assert!(deposit(minimum).is_ok());
    assert_eq!(withdraw(small, minimum), refused);
    assert!(withdraw(minimum, minimum).is_ok());
    assert_eq!(withdraw(small, small).unwrap().request.amount, small);
    assert_eq!(withdraw(minimum, small), Err(EngineError::InsufficientBalance { balance: small }));
    assert_eq!(withdraw(Atoms::ZERO, minimum), Err(EngineError::AmountZero));
    assert_eq!(withdraw(Atoms::ZERO, Atoms::ZERO), Err(EngineError::AmountZero));
}

#[test]
fn numbers_out_of_range_are_refused_when_asked() {
    let exchange = ExchangeState::default();
    let full = Pool { escrow: atoms(MAX_ATOMS - 10 * USDC), ..pool(5_000) };
    let deposit = |amount, clock| plan_request_deposit(&full, &exchange, atoms(amount), ANY, 0, clock);
    assert!(deposit(10 * USDC, at(0)).is_ok());
    assert_eq!(deposit(10 * USDC + 1, at(0)), Err(EngineError::Overflow));
    let end_of_time = crate::units::Clock { now: Timestamp::new(i64::MAX - 599), slot: 0 };
    assert_eq!(deposit(10 * USDC, end_of_time), Err(EngineError::Overflow));
}

#[test]
fn each_request_pays_for_the_valuation_of_every_market() {
    // 20 000 for the close and 10 000 a market.
    assert_eq!((valuation_lamports(0, 0), valuation_lamports(3, 7)), (Ok(20_000), Ok(50_007)));
    assert_eq!(valuation_lamports(u16::MAX, 0), Ok(655_370_000));
}

#[test]
fn what_is_stored_waits_in_the_queue() {
    let mut exchange = Exchange::new(free_pool(5_000, 5_000), &[]);
    exchange.deposit(601, ANY, 0);
    exchange.deposit(99, PriceLimit::FivePercent, 1);
    exchange.withdraw(40, ANY, 2);
    assert_eq!((exchange.pool.escrow, exchange.pool.cash), (atoms(700), atoms(5_000)));
    // A day and two seconds later the boundary is the one 24 hours after the first.
    assert_eq!((exchange.state.boundary, exchange.queue.earliest()), (at(BOUNDARY).now, Some(at(BOUNDARY).now)));
    let deposits = sums(&[(ANY, 601), (PriceLimit::FivePercent, 99)]);
    let first = exchange.queue.take(at(BOUNDARY).now).unwrap();
    assert_eq!(first, Waiting { boundary: at(BOUNDARY).now, lamports: 40_000, deposits, ..Waiting::default() });
    assert_eq!(exchange.queue.earliest(), Some(at(BOUNDARY + 24 * HOUR).now));
    let second = exchange.queue.take(at(BOUNDARY + 24 * HOUR).now).unwrap();
    assert_eq!((second.withdrawals, second.lamports), (sums(&[(ANY, 40)]), 20_000));
}

#[test]
fn a_request_made_after_the_boundary_is_not_of_it_even_if_nobody_touched_the_pool_before() {
    let mut exchange = Exchange::new(free_pool(5_000, 5_000), &[]);
    let mine = exchange.deposit(1_000, ANY, 0);
    let late = exchange.deposit(500, ANY, BOUNDARY + 7);
    // The first to come keeps the pool's books.
    assert_eq!(exchange.pool.epoch.waiting.deposits, sums(&[(ANY, 1_000)]));
    assert_eq!((exchange.pool.epoch.lower, exchange.state.boundary), (atoms(5_000), at(BOUNDARY).now));
    let mut closed = exchange.close(BOUNDARY + 10).closed;
    assert_eq!((closed.requests, closed.deposited), (1, atoms(1_000)));
    assert!(!closed.is_of(&late));
    assert_eq!(exchange.pay(&mut closed, &mine, RequestKind::Deposit).shares, atoms(1_000));
    assert_eq!(exchange.state.boundary, at(BOUNDARY + HOUR).now);
}

#[test]
fn attack_a_request_whose_place_in_the_queue_is_that_of_one_that_nobody_served_for_a_day_and_a_half() {
    // A cluster stands still for 32 hours, and the first instruction is a deposit that finds the other's place. Were that one moved to
    // the next boundary, the close of its own would not know it, and its tokens would stay in escrow for ever.
    let mut exchange = Exchange::new(free_pool(5_000, 5_000), &[]);
    let first = exchange.deposit(601, ANY, 0);
    let later = BOUNDARY + 32 * HOUR;
    let second = exchange.deposit(99, ANY, later - 600);
    assert_eq!(exchange.state.boundary, at(BOUNDARY).now);
    let mut closed = exchange.close(later - 500).closed;
    assert_eq!((closed.boundary, closed.requests, closed.issued), (at(BOUNDARY).now, 1, atoms(601)));
    assert_eq!(exchange.pay(&mut closed, &first, RequestKind::Deposit).shares, atoms(601));
    assert_eq!(exchange.state.boundary, at(later).now);
    let mut closed = exchange.close(later).closed;
    assert_eq!((closed.requests, closed.issued), (1, atoms(99)));
    assert_eq!(exchange.pay(&mut closed, &second, RequestKind::Deposit).shares, atoms(99));
    assert_eq!((exchange.escrow, exchange.pool.escrow), (0, Atoms::ZERO));
}
