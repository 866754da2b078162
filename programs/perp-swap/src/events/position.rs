//! A position: trading it, settling it, and what happens when it cannot be paid for.

use super::MarketMoment;
use anchor_lang::prelude::*;
use perp_engine::operations::position::LiquidationReason;

/// An order was filled. Equity and margin are what admitted it: of an increase adverse equity and initial margin, else equity and
/// the margin of all notionals, this market's leg at the index.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traded {
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
    /// The market.
    pub market: Pubkey,
    /// The market's index within its exchange.
    pub market_index: u16,
    /// The market after it.
    pub state: MarketMoment,
    /// Who signed the order: the owner or the delegate.
    pub trader: Pubkey,
    /// What was filled, in base units; positive for a buy.
    pub size: i64,
    /// What it was bought or sold for, in 2^-40 atoms.
    pub notional: i128,
    /// What spread and impact cost together, in 2^-40 atoms.
    pub charge: i128,
    /// The spread's part of the charge, in 2^-40 atoms.
    pub spread: i128,
    /// The impact's part of the charge, in 2^-40 atoms.
    pub impact: i128,
    /// The taker fee, in atoms.
    pub fee: u64,
    /// Profit realized, negative for a loss, in atoms.
    pub realized: i64,
    /// Funding the margin account received, negative where it paid, in atoms.
    pub funding: i64,
    /// What was funded of its claim and came into its balance, in atoms.
    pub redeemed: u64,
    /// What its balance paid of its debt to this market, in atoms.
    pub repaid: u64,
    /// The position before, in base units.
    pub size_before: i64,
    /// The position after, in base units.
    pub size_after: i64,
    /// The margin account's balance before, in atoms.
    pub balance_before: u64,
    /// The margin account's balance after, in atoms.
    pub balance_after: u64,
    /// What admitted the order, after it, in atoms: adverse equity where it increased, else equity.
    pub equity: i64,
    /// What that was measured against, in atoms: the initial margin where it increased, else the margin of all notionals.
    pub margin: u64,
}

/// A position's funding was settled.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FundingSettled {
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
    /// The market.
    pub market: Pubkey,
    /// The market's index within its exchange.
    pub market_index: u16,
    /// The market after it.
    pub state: MarketMoment,
    /// Funding the margin account received, negative where it paid, in atoms.
    pub funding: i64,
    /// What was funded of its claim and came into its balance, in atoms.
    pub redeemed: u64,
    /// What its balance paid of its debt to this market, in atoms.
    pub repaid: u64,
    /// The margin account's balance before, in atoms.
    pub balance_before: u64,
    /// The margin account's balance after, in atoms.
    pub balance_after: u64,
}

/// What the queue paid for a settlement just before a boundary.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettlementRewarded {
    /// The margin account that got it.
    pub account: Pubkey,
    /// Number of this event among that account's.
    pub account_sequence: u64,
    /// Number of this event among the pool's.
    pub pool_sequence: u64,
    /// What it got, in atoms.
    pub amount: u64,
    /// That account's balance before, in atoms.
    pub balance_before: u64,
    /// That account's balance after, in atoms.
    pub balance_after: u64,
    /// Tokens set apart for settling traders before, in atoms.
    pub settling_before: u64,
    /// Tokens set apart for settling traders after, in atoms.
    pub settling_after: u64,
}

/// A position's unrealized profit or loss became cash.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfitSettled {
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
    /// The market.
    pub market: Pubkey,
    /// The market's index within its exchange.
    pub market_index: u16,
    /// The market after it.
    pub state: MarketMoment,
    /// Profit that became cash, negative for a loss, in atoms.
    pub profit: i64,
    /// Funding the margin account received, negative where it paid, in atoms.
    pub funding: i64,
    /// What was funded of its claim and came into its balance, in atoms.
    pub redeemed: u64,
    /// What its balance paid of its debt to this market, in atoms.
    pub repaid: u64,
    /// The margin account's balance before, in atoms.
    pub balance_before: u64,
    /// The margin account's balance after, in atoms.
    pub balance_after: u64,
    /// What the queue paid for it; none where it paid nothing.
    pub reward: Option<SettlementRewarded>,
}

/// What is funded of a claim was paid out.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimRedeemed {
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
    /// The market.
    pub market: Pubkey,
    /// The market's index within its exchange.
    pub market_index: u16,
    /// Number of this event among the market's.
    pub market_sequence: u64,
    /// What was paid out of the claims reserve, in atoms.
    pub redeemed: u64,
    /// What is left of the claim, in atoms.
    pub left: u64,
    /// The margin account's balance before, in atoms.
    pub balance_before: u64,
    /// The margin account's balance after, in atoms.
    pub balance_after: u64,
}

