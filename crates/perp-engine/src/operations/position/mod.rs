//! A position: trading it, settling it, and what happens when it cannot be paid for.

pub mod liquidate;
pub mod redeem_claim;
pub mod resolve_bankruptcy;
pub mod settle_funding;
pub mod settle_pnl;
pub mod trade;
pub mod waive_claim;

pub use liquidate::{plan_liquidation, LiquidationOrder, LiquidationPlan, LiquidationReason, Penalty};
pub use redeem_claim::{plan_redeem_claim, RedemptionPlan};
pub use resolve_bankruptcy::{plan_resolve_bankruptcy, BankruptcyPlan};
pub use settle_funding::{plan_settle_funding, FundingSettlementPlan};
pub use settle_pnl::{plan_settle_pnl, PnlSettlementPlan, SettlementReward, SETTLING_SECONDS};
pub use trade::{plan_trade, Order, TradePlan};
pub(crate) use trade::{plan_trade_at, plan_trade_now, require_not_ended, ReadingPrice};
pub use waive_claim::{plan_waive_claim, WaiverPlan};

#[cfg(test)]
mod tests;
