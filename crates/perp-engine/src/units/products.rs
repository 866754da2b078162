//! Every product and quotient of two units.

use super::{Atoms, Base, FundingIndex, Ppm, Price, Raw, Side, Size, MAX_NOTIONAL, PPM, RAW_BITS};
use crate::error::EngineError;

const MAX_RAW_NOTIONAL: u128 = (MAX_NOTIONAL as u128) << RAW_BITS;

/// `size · price`, exact.
///
/// # Errors
/// [`EngineError::NotionalOutOfRange`] above 2^60 atoms.
pub fn notional(size: Size, price: Price) -> Result<Raw, EngineError> {
    let product = wide_product(size.get(), price.get());
    if product > MAX_RAW_NOTIONAL {
        return Err(EngineError::NotionalOutOfRange);
    }
    i128::try_from(product).map(Raw::new).map_err(|_| EngineError::NotionalOutOfRange)
}

/// What a position that bought or sold for `entry` has gained at `price`, exact; negative for a loss.
pub fn unrealised_profit(size: Base, entry: Raw, price: Price) -> Result<Raw, EngineError> {
    match size.side() {
        None => Ok(Raw::ZERO),
        Some(Side::Long) => notional(size.size(), price)?.minus(entry),
        Some(Side::Short) => entry.minus(notional(size.size(), price)?),
    }
}

/// `size · change of the index`, exact: what the position owes, negative where it is owed.
pub fn funding_owed(size: Size, change: FundingIndex) -> Result<Raw, EngineError> {
    i128::from(size.get()).checked_mul(i128::from(change.get())).map(Raw::new).ok_or(EngineError::Overflow)
}

/// `⌊raw · part / whole⌋` for `part ≤ whole`, without an intermediate above `whole²`.
///
/// # Errors
/// [`EngineError::Overflow`] where `raw` is negative, `whole` is zero or `part` exceeds it.
pub fn part_of_raw_floor(raw: Raw, part: Size, whole: Size) -> Result<Raw, EngineError> {
    if part == whole {
        return Ok(raw);
    }
    if part > whole {
        return Err(EngineError::Overflow);
    }
    let value = u128::try_from(raw.get()).map_err(|_| EngineError::Overflow)?;
    let (part, whole) = (u128::from(part.get()), u128::from(whole.get()));
    let per_unit = value.checked_div(whole).ok_or(EngineError::Overflow)?;
    let rest =
        value.checked_sub(per_unit.checked_mul(whole).ok_or(EngineError::Overflow)?).ok_or(EngineError::Overflow)?;
    let whole_units = per_unit.checked_mul(part).ok_or(EngineError::Overflow)?;
    let rest_units =
        rest.checked_mul(part).and_then(|product| product.checked_div(whole)).ok_or(EngineError::Overflow)?;
    let sum = whole_units.checked_add(rest_units).ok_or(EngineError::Overflow)?;
    i128::try_from(sum).map(Raw::new).map_err(|_| EngineError::Overflow)
}

/// `⌊atoms · numerator / denominator⌋`.
///
/// # Errors
/// [`EngineError::Overflow`] where the denominator is zero or the result exceeds 64 bits.
pub fn part_of_atoms_floor(atoms: Atoms, numerator: Atoms, denominator: Atoms) -> Result<Atoms, EngineError> {
    mul_div_floor(atoms.get(), numerator.get(), denominator.get()).map(Atoms::new)
}

/// `⌊atoms · share⌋`.
pub fn share_floor(atoms: Atoms, share: Ppm) -> Result<Atoms, EngineError> {
    mul_div_floor(atoms.get(), share.wide(), PPM).map(Atoms::new)
}

/// `⌈atoms · share⌉`.
pub fn share_ceil(atoms: Atoms, share: Ppm) -> Result<Atoms, EngineError> {
    mul_div_ceil(atoms.get(), share.wide(), PPM).map(Atoms::new)
}

/// `⌈Σ notional · share⌉` of two parts of one order, rounded once.
pub fn shares_of_notional_ceil(parts: [(Raw, Ppm); 2]) -> Result<Atoms, EngineError> {
    let mut sum = 0i128;
    for (notional, share) in parts {
        let part = notional.get().checked_mul(i128::from(share.get())).ok_or(EngineError::Overflow)?;
        sum = sum.checked_add(part).ok_or(EngineError::Overflow)?;
    }
    // ⌈x / (2^40 · 10^6)⌉ = ⌈⌈x / 2^40⌉ / 10^6⌉, and the inner number usually fits 64 bits.
    let atoms_ppm = sum.checked_add((1 << RAW_BITS) - 1).ok_or(EngineError::Overflow)? >> RAW_BITS;
    if let Ok(narrow) = u64::try_from(atoms_ppm) {
        return Ok(Atoms::new(narrow.div_ceil(PPM)));
    }
    let wide = u128::try_from(atoms_ppm).map_err(|_| EngineError::Overflow)?.div_ceil(u128::from(PPM));
    u64::try_from(wide).map(Atoms::new).map_err(|_| EngineError::Overflow)
}

