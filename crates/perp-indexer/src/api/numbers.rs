//! Numbers as text: as on chain, or as people write them.

use perp_engine::units::{Price, SignedAtoms, SignedSize, X40_PER_ATOM};
use perp_exchange::convert::{show_signed_atoms, Decimal, Units};

use super::parameters::Numbers;
use crate::store::MarketRow;

/// Decimals at which rates are shown.
const RATE_PLACES: u32 = 12;
/// A funding rate of one per second.
const RATE_ONE: i128 = 1 << 60;
const HOUR: i128 = 3_600;

/// How the numbers of a row are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Writing {
    numbers: Numbers,
    units: Units,
}

impl Writing {
    /// For rows that are of no market.
    pub(super) fn of_quote(numbers: Numbers, quote_decimals: u8) -> Self {
        Self { numbers, units: Units { base_decimals: 0, quote_decimals } }
    }

    /// For rows of a market; one that nobody knows is written as on chain.
    pub(super) fn of_market(numbers: Numbers, market: Option<&MarketRow>, quote_decimals: u8) -> Self {
        match market {
            Some(market) => Self { numbers, units: market.units(quote_decimals) },
            None => Self::of_quote(Numbers::Raw, quote_decimals),
        }
    }

    fn is_raw(&self) -> bool {
        self.numbers == Numbers::Raw
    }

    /// Atoms.
    pub(super) fn atoms(&self, atoms: i64) -> String {
        if self.is_raw() {
            return atoms.to_string();
        }
        show_signed_atoms(SignedAtoms::new(atoms), self.units.quote_decimals)
    }

    /// An exact amount in 2^-40 atoms; as a decimal down to atoms.
    pub(super) fn exact(&self, amount: i128) -> String {
        if self.is_raw() {
            return amount.to_string();
        }
        Decimal::new(amount.div_euclid(X40_PER_ATOM), self.units.quote_decimals.into()).to_string()
    }

    /// Base units.
    pub(super) fn size(&self, size: i64) -> String {
        if self.is_raw() {
            return size.to_string();
        }
        self.units.show_signed_size(SignedSize::new(size))
    }

    /// A price, or an amount per base unit, in 2^-40 atoms per base unit.
    pub(super) fn price(&self, price: i64) -> String {
        if self.is_raw() {
            return price.to_string();
        }
        let shown = self.units.show_price(Price::new(price.unsigned_abs()));
        if price < 0 && shown != "0" {
            format!("-{shown}")
        } else {
            shown
        }
    }

    /// A price that somebody has named, up to the largest number there is, in 2^-40 atoms per base unit.
    pub(super) fn limit(&self, price: u64) -> String {
        if self.is_raw() {
            return price.to_string();
        }
        self.units.show_price(Price::new(price))
    }

    /// A rate per second in 2^-60; as a decimal per hour.
    pub(super) fn rate(&self, rate: i64) -> String {
        if self.is_raw() {
            return rate.to_string();
        }
        ratio(i128::from(rate) * HOUR, RATE_ONE)
    }
}

/// A ratio, to twelve decimals, rounded down.
pub(super) fn ratio(part: i128, whole: i128) -> String {
    let scaled = 10_i128.checked_pow(RATE_PLACES).and_then(|power| part.checked_mul(power));
    match scaled.and_then(|scaled| scaled.checked_div_euclid(whole)) {
        Some(scaled) => Decimal::new(scaled, RATE_PLACES).to_string(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writing(numbers: Numbers) -> Writing {
        Writing { numbers, units: Units { base_decimals: 9, quote_decimals: 6 } }
    }

    #[test]
    fn raw_numbers_are_the_chains() {
        let raw = writing(Numbers::Raw);
        assert_eq!(
            (raw.atoms(-5), raw.exact(i128::MIN), raw.price(7)),
            ("-5".into(), i128::MIN.to_string(), "7".into())
        );
    }

    #[test]
    fn decimals_are_in_tokens_and_whole_units() {
        let decimal = writing(Numbers::Decimal);
        assert_eq!(decimal.atoms(-1_250_000), "-1.25");
        // Two and a half atoms are two of them.
        assert_eq!(decimal.exact((2 << 40) + (1 << 39)), "0.000002");
        assert_eq!(decimal.size(-1_500_000_000), "-1.5");
        // 140.25 USDC per SOL is 0.14025 atoms per base unit.
        assert_eq!(decimal.price(154_206_505_796), "140.25");
        assert_eq!(decimal.price(-154_206_505_796), "-140.25");
        // Who buys at any price accepts 2^64 in 2^-40 atoms, less one: 2^24 atoms per base unit, which are 1000 · 2^24 USDC per SOL.
        assert_eq!((decimal.limit(154_206_505_796), decimal.limit(u64::MAX)), ("140.25".into(), "16777216000".into()));
        // 2^50 in 2^-60 a second is 2^-10, 3600 / 1024 an hour.
        assert_eq!(decimal.rate(1 << 50), "3.515625");
        let thirds = (ratio(1, 3), ratio(-1, 3), ratio(1, 0));
        assert_eq!(thirds, ("0.333333333333".into(), "-0.333333333334".into(), String::new()));
    }
}
