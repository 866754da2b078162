//! Paying into an insurance. It pays out only in [`resolve_bankruptcy`](crate::operations::position::resolve_bankruptcy).

use crate::error::EngineError;
use crate::state::{Market, MarketLedger, Pool};
use crate::units::Atoms;

/// The market's ledger once `amount` is paid into its own insurance.
///
/// # Errors
/// [`EngineError::AmountZero`].
pub fn plan_fund_market_insurance(market: &Market, amount: Atoms) -> Result<MarketLedger, EngineError> {
    if amount.is_zero() {
        return Err(EngineError::AmountZero);
    }
    Ok(MarketLedger { insurance: market.ledger.insurance.checked_add(amount)?, ..market.ledger })
}

/// The pool once `amount` is paid into the shared insurance.
///
/// # Errors
/// [`EngineError::AmountZero`].
pub fn plan_fund_shared_insurance(pool: &Pool, amount: Atoms) -> Result<Pool, EngineError> {
    if amount.is_zero() {
        return Err(EngineError::AmountZero);
    }
    Ok(Pool { insurance: pool.insurance.checked_add(amount)?, ..*pool })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{pool, sol_market, usdc};

    #[test]
    fn what_is_paid_in_adds_to_that_insurance_alone() {
        let mut market = sol_market();
        market.ledger.insurance = usdc(5);
        let funded = plan_fund_market_insurance(&market, usdc(2)).unwrap();
        assert_eq!(funded, MarketLedger { insurance: usdc(7), ..market.ledger });
        assert_eq!(plan_fund_market_insurance(&market, Atoms::ZERO), Err(EngineError::AmountZero));

        let shared = Pool { insurance: usdc(40), ..pool(1_000) };
        assert_eq!(plan_fund_shared_insurance(&shared, usdc(2)), Ok(Pool { insurance: usdc(42), ..shared }));
        assert_eq!(plan_fund_shared_insurance(&shared, Atoms::ZERO), Err(EngineError::AmountZero));
    }
}
