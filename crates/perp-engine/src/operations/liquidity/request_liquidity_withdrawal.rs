//! Asking to take liquidity out: a request that cannot be cancelled, executed by anybody at prices published a delay after it.

use super::request_liquidity_deposit::RequestPlan;
use super::timing::check_output_bound;
use crate::error::EngineError;
use crate::state::{Pool, Request};
use crate::units::{Atoms, Clock};

/// Plans a withdrawal's request: `shares` of the `owned` ones enter the escrow, at least `minimum_output` tokens must
/// come out. All that is owned is never too small, or a holding whose shares are few and valuable could not leave.
///
/// # Errors
/// [`EngineError::RequestTooSmall`], [`EngineError::InsufficientBalance`], [`EngineError::AmountZero`],
/// [`EngineError::OutputBoundZero`].
pub fn plan_request_withdrawal(
    pool: &Pool,
    shares: Atoms,
    owned: Atoms,
    minimum_output: Atoms,
    clock: Clock,
) -> Result<RequestPlan, EngineError> {
    check_output_bound(minimum_output)?;
    if shares.is_zero() {
        return Err(EngineError::AmountZero);
    }
    if shares > owned {
        return Err(EngineError::InsufficientBalance { balance: owned });
    }
    let minimum = pool.parameters.minimum_request;
    if shares < minimum && shares < owned {
        return Err(EngineError::RequestTooSmall { minimum });
    }
    Ok(RequestPlan {
        pool: *pool,
        request: Request { amount: shares, minimum_output, requested_at: clock.now, reserved: [0; 4] },
    })
}
