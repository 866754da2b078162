//! Decisions: what is proposed, in force, or cancelled, and what acts at once.

use super::MarketMoment;
use anchor_lang::prelude::*;

/// A change was proposed. Its content lies in the proposal's account.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposalMade {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// Number of this event among the exchange's own.
    pub exchange_sequence: u64,
    /// The proposal.
    pub proposal: Pubkey,
    /// Who proposed it.
    pub proposer: Pubkey,
    /// What it is about: 0 parameters, 1 oracle, 2 pool parameters, 3 listing, 4 role, 5 insurance.
    pub kind: u8,
    /// Index of the market, or number of the role.
    pub subject: u16,
    /// From when on it may be applied, in Unix seconds.
    pub ripe_from: i64,
}

/// A proposal, or a step of one, is in force.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposalApplied {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// Number of this event: of parameters and an oracle among the market's, of pool parameters and insurance among the pool's, of a
    /// role and a listing among the exchange's own.
    pub sequence: u64,
    /// The proposal.
    pub proposal: Pubkey,
    /// What it is about: 0 parameters, 1 oracle, 2 pool parameters, 3 listing, 4 role, 5 insurance.
    pub kind: u8,
    /// Index of the market, or number of the role.
    pub subject: u16,
    /// Steps taken with this one.
    pub steps: u32,
    /// From when on the next step may be taken, in Unix seconds; zero where this was the last.
    pub ripe_from: i64,
}

/// A proposal was cancelled.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposalCancelled {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// Number of this event among the exchange's own.
    pub exchange_sequence: u64,
    /// The proposal.
    pub proposal: Pubkey,
    /// Who cancelled it.
    pub authority: Pubkey,
    /// What it was about: 0 parameters, 1 oracle, 2 pool parameters, 3 listing, 4 role, 5 insurance.
    pub kind: u8,
    /// Index of the market, or number of the role.
    pub subject: u16,
}

/// Increasing in a market was made harder, at once.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketTightened {
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
    /// Who tightened it.
    pub authority: Pubkey,
    /// Largest open interest of a side now, in base units.
    pub open_interest_cap: u64,
    /// Open interest at which the initial margin starts to rise now, in base units.
    pub open_interest_low: u64,
    /// Widest confidence at which positions may increase now, in ppm of the price.
    pub max_confidence_to_increase: u32,
}
