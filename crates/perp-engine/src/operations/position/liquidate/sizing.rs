//! How much of a position a liquidation closes.

use crate::error::EngineError;
use crate::market::measured_margin::measured_margin_ceil;
use crate::risk::group::Relief;
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

/// `⌈⌈(1 + b)·marginal⌉ · relieved⌉ − 2 · penalty rate`: the same where as much is closed on both sides of a risk group.
fn paired_slope(marginal: Ppm, rate: Ppm, relieved: u64, parameters: &Parameters) -> Result<Option<u64>, EngineError> {
    let buffered = mul_div_ceil(marginal.wide(), buffered(parameters)?, PPM)?;
    let both = rate.wide().checked_mul(2).ok_or(EngineError::Overflow)?;
    Ok(mul_div_ceil(buffered, relieved, PPM)?.checked_sub(both))
}

/// `⌊shortfall / slope⌋` in notional; `None` for all of `value`.
fn value_to_close_floor(shortfall: Atoms, slope: u64, value: Atoms) -> Result<Option<Atoms>, EngineError> {
    // Above the position's value the quotient only says "all of it"; the comparison avoids the division's range.
    if wide_product(shortfall.get(), PPM) < wide_product(value.get(), slope) {
        return mul_div_floor(shortfall.get(), PPM, slope).map(|close| Some(Atoms::new(close)));
    }
    Ok(None)
}

/// The same of a position beside others on the other side of its risk group: up to the excess of its own side alone, beyond it in
/// proportion with them.
fn hedged_value_to_close_floor(
    shortfall: Atoms,
    slope: u64,
    value: Atoms,
    relief: Relief,
    marginal: Ppm,
    rate: Ppm,
    parameters: &Parameters,
) -> Result<Option<Atoms>, EngineError> {
    let excess = Atoms::new(mul_div_floor(relief.excess_floor()?.get(), PPM, marginal.wide().max(1))?);
    if excess >= value {
        return value_to_close_floor(shortfall, slope, value);
    }
    let brought = Atoms::new(mul_div_floor(excess.get(), slope, PPM)?);
    if shortfall <= brought {
        return value_to_close_floor(shortfall, slope, value);
    }
    let Some(paired) = paired_slope(marginal, rate, relief.relieved()?, parameters)? else { return Ok(None) };
    let beyond = value_to_close_floor(shortfall.checked_sub(brought)?, paired, value.checked_sub(excess)?)?;
    beyond.map(|beyond| excess.checked_add(beyond)).transpose()
}

/// How much to close: enough to restore `(1 + b)·MM`, at most `max_size` and the position; what would leave less than
/// the minimum position closes whole.
///
/// Closing `n` of notional lowers MM by at most `marginal · n` and equity by `rate · n`, so
/// `n = ((1 + b)·MM − E) / ((1 + b)·marginal − rate)` overshoots by no more than `2·(1 + b)` ppm of the position, the
/// rounding of two fractions to whole ppm.
///
/// In a risk group where the account is on both sides that is so up to the excess of this side. Beyond it closing `n` here is followed
/// by as much on the other side, which lowers MM by what their margins come to together, `relieved` of one, and costs twice as much.
pub(super) fn size_to_close_floor(
    before: Health,
    position: Size,
    price: Price,
    rate: Ppm,
    max_size: Size,
    market: &Market,
    relief: Option<Relief>,
) -> Result<Size, EngineError> {
    let parameters = &market.parameters;
    let value = notional(position, price)?.to_atoms_ceil()?;
    let marginal = maintenance_margin_ceil(value, measured_margin_ceil(market)?, parameters)?.marginal;
    let slope = closing_slope(marginal, rate, parameters)?;
    let target = Atoms::new(mul_div_floor(before.margin.get(), buffered(parameters)?, PPM)?);
    let shortfall = target.signed()?.checked_sub(before.equity)?.positive_part();

    // Without equity no part restores anything, nor where closing costs as much as it relieves.
    let bankrupt = before.equity.positive_part().is_zero();
    let close_value = match slope {
        Some(slope) if !bankrupt => match relief {
            None => value_to_close_floor(shortfall, slope, value)?,
            Some(relief) => hedged_value_to_close_floor(shortfall, slope, value, relief, marginal, rate, parameters)?,
        },
        _ => None,
    };
    let wanted = match close_value {
        Some(close_value) => Size::new(mul_div_floor(position.get(), close_value.get(), value.get())?.max(1)),
        None => position,
    };
    let size = wanted.min(max_size).min(position);
    let left = position.checked_sub(size)?;
    if notional(left, price)?.to_atoms_floor()? < parameters.minimum_position {
        return Ok(position);
    }
    Ok(size)
}
