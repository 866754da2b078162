//! A margin account: opening and closing it, its delegate, collateral in and out.

use anchor_lang::prelude::*;

/// A margin account was opened.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountOpened {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// The margin account.
    pub account: Pubkey,
    /// The margin account's owner.
    pub owner: Pubkey,
    /// Number of this event among the margin account's.
    pub account_sequence: u64,
    /// Number of the account among its owner's.
    pub sub_account: u16,
    /// Index of the only market of an isolated account; none for a cross account.
    pub isolated_market: Option<u16>,
}

/// A margin account was closed. One opened at its address later counts its events from one.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountClosed {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// The margin account.
    pub account: Pubkey,
    /// The margin account's owner.
    pub owner: Pubkey,
    /// Number of this event among the margin account's.
    pub account_sequence: u64,
}

/// The owner named who may trade for the margin account.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelegateSet {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// The margin account.
    pub account: Pubkey,
    /// The margin account's owner.
    pub owner: Pubkey,
    /// Number of this event among the margin account's.
    pub account_sequence: u64,
    /// The delegate before; the default key for nobody.
    pub before: Pubkey,
    /// The delegate now; the default key for nobody.
    pub after: Pubkey,
}

/// Collateral was put in.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposited {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// The margin account.
    pub account: Pubkey,
    /// The margin account's owner.
    pub owner: Pubkey,
    /// Number of this event among the margin account's.
    pub account_sequence: u64,
    /// What was put in, in atoms.
    pub amount: u64,
    /// The margin account's balance before, in atoms.
    pub balance_before: u64,
    /// The margin account's balance after, in atoms.
    pub balance_after: u64,
}

/// Collateral was taken out.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawn {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// The margin account.
    pub account: Pubkey,
    /// The margin account's owner.
    pub owner: Pubkey,
    /// Number of this event among the margin account's.
    pub account_sequence: u64,
    /// Token account that received it.
    pub destination: Pubkey,
    /// What was taken out, in atoms.
    pub amount: u64,
    /// The margin account's balance before, in atoms.
    pub balance_before: u64,
    /// The margin account's balance after, in atoms.
    pub balance_after: u64,
}

/// The owner said what the margin account's delegate may do at most.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelegateLimited {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// The margin account.
    pub account: Pubkey,
    /// Its owner.
    pub owner: Pubkey,
    /// Number of this event among the account's.
    pub account_sequence: u64,
    /// The delegate.
    pub delegate: Pubkey,
    /// From when on it acts no more, in Unix seconds.
    pub expires: i64,
    /// The markets in which it may trade: bit `i` for the market of index `i`.
    pub markets: u64,
    /// Largest notional of a position that it increases, in atoms.
    pub largest_notional: u64,
    /// What adverse equity it must leave where it increases, in atoms.
    pub equity_floor: u64,
    /// Whether it only reduces.
    pub reduce_only: bool,
}
