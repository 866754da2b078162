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
    let middle = opaque(
        a_high
            .wrapping_mul(b_low)
            .wrapping_add(a_low.wrapping_mul(b_low) >> 32),
    );
    let cross = a_low.wrapping_mul(b_high).wrapping_add(middle & LOW_32);
    a_high
        .wrapping_mul(b_high)
        .wrapping_add(middle >> 32)
        .wrapping_add(cross >> 32)
}

/// `a * b` modulo 2^128, which serves two's complement numbers as well.
#[inline(always)]
pub fn multiply(a: u128, b: u128) -> u128 {
    let (a_low, a_high) = (low(a), high(a));
    let (b_low, b_high) = (low(b), high(b));
    join(
        a_low.wrapping_mul(b_low),
        multiply_high(a_low, b_low)
            .wrapping_add(a_low.wrapping_mul(b_high))
            .wrapping_add(a_high.wrapping_mul(b_low)),
    )
}

/// Quotient and remainder of `n / d`.
///
/// `d` is not zero: Rust checks that before it calls the builtin.
#[inline(always)]
pub fn divide(n: u128, d: u128) -> (u128, u128) {
    if high(d) == 0 {
        let (quotient, remainder) = divide_by_64_bits(n, low(d));
        return (quotient, u128::from(remainder));
    }
    if n < d {
        return (0, n);
    }
    divide_by_128_bits(n, d)
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
    (
        negate_if((n < 0) != (d < 0), quotient),
        negate_if(n < 0, remainder),
    )
}

#[inline(always)]
fn divide_by_64_bits(n: u128, d: u64) -> (u128, u64) {
    let (n_low, n_high) = (low(n), high(n));
    if n_high == 0 {
        return (u128::from(n_low / d), n_low % d);
    }
    let (quotient_high, rest) = (n_high / d, n_high % d);
    if d >> 32 == 0 {
        // A remainder below 2^32 leaves room for the next 32 bits: long division by hand.
        let upper = (rest << 32) | (n_low >> 32);
        let lower = ((upper % d) << 32) | (n_low & LOW_32);
        let quotient_low = ((upper / d) << 32) | (lower / d);
        return (join(quotient_low, quotient_high), lower % d);
    }
    let (d, shift) = normalize(d);
    // `n_low >> (64 - shift)` in two steps, because nothing can be shifted by 64.
    let (quotient_low, remainder) = divide_two_words(
        rest.wrapping_shl(shift) | (n_low >> 1).wrapping_shr(63 ^ shift),
        n_low.wrapping_shl(shift),
        d,
    );
    (
        join(quotient_low, quotient_high),
        remainder.wrapping_shr(shift),
    )
}

/// Quotient and remainder of `n / d` for `n >= d >= 2^64`: the quotient is below 2^64.
///
/// Hacker's Delight, 9-5: half of `n` by the top 64 bits of the normalized divisor gives an
/// estimate that is at most one too large; from one below it, one correction suffices.
#[inline(always)]
fn divide_by_128_bits(n: u128, d: u128) -> (u128, u128) {
    let (d_high, shift) = normalize(high(d));
    let d_top = d_high | (low(d) >> 1).wrapping_shr(63 ^ shift);
    let half = n >> 1;
    let (estimate, _) = divide_two_words(high(half), low(half), d_top);
    let quotient = estimate.wrapping_shr(63 ^ shift).saturating_sub(1);
    let remainder = n.wrapping_sub(multiply(u128::from(quotient), d));
    if remainder < d {
        (u128::from(quotient), remainder)
    } else {
        (
            u128::from(quotient.wrapping_add(1)),
            remainder.wrapping_sub(d),
        )
    }
}

/// Quotient and remainder of `(high * 2^64 + low) / d` for `high < d` and the top bit of `d` set.
///
/// Knuth's algorithm D (The Art of Computer Programming, vol. 2, 4.3.1) with two digits of
/// 32 bits.
#[inline(always)]
fn divide_two_words(high: u64, low: u64, d: u64) -> (u64, u64) {
    let (d_high, d_low) = (d >> 32, d & LOW_32);
    let digit = |top: u64, next: u64| {
        let mut digit = top / d_high;
        let mut rest = top % d_high;
        // The estimate is at most two too large.
        while digit >> 32 != 0 || digit.wrapping_mul(d_low) > (rest << 32 | next) {
            digit = digit.wrapping_sub(1);
            rest = rest.wrapping_add(d_high);
            if rest >> 32 != 0 {
                break;
            }
        }
        digit
    };
    let first = digit(high, low >> 32);
    let rest = (high << 32 | low >> 32).wrapping_sub(first.wrapping_mul(d));
    let second = digit(rest, low & LOW_32);
    let rest = (rest << 32 | low & LOW_32).wrapping_sub(second.wrapping_mul(d));
    (first << 32 | second, rest)
}

/// `x` shifted left until its top bit is set, and by how many bits; `x` is not zero.
///
/// A binary search: the machine has no instruction that counts leading zeros, and LLVM's
/// substitute takes 40 others.
#[inline(always)]
fn normalize(mut x: u64) -> (u64, u32) {
    let mut shift = 0;
    for step in [32, 16, 8, 4, 2, 1] {
        if x >> (64 - step) == 0 {
            x <<= step;
            shift |= step;
        }
    }
    (x, shift)
}

/// `x`, without the optimizer knowing where it comes from. LLVM recognizes the high half of a
/// product of 64-bit numbers and would write it as a 128-bit multiplication, which is what is
/// being defined here. Costs no instruction.
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
    (if negative {
        magnitude.wrapping_neg()
    } else {
        magnitude
    }) as i128
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
