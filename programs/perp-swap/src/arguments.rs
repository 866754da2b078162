//! What instructions are sent: plain integers, laid out without padding and without the room that accounts keep free.

use crate::errors::{require, ExchangeError};
use anchor_lang::prelude::*;
use perp_accounts::oracle::{OracleBinding, OracleKind};
use perp_engine::operations::orders::NewOrder;
use perp_engine::state::{OrderTrigger, Parameters, PoolParameters};
use perp_engine::units::{Atoms, Ppm, Price, SignedSize, Size, Timestamp};

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
                Self { $($field: stored!($unit sent.$field),)+ reserved: [0; 5] }
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

/// A resting order as it is placed.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderTerms {
    /// Signed size of one fill in base units, positive buys; not zero. Where the order only reduces, the largest numbers stand
    /// for all.
    pub size: i64,
    /// When it is to fill.
    pub trigger: OrderTrigger,
    /// The price at or beyond which it is met, in 2^-40 atoms per base unit; zero for an order by time, and for one that trails.
    pub trigger_price: u64,
    /// Distance of the trigger from the best price of an order that trails, in parts per million, below 1 000 000; else zero.
    pub trailing: u32,
    /// Worst acceptable average price, in 2^-40 atoms per base unit; for any price `ANY_PRICE_BUY` or `ANY_PRICE_SELL`. Zero is
    /// refused.
    pub acceptable_price: u64,
    /// Only reduces the position that there is now, or that its parent leaves.
    pub reduce_only: bool,
    /// From when on it may be met, in Unix seconds; what is past stands for now.
    pub active_from: i64,
    /// After this it is no longer armed, in Unix seconds; zero for never.
    pub expires: i64,
    /// Fills: 1, or more by time.
    pub slices: u16,
    /// Seconds from one fill to the next, at least `SLICE_SECONDS`; zero for a single one.
    pub seconds_between: u32,
    /// A fill cancels the account's other orders with this number that are not armed; zero for none.
    pub group: u8,
    /// Which of the orders before it in the same call it sleeps for, counted from 1; zero for none.
    pub parent: u8,
    /// Lamports for whoever fills it, at least `ORDER_TIP_LAMPORTS` for each fill.
    pub lamports: u64,
}

impl OrderTerms {
    /// Their length in an instruction's data, in bytes.
    pub const LENGTH: usize = 8 + 1 + 8 + 4 + 8 + 1 + 8 + 8 + 2 + 4 + 1 + 1 + 8;
}

impl From<OrderTerms> for NewOrder {
    fn from(sent: OrderTerms) -> Self {
        Self {
            size: SignedSize::new(sent.size),
            trigger: sent.trigger,
            trigger_price: Price::new(sent.trigger_price),
            trailing: Ppm::new(sent.trailing),
            acceptable_price: Price::new(sent.acceptable_price),
            reduce_only: sent.reduce_only,
            active_from: Timestamp::new(sent.active_from),
            expires: Timestamp::new(sent.expires),
            slices: sent.slices,
            seconds_between: sent.seconds_between,
            group: sent.group,
            parent: sent.parent.checked_sub(1),
            lamports: sent.lamports,
        }
    }
}

impl From<NewOrder> for OrderTerms {
    fn from(order: NewOrder) -> Self {
        Self {
            size: order.size.get(),
            trigger: order.trigger,
            trigger_price: order.trigger_price.get(),
            trailing: order.trailing.get(),
            acceptable_price: order.acceptable_price.get(),
            reduce_only: order.reduce_only,
            active_from: order.active_from.get(),
            expires: order.expires.get(),
            slices: order.slices,
            seconds_between: order.seconds_between,
            group: order.group,
            // None is so far behind that it could be counted no further.
            parent: order.parent.map_or(0, |parent| parent.saturating_add(1)),
            lamports: order.lamports,
        }
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
        assert_eq!(stored.reserved, [0; 5]);

        let bytes: Vec<u8> = (1..).take(LiquidityParameters::LENGTH).collect();
        let sent = LiquidityParameters::try_from_slice(&bytes).unwrap();
        let stored = PoolParameters::from(sent);
        assert_eq!(stored.minimum_request, Atoms::new(sent.minimum_request));
        assert_eq!(LiquidityParameters::from(stored), sent);
        assert_eq!((stored.padding, stored.reserved), (0, [0; 4]));
    }

    #[test]
    fn orders_are_understood_as_they_are_sent() {
        let mut bytes: Vec<u8> = (1..).take(OrderTerms::LENGTH).collect();
        // The trigger and whether it only reduces.
        (bytes[8], bytes[29]) = (2, 1);
        let sent = OrderTerms::try_from_slice(&bytes).unwrap();
        let order = NewOrder::from(sent);
        assert_eq!((order.trigger, order.reduce_only), (OrderTrigger::AtOrBelow, true));
        // The place before the last is counted from 1.
        assert_eq!((order.parent, u64::from(sent.parent)), (Some(53), 54));
        assert_eq!(OrderTerms::from(order), sent);
        assert_eq!(NewOrder::from(OrderTerms { parent: 0, ..sent }).parent, None);
        assert_eq!(OrderTerms::from(NewOrder { parent: None, ..order }).parent, 0);
    }
}
