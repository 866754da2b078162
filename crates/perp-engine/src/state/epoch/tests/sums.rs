//! Limits, and requests summed by them.

use super::super::*;
use crate::units::MAX_ATOMS;

fn sums(amounts: [u64; PRICE_LIMITS], requests: [u32; PRICE_LIMITS]) -> RequestSums {
    RequestSums { amounts: amounts.map(Atoms::new), requests, padding: 0 }
}

#[test]
fn limits_have_numbers_and_parts_of_the_price() {
    let parts = [None, Some(10_000), Some(20_000), Some(50_000), Some(100_000)];
    for ((number, part), limit) in (0u8..).zip(parts).zip(PriceLimit::ALL) {
        assert_eq!(PriceLimit::from_number(number), Some(limit));
        assert_eq!((limit as u8, limit.index(), limit.part()), (number, usize::from(number), part.map(Ppm::new)));
    }
    assert_eq!((PriceLimit::from_number(5), PriceLimit::from_number(u8::MAX)), (None, None));
    assert_eq!(PriceLimit::default(), PriceLimit::None);
}

#[test]
fn a_stored_number_that_names_no_limit_counts_as_any_price() {
    let limit = |limit| Request { limit, ..Request::default() }.price_limit();
    assert_eq!((limit(0), limit(3), limit(5)), (PriceLimit::None, PriceLimit::FivePercent, PriceLimit::None));
}

#[test]
fn a_set_of_limits_has_a_bit_for_each() {
    let set = LimitSet::where_each(|limit| matches!(limit, PriceLimit::None | PriceLimit::FivePercent));
    // 2^0 + 2^3.
    assert_eq!(set.get(), 9);
    let contained = PriceLimit::ALL.map(|limit| set.contains(limit));
    assert_eq!(contained, [true, false, false, true, false]);
    assert_eq!((LimitSet::where_each(|_| true).get(), LimitSet::default().get()), (31, 0));
}

#[test]
fn requests_are_summed_under_their_own_limit() {
    let one = RequestSums::one(PriceLimit::TwoPercent, Atoms::new(70));
    assert_eq!(one, sums([0, 0, 70, 0, 0], [0, 0, 1, 0, 0]));
    let more = sums([1, 2, 3, 4, 5], [1, 1, 2, 1, 1]);
    let both = one.checked_add(&more).unwrap();
    assert_eq!(both, sums([1, 2, 73, 4, 5], [1, 1, 3, 1, 1]));
    assert_eq!(both.count(), Ok(7));

    let some = LimitSet::where_each(|limit| limit.index() >= 2);
    // 73 + 4 + 5.
    assert_eq!(both.amount_of(some), Ok(Atoms::new(82)));
    assert_eq!(both.amount_of(LimitSet::default()), Ok(Atoms::ZERO));
    assert_eq!(both.only(some), sums([0, 0, 73, 4, 5], [0, 0, 3, 1, 1]));
    assert_eq!(both.only(LimitSet::default()), RequestSums::default());
}

#[test]
fn a_sum_that_leaves_its_range_is_refused() {
    let one = RequestSums::one(PriceLimit::None, Atoms::new(1));
    let full = sums([MAX_ATOMS, 0, 0, 0, 0], [1, 0, 0, 0, 0]);
    assert_eq!(full.checked_add(&one), Err(EngineError::Overflow));
    let many = sums([0; PRICE_LIMITS], [u32::MAX, 0, 0, 0, 0]);
    assert_eq!(many.checked_add(&one), Err(EngineError::Overflow));
    // Each limit has room, both together have not.
    let halves = sums([MAX_ATOMS, 1, 0, 0, 0], [u32::MAX, 1, 0, 0, 0]);
    assert_eq!(halves.count(), Err(EngineError::Overflow));
    assert_eq!(halves.amount_of(LimitSet::where_each(|_| true)), Err(EngineError::Overflow));
}

#[test]
fn what_waits_is_told_apart_by_kind() {
    let boundary = Timestamp::new(7_200);
    let request = Request { amount: Atoms::new(9), limit: PriceLimit::OnePercent as u8, ..Request::default() };
    let (mine, none) = (RequestSums::one(PriceLimit::OnePercent, Atoms::new(9)), RequestSums::default());
    let deposit = Waiting::one(&request, RequestKind::Deposit, boundary, 50);
    assert_eq!(deposit, Waiting { boundary, lamports: 50, deposits: mine, withdrawals: none });
    let withdrawal = Waiting::one(&request, RequestKind::Withdrawal, Timestamp::new(3_600), 70);
    assert_eq!((withdrawal.deposits, withdrawal.withdrawals), (none, mine));
    // Both stand at the boundary of the first.
    let both = deposit.checked_add(&withdrawal).unwrap();
    assert_eq!(both, Waiting { boundary, lamports: 120, deposits: mine, withdrawals: mine });
    let rich = Waiting { lamports: u64::MAX, ..Waiting::default() };
    assert_eq!(deposit.checked_add(&rich), Err(EngineError::Overflow));
}

#[test]
fn a_request_is_of_the_epoch_whose_boundary_comes_first_after_it() {
    let time = Timestamp::new;
    let closed = ClosedEpoch { previous: time(3_600), boundary: time(10_800), ..ClosedEpoch::default() };
    for (belongs_from, is_of) in [(3_600, false), (3_601, true), (10_800, true), (10_801, false)] {
        let request = Request { belongs_from: time(belongs_from), ..Request::default() };
        assert_eq!(closed.is_of(&request), is_of, "{belongs_from}");
    }
    let partial = |redeemed, leaving| {
        let (redeemed, leaving) = (Atoms::new(redeemed), Atoms::new(leaving));
        ClosedEpoch { redeemed, leaving, ..closed }.is_partial()
    };
    assert_eq!((partial(9, 10), partial(10, 10), partial(0, 0)), (true, false, false));
}
