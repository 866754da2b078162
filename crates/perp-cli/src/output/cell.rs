//! One value, as people read it, as the chain has it, and in JSON.

use chrono::DateTime;
use perp_engine::state::RATE_BITS;
use perp_engine::units::{Atoms, Ppm, Price, QuoteX40, SignedAtoms, SignedSize, Size, Timestamp, X40_BITS};
use perp_exchange::convert::{Decimal, Units};
use serde_json::Value;
use solana_pubkey::Pubkey;

/// A value with its unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    None,
    /// Words.
    Text(String),
    /// Yes or no.
    Flag(bool),
    /// A count.
    Count(u64),
    /// An amount in atoms of a token with so many decimals.
    Atoms(i128, u8),
    /// An exact amount in 2^-40 atoms.
    Exact(i128, u8),
    /// A size in base units.
    Size(i64, Units),
    /// A price.
    Price(Price, Units),
    /// A share in parts per million.
    Share(i64),
    /// A rate per second in 2^-60, shown per hour.
    Rate(i64),
    /// A moment.
    Time(Timestamp),
    /// A length of time in seconds.
    Seconds(u64),
    /// Lamports.
    Lamports(u64),
}

/// Decimals of a lamport in SOL.
const SOL_DECIMALS: u32 = 9;
/// Decimals at which an exact amount is shown beyond those of an atom.
const EXACT_PLACES: u32 = 6;

impl Cell {
    /// Words.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// An address.
    pub fn address(address: &Pubkey) -> Self {
        Self::Text(address.to_string())
    }

    /// Atoms.
    pub fn atoms(atoms: Atoms, decimals: u8) -> Self {
        Self::Atoms(atoms.get().into(), decimals)
    }

    /// Signed atoms.
    pub fn signed_atoms(atoms: SignedAtoms, decimals: u8) -> Self {
        Self::Atoms(atoms.get().into(), decimals)
    }

    /// An exact amount.
    pub const fn exact(amount: QuoteX40, decimals: u8) -> Self {
        Self::Exact(amount.get(), decimals)
    }

    /// A signed size.
    pub const fn signed_size(size: SignedSize, units: Units) -> Self {
        Self::Size(size.get(), units)
    }

    /// A size without a sign.
    pub fn size(size: Size, units: Units) -> Self {
        Self::Size(i64::try_from(size.get()).unwrap_or(i64::MAX), units)
    }

    /// A price, none where there is none.
    pub fn price(price: Price, units: Units) -> Self {
        if price == Price::ZERO {
            Self::None
        } else {
            Self::Price(price, units)
        }
    }

    /// A price that may not be there.
    pub fn price_or_none(price: Option<Price>, units: Units) -> Self {
        price.map_or(Self::None, |price| Self::price(price, units))
    }

    /// A share.
    pub fn share(share: Ppm) -> Self {
        Self::Share(share.get().into())
    }

    /// A moment, none where it never was.
    pub const fn time(time: Timestamp) -> Self {
        if time.is_never() {
            Self::None
        } else {
            Self::Time(time)
        }
    }

    /// Whether it stands at the right of its column.
    pub const fn is_number(&self) -> bool {
        !matches!(self, Self::None | Self::Text(_) | Self::Flag(_) | Self::Time(_))
    }

    /// As people read it, or as the chain has it.
    pub fn shown(&self, raw: bool) -> String {
        if raw {
            return self.raw();
        }
        match self {
            Self::None => "–".into(),
            Self::Text(text) => text.clone(),
            Self::Flag(flag) => if *flag { "yes" } else { "no" }.into(),
            Self::Count(count) => count.to_string(),
            Self::Atoms(amount, decimals) => Decimal::new(*amount, (*decimals).into()).to_string(),
            Self::Exact(amount, decimals) => exact(*amount, *decimals),
            Self::Size(base, units) => units.show_signed_size(SignedSize::new(*base)),
            Self::Price(price, units) => units.show_price(*price),
            Self::Share(ppm) => format!("{}%", Decimal::new((*ppm).into(), 4)),
            Self::Rate(rate) => format!("{}% / h", per_hour(*rate)),
            Self::Time(time) => DateTime::from_timestamp(time.get(), 0)
                .map_or_else(|| time.get().to_string(), |time| time.format("%Y-%m-%d %H:%M:%SZ").to_string()),
            Self::Seconds(seconds) => length(*seconds),
            Self::Lamports(lamports) => format!("{} SOL", Decimal::new((*lamports).into(), SOL_DECIMALS)),
        }
    }

