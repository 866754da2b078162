//! What a boundary makes of its requests.

use super::exchange::Exchange;
use super::*;
use crate::fixtures::{pool_parameters, USDC};
use crate::state::{ClosedEpoch, ExchangeState, LastEpoch, LimitSet};
use crate::units::MAX_ATOMS;
use bytemuck::Zeroable;

const HOUR: i64 = 3_600;
const ANY: PriceLimit = PriceLimit::None;
const ONE_PERCENT: PriceLimit = PriceLimit::OnePercent;

/// Cash in the pool and set apart by it.
fn cash(pool: &Pool) -> u64 {
    [pool.cash, pool.escrow, pool.payable, pool.settling].map(Atoms::get).iter().sum()
}

/// Cash, escrow and payable tokens, and shares.
fn books(pool: &Pool) -> [u64; 4] {
    [pool.cash, pool.escrow, pool.payable, pool.shares].map(Atoms::get)
}

#[test]
fn shares_are_sold_at_the_upper_value_and_bought_at_the_lower() {
    // 5000 in cash and a market worth from 990 to 1010; 6000 shares.
    let pool = valued(free_pool(5_000, 6_000), 990, 1_010, requests(&[(ANY, 601)], &[(ANY, 600)]));
    let plan = close(&pool);
    let closed = &plan.closed;
    assert_eq!((closed.lower, closed.upper, closed.shares), (atoms(5_990), atoms(6_010), atoms(6_000)));
    // 601 · 6000 / 6010 = 600, and 600 · 5990 / 6000 = 599.
    assert_eq!((closed.deposited, closed.issued), (atoms(601), atoms(600)));
    assert_eq!((closed.leaving, closed.redeemed, closed.paid), (atoms(600), atoms(600), atoms(599)));
    assert_eq!(closed.payable, atoms(599));
    // 5000 + 601 − 599.
    assert_eq!(books(&plan.pool), [5_002, 0, 599, 6_000]);
    assert_eq!((plan.pool.epoch, plan.rest), (Epoch::default(), None));
    // Two atoms are left to whoever stays: 6000 shares are worth from 5992 to 6012 now.
    let (boundary, lower, upper) = (at(BOUNDARY).now, atoms(5_990), atoms(6_010));
    assert_eq!(plan.pool.last, LastEpoch { boundary, lower, upper, shares: atoms(6_000) });
}

#[test]
fn shares_that_enter_and_leave_are_netted_in_the_escrow() {
    let netted = |entering, leaving| {
        let plan = close(&valued(free_pool(1_000, 1_000), 0, 0, requests(&[(ANY, entering)], &[(ANY, leaving)])));
        (plan.shares_minted().unwrap().get(), plan.shares_burned().unwrap().get(), plan.pool.shares.get())
    };
    assert_eq!(netted(600, 100), (500, 0, 1_500));
    assert_eq!(netted(100, 600), (0, 500, 500));
    assert_eq!(netted(300, 300), (0, 0, 1_000));
}

#[test]
fn both_pay_for_settling_traders_and_every_atom_is_somewhere() {
    // 200 ppm of 1 000 001 are 201, rounded up, and as many of what leaves.
    let mut pool = free_pool(10_000_000, 10_000_000);
    (pool.parameters.queue_fee, pool.settling, pool.payable) = (Ppm::new(200), atoms(7), atoms(11));
    let pool = valued(pool, 0, 0, requests(&[(ANY, 1_000_001)], &[(ANY, 1_000_001)]));
    let plan = close(&pool);
    let closed = &plan.closed;
    assert_eq!((closed.deposited, closed.issued), (atoms(1_000_001), atoms(999_800)));
    assert_eq!((closed.redeemed, closed.paid), (atoms(1_000_001), atoms(999_800)));
    // 10 000 000 + 999 800 − 1 000 001.
    assert_eq!(books(&plan.pool), [9_999_799, 0, 999_811, 9_999_799]);
    assert_eq!(plan.pool.settling, atoms(7 + 201 + 201));
    assert_eq!(cash(&plan.pool), cash(&pool));
}

