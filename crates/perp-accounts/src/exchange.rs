use crate::Pubkey;
#[cfg(feature = "anchor")]
use anchor_lang::prelude::*;
#[cfg(not(feature = "anchor"))]
use bytemuck::{Pod, Zeroable};
use perp_engine::state::ExchangeState;

/// Root of one exchange. Its address is derived from its creator and a name, so nobody can create it first.
#[cfg_attr(feature = "anchor", account(zero_copy))]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Exchange {
    /// Who created it; part of its address.
    pub creator: Pubkey,
    /// UTF-8, zero-padded; part of its address.
    pub name: [u8; 32],
    /// Mint of the quote token, the only collateral.
    pub quote_mint: Pubkey,
    /// Token account that holds every token of the exchange.
    pub vault: Pubkey,
    /// Program that owns the quote mint: SPL Token or Token-2022.
    pub token_program: Pubkey,
    /// Mint of the liquidity shares.
    pub share_mint: Pubkey,
    /// Token account that holds the shares of withdrawal requests.
    pub share_escrow: Pubkey,
    /// The pool's account.
    pub pool: Pubkey,
    /// Lists markets, names the other roles, takes out protocol fees.
    pub admin: Pubkey,
    /// Becomes admin by accepting; the default key for nobody.
    pub pending_admin: Pubkey,
    /// Sets statuses and backing targets.
    pub risk_admin: Pubkey,
    /// Can make a status stricter, within half of what may be spent on it.
    pub guardian: Pubkey,
    /// The part the engine reads and writes.
    pub state: ExchangeState,
    /// Markets listed; the next market's index.
    pub market_count: u16,
    /// Decimals of the quote mint.
    pub quote_decimals: u8,
    /// Bump of the address.
    pub bump: u8,
    /// Layout version.
    pub version: u8,
    /// Zero; aligns what follows.
    pub padding: [u8; 3],
    /// Zero; room for what is added later.
    pub reserved: [u64; 32],
}

const _: () = assert!(core::mem::size_of::<Exchange>() == 12 * 32 + 96 + 8 + 256);

impl Exchange {
    /// First seed of an exchange's address; creator and name follow.
    pub const SEED: &'static [u8] = b"exchange";
    /// First seed of the vault's address; the exchange follows.
    pub const VAULT_SEED: &'static [u8] = b"vault";
    /// First seed of the share mint's address; the exchange follows.
    pub const SHARE_MINT_SEED: &'static [u8] = b"shares";
    /// First seed of the share escrow's address; the exchange follows.
    pub const SHARE_ESCROW_SEED: &'static [u8] = b"share-escrow";
}
