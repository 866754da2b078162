//! What a market measures of its own price: averages and volatility.
//!
//! Only a price that becomes the valid one enters, so that a publish time enters once. Times are publish times; neither who
//! posts a price nor when is looked at.
//!
//! # Why a sample is a range
//! A difference between two prices would be the poster's to choose: somebody who leaves out the readings between could make
//! a restless quarter of a minute look calm. A range has every price that was posted; leaving one out can only hide what nobody
//! posted. The move is `max(high/p − 1, p/low − 1)`: `|ln|` of the furthest price, from above by less than half its square,
//! so that no logarithm is needed. It is divided by 1.22, the root mean square of the furthest of 15 equal random steps from
//! their start as a multiple of that of all together, which makes it a standard deviation where a price arrives every second.
//! With a single price per sample it comes out 18 % too small, with prices without number 11 % too large.
//!
//! # Why a sample is clipped
//! One wrong print must not make the market dear for long. A sample counts for at most eight times what was expected, and the
//! next one is measured from where the clipped one reached: the way back of a print is then no second outlier, while a fall that
//! goes on is taken in whole by the samples after it.

use super::measured_margin;
use crate::error::EngineError;
use crate::state::{Parameters, PriceAverages, PriceCache};
use crate::units::products::{mul_div_ceil, product, square_root_ceil, wide_product};
use crate::units::{Ppm, Price, Timestamp, PPM};
use tables::{
    FAST_PRICE_WEIGHTS, FAST_SAMPLE_WEIGHTS, LONGEST_AVERAGED_MINUTES, LONGEST_AVERAGED_SECONDS,
    LONGEST_SAMPLE_SECONDS, RANGE_VOLATILITIES, RANGE_VOLATILITIES_LONG, ROOTS, SAMPLE_SECONDS, SLOW_PRICE_MINUTES,
    SLOW_PRICE_WEIGHTS, SLOW_SAMPLE_WEIGHTS,
};

mod tables;
#[cfg(test)]
mod tests;

/// Bits of an average below the price's unit: 2^50 has room for 13.
const AVERAGE_BITS: u32 = 13;
/// Bits of a weight and of a move, each a part of one.
const PART_BITS: u32 = 32;
/// The whole of which they are parts.
const ONE: u64 = 1 << PART_BITS;
/// A sample counts for at most so many times what was expected.
const CLIP: u64 = 8;
/// In the slow variance a sample counts for at most so many times the listed volatility or, where that is more, so many times
/// the slow one: a margin must not follow one print even while the market is restless.
const SLOW_CLIP_LISTED: u64 = 6;
const SLOW_CLIP_MEASURED: u64 = 2;
/// Largest volatility that is measured, in ppm per √year: hundredfold, 1.8 % per √second.
pub(crate) const MAX_VOLATILITY: u64 = 100 * PPM;
/// `⌊10^6 · √31 557 600 / 16⌋`: what the average of the price takes in at once, and what of the distance from it enters the
/// spread, is twice the clip of one second.
const DRIFT_DIVISOR: u64 = 351_100_947;

// The largest variance times a weight fits 128 bits, the largest sample's square and a move's volatility 64.
const _: () = assert!((MAX_VOLATILITY as u128) * (MAX_VOLATILITY as u128) < 1 << 54);
const _: () = assert!((RANGE_VOLATILITIES[0] as u128) << PART_BITS < 1 << 63);

/// What a settlement of the market would be priced at, rounded down.
pub(crate) fn settlement_price(averages: &PriceAverages) -> Price {
    Price::new(averages.settlement_average >> AVERAGE_BITS)
}

/// The averages once `price`, published later than the valid price `before`, has taken its place.
pub(crate) fn averages_after(
    averages: &PriceAverages,
    before: &PriceCache,
    price: Price,
    published: Timestamp,
    parameters: &Parameters,
) -> Result<PriceAverages, EngineError> {
    let mut next = *averages;
    if averages.sample_price == Price::ZERO {
        next.fast_average = finer(price)?;
        next.settlement_average = next.fast_average;
        (next.sample_price, next.sample_high, next.sample_low) = (price, price, price);
        next.sampled_at = published;
        next.measured_margin = measured_margin::smallest(parameters)?;
        return Ok(next);
    }
    let elapsed = published.seconds_since(before.published)?;
    let expected = expected_volatility(averages, parameters);
    average_price(&mut next, before.price, elapsed, expected)?;
    next.sample_high = averages.sample_high.max(price);
    next.sample_low = averages.sample_low.min(price);
    let since = published.seconds_since(averages.sampled_at)?;
    if since >= SAMPLE_SECONDS as u64 {
        take_sample(&mut next, price, since, expected, parameters)?;
        next.sampled_at = published;
    }
    next.drift = drift_ceil(&next, price, parameters)?;
    next.measured_margin = measured_margin::after(&next, elapsed, parameters)?;
    Ok(next)
}

