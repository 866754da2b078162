//! The one form in which a price enters the engine, whichever kind of account it came from.

/// Smallest decimal exponent of a reading. 10^18 is the largest power of ten an `i64` holds, so within
/// `MIN_EXPONENT..=MAX_EXPONENT` the price, its confidence and the scale between them are all 64-bit numbers.
pub const MIN_EXPONENT: i32 = -18;

/// Largest decimal exponent of a reading. A positive one would be a price in multiples of ten whole quote units, which
/// no feed of a tradable asset needs; refusing it leaves the conversion a single direction, division.
pub const MAX_EXPONENT: i32 = 0;

/// Largest confidence of a reading: that of a price, so that `price + confidence` fits a `u64`.
pub const MAX_CONFIDENCE: u64 = i64::MAX.unsigned_abs();

/// What one oracle account says, before it is turned into a market's units.
///
/// The asset is worth `(price ± confidence) · 10^exponent` whole quote units per whole unit of base. The reader of the
/// account guarantees the ranges below. It has no clock and no parameters: how old or how far in the future the time
/// may be, and how wide the confidence, is decided per action by whoever uses the reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OracleReading {
    /// Aggregate price in units of `10^exponent`; `1..=i64::MAX`.
    pub price: i64,
    /// Half-width of the aggregate's confidence interval in the same units; `0..=MAX_CONFIDENCE`, and may exceed the
    /// price (in 2021 a feed printed 5402 ± 21623).
    pub confidence: u64,
    /// Decimal exponent of price and confidence; `MIN_EXPONENT..=MAX_EXPONENT`.
    pub exponent: i32,
    /// When the price was true, in Unix seconds; `1..=i64::MAX`. Never the slot or the time at which it was posted.
    pub publish_time: i64,
}
