//! Proposing another set of a market's parameters.

use crate::error::EngineError;
use crate::market::measured_margin::measured_margin_ceil;
use crate::parameters::{check_change, next_step};
use crate::state::{Market, Parameters, Proposal, ProposalKind};
use crate::units::Timestamp;

/// A proposal to put `parameters` in place of the market's. Those of the second source stay what they are: they change with the
/// oracle.
///
/// # Errors
/// [`EngineError::AlreadyDelisted`], [`EngineError::NothingToChange`], [`EngineError::MarketParameters`],
/// [`EngineError::MarketChange`], also where no step leads there.
pub fn plan_propose_parameters(
    market: &Market,
    parameters: &Parameters,
    now: Timestamp,
) -> Result<Proposal, EngineError> {
    if market.settlement.is_announced() {
        return Err(EngineError::AlreadyDelisted);
    }
    if *parameters == market.parameters {
        return Err(EngineError::NothingToChange);
    }
    check_change(&market.parameters, parameters)?;
    next_step(&market.parameters, parameters, measured_margin_ceil(market)?)?;
    let waiting = Proposal::waiting(ProposalKind::Parameters, market.index, now)?;
    Ok(Proposal { parameters: *parameters, replaces: market.parameter_changes, ..waiting })
}
