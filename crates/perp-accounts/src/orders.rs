use crate::Pubkey;
#[cfg(feature = "anchor")]
use anchor_lang::prelude::*;
#[cfg(not(feature = "anchor"))]
use bytemuck::{Pod, Zeroable};

/// Resting orders of one margin account. The lamports that its orders hold lie on this account, above its rent.
#[cfg_attr(feature = "anchor", account(zero_copy))]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Orders {
    /// The exchange.
    pub exchange: Pubkey,
    /// The margin account whose orders they are.
    pub margin_account: Pubkey,
    /// The part the engine reads and writes.
    pub state: perp_engine::state::OrderBook,
    /// Bump of the address.
    pub bump: u8,
    /// Layout version.
    pub version: u8,
    /// Zero; aligns what follows.
    pub padding: [u8; 6],
    /// Zero; room for what is added later.
    pub reserved: [u64; 4],
}

const _: () = assert!(core::mem::size_of::<Orders>() == 2 * 32 + 2112 + 8 + 32);

impl Orders {
    /// First seed of the orders' address; the margin account follows.
    pub const SEED: &'static [u8] = b"orders";
}
