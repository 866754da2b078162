//! What a trader's own words come to as the terms of an order: a tolerance, a part of a size, steps between two prices. None of it is
//! a rule of the exchange, and each result is filled or refused as any other.

use alloc::vec::Vec;
use perp_engine::units::products::{mul_div_floor, price_share_floor};
use perp_engine::units::{Ppm, Price, Side, Size};
use perp_engine::EngineError;

#[cfg(test)]
mod tests;

/// The worst acceptable price of an order of this side that may be filled `tolerance` worse than `price`: above it for whoever buys,
/// below it for whoever sells, and never by more than the tolerance.
///
/// # Errors
/// [`EngineError::PriceOutOfRange`] where no market can have such a price.
pub fn worst_price(price: Price, side: Side, tolerance: Ppm) -> Result<Price, EngineError> {
    let worse = price_share_floor(price, tolerance)?;
    match side {
        Side::Long => price.checked_add(worse),
        Side::Short => price.checked_sub(worse),
    }
}

/// `⌊size · part / whole⌋`: a share in ppm of a million, a slice of as many as there are.
///
/// # Errors
/// [`EngineError::Overflow`] where `whole` is zero or the result exceeds 64 bits.
pub fn part_of_size_floor(size: Size, part: u64, whole: u64) -> Result<Size, EngineError> {
    mul_div_floor(size.get(), part, whole).map(Size::new)
}

/// So many evenly spaced prices, the first and the last of them given; those between are rounded towards the first. A single one is the
/// first.
///
/// # Errors
/// [`EngineError::PriceOutOfRange`] where no market can have one of the two prices.
pub fn price_steps(first: Price, last: Price, steps: u8) -> Result<Vec<Price>, EngineError> {
    let span = first.get().abs_diff(last.get());
    let intervals = u64::from(steps.saturating_sub(1).max(1));
    let mut prices = Vec::with_capacity(steps.into());
    for step in 0..u64::from(steps) {
        let between = mul_div_floor(span, step, intervals)?;
        // At most the span, so that none lies beyond the last.
        let price =
            if last > first { first.get().saturating_add(between) } else { first.get().saturating_sub(between) };
        prices.push(Price::checked(price)?);
    }
    Ok(prices)
}
