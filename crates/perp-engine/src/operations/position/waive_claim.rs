//! Giving up a claim, for its owner: a claim that nobody will ever pay would otherwise keep the account from being closed.

use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::state::{Account, Market};
use crate::units::Atoms;

#[cfg(test)]
mod tests;

/// A slot and its market once a claim is given up, and what was paid of it before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaiverPlan {
    /// What applying the plan stores.
    pub ledger: Ledger,
    /// Claim paid out of the claims reserve.
    pub redeemed: Atoms,
    /// Claim given up.
    pub waived: Atoms,
}

impl WaiverPlan {
    /// Stores the plan.
    pub fn apply(&self, account: &mut Account, market: &mut Market) {
        self.ledger.apply_to(account, &mut market.ledger);
    }
}

/// Redeems what is funded of the account's claim on `market` and gives up the rest: the market owes that much less. Works in
/// every status and needs no price.
///
/// An account that owes or could come to owe may not: its claims are set off against its debts before insurance pays them, so
/// giving one up would hand insurance's money to the market's other claimants.
///
/// # Errors
/// [`EngineError::NoPosition`], [`EngineError::NoClaim`], [`EngineError::PositionsOpen`], [`EngineError::DebtOutstanding`].
pub fn plan_waive_claim(account: &Account, market: &Market) -> Result<WaiverPlan, EngineError> {
    let mut ledger = Ledger::open(account, market)?;
    if ledger.position.claim.is_zero() {
        return Err(EngineError::NoClaim);
    }
    account.require_no_position()?;
    account.require_no_debt(None)?;
    let redeemed = ledger.redeem_claim()?;
    let waived = ledger.waive_claim()?;
    Ok(WaiverPlan { ledger, redeemed, waived })
}
