//! How far the share price may have moved for a request to be served.

use super::*;
use crate::state::{ClosedEpoch, LastEpoch, LimitSet};
use crate::units::MAX_ATOMS;
use proptest::prelude::*;

const MILLION: u64 = 1_000_000;

fn last(lower: u64, upper: u64, shares: u64) -> LastEpoch {
    let (lower, upper, shares) = (atoms(lower), atoms(upper), atoms(shares));
    LastEpoch { boundary: at(BOUNDARY - 3_600).now, lower, upper, shares }
}

/// A close of a pool without cash whose market is worth from `lower` to `upper`, the epoch before being `last`.
fn closed(last: LastEpoch, lower: u64, upper: u64, shares: u64) -> ClosedEpoch {
    close(&valued(Pool { last, ..free_pool(0, shares) }, lower, upper, requests(&[], &[]))).closed
}

/// The limits of a set by their numbers of percent.
fn percent(set: LimitSet) -> [bool; 5] {
    PriceLimit::ALL.map(|limit| set.contains(limit))
}

/// Any price, and of one, two, five and ten percent those from `first` on.
fn from(first: usize) -> [bool; 5] {
    [0, 1, 2, 3, 4].map(|place| place == 0 || place >= first)
}

#[test]
fn deposits_are_accepted_up_to_their_limit_above_the_upper_price_before() {
    // A million shares were worth a million at most. What they were worth at least, 1, does not matter.
    let accepted = |upper| percent(closed(last(1, MILLION, MILLION), 1, upper, MILLION).deposits_accepted);
    for (most, first) in [(1_010_000, 1), (1_020_000, 2), (1_050_000, 3), (1_100_000, 4)] {
        assert_eq!(accepted(most), from(first));
        assert_eq!(accepted(most + 1), from(first + 1));
    }
    // Cheaper is better, and without a limit any price does.
    assert_eq!((accepted(1), accepted(MILLION)), (from(1), from(1)));
    assert_eq!(accepted(100 * MILLION), from(5));
}

#[test]
fn withdrawals_are_accepted_down_to_their_limit_below_the_lower_price_before() {
    let accepted = |lower| {
        let closed = closed(last(MILLION, 9 * MILLION, MILLION), lower, 100 * MILLION, MILLION);
        percent(closed.withdrawals_accepted)
    };
    for (least, first) in [(990_000, 1), (980_000, 2), (950_000, 3), (900_000, 4)] {
        assert_eq!(accepted(least), from(first));
        assert_eq!(accepted(least - 1), from(first + 1));
    }
    assert_eq!((accepted(100 * MILLION), accepted(MILLION)), (from(1), from(1)));
    assert_eq!(accepted(1), from(5));
}

#[test]
fn prices_are_compared_and_not_values() {
    // Three times the shares: 1.01 each is 3 030 000, rounded up against whoever buys.
    let up = |upper| percent(closed(last(1, MILLION, MILLION), 1, upper, 3 * MILLION).deposits_accepted);
    assert_eq!((up(3_030_000), up(3_030_001)), (from(1), from(2)));
    // 0.99 each is 2 970 000, rounded down against whoever sells.
    let down = |lower| {
        let closed = closed(last(MILLION, MILLION, MILLION), lower, 4 * MILLION, 3 * MILLION);
        percent(closed.withdrawals_accepted)
    };
    assert_eq!((down(2_970_000), down(2_969_999)), (from(1), from(2)));
}

#[test]
fn what_is_below_an_atom_of_a_limit_is_none_of_it() {
    // One percent of 99 is 0.99: nothing may be added, and ⌈99 · 0.99⌉ = ⌈98.01⌉ = 99 must be left.
    let moved = |worth| {
        let closed = closed(last(99, 99, 99), worth, worth, 99);
        (percent(closed.deposits_accepted), percent(closed.withdrawals_accepted))
    };
    assert_eq!(moved(99), (from(1), from(1)));
    // Two percent are 1.98, and 100 is 1 more.
    assert_eq!(moved(100), (from(2), from(1)));
    // ⌈99 · 0.98⌉ = ⌈97.02⌉ = 98.
    assert_eq!(moved(98), (from(1), from(2)));
}

