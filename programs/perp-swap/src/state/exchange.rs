use crate::errors::{refused, ExchangeError};
use anchor_lang::prelude::*;
use perp_engine::status::{Status, StoredStatus};
use perp_engine::units::Timestamp;

/// Root of one exchange. Its address is derived from its creator and a name, so nobody can create it first.
#[account(zero_copy)]
#[derive(Debug)]
pub struct Exchange {
    pub creator: Pubkey,
    /// Zero-padded.
    pub name: [u8; 32],
    pub quote_mint: Pubkey,
    /// Holds every token of the exchange.
    pub vault: Pubkey,
    pub token_program: Pubkey,
    pub share_mint: Pubkey,
    /// Holds the shares of withdrawal requests.
    pub share_escrow: Pubkey,
    pub pool: Pubkey,
    pub admin: Pubkey,
    /// Becomes admin by accepting.
    pub pending_admin: Pubkey,
    /// Sets statuses and backing targets.
    pub risk_admin: Pubkey,
    /// Can make a status stricter for at most a day.
    pub guardian: Pubkey,
    pub status: StoredStatus,
    /// End of the last pause that somebody lifted.
    pub resumed_at: Timestamp,
    pub market_count: u16,
    pub quote_decimals: u8,
    pub bump: u8,
    pub version: u8,
    pub padding: [u8; 3],
    pub reserved: [u64; 31],
}

/// What an exchange's status means to its markets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub status: Status,
    /// Nothing accrues for the time before.
    pub resumed_at: Timestamp,
}

const _: () = assert!(core::mem::size_of::<Exchange>() == 12 * 32 + 24 + 256);

impl Exchange {
    pub const SEED: &'static [u8] = b"exchange";
    pub const VAULT_SEED: &'static [u8] = b"vault";
    pub const SHARE_MINT_SEED: &'static [u8] = b"shares";
    pub const SHARE_ESCROW_SEED: &'static [u8] = b"share-escrow";
    pub const SPACE: usize = 8 + core::mem::size_of::<Self>();

    /// The status in force now and the end of the last pause.
    pub fn standing(&self, now: Timestamp) -> Standing {
        let status = self.status.in_force(now);
        let resumed_at = self.resumed_at.max(self.status.pause_ended_at(now));
        Standing { status, resumed_at }
    }

    pub fn require_admin(&self, signer: &Pubkey) -> Result<()> {
        require_role(signer, &[&self.admin])
    }

    pub fn require_risk_admin(&self, signer: &Pubkey) -> Result<()> {
        require_role(signer, &[&self.admin, &self.risk_admin])
    }
}

fn require_role(signer: &Pubkey, holders: &[&Pubkey]) -> Result<()> {
    if holders.contains(&signer) {
        return Ok(());
    }
    Err(refused(ExchangeError::NotTheAdmin))
}

/// Signer seeds of the exchange, the authority over vault, shares and share escrow.
#[macro_export]
macro_rules! exchange_seeds {
    ($exchange:expr) => {
        &[&[$crate::state::Exchange::SEED, $exchange.creator.as_ref(), $exchange.name.as_ref(), &[$exchange.bump]][..]]
    };
}