#[test]
fn the_first_deposits_set_the_share_at_an_atom_and_share_what_nobody_gets() {
    // $30 and $20 less 200 ppm are 49 990 000 shares, of which 10 000 belong to nobody.
    let mut pool =
        valued(Pool::opened(pool_parameters()), 0, 0, requests(&[(ANY, 30 * USDC), (ONE_PERCENT, 20 * USDC)], &[]));
    let plan = close(&pool);
    assert_eq!((plan.closed.deposited, plan.closed.issued), (atoms(50 * USDC), atoms(49_980_000)));
    assert_eq!((plan.shares_minted(), plan.pool.shares), (Ok(atoms(49_980_000)), atoms(49_990_000)));
    assert_eq!((plan.pool.cash, plan.pool.escrow, plan.pool.settling), (atoms(49_990_000), atoms(0), atoms(10_000)));
    // Later limits go by one atom a share.
    let (boundary, worth) = (at(BOUNDARY).now, atoms(49_990_000));
    assert_eq!(plan.pool.last, LastEpoch { boundary, lower: worth, upper: worth, shares: worth });
    // 3/5 and 2/5 of 49 980 000.
    let (mut closed, mut shares) = (plan.closed, [0, 0]);
    pool = plan.pool;
    for (got, (limit, amount)) in shares.iter_mut().zip([(ANY, 30 * USDC), (ONE_PERCENT, 20 * USDC)]) {
        let paid = plan_pay_request(&pool, &closed, &request(limit, amount), RequestKind::Deposit).unwrap();
        (*got, pool, closed) = (paid.shares.get(), paid.pool, paid.closed);
    }
    assert_eq!(shares, [29_988_000, 19_992_000]);
}

#[test]
fn a_first_deposit_that_is_less_than_the_dead_shares_gets_none() {
    let plan = close(&valued(free_pool(0, 0), 0, 0, requests(&[(ANY, 9_999)], &[])));
    assert_eq!((plan.closed.issued, plan.pool.shares, plan.pool.cash), (Atoms::ZERO, atoms(9_999), atoms(9_999)));
}

#[test]
fn of_a_pool_worth_nothing_everybody_gets_back_what_he_handed_in() {
    let waiting = requests(&[(ANY, 500), (ONE_PERCENT, 70)], &[(ANY, 40)]);
    let pool = valued(free_pool(0, 5_000), 0, 0, waiting);
    let plan = close(&pool);
    let none = (plan.closed.deposits_accepted, plan.closed.withdrawals_accepted);
    assert_eq!(none, (LimitSet::default(), LimitSet::default()));
    assert_eq!((plan.shares_minted(), plan.shares_burned(), plan.rest), (Ok(atoms(0)), Ok(atoms(0)), None));
    assert_eq!(books(&plan.pool), books(&pool));
    assert_eq!(plan.closed.requests, 3);
    // Worth something at most, it sells at that: 500 · 5000 / 10.
    let plan = close(&valued(free_pool(0, 5_000), 0, 10, requests(&[(ANY, 500)], &[(ANY, 40)])));
    assert_eq!((plan.closed.issued, plan.closed.leaving), (atoms(250_000), Atoms::ZERO));
}

#[test]
fn a_pool_that_has_lost_next_to_everything_returns_what_would_be_more_shares_than_can_be() {
    // 2^40 shares are worth two atoms: 2^23 more atoms would be 2^62 shares, and one less than that has no room beside those there are.
    // Had that failed the close, the withdrawal would have waited for ever.
    let pool = |deposit| valued(free_pool(2, 1 << 40), 0, 0, requests(&[(ANY, deposit)], &[(ANY, 1 << 39)]));
    let plan = close(&pool(1 << 23));
    assert_eq!((plan.closed.deposits_accepted, plan.closed.issued), (LimitSet::default(), Atoms::ZERO));
    assert_eq!((plan.closed.redeemed, plan.closed.paid), (atoms(1 << 39), atoms(1)));
    assert_eq!(books(&plan.pool), [1, 1 << 23, 1, 1 << 39]);
    // Half as many have room.
    let plan = close(&pool(1 << 22));
    assert_eq!(plan.closed.issued, atoms(1 << 61));
    // Nor is there room for more cash than any number of atoms can be.
    let plan = close(&valued(free_pool(MAX_ATOMS, 1_000), 0, 0, requests(&[(ANY, 1)], &[(ANY, 1)])));
    assert_eq!((plan.closed.deposited, plan.closed.redeemed), (Atoms::ZERO, atoms(1)));
}

