//! The algorithms. No 128-bit `*`, `/` or `%` may appear in this file: on the virtual machine
//! each of them would call itself.
//!
//! Every instruction there costs one compute unit, 64-bit division included, so the fast paths
//! save instructions rather than divisions.

const LOW_32: u64 = 0xffff_ffff;

/// The high 64 bits of the 128-bit product of two 64-bit numbers.
#[inline(always)]
fn multiply_high(a: u64, b: u64) -> u64 {
    let (a_low, a_high) = (a & LOW_32, a >> 32);
    let (b_low, b_high) = (b & LOW_32, b >> 32);
    // (2^32 - 1)^2 + 2 (2^32 - 1) = 2^64 - 1: neither sum can overflow.
    // Opaque, because LLVM recognizes the high half of a product and would write it as a 128-bit
    // multiplication: as a call of the very function that this is the body of.
    let middle = opaque(a_high.wrapping_mul(b_low).wrapping_add(a_low.wrapping_mul(b_low) >> 32));
    let cross = a_low.wrapping_mul(b_high).wrapping_add(middle & LOW_32);
    a_high.wrapping_mul(b_high).wrapping_add(middle >> 32).wrapping_add(cross >> 32)
}

/// `a * b` modulo 2^128, which serves two's complement numbers as well.
#[inline(always)]
pub fn multiply(a: u128, b: u128) -> u128 {
    let (a_low, a_high) = (low(a), high(a));
    let (b_low, b_high) = (low(b), high(b));
    join(
        a_low.wrapping_mul(b_low),
        multiply_high(a_low, b_low).wrapping_add(a_low.wrapping_mul(b_high)).wrapping_add(a_high.wrapping_mul(b_low)),
    )
}

/// Quotient and remainder of `n / d`.
///
/// `d` is not zero: Rust checks that before it calls the builtin.
#[inline(always)]
pub fn divide(n: u128, d: u128) -> (u128, u128) {
    if high(d) != 0 {
        return divide_by_two_words(n, d);
    }
    let (n_low, n_high, d) = (low(n), high(n), low(d));
    if n_high == 0 {
        return (u128::from(n_low / d), u128::from(n_low % d));
    }
    if d > LOW_32 {
        return divide_by_one_word(n, d);
    }
    // Long division by hand: a remainder below 2^32 leaves room for the next 32 bits.
    let (quotient_high, rest) = (n_high / d, n_high % d);
    let upper = (rest << 32) | (n_low >> 32);
    let lower = ((upper % d) << 32) | (n_low & LOW_32);
    let quotient_low = ((upper / d) << 32) | (lower / d);
    (join(quotient_low, quotient_high), u128::from(lower % d))
}

/// Quotient and remainder of `n / d` rounded toward zero: the remainder has the sign of `n`.
/// `i128::MIN / -1` wraps to `i128::MIN`; Rust checks for it before it calls the builtin.
#[inline(always)]
pub fn divide_signed(n: i128, d: i128) -> (i128, i128) {
    if (n | d) >= 0 {
        let (quotient, remainder) = divide(n as u128, d as u128);
        return (quotient as i128, remainder as i128);
    }
    let (quotient, remainder) = divide(n.unsigned_abs(), d.unsigned_abs());
    (negate_if((n < 0) != (d < 0), quotient), negate_if(n < 0, remainder))
}

/// [`divide`] for `2^32 <= d`.
///
/// What brings the top bit of `d` up is no shift but the largest factor that leaves `d` in its word: a single division
/// finds it, and the quotient stays the same.
#[inline(never)]
fn divide_by_one_word(n: u128, d: u64) -> (u128, u128) {
    let (n_low, n_high) = (low(n), high(n));
    let (quotient_high, rest) = (n_high / d, n_high % d);
    // Below 2^32: its products with half a word fit a word. The rest is below `d`, so that the high word stays below
    // `d * factor`, what is carried into it included.
    let factor = u64::MAX / d;
    let middle = (n_low >> 32).wrapping_mul(factor).wrapping_add((n_low & LOW_32).wrapping_mul(factor) >> 32);
    // Opaque for the same reason as in `multiply_high`.
    let scaled_high = rest.wrapping_mul(factor).wrapping_add(opaque(middle) >> 32);
    let (quotient_low, remainder) = divide_digits(scaled_high, n_low.wrapping_mul(factor), d.wrapping_mul(factor));
    (join(quotient_low, quotient_high), u128::from(remainder / factor))
}

