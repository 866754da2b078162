//! Taking the next step of a change of a market's parameters, for anybody.

use crate::error::EngineError;
use crate::market::measured_margin::measured_margin_ceil;
use crate::market::price::{reference_time, require_certain, require_price, PriceUse};
use crate::market::Ready;
use crate::parameters::{check_change, next_step};
use crate::session::Session;
use crate::state::{Market, Parameters, Proposal, ProposalKind, STEP_SECONDS};

/// The market's parameters after a step, and what is left of the proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParametersPlan {
    /// The parameters in force from now on.
    pub parameters: Parameters,
    /// Changes of the market's parameters with this one.
    pub parameter_changes: u64,
    /// The proposal, which waits for its next step; none where this was the last.
    pub left: Option<Proposal>,
}

impl ParametersPlan {
    /// Stores what the market has of it.
    pub fn apply(&self, market: &mut Ready<'_>) {
        let state = market.market_mut();
        state.parameters = self.parameters;
        state.parameter_changes = self.parameter_changes;
    }
}

/// Plans the next step of a ripe proposal. The change is looked at as a whole again. While anybody has a position the market needs a
/// fresh price and no grace: then every leg counts at a point, and a step changes nobody's equity.
///
/// # Errors
/// [`EngineError::WrongProposal`], [`EngineError::ProposalNotRipe`], [`EngineError::ProposalLapsed`],
/// [`EngineError::ProposalOutdated`], [`EngineError::BoundaryOpen`], [`EngineError::AlreadyDelisted`], [`EngineError::GraceInForce`],
/// [`EngineError::PriceStale`], [`EngineError::PriceTooUncertain`], [`EngineError::MarketParameters`],
/// [`EngineError::MarketChange`].
// A frame of its own: a program's is 4096 bytes.
#[inline(never)]
pub fn plan_apply_parameters(
    proposal: &Proposal,
    market: &Ready<'_>,
    session: &Session,
) -> Result<ParametersPlan, EngineError> {
    let now = market.clock().now;
    proposal.require_ripe(ProposalKind::Parameters, market.index, now)?;
    if proposal.replaces != market.parameter_changes {
        return Err(EngineError::ProposalOutdated);
    }
    require_answered(market, session)?;
    // Those of the second source may have changed with the oracle since.
    let target = Parameters {
        second_max_deviation: market.parameters.second_max_deviation,
        second_max_age: market.parameters.second_max_age,
        ..proposal.parameters
    };
    check_change(&market.parameters, &target)?;
    let parameters = next_step(&market.parameters, &target, measured_margin_ceil(market)?)?;
    // Whatever the market holds for its valid price stays valid, or nobody could close until there is another.
    require_certain(market.price.price, market.price.confidence, parameters.max_confidence_valid)?;
    let parameter_changes = market.parameter_changes.checked_add(1).ok_or(EngineError::Overflow)?;
    let left = if parameters == target {
        None
    } else {
        Some(Proposal {
            ripe_from: now.after(STEP_SECONDS)?,
            replaces: parameter_changes,
            steps: proposal.steps.checked_add(1).ok_or(EngineError::Overflow)?,
            ..*proposal
        })
    };
    Ok(ParametersPlan { parameters, parameter_changes, left })
}

/// Whether every position's price is one that its owner could answer, and no boundary is still to be valued.
pub(super) fn require_answered(market: &Market, session: &Session) -> Result<(), EngineError> {
    let clock = session.clock;
    session.require_no_open_boundary(Some(market))?;
    if market.settlement.is_announced() {
        return Err(EngineError::AlreadyDelisted);
    }
    if market.ledger.is_flat() {
        return Ok(());
    }
    if market.grace.price_at(clock.now).is_some() {
        return Err(EngineError::GraceInForce { until: market.grace.until.get() });
    }
    require_price(market, PriceUse::Liquidate, reference_time(clock, [market]))?;
    Ok(())
}
