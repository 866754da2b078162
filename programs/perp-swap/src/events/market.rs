//! A market: its listing, status and target, its price and funding, its claims, insurance and fees.

use super::MarketMoment;
use anchor_lang::prelude::*;
use perp_engine::market::price::PriceOutcome;
use perp_engine::state::Status;

/// A market was listed.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketCreated {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// The market.
    pub market: Pubkey,
    /// The market's index within its exchange.
    pub market_index: u16,
    /// Number of this event among the market's.
    pub market_sequence: u64,
    /// Symbol of the asset: UTF-8, zero-padded.
    pub symbol: [u8; 16],
    /// One base unit is 10^-`base_decimals` of the asset.
    pub base_decimals: u8,
    /// What its backing is moved to, in atoms.
    pub target_backing: u64,
}

/// A market's own status was set.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketStatusSet {
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
    /// Who set it.
    pub authority: Pubkey,
    /// The market's own status in force before.
    pub before: Status,
    /// The status that was set: active or reduce-only.
    pub after: Status,
    /// When it ends by itself, in Unix seconds; zero for active, which has no end.
    pub until: i64,
    /// Seconds for which admin and risk admin may still make the market reduce-only.
    pub reduce_only_left: u64,
}

/// What a market's backing is moved to was set.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackingTargetSet {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// The market.
    pub market: Pubkey,
    /// The market's index within its exchange.
    pub market_index: u16,
    /// Number of this event among the market's.
    pub market_sequence: u64,
    /// Who set it.
    pub authority: Pubkey,
    /// The target before, in atoms.
    pub before: u64,
    /// The target now, in atoms.
    pub after: u64,
}

/// The admin took out the protocol's part of a market's fees.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtocolFeesWithdrawn {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// The market.
    pub market: Pubkey,
    /// The market's index within its exchange.
    pub market_index: u16,
    /// Number of this event among the market's.
    pub market_sequence: u64,
    /// Token account that received them.
    pub destination: Pubkey,
    /// What was taken out, in atoms.
    pub amount: u64,
    /// The market's protocol fees before, in atoms.
    pub before: u64,
    /// The market's protocol fees after, in atoms.
    pub after: u64,
}

/// A price account was read into a market's cache.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceUpdated {
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
    /// What became of the price: the market's newest, one of its older ones, none because it is too wide, out of the second
    /// oracle's bound or ahead of the clock, or no news.
    pub outcome: PriceOutcome,
    /// The last valid price before, in 2^-40 atoms per base unit.
    pub before: u64,
    /// The last valid price now, in 2^-40 atoms per base unit.
    pub after: u64,
    /// Half-width of the valid price's confidence interval, in 2^-40 atoms per base unit.
    pub confidence: u64,
    /// Publish time of the valid price, in Unix seconds.
    pub published: i64,
    /// Newest publish time seen, also of a price too wide to be valid, in Unix seconds.
    pub newest_published: i64,
}

/// A price account of a market's second oracle was read.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondPriceUpdated {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// The market.
    pub market: Pubkey,
    /// The market's index within its exchange.
    pub market_index: u16,
    /// Number of this event among the market's.
    pub market_sequence: u64,
    /// What became of the price: the second oracle's newest, none because it is too wide or ahead of the clock, or no news.
    pub outcome: PriceOutcome,
    /// The second oracle's price now, in 2^-40 atoms per base unit.
    pub price: u64,
    /// Half-width of its confidence interval, in 2^-40 atoms per base unit.
    pub confidence: u64,
    /// Its publish time, in Unix seconds.
    pub published: i64,
}

/// Somebody reported that no valid price arrives. One that is fresh when it is taken in takes the report away.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OracleOutageReported {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// The market.
    pub market: Pubkey,
    /// The market's index within its exchange.
    pub market_index: u16,
    /// Number of this event among the market's.
    pub market_sequence: u64,
    /// Publish time of the last valid price, in Unix seconds.
    pub published: i64,
    /// From when the outage counts: now, in Unix seconds.
    pub outage_since: i64,
}

/// The end of a market was announced: its positions can only be reduced from now on.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketDelisted {
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
    /// Who announced it.
    pub authority: Pubkey,
    /// From when on anybody may move the market to settlement, in Unix seconds.
    pub settles_from: i64,
}

/// A market ended: every position in it counts at one final price, at which anybody may close it after a notice.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettlementBegun {
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
    /// The final price, in 2^-40 atoms per base unit.
    pub price: u64,
    /// When the oracle outage was reported that ended it, in Unix seconds; zero where it was delisted.
    pub outage_since: i64,
    /// From when on anybody may close its positions, in Unix seconds.
    pub closes_from: i64,
}

/// A market's funding and carry were accrued; `state` has rate, indices and time after it.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FundingUpdated {
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
    /// Funding rate per second before, in 2^-60; positive where longs pay.
    pub rate_before: i64,
    /// The longs' funding index before, in 2^-40 atoms per base unit.
    pub long_index_before: i64,
    /// The shorts' funding index before, in 2^-40 atoms per base unit.
    pub short_index_before: i64,
}

/// Backing was set aside for a market's claims, pro rata.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimsFunded {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// The market.
    pub market: Pubkey,
    /// The market's index within its exchange.
    pub market_index: u16,
    /// Number of this event among the market's.
    pub market_sequence: u64,
    /// Backing set aside, in atoms.
    pub funded: u64,
    /// Cash set aside for claims before, in atoms.
    pub claims_reserve_before: u64,
    /// Cash set aside for claims after, in atoms.
    pub claims_reserve_after: u64,
    /// All claims on the market, in atoms.
    pub claims: u64,
}

/// Somebody paid into a market's insurance, or into the shared one where no market is named.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InsuranceFunded {
    /// The exchange.
    pub exchange: Pubkey,
    /// When it happened, in Unix seconds.
    pub time: i64,
    /// The market; none for the shared insurance.
    pub market: Option<Pubkey>,
    /// The market's index within its exchange; none for the shared insurance.
    pub market_index: Option<u16>,
    /// Number of this event among the market's; none for the shared insurance.
    pub market_sequence: Option<u64>,
    /// Number of this event among the pool's; none for a market's insurance.
    pub pool_sequence: Option<u64>,
    /// Who paid.
    pub funder: Pubkey,
    /// What was paid in, in atoms.
    pub amount: u64,
    /// That insurance before, in atoms.
    pub before: u64,
    /// That insurance after, in atoms.
    pub after: u64,
}
