//! Asking to put liquidity in: a request that cannot be cancelled, executed by anybody at prices published a delay after it.

use super::timing::check_output_bound;
use crate::error::EngineError;
use crate::state::{Pool, Request};
use crate::units::{Atoms, Clock};

/// The pool and the request once tokens or shares are in escrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestPlan {
    /// The pool.
    pub pool: Pool,
    /// The request.
    pub request: Request,
}

/// Plans a deposit's request: `amount` tokens enter the escrow, at least `minimum_output` shares must come out.
///
/// # Errors
/// [`EngineError::RequestTooSmall`], [`EngineError::OutputBoundZero`].
pub fn plan_request_deposit(
    pool: &Pool,
    amount: Atoms,
    minimum_output: Atoms,
    clock: Clock,
) -> Result<RequestPlan, EngineError> {
    check_output_bound(minimum_output)?;
    let minimum = pool.parameters.minimum_request;
    if amount < minimum {
        return Err(EngineError::RequestTooSmall { minimum });
    }
    let pool = Pool { escrow: pool.escrow.checked_add(amount)?, ..*pool };
    Ok(RequestPlan { pool, request: Request { amount, minimum_output, requested_at: clock.now, reserved: [0; 4] } })
}
