//! Setting backing aside for a market's claims, for anybody.

use crate::error::EngineError;
use crate::market::claims::reduced_ceil;
use crate::market::price::{reference_time, require_price, PriceUse};
use crate::market::solvency::solvency;
use crate::state::{Market, MarketLedger};
use crate::units::products::wide_product;
use crate::units::{Atoms, Clock};

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
/// `y = min(R, W)`. The factor rounds up, so the claims reserve always covers what it promises.
///
/// A market that is short funds claims only once the winners' open profit is noted as claims as well, but for a hundredth of
/// what is owed, which a moving price makes of it at any moment: so nobody gains by closing before others.
///
/// # Errors
/// [`EngineError::NothingToFund`], also where it is so little that the factor would not change: less than a part in
/// 2^47. In a short market [`EngineError::ProfitsNotNoted`], [`EngineError::PriceStale`].
pub fn plan_fund_claims(market: &Market, clock: Clock) -> Result<FundClaimsPlan, EngineError> {
    let mut ledger = market.ledger;
    let waiting = ledger.unfunded_claims()?;
    let funded = waiting.min(ledger.backing);
    if funded.is_zero() {
        return Err(EngineError::NothingToFund);
    }
    if ledger.is_short() {
        check_profits_noted(market, waiting, clock)?;
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

/// A hundredth of what a short market owes may be open profit when its claims are funded.
const OPEN_PROFIT: u64 = 100;

fn check_profits_noted(market: &Market, waiting: Atoms, clock: Clock) -> Result<(), EngineError> {
    if market.ledger.is_flat() {
        return Ok(());
    }
    let price = require_price(market, PriceUse::Liquidate, reference_time(clock, [market]))?;
    let owed = solvency(&market.ledger, &market.parameters, price)?.liabilities;
    let open = owed.checked_sub(waiting)?;
    if wide_product(open.get(), OPEN_PROFIT) > owed.get().into() {
        return Err(EngineError::ProfitsNotNoted { open });
    }
    Ok(())
}
