//! Decimal numbers as people write them, and the engine's units. Everything is exact: what a unit cannot hold is refused,
//! never rounded, save for prices, which the engine itself rounds down by less than 2^-40 atom per base unit.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;
use core::str::FromStr;
use perp_engine::market::price::plan_price;
use perp_engine::oracle::OracleReading;
use perp_engine::state::Market;
use perp_engine::units::{
    Atoms, Clock, Price, Side, SignedAtoms, SignedSize, Size, Timestamp, MAX_ATOMS, MAX_SIZE, X40_PER_ATOM,
};

/// Decimals at which a price is shown. Those of Pyth's feeds.
pub const PRICE_PLACES: u32 = 8;

/// Why a text is not the number asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConversionError {
    /// It is not a decimal number.
    NotADecimal {
        /// The text.
        input: String,
    },
    /// It is finer than the smallest unit.
    TooManyDecimals {
        /// The text.
        input: String,
        /// Decimals of the smallest unit.
        allowed: u32,
    },
    /// It is out of range.
    OutOfRange {
        /// The text.
        input: String,
        /// What would be right.
        expected: &'static str,
    },
}

impl fmt::Display for ConversionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotADecimal { input } => write!(
                formatter,
                "\"{input}\" is not a decimal number: expected digits with at most one point, such as 140.25"
            ),
            Self::TooManyDecimals { input, allowed } => {
                write!(formatter, "\"{input}\" has more than {allowed} decimals, the smallest unit here")
            }
            Self::OutOfRange { input, expected } => {
                write!(formatter, "\"{input}\" is out of range: expected {expected}")
            }
        }
    }
}

impl core::error::Error for ConversionError {}

/// A decimal number, exactly as it was written: `mantissa / 10^scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// At most 30 digits.
    mantissa: i128,
    scale: u32,
}

/// Any product of a mantissa with a power of ten up to 10^8 fits an `i128`.
const MAX_DIGITS: usize = 30;

impl FromStr for Decimal {
    type Err = ConversionError;

    fn from_str(input: &str) -> Result<Self, ConversionError> {
        let not_a_decimal = || ConversionError::NotADecimal { input: input.into() };
        let unsigned = input.strip_prefix('-').unwrap_or(input);
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return Err(not_a_decimal()),
            None => (unsigned, ""),
        };
        let digits = format!("{whole}{fraction}");
        if whole.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(not_a_decimal());
        }
        if digits.len() > MAX_DIGITS {
            return Err(ConversionError::OutOfRange { input: input.into(), expected: "at most 30 digits" });
        }
        let magnitude: i128 = digits.parse().map_err(|_| not_a_decimal())?;
        let mantissa = if unsigned.len() < input.len() { -magnitude } else { magnitude };
        let scale = u32::try_from(fraction.len()).map_err(|_| not_a_decimal())?;
        Ok(Self { mantissa, scale })
    }
}

impl Decimal {
    /// `mantissa / 10^places`.
    pub const fn new(mantissa: i128, places: u32) -> Self {
        Self { mantissa, scale: places }
    }

    /// The number times `10^places` where that is whole; `None` where digits would be lost or do not fit.
    pub fn scaled(self, places: u32) -> Option<i128> {
        if places >= self.scale {
            return 10i128.checked_pow(places - self.scale)?.checked_mul(self.mantissa);
        }
        let power = 10i128.checked_pow(self.scale - places)?;
        (self.mantissa % power == 0).then_some(self.mantissa / power)
    }
}

impl fmt::Display for Decimal {
    /// Without superfluous zeros: `-1.5`, `100`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = usize::try_from(self.scale).map_err(|_| fmt::Error)?;
        let digits = format!("{:0>width$}", self.mantissa.unsigned_abs(), width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        formatter.pad_integral(self.mantissa >= 0, "", &format!("{whole}{point}{fraction}"))
    }
}

/// `input` in units of `10^-places`.
fn units(input: &str, places: u32, expected: &'static str) -> Result<i128, ConversionError> {
    let decimal: Decimal = input.parse()?;
    decimal.scaled(places).ok_or_else(|| match decimal.scale > places {
        true => ConversionError::TooManyDecimals { input: input.into(), allowed: places },
        false => ConversionError::OutOfRange { input: input.into(), expected },
    })
}

/// An amount of the quote token, such as "1250.5" USDC, in atoms.
///
/// # Errors
/// [`ConversionError`].
pub fn atoms(input: &str, quote_decimals: u8) -> Result<Atoms, ConversionError> {
    const EXPECTED: &str = "an amount from 0 to 2^62 atoms";
    match u64::try_from(units(input, quote_decimals.into(), EXPECTED)?) {
        Ok(atoms) if atoms <= MAX_ATOMS => Ok(Atoms::new(atoms)),
        _ => Err(ConversionError::OutOfRange { input: input.into(), expected: EXPECTED }),
    }
}

/// Atoms as an amount of the quote token.
pub fn show_atoms(atoms: Atoms, quote_decimals: u8) -> String {
    Decimal::new(atoms.get().into(), quote_decimals.into()).to_string()
}

