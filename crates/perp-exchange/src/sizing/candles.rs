//! What recorded prices tell: the worst move, how far two markets moved apart, and the volatility.

use super::SizingError;
use perp_engine::units::products::{mul_div_ceil, mul_div_floor, square_root_ceil};
use perp_engine::units::{Ppm, Price, Side, PPM};
use perp_engine::EngineError;

/// Seconds in a Julian year.
const SECONDS_A_YEAR: u64 = 31_557_600;

/// The prices of one interval, in the market's unit. A list of them has no gaps and is in the order of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candle {
    /// The first price.
    pub open: Price,
    /// The highest.
    pub high: Price,
    /// The lowest.
    pub low: Price,
    /// The last.
    pub close: Price,
}

impl Candle {
    fn is_whole(&self) -> bool {
        let Self { open, high, low, close } = *self;
        low > Price::ZERO && low <= open.min(close) && high >= open.max(close)
    }
}

fn require(candles: &[Candle], needed: usize) -> Result<(), SizingError> {
    if candles.len() < needed {
        return Err(SizingError::TooFewCandles { candles: candles.len(), needed });
    }
    match candles.iter().position(|candle| !candle.is_whole()) {
        Some(place) => Err(SizingError::BrokenCandle { place }),
        None => Ok(()),
    }
}

/// The furthest that the price went against a position on `side` within `holding` candles from any candle's open on, as a part of
/// that open, in ppm rounded up. A short's may be above one. The last candles begin fewer than that.
///
/// # Errors
/// [`SizingError::TooFewCandles`] where there are fewer than `holding`, or none; [`SizingError::BrokenCandle`].
pub fn adverse_move_ceil(candles: &[Candle], side: Side, holding: usize) -> Result<Ppm, SizingError> {
    let holding = holding.max(1);
    require(candles, holding)?;
    let mut worst = 0u64;
    for (place, first) in candles.iter().enumerate() {
        let open = first.open.get();
        let held = candles.iter().skip(place).take(holding);
        let extreme = held.fold(open, |extreme, candle| match side {
            Side::Long => extreme.min(candle.low.get()),
            Side::Short => extreme.max(candle.high.get()),
        });
        worst = worst.max(mul_div_ceil(extreme.abs_diff(open), PPM, open)?);
    }
    u32::try_from(worst).map(Ppm::new).map_err(|_| EngineError::Overflow.into())
}

/// Volatility per √year of candles of `interval` seconds, in ppm rounded up: the root of the mean square of the moves from close
/// to close, their mean taken for zero.
///
/// # Errors
/// [`SizingError::TooFewCandles`] below two; [`SizingError::BrokenCandle`]; `Overflow` for an interval of zero or moves beyond
/// the range.
pub fn volatility_ceil(candles: &[Candle], interval: u32) -> Result<u64, SizingError> {
    require(candles, 2)?;
    let mut squares = 0u128;
    let mut moves = 0u64;
    for (before, after) in candles.iter().zip(candles.iter().skip(1)) {
        let (before, after) = (before.close.get(), after.close.get());
        let moved = mul_div_ceil(before.abs_diff(after), PPM, before)?;
        let square = u128::from(moved).checked_mul(moved.into()).ok_or(EngineError::Overflow)?;
        squares = squares.checked_add(square).ok_or(EngineError::Overflow)?;
        moves = moves.saturating_add(1);
    }
    let seconds = u128::from(moves).checked_mul(interval.into()).filter(|seconds| *seconds > 0);
    let a_year = squares.checked_mul(SECONDS_A_YEAR.into()).ok_or(EngineError::Overflow)?;
    let variance = a_year.div_ceil(seconds.ok_or(EngineError::Overflow)?);
    Ok(square_root_ceil(u64::try_from(variance).map_err(|_| EngineError::Overflow)?))
}

/// The furthest that the prices of two markets moved apart from one close to the next, in ppm rounded up: the difference of both moves,
/// each as a part of the close before. A pair has the candles of both markets for one interval.
///
/// # Errors
/// [`SizingError::TooFewCandles`] below two pairs; [`SizingError::BrokenCandle`].
pub fn divergence_ceil(pairs: &[(Candle, Candle)]) -> Result<Ppm, SizingError> {
    if pairs.len() < 2 {
        return Err(SizingError::TooFewCandles { candles: pairs.len(), needed: 2 });
    }
    if let Some(place) = pairs.iter().position(|(ours, theirs)| !ours.is_whole() || !theirs.is_whole()) {
        return Err(SizingError::BrokenCandle { place });
    }
    let mut worst = 0u64;
    for ((our, their), (ours, theirs)) in pairs.iter().zip(pairs.iter().skip(1)) {
        // Each move in ppm, above and below: the difference of the outer ones is at least that of the exact ones.
        let moved = |from: Price, to: Price| -> Result<[u64; 2], EngineError> {
            Ok([mul_div_floor(to.get(), PPM, from.get())?, mul_div_ceil(to.get(), PPM, from.get())?])
        };
        let (ours, theirs) = (moved(our.close, ours.close)?, moved(their.close, theirs.close)?);
        worst = worst.max(ours[1].saturating_sub(theirs[0])).max(theirs[1].saturating_sub(ours[0]));
    }
    u32::try_from(worst).map(Ppm::new).map_err(|_| EngineError::Overflow.into())
}
