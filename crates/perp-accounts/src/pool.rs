use crate::Pubkey;
#[cfg(feature = "anchor")]
use anchor_lang::prelude::*;
#[cfg(not(feature = "anchor"))]
use bytemuck::{Pod, Zeroable};

/// The liquidity providers' unallocated cash and the shared insurance.
#[cfg_attr(feature = "anchor", account(zero_copy))]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Pool {
    /// The exchange.
    pub exchange: Pubkey,
    /// The part the engine reads and writes.
    pub state: perp_engine::state::Pool,
    /// Every request that waits for a boundary, in sums. Its lamports lie on this account, above its rent.
    pub queue: perp_engine::state::Queue,
    /// Bump of the address.
    pub bump: u8,
    /// Layout version.
    pub version: u8,
    /// Zero; aligns what follows.
    pub padding: [u8; 6],
    /// Zero; room for what is added later.
    pub reserved: [u64; 8],
}

const _: () = assert!(core::mem::size_of::<Pool>() == 32 + 400 + 32 * 144 + 8 + 64);

impl Pool {
    /// First seed of the pool's address; the exchange follows.
    pub const SEED: &'static [u8] = b"pool";
}
