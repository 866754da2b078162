//! Shared insurance that the pool gets. It leaves the insurance in no other way but for debts that nobody pays: no role takes it.

use crate::error::EngineError;
use crate::session::Session;
use crate::state::{Pool, Proposal, ProposalKind, Queue};
use crate::units::products::{share_ceil, share_floor};
use crate::units::{Atoms, Ppm, Timestamp};

/// The shared insurance stays at least this part of the pool's principal: a tenth.
pub const INSURANCE_FLOOR: Ppm = Ppm::new(100_000);
/// What one decision moves at most, as a part of the pool's principal: a hundredth, or it would pay to enter the pool for it.
pub const INSURANCE_STEP: Ppm = Ppm::new(10_000);

/// A proposal to make `amount` of the shared insurance the pool's cash.
///
/// # Errors
/// [`EngineError::AmountZero`], [`EngineError::InsuranceFloor`].
pub fn plan_propose_insurance(pool: &Pool, amount: Atoms, now: Timestamp) -> Result<Proposal, EngineError> {
    moved(pool, amount)?;
    let waiting = Proposal::waiting(ProposalKind::Insurance, 0, now)?;
    Ok(Proposal { amount, ..waiting })
}

/// The pool once the insurance has moved. A boundary that has come is kept before, so that nobody enters or leaves at a cash that
/// moved after it.
///
/// # Errors
/// [`EngineError::WrongProposal`], [`EngineError::ProposalNotRipe`], [`EngineError::ProposalLapsed`],
/// [`EngineError::InsuranceFloor`].
pub fn plan_apply_insurance(
    proposal: &Proposal,
    pool: &mut Pool,
    queue: &mut Queue,
    markets: u16,
    session: &Session,
) -> Result<(), EngineError> {
    proposal.require_ripe(ProposalKind::Insurance, 0, session.clock.now)?;
    moved(pool, proposal.amount)?;
    pool.keep_at_boundary(queue, markets, session)?;
    *pool = moved(pool, proposal.amount)?;
    Ok(())
}

fn moved(pool: &Pool, amount: Atoms) -> Result<Pool, EngineError> {
    if amount.is_zero() {
        return Err(EngineError::AmountZero);
    }
    let principal = pool.cash.checked_add(pool.placed)?;
    let (floor, most) = (share_ceil(principal, INSURANCE_FLOOR)?, share_floor(principal, INSURANCE_STEP)?);
    let left = pool.insurance.checked_sub(amount).ok().filter(|left| *left >= floor && amount <= most);
    let insurance = left.ok_or(EngineError::InsuranceFloor { floor, most })?;
    Ok(Pool { insurance, cash: pool.cash.checked_add(amount)?, ..*pool })
}
