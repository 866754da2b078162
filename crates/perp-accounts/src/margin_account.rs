use crate::Pubkey;
#[cfg(feature = "anchor")]
use anchor_lang::prelude::*;
#[cfg(not(feature = "anchor"))]
use bytemuck::{Pod, Zeroable};

/// A trader's collateral and positions.
#[cfg_attr(feature = "anchor", account(zero_copy))]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct MarginAccount {
    /// The exchange.
    pub exchange: Pubkey,
    /// Who may trade, withdraw and close it.
    pub owner: Pubkey,
    /// May trade, may not withdraw; the default key for nobody.
    pub delegate: Pubkey,
    /// The part the engine reads and writes.
    pub state: perp_engine::state::Account,
    /// Number of the account among its owner's; part of its address.
    pub sub_account: u16,
    /// Bump of the address.
    pub bump: u8,
    /// Layout version.
    pub version: u8,
    /// Zero; aligns what follows.
    pub padding: [u8; 4],
    /// Zero; room for what is added later.
    pub reserved: [u64; 16],
}

const _: () = assert!(core::mem::size_of::<MarginAccount>() == 3 * 32 + 1864 + 8 + 128);

impl MarginAccount {
    /// First seed of a margin account's address; exchange, owner and sub-account follow.
    pub const SEED: &'static [u8] = b"account";
}
