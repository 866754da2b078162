use crate::errors::{refused, ExchangeError};
use anchor_lang::prelude::*;

/// A trader's collateral and positions.
#[account(zero_copy)]
#[derive(Debug)]
pub struct MarginAccount {
    pub exchange: Pubkey,
    pub owner: Pubkey,
    /// May trade, may not withdraw; the default key for nobody.
    pub delegate: Pubkey,
    pub state: perp_engine::state::Account,
    pub sub_account: u16,
    pub bump: u8,
    pub version: u8,
    pub padding: [u8; 4],
    pub reserved: [u64; 16],
}

const _: () = assert!(core::mem::size_of::<MarginAccount>() == 3 * 32 + 1360 + 8 + 128);

impl MarginAccount {
    pub const SEED: &'static [u8] = b"account";
    pub const SPACE: usize = 8 + core::mem::size_of::<Self>();

    pub fn require_owner(&self, signer: &Pubkey) -> Result<()> {
        if self.owner == *signer {
            return Ok(());
        }
        Err(refused(ExchangeError::NotTheOwner))
    }

    /// Owner or delegate.
    pub fn require_trader(&self, signer: &Pubkey) -> Result<()> {
        if self.owner == *signer || (self.delegate == *signer && self.delegate != Pubkey::default()) {
            return Ok(());
        }
        Err(refused(ExchangeError::NotAuthorised))
    }
}
