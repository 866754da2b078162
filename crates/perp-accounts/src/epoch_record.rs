use crate::Pubkey;
#[cfg(feature = "anchor")]
use anchor_lang::prelude::*;
#[cfg(not(feature = "anchor"))]
use bytemuck::{Pod, Zeroable};
use perp_engine::state::ClosedEpoch;

/// What a boundary made of its requests: made when it is closed, gone once the last of them is paid out. The requests have paid its rent,
/// which goes to the owner of the last.
#[cfg_attr(feature = "anchor", account(zero_copy))]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct EpochRecord {
    /// The exchange.
    pub exchange: Pubkey,
    /// The part the engine reads and writes.
    pub state: ClosedEpoch,
    /// Bump of the address.
    pub bump: u8,
    /// Layout version.
    pub version: u8,
    /// Zero; aligns what follows.
    pub padding: [u8; 6],
    /// Zero; room for what is added later.
    pub reserved: [u64; 4],
}

const _: () = assert!(core::mem::size_of::<EpochRecord>() == 32 + 112 + 8 + 32);

impl EpochRecord {
    /// First seed of a record's address; exchange and boundary, eight bytes little-endian, follow.
    pub const SEED: &'static [u8] = b"epoch";
}
