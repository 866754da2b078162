//! What a decision may make of a market's parameters, and how fast.
//!
//! A change is taken in steps, an hour apart at least. Each goes as far as it may cost an open position [`STEP_PPM`] of its notional,
//! by [`cost_of_change_ceil`]; in between the market has ordinary parameters, and nothing has to be computed for it.

use crate::error::EngineError;
use crate::market::measured_margin::is_measured;
use crate::market::price::spread_as_listed_ceil;
use crate::state::{Parameters, RATE_BITS, STEP_SECONDS};
use crate::units::products::{mul_div_ceil, mul_div_floor, size_share_floor, wide_product};
use crate::units::{Atoms, Ppm, Price, Size, MAX_NOTIONAL, PPM};

#[cfg(test)]
mod tests;

/// What one step may cost an open position at most, in ppm of its notional.
pub const STEP_PPM: u64 = 320;
/// What carry and surge together may be at most where a decision sets them, in ppm of the notional a day.
pub const CARRY_A_DAY_PPM: u64 = 2_000;
/// The backing cap with which a market begins at most: a hundredth of the pool.
pub const FIRST_BACKING_CAP: Ppm = Ppm::new(10_000);
/// By how much one decision raises the backing cap at most.
pub const LARGEST_BACKING_STEP: Ppm = Ppm::new(10_000);
/// A decision sets `max_confidence_valid` no lower than this, and `max_age_trade` no lower than [`LEAST_AGE`]: nobody is shut in by a
/// market for whose prices nothing is good enough.
const LEAST_CONFIDENCE: Ppm = Ppm::new(5_000);
const LEAST_AGE: u32 = 5;

const DAY: u64 = 86_400;

// Twenty-five steps fit between two moments a day apart, with the carry of that day: one point of notional.
const _: () = assert!((DAY / STEP_SECONDS as u64 + 1) * STEP_PPM + CARRY_A_DAY_PPM <= 10_000);

rules! { ChangeRule "What a decision may not change of a market."
    Fixed "isolated_only stays, or positions could not be reduced; second_max_deviation and second_max_age change with the oracle alone";
    Falling "funding_rate_cap, funding_velocity, max_accrual_seconds, ramp_up and shared_draw_limit only fall, and funding builds up no faster at any skew: impact_scale * impact_limit does not fall by more than funding_velocity does";
    Carry "carry_rate + carry_surge is at most 0.2 % a day, or what it was";
    Growth "open_interest_cap at most doubles and backing_cap grows by at most one percent of the pool";
    Readings "max_confidence_valid is at least 0.5 % and max_age_trade at least 5 s, or what they were";
    Steep "a part of the change costs an open position at most 0.032 % of its notional, and changes something";
    Listing "a new market has a backing_cap of at most 1 % of the pool and a shared_draw_limit of zero";
}

/// Whether a decision may lead from `from` to `to`, whatever time it takes, and `to` holds together.
///
/// # Errors
/// [`EngineError::MarketParameters`], [`EngineError::MarketChange`] with the first rule broken.
// A frame of its own: a program's is 4096 bytes.
#[inline(never)]
pub fn check_change(from: &Parameters, to: &Parameters) -> Result<(), EngineError> {
    to.validate()?;
    let rules = [
        (ChangeRule::Fixed, is_fixed(from, to)),
        (ChangeRule::Falling, only_falls(from, to)?),
        (ChangeRule::Carry, carries_little(to)? || carry(to)? <= carry(from)?),
        (ChangeRule::Growth, grows_slowly(from, to)?),
        (ChangeRule::Readings, reads_enough(from, to)),
    ];
    first_broken(&rules)
}

/// Whether a market may be listed so by a decision.
///
/// # Errors
/// [`EngineError::MarketParameters`], [`EngineError::MarketChange`] with the first rule broken.
pub fn check_listing(parameters: &Parameters) -> Result<(), EngineError> {
    parameters.validate()?;
    let starts_small = parameters.backing_cap <= FIRST_BACKING_CAP && parameters.shared_draw_limit == Atoms::ZERO;
    first_broken(&[(ChangeRule::Carry, carries_little(parameters)?), (ChangeRule::Listing, starts_small)])
}

