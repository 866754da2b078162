//! Every product and quotient of two units.

use super::{Atoms, FundingIndex, Ppm, Price, QuoteX40, Side, SignedSize, Size, MAX_NOTIONAL, PPM, X40_BITS};
use crate::error::EngineError;

const MAX_X40_NOTIONAL: u128 = (MAX_NOTIONAL as u128) << X40_BITS;

/// Whether `size · price` is at most 2^60 atoms.
pub fn is_notional_in_range(size: Size, price: Price) -> bool {
    wide_product(size.get(), price.get()) <= MAX_X40_NOTIONAL
}

/// `size · price`, exact.
///
/// # Errors
/// [`EngineError::NotionalOutOfRange`] above 2^60 atoms.
pub fn notional(size: Size, price: Price) -> Result<QuoteX40, EngineError> {
    let product = wide_product(size.get(), price.get());
    if product > MAX_X40_NOTIONAL {
        return Err(EngineError::NotionalOutOfRange);
    }
    i128::try_from(product).map(QuoteX40::new).map_err(|_| EngineError::NotionalOutOfRange)
}

/// What a position that bought or sold for `entry` has gained at `price`, exact; negative for a loss.
pub fn unrealized_profit(size: SignedSize, entry: QuoteX40, price: Price) -> Result<QuoteX40, EngineError> {
    match size.side() {
        None => Ok(QuoteX40::ZERO),
        Some(Side::Long) => notional(size.size(), price)?.checked_sub(entry),
        Some(Side::Short) => entry.checked_sub(notional(size.size(), price)?),
    }
}

/// `size · change of the index`, exact: what the position owes, negative where it is owed.
pub fn funding_owed(size: Size, change: FundingIndex) -> Result<QuoteX40, EngineError> {
    if change.get() == 0 {
        return Ok(QuoteX40::ZERO);
    }
    // The magnitudes' product is below 2^127 for every size in range and every change of an index.
    let magnitude = i128::try_from(wide_product(size.get(), change.get().unsigned_abs()))
        .map(QuoteX40::new)
        .map_err(|_| EngineError::Overflow)?;
    if change.get() < 0 {
        magnitude.checked_neg()
    } else {
        Ok(magnitude)
    }
}

