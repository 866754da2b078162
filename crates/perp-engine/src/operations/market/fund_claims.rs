//! Setting backing aside for a market's claims, for anybody.

use crate::error::EngineError;
use crate::market::claims::reduced_ceil;
use crate::state::{Market, MarketLedger};
use crate::units::Atoms;

#[cfg(test)]
mod tests;

/// The market's ledger after claims are funded, and by how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FundClaimsPlan {
    /// What applying the plan stores.
    pub ledger: MarketLedger,
    /// Backing set aside.
    pub funded: Atoms,
}

/// Sets aside as much of the backing as unfunded claims need, pro rata over all of them: `P ← ⌈P · (W − y)/W⌉` for
/// `y = min(R, W)`. The factor rounds up, so the claims_reserve always covers what it promises.
///
/// # Errors
/// [`EngineError::NothingToFund`], also where it is so little that the factor would not change: less than a part in
/// 2^47.
pub fn plan_fund_claims(market: &Market) -> Result<FundClaimsPlan, EngineError> {
    let mut ledger = market.ledger;
    let waiting = ledger.unfunded_claims()?;
    let funded = waiting.min(ledger.backing);
    if funded.is_zero() {
        return Err(EngineError::NothingToFund);
    }
    ledger.backing = ledger.backing.checked_sub(funded)?;
    ledger.claims_reserve = ledger.claims_reserve.checked_add(funded)?;
    if funded < waiting {
        let factor = reduced_ceil(ledger.claim_factor, waiting.checked_sub(funded)?, waiting)?;
        if factor == ledger.claim_factor {
            return Err(EngineError::NothingToFund);
        }
        ledger.claim_factor = factor;
    } else {
        ledger.begin_claim_round()?;
    }
    Ok(FundClaimsPlan { ledger, funded })
}
