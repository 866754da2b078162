//! Changing the pool's parameters.

use crate::error::EngineError;
use crate::parameters::check_pool_change;
use crate::session::Session;
use crate::state::{Pool, PoolParameters, Proposal, ProposalKind};
use crate::units::Timestamp;

/// A proposal to put `parameters` in place of the pool's.
///
/// # Errors
/// [`EngineError::PoolParameters`], [`EngineError::PoolChange`], [`EngineError::NothingToChange`].
pub fn plan_propose_pool_parameters(
    pool: &Pool,
    parameters: &PoolParameters,
    now: Timestamp,
) -> Result<Proposal, EngineError> {
    check_pool_change(&pool.parameters, parameters)?;
    let waiting = Proposal::waiting(ProposalKind::PoolParameters, 0, now)?;
    Ok(Proposal { pool_parameters: *parameters, ..waiting })
}

/// The pool's parameters once a ripe proposal is applied.
///
/// # Errors
/// [`EngineError::WrongProposal`], [`EngineError::ProposalNotRipe`], [`EngineError::ProposalLapsed`],
/// [`EngineError::BoundaryOpen`], [`EngineError::PoolParameters`], [`EngineError::PoolChange`], [`EngineError::NothingToChange`].
pub fn plan_apply_pool_parameters(
    proposal: &Proposal,
    pool: &Pool,
    session: &Session,
) -> Result<PoolParameters, EngineError> {
    proposal.require_ripe(ProposalKind::PoolParameters, 0, session.clock.now)?;
    session.require_no_open_boundary(None)?;
    check_pool_change(&pool.parameters, &proposal.pool_parameters)?;
    Ok(proposal.pool_parameters)
}