fn first_broken(rules: &[(ChangeRule, bool)]) -> Result<(), EngineError> {
    match rules.iter().find(|(_, holds)| !holds) {
        Some((rule, _)) => Err(EngineError::MarketChange { rule: *rule }),
        None => Ok(()),
    }
}

fn is_fixed(from: &Parameters, to: &Parameters) -> bool {
    to.isolated_only == from.isolated_only
        && to.second_max_deviation == from.second_max_deviation
        && to.second_max_age == from.second_max_age
}

fn only_falls(from: &Parameters, to: &Parameters) -> Result<bool, EngineError> {
    let (before, after) = (full_speed_skew(from)?, full_speed_skew(to)?);
    // v' / limit' <= v / limit: at a skew below both limits.
    let slower = wide_product(to.funding_velocity, before.get()) <= wide_product(from.funding_velocity, after.get());
    Ok(to.funding_rate_cap <= from.funding_rate_cap
        && to.funding_velocity <= from.funding_velocity
        && slower
        && to.max_accrual_seconds <= from.max_accrual_seconds
        && to.ramp_up <= from.ramp_up
        && to.shared_draw_limit <= from.shared_draw_limit)
}

fn carry(parameters: &Parameters) -> Result<u64, EngineError> {
    parameters.carry_rate.checked_add(parameters.carry_surge).ok_or(EngineError::Overflow)
}

fn carries_little(parameters: &Parameters) -> Result<bool, EngineError> {
    Ok(a_day_ceil(carry(parameters)?)? <= CARRY_A_DAY_PPM)
}

/// A rate in 2^-60 per second as ppm a day.
fn a_day_ceil(rate: u64) -> Result<u64, EngineError> {
    mul_div_ceil(rate.checked_mul(DAY).ok_or(EngineError::Overflow)?, PPM, 1 << RATE_BITS)
}

fn grows_slowly(from: &Parameters, to: &Parameters) -> Result<bool, EngineError> {
    let twice = from.open_interest_cap.checked_add(from.open_interest_cap)?;
    let backing = from.backing_cap.get().checked_add(LARGEST_BACKING_STEP.get()).ok_or(EngineError::Overflow)?;
    Ok(to.open_interest_cap <= twice && to.backing_cap.get() <= backing)
}

fn reads_enough(from: &Parameters, to: &Parameters) -> bool {
    to.max_confidence_valid >= from.max_confidence_valid.min(LEAST_CONFIDENCE)
        && to.max_age_trade >= from.max_age_trade.min(LEAST_AGE)
}

/// The skew from which funding moves at full speed.
fn full_speed_skew(parameters: &Parameters) -> Result<Size, EngineError> {
    size_share_floor(parameters.impact_scale, parameters.impact_limit)
}

/// The parameters after the next step from `from` towards `to`: `to`, or an equal part of the way for every parameter, as far as one
/// step may go. `measured` is the market's [measured margin](crate::market::measured_margin).
///
/// # Errors
/// [`EngineError::MarketParameters`] where what is between them does not hold together; [`EngineError::MarketChange`].
// A frame of its own: a program's is 4096 bytes.
#[inline(never)]
pub fn next_step(from: &Parameters, to: &Parameters, measured: Ppm) -> Result<Parameters, EngineError> {
    let mut parts = cost_of_change_ceil(from, to, measured)?.div_ceil(STEP_PPM).max(1);
    // What a part costs is a part of what the whole does, but for rounding and for what grows by ratios.
    for _ in 0..ATTEMPTS {
        let next = part_of_the_way(from, to, parts)?;
        if next == *from {
            break;
        }
        if cost_of_change_ceil(from, &next, measured)? <= STEP_PPM {
            next.validate()?;
            return Ok(next);
        }
        parts = parts.checked_mul(2).ok_or(EngineError::Overflow)?;
    }
    Err(EngineError::MarketChange { rule: ChangeRule::Steep })
}

const ATTEMPTS: u32 = 4;

/// A number that can go a part of the way to another.
trait Moving: Copy {
    fn towards(self, to: Self, parts: u64) -> Result<Self, EngineError>;
}

impl Moving for u64 {
    fn towards(self, to: Self, parts: u64) -> Result<Self, EngineError> {
        let step = self.abs_diff(to).checked_div(parts).ok_or(EngineError::Overflow)?;
        let moved = if to >= self { self.checked_add(step) } else { self.checked_sub(step) };
        moved.ok_or(EngineError::Overflow)
    }
}

