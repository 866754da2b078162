//! Changing from which accounts a market's price is read. The feed stays: another feed is another market.

use super::apply_parameters::require_answered;
use crate::error::EngineError;
use crate::market::price::converted;
use crate::market::Ready;
use crate::oracle::OracleReading;
use crate::session::Session;
use crate::state::{is_fresh, Market, Parameters, Proposal, ProposalKind, SecondPrice, FRESH_SECONDS};
use crate::units::products::price_share_floor;
use crate::units::{Ppm, Timestamp};

/// How far the price of the other oracle may be from the market's when it takes its place: one percent.
pub const ORACLE_DIFFERENCE: Ppm = Ppm::new(10_000);

/// A proposal to read a market's price from other accounts, bounded by a second source within these limits; zeros for none.
///
/// # Errors
/// [`EngineError::AlreadyDelisted`], [`EngineError::MarketParameters`].
pub fn plan_propose_oracle(
    market: &Market,
    second_max_deviation: Ppm,
    second_max_age: u32,
    now: Timestamp,
) -> Result<Proposal, EngineError> {
    if market.settlement.is_announced() {
        return Err(EngineError::AlreadyDelisted);
    }
    let parameters = Parameters { second_max_deviation, second_max_age, ..Parameters::default() };
    with_second(market, &parameters)?;
    let waiting = Proposal::waiting(ProposalKind::Oracle, market.index, now)?;
    Ok(Proposal { parameters, ..waiting })
}

fn with_second(market: &Market, proposed: &Parameters) -> Result<Parameters, EngineError> {
    let (second_max_deviation, second_max_age) = (proposed.second_max_deviation, proposed.second_max_age);
    let parameters = Parameters { second_max_deviation, second_max_age, ..market.parameters };
    parameters.validate()?;
    Ok(parameters)
}

/// The market's parameters once another oracle takes the place of the one it has. `reading` is what the other one says: fresh, good,
/// and of nearly the market's price, so that nobody's position changes by more than that.
///
/// # Errors
/// [`EngineError::WrongProposal`], [`EngineError::ProposalNotRipe`], [`EngineError::ProposalLapsed`],
/// [`EngineError::BoundaryOpen`], [`EngineError::AlreadyDelisted`], [`EngineError::GraceInForce`], [`EngineError::PriceStale`],
/// [`EngineError::PriceOutOfRange`], [`EngineError::OraclePriceDiffers`], [`EngineError::MarketParameters`].
pub fn plan_apply_oracle(
    proposal: &Proposal,
    market: &Ready<'_>,
    reading: &OracleReading,
    session: &Session,
) -> Result<Parameters, EngineError> {
    let clock = session.clock;
    proposal.require_ripe(ProposalKind::Oracle, market.index, clock.now)?;
    require_answered(market, session)?;
    let published = Timestamp::new(reading.publish_time());
    if !is_fresh(published, clock.now) {
        let (age, allowed) = (clock.now.seconds_since(published)?, u64::from(FRESH_SECONDS));
        return Err(EngineError::PriceStale { age, allowed });
    }
    let (other, confidence) = converted(market, reading)?;
    let price = market.price.price;
    let within = price_share_floor(price, ORACLE_DIFFERENCE)?;
    let near = other.get().abs_diff(price.get()) <= within.get();
    if confidence.is_none() || !(near || market.ledger.is_flat()) {
        return Err(EngineError::OraclePriceDiffers { price, other });
    }
    with_second(market, &proposal.parameters)
}

/// Stores them. What the second source said belongs to the one that was.
pub fn apply_oracle(market: &mut Ready<'_>, parameters: Parameters) {
    let state = market.market_mut();
    state.parameters = parameters;
    state.second_price = SecondPrice::default();
}
