//! A price in US dollars as Pyth writes it: an integer number of 10⁻⁸ dollars.

use std::fmt;
use std::str::FromStr;

use perp_engine::oracle::{OracleReading, ReadingError};
use perp_exchange::convert::Decimal;
use thiserror::Error;

/// The exponent the feeds played here have on mainnet.
pub const EXPONENT: i32 = -8;
const DECIMALS: u32 = 8;
const UNITS_PER_DOLLAR: i64 = 100_000_000;
/// 10 billion dollars: no asset is near it, and 64 bits hold nine times as much.
const LIMIT: i64 = 10_000_000_000 * UNITS_PER_DOLLAR;
/// Parts of a price that changes of it are counted in.
pub const PARTS_PER_BILLION: i128 = 1_000_000_000;

/// In units of 10⁻⁸ dollars; at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UsdPrice(i64);

/// A text is no price.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("\"{text}\" is not a price: expected a positive decimal number of dollars with at most {DECIMALS} decimals, below 10 billion, such as 61334.81")]
pub struct PriceError {
    /// The text.
    pub text: String,
}

impl UsdPrice {
    /// Whole dollars.
    pub const fn dollars(dollars: u32) -> Self {
        assert!(dollars > 0);
        Self(dollars as i64 * UNITS_PER_DOLLAR)
    }

    /// From units of 10⁻⁸ dollars; anything below 1 becomes 1, because a feed never prints zero.
    pub fn from_units(units: i64) -> Self {
        Self(units.max(1))
    }

    /// In units of 10⁻⁸ dollars.
    pub fn units(self) -> i64 {
        self.0
    }

    /// The price changed by so many parts in 10⁹, rounded down, and never below one unit.
    pub fn moved(self, parts_per_billion: i128) -> Self {
        let moved = i128::from(self.0) * (PARTS_PER_BILLION + parts_per_billion) / PARTS_PER_BILLION;
        Self::from_units(i64::try_from(moved).unwrap_or(i64::MAX))
    }

    /// What a feed says that shows this price, with a confidence of so many hundredths of a percent of it, since that second.
    ///
    /// # Errors
    /// `PublishTimeNotPositive`.
    pub fn reading(self, confidence_bps: u16, publish_time: i64) -> Result<OracleReading, ReadingError> {
        OracleReading::new(self.0, self.share(confidence_bps), EXPONENT, publish_time)
    }

    /// So many hundredths of a percent of the price, at least one unit.
    pub fn share(self, basis_points: u16) -> u64 {
        let share = i128::from(self.0) * i128::from(basis_points) / 10_000;
        u64::try_from(share).unwrap_or(u64::MAX).max(1)
    }
}

impl FromStr for UsdPrice {
    type Err = PriceError;

    fn from_str(text: &str) -> Result<Self, PriceError> {
        parse(text).ok_or_else(|| PriceError { text: text.into() })
    }
}

fn parse(text: &str) -> Option<UsdPrice> {
    let units = i64::try_from(text.parse::<Decimal>().ok()?.scaled(DECIMALS)?).ok()?;
    (1..LIMIT).contains(&units).then_some(UsdPrice(units))
}

impl fmt::Display for UsdPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fraction = format!("{:08}", self.0 % UNITS_PER_DOLLAR);
        let shown = fraction.trim_end_matches('0');
        write!(f, "{}.{shown:0<2}", self.0 / UNITS_PER_DOLLAR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly() {
        // 61334.81 · 10⁸
        assert_eq!("61334.81".parse::<UsdPrice>().unwrap().units(), 6_133_481_000_000);
        assert_eq!("0.00000001".parse::<UsdPrice>().unwrap().units(), 1);
        assert_eq!("122".parse::<UsdPrice>().unwrap().units(), 12_200_000_000);
    }

    #[test]
    fn what_is_not_a_positive_decimal_is_refused() {
        for text in
            ["", ".", "1.", ".5", "-3", "+3", "0", "0.00", "1e5", "NaN", "1,5", " 1", "1.123456789", "12345678901"]
        {
            assert_eq!(text.parse::<UsdPrice>(), Err(PriceError { text: text.into() }));
        }
    }

    #[test]
    fn a_price_prints_as_it_is_written() {
        for text in ["61334.81", "140.615937", "2.00", "0.00000001"] {
            assert_eq!(text.parse::<UsdPrice>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_fall_by_everything_leaves_one_unit() {
        assert_eq!(UsdPrice::dollars(5).moved(-PARTS_PER_BILLION).units(), 1);
    }
}
