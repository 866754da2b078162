//! Refunding a request that nobody executed in time, for anybody: `refund_liquidity_deposit` and
//! `refund_liquidity_withdrawal`.

use super::timing::expires_at;
use crate::error::EngineError;
use crate::state::{Pool, Request, RequestKind};
use crate::units::{Atoms, Clock};

/// The pool after an expired request is refunded, and what leaves the escrow for its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefundPlan {
    /// The pool.
    pub pool: Pool,
    /// Tokens of a deposit.
    pub tokens: Atoms,
    /// Shares of a withdrawal.
    pub shares: Atoms,
}

/// Refunds a request that nobody executed in time. No price and no status is needed.
///
/// # Errors
/// [`EngineError::RequestNotExpired`].
pub fn plan_refund_expired(
    pool: &Pool,
    request: &Request,
    kind: RequestKind,
    clock: Clock,
) -> Result<RefundPlan, EngineError> {
    let expires = expires_at(request, kind, &pool.parameters)?;
    if clock.now < expires {
        return Err(EngineError::RequestNotExpired { expires_at: expires.get() });
    }
    match kind {
        RequestKind::Deposit => {
            let pool = Pool { escrow: pool.escrow.checked_sub(request.amount)?, ..*pool };
            Ok(RefundPlan { pool, tokens: request.amount, shares: Atoms::ZERO })
        }
        RequestKind::Withdrawal => Ok(RefundPlan { pool: *pool, tokens: Atoms::ZERO, shares: request.amount }),
    }
}