impl Moving for u32 {
    fn towards(self, to: Self, parts: u64) -> Result<Self, EngineError> {
        u32::try_from(u64::from(self).towards(u64::from(to), parts)?).map_err(|_| EngineError::Overflow)
    }
}

macro_rules! moving {
    ($($unit:ident)+) => { $(
        impl Moving for $unit {
            fn towards(self, to: Self, parts: u64) -> Result<Self, EngineError> {
                self.get().towards(to.get(), parts).map(Self::new)
            }
        }
    )+ };
}

moving!(Atoms Ppm Size);

macro_rules! all_parameters {
    ($($field:ident: $unit:ident $integer:ident $kind:ident $text:literal;)+) => {
        #[inline(never)]
        fn part_of_the_way(from: &Parameters, to: &Parameters, parts: u64) -> Result<Parameters, EngineError> {
            Ok(Parameters { $($field: from.$field.towards(to.$field, parts)?,)+ reserved: to.reserved })
        }
    };
}

crate::market_parameters!(all_parameters);

/// What putting `to` in place of `from` may cost an open position at unchanged prices, in ppm of its notional: what its requirement
/// rises by, and closing it costs more. An upper bound for every size, side and volatility; that of the spread while the market is as
/// volatile as listed.
///
/// # Errors
/// [`EngineError::Overflow`].
// A frame of its own: a program's is 4096 bytes.
#[inline(never)]
pub fn cost_of_change_ceil(from: &Parameters, to: &Parameters, measured: Ppm) -> Result<u64, EngineError> {
    let parts = [
        maintenance_rise_ceil(from, to, measured)?,
        closing_rise_ceil(from, to)?,
        from.stress_move.wide().abs_diff(to.stress_move.wide()),
        slower_funding_ceil(from, to)?,
    ];
    parts.iter().try_fold(0u64, |sum, part| sum.checked_add(*part)).ok_or(EngineError::Overflow)
}

fn rise(from: Ppm, to: Ppm) -> u64 {
    to.wide().saturating_sub(from.wide())
}

/// `f'·m' − f·m ≤ m'·(f' − f) + f·(m' − m)`, with a rise of the largest part of `f = max(base, volatility, measured, premium)`.
fn maintenance_rise_ceil(from: &Parameters, to: &Parameters, measured: Ppm) -> Result<u64, EngineError> {
    let fraction = rise(from.base_margin, to.base_margin)
        .max(rise(from.volatility_margin, to.volatility_margin))
        .max(measured_rise_ceil(from, to)?)
        .max(premium_rise_ceil(from, to)?);
    let part = rise(from.maintenance_fraction, to.maintenance_fraction);
    if fraction == 0 && part == 0 {
        return Ok(0);
    }
    let rising = mul_div_ceil(fraction, to.maintenance_fraction.wide(), PPM)?;
    let scaled = mul_div_ceil(largest_fraction(from, measured), part, PPM)?;
    // Each fraction is rounded up to whole ppm.
    rising.checked_add(scaled).and_then(|sum| sum.checked_add(1)).ok_or(EngineError::Overflow)
}

/// The largest margin fraction that any position has now.
fn largest_fraction(parameters: &Parameters, measured: Ppm) -> u64 {
    if parameters.size_premium > 0 {
        return PPM;
    }
    let limit = if is_measured(parameters) { parameters.measured_limit } else { Ppm::ZERO };
    parameters.base_margin.max(parameters.volatility_margin).max(measured).max(limit).wide()
}

/// By how much more the measured margin may be called for, whatever is measured: `min(limit, c · σ)` with `c = base · weight /
/// volatility`. The measured margin itself is not moved by a decision; it follows what is called for by its own ramp.
fn measured_rise_ceil(from: &Parameters, to: &Parameters) -> Result<u64, EngineError> {
    if !is_measured(to) {
        return Ok(0);
    }
    // Never less than the base margin was called for.
    let most = rise(from.base_margin, to.measured_limit);
    if !is_measured(from) {
        return Ok(most);
    }
    let slope = |one: &Parameters, other: &Parameters| {
        wide_product(one.base_margin.wide(), one.measured_weight.wide())
            .checked_mul(other.volatility.wide().into())
            .ok_or(EngineError::Overflow)
    };
    let (before, after) = (slope(from, to)?, slope(to, from)?);
    let steeper = match after.checked_sub(before).filter(|difference| *difference > 0) {
        Some(difference) => {
            let part = difference.checked_mul(to.measured_limit.wide().into()).ok_or(EngineError::Overflow)?;
            let part = u64::try_from(part.div_ceil(after)).map_err(|_| EngineError::Overflow)?;
            // What is called for is rounded up twice.
            part.checked_add(2).ok_or(EngineError::Overflow)?
        }
        None => 0,
    };
    Ok(rise(from.measured_limit, to.measured_limit).max(steeper).min(most))
}

