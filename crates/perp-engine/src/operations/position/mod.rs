//! A position: trading it, settling it, and what happens when it cannot be paid for.

pub mod liquidate;
pub mod redeem_claim;
pub mod resolve_bankruptcy;
pub mod settle_funding;
pub mod settle_pnl;
pub mod trade;
pub mod waive_claim;

pub use liquidate::{plan_liquidation, LiquidationOrder, LiquidationPlan, Penalty};
pub use redeem_claim::{plan_redeem_claim, RedemptionPlan};
pub use resolve_bankruptcy::{begin_bankruptcy, Bankruptcy, BankruptcyPlan, SetOff};
pub use settle_funding::{plan_settle_funding, FundingSettlementPlan};
pub use settle_pnl::{plan_settle_pnl, PnlSettlementPlan};
pub use trade::{plan_trade, Order, TradePlan};
pub use waive_claim::{plan_waive_claim, WaiverPlan};

use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::market::solvency::{coverage, Coverage};
use crate::market::Ready;
use crate::risk::portfolio::{maintenance_with, Sums};
use crate::units::{QuoteX40, SignedAtoms};

#[cfg(test)]
mod tests;

/// Checks that a settlement did not lower what balance and position are worth, up to one atom that coverage rounds off.
///
/// In a market that is short of money paying a part of a profit can lower what the rest counts for. That is refused: else
/// anybody could settle a healthy account's profit and then liquidate it.
fn check_equity_kept(before: &Ledger, after: &Ledger, market: &Ready<'_>) -> Result<(), EngineError> {
    let price = market.price.price;
    // Without a profit and a claim nothing is left that could count for less.
    let position = &after.position;
    let nothing_promised = position.claim.is_zero()
        && crate::units::products::unrealized_profit(position.size, position.entry_notional.get(), price)?
            <= QuoteX40::ZERO;
    // Nor where the market can pay everybody.
    if nothing_promised || coverage(&after.market, &market.parameters, price)? == Coverage::Full {
        return Ok(());
    }
    let value =
        |ledger: &Ledger| maintenance_with(Sums::default(), ledger.balance, &ledger.position, &ledger.market, market);
    let (before, after) = (value(before)?, value(after)?);
    if after.equity.checked_add(SignedAtoms::new(1))? < before.equity {
        return Err(EngineError::SettlementLowersEquity { equity: after.equity, margin: after.margin });
    }
    Ok(())
}
