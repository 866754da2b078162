use super::*;
use crate::fixtures::usdc;
use proptest::prelude::*;

const CREDIT: Ppm = Ppm::new(100_000);

fn leg(side: Side, earns: u64) -> Hedge {
    Hedge { side, earns: usdc(earns), credit: CREDIT, frozen: false }
}

/// A group of a long and a short, each with what it `[requires, earns]` in dollars; one that requires nothing is not there.
fn group(legs: [[u64; 2]; 2]) -> GroupSums {
    let held = Side::BOTH.into_iter().zip(legs).filter(|(_, [required, _])| *required > 0);
    held.fold(GroupSums::EMPTY, |sums, (side, [required, earns])| {
        sums.with(&leg(side, earns), usdc(required), usdc(required)).unwrap()
    })
}

#[test]
fn a_pair_asks_the_larger_side_less_the_credits_part_of_what_the_other_earns() {
    for (legs, asked) in [
        // Both sides alike: 45 % of their sum.
        ([[1_000, 1_000], [1_000, 1_000]], 900),
        // 1000 − 10 % of 500; so it is whichever side is the larger.
        ([[1_000, 1_000], [500, 500]], 950),
        ([[500, 500], [1_000, 1_000]], 950),
        // Whose market can pay nothing earns nothing, and the other side may lose.
        ([[1_000, 1_000], [1_000, 0]], 1_000),
        ([[1_000, 0], [1_000, 1_000]], 1_000),
        // Both can pay in part: 1000 − 10 % of 300.
        ([[1_000, 300], [1_000, 500]], 970),
        // One side alone asks what it asks.
        ([[1_000, 1_000], [0, 0]], 1_000),
    ] {
        let sums = group(legs);
        assert_eq!(sums.required_ceil(), Ok(usdc(asked)), "{legs:?}");
        assert_eq!(sums.required_on_cash_ceil(), Ok(usdc(asked)), "{legs:?}");
    }
}

#[test]
fn the_smallest_credit_of_a_groups_markets_counts() {
    let less = Hedge { credit: Ppm::new(20_000), ..leg(Side::Short, 1_000) };
    let sums = group([[1_000, 1_000], [0, 0]]).with(&less, usdc(1_000), usdc(1_000)).unwrap();
    assert_eq!(sums.required_ceil(), Ok(usdc(980)));
}

#[test]
fn the_credit_rounds_down_against_the_account() {
    // 10 % of 19 atoms are 1.
    let nineteen = |side| (Hedge { earns: Atoms::new(19), ..leg(side, 0) }, Atoms::new(19));
    let sums = Side::BOTH
        .map(nineteen)
        .iter()
        .fold(GroupSums::EMPTY, |sums, (hedge, required)| sums.with(hedge, *required, *required).unwrap());
    assert_eq!(sums.required_ceil(), Ok(Atoms::new(18)));
}

#[test]
fn the_excess_of_a_side_is_what_makes_both_ask_alike() {
    // 1000 against 500: closing 500 of the longs' margin leaves 500 and 500, each asking 450.
    let relief = group([[1_000, 1_000], [500, 500]]).relief(Side::Long).unwrap();
    assert_eq!((relief.asked, relief.other), (usdc(950), usdc(400)));
    assert_eq!((relief.excess_floor(), relief.relieved()), (Ok(usdc(500)), Ok(900_000)));
    // The smaller side has none.
    let relief = group([[1_000, 1_000], [500, 500]]).relief(Side::Short).unwrap();
    assert_eq!(relief.excess_floor(), Ok(Atoms::ZERO));
    // What nobody can pay is not earned less: 1000 − 10 % of 100 against 500 is an excess of 490, and a margin closed on both sides
    // relieves the account of all of one.
    let relief = group([[1_000, 0], [500, 100]]).relief(Side::Long).unwrap();
    assert_eq!((relief.asked, relief.other), (usdc(990), usdc(500)));
    assert_eq!((relief.excess_floor(), relief.relieved()), (Ok(usdc(490)), Ok(1_000_000)));
}

#[test]
fn positions_beside_the_touched_one_are_kept_apart_from_other_groups() {
    let mut groups = Groups::around(2);
    for (number, side) in [(2, Side::Long), (1, Side::Long), (1, Side::Short), (8, Side::Short)] {
        groups.add(number, &leg(side, 100), usdc(100), usdc(100)).unwrap();
    }
    assert_eq!(groups.beside(), group([[100, 100], [0, 0]]));
    let others: u64 = groups.others().iter().map(|group| group.required_ceil().unwrap().get()).sum();
    // 90 of group 1 and 100 of group 8.
    assert_eq!(Atoms::new(others), usdc(190));
    for number in [0, 9] {
        assert_eq!(groups.add(number, &leg(Side::Long, 0), usdc(1), usdc(1)), Err(EngineError::Overflow));
    }
}

proptest! {
    /// A group asks no more than its larger side, no less than what the credit leaves of that, and a position more or less changes what
    /// it asks by no more than that position does.
    #[test]
    fn a_group_asks_for_its_larger_side_less_at_most_the_credit(
        legs in proptest::collection::vec((any::<bool>(), 0u64..1 << 52, 0u64..=1_000_000), 1..12), credit in 0u32..=400_000,
    ) {
        let mut sums = GroupSums { credit: Ppm::new(credit), ..GroupSums::EMPTY };
        let mut sides = [0u64; 2];
        for (short, required, part) in legs {
            let side = if short { Side::Short } else { Side::Long };
            let earns = Atoms::new(u64::try_from(u128::from(required) * u128::from(part) / 1_000_000).unwrap());
            let hedge = Hedge { side, earns, credit: Ppm::ONE, frozen: false };
            let before = sums.required_ceil().unwrap().get();
            sums = sums.with(&hedge, Atoms::new(required), Atoms::new(required)).unwrap();
            *side.of_mut(&mut sides) += required;
            let after = sums.required_ceil().unwrap().get();
            prop_assert!(after.abs_diff(before) <= required);
            let larger = sides[0].max(sides[1]);
            prop_assert!(after <= larger);
            let least = u128::from(larger) * (1_000_000 - u128::from(credit)) / 1_000_000;
            prop_assert!(u128::from(after) >= least);
        }
    }
}