/// `⌊size · share⌋`.
pub fn size_share_floor(size: Size, share: Ppm) -> Result<Size, EngineError> {
    mul_div_floor(size.get(), share.wide(), PPM).map(Size::new)
}

/// `⌈price · share⌉`, also for a share above one.
pub fn price_share_ceil(price: Price, share: Ppm) -> Result<Price, EngineError> {
    mul_div_ceil(price.get(), share.wide(), PPM).map(Price::new)
}

/// `a · b`, which always fits.
#[allow(clippy::arithmetic_side_effects)] // (2^64 − 1)² < 2^128
pub fn wide_product(a: u64, b: u64) -> u128 {
    u128::from(a) * u128::from(b)
}

/// `⌊a · b / c⌋`.
///
/// # Errors
/// [`EngineError::Overflow`] where `c` is zero or the result exceeds 64 bits.
pub fn mul_div_floor(a: u64, b: u64, c: u64) -> Result<u64, EngineError> {
    // Most amounts fit 64 bits, where the division is one machine instruction.
    if let Some(product) = a.checked_mul(b) {
        return product.checked_div(c).ok_or(EngineError::Overflow);
    }
    let product = wide_product(a, b);
    let quotient = product.checked_div(u128::from(c)).ok_or(EngineError::Overflow)?;
    u64::try_from(quotient).map_err(|_| EngineError::Overflow)
}

/// `⌈a · b / c⌉`.
///
/// # Errors
/// [`EngineError::Overflow`] where `c` is zero or the result exceeds 64 bits.
pub fn mul_div_ceil(a: u64, b: u64, c: u64) -> Result<u64, EngineError> {
    if let Some(product) = a.checked_mul(b) {
        if c == 0 {
            return Err(EngineError::Overflow);
        }
        return Ok(product.div_ceil(c));
    }
    let product = wide_product(a, b);
    let divisor = u128::from(c);
    let quotient = product.checked_div(divisor).ok_or(EngineError::Overflow)?;
    let exact = quotient.checked_mul(divisor).ok_or(EngineError::Overflow)? == product;
    let quotient = u64::try_from(quotient).map_err(|_| EngineError::Overflow)?;
    if exact {
        Ok(quotient)
    } else {
        quotient.checked_add(1).ok_or(EngineError::Overflow)
    }
}

/// `⌈√n⌉`.
pub fn square_root_ceil(n: u64) -> u64 {
    let floor = n.isqrt();
    // floor < 2^32: neither the square nor one more can overflow.
    if floor.checked_mul(floor) == Some(n) {
        floor
    } else {
        floor.checked_add(1).unwrap_or(floor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_tenth_of_an_entry_rounds_down_and_the_rest_stays() {
        // 1003 · 3 / 10 = 300.9
        let part = part_of_raw_floor(Raw::new(1003), Size::new(3), Size::new(10));
        assert_eq!(part, Ok(Raw::new(300)));
        assert_eq!(part_of_raw_floor(Raw::new(1003), Size::new(10), Size::new(10)), Ok(Raw::new(1003)));
        assert_eq!(part_of_raw_floor(Raw::new(1), Size::new(2), Size::new(1)), Err(EngineError::Overflow));
    }

    #[test]
    fn shares_round_as_their_names_say() {
        // 333 · 1 % = 3.33
        assert_eq!(share_floor(Atoms::new(333), Ppm::new(10_000)), Ok(Atoms::new(3)));
        assert_eq!(share_ceil(Atoms::new(333), Ppm::new(10_000)), Ok(Atoms::new(4)));
        assert_eq!(mul_div_ceil(u64::MAX, 2, 0), Err(EngineError::Overflow));
        assert_eq!(mul_div_ceil(1, 2, 0), Err(EngineError::Overflow));
    }

    proptest! {
        #[test]
        fn part_of_raw_equals_the_exact_fraction(
            raw in 0i128..(1 << 66), part in 0u64..=MAX_TEST, whole in 1u64..=MAX_TEST,
        ) {
            prop_assume!(part <= whole);
            let exact = raw * i128::from(part) / i128::from(whole);
            prop_assert_eq!(part_of_raw_floor(Raw::new(raw), Size::new(part), Size::new(whole)), Ok(Raw::new(exact)));
        }

        #[test]
        fn mul_div_brackets_the_exact_quotient(a: u64, b: u64, c in 1u64..) {
            let exact = u128::from(a) * u128::from(b);
            let floor = exact / u128::from(c);
            let ceil = exact.div_ceil(u128::from(c));
            prop_assert_eq!(mul_div_floor(a, b, c).ok(), u64::try_from(floor).ok());
            prop_assert_eq!(mul_div_ceil(a, b, c).ok(), u64::try_from(ceil).ok());
        }

        #[test]
        fn a_square_root_rounds_up(n: u64) {
            let ceil = u128::from(square_root_ceil(n));
            prop_assert!(ceil * ceil >= u128::from(n));
            prop_assert!(ceil == 0 || (ceil - 1) * (ceil - 1) < u128::from(n));
        }
    }

    const MAX_TEST: u64 = 1 << 57;
}