/// A time in whole seconds, at most `longest`, as a place in a table.
fn place(seconds: u64, longest: usize) -> usize {
    usize::try_from(seconds).map_or(longest, |seconds| seconds.min(longest))
}

fn entry<T: Copy>(table: &[T], place: usize) -> Result<T, EngineError> {
    table.get(place).copied().ok_or(EngineError::Overflow)
}

/// A price in the unit of the averages.
fn finer(price: Price) -> Result<u64, EngineError> {
    price.get().checked_mul(1 << AVERAGE_BITS).ok_or(EngineError::Overflow)
}

/// `value · part`, where a part is at most one: the upper half of the value in whole units, the lower one in 2^-32 of them.
/// Neither product leaves 64 bits, which spares a program the one of 128.
fn times_part(value: u64, part: u64) -> Result<(u64, u64), EngineError> {
    if part > ONE {
        return Err(EngineError::Overflow);
    }
    Ok(((value >> PART_BITS).wrapping_mul(part), (value & (ONE - 1)).wrapping_mul(part)))
}

/// `⌊value · part · 2^-32⌋`.
fn part_floor(value: u64, part: u64) -> Result<u64, EngineError> {
    let (whole, rest) = times_part(value, part)?;
    whole.checked_add(rest >> PART_BITS).ok_or(EngineError::Overflow)
}

/// `⌈value · part · 2^-32⌉`.
fn part_ceil(value: u64, part: u64) -> Result<u64, EngineError> {
    let (whole, rest) = times_part(value, part)?;
    whole.checked_add(rest.div_ceil(ONE)).ok_or(EngineError::Overflow)
}

/// `⌊2^32 · volatility / of⌋`: prices are multiplied by parts, because dividing a product of 128 bits costs a program hundreds of
/// units.
fn part_of_one_floor(volatility: u64, of: u64) -> Result<u64, EngineError> {
    let parts = volatility.checked_mul(ONE).and_then(|parts| parts.checked_div(of));
    parts.ok_or(EngineError::Overflow)
}

/// The volatility that the next move is held against: the measured one, but at least the listed.
fn expected_volatility(averages: &PriceAverages, parameters: &Parameters) -> u64 {
    averages.fast_volatility.max(parameters.volatility).wide()
}

/// Twice the clip of one second: 16 standard deviations.
pub(crate) fn drift_limit_ceil(price: Price, volatility: u64) -> Result<u64, EngineError> {
    part_ceil(price.get(), part_of_one_floor(volatility, DRIFT_DIVISOR)?)
}

/// Both averages take in the price that was valid for `elapsed` seconds, brought to within the limit of the fast one: that of one
/// second times the root of the time. The fast average counts at most a minute of it, the settlement's ten, so that it does not
/// lag where few prices are posted.
fn average_price(next: &mut PriceAverages, held: Price, elapsed: u64, expected: u64) -> Result<(), EngineError> {
    let seconds = place(elapsed, 60 * LONGEST_AVERAGED_MINUTES);
    let reach = product(drift_limit_ceil(held, expected)?, entry(&ROOTS, seconds)?.into())?;
    let (average, exact) = (next.fast_average, finer(held)?);
    let distance = average.abs_diff(exact);
    // What is out of the finer unit's range is no limit.
    let taken_in = moved(average, exact, finer(Price::new(reach)).map_or(distance, |reach| distance.min(reach)))?;
    let by_part =
        |average: u64, weight: u32| moved(average, taken_in, part_floor(average.abs_diff(taken_in), weight.into())?);
    next.fast_average = by_part(average, entry(&FAST_PRICE_WEIGHTS, seconds.min(LONGEST_AVERAGED_SECONDS))?)?;
    let by_minutes = match seconds / 60 {
        0 => next.settlement_average,
        minutes => by_part(next.settlement_average, entry(&SLOW_PRICE_MINUTES, minutes)?)?,
    };
    next.settlement_average = by_part(by_minutes, entry(&SLOW_PRICE_WEIGHTS, seconds % 60)?)?;
    Ok(())
}

/// `from` moved by `distance` in the direction of `to`.
fn moved(from: u64, to: u64, distance: u64) -> Result<u64, EngineError> {
    let moved = if to >= from { from.checked_add(distance) } else { from.checked_sub(distance) };
    moved.ok_or(EngineError::Overflow)
}

