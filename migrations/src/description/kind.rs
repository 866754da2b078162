//! Units of the file's numbers, and how the program stores them.

use perp_client::convert::Decimal;
use perp_engine::state::RATE_BITS;

const SECONDS_AN_HOUR: i128 = 3_600;
const SECONDS_A_DAY: i128 = 86_400;
/// A Julian year, as the engine's volatility.
const SECONDS_A_YEAR: i128 = 31_557_600;

/// What a number is measured in: in the file on the left, in the program on the right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The market's asset; base units.
    Base,
    /// The quote token; atoms.
    Quote,
    /// Percent; parts per million.
    Percent,
    /// A factor; parts per million.
    Factor,
    /// Seconds; seconds.
    Seconds,
    /// Percent per hour; 2^-60 per second, rounded down.
    PercentPerHour,
    /// Percent per year; 2^-60 per second, rounded down.
    PercentPerYear,
    /// Percent per day per day; 2^-60 per second², rounded down.
    PercentPerDayPerDay,
    /// Percent at a notional of a million, growing with the square root; ppm · 2^-32 per √atom, rounded down.
    PercentPerRootMillion,
}

/// The decimals in which amounts of a market are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimals {
    pub base: u8,
    pub quote: u8,
}

impl Kind {
    /// The program's number for the file's; `None` where it is negative, too large or too fine.
    pub fn stored(self, value: Decimal, decimals: Decimals) -> Option<u64> {
        let stored = match self {
            Self::Base => value.scaled(decimals.base.into())?,
            Self::Quote => value.scaled(decimals.quote.into())?,
            Self::Percent => value.scaled(4)?,
            Self::Factor => value.scaled(6)?,
            Self::Seconds => value.scaled(0)?,
            Self::PercentPerHour => rate(value, SECONDS_AN_HOUR)?,
            Self::PercentPerYear => rate(value, SECONDS_A_YEAR)?,
            Self::PercentPerDayPerDay => rate(value, SECONDS_A_DAY * SECONDS_A_DAY)?,
            Self::PercentPerRootMillion => {
                let root = root_of_a_million(decimals.quote)?;
                value.scaled(4)?.checked_mul(1 << 64)?.checked_div(root)?
            }
        };
        u64::try_from(stored).ok()
    }

    /// The program's number as it is written in messages.
    pub fn shown(self, stored: u64, decimals: Decimals) -> String {
        let at = |places: u8| Decimal::new(stored.into(), places.into());
        match self {
            Self::Base => at(decimals.base).to_string(),
            Self::Quote => at(decimals.quote).to_string(),
            Self::Percent => format!("{} %", at(4)),
            Self::Factor => at(6).to_string(),
            Self::Seconds => format!("{stored} s"),
            Self::PercentPerHour | Self::PercentPerYear => format!("{stored} · 2^-60 per second"),
            Self::PercentPerDayPerDay => format!("{stored} · 2^-60 per second²"),
            Self::PercentPerRootMillion => format!("{stored} · 2^-32 ppm per √atom"),
        }
    }
}

/// `⌊value % · 2^60 / seconds⌋`.
fn rate(value: Decimal, seconds: i128) -> Option<i128> {
    // Ten decimals of a percent are 2^-40 of one, finer than any rate is agreed on.
    const PLACES: u32 = 10;
    let divisor = 10i128.pow(PLACES + 2).checked_mul(seconds)?;
    value.scaled(PLACES)?.checked_mul(1 << RATE_BITS)?.checked_div(divisor)
}

/// `⌊√(10^6 · 10^quote decimals) · 2^32⌋`: the size premium is stored per √atom.
fn root_of_a_million(quote_decimals: u8) -> Option<i128> {
    let million = 10u128.checked_pow(6 + u32::from(quote_decimals))?.checked_mul(1 << 64)?;
    i128::try_from(million.isqrt()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECIMALS: Decimals = Decimals { base: 9, quote: 6 };

    fn stored(kind: Kind, text: &str) -> Option<u64> {
        kind.stored(text.parse().unwrap(), DECIMALS)
    }

    #[test]
    fn numbers_are_stored_in_the_units_of_the_program() {
        assert_eq!(stored(Kind::Base, "1.5"), Some(1_500_000_000));
        assert_eq!(stored(Kind::Quote, "0.05"), Some(50_000));
        assert_eq!(stored(Kind::Percent, "0.04"), Some(400));
        assert_eq!(stored(Kind::Factor, "2"), Some(2_000_000));
        assert_eq!(stored(Kind::Seconds, "3600"), Some(3_600));
        // 0.1 % an hour is one in 3 600 000 per second; 5 % of 31 557 600 s; 86 400² / 9.6 % = 77 760 000 000.
        assert_eq!(stored(Kind::PercentPerHour, "0.1"), Some((1 << 60) / 3_600_000));
        assert_eq!(stored(Kind::PercentPerYear, "5"), Some((5 << 60) / 3_155_760_000));
        assert_eq!(stored(Kind::PercentPerDayPerDay, "9.6"), Some((1 << 60) / 77_760_000_000));
        // 5 % = 50 000 ppm at 10^12 atoms, whose root is 10^6: 50 000 / 10^6 · 2^32 = 214 748 364.8
        assert_eq!(stored(Kind::PercentPerRootMillion, "5"), Some(214_748_364));
    }

    #[test]
    fn what_the_program_cannot_hold_is_refused() {
        assert_eq!(stored(Kind::Percent, "0.00001"), None);
        assert_eq!(stored(Kind::Percent, "-1"), None);
        assert_eq!(stored(Kind::Seconds, "0.5"), None);
        assert_eq!(stored(Kind::Quote, "99999999999999"), None);
        assert_eq!(stored(Kind::PercentPerHour, "99999999999999999999"), None);
    }

    #[test]
    fn a_premium_stored_so_is_the_one_the_engine_charges() {
        use perp_engine::margin::maintenance_margin_ceil;
        use perp_engine::state::Parameters;
        use perp_engine::units::{Atoms, Ppm};
        let parameters = Parameters {
            size_premium: stored(Kind::PercentPerRootMillion, "5").unwrap(),
            maintenance_fraction: Ppm::ONE,
            ..Parameters::default()
        };
        // 5 % · √4 of four million.
        let margin = maintenance_margin_ceil(Atoms::new(4_000_000_000_000), &parameters).unwrap().margin;
        assert_eq!(margin, Atoms::new(400_000_000_000));
    }
}
