//! The builtins against the host's own 128-bit arithmetic.

use {
    proptest::prelude::*,
    sbf_builtins::arithmetic::{divide, divide_signed, multiply},
};

fn check(a: u128, b: u128) {
    assert_eq!(multiply(a, b), a.wrapping_mul(b), "{a:#x} * {b:#x}");
    if b == 0 {
        return;
    }
    assert_eq!(divide(a, b), (a / b, a % b), "{a:#x} by {b:#x}");
    let (a, b) = (a as i128, b as i128);
    assert_eq!(divide_signed(a, b), (a.wrapping_div(b), a.wrapping_rem(b)), "{a:#x} by {b:#x}, signed");
}

/// Everything within 2 of a power of two or of the difference of two, either sign: where carries,
/// digits, words and the estimates of a quotient begin to be one off.
fn boundaries() -> Vec<u128> {
    let powers: Vec<u128> = (0..128).map(|bit| 1 << bit).collect();
    let differences = [31, 32, 33, 63, 64, 65, 95, 96, 97, 126, 127]
        .into_iter()
        .flat_map(|bit| powers[..bit].iter().map(move |low| (1u128 << bit) - low));
    let mut values: Vec<u128> = differences
        .chain(powers.iter().copied())
        .flat_map(|value| (0..5u128).map(move |offset| value.wrapping_add(offset).wrapping_sub(2)))
        .flat_map(|value| [value, value.wrapping_neg()])
        .collect();
    values.sort_unstable();
    values.dedup();
    values
}

#[test]
fn every_tenth_boundary_pair_is_exact() {
    let values = boundaries();
    let mut pairs = 0_u64;
    for (row, a) in values.iter().enumerate() {
        // A different tenth of the columns in each row.
        for b in values.iter().skip(row % 10).step_by(10) {
            check(*a, *b);
            pairs += 1;
        }
    }
    assert!(pairs > 1_000_000, "only {pairs} pairs");
}

#[test]
fn a_quotient_estimate_that_is_two_too_large_is_corrected() {
    // Knuth's worst case: the divisor's low digit is as large, its high digit as small as it can
    // be, and the dividend is just below a multiple of the divisor.
    let divisor = (1 << 63) | 0xffff_ffff;
    for quotient in [1, 2, (1 << 32) - 1, 1 << 32, (1 << 64) - 1] {
        let product = multiply(divisor, quotient);
        for dividend in [product - 1, product, product + 1] {
            check(dividend, divisor);
        }
    }
}

/// Numbers of any length and either sign, the short ones as frequent as the long ones.
fn number() -> impl Strategy<Value = u128> {
    (any::<u128>(), 0..128_u32, any::<bool>()).prop_map(|(bits, shift, negative)| {
        let magnitude = bits >> shift;
        if negative {
            magnitude.wrapping_neg()
        } else {
            magnitude
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn any_pair_is_exact(a in number(), b in number()) {
        check(a, b);
    }

    #[test]
    fn dividends_beside_a_multiple_of_the_divisor_are_exact(
        divisor in number(),
        quotient in number(),
        offset in 0..3_u128,
    ) {
        let product = multiply(divisor, quotient);
        check(product.wrapping_add(offset).wrapping_sub(1), divisor);
    }
}