/// Signed atoms as an amount of the quote token.
pub fn show_signed_atoms(atoms: SignedAtoms, quote_decimals: u8) -> String {
    Decimal::new(atoms.get().into(), quote_decimals.into()).to_string()
}

/// The decimals of a market's two assets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Units {
    /// Decimals of the asset.
    pub base_decimals: u8,
    /// Decimals of the quote token.
    pub quote_decimals: u8,
}

impl Units {
    /// Those of a market.
    pub fn of(market: &Market) -> Self {
        Self { base_decimals: market.base_decimals, quote_decimals: market.quote_decimals }
    }

    /// A signed size such as "-1.5" SOL.
    ///
    /// # Errors
    /// [`ConversionError`].
    pub fn signed_size(&self, input: &str) -> Result<SignedSize, ConversionError> {
        const EXPECTED: &str = "a size of at most 2^57 base units";
        match i64::try_from(units(input, self.base_decimals.into(), EXPECTED)?) {
            Ok(base) if base.unsigned_abs() <= MAX_SIZE => Ok(SignedSize::new(base)),
            _ => Err(ConversionError::OutOfRange { input: input.into(), expected: EXPECTED }),
        }
    }

    /// A size without a sign, such as "1.5" SOL.
    ///
    /// # Errors
    /// [`ConversionError`].
    pub fn size(&self, input: &str) -> Result<Size, ConversionError> {
        let base = self.signed_size(input)?;
        if base.side() == Some(Side::Short) {
            return Err(ConversionError::OutOfRange { input: input.into(), expected: "a size without a sign" });
        }
        Ok(base.size())
    }

    /// A price such as "140.25", in quote per whole unit of base: what the market would cache if its oracle printed it.
    ///
    /// # Errors
    /// [`ConversionError`].
    pub fn price(&self, input: &str) -> Result<Price, ConversionError> {
        const EXPECTED: &str = "a price above 0 that is at most 2^10 atoms per base unit";
        let decimal: Decimal = input.parse()?;
        let out_of_range = || ConversionError::OutOfRange { input: input.into(), expected: EXPECTED };
        let price = i64::try_from(decimal.mantissa).map_err(|_| out_of_range())?;
        let exponent = i32::try_from(decimal.scale).map_err(|_| out_of_range())?.saturating_neg();
        let published = 1;
        let reading = OracleReading::new(price, 0, exponent, published).map_err(|_| out_of_range())?;
        let Self { base_decimals, quote_decimals } = *self;
        let market = Market { base_decimals, quote_decimals, ..Market::default() };
        let clock = Clock { now: Timestamp::new(published), slot: 0 };
        let plan = plan_price(&market, &reading, clock).map_err(|_| out_of_range())?;
        Ok(plan.cache.price)
    }

    /// A size in whole units of base.
    pub fn show_signed_size(&self, base: SignedSize) -> String {
        Decimal::new(base.get().into(), self.base_decimals.into()).to_string()
    }

    /// A size in whole units of base.
    pub fn show_size(&self, size: Size) -> String {
        Decimal::new(size.get().into(), self.base_decimals.into()).to_string()
    }

    /// Atoms as an amount of the quote token.
    pub fn show_atoms(&self, atoms: Atoms) -> String {
        show_atoms(atoms, self.quote_decimals)
    }

    /// Signed atoms as an amount of the quote token.
    pub fn show_signed_atoms(&self, atoms: SignedAtoms) -> String {
        show_signed_atoms(atoms, self.quote_decimals)
    }

    /// A price in quote per whole unit of base, rounded to the nearest of [`PRICE_PLACES`] decimals; as the engine's number for
    /// decimals that no market can have.
    pub fn show_price(&self, price: Price) -> String {
        let shift = i64::from(PRICE_PLACES) + i64::from(self.base_decimals) - i64::from(self.quote_decimals);
        match nearest_shifted(price, shift) {
            Some(units) => Decimal::new(units, PRICE_PLACES).to_string(),
            None => format!("{} · 2^-40 atoms", price.get()),
        }
    }
}

/// `price / 2^40 · 10^shift`, rounded to the nearest whole number.
fn nearest_shifted(price: Price, shift: i64) -> Option<i128> {
    let power = 10i128.checked_pow(u32::try_from(shift.unsigned_abs()).ok()?)?;
    let raw = i128::from(price.get());
    if shift < 0 {
        let divisor = power.checked_mul(X40_PER_ATOM)?;
        return Some((raw + divisor / 2) / divisor);
    }
    // Whole atoms and the rest apart: their product with 10^26 fits, that of a whole price would not.
    let (whole, rest) = (raw / X40_PER_ATOM, raw % X40_PER_ATOM);
    let rest = rest.checked_mul(power)?.checked_add(X40_PER_ATOM / 2)? / X40_PER_ATOM;
    whole.checked_mul(power)?.checked_add(rest)
}

#[cfg(test)]
mod tests;