#[test]
fn the_first_deposits_are_accepted_at_any_limit() {
    let pool = valued(free_pool(0, 0), 0, 0, requests(&[(PriceLimit::OnePercent, 50_000)], &[]));
    let closed = close(&pool).closed;
    assert_eq!((percent(closed.deposits_accepted), closed.deposited), (from(1), atoms(50_000)));
    // There is nothing to sell.
    assert_eq!(closed.withdrawals_accepted, LimitSet::default());
}

#[test]
fn where_no_price_is_known_from_before_any_is_within_every_limit() {
    let closed = closed(LastEpoch::default(), 7, 9 * MILLION, 100);
    assert_eq!((percent(closed.deposits_accepted), percent(closed.withdrawals_accepted)), (from(1), from(1)));
}

#[test]
fn after_a_pool_was_worth_nothing_its_price_has_risen_beyond_every_limit() {
    let closed = closed(last(0, 0, MILLION), 5, 5, MILLION);
    assert_eq!((percent(closed.deposits_accepted), percent(closed.withdrawals_accepted)), (from(5), from(1)));
}

#[test]
fn shares_of_a_pool_worth_nothing_are_neither_sold_nor_bought() {
    let none = LimitSet::default();
    let closed_at = |lower, upper| {
        let closed = closed(last(MILLION, MILLION, MILLION), lower, upper, MILLION);
        (closed.deposits_accepted, closed.withdrawals_accepted)
    };
    assert_eq!(closed_at(0, 0), (none, none));
    // Nothing at least and something at most: it is sold at that.
    let (sold, bought) = closed_at(0, 10);
    assert_eq!((percent(sold), bought), (from(1), none));
}

#[test]
fn numbers_at_the_edge_of_their_range_decide_and_do_not_fail() {
    // As many shares as there can be, worth half as much as can be, before and after.
    let (most, half) = (MAX_ATOMS, MAX_ATOMS / 2);
    let same = closed(last(half, half, most), half, half, most);
    assert_eq!((percent(same.deposits_accepted), percent(same.withdrawals_accepted)), (from(1), from(1)));
    // Worth all that can be, what a limit allows beyond that fits no number, and the deposit is returned.
    let full = closed(last(most, most, most), most, most, most);
    assert_eq!((percent(full.deposits_accepted), percent(full.withdrawals_accepted)), (from(5), from(1)));
    // A price that has risen from 2^-62 to 2^62 fits no number: too dear for any limit, and dear enough for every one.
    let risen = closed(last(1, 1, most), most, most, 1);
    assert_eq!((percent(risen.deposits_accepted), percent(risen.withdrawals_accepted)), (from(5), from(1)));
    // And fallen as far.
    let fallen = closed(last(half, half, 1), 1, 1, most);
    assert_eq!((percent(fallen.deposits_accepted), percent(fallen.withdrawals_accepted)), (from(1), from(5)));
}

proptest! {
    /// Whoever is served is within his limit exactly; whoever is not would be beyond it by an atom's worth.
    #[test]
    fn nobody_is_served_beyond_his_limit_and_nobody_refused_well_within_it(
        before in (1u64..1 << 40, 1u64..1 << 40), moved in 800u64..1_200, supply in 1u64..8, place in 1usize..5,
    ) {
        let (value_before, shares_before) = before;
        // Thousandths of the value before, for a few times the shares.
        let value = u64::try_from(u128::from(value_before) * u128::from(moved * supply) / 1_000).unwrap().max(1);
        let shares = shares_before * supply;
        let closed = closed(last(value_before, value_before, shares_before), value, value, shares);
        let (limit, ppm) = (PriceLimit::ALL[place], u128::from(PriceLimit::ALL[place].part().unwrap().get()));
        // The price in units of the value before, times a million: value / shares · shares before.
        let exact = u128::from(value) * u128::from(shares_before) * 1_000_000;
        let bound = |parts: u128, atoms: u128| (u128::from(value_before) * parts + atoms * 1_000_000) * u128::from(shares);
        if closed.deposits_accepted.contains(limit) {
            prop_assert!(exact <= bound(1_000_000 + ppm, 0));
        } else {
            prop_assert!(exact + bound(0, 2) > bound(1_000_000 + ppm, 0));
        }
        if closed.withdrawals_accepted.contains(limit) {
            prop_assert!(exact >= bound(1_000_000 - ppm, 0));
        } else {
            prop_assert!(exact < bound(1_000_000 - ppm, 2));
        }
    }
}
