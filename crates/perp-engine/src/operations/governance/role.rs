//! Naming who holds a role. Whom, only the program knows: it takes the hand-over from the one who is named.

use crate::error::EngineError;
use crate::state::{Proposal, ProposalKind, Role};
use crate::units::Timestamp;

/// A proposal that another holds this role.
///
/// # Errors
/// [`EngineError::Overflow`] at the end of time.
pub fn plan_propose_role(role: Role, now: Timestamp) -> Result<Proposal, EngineError> {
    Proposal::waiting(ProposalKind::Role, role as u16, now)
}

/// Whether the proposal about this role is ripe: whoever is named takes it.
///
/// # Errors
/// [`EngineError::WrongProposal`], [`EngineError::ProposalNotRipe`], [`EngineError::ProposalLapsed`].
pub fn plan_apply_role(proposal: &Proposal, role: Role, now: Timestamp) -> Result<(), EngineError> {
    proposal.require_ripe(ProposalKind::Role, role as u16, now)
}