#[test]
fn a_refused_request_of_any_size_changes_nothing_for_the_others() {
    // The pool gained a tenth since the epoch before: at one percent nobody buys. Nor sells, where it lost a tenth.
    let closed = |before: u64, waiting: Waiting| {
        let (lower, upper) = (atoms(before), atoms(before));
        let last = LastEpoch { boundary: at(BOUNDARY - HOUR).now, lower, upper, shares: atoms(6_000) };
        let pool = valued(Pool { last, ..free_pool(200, 6_000) }, 5_790, 5_810, waiting);
        let plan = close(&pool);
        assert_eq!(cash(&plan.pool), cash(&pool));
        let ClosedEpoch { deposited, issued, leaving, redeemed, paid, .. } = plan.closed;
        (deposited, issued, leaving, redeemed, paid, plan.pool.cash, plan.pool.shares, plan.pool.last)
    };
    let alone = requests(&[(ANY, 300)], &[(ANY, 900)]);
    for huge in [1, 5_000_000, MAX_ATOMS / 4] {
        let with_deposit = requests(&[(ANY, 300), (ONE_PERCENT, huge)], &[(ANY, 900)]);
        assert_eq!(closed(5_400, alone), closed(5_400, with_deposit));
        let with_withdrawal = requests(&[(ANY, 300)], &[(ANY, 900), (ONE_PERCENT, huge)]);
        assert_eq!(closed(6_600, alone), closed(6_600, with_withdrawal));
    }
}

#[test]
fn lamports_are_divided_among_all_requests_and_the_caller_gets_what_cannot_be() {
    let lamports = |waiting: Waiting| {
        let plan = close(&valued(free_pool(1_000, 1_000), 0, 0, waiting));
        (plan.closed.lamports_each, plan.lamports_kept, plan.lamports)
    };
    // Of 41 002, 20 000 for the close; 21 002 are 7000 for each of three and two more for the caller.
    let three = requests(&[(ANY, 600), (ANY, 100)], &[(ANY, 10)]);
    assert_eq!(lamports(Waiting { lamports: 41_002, ..three }), (7_000, 21_000, 20_002));
    // What valuations have left is less than the close: the caller gets that.
    assert_eq!(lamports(Waiting { lamports: 15_000, ..three }), (0, 0, 15_000));
    assert_eq!(lamports(Waiting { lamports: 20_000, ..three }), (0, 0, 20_000));
    assert_eq!(lamports(Waiting { lamports: 0, ..three }), (0, 0, 0));
    // The rent of the epoch's account, which the caller has paid, comes before what is divided: of 41 002 lamports 18 002 are left.
    let plan = plan_close_epoch(
        &valued(free_pool(1_000, 1_000), 0, 0, Waiting { lamports: 41_002, ..three }),
        3_000,
        &awaiting(BOUNDARY),
    );
    let plan = plan.unwrap();
    assert_eq!((plan.closed.lamports_each, plan.lamports_kept, plan.lamports), (6_000, 18_000, 23_002));
    // A limit that refused a request returns its lamports as well.
    let refused = requests(&[(ONE_PERCENT, 600)], &[]);
    let mut pool = valued(free_pool(1_000, 1_000), 0, 0, Waiting { lamports: 24_000, ..refused });
    let worth = atoms(500);
    pool.last = LastEpoch { lower: worth, upper: worth, shares: atoms(1_000), ..LastEpoch::default() };
    let plan = close(&pool);
    assert_eq!((plan.closed.deposited, plan.lamports_kept, plan.lamports), (Atoms::ZERO, 4_000, 20_000));
}

#[test]
fn the_price_is_that_of_the_boundary_whatever_came_into_the_cash_since() {
    // 900 of 1000 went into a market afterwards: no price changes, but there is less to pay with at once.
    let pool = valued(free_pool(1_000, 2_000), 1_000, 1_000, requests(&[(ANY, 50)], &[(ANY, 40)]));
    let (before, after) = (close(&pool), close(&Pool { cash: atoms(100), ..pool }));
    assert_eq!(before.closed, after.closed);
    assert_eq!((before.pool.cash, after.pool.cash), (atoms(1_010), atoms(110)));
}

#[test]
fn a_boundary_is_closed_once_it_has_come_and_every_market_is_valued() {
    let mut pool = valued(free_pool(1_000, 1_000), 0, 0, requests(&[(ANY, 600)], &[]));
    let refused = |pool: &Pool, session| plan_close_epoch(pool, 0, &session).unwrap_err();
    assert_eq!(refused(&pool, session(Status::Active, at(BOUNDARY))), EngineError::NoBoundary);
    let ahead = EngineError::BoundaryAhead { boundary: at(BOUNDARY).now.get() };
    assert_eq!(refused(&pool, awaiting(BOUNDARY - 1)), ahead);
    // In any status.
    assert!(plan_close_epoch(&pool, 0, &Session { status: Status::Paused, ..awaiting(BOUNDARY) }).is_ok());
    // Not before the pool's books are kept, which hold the requests.
    assert_eq!(refused(&Pool { epoch: Epoch::default(), ..pool }, awaiting(BOUNDARY)), ahead);
    (pool.epoch.markets, pool.epoch.valued) = (3, 2);
    assert_eq!(refused(&pool, awaiting(BOUNDARY)), EngineError::MarketsNotValued { markets: 3, valued: 2 });
}

