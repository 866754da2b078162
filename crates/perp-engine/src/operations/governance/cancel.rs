//! Cancelling a proposal.

use crate::error::EngineError;
use crate::state::{Canceller, Market, Proposal, ProposalKind, Role};
use crate::units::Timestamp;

/// Whether this one may cancel the proposal: whoever may propose the same; the guardian, but for what replaces the guardian; anybody
/// once it has lapsed, or what it replaces is gone. `market` is the one it is about, where it is about one that is listed.
///
/// # Errors
/// [`EngineError::GuardianIsReplaced`], [`EngineError::ProposalStands`].
pub fn check_cancel(
    proposal: &Proposal,
    canceller: Canceller,
    market: Option<&Market>,
    now: Timestamp,
) -> Result<(), EngineError> {
    match canceller {
        Canceller::Proposer => Ok(()),
        Canceller::Guardian => {
            let replaces_guardian =
                proposal.kind == ProposalKind::Role as u8 && proposal.subject == Role::Guardian as u16;
            if replaces_guardian {
                Err(EngineError::GuardianIsReplaced)
            } else {
                Ok(())
            }
        }
        Canceller::Anybody => {
            let lapses = proposal.lapses_at()?;
            let outdated = proposal.kind == ProposalKind::Parameters as u8
                && market.is_some_and(|market| {
                    market.index == proposal.subject && market.parameter_changes != proposal.replaces
                });
            if now >= lapses || outdated {
                Ok(())
            } else {
                Err(EngineError::ProposalStands { lapses: lapses.get() })
            }
        }
    }
}
