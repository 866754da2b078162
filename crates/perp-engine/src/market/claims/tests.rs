use super::*;
use proptest::prelude::*;

const HALF: u64 = (1 << 48) | FULL_CLAIM_FACTOR;

fn after(factor: u64, left: u64, whole: u64) -> u64 {
    reduced_ceil(factor, Atoms::new(left), Atoms::new(whole)).unwrap()
}

fn unfunded(claim: u64, now: u64, then: u64) -> u64 {
    unfunded_ceil(Atoms::new(claim), now, then).unwrap().get()
}

#[test]
fn half_of_everything_is_one_halving() {
    assert_eq!(after(FULL_CLAIM_FACTOR, 1, 2), HALF);
    assert_eq!(after(FULL_CLAIM_FACTOR, 1 << 61, 1 << 62), HALF);
    assert_eq!(after(HALF, 5, 10), (2 << 48) | FULL_CLAIM_FACTOR);
    assert_eq!(after(HALF, 7, 7), HALF);
    // Three quarters: one and a half halves.
    assert_eq!(after(FULL_CLAIM_FACTOR, 3, 4), (1 << 48) | (3 << 46));
}

#[test]
fn a_fraction_rounds_up_in_its_last_digit() {
    // 2/3 = 4/3 · 2^-1: ⌈2^47 · 4/3⌉ = ⌈187 649 984 473 770.67⌉.
    assert_eq!(after(FULL_CLAIM_FACTOR, 2, 3), (1 << 48) | 187_649_984_473_771);
    // All but one part in 2^60 is the same factor: what is funded of so little waits in the claims reserve.
    assert_eq!(after(FULL_CLAIM_FACTOR, (1 << 60) - 1, 1 << 60), FULL_CLAIM_FACTOR);
}

#[test]
fn claims_shrink_by_the_ratio_of_the_factors_rounded_up() {
    assert_eq!(unfunded(100, HALF, FULL_CLAIM_FACTOR), 50);
    assert_eq!(unfunded(101, HALF, FULL_CLAIM_FACTOR), 51);
    assert_eq!(unfunded(0, HALF, FULL_CLAIM_FACTOR), 0);
    assert_eq!(unfunded(77, HALF, HALF), 77);
    // 2^62 atoms after 62 halvings are one atom, and never less while the round lasts.
    assert_eq!(unfunded(1 << 62, (62 << 48) | FULL_CLAIM_FACTOR, FULL_CLAIM_FACTOR), 1);
    assert_eq!(unfunded(1 << 62, (65_535 << 48) | FULL_CLAIM_FACTOR, FULL_CLAIM_FACTOR), 1);
}

#[test]
fn nonsense_is_an_error() {
    assert!(reduced_ceil(FULL_CLAIM_FACTOR, Atoms::ZERO, Atoms::new(1)).is_err());
    assert!(reduced_ceil(FULL_CLAIM_FACTOR, Atoms::new(2), Atoms::new(1)).is_err());
    assert!(reduced_ceil((65_535 << 48) | FULL_CLAIM_FACTOR, Atoms::new(1), Atoms::new(2)).is_err());
    assert!(reduced_ceil(0, Atoms::new(1), Atoms::new(2)).is_err());
    // A factor that grew, or one that was never set.
    assert!(unfunded_ceil(Atoms::new(100), FULL_CLAIM_FACTOR, HALF).is_err());
    assert!(unfunded_ceil(Atoms::new(100), FULL_CLAIM_FACTOR, 0).is_err());
}

proptest! {
    /// Against exact 128-bit arithmetic: never below the fraction, and above it by at most one part in 2^47.
    #[test]
    fn the_factor_is_the_fraction_rounded_up(
        mantissa in FULL_CLAIM_FACTOR..1 << 48, exponent in 0u64..65_000, left in 1u64..=1 << 62, more in 0u64..1 << 62,
    ) {
        let whole = left.saturating_add(more).min(1 << 62).max(left);
        let reduced = after((exponent << 48) | mantissa, left, whole);
        let (new_mantissa, new_exponent) = parts(reduced);
        prop_assert!((FULL_CLAIM_FACTOR..1 << 48).contains(&new_mantissa));
        let halvings = u64::from(new_exponent) - exponent;
        // new / 2^halvings ≥ mantissa · left / whole, as products of at most 2^48 · 2^62 · 2^62 split in two.
        let exact = |extra: u64| {
            let scaled = u128::from(new_mantissa - extra) * u128::from(whole);
            (scaled >> halvings.min(127), u128::from(mantissa) * u128::from(left))
        };
        let (scaled, product) = exact(0);
        prop_assert!(scaled + 1 > product);
        let (scaled, product) = exact(1);
        prop_assert!(scaled <= product);
    }

    /// Whatever is funded in whatever steps, what claims may redeem of it is at most what was funded, and less by at most
    /// an atom a claim and a part in 2^40.
    #[test]
    fn claims_redeem_what_was_funded_but_for_rounding(
        claims in proptest::collection::vec(1u64..1 << 45, 1..6),
        fundings in proptest::collection::vec(1u32..1_000_000, 1..300),
    ) {
        let total: u64 = claims.iter().sum();
        let (mut waiting, mut factor) = (total, FULL_CLAIM_FACTOR);
        for ppm in fundings {
            let funded = u64::try_from(u128::from(waiting) * u128::from(ppm) / 1_000_000).unwrap();
            factor = after(factor, waiting - funded, waiting);
            waiting -= funded;
        }
        let left: u64 = claims.iter().map(|claim| unfunded(*claim, factor, FULL_CLAIM_FACTOR)).sum();
        prop_assert!(left >= waiting);
        prop_assert!(left <= waiting + claims.len() as u64 + (waiting >> 38));
    }
}
