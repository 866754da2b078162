//! Turning a position's unrealized profit or loss into cash, for anybody.

use super::check_equity_kept;
use crate::error::EngineError;
use crate::ledger::{Ledger, Settled};
use crate::market::price::{reference_time, require_price, PriceUse};
use crate::market::Ready;
use crate::state::Account;
use crate::units::products::unrealized_profit;
use crate::units::SignedAtoms;

#[cfg(test)]
mod tests;

/// A slot and its market after profit or loss is settled, and what moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PnlSettlementPlan {
    /// What applying the plan stores.
    pub ledger: Ledger,
    /// Profit turned into cash, negative for a loss.
    pub profit: SignedAtoms,
    /// What settling moved besides.
    pub settled: Settled,
}

/// Turns the position's unrealized profit or loss into cash. What the account would be worth if the market paid everybody
/// does not change: a profit is settled as far as the market can pay it, never into a claim, so that losers' losses become
/// cash before winners leave.
///
/// # Errors
/// Refused where liquidation is not possible at the moment: [`EngineError::PriceStale`],
/// [`EngineError::MarketUnusable`], [`EngineError::Paused`]. [`EngineError::NoPosition`].
/// [`EngineError::SettlementLowersEquity`] where the account's equity would fall; it carries equity and margin of this
/// position and the balance.
pub fn plan_settle_pnl(account: &Account, market: &Ready<'_>) -> Result<PnlSettlementPlan, EngineError> {
    market.status().allows_reducing()?;
    let price = require_price(market, PriceUse::Liquidate, reference_time(market.clock(), [&**market]))?;
    let stored = Ledger::open(account, market)?;
    if stored.position.size.is_zero() {
        return Err(EngineError::NoPosition);
    }
    let mut ledger = stored;
    let mut settled = ledger.settle()?;
    let unrealized = unrealized_profit(ledger.position.size, ledger.position.entry_notional.get(), price)?;
    let profit = if unrealized.is_negative() {
        // ⌊loss⌋: the part below one atom stays unrealized.
        unrealized.checked_neg()?.to_atoms_floor()?.signed()?.checked_neg()?
    } else {
        let payable = ledger.position.debt.checked_add(ledger.payable()?)?;
        unrealized.to_atoms_floor()?.min(payable).signed()?
    };
    if profit != SignedAtoms::ZERO {
        ledger.shift_entry(profit)?;
    }
    settled.repaid = ledger.repay_debt()?;
    check_equity_kept(&stored, &ledger, market)?;
    Ok(PnlSettlementPlan { ledger, profit, settled })
}
