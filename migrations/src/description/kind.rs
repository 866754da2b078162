//! Units of the file's numbers, and how the program stores them.

use perp_client::exchange::convert::Decimal;
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
    /// Percent per √year; parts per million.
    PercentPerRootYear,
    /// A factor; parts per million.
    Factor,
    /// Seconds; seconds.
    Seconds,
    /// 1 for yes, 0 for no.
    Flag,
    /// A number that names something.
    Number,
    /// Percent per hour; 2^-60 per second, rounded down.
    PercentPerHour,
    /// Percent per hour; parts per million per hour.
    PpmPerHour,
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
    /// Those of the asset.
    pub base: u8,
    /// Those of the quote token.
    pub quote: u8,
}

/// How the file's number becomes the program's.
enum Scale {
    /// The program counts in units of 10^-`places`.
    Places(u32),
    /// `⌊number · numerator / divisor⌋`. Numbers of at most `places` decimals are exact in between.
    Ratio { numerator: i128, divisor: i128, places: u32 },
}

impl Scale {
    /// A rate of so much percent in `seconds`, in 2^-60. The next larger number of 13 decimals is at most one unit more.
    const fn rate(seconds: i128) -> Self {
        Self::Ratio { numerator: 1 << RATE_BITS, divisor: 100 * seconds, places: 13 }
    }

    fn stored(&self, value: Decimal) -> Option<i128> {
        match *self {
            Self::Places(places) => value.scaled(places),
            Self::Ratio { numerator, divisor, places } => {
                let divisor = divisor.checked_mul(10i128.checked_pow(places)?)?;
                value.scaled(places)?.checked_mul(numerator)?.checked_div_euclid(divisor)
            }
        }
    }

    /// The shortest number that is stored so; `None` where none of so many decimals is.
    fn written(&self, stored: i128) -> Option<Decimal> {
        match *self {
            Self::Places(places) => Some(Decimal::new(stored, places)),
            Self::Ratio { numerator, divisor, places } => (0..=places).find_map(|places| {
                // The smallest number that is stored as this or more.
                let product = divisor.checked_mul(10i128.checked_pow(places)?)?.checked_mul(stored)?;
                let least = Decimal::new(product.checked_add(numerator - 1)? / numerator, places);
                (self.stored(least) == Some(stored)).then_some(least)
            }),
        }
    }
}

impl Kind {
    /// What a key ends with whose numbers are of this kind.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Base | Self::Quote | Self::Factor | Self::Flag | Self::Number => "",
            Self::Percent => "_percent",
            Self::PercentPerRootYear => "_percent_per_root_year",
            Self::Seconds => "_seconds",
            Self::PercentPerHour | Self::PpmPerHour => "_percent_per_hour",
            Self::PercentPerYear => "_percent_per_year",
            Self::PercentPerDayPerDay => "_percent_per_day_per_day",
            Self::PercentPerRootMillion => "_percent_per_root_million",
        }
    }

    fn scale(self, decimals: Decimals) -> Option<Scale> {
        Some(match self {
            Self::Base => Scale::Places(decimals.base.into()),
            Self::Quote => Scale::Places(decimals.quote.into()),
            Self::Percent | Self::PercentPerRootYear | Self::PpmPerHour => Scale::Places(4),
            Self::Factor => Scale::Places(6),
            Self::Seconds | Self::Flag | Self::Number => Scale::Places(0),
            Self::PercentPerHour => Scale::rate(SECONDS_AN_HOUR),
            Self::PercentPerYear => Scale::rate(SECONDS_A_YEAR),
            Self::PercentPerDayPerDay => Scale::rate(SECONDS_A_DAY * SECONDS_A_DAY),
            Self::PercentPerRootMillion => {
                let divisor = root_of_a_million(decimals.quote)?;
                Scale::Ratio { numerator: 10_000 << 64, divisor, places: 10 }
            }
        })
    }

    /// The program's number for the file's; `None` where it is negative, too large or too fine.
    pub fn stored(self, value: Decimal, decimals: Decimals) -> Option<u64> {
        u64::try_from(self.scale(decimals)?.stored(value)?).ok()
    }

    /// The program's number as it is written in the file: the shortest that is stored so.
    pub fn written(self, stored: u64, decimals: Decimals) -> String {
        let written = self.scale(decimals).and_then(|scale| scale.written(stored.into()));
        written.map_or_else(|| format!("what is stored as {stored}"), |number| number.to_string())
    }
}

