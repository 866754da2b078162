//! The leverage that grows equity fastest, and how little of it an uncertain edge bears.

use super::SizingError;
use perp_engine::units::{Ppm, PPM};
use perp_engine::EngineError;

/// Days in a Julian year, in hundredths.
const HUNDREDTH_DAYS_A_YEAR: i128 = 36_525;
const ONE: i128 = PPM as i128;

/// What a trader believes to know of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// What a long position of one is expected to gain in a year, costs taken off, in ppm; negative where a short one gains.
    pub mean: i64,
    /// Volatility per √year, in ppm.
    pub volatility: u64,
    /// Days of observation that the mean was estimated from.
    pub days: u32,
}

/// The leverage that an edge bears, positive for long, in ppm of the equity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kelly {
    /// The leverage that grows equity fastest if the edge were known: `m / σ²`.
    pub full: i64,
    /// That for an edge one standard error lower.
    pub low: i64,
    /// That for an edge one standard error higher. Where `low` and this differ in sign, the days do not tell the side.
    pub high: i64,
    /// What of it is left because the edge is estimated, `m² / (m² + s²)`, rounded down.
    pub shrinkage: Ppm,
    /// What is advised: `full · shrinkage · fraction`, towards zero.
    pub leverage: i64,
    /// What equity then grows by in a year if the edge is as estimated, `leverage · m − (leverage · σ)² / 2`, in ppm rounded down.
    pub growth: i64,
}

/// The leverage of an edge, of which `fraction` is taken.
///
/// # Errors
/// [`SizingError::NoVolatility`], [`SizingError::NoObservations`]; `Overflow` where a leverage leaves 64 bits or `fraction` is above
/// one.
pub fn kelly(edge: &Edge, fraction: Ppm) -> Result<Kelly, SizingError> {
    let Edge { mean, volatility, days } = *edge;
    if volatility == 0 {
        return Err(SizingError::NoVolatility);
    }
    if days == 0 {
        return Err(SizingError::NoObservations);
    }
    if fraction > Ppm::ONE {
        return Err(EngineError::Overflow.into());
    }
    let (mean, volatility) = (i128::from(mean), i128::from(volatility));
    let variance = product(volatility, volatility)?;
    // The variance of an estimate from T years is σ² / T; it rounds up.
    let hundredths = product(days.into(), 100)?;
    let error_variance = divide_ceil(product(variance, HUNDREDTH_DAYS_A_YEAR)?, hundredths)?;
    let error = i128::from(root_ceil(error_variance)?);
    let full_of = |mean: i128| narrow(quotient(product(product(mean, ONE)?, ONE)?, variance)?);
    let square = product(mean, mean)?;
    let sum = square.checked_add(error_variance).ok_or(EngineError::Overflow)?;
    let shrinkage = quotient(product(square, ONE)?, sum)?;
    let full = full_of(mean)?;
    let leverage = quotient(product(product(full.into(), shrinkage)?, fraction.wide().into())?, product(ONE, ONE)?)?;
    // Twice the growth, in ppm: 2 · leverage · m / 10^6 − leverage² · σ² / 10^18.
    let gained = product(product(leverage, mean)?, 2 * ONE * ONE)?;
    let lost = product(product(leverage, leverage)?, variance)?;
    let doubled = gained.checked_sub(lost).ok_or(EngineError::Overflow)?;
    Ok(Kelly {
        full,
        low: full_of(mean.checked_sub(error).ok_or(EngineError::Overflow)?)?,
        high: full_of(mean.checked_add(error).ok_or(EngineError::Overflow)?)?,
        shrinkage: Ppm::new(u32::try_from(shrinkage).map_err(|_| EngineError::Overflow)?),
        leverage: narrow(leverage)?,
        growth: narrow(doubled.div_euclid(2 * ONE * ONE * ONE))?,
    })
}

fn product(a: i128, b: i128) -> Result<i128, EngineError> {
    a.checked_mul(b).ok_or(EngineError::Overflow)
}

/// Towards zero.
fn quotient(a: i128, b: i128) -> Result<i128, EngineError> {
    a.checked_div(b).ok_or(EngineError::Overflow)
}

/// For numbers not below zero, up.
fn divide_ceil(a: i128, b: i128) -> Result<i128, EngineError> {
    let whole = quotient(a, b)?;
    whole.checked_add(i128::from(product(whole, b)? != a)).ok_or(EngineError::Overflow)
}

fn root_ceil(square: i128) -> Result<u64, EngineError> {
    let square = u64::try_from(square).map_err(|_| EngineError::Overflow)?;
    Ok(perp_engine::units::products::square_root_ceil(square))
}

fn narrow(number: i128) -> Result<i64, EngineError> {
    i64::try_from(number).map_err(|_| EngineError::Overflow)
}