    /// The number that the chain has.
    fn raw(&self) -> String {
        match self {
            Self::Atoms(amount, _) | Self::Exact(amount, _) => amount.to_string(),
            Self::Size(base, _) => base.to_string(),
            Self::Price(price, _) => price.get().to_string(),
            Self::Share(ppm) => ppm.to_string(),
            Self::Rate(rate) => rate.to_string(),
            Self::Time(time) => time.get().to_string(),
            Self::Seconds(seconds) => seconds.to_string(),
            Self::Lamports(lamports) => lamports.to_string(),
            Self::None | Self::Text(_) | Self::Flag(_) | Self::Count(_) => self.shown(false),
        }
    }

    /// In JSON. Money, sizes, prices and rates are text, so that no reader rounds them.
    pub fn json(&self, raw: bool) -> Value {
        match self {
            Self::None => Value::Null,
            Self::Text(text) => Value::String(text.clone()),
            Self::Flag(flag) => Value::Bool(*flag),
            Self::Count(count) => (*count).into(),
            Self::Seconds(seconds) => (*seconds).into(),
            Self::Time(time) => time.get().into(),
            Self::Lamports(lamports) => Value::String(lamports.to_string()),
            Self::Share(_) if !raw => Value::String(self.shown(false).trim_end_matches('%').to_owned()),
            Self::Rate(rate) if !raw => Value::String(per_hour(*rate)),
            _ => Value::String(self.shown(raw)),
        }
    }
}

/// A rate per second in 2^-60 in percent an hour, to eight decimals, towards zero.
fn per_hour(rate: i64) -> String {
    const PLACES: u32 = 8;
    let percent = i128::from(rate) * 3_600 * 100 * 10i128.pow(PLACES) / (1 << RATE_BITS);
    Decimal::new(percent, PLACES).to_string()
}

/// An exact amount in quote tokens, to a millionth of an atom, towards zero.
fn exact(amount: i128, decimals: u8) -> String {
    let places = u32::from(decimals) + EXACT_PLACES;
    let (whole, rest) = (amount >> X40_BITS, amount & ((1 << X40_BITS) - 1));
    let fraction = (rest * 10i128.pow(EXACT_PLACES)) >> X40_BITS;
    match whole.checked_mul(10i128.pow(EXACT_PLACES)) {
        Some(whole) => Decimal::new(whole + fraction, places).to_string(),
        None => format!("{amount} · 2^-40 atoms"),
    }
}

fn length(seconds: u64) -> String {
    let parts = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    let mut left = seconds;
    let mut text = String::new();
    for (each, name) in parts {
        if left >= each {
            let space = if text.is_empty() { "" } else { " " };
            text.push_str(&format!("{space}{}{name}", left / each));
            left %= each;
        }
    }
    if text.is_empty() {
        text.push_str("0s");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOL: Units = Units { base_decimals: 9, quote_decimals: 6 };

    #[test]
    fn a_value_is_shown_with_its_unit_and_as_the_chain_has_it() {
        let cases = [
            (Cell::Atoms(-1_250_500_000, 6), "-1250.5", "-1250500000"),
            // An atom and a half.
            (Cell::Exact(3 << 39, 6), "0.0000015", "1649267441664"),
            (Cell::Size(-1_500_000_000, SOL), "-1.5", "-1500000000"),
            (Cell::Price(Price::new(1 << 38), SOL), "250", "274877906944"),
            (Cell::Share(5_000), "0.5%", "5000"),
            // 2^-60 · 3 600 · 100 % a second, times 2^48: 0.00024414… a second, 87.890625 % an hour.
            (Cell::Rate(1 << 48), "87.890625% / h", "281474976710656"),
            (Cell::Time(Timestamp::new(1_618_660_800)), "2021-04-17 12:00:00Z", "1618660800"),
            (Cell::Seconds(90_061), "1d 1h 1m 1s", "90061"),
            (Cell::Lamports(40_000), "0.00004 SOL", "40000"),
            (Cell::None, "–", "–"),
        ];
        for (cell, shown, raw) in cases {
            assert_eq!((cell.shown(false), cell.shown(true)), (shown.into(), raw.into()));
        }
    }

    #[test]
    fn money_is_text_in_json_and_never_a_number() {
        assert_eq!(Cell::Atoms(1_500_000, 6).json(false), Value::String("1.5".into()));
        assert_eq!(Cell::Atoms(1_500_000, 6).json(true), Value::String("1500000".into()));
        assert_eq!(Cell::price(Price::ZERO, SOL).json(false), Value::Null);
        assert_eq!(Cell::Share(5_000).json(false), Value::String("0.5".into()));
        assert_eq!(Cell::Time(Timestamp::new(7)).json(false), Value::from(7));
    }
}
