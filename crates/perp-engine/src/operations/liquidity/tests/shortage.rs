//! Withdrawals beyond the pool's cash: what there is goes to all in proportion, and the rest waits for the next boundary.

use super::exchange::Exchange;
use super::*;
use crate::state::LastEpoch;

const HOUR: i64 = 3_600;
const ANY: PriceLimit = PriceLimit::None;
const FIVE: PriceLimit = PriceLimit::FivePercent;

#[test]
fn what_the_cash_does_not_reach_passes_to_the_next_boundary() {
    // 100 in cash and 1000 in a market; 1100 shares, of which 500 are to leave: a fifth can.
    let plan = close(&valued(free_pool(100, 1_100), 1_000, 1_000, requests(&[], &[(ANY, 500)])));
    let closed = &plan.closed;
    assert_eq!((closed.leaving, closed.redeemed, closed.paid), (atoms(500), atoms(100), atoms(100)));
    assert!(closed.is_partial());
    assert_eq!((plan.shares_burned(), plan.pool.shares, plan.pool.cash), (Ok(atoms(100)), atoms(1_000), Atoms::ZERO));
    // The boundary after the close, an hour later, with the request's lamports.
    let rest = plan.rest.unwrap();
    let expected = Waiting { boundary: at(BOUNDARY + HOUR).now, lamports: 5_000, ..requests(&[], &[(ANY, 400)]) };
    assert_eq!(rest, expected);
    assert_eq!((closed.rest_belongs_from, plan.lamports_kept, plan.lamports), (expected.boundary, 0, 20_000));
}

#[test]
fn shares_redeemed_are_rounded_up_and_never_cost_more_than_they_are_worth() {
    // 10 shares of 10, worth 7 of which 3 are cash: ⌈10 · 3/7⌉ = ⌈4.28⌉ = 5 for 3, at 0.6 instead of 0.7.
    let plan = close(&valued(free_pool(3, 10), 4, 4, requests(&[], &[(ANY, 10)])));
    assert_eq!((plan.closed.redeemed, plan.closed.paid, plan.pool.shares), (atoms(5), atoms(3), atoms(5)));
    // An atom less than what is due redeems them all where a share is worth less than an atom: ⌈11 · 1/2⌉ = 6 of 11 here, and of 3
    // worth 2.2 each, of which 6 of ⌊6.6⌋ are cash, all.
    let plan = close(&valued(free_pool(1, 11), 1, 1, requests(&[], &[(ANY, 11)])));
    assert_eq!((plan.closed.redeemed, plan.closed.paid), (atoms(6), atoms(1)));
    let plan = close(&valued(free_pool(6, 10), 16, 16, requests(&[], &[(ANY, 3)])));
    assert_eq!((plan.closed.redeemed, plan.closed.paid, plan.rest), (atoms(3), atoms(6), None));
}

#[test]
fn exactly_the_cash_is_no_shortage() {
    // 7 shares of 11, worth ⌊7 · 10/11⌋ = 6, which is all the cash.
    let plan = close(&valued(free_pool(6, 11), 4, 4, requests(&[], &[(ANY, 7)])));
    assert_eq!((plan.closed.redeemed, plan.closed.paid, plan.rest), (atoms(7), atoms(6), None));
    assert_eq!(plan.pool.cash, Atoms::ZERO);
}

#[test]
fn what_is_worth_less_than_an_atom_waits_for_no_cash() {
    // ⌊1 · 5/10⌋ of no cash: the share leaves for nothing, and its half of an atom stays with the others.
    let plan = close(&valued(free_pool(0, 10), 5, 5, requests(&[], &[(ANY, 1)])));
    assert_eq!((plan.closed.redeemed, plan.closed.paid, plan.rest), (atoms(1), Atoms::ZERO, None));
}

#[test]
fn without_any_cash_all_of_it_passes_on() {
    let plan = close(&valued(free_pool(0, 1_000), 1_000, 1_000, requests(&[], &[(ANY, 300), (FIVE, 200)])));
    assert_eq!((plan.closed.redeemed, plan.closed.paid, plan.pool.shares), (Atoms::ZERO, Atoms::ZERO, atoms(1_000)));
    let rest = plan.rest.unwrap();
    assert_eq!((rest.withdrawals, rest.lamports), (sums(&[(ANY, 300), (FIVE, 200)]), 10_000));
}

#[test]
fn what_enters_at_the_same_boundary_pays_for_what_leaves() {
    let plan = close(&valued(free_pool(100, 1_100), 1_000, 1_000, requests(&[(ANY, 150)], &[(ANY, 500)])));
    assert_eq!((plan.closed.redeemed, plan.closed.issued), (atoms(250), atoms(150)));
    // 150 of the 250 shares that leave are sold on; 100 cease to exist.
    assert_eq!((plan.shares_minted(), plan.shares_burned()), (Ok(Atoms::ZERO), Ok(atoms(100))));
    assert_eq!((plan.pool.cash, plan.pool.payable, plan.pool.shares), (Atoms::ZERO, atoms(250), atoms(1_000)));
}

#[test]
fn the_fee_is_that_of_what_is_paid() {
    // 500 000 of a million: 200 ppm are 100.
    let mut pool = free_pool(500_000, 1_000_000);
    pool.parameters.queue_fee = Ppm::new(200);
    let plan = close(&valued(pool, 500_000, 500_000, requests(&[], &[(ANY, 1_000_000)])));
    assert_eq!(
        (plan.closed.redeemed, plan.closed.paid, plan.pool.settling),
        (atoms(500_000), atoms(499_900), atoms(100))
    );
}

