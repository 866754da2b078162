//! When a request may be executed, and when it has expired.

use super::valuation::Valuation;
use crate::error::EngineError;
use crate::session::Session;
use crate::state::{Pool, PoolParameters, Request, RequestKind};
use crate::units::{Atoms, Timestamp};

/// When prices that execute the request must be published at the earliest.
pub fn matures_at(request: &Request, kind: RequestKind, parameters: &PoolParameters) -> Result<Timestamp, EngineError> {
    request.requested_at.after(match kind {
        RequestKind::Deposit => parameters.deposit_delay,
        RequestKind::Withdrawal => parameters.withdrawal_delay,
    })
}

/// From when the request is refunded instead of executed.
pub fn expires_at(request: &Request, kind: RequestKind, parameters: &PoolParameters) -> Result<Timestamp, EngineError> {
    matures_at(request, kind, parameters)?.after(match kind {
        RequestKind::Deposit => parameters.deposit_validity,
        RequestKind::Withdrawal => parameters.withdrawal_validity,
    })
}

/// How the pool is valued for a request that may be executed now.
///
/// # Errors
/// [`EngineError::Paused`], [`EngineError::RequestNotMature`], [`EngineError::RequestExpired`].
pub(super) fn executable(
    pool: &Pool,
    request: &Request,
    kind: RequestKind,
    session: &Session,
) -> Result<Valuation, EngineError> {
    session.status.allows_reducing()?;
    let now = session.clock.now;
    let matures = matures_at(request, kind, &pool.parameters)?;
    if now < matures {
        return Err(EngineError::RequestNotMature { executable_from: matures.get() });
    }
    if now >= expires_at(request, kind, &pool.parameters)? {
        return Err(EngineError::RequestExpired);
    }
    Ok(Valuation { session: *session, published_from: matures })
}

/// A bound on what comes out: any number but zero, so that a forgotten bound does not pass for none.
pub(super) fn check_output_bound(minimum_output: Atoms) -> Result<(), EngineError> {
    if minimum_output.is_zero() {
        return Err(EngineError::OutputBoundZero);
    }
    Ok(())
}
