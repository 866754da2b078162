//! The exchange: its creation, its roles, its status.

use anchor_lang::prelude::*;
use perp_engine::state::Status;

/// An exchange was created. Its creator is its admin.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeCreated {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// Number of this event among the exchange's own.
    pub exchange_sequence: u64,
    /// Who created it.
    pub creator: Pubkey,
    /// Its name: UTF-8, zero-padded.
    pub name: [u8; 32],
    /// Mint of the quote token.
    pub quote_mint: Pubkey,
    /// Decimals of the quote token.
    pub quote_decimals: u8,
    /// Who sets statuses and backing targets besides the admin.
    pub risk_admin: Pubkey,
    /// Who can make a status stricter, within half of what may be spent on it.
    pub guardian: Pubkey,
}

/// The admin named a successor, who must accept.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminProposed {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// Number of this event among the exchange's own.
    pub exchange_sequence: u64,
    /// The admin, who stays until then.
    pub admin: Pubkey,
    /// The successor named before; the default key for nobody.
    pub pending_admin_before: Pubkey,
    /// The successor now; the default key for nobody.
    pub pending_admin_after: Pubkey,
}

/// The proposed admin became admin.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminAccepted {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// Number of this event among the exchange's own.
    pub exchange_sequence: u64,
    /// The admin before.
    pub admin_before: Pubkey,
    /// The admin now.
    pub admin_after: Pubkey,
}

/// The admin named risk admin and guardian.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolesSet {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// Number of this event among the exchange's own.
    pub exchange_sequence: u64,
    /// The risk admin before.
    pub risk_admin_before: Pubkey,
    /// The risk admin now.
    pub risk_admin_after: Pubkey,
    /// The guardian before.
    pub guardian_before: Pubkey,
    /// The guardian now.
    pub guardian_after: Pubkey,
}

/// The exchange's own status was set.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeStatusSet {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// Number of this event among the exchange's own.
    pub exchange_sequence: u64,
    /// Who set it.
    pub authority: Pubkey,
    /// The exchange's own status in force before, whatever grace there was after a pause.
    pub before: Status,
    /// The status that was set.
    pub after: Status,
    /// When it ends by itself, in Unix seconds; zero for active, which has no end.
    pub until: i64,
    /// Seconds that admin and risk admin may still spend on pauses and the grace after each.
    pub pause_left: u64,
    /// Seconds for which they may still make the exchange reduce-only.
    pub reduce_only_left: u64,
}

/// What the exchange has and owes was summed up; nothing changed.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SolvencyAttested {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// Tokens in the vault, in atoms.
    pub vault: u64,
    /// Cash of the pool: unplaced, insurance, requests and what is set apart, in atoms.
    pub pool: u64,
    /// Cash of all markets: backing, claims reserves, insurances and fees, in atoms.
    pub markets: u64,
    /// What is left for the balances of margin accounts, in atoms; negative where the vault lacks it.
    pub accounts: i64,
    /// What all markets have, each at its last good price, in atoms.
    pub assets: u64,
    /// What they owe, in atoms.
    pub liabilities: u64,
    /// Σ of what each market that lacks anything lacks, in atoms.
    pub deficit: u64,
}
