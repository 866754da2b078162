//! The factor by which partial fundings shrink every claim of a market at once.
//!
//! Each funding multiplies what is unfunded of every claim by the same fraction. A market that stays insolvent for long
//! is funded many times before its claims are ever paid in full, so the factor is a floating-point number: 16 bits of
//! exponent above 48 bits of mantissa, `mantissa · 2^-47 · 2^-exponent`. A fixed-point one would run out of digits, after
//! which nothing funded could be redeemed any more; whoever fills a market's small claims again and again could bring
//! that about.

use crate::error::EngineError;
use crate::units::products::wide_product;
use crate::units::{Atoms, MAX_ATOMS};

#[cfg(test)]
mod tests;

const MANTISSA_BITS: u32 = 48;
// The product of a mantissa and an amount fits; `reduced_ceil` then shifts it to the top bit and only divides, so nothing
// can overflow.
const _: () = assert!((1u128 << MANTISSA_BITS) * (MAX_ATOMS as u128) < 1 << 125);
/// The factor of a round in which nothing is funded yet: one.
pub const FULL_CLAIM_FACTOR: u64 = 1 << (MANTISSA_BITS - 1);

/// Mantissa, from 2^47 to below 2^48, and exponent.
fn parts(factor: u64) -> (u64, u32) {
    let exponent = u32::try_from(factor >> MANTISSA_BITS).unwrap_or(u32::MAX);
    (factor & ((1 << MANTISSA_BITS) - 1), exponent)
}

/// `⌈factor · left / whole⌉` in its last digit, for `0 < left ≤ whole`: the factor once all but `left` of `whole` is funded.
///
/// # Errors
/// [`EngineError::Overflow`] where `left` is not such a part, or below 2^-65535.
pub fn reduced_ceil(factor: u64, left: Atoms, whole: Atoms) -> Result<u64, EngineError> {
    let (mantissa, exponent) = parts(factor);
    if left.is_zero() || left > whole {
        return Err(EngineError::Overflow);
    }
    // The product has at least 48 bits and at most 110; shifted up it keeps at least 48 once divided.
    let product = wide_product(mantissa, left.get());
    let missing = product.leading_zeros();
    let shifted = product.checked_shl(missing).ok_or(EngineError::Overflow)?;
    let quotient = shifted.div_ceil(u128::from(whole.get()));
    // quotient · 2^-missing is the new factor's mantissa but for its place.
    let surplus = (u128::BITS).checked_sub(quotient.leading_zeros()).and_then(|bits| bits.checked_sub(MANTISSA_BITS));
    let surplus = surplus.ok_or(EngineError::Overflow)?;
    let unit = 1u128.checked_shl(surplus).ok_or(EngineError::Overflow)?;
    let rounded = u64::try_from(quotient.div_ceil(unit)).map_err(|_| EngineError::Overflow)?;
    // Rounding up may carry into the next power of two.
    let (rounded, surplus) = if rounded >> MANTISSA_BITS == 0 {
        (rounded, surplus)
    } else {
        (FULL_CLAIM_FACTOR, surplus.checked_add(1).ok_or(EngineError::Overflow)?)
    };
    let exponent =
        exponent.checked_add(missing).and_then(|sum| sum.checked_sub(surplus)).ok_or(EngineError::Overflow)?;
    let exponent = u16::try_from(exponent).map_err(|_| EngineError::Overflow)?;
    Ok(u64::from(exponent) << MANTISSA_BITS | rounded)
}

/// `⌈claim · now / then⌉`: what is still unfunded of a claim that was counted at the factor `then`.
///
/// # Errors
/// [`EngineError::Overflow`] where `now` is above `then`.
pub fn unfunded_ceil(claim: Atoms, now: u64, then: u64) -> Result<Atoms, EngineError> {
    if now == then {
        return Ok(claim);
    }
    let ((mantissa, exponent), (mantissa_then, exponent_then)) = (parts(now), parts(then));
    let halvings = exponent.checked_sub(exponent_then).ok_or(EngineError::Overflow)?;
    // At most 2^62 · 2^48 over 2^47: 64 halvings leave less than one atom.
    let divisor = if halvings > 64 { u128::MAX } else { u128::from(mantissa_then) << halvings };
    if divisor == 0 {
        return Err(EngineError::Overflow);
    }
    let left = wide_product(claim.get(), mantissa).div_ceil(divisor);
    let left = u64::try_from(left).map_err(|_| EngineError::Overflow)?;
    if left > claim.get() {
        return Err(EngineError::Overflow);
    }
    Ok(Atoms::new(left))
}
