//! The liquidity providers and the pool: requests, the boundary that serves them, their payment, cash for the markets.

use super::MarketMoment;
use anchor_lang::prelude::*;
use perp_engine::state::{PriceLimit, RequestKind};

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
    /// How far the share price may have moved against it.
    pub limit: PriceLimit,
    /// It belongs to the first boundary that the exchange waits for at or after this, in Unix seconds.
    pub belongs_from: i64,
    /// Lamports it paid for the valuation of every market, the close and the rent of the record.
    pub lamports: u64,
    /// The boundary that the exchange waited for before, in Unix seconds; zero for none.
    pub boundary_before: i64,
    /// The boundary that the exchange waits for now, in Unix seconds.
    pub boundary_after: i64,
    /// The pool's escrow of tokens before, in atoms.
    pub escrow_before: u64,
    /// The pool's escrow of tokens after, in atoms.
    pub escrow_after: u64,
}

/// What became of a reading that was handed in to value a market.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = false)]
#[repr(u8)]
pub enum ValuationOutcome {
    /// The market is valued.
    Valued = 0,
    /// The reading is kept as the earliest near the boundary.
    Noted = 1,
    /// An earlier one near the boundary is kept.
    NotEarlier = 2,
}

/// A market was valued as it stood at a boundary, or a reading of it was kept for that.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketValued {
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
    /// The boundary, in Unix seconds.
    pub boundary: i64,
    /// Who handed it in.
    pub caller: Pubkey,
    /// What became of it.
    pub outcome: ValuationOutcome,
    /// Publish time of the reading handed in, in Unix seconds; zero for none.
    pub published: i64,
    /// What the market was worth at least, in atoms; zero while it is not valued.
    pub lower: u64,
    /// What the market may have been worth at most, in atoms; zero while it is not valued.
    pub upper: u64,
    /// The pool's cash at the boundary and the least worth of all markets valued before, in atoms.
    pub lower_before: u64,
    /// The same with this one, in atoms.
    pub lower_after: u64,
    /// The pool's cash at the boundary and the most worth of all markets valued before, in atoms.
    pub upper_before: u64,
    /// The same with this one, in atoms; without it where its losers owe too much for shares to be sold.
    pub upper_after: u64,
    /// Markets listed at the boundary.
    pub markets: u16,
    /// Markets valued now.
    pub valued: u16,
    /// Lamports paid to the caller.
    pub lamports: u64,
}

/// Every request of a boundary was served; each is paid out by itself.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochClosed {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// Number of this event among the pool's.
    pub pool_sequence: u64,
    /// The epoch's record.
    pub record: Pubkey,
    /// Who closed it.
    pub closer: Pubkey,
    /// The boundary closed before it, in Unix seconds; zero for none.
    pub previous: i64,
    /// The boundary, in Unix seconds.
    pub boundary: i64,
    /// The boundary that the exchange waits for now, in Unix seconds; zero for none.
    pub next: i64,
    /// From when on what was left for want of cash belongs to a boundary, in Unix seconds.
    pub rest_belongs_from: i64,
    /// What the pool was worth at least, in atoms.
    pub lower: u64,
    /// What the pool may have been worth at most, in atoms.
    pub upper: u64,
    /// Requests of the boundary.
    pub requests: u32,
    /// Price limits under which deposits were accepted, a bit each.
    pub deposits_accepted: u8,
    /// Price limits under which withdrawals were accepted, a bit each.
    pub withdrawals_accepted: u8,
    /// Tokens of the deposits that were accepted, in atoms.
    pub deposited: u64,
    /// Shares they get together.
    pub issued: u64,
    /// Shares of the withdrawals that were accepted.
    pub leaving: u64,
    /// What of them ceased to exist; the rest waits for the next boundary.
    pub redeemed: u64,
    /// Tokens they get together, in atoms.
    pub paid: u64,
    /// Lamports paid to the closer.
    pub lamports: u64,
    /// Lamports that each request gets back.
    pub lamports_each: u64,
    /// The pool's cash before, in atoms.
    pub pool_cash_before: u64,
    /// The pool's cash after, in atoms.
    pub pool_cash_after: u64,
    /// The pool's escrow of tokens before, in atoms.
    pub escrow_before: u64,
    /// The pool's escrow of tokens after, in atoms.
    pub escrow_after: u64,
    /// Tokens set apart for withdrawals before, in atoms.
    pub payable_before: u64,
    /// Tokens set apart for withdrawals after, in atoms.
    pub payable_after: u64,
    /// Tokens set apart for settling traders before, in atoms.
    pub settling_before: u64,
    /// Tokens set apart for settling traders after, in atoms.
    pub settling_after: u64,
    /// All shares before, the dead ones included.
    pub shares_before: u64,
    /// All shares after, the dead ones included.
    pub shares_after: u64,
}

/// A request was paid what its boundary made of it.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiquidityPaid {
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
    /// Who paid it out.
    pub caller: Pubkey,
    /// Deposit or withdrawal.
    pub kind: RequestKind,
    /// The boundary, in Unix seconds.
    pub boundary: i64,
    /// Tokens paid to the owner, in atoms.
    pub tokens: u64,
    /// Shares paid to the owner.
    pub shares: u64,
    /// Shares that still wait; where what is left is less than one the request waits with none.
    pub left: u64,
    /// Lamports returned to the owner, besides the rent.
    pub lamports: u64,
    /// Requests of the boundary that are not paid yet.
    pub requests_left: u32,
    /// The pool's cash before, in atoms.
    pub pool_cash_before: u64,
    /// The pool's cash after, in atoms.
    pub pool_cash_after: u64,
    /// The pool's escrow of tokens before, in atoms.
    pub escrow_before: u64,
    /// The pool's escrow of tokens after, in atoms.
    pub escrow_after: u64,
    /// Tokens set apart for withdrawals before, in atoms.
    pub payable_before: u64,
    /// Tokens set apart for withdrawals after, in atoms.
    pub payable_after: u64,
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
