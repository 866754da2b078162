//! Paying into an insurance. It pays out only in [`crate::bankruptcy`].

use crate::error::EngineError;
use crate::state::{Books, Market, Pool};
use crate::units::Atoms;

/// The market's books once `amount` is paid into its own insurance.
///
/// # Errors
/// [`EngineError::AmountZero`].
pub fn plan_fund_market_insurance(market: &Market, amount: Atoms) -> Result<Books, EngineError> {
    if amount.is_zero() {
        return Err(EngineError::AmountZero);
    }
    Ok(Books { insurance: market.books.insurance.plus(amount)?, ..market.books })
}

/// The pool once `amount` is paid into the shared insurance.
///
/// # Errors
/// [`EngineError::AmountZero`].
pub fn plan_fund_shared_insurance(pool: &Pool, amount: Atoms) -> Result<Pool, EngineError> {
    if amount.is_zero() {
        return Err(EngineError::AmountZero);
    }
    Ok(Pool { insurance: pool.insurance.plus(amount)?, ..*pool })
}
