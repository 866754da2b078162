//! Settling a position's funding, for anybody.

use super::check_equity_kept;
use crate::error::EngineError;
use crate::ledger::{Ledger, Settled};
use crate::market::Ready;
use crate::state::Account;

#[cfg(test)]
mod tests;

/// A slot and its market after funding is settled, and what moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FundingSettlementPlan {
    /// What applying the plan stores.
    pub ledger: Ledger,
    /// What settling moved.
    pub settled: Settled,
}

/// Settles the position's funding up to the market's indices, redeems what is funded of its claim and pays its debt as
/// far as the balance goes. What the account would be worth if the market paid everybody does not change.
///
/// # Errors
/// [`EngineError::NoPosition`], [`EngineError::Paused`], [`EngineError::SettlementLowersEquity`] where the account's equity
/// would fall; it carries equity and margin of this position and the balance.
pub fn plan_settle_funding(account: &Account, market: &Ready<'_>) -> Result<FundingSettlementPlan, EngineError> {
    market.status().allows_reducing()?;
    let stored = Ledger::open(account, market)?;
    let mut ledger = stored;
    let mut settled = ledger.settle()?;
    settled.repaid = ledger.repay_debt()?;
    check_equity_kept(&stored, &ledger, market)?;
    Ok(FundingSettlementPlan { ledger, settled })
}