/// [`divide`] for `2^64 <= d`: the quotient is below 2^64.
///
/// Hacker's Delight, 9-5: half of `n` by the top 64 bits of the normalized divisor gives an
/// estimate that is at most one too large; from one below it, one correction suffices.
#[inline(never)]
fn divide_by_two_words(n: u128, d: u128) -> (u128, u128) {
    if n < d {
        return (0, n);
    }
    let (_, shift) = normalize(high(d));
    let half = n >> 1;
    let (estimate, _) = divide_digits(high(half), low(half), shift_left(high(d), low(d), shift));
    let quotient = (estimate >> (63 - shift)).saturating_sub(1);
    let remainder = n.wrapping_sub(multiply(u128::from(quotient), d));
    if remainder < d {
        (u128::from(quotient), remainder)
    } else {
        (u128::from(quotient.wrapping_add(1)), remainder.wrapping_sub(d))
    }
}

/// Quotient and remainder of `(high * 2^64 + low) / d` for `high < d` and the top bit of `d` set.
///
/// Knuth's algorithm D (The Art of Computer Programming, vol. 2, 4.3.1) with two digits of
/// 32 bits.
#[inline(always)]
fn divide_digits(high: u64, low: u64, d: u64) -> (u64, u64) {
    let (d_high, d_low) = (d >> 32, d & LOW_32);
    // The quotient and remainder of (rest * 2^32 + next) / d for rest < d.
    let digit = |rest: u64, next: u64| {
        // The estimate is at most two too large and at most 2^32 + 1, so its product fits.
        let mut digit = rest / d_high;
        let minuend = (rest % d_high) << 32 | next;
        let product = digit.wrapping_mul(d_low);
        let mut rest = minuend.wrapping_sub(product);
        if minuend < product {
            digit = digit.wrapping_sub(1);
            let (sum, positive) = rest.overflowing_add(d);
            rest = sum;
            if !positive {
                digit = digit.wrapping_sub(1);
                rest = rest.wrapping_add(d);
            }
        }
        (digit, rest)
    };
    let (first, rest) = digit(high, low >> 32);
    let (second, rest) = digit(rest, low & LOW_32);
    (first << 32 | second, rest)
}

/// `x` shifted left until its top bit is set, and by how many bits; `x` is not zero.
///
/// A binary search: the machine has no instruction that counts leading zeros, and LLVM's
/// substitute takes 40 others.
#[inline(always)]
fn normalize(mut x: u64) -> (u64, u64) {
    let mut shift = 0;
    for step in [32, 16, 8, 4, 2, 1] {
        if x >> (64 - step) == 0 {
            // Opaque, so that the step stays a branch that is skipped.
            x = opaque(x << step);
            shift |= step;
        }
    }
    (x, shift)
}

/// The upper word of `(high, low) << shift` for `shift < 64`.
#[inline(always)]
fn shift_left(high: u64, low: u64, shift: u64) -> u64 {
    // In two steps, because nothing can be shifted by 64.
    (high << (shift & 63)) | (low >> 1 >> (63 - (shift & 63)))
}

/// `x`, without the optimizer knowing where it comes from; costs no instruction.
#[inline(always)]
fn opaque(x: u64) -> u64 {
    #[cfg(target_arch = "bpf")]
    {
        let mut x = x;
        // SAFETY: the assembly is empty.
        unsafe { core::arch::asm!("/* {0} */", inout(reg) x, options(pure, nomem, nostack, preserves_flags)) };
        x
    }
    #[cfg(not(target_arch = "bpf"))]
    x
}

#[inline(always)]
fn negate_if(negative: bool, magnitude: u128) -> i128 {
    (if negative { magnitude.wrapping_neg() } else { magnitude }) as i128
}

#[inline(always)]
fn low(x: u128) -> u64 {
    x as u64
}

#[inline(always)]
fn high(x: u128) -> u64 {
    (x >> 64) as u64
}

#[inline(always)]
pub(crate) fn join(low: u64, high: u64) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}
