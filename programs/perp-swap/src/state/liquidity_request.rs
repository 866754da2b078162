use anchor_lang::prelude::*;

/// Tokens or shares waiting to enter or leave the pool. Its lamports, rent and tip, go to whoever finishes it.
#[account(zero_copy)]
#[derive(Debug)]
pub struct LiquidityRequest {
    pub exchange: Pubkey,
    pub owner: Pubkey,
    /// Token account the shares (deposit) or tokens (withdrawal) go to.
    pub destination: Pubkey,
    /// Token account the escrow returns to when the request lapses.
    pub origin: Pubkey,
    pub state: perp_engine::state::Request,
    pub nonce: u64,
    /// Lamports paid on top of the rent.
    pub tip: u64,
    /// [`perp_engine::state::RequestKind`] as a byte.
    pub kind: u8,
    pub bump: u8,
    pub version: u8,
    pub padding: [u8; 5],
    pub reserved: [u64; 4],
}

const _: () = assert!(core::mem::size_of::<LiquidityRequest>() == 4 * 32 + 24 + 24 + 32);

impl LiquidityRequest {
    pub const SEED: &'static [u8] = b"request";
    pub const SPACE: usize = 8 + core::mem::size_of::<Self>();
}