/// Of the largest notional, or of the one whose premium has just reached everything.
fn premium_rise_ceil(from: &Parameters, to: &Parameters) -> Result<u64, EngineError> {
    let Some(more) = to.size_premium.checked_sub(from.size_premium).filter(|more| *more > 0) else { return Ok(0) };
    // √2^60 atoms.
    let largest = mul_div_ceil(more, LARGEST_ROOT, 1 << 32)?;
    let at_one = mul_div_ceil(more, PPM, to.size_premium)?;
    largest.min(at_one).checked_add(1).ok_or(EngineError::Overflow)
}

const LARGEST_ROOT: u64 = 1 << 30;
const _: () = assert!(LARGEST_ROOT * LARGEST_ROOT == MAX_NOTIONAL);

/// What closing costs more: fee, impact, spread, penalty.
fn closing_rise_ceil(from: &Parameters, to: &Parameters) -> Result<u64, EngineError> {
    let fee = rise(from.taker_fee, to.taker_fee).max(rise(from.taker_fee_rebalancing, to.taker_fee_rebalancing));
    let parts = [
        fee,
        impact_rise_ceil(from, to)?,
        spread_rise(from, to)?,
        rise(from.penalty, to.penalty),
        rise(largest_bounty_ceil(from)?, largest_bounty_ceil(to)?),
    ];
    parts.iter().try_fold(0u64, |sum, part| sum.checked_add(*part)).ok_or(EngineError::Overflow)
}

/// `min(s/S', M') − min(s/S, M)` is the largest where the marginal impact has just reached its limit.
fn impact_rise_ceil(from: &Parameters, to: &Parameters) -> Result<u64, EngineError> {
    let limit = rise(from.impact_limit, to.impact_limit);
    let shallower = from.impact_scale.saturating_sub(to.impact_scale);
    let scaled = mul_div_ceil(to.impact_limit.wide(), shallower.get(), from.impact_scale.get().max(1))?;
    Ok(limit.max(scaled))
}

/// Of a price as uncertain and as old as one may close at.
fn spread_rise(from: &Parameters, to: &Parameters) -> Result<u64, EngineError> {
    let confidence = Price::new(from.max_confidence_valid.max(to.max_confidence_valid).wide());
    let age = u64::from(from.max_age_trade.max(to.max_age_trade));
    let spread = |parameters| spread_as_listed_ceil(confidence, age, parameters).map(Price::get);
    Ok(spread(to)?.saturating_sub(spread(from)?))
}

fn largest_bounty_ceil(parameters: &Parameters) -> Result<Ppm, EngineError> {
    let ppm = mul_div_ceil(parameters.penalty.wide(), parameters.bounty_share_max.wide(), PPM)?;
    u32::try_from(ppm).map(Ppm::new).map_err(|_| EngineError::Overflow)
}

/// What a rate that stands costs more in a day where it returns to zero more slowly, at four times the velocity: at most the rate's
/// cap for all of it.
fn slower_funding_ceil(from: &Parameters, to: &Parameters) -> Result<u64, EngineError> {
    let (before, after) = (full_speed_skew(from)?, full_speed_skew(to)?);
    let slowest = if after <= before {
        to.funding_velocity
    } else {
        mul_div_floor(to.funding_velocity, before.get(), after.get())?
    };
    let slower = from.funding_velocity.saturating_sub(slowest);
    let capped = from.funding_rate_cap.checked_mul(DAY).ok_or(EngineError::Overflow)?;
    let area = wide_product(slower, DAY.checked_mul(DAY).and_then(|square| square.checked_mul(2)).unwrap_or(u64::MAX));
    let area = u64::try_from(area).unwrap_or(u64::MAX).min(capped);
    mul_div_ceil(area, PPM, 1 << RATE_BITS)
}
