//! The one form in which a price enters the engine, whichever kind of account it came from.

/// Smallest decimal exponent of a reading. 10^18 is the largest power of ten an `i64` holds, so within
/// `MIN_EXPONENT..=MAX_EXPONENT` the price, its confidence and the scale between them are all 64-bit numbers.
pub const MIN_EXPONENT: i32 = -18;

/// Largest decimal exponent of a reading. A positive one would be a price in multiples of ten whole quote units, which
/// no feed of a tradable asset needs; refusing it leaves the conversion a single direction, division.
pub const MAX_EXPONENT: i32 = 0;

/// Largest confidence of a reading: that of a price, so that `price + confidence` fits a `u64`.
pub const MAX_CONFIDENCE: u64 = i64::MAX.unsigned_abs();

/// Why numbers are no reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadingError {
    /// The exponent lies outside [`MIN_EXPONENT`] to [`MAX_EXPONENT`].
    ExponentOutOfRange,
    /// The price is zero or negative.
    PriceNotPositive,
    /// The confidence exceeds [`MAX_CONFIDENCE`].
    ConfidenceOutOfRange,
    /// The publish time is zero or negative.
    PublishTimeNotPositive,
}

/// What one oracle account says, before it is turned into a market's units.
///
/// The asset is worth `(price ± confidence) · 10^exponent` whole quote units per whole unit of base. It has no clock and no
/// parameters: how old or how far in the future the time may be, and how wide the confidence, is decided per use by whoever
/// uses the reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OracleReading {
    price: u64,
    confidence: u64,
    exponent: i32,
    publish_time: i64,
    previous_publish_time: i64,
}

impl OracleReading {
    /// A reading: aggregate price and half-width of its confidence interval in units of `10^exponent`, and the Unix time at
    /// which it was published, never the slot or the time at which it was posted. The confidence may exceed the price (in
    /// 2021 a feed printed 5402 ± 21623).
    ///
    /// # Errors
    /// [`ReadingError`].
    pub fn new(price: i64, confidence: u64, exponent: i32, publish_time: i64) -> Result<Self, ReadingError> {
        if !(MIN_EXPONENT..=MAX_EXPONENT).contains(&exponent) {
            return Err(ReadingError::ExponentOutOfRange);
        }
        let price = match u64::try_from(price) {
            Ok(price) if price > 0 => price,
            _ => return Err(ReadingError::PriceNotPositive),
        };
        if confidence > MAX_CONFIDENCE {
            return Err(ReadingError::ConfidenceOutOfRange);
        }
        if publish_time <= 0 {
            return Err(ReadingError::PublishTimeNotPositive);
        }
        Ok(Self { price, confidence, exponent, publish_time, previous_publish_time: publish_time })
    }

    /// The reading with the publish time of the one before it, which shows how long its feed was silent. Without it the reading
    /// proves no silence; one that is later than its own is none.
    #[must_use]
    pub const fn with_previous(self, publish_time: i64) -> Self {
        Self { previous_publish_time: publish_time, ..self }
    }

    /// Aggregate price in units of `10^exponent`; `1..=i64::MAX`.
    pub const fn price(&self) -> u64 {
        self.price
    }

    /// Half-width of the confidence interval in units of `10^exponent`; `0..=MAX_CONFIDENCE`.
    pub const fn confidence(&self) -> u64 {
        self.confidence
    }

    /// Decimal exponent of price and confidence; `MIN_EXPONENT..=MAX_EXPONENT`.
    pub const fn exponent(&self) -> i32 {
        self.exponent
    }

    /// Publish time, in Unix seconds; `1..=i64::MAX`.
    pub const fn publish_time(&self) -> i64 {
        self.publish_time
    }

    /// Publish time of the reading before it, in Unix seconds; its own where that is unknown.
    pub const fn previous_publish_time(&self) -> i64 {
        self.previous_publish_time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_keeps_its_numbers() {
        let reading = OracleReading::new(540_200_000_000, 2_162_300_000_000, -8, 1_614_000_000).unwrap();
        assert_eq!((reading.price(), reading.confidence()), (540_200_000_000, 2_162_300_000_000));
        assert_eq!((reading.exponent(), reading.publish_time()), (-8, 1_614_000_000));
        // The ends of every range.
        assert!(OracleReading::new(1, 0, MIN_EXPONENT, 1).is_ok());
        assert!(OracleReading::new(i64::MAX, MAX_CONFIDENCE, MAX_EXPONENT, i64::MAX).is_ok());
    }

    #[test]
    fn numbers_that_are_no_reading_are_refused_by_name() {
        let refused = |price, confidence, exponent, published| {
            OracleReading::new(price, confidence, exponent, published).unwrap_err()
        };
        for price in [0, -1, i64::MIN] {
            assert_eq!(refused(price, 0, -8, 1), ReadingError::PriceNotPositive);
        }
        for exponent in [MIN_EXPONENT - 1, MAX_EXPONENT + 1, i32::MIN, i32::MAX] {
            assert_eq!(refused(1, 0, exponent, 1), ReadingError::ExponentOutOfRange);
        }
        for confidence in [MAX_CONFIDENCE + 1, u64::MAX] {
            assert_eq!(refused(1, confidence, -8, 1), ReadingError::ConfidenceOutOfRange);
        }
        for published in [0, -1, i64::MIN] {
            assert_eq!(refused(1, 0, -8, published), ReadingError::PublishTimeNotPositive);
        }
    }
}
