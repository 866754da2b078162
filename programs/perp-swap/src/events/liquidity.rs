//! The liquidity providers and the pool: requests, their execution and refund, cash for the markets.

use super::MarketMoment;
use anchor_lang::prelude::*;
use perp_engine::state::RequestKind;

/// Tokens or shares wait to enter or leave the pool. The shares of a withdrawal wait in a token account, so that it
/// does not change the escrow of tokens.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiquidityRequested {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// Number of this event among the pool's.
    pub pool_sequence: u64,
    /// The request.
    pub request: Pubkey,
    /// The request's owner.
    pub owner: Pubkey,
    /// Deposit or withdrawal.
    pub kind: RequestKind,
    /// Tokens of a deposit, in atoms, or shares of a withdrawal.
    pub amount: u64,
    /// Fewest shares, or tokens in atoms, that must come out for all of it.
    pub minimum_output: u64,
    /// Lamports for whoever executes it.
    pub tip: u64,
    /// The pool's escrow of tokens before, in atoms.
    pub escrow_before: u64,
    /// The pool's escrow of tokens after, in atoms.
    pub escrow_after: u64,
}

/// A deposit was executed.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiquidityDeposited {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// Number of this event among the pool's.
    pub pool_sequence: u64,
    /// The request.
    pub request: Pubkey,
    /// The request's owner.
    pub owner: Pubkey,
    /// Who executed it.
    pub executor: Pubkey,
    /// Tokens that came into the pool, in atoms.
    pub amount: u64,
    /// Shares minted to the owner.
    pub shares: u64,
    /// What the pool was valued at before, in atoms.
    pub pool_value: u64,
    /// The pool's cash before, in atoms.
    pub pool_cash_before: u64,
    /// The pool's cash after, in atoms.
    pub pool_cash_after: u64,
    /// All shares before, the dead ones included.
    pub shares_before: u64,
    /// All shares after, the dead ones included.
    pub shares_after: u64,
}

/// A withdrawal was executed, as far as the pool had cash.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiquidityWithdrawn {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// Number of this event among the pool's.
    pub pool_sequence: u64,
    /// The request.
    pub request: Pubkey,
    /// The request's owner.
    pub owner: Pubkey,
    /// Who executed it.
    pub executor: Pubkey,
    /// Shares that ceased to exist.
    pub burned: u64,
    /// Tokens paid to the owner, in atoms.
    pub paid: u64,
    /// Shares that still wait; zero once the request is done.
    pub left: u64,
    /// What the pool was valued at before, in atoms.
    pub pool_value: u64,
    /// The pool's cash before, in atoms.
    pub pool_cash_before: u64,
    /// The pool's cash after, in atoms.
    pub pool_cash_after: u64,
    /// All shares before, the dead ones included.
    pub shares_before: u64,
    /// All shares after, the dead ones included.
    pub shares_after: u64,
}

/// A request that nobody executed in time was refunded.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiquidityRefunded {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// Number of this event among the pool's.
    pub pool_sequence: u64,
    /// The request.
    pub request: Pubkey,
    /// The request's owner.
    pub owner: Pubkey,
    /// Who refunded it.
    pub caller: Pubkey,
    /// Deposit or withdrawal.
    pub kind: RequestKind,
    /// Tokens in atoms, or shares, that went back to the owner.
    pub amount: u64,
    /// The pool's escrow of tokens before, in atoms.
    pub escrow_before: u64,
    /// The pool's escrow of tokens after, in atoms.
    pub escrow_after: u64,
}

/// Cash moved between the pool and a market's backing.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackingAllocated {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// The market.
    pub market: Pubkey,
    /// The market's index within its exchange.
    pub market_index: u16,
    /// The market after it.
    pub state: MarketMoment,
    /// Number of this event among the pool's.
    pub pool_sequence: u64,
    /// What moved, positive into the market, in atoms.
    pub moved: i64,
    /// The market's backing before, in atoms.
    pub backing_before: u64,
    /// The market's backing after, in atoms.
    pub backing_after: u64,
    /// The pool's cash before, in atoms.
    pub pool_cash_before: u64,
    /// The pool's cash after, in atoms.
    pub pool_cash_after: u64,
}