#[test]
fn all_who_are_accepted_share_alike_and_who_is_refused_gets_all_back() {
    // The price fell by three percent: two percent is refused, five is not. 388 · 0.97 = 376.36, rounded down, of which 94 are cash.
    let two = PriceLimit::TwoPercent;
    let last = LastEpoch { lower: atoms(1_000), upper: atoms(1_000), shares: atoms(1_000), ..LastEpoch::default() };
    let waiting = requests(&[], &[(ANY, 300), (two, 77), (FIVE, 88)]);
    let plan = close(&valued(Pool { last, ..free_pool(94, 1_000) }, 876, 876, waiting));
    let closed = &plan.closed;
    assert_eq!((closed.leaving, closed.requests), (atoms(388), 3));
    // ⌈388 · 94/376⌉ = 97: a quarter.
    assert_eq!((closed.redeemed, closed.paid), (atoms(97), atoms(94)));
    let rest = plan.rest.unwrap();
    // Three quarters of each, and the lamports of two; those of the third are kept for it.
    assert_eq!((rest.withdrawals, rest.lamports), (sums(&[(ANY, 225), (FIVE, 66)]), 10_000));
    assert_eq!((plan.lamports_kept, plan.lamports), (5_000, 20_000));
    let back = plan_pay_request(&plan.pool, closed, &request(two, 77), RequestKind::Withdrawal).unwrap();
    assert_eq!((back.tokens, back.shares, back.request_left, back.lamports), (Atoms::ZERO, atoms(77), None, 5_000));
}

#[test]
fn the_rest_joins_those_who_wait_for_the_next_boundary_already() {
    let mut exchange = Exchange::new(free_pool(100, 1_100), &[market(FLAT)]);
    // A day's notice: at 86 400 s and an hour later.
    let first = exchange.withdraw(500, ANY, 0);
    let second = exchange.withdraw(200, ANY, HOUR);
    let (boundary, next) = (BOUNDARY + 24 * HOUR, BOUNDARY + 25 * HOUR);
    exchange.value_at(100_000_000_000, 0, boundary);
    let mut closed = exchange.close(boundary + 1).closed;
    assert_eq!(exchange.state.boundary, at(next).now);
    let paid = exchange.pay(&mut closed, &first, RequestKind::Withdrawal);
    let left = paid.request_left.unwrap();
    assert_eq!((paid.tokens, left.amount, left.belongs_from), (atoms(100), atoms(400), at(next).now));

    // The market gives up 300: 300 of the 600 that leave are redeemed, half of each.
    exchange.markets[0].ledger.backing = atoms(700);
    exchange.pool.cash = atoms(300);
    exchange.value_at(100_000_000_000, 0, next);
    let mut closed = exchange.close(next + 1).closed;
    assert_eq!((closed.leaving, closed.redeemed, closed.requests), (atoms(600), atoms(300), 2));
    for (request, tokens) in [(&left, 200), (&second, 100)] {
        let paid = exchange.pay(&mut closed, request, RequestKind::Withdrawal);
        assert_eq!((paid.tokens, paid.request_left.unwrap().amount), (atoms(tokens), atoms(tokens)));
    }
    assert_eq!((exchange.escrow, exchange.pool.shares), (300, atoms(700)));
}

#[test]
fn a_request_left_unpaid_for_an_epoch_is_still_paid_by_both() {
    let mut exchange = Exchange::new(free_pool(250, 1_000), &[market(FLAT)]);
    exchange.markets[0].ledger.backing = atoms(750);
    exchange.vault = 1_000;
    let request = exchange.withdraw(500, ANY, 0);
    let (boundary, next) = (BOUNDARY + 24 * HOUR, BOUNDARY + 25 * HOUR);
    exchange.value_at(100_000_000_000, 0, boundary);
    let mut first = exchange.close(boundary).closed;
    exchange.markets[0].ledger.backing = atoms(500);
    exchange.pool.cash = atoms(250);
    exchange.value_at(100_000_000_000, 0, next);
    let mut second = exchange.close(next).closed;
    assert_eq!((first.redeemed, second.redeemed, second.leaving), (atoms(250), atoms(250), atoms(250)));
    // It is not of the second before the first has paid it.
    let wrong = plan_pay_request(&exchange.pool, &second, &request, RequestKind::Withdrawal);
    assert_eq!(wrong, Err(EngineError::WrongEpoch { boundary: at(next).now.get() }));
    let left = exchange.pay(&mut first, &request, RequestKind::Withdrawal).request_left.unwrap();
    let paid = exchange.pay(&mut second, &left, RequestKind::Withdrawal);
    assert_eq!((paid.tokens, paid.request_left, exchange.escrow), (atoms(250), None, 0));
}

#[test]
fn a_share_of_which_nothing_can_be_redeemed_stays_until_it_can() {
    // One share beside 999: of what is redeemed, a tenth, its part is nothing, and of what is left nothing whole.
    let waiting = requests(&[], &[(ANY, 999), (ANY, 1)]);
    let plan = close(&valued(free_pool(100, 1_000), 900, 900, waiting));
    let (mut pool, mut closed, mut left) = (plan.pool, plan.closed, 0);
    for amount in [999, 1] {
        let paid = plan_pay_request(&pool, &closed, &request(ANY, amount), RequestKind::Withdrawal).unwrap();
        (pool, closed) = (paid.pool, paid.closed);
        let rest = paid.request_left.unwrap();
        assert_eq!(
            (paid.tokens, rest.amount),
            if amount == 1 { (atoms(0), atoms(0)) } else { (atoms(99), atoms(899)) }
        );
        left += rest.amount.get();
    }
    // A share of rounding is nobody's any more: 899 of the 900 that wait. Its token went back to the pool.
    assert_eq!((plan.rest.unwrap().withdrawals.amounts[0], left), (atoms(900), 899));
    assert_eq!((pool.cash, pool.payable), (atoms(1), Atoms::ZERO));
}
