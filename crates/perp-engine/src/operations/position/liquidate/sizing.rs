//! How much of a position a liquidation closes.

use crate::error::EngineError;
use crate::market::measured_margin::measured_margin_ceil;
use crate::risk::margin::maintenance_margin_ceil;
use crate::risk::portfolio::Health;
use crate::state::{Market, Parameters};
use crate::units::products::{mul_div_ceil, mul_div_floor, notional, wide_product};
use crate::units::{Atoms, Ppm, Price, Size, PPM};

/// `1 + b`, in ppm.
fn buffered(parameters: &Parameters) -> Result<u64, EngineError> {
    PPM.checked_add(parameters.liquidation_buffer.wide()).ok_or(EngineError::Overflow)
}

/// `⌈(1 + b)·marginal⌉ − penalty rate`, in ppm: how much nearer to `(1 + b)·MM` closing brings equity, per notional. `None`
/// where it takes away more than it brings.
pub(crate) fn closing_slope(marginal: Ppm, rate: Ppm, parameters: &Parameters) -> Result<Option<u64>, EngineError> {
    Ok(mul_div_ceil(marginal.wide(), buffered(parameters)?, PPM)?.checked_sub(rate.wide()))
}

/// How much to close: enough to restore `(1 + b)·MM`, at most `max_size` and the position; what would leave less than
/// the minimum position closes whole.
///
/// Closing `n` of notional lowers MM by at most `marginal · n` and equity by `rate · n`, so
/// `n = ((1 + b)·MM − E) / ((1 + b)·marginal − rate)` overshoots by no more than `2·(1 + b)` ppm of the position, the
/// rounding of two fractions to whole ppm.
pub(super) fn size_to_close_floor(
    before: Health,
    position: Size,
    price: Price,
    rate: Ppm,
    max_size: Size,
    market: &Market,
) -> Result<Size, EngineError> {
    let parameters = &market.parameters;
    let value = notional(position, price)?.to_atoms_ceil()?;
    let marginal = maintenance_margin_ceil(value, measured_margin_ceil(market)?, parameters)?.marginal;
    let slope = closing_slope(marginal, rate, parameters)?;
    let target = Atoms::new(mul_div_floor(before.margin.get(), buffered(parameters)?, PPM)?);
    let shortfall = target.signed()?.checked_sub(before.equity)?.positive_part();

    // Above the position's value the quotient only says "all of it"; the comparison avoids the division's range.
    // Without equity no part restores anything, nor where closing costs as much as it relieves.
    let bankrupt = before.equity.positive_part().is_zero();
    let wanted = match slope {
        Some(slope) if !bankrupt && wide_product(shortfall.get(), PPM) < wide_product(value.get(), slope) => {
            let close_value = Atoms::new(mul_div_floor(shortfall.get(), PPM, slope)?);
            Size::new(mul_div_floor(position.get(), close_value.get(), value.get())?.max(1))
        }
        _ => position,
    };
    let size = wanted.min(max_size).min(position);
    let left = position.checked_sub(size)?;
    if notional(left, price)?.to_atoms_floor()? < parameters.minimum_position {
        return Ok(position);
    }
    Ok(size)
}