/// The boundary that is waited for after a close, where requests wait for these boundaries.
fn next(waiting: &[i64], closed_at: i64) -> Timestamp {
    let mut queue = Queue::default();
    for (place, seconds) in waiting.iter().enumerate() {
        queue.waiting[place] = Waiting { boundary: at(*seconds).now, ..Waiting::default() };
    }
    let mut pool = valued(free_pool(1_000, 1_000), 0, 0, requests(&[(ANY, 600)], &[]));
    let mut exchange = ExchangeState { boundary: at(BOUNDARY).now, ..ExchangeState::default() };
    let plan = plan_close_epoch(&pool, 0, &exchange.session(at(closed_at))).unwrap();
    plan.apply(&mut pool, &mut queue, &mut exchange).unwrap();
    assert_eq!(pool, plan.pool);
    exchange.boundary
}

#[test]
fn a_close_names_the_next_boundary_that_somebody_waits_for() {
    assert_eq!(next(&[], BOUNDARY + 30), Timestamp::NEVER);
    assert_eq!(next(&[BOUNDARY + 5 * HOUR, BOUNDARY + HOUR], BOUNDARY + 30), at(BOUNDARY + HOUR).now);
    assert_eq!(next(&[BOUNDARY + 5 * HOUR], BOUNDARY + 30), at(BOUNDARY + 5 * HOUR).now);
}

#[test]
fn boundaries_that_passed_before_the_close_are_left_out() {
    // Closed two hours and a half late: those who waited for the two between are served at the third.
    let missed = [BOUNDARY + HOUR, BOUNDARY + 2 * HOUR, BOUNDARY + 7 * HOUR];
    assert_eq!(next(&missed, BOUNDARY + 9_000), at(BOUNDARY + 3 * HOUR).now);
    // A minute is needed between a close and the next boundary, or somebody may have begun to keep books by another.
    assert_eq!(next(&[BOUNDARY + HOUR], BOUNDARY + HOUR - 60), at(BOUNDARY + HOUR).now);
    assert_eq!(next(&[BOUNDARY + HOUR], BOUNDARY + HOUR - 59), at(BOUNDARY + 2 * HOUR).now);
}

#[test]
fn requests_of_boundaries_left_out_are_served_together_at_the_next() {
    let mut exchange = Exchange::new(free_pool(5_000, 5_000), &[]);
    let first = exchange.deposit(100, ANY, 0);
    let second = exchange.deposit(200, ANY, BOUNDARY);
    let third = exchange.deposit(400, ANY, BOUNDARY + HOUR + 600);
    // The first boundary is closed when the second has passed and the third has not.
    let mut closed = exchange.close(BOUNDARY + HOUR + 700).closed;
    assert_eq!((closed.previous, closed.requests), (Timestamp::NEVER, 1));
    exchange.pay(&mut closed, &first, RequestKind::Deposit);
    assert_eq!(exchange.state.boundary, at(BOUNDARY + 2 * HOUR).now);
    let mut closed = exchange.close(BOUNDARY + 2 * HOUR).closed;
    assert_eq!((closed.previous, closed.deposited, closed.requests), (at(BOUNDARY).now, atoms(600), 2));
    for (request, shares) in [(&second, 200), (&third, 400)] {
        assert_eq!(exchange.pay(&mut closed, request, RequestKind::Deposit).shares, atoms(shares));
    }
    assert_eq!((exchange.state.boundary, exchange.escrow), (Timestamp::NEVER, 0));
    assert_eq!(exchange.pool, Pool { last: exchange.pool.last, ..free_pool(5_700, 5_700) });
}

#[test]
fn an_exchange_without_requests_has_an_empty_pool_and_nothing_to_close() {
    let pool = Pool { parameters: pool_parameters(), ..Pool::zeroed() };
    let exchange = ExchangeState::default();
    assert_eq!(plan_close_epoch(&pool, 0, &exchange.session(at(BOUNDARY))), Err(EngineError::NoBoundary));
}
