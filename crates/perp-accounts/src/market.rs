use crate::oracle::OracleBinding;
use crate::Pubkey;
#[cfg(feature = "anchor")]
use anchor_lang::prelude::*;
#[cfg(not(feature = "anchor"))]
use bytemuck::{Pod, Zeroable};

/// One market: its oracle and all that a trade in it changes. Trades in different markets share no writable account.
#[cfg_attr(feature = "anchor", account(zero_copy))]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Market {
    /// The exchange.
    pub exchange: Pubkey,
    /// Where the market's price comes from.
    pub oracle: OracleBinding,
    /// Where the price comes from that bounds it; zeros where there is none.
    pub second_oracle: OracleBinding,
    /// The part the engine reads and writes.
    pub state: perp_engine::state::Market,
    /// Asset symbol: UTF-8, zero-padded.
    pub symbol: [u8; 16],
    /// Bump of the address.
    pub bump: u8,
    /// Layout version.
    pub version: u8,
    /// Zero; aligns what follows.
    pub padding: [u8; 6],
    /// Zero; room for what is added later.
    pub reserved: [u64; 8],
}

const _: () = assert!(
    core::mem::size_of::<Market>() == 32 + 2 * 136 + core::mem::size_of::<perp_engine::state::Market>() + 24 + 64
);

impl Market {
    /// First seed of a market's address; exchange and index follow.
    pub const SEED: &'static [u8] = b"market";
}