/// `⌊quote · part / whole⌋` for `part ≤ whole`, without an intermediate above `whole²`.
///
/// # Errors
/// [`EngineError::Overflow`] where `part` exceeds `whole`, and where a part that is neither nothing nor all is taken of a
/// negative `quote`.
pub fn part_of_quote_floor(quote: QuoteX40, part: Size, whole: Size) -> Result<QuoteX40, EngineError> {
    if part == whole {
        return Ok(quote);
    }
    if part > whole {
        return Err(EngineError::Overflow);
    }
    if part.is_zero() {
        return Ok(QuoteX40::ZERO);
    }
    let value = u128::try_from(quote.get()).map_err(|_| EngineError::Overflow)?;
    let divisor = u128::from(whole.get());
    let per_unit = value.checked_div(divisor).ok_or(EngineError::Overflow)?;
    // Both products are at most `value`, and the rest is below `whole`, so that it fits 64 bits.
    let whole_units = per_unit.wrapping_mul(u128::from(part.get()));
    let rest = u64::try_from(value.wrapping_sub(per_unit.wrapping_mul(divisor))).map_err(|_| EngineError::Overflow)?;
    let rest_units = mul_div_floor(rest, part.get(), whole.get())?;
    let sum = whole_units.checked_add(u128::from(rest_units)).ok_or(EngineError::Overflow)?;
    i128::try_from(sum).map(QuoteX40::new).map_err(|_| EngineError::Overflow)
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
///
/// # Errors
/// [`EngineError::Overflow`] for a notional below zero or above 2^60 atoms, and for a share above one.
pub fn shares_of_notional_ceil(parts: [(QuoteX40, Ppm); 2]) -> Result<Atoms, EngineError> {
    let mut sum = 0u128;
    for (notional, share) in parts {
        let notional = u128::try_from(notional.get()).map_err(|_| EngineError::Overflow)?;
        if notional > MAX_X40_NOTIONAL || share > Ppm::ONE {
            return Err(EngineError::Overflow);
        }
        // At most 2^100 · 10^6.
        sum = sum.checked_add(notional.wrapping_mul(share.wide().into())).ok_or(EngineError::Overflow)?;
    }
    // ⌈x / (2^40 · 10^6)⌉ = ⌈⌈x / 2^40⌉ / 10^6⌉, and the inner number usually fits 64 bits.
    let atoms_ppm = sum.checked_add((1 << X40_BITS) - 1).ok_or(EngineError::Overflow)? >> X40_BITS;
    if let Ok(narrow) = u64::try_from(atoms_ppm) {
        return Ok(Atoms::new(narrow.div_ceil(PPM)));
    }
    u64::try_from(atoms_ppm.div_ceil(PPM.into())).map(Atoms::new).map_err(|_| EngineError::Overflow)
}

/// `⌊size · share⌋`.
pub fn size_share_floor(size: Size, share: Ppm) -> Result<Size, EngineError> {
    mul_div_floor(size.get(), share.wide(), PPM).map(Size::new)
}

/// `⌊price · share⌋`.
pub fn price_share_floor(price: Price, share: Ppm) -> Result<Price, EngineError> {
    mul_div_floor(price.get(), share.wide(), PPM).map(Price::new)
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

/// `a · b` in 64 bits.
///
/// # Errors
/// [`EngineError::Overflow`] where it does not fit.
pub fn product(a: u64, b: u64) -> Result<u64, EngineError> {
    // Nearly all fit 63 bits, which a division of one unit tells; a checked product takes forty.
    if is_narrow(a, b) {
        return Ok(a.wrapping_mul(b));
    }
    a.checked_mul(b).ok_or(EngineError::Overflow)
}

/// Whether `a · b` certainly fits 63 bits.
fn is_narrow(a: u64, b: u64) -> bool {
    match (u64::MAX >> 1).checked_div(b) {
        Some(most) => a <= most,
        None => true,
    }
}

/// `⌊a · b / c⌋`.
///
/// # Errors
/// [`EngineError::Overflow`] where `c` is zero or the result exceeds 64 bits.
pub fn mul_div_floor(a: u64, b: u64, c: u64) -> Result<u64, EngineError> {
    // Most amounts fit 64 bits, where the division is one machine instruction.
    if is_narrow(a, b) {
        return a.wrapping_mul(b).checked_div(c).ok_or(EngineError::Overflow);
    }
    let quotient = wide_product(a, b).checked_div(u128::from(c)).ok_or(EngineError::Overflow)?;
    u64::try_from(quotient).map_err(|_| EngineError::Overflow)
}

/// `⌈a · b / c⌉`.
///
/// # Errors
/// [`EngineError::Overflow`] where `c` is zero or the result exceeds 64 bits.
pub fn mul_div_ceil(a: u64, b: u64, c: u64) -> Result<u64, EngineError> {
    if is_narrow(a, b) {
        if c == 0 {
            return Err(EngineError::Overflow);
        }
        return Ok(a.wrapping_mul(b).div_ceil(c));
    }
    let quotient = wide_product(a, b).checked_div(u128::from(c)).ok_or(EngineError::Overflow)?;
    let quotient = u64::try_from(quotient).map_err(|_| EngineError::Overflow)?;
    // The rest is below `c`, so its low 64 bits are all of it.
    let exact = quotient.wrapping_mul(c) == a.wrapping_mul(b);
    if exact {
        Ok(quotient)
    } else {
        quotient.checked_add(1).ok_or(EngineError::Overflow)
    }
}

/// `⌈√n⌉`, by Newton's method from a power of two above the root.
#[allow(clippy::arithmetic_side_effects)] // the guess is above zero, and the sum of two halves of a 33-bit guess fits
pub fn square_root_ceil(n: u64) -> u64 {
    if n <= 1 {
        return n;
    }
    // The least power of four above n − 1, and its root: for a machine that cannot count leading zeros.
    let (mut root, mut rest) = (2u64, n - 1);
    for bits in [32, 16, 8, 4, 2] {
        if rest >> bits != 0 {
            rest >>= bits;
            root <<= bits / 2;
        }
    }
    // Five steps bring this guess, too large by less than a factor of √2·√2, to ⌊√n⌋ or one above it.
    for _ in 0..5 {
        root = (root + n / root) >> 1;
    }
    // For whole numbers root² > n and root > ⌊n / root⌋ are the same, and then root² is at most n.
    while root > n / root {
        root -= 1;
    }
    if root.wrapping_mul(root) == n {
        root
    } else {
        root + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_tenth_of_an_entry_rounds_down_and_the_rest_stays() {
        // 1003 · 3 / 10 = 300.9
        let part = part_of_quote_floor(QuoteX40::new(1003), Size::new(3), Size::new(10));
        assert_eq!(part, Ok(QuoteX40::new(300)));
        assert_eq!(part_of_quote_floor(QuoteX40::new(1003), Size::new(10), Size::new(10)), Ok(QuoteX40::new(1003)));
        assert_eq!(part_of_quote_floor(QuoteX40::new(1), Size::new(2), Size::new(1)), Err(EngineError::Overflow));
    }

    #[test]
    fn shares_round_as_their_names_say() {
        // 333 · 1 % = 3.33
        assert_eq!(share_floor(Atoms::new(333), Ppm::new(10_000)), Ok(Atoms::new(3)));
        assert_eq!(share_ceil(Atoms::new(333), Ppm::new(10_000)), Ok(Atoms::new(4)));
        assert_eq!(mul_div_ceil(u64::MAX, 2, 0), Err(EngineError::Overflow));
        assert_eq!(mul_div_ceil(1, 2, 0), Err(EngineError::Overflow));
    }

    #[test]
    fn square_roots_round_up_around_squares_and_powers_of_two() {
        let ceil = |n: u64| n.isqrt() + u64::from(n.isqrt().pow(2) != n);
        let check = |n: u64| assert_eq!(square_root_ceil(n), ceil(n), "of {n}");
        (0..=4_096).for_each(check);
        check(u64::MAX);
        for bit in 0..u64::BITS {
            let power = 1 << bit;
            [power - 1, power, power + 1].into_iter().for_each(check);
        }
        // The roots around each power of two, and the squares around each of them; the largest square is (2^32 − 1)².
        for bit in 0..=32 {
            for root in [(1 << bit) - 1u64, 1 << bit, (1 << bit) + 1, (3 << bit) / 2] {
                if let Some(square) = root.checked_pow(2).filter(|square| *square > 0) {
                    [square - 1, square, square + 1].into_iter().for_each(check);
                }
            }
        }
    }

    #[test]
    fn the_fee_of_both_parts_of_an_order_is_rounded_once() {
        let atoms = |amount: i128| QuoteX40::new(amount << X40_BITS);
        // 1000 · 0.0004 + 3000 · 0.0002 = 1; a unit of 2^-40 more is another atom.
        let fee =
            |beyond| [(atoms(1_000), Ppm::new(400)), (QuoteX40::new((3_000 << X40_BITS) + beyond), Ppm::new(200))];
        assert_eq!(shares_of_notional_ceil(fee(0)), Ok(Atoms::new(1)));
        assert_eq!(shares_of_notional_ceil(fee(1)), Ok(Atoms::new(2)));
        // All of the largest notional, twice.
        let most = atoms(1 << 60);
        assert_eq!(shares_of_notional_ceil([(most, Ppm::ONE); 2]), Ok(Atoms::new(1 << 61)));
        let nothing = (QuoteX40::ZERO, Ppm::ZERO);
        for refused in
            [(QuoteX40::new(-1), Ppm::ONE), (QuoteX40::new(most.get() + 1), Ppm::ONE), (most, Ppm::new(1_000_001))]
        {
            assert_eq!(shares_of_notional_ceil([nothing, refused]), Err(EngineError::Overflow));
        }
    }

    #[test]
    fn a_product_is_exact_up_to_the_last_number_of_64_bits() {
        // 2^64 − 1 = (2^32 − 1)·(2^32 + 1), and below 2^63 a shorter way is taken.
        assert_eq!(product((1 << 32) - 1, (1 << 32) + 1), Ok(u64::MAX));
        assert_eq!(product(1 << 32, 1 << 32), Err(EngineError::Overflow));
        assert_eq!(product(1 << 31, 1 << 32), Ok(1 << 63));
        assert_eq!(product((1 << 31) - 1, 1 << 32), Ok((1 << 63) - (1 << 32)));
        assert_eq!((product(u64::MAX, 1), product(1, u64::MAX)), (Ok(u64::MAX), Ok(u64::MAX)));
        assert_eq!(
            (product(u64::MAX, 2), product(2, u64::MAX)),
            (Err(EngineError::Overflow), Err(EngineError::Overflow))
        );
        assert_eq!((product(u64::MAX, 0), product(0, u64::MAX)), (Ok(0), Ok(0)));
    }

    proptest! {
        #[test]
        fn a_product_is_that_of_128_bits_where_it_fits(a: u64, b: u64, narrower in 0u32..64) {
            let b = b >> narrower;
            let exact = u64::try_from(u128::from(a) * u128::from(b));
            prop_assert_eq!(product(a, b).ok(), exact.ok());
        }

        #[test]
        fn a_square_root_rounds_up_next_to_any_square(root in 1u64..1 << 32) {
            let square = root * root;
            prop_assert_eq!(square_root_ceil(square - 1), if root == 1 { 0 } else { root });
            prop_assert_eq!(square_root_ceil(square), root);
            prop_assert_eq!(square_root_ceil(square + 1), root + 1);
        }

        #[test]
        fn a_part_of_a_quote_equals_the_exact_fraction(
            quote in 0i128..(1 << 66), part in 0u64..=MAX_TEST, whole in 1u64..=MAX_TEST,
        ) {
            prop_assume!(part <= whole);
            let exact = quote * i128::from(part) / i128::from(whole);
            prop_assert_eq!(part_of_quote_floor(QuoteX40::new(quote), Size::new(part), Size::new(whole)), Ok(QuoteX40::new(exact)));
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