/// The owner gave up a claim, after what is funded of it was paid out.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimWaived {
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
    /// The market.
    pub market: Pubkey,
    /// The market's index within its exchange.
    pub market_index: u16,
    /// Number of this event among the market's.
    pub market_sequence: u64,
    /// What was paid out of the claims reserve, in atoms.
    pub redeemed: u64,
    /// Claim given up, in atoms.
    pub waived: u64,
    /// The margin account's balance before, in atoms.
    pub balance_before: u64,
    /// The margin account's balance after, in atoms.
    pub balance_after: u64,
}

/// A position was closed, in part or whole, because equity was below the maintenance margin. Emitted by a call of the
/// program to itself, which no cut-off log can hide.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Liquidated {
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
    /// The market.
    pub market: Pubkey,
    /// The market's index within its exchange.
    pub market_index: u16,
    /// The market after it.
    pub state: MarketMoment,
    /// Why it happened.
    pub reason: LiquidationReason,
    /// Who signed the liquidation.
    pub liquidator: Pubkey,
    /// Margin account that received the bounty.
    pub liquidator_account: Pubkey,
    /// Number of this event among that margin account's.
    pub liquidator_sequence: u64,
    /// What was closed, in base units; zero where settling the position's profit made the account healthy.
    pub closed: u64,
    /// What it was closed for, at the index, in 2^-40 atoms.
    pub notional: i128,
    /// The position before, in base units.
    pub size_before: i64,
    /// The position after, in base units.
    pub size_after: i64,
    /// Profit realized, negative for a loss, in atoms.
    pub realized: i64,
    /// Funding the margin account received, negative where it paid, in atoms.
    pub funding: i64,
    /// What was funded of its claim and came into its balance, in atoms.
    pub redeemed: u64,
    /// What its balance paid of its debt to this market, in atoms.
    pub repaid: u64,
    /// The penalty, or the fee for settling, in atoms; what of it was not collected is debt.
    pub penalty: u64,
    /// The liquidator's part of what was collected, and what the market added, in atoms.
    pub bounty: u64,
    /// The part of the market's insurance, in atoms.
    pub insurance: u64,
    /// The part that stayed in the backing, in atoms.
    pub backing: u64,
    /// What the market's insurance, then its backing added to the bounty, in atoms.
    pub added: u64,
    /// The margin account's balance before, in atoms.
    pub balance_before: u64,
    /// The margin account's balance after, in atoms.
    pub balance_after: u64,
    /// Balance of the margin account that received the bounty before, in atoms.
    pub liquidator_balance_before: u64,
    /// Balance of the margin account that received the bounty after, in atoms.
    pub liquidator_balance_after: u64,
    /// Equity of the margin account before, once the position was settled, in atoms.
    pub equity_before: i64,
    /// Equity of the margin account after, in atoms.
    pub equity_after: i64,
    /// Margin demanded of the margin account before, in atoms.
    pub maintenance_before: u64,
    /// Margin demanded of the margin account after, in atoms.
    pub maintenance_after: u64,
}

/// What a bankrupt margin account owed a market was paid or written off: the four ways of paying add up to the debt.
/// Emitted by a call of the program to itself, which no cut-off log can hide.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankruptcyResolved {
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
    /// The market.
    pub market: Pubkey,
    /// The market's index within its exchange.
    pub market_index: u16,
    /// The market after it.
    pub state: MarketMoment,
    /// Number of this event among the pool's.
    pub pool_sequence: u64,
    /// What it owed the market, in atoms.
    pub debt: u64,
    /// Paid by its balance, in atoms.
    pub paid_by_balance: u64,
    /// Paid by the market's insurance, in atoms.
    pub paid_by_insurance: u64,
    /// Paid by the shared insurance, in atoms.
    pub paid_by_shared_insurance: u64,
    /// Written off at the expense of the backing, in atoms.
    pub written_off: u64,
    /// What it owes the market's insurance out of its claims without cash, in atoms.
    pub recoverable: u64,
    /// The margin account's balance before, in atoms.
    pub balance_before: u64,
    /// The margin account's balance after, in atoms.
    pub balance_after: u64,
    /// The market's insurance before, in atoms.
    pub insurance_before: u64,
    /// The market's insurance after, in atoms.
    pub insurance_after: u64,
    /// The shared insurance before, in atoms.
    pub shared_insurance_before: u64,
    /// The shared insurance after, in atoms.
    pub shared_insurance_after: u64,
}
