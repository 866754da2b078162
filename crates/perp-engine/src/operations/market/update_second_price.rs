//! Taking in what a market's second source says, for anybody.

use crate::error::EngineError;
use crate::market::price::{converted, PriceOutcome};
use crate::oracle::OracleReading;
use crate::state::{Market, SecondPrice};
use crate::units::{Clock, Timestamp};

#[cfg(test)]
mod tests;

/// What a reading makes of a market's second price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecondPricePlan {
    /// What is stored.
    pub second_price: SecondPrice,
    /// What became of the reading: accepted, or why nothing of it is kept.
    pub outcome: PriceOutcome,
}

/// Plans to keep a reading of the second source as its newest. Nothing else of the market goes by it but which prices of the
/// first source are taken in. One that is not newer, too wide or ahead of the clock is no error, so that nobody can make
/// another's transaction fail by posting first; nothing of it is kept.
///
/// # Errors
/// [`EngineError::NoSecondOracle`], [`EngineError::PriceOutOfRange`].
pub fn plan_update_second_price(
    market: &Market,
    reading: &OracleReading,
    clock: Clock,
) -> Result<SecondPricePlan, EngineError> {
    if !market.has_second_source() {
        return Err(EngineError::NoSecondOracle);
    }
    let published = Timestamp::new(reading.publish_time());
    let unchanged = |outcome| SecondPricePlan { second_price: market.second_price, outcome };
    if published.seconds_since(clock.now)? > u64::from(market.parameters.future_tolerance) {
        return Ok(unchanged(PriceOutcome::ClockBehind));
    }
    if published <= market.second_price.published {
        return Ok(unchanged(PriceOutcome::NotNewer));
    }
    let (price, confidence) = converted(market, reading)?;
    Ok(match confidence {
        Some(confidence) => SecondPricePlan {
            second_price: SecondPrice { price, confidence, published },
            outcome: PriceOutcome::Accepted,
        },
        None => unchanged(PriceOutcome::TooWide),
    })
}
