//! Settling a position's funding, for anybody.

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

/// Settles the position's funding up to the market's indices, redeems what is funded of its claim and, once the position is
/// closed, pays its debt as far as the balance goes. What the account is worth does not change, here or if the market paid everybody.
///
/// # Errors
/// [`EngineError::NoPosition`], [`EngineError::Paused`].
pub fn plan_settle_funding(account: &Account, market: &Ready<'_>) -> Result<FundingSettlementPlan, EngineError> {
    market.status().allows_reducing()?;
    let mut ledger = Ledger::open(account, market)?;
    let mut settled = ledger.settle()?;
    if ledger.position.size.is_zero() {
        // An open position's profit may set more of it off.
        settled.repaid = ledger.repay_debt()?;
    }
    Ok(FundingSettlementPlan { ledger, settled })
}
