use anchor_lang::prelude::*;

/// The liquidity providers' unallocated cash and the shared insurance.
#[account(zero_copy)]
#[derive(Debug)]
pub struct Pool {
    pub exchange: Pubkey,
    pub state: perp_engine::state::Pool,
    pub bump: u8,
    pub version: u8,
    pub padding: [u8; 6],
    pub reserved: [u64; 8],
}

const _: () = assert!(core::mem::size_of::<Pool>() == 32 + 144 + 8 + 64);

impl Pool {
    pub const SEED: &'static [u8] = b"pool";
    pub const SPACE: usize = 8 + core::mem::size_of::<Self>();
}