/// `⌊√(10^6 · 10^quote decimals) · 2^32⌋`: the size premium is stored per √atom.
fn root_of_a_million(quote_decimals: u8) -> Option<i128> {
    let million = 10u128.checked_pow(6 + u32::from(quote_decimals))?.checked_mul(1 << 64)?;
    i128::try_from(million.isqrt()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DECIMALS: Decimals = Decimals { base: 9, quote: 6 };

    fn stored(kind: Kind, text: &str) -> Option<u64> {
        kind.stored(text.parse().unwrap(), DECIMALS)
    }

    #[test]
    fn numbers_are_stored_in_the_units_of_the_program() {
        assert_eq!(stored(Kind::Base, "1.5"), Some(1_500_000_000));
        assert_eq!(stored(Kind::Quote, "0.05"), Some(50_000));
        assert_eq!(stored(Kind::Percent, "0.04"), Some(400));
        assert_eq!(stored(Kind::PercentPerRootYear, "80"), Some(800_000));
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
        assert_eq!(stored(Kind::PercentPerHour, "-0.0000000000001"), None);
        assert_eq!(stored(Kind::Seconds, "0.5"), None);
        assert_eq!(stored(Kind::Quote, "99999999999999"), None);
        assert_eq!(stored(Kind::PercentPerHour, "99999999999999999999"), None);
    }

    #[test]
    fn a_stored_number_is_written_as_in_the_file() {
        for (kind, text) in [
            (Kind::Base, "200"),
            (Kind::Base, "0.000000001"),
            (Kind::Quote, "1250.5"),
            (Kind::Percent, "0.04"),
            (Kind::PercentPerRootYear, "80"),
            (Kind::Factor, "1.5"),
            (Kind::Seconds, "86400"),
            (Kind::PercentPerHour, "0.1"),
            (Kind::PercentPerHour, "0.0958"),
            (Kind::PercentPerYear, "5"),
            (Kind::PercentPerDayPerDay, "9.6"),
            (Kind::PercentPerRootMillion, "0.25"),
        ] {
            assert_eq!(kind.written(stored(kind, text).unwrap(), DECIMALS), text, "{kind:?}");
        }
        // 200 of ten decimals are 2000 of nine: a number only means something in its own decimals.
        let of_ten = Decimals { base: 10, ..DECIMALS };
        assert_eq!(Kind::Base.written(2_000_000_000_000, of_ten), "200");
        assert_eq!(Kind::Base.written(2_000_000_000_000, DECIMALS), "2000");
        // No market has such a rate: 2^64 - 1 is 16 per second.
        assert_eq!(Kind::PercentPerYear.written(u64::MAX, DECIMALS), "what is stored as 18446744073709551615");
    }

    proptest! {
        #[test]
        fn every_rate_a_market_can_have_comes_back_as_it_was_stored(rate in 0..=(1u64 << 60) / 360_000) {
            for kind in [Kind::PercentPerHour, Kind::PercentPerYear, Kind::PercentPerDayPerDay, Kind::PercentPerRootMillion] {
                prop_assert_eq!(stored(kind, &kind.written(rate, DECIMALS)), Some(rate), "{:?}", kind);
            }
        }
    }

    #[test]
    fn a_premium_stored_so_is_the_one_the_engine_charges() {
        use perp_engine::risk::margin::maintenance_margin_ceil;
        use perp_engine::state::Parameters;
        use perp_engine::units::{Atoms, Ppm};
        let parameters = Parameters {
            size_premium: stored(Kind::PercentPerRootMillion, "5").unwrap(),
            maintenance_fraction: Ppm::ONE,
            ..Parameters::default()
        };
        // 5 % · √4 of four million.
        let margin = maintenance_margin_ceil(Atoms::new(4_000_000_000_000), Ppm::ZERO, &parameters).unwrap().margin;
        assert_eq!(margin, Atoms::new(400_000_000_000));
    }
}
