//! One type per unit. Fields are private and there is no `*` or `/` between units: the legal products stand in
//! [`products`], and each name says which way it rounds.
//!
//! | unit | scale | range |
//! |---|---|---|
//! | [`Atoms`] | 1 atom of the quote token | 0 ..= 2^62 |
//! | [`SignedAtoms`] | 1 atom | −2^63 ..= 2^63 − 1 |
//! | [`QuoteX40`] | 2^-40 atom | −2^127 ..= 2^127 − 1; a product of two units is below 2^125 |
//! | [`SignedSize`], [`Size`] | 1 base unit (10^-`base_decimals` of the asset) | up to 2^57 |
//! | [`Price`] | 2^-40 atom per base unit | 1 ..= 2^50 |
//! | [`FundingIndex`] | 2^-40 atom per base unit | −2^60 ..= 2^60 |
//! | [`Ppm`] | 10^-6 | 0 ..= 10^6 where it is a share |
//! | [`Timestamp`] | 1 s, Unix | ≥ 0 |

mod money;
pub mod products;
mod size;
mod time;

pub use money::{Atoms, QuoteX40, SignedAtoms, StoredQuoteX40};
pub use size::{FundingIndex, Ppm, Price, Side, SignedSize, Size};
pub use time::{Clock, Timestamp};

/// log2 of the finest unit's number per atom. A power of two makes the step to whole atoms a shift; 40 bits keep a price of
/// $10 000 per 10^-9 base unit inside [`MAX_PRICE`] and a rounded funding step below 10^-11 of the price of SOL.
pub const X40_BITS: u32 = 40;
/// QuoteX40 units per atom.
pub const X40_PER_ATOM: i128 = 1 << X40_BITS;
/// Largest price, in 2^-40 atoms per base unit.
pub const MAX_PRICE: u64 = 1 << 50;
/// Largest price at which a position may grow: beyond [`MAX_PRICE`] a market gets no price at all and nobody can close, so
/// the price can rise 16-fold before that. A dearer asset is listed with more decimals.
pub const MAX_OPEN_PRICE: u64 = 1 << 46;
/// Largest position or side of a market, in base units.
pub const MAX_SIZE: u64 = 1 << 57;
/// Largest open interest a market may be listed with, in base units: at [`MAX_PRICE`] it is worth [`MAX_NOTIONAL`], so that no
/// print of a price makes a position too large to be valued and its account impossible to liquidate.
pub const MAX_OPEN_INTEREST: u64 = 1 << 50;
/// Largest amount of quote atoms in any one field.
pub const MAX_ATOMS: u64 = 1 << 62;
/// Largest notional that is valued, of a position or of a side of a market, in atoms.
pub const MAX_NOTIONAL: u64 = 1 << 60;
/// Largest notional of a side after an increase: 2^52 atoms, 4.5 billion USDC. A market in which everybody's positions
/// could no longer be valued would let nobody out, so the price can rise 256-fold before that.
pub const MAX_OPEN_NOTIONAL: u64 = 1 << 52;
/// Largest absolute funding index.
pub const MAX_FUNDING_INDEX: i64 = 1 << 60;
/// Decimals the quote token may have. Every posting rounds by up to one atom, which is a cent where a token has two decimals
/// and anybody may settle another's funding every second; and [`MAX_ATOMS`] must be more than anybody can deposit: with nine
/// decimals they are 4.6 billion tokens.
pub const QUOTE_DECIMALS: core::ops::RangeInclusive<u8> = 6..=9;
/// Most decimals a market's base unit may have.
pub const MAX_BASE_DECIMALS: u8 = 18;
/// Parts per million in one.
pub const PPM: u64 = 1_000_000;

/// Bits an unsigned number needs.
#[allow(clippy::arithmetic_side_effects)] // at most 64 leading zeros
const fn bits(largest: u64) -> u32 {
    64 - largest.leading_zeros()
}

// Every product of two units stays below 2^125.
const _: () = {
    assert!(MAX_OPEN_INTEREST as u128 * MAX_PRICE as u128 <= (MAX_NOTIONAL as u128) << X40_BITS);
    assert!(bits(MAX_SIZE) + bits(MAX_PRICE) < 125);
    assert!(bits(MAX_SIZE) + bits(MAX_FUNDING_INDEX as u64) + 1 < 125);
    assert!(bits(MAX_NOTIONAL) + X40_BITS + bits(PPM) < 125);
    assert!((MAX_ATOMS as u128) * (MAX_ATOMS as u128) < 1 << 125);
};
