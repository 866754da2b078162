//! Paying out what is funded of a claim, for anybody.

use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::state::{Account, Market};
use crate::units::Atoms;

#[cfg(test)]
mod tests;

/// A slot and its market after a redemption, and what was paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedemptionPlan {
    /// What applying the plan stores.
    pub ledger: Ledger,
    /// Claim paid out of the claims reserve.
    pub redeemed: Atoms,
}

impl RedemptionPlan {
    /// Stores the plan.
    pub fn apply(&self, account: &mut Account, market: &mut Market) {
        self.ledger.apply_to(account, &mut market.ledger);
    }
}

/// Pays out what is funded of the account's claim on `market`. Works in every status and needs no price.
///
/// # Errors
/// [`EngineError::NoPosition`], [`EngineError::NothingToRedeem`].
pub fn plan_redeem_claim(account: &Account, market: &Market) -> Result<RedemptionPlan, EngineError> {
    let mut ledger = Ledger::open(account, market)?;
    let redeemed = ledger.redeem_claim()?;
    if redeemed.is_zero() {
        return Err(EngineError::NothingToRedeem);
    }
    Ok(RedemptionPlan { ledger, redeemed })
}
