//! The margin that a market's measured volatility calls for, and how fast it may get there.
//!
//! It rises by so much an hour only, and silence counts for a minute of that at most: whoever is to be liquidated by it has time
//! to act, and no single price liquidates anybody by what it does to the margin.

use crate::error::EngineError;
use crate::state::{Market, Parameters, PriceAverages};
use crate::units::products::{mul_div_ceil, product};
use crate::units::{Ppm, PPM};

#[cfg(test)]
mod tests;

/// The measured margin is stored in 1/3600 ppm, so that a ramp in ppm per hour moves it by whole units every second.
const UNITS_PER_PPM: u64 = 3_600;
/// Longest time between two prices for which the measured margin rises, in seconds.
const LONGEST_RISE_SECONDS: u64 = 60;
/// Longest time between two prices for which it falls, in seconds.
const LONGEST_FALL_SECONDS: u64 = 86_400;

/// The market's measured margin fraction, rounded up; zero where it measures none.
///
/// # Errors
/// [`EngineError::Overflow`] for a stored value that no sequence of prices leads to.
pub fn measured_margin_ceil(market: &Market) -> Result<Ppm, EngineError> {
    let ppm = market.averages.measured_margin.div_ceil(UNITS_PER_PPM);
    u32::try_from(ppm).map(Ppm::new).map_err(|_| EngineError::Overflow)
}

/// Where the measured margin begins and what it never falls below, in 1/3600 ppm: the base margin, so that a rise of volatility
/// is felt at once.
pub(super) fn smallest(parameters: &Parameters) -> Result<u64, EngineError> {
    if !is_measured(parameters) {
        return Ok(0);
    }
    in_units(parameters.base_margin.wide())
}

/// The measured margin `elapsed` seconds after the price before, in 1/3600 ppm.
pub(super) fn after(averages: &PriceAverages, elapsed: u64, parameters: &Parameters) -> Result<u64, EngineError> {
    if !is_measured(parameters) {
        return Ok(0);
    }
    let target = in_units(target_ceil(averages.slow_volatility, parameters)?)?;
    let stored = averages.measured_margin;
    let (rate, seconds) = if target >= stored {
        (parameters.ramp_up, elapsed.min(LONGEST_RISE_SECONDS))
    } else {
        (parameters.ramp_down, elapsed.min(LONGEST_FALL_SECONDS))
    };
    let step = product(rate.wide(), seconds)?.min(target.abs_diff(stored));
    let moved = if target >= stored { stored.checked_add(step) } else { stored.checked_sub(step) };
    moved.ok_or(EngineError::Overflow)
}

/// Whether the market has a measured margin at all.
pub(crate) fn is_measured(parameters: &Parameters) -> bool {
    parameters.measured_weight > Ppm::ZERO && parameters.volatility > Ppm::ZERO
}

fn in_units(ppm: u64) -> Result<u64, EngineError> {
    product(ppm, UNITS_PER_PPM)
}

/// `base · c · σ measured / σ`, rounded up, in ppm: at least the base margin, at most the limit. A market that is as volatile as
/// listed has `c` times its base margin of it.
pub(crate) fn target_ceil(measured: Ppm, parameters: &Parameters) -> Result<u64, EngineError> {
    let base = parameters.base_margin.wide();
    let at_listed = mul_div_ceil(base, parameters.measured_weight.wide(), PPM)?;
    let called_for = mul_div_ceil(at_listed, measured.wide(), parameters.volatility.wide())?;
    Ok(called_for.min(parameters.measured_limit.wide()).max(base))
}