/// Takes the sample of the range since the last one, at least 15 seconds ago. For the fast variance it covers at most 30 s, so
/// that silence makes no move look slow; for the slow one, from which a margin is made, all its time up to an hour.
fn take_sample(
    next: &mut PriceAverages,
    price: Price,
    seconds: u64,
    expected: u64,
    parameters: &Parameters,
) -> Result<(), EngineError> {
    let start = next.sample_price;
    let place = place(seconds, LONGEST_SAMPLE_SECONDS).saturating_sub(SAMPLE_SECONDS);
    let volatility_of_one = entry(&RANGE_VOLATILITIES, place)?;
    let range = furthest_move_ceil(start, next.sample_high, next.sample_low)?;
    let found = part_ceil(volatility_of_one, range)?;
    let clip = expected.checked_mul(CLIP).ok_or(EngineError::Overflow)?.min(MAX_VOLATILITY);
    let reached = if found <= clip {
        price
    } else {
        // At least one unit, so that no price is out of reach for good.
        let reach = part_floor(start.get(), part_of_one_floor(clip, volatility_of_one)?)?.max(1);
        Price::new(moved(start.get(), price.get(), start.get().abs_diff(price.get()).min(reach))?)
    };
    (next.sample_price, next.sample_high, next.sample_low) = (reached, reached, reached);

    let sample = found.min(clip);
    let steady = times(parameters.volatility, SLOW_CLIP_LISTED)?.max(times(next.slow_volatility, SLOW_CLIP_MEASURED)?);
    let spread_out = if seconds > LONGEST_SAMPLE_SECONDS as u64 {
        part_ceil(volatility_over(seconds)?, range)?.min(sample)
    } else {
        sample
    };
    let (fast, slow) = (square(sample)?, square(spread_out.min(steady))?);
    next.fast_variance = mixed_ceil(next.fast_variance, fast, entry(&FAST_SAMPLE_WEIGHTS, place)?)?;
    next.slow_variance = mixed_ceil(next.slow_variance, slow, entry(&SLOW_SAMPLE_WEIGHTS, place)?)?;
    next.fast_volatility = volatility_ceil(next.fast_variance)?;
    next.slow_volatility = volatility_ceil(next.slow_variance)?;
    Ok(())
}

/// The volatility of which a range of 1 is a sample where it took that long, at least half a minute: in whole half minutes,
/// rounded down, at most an hour.
fn volatility_over(seconds: u64) -> Result<u64, EngineError> {
    let table = &RANGE_VOLATILITIES_LONG;
    entry(table, place((seconds / 30).saturating_sub(1), table.len().saturating_sub(1)))
}

fn times(volatility: Ppm, factor: u64) -> Result<u64, EngineError> {
    product(volatility.wide(), factor)
}

fn square(volatility: u64) -> Result<u64, EngineError> {
    product(volatility, volatility)
}

/// `max(high/start − 1, start/low − 1)` in 2^-32, rounded up, at most one.
fn furthest_move_ceil(start: Price, high: Price, low: Price) -> Result<u64, EngineError> {
    // Which of the two is larger: high · low against start².
    let (from, to) = if wide_product(high.get(), low.get()) >= wide_product(start.get(), start.get()) {
        (start.get(), high.get())
    } else {
        (low.get(), start.get())
    };
    let distance = to.checked_sub(from).ok_or(EngineError::Overflow)?;
    if distance >= from {
        return Ok(ONE);
    }
    mul_div_ceil(distance, ONE, from)
}

/// `⌈old · (1 − weight) + new · weight⌉`.
fn mixed_ceil(old: u64, new: u64, weight: u32) -> Result<u64, EngineError> {
    let (old_whole, old_rest) = times_part(old, ONE.abs_diff(weight.into()))?;
    let (new_whole, new_rest) = times_part(new, weight.into())?;
    let rest = old_rest.checked_add(new_rest).ok_or(EngineError::Overflow)?.div_ceil(ONE);
    let whole = old_whole.checked_add(new_whole).and_then(|whole| whole.checked_add(rest));
    whole.ok_or(EngineError::Overflow)
}

fn volatility_ceil(variance: u64) -> Result<Ppm, EngineError> {
    u32::try_from(square_root_ceil(variance)).map(Ppm::new).map_err(|_| EngineError::Overflow)
}

/// `min(|price − fast average|, limit)`, rounded up.
fn drift_ceil(next: &PriceAverages, price: Price, parameters: &Parameters) -> Result<Price, EngineError> {
    let distance = finer(price)?.abs_diff(next.fast_average).div_ceil(1 << AVERAGE_BITS);
    if distance == 0 {
        return Ok(Price::ZERO);
    }
    Ok(Price::new(distance.min(drift_limit_ceil(price, expected_volatility(next, parameters))?)))
}
