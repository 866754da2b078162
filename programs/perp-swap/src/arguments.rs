//! What instructions are sent: plain integers, laid out without padding and without the room that accounts keep free.

use crate::errors::{require, ExchangeError};
use anchor_lang::prelude::*;
use perp_accounts::oracle::{OracleBinding, OracleKind};
use perp_engine::state::{Parameters, PoolParameters};
use perp_engine::units::{Atoms, Ppm, Size};

/// A value of a parameter's unit from the integer it is sent as.
macro_rules! stored {
    (u64 $value:expr) => {
        $value
    };
    (u32 $value:expr) => {
        $value
    };
    ($unit:ident $value:expr) => {
        $unit::new($value)
    };
}

/// The integer a parameter is sent as from its unit.
macro_rules! sent {
    (u64 $value:expr) => {
        $value
    };
    (u32 $value:expr) => {
        $value
    };
    ($unit:ident $value:expr) => {
        $value.get()
    };
}

macro_rules! market_arguments {
    ($($field:ident: $unit:ident $integer:ident $kind:ident $text:literal;)+) => {
        /// A market's parameters.
        #[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
        pub struct MarketParameters {
            $(#[doc = $text] pub $field: $integer,)+
        }

        impl MarketParameters {
            /// Their length in an instruction's data, in bytes.
            #[allow(clippy::arithmetic_side_effects)] // a constant
            pub const LENGTH: usize = 0 $(+ size_of::<$integer>())+;
        }

        impl From<MarketParameters> for Parameters {
            fn from(sent: MarketParameters) -> Self {
                Self { $($field: stored!($unit sent.$field),)+ reserved: [0; 4] }
            }
        }

        impl From<Parameters> for MarketParameters {
            fn from(stored: Parameters) -> Self {
                Self { $($field: sent!($unit stored.$field),)+ }
            }
        }
    };
}

perp_engine::market_parameters!(market_arguments);

macro_rules! pool_arguments {
    ($($field:ident: $unit:ident $integer:ident $kind:ident $text:literal;)+) => {
        /// The liquidity providers' delays and limits.
        #[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
        pub struct LiquidityParameters {
            $(#[doc = $text] pub $field: $integer,)+
        }

        impl LiquidityParameters {
            /// Their length in an instruction's data, in bytes.
            #[allow(clippy::arithmetic_side_effects)] // a constant
            pub const LENGTH: usize = 0 $(+ size_of::<$integer>())+;
        }

        impl From<LiquidityParameters> for PoolParameters {
            fn from(sent: LiquidityParameters) -> Self {
                Self { $($field: stored!($unit sent.$field),)+ padding: 0, reserved: [0; 4] }
            }
        }

        impl From<PoolParameters> for LiquidityParameters {
            fn from(stored: PoolParameters) -> Self {
                Self { $($field: sent!($unit stored.$field),)+ }
            }
        }
    };
}

perp_engine::pool_parameters!(pool_arguments);

/// Where a new market's price comes from, or the one that bounds it.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct OracleSource {
    /// How the price account is laid out and found.
    pub kind: OracleKind,
    /// The program that must own the price account: one of Pyth's.
    pub program: Pubkey,
    /// The only price account accepted; for a pull account the default key accepts any account of the feed.
    pub account: Pubkey,
    /// Pyth's feed id of a pull account; zeros for a legacy one.
    pub feed_id: [u8; 32],
}

impl OracleSource {
    /// Its length in an instruction's data, in bytes.
    pub const LENGTH: usize = 1 + 32 + 32 + 32;
}

impl From<OracleSource> for OracleBinding {
    fn from(source: OracleSource) -> Self {
        Self::new(source.kind, source.program, source.account, source.feed_id)
    }
}

/// Whether a name or symbol is text: one or more bytes of UTF-8 without a zero, then zeros. What it looks like is for whoever
/// shows it to judge; addresses, not names, tell exchanges apart.
///
/// # Errors
/// [`ExchangeError::NameNotText`].
pub fn check_name(name: &[u8]) -> Result<()> {
    let length = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    let (text, rest) = name.split_at(length);
    let holds = !text.is_empty() && core::str::from_utf8(text).is_ok() && rest.iter().all(|byte| *byte == 0);
    require(holds, ExchangeError::NameNotText)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_text_followed_by_zeros() {
        for name in ["SOL", "Ω", "sixteen letters!"] {
            let mut padded = [0; 16];
            padded[..name.len()].copy_from_slice(name.as_bytes());
            assert!(check_name(&padded).is_ok(), "{name}");
        }
        // Empty; text after a zero; the first byte of a character of two; a byte no character begins with.
        for bytes in [*b"\0\0\0\0", *b"\0SOL", *b"S\0L\0", *b"SO\0L", [b'S', 0xCE, 0, 0], [0xFF, 0, 0, 0]] {
            assert_eq!(check_name(&bytes), Err(ExchangeError::NameNotText.into()), "{bytes:?}");
        }
    }

    #[test]
    fn parameters_are_stored_as_they_are_sent() {
        let bytes: Vec<u8> = (1..).take(MarketParameters::LENGTH).collect();
        let sent = MarketParameters::try_from_slice(&bytes).unwrap();
        let stored = Parameters::from(sent);
        assert_eq!(
            (stored.open_interest_cap, stored.outage_delay),
            (Size::new(sent.open_interest_cap), sent.outage_delay)
        );
        assert_eq!(MarketParameters::from(stored), sent);
        assert_eq!(stored.reserved, [0; 4]);

        let bytes: Vec<u8> = (1..).take(LiquidityParameters::LENGTH).collect();
        let sent = LiquidityParameters::try_from_slice(&bytes).unwrap();
        let stored = PoolParameters::from(sent);
        assert_eq!(stored.minimum_request, Atoms::new(sent.minimum_request));
        assert_eq!(LiquidityParameters::from(stored), sent);
        assert_eq!((stored.padding, stored.reserved), (0, [0; 4]));
    }
}
