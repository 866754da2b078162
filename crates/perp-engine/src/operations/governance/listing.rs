//! Listing a market: at once while the exchange is founded, by a proposal afterwards.

use crate::error::EngineError;
use crate::market::claims::FULL_CLAIM_FACTOR;
use crate::operations::market::plan_set_backing_target;
use crate::parameters::check_listing;
use crate::state::{Market, Parameters, Proposal, ProposalKind};
use crate::units::{Atoms, Timestamp};

/// How a market is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listing {
    /// What it begins with.
    pub parameters: Parameters,
    /// One base unit is 10^-`base_decimals` of the asset.
    pub base_decimals: u8,
    /// Where its backing is moved to.
    pub target_backing: Atoms,
}

impl Listing {
    /// Whether a market can begin so.
    ///
    /// # Errors
    /// [`EngineError::MarketParameters`], [`EngineError::Overflow`] for a target above 2^62 atoms.
    pub fn validate(&self) -> Result<(), EngineError> {
        self.parameters.validate()?;
        plan_set_backing_target(self.target_backing).map(drop)
    }

    /// Makes zeroed memory the market under this index.
    pub fn begin(&self, index: u16, quote_decimals: u8, market: &mut Market) {
        market.parameters = self.parameters;
        market.target_backing = self.target_backing;
        market.index = index;
        market.base_decimals = self.base_decimals;
        market.quote_decimals = quote_decimals;
        market.ledger.claim_factor = FULL_CLAIM_FACTOR;
    }
}

/// A proposal to list a market under the next index, with caps that start small.
///
/// # Errors
/// [`EngineError::MarketParameters`], [`EngineError::MarketChange`], [`EngineError::Overflow`].
pub fn plan_propose_listing(listing: &Listing, index: u16, now: Timestamp) -> Result<Proposal, EngineError> {
    check_listing(&listing.parameters)?;
    let waiting = Proposal::waiting(ProposalKind::Listing, index, now)?;
    Ok(Proposal {
        parameters: listing.parameters,
        base_decimals: listing.base_decimals,
        target_backing: plan_set_backing_target(listing.target_backing)?,
        ..waiting
    })
}

/// What a ripe proposal lists under the next index.
///
/// # Errors
/// [`EngineError::WrongProposal`], also where its index is not the next any more; [`EngineError::ProposalNotRipe`],
/// [`EngineError::ProposalLapsed`], [`EngineError::MarketParameters`], [`EngineError::MarketChange`].
pub fn plan_apply_listing(proposal: &Proposal, next_index: u16, now: Timestamp) -> Result<Listing, EngineError> {
    proposal.require_ripe(ProposalKind::Listing, next_index, now)?;
    check_listing(&proposal.parameters)?;
    let listing = Listing {
        parameters: proposal.parameters,
        base_decimals: proposal.base_decimals,
        target_backing: proposal.target_backing,
    };
    listing.validate()?;
    Ok(listing)
}
