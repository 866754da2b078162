use crate::Pubkey;
#[cfg(feature = "anchor")]
use anchor_lang::prelude::*;
#[cfg(not(feature = "anchor"))]
use bytemuck::{Pod, Zeroable};

/// Tokens or shares waiting to enter or leave the pool. Of its lamports the rent goes back to the owner, what lies above it to
/// whoever pays the request out. What it is paid goes to the owner's associated token account, which anybody can create.
#[cfg_attr(feature = "anchor", account(zero_copy))]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct LiquidityRequest {
    /// The exchange.
    pub exchange: Pubkey,
    /// Who made it.
    pub owner: Pubkey,
    /// The part the engine reads and writes.
    pub state: perp_engine::state::Request,
    /// Number of the request among its owner's; part of its address.
    pub nonce: u64,
    /// [`perp_engine::state::RequestKind`] as a byte.
    pub kind: u8,
    /// Bump of the address.
    pub bump: u8,
    /// Layout version.
    pub version: u8,
    /// Zero; aligns what follows.
    pub padding: [u8; 5],
    /// Zero; room for what is added later.
    pub reserved: [u64; 4],
}

const _: () = assert!(core::mem::size_of::<LiquidityRequest>() == 2 * 32 + 56 + 16 + 32);

impl LiquidityRequest {
    /// First seed of a request's address; exchange, owner and nonce follow.
    pub const SEED: &'static [u8] = b"request";
}
