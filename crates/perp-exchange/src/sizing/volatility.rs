//! Sizes as multiples of equity.

use super::SizingError;
use perp_engine::units::products::{mul_div_floor, wide_product};
use perp_engine::units::{Atoms, Ppm, Price, SignedAtoms, Size, MAX_SIZE, PPM, X40_BITS};
use perp_engine::EngineError;

/// The equity, where there is any.
pub(super) fn require_equity(equity: SignedAtoms) -> Result<Atoms, SizingError> {
    let positive = equity.positive_part();
    if positive.is_zero() {
        return Err(SizingError::NoEquity { equity });
    }
    Ok(positive)
}

/// The position whose notional is `leverage` times the equity, in ppm: `⌊equity · leverage / price⌋` base units.
///
/// # Errors
/// [`SizingError::NoEquity`]; `SizeOutOfRange` beyond 2^57 base units, `PriceOutOfRange` at a price of zero.
pub fn size_of_leverage(equity: SignedAtoms, leverage: u64, price: Price) -> Result<Size, SizingError> {
    let equity = require_equity(equity)?;
    let notional = mul_div_floor(equity.get(), leverage, PPM)?;
    let exact = wide_product(notional, 1 << X40_BITS);
    let size = exact.checked_div(price.get().into()).ok_or(EngineError::PriceOutOfRange)?;
    match u64::try_from(size) {
        Ok(size) if size <= MAX_SIZE => Ok(Size::new(size)),
        _ => Err(EngineError::SizeOutOfRange.into()),
    }
}

/// The position that moves the equity by `target` per √year where the market's price moves by `volatility`, both in ppm:
/// `⌊equity · target / volatility / price⌋` base units.
///
/// # Errors
/// Those of [`size_of_leverage`]; [`SizingError::NoVolatility`].
pub fn size_for_volatility(
    equity: SignedAtoms,
    price: Price,
    volatility: u64,
    target: Ppm,
) -> Result<Size, SizingError> {
    if volatility == 0 {
        return Err(SizingError::NoVolatility);
    }
    size_of_leverage(equity, mul_div_floor(target.wide(), PPM, volatility)?, price)
}
