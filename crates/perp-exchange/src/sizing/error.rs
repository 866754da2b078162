use crate::error::Refusal;
use core::fmt;
use perp_engine::units::{Price, Side, SignedAtoms};
use perp_engine::EngineError;

/// Why there is no size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizingError {
    /// The exchange or its engine refuses.
    Refused(Refusal),
    /// A stop of a long position must be below the market's price, that of a short one above it.
    StopOnWrongSide {
        /// The side of the position.
        side: Side,
        /// The market's price.
        price: Price,
        /// The stop.
        stop: Price,
    },
    /// The account has no equity that could be a part of anything.
    NoEquity {
        /// Its equity.
        equity: SignedAtoms,
    },
    /// A volatility of zero bounds no size.
    NoVolatility,
    /// Without days of observation an edge is unknown.
    NoObservations,
    /// Too few candles.
    TooFewCandles {
        /// How many there are.
        candles: usize,
        /// How many it takes.
        needed: usize,
    },
    /// A candle whose low is zero, or whose low or high does not enclose its other prices.
    BrokenCandle {
        /// Its place in the list.
        place: usize,
    },
}

impl From<Refusal> for SizingError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<EngineError> for SizingError {
    fn from(rule: EngineError) -> Self {
        Self::Refused(Refusal::Rule(rule))
    }
}

impl fmt::Display for SizingError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => write!(formatter, "{refusal}"),
            Self::StopOnWrongSide { side: Side::Long, .. } => {
                write!(formatter, "the stop of a long position must be below the market's price")
            }
            Self::StopOnWrongSide { side: Side::Short, .. } => {
                write!(formatter, "the stop of a short position must be above the market's price")
            }
            Self::NoEquity { equity } => {
                write!(formatter, "an equity of {} atoms has no part to risk: deposit first", equity.get())
            }
            Self::NoVolatility => write!(formatter, "the volatility is zero: give one above zero"),
            Self::NoObservations => write!(formatter, "an edge needs days of observation: give at least one"),
            Self::TooFewCandles { candles, needed } => {
                write!(formatter, "{candles} candles are too few: give at least {needed}")
            }
            Self::BrokenCandle { place } => {
                write!(formatter, "candle {place} is none: its low must be above zero and enclose it with its high")
            }
        }
    }
}

impl core::error::Error for SizingError {}
