//! Noting that no valid price arrives, for anybody.

use crate::error::EngineError;
use crate::market::price::age;
use crate::state::{Market, PriceCache};
use crate::units::Clock;

#[cfg(test)]
mod tests;

/// The price cache once somebody has noticed that no valid price arrives. A price that is fresh when it is taken in takes the note
/// away; without one the oracle is held for dead after `outage_delay`, and after `settle_after` the market may end.
///
/// # Errors
/// [`EngineError::PriceStillFresh`] where the valid price is at most `max_age_liquidate` old,
/// [`EngineError::OutageAlreadyReported`], [`EngineError::NoPriceYet`], [`EngineError::MarketSettled`].
pub fn plan_report_oracle_outage(market: &Market, clock: Clock) -> Result<PriceCache, EngineError> {
    if market.settlement.has_begun() {
        return Err(EngineError::MarketSettled);
    }
    if market.price.published.is_never() {
        return Err(EngineError::NoPriceYet);
    }
    let (age, allowed) = (age(market, clock.now)?, u64::from(market.parameters.max_age_liquidate));
    if age <= allowed {
        return Err(EngineError::PriceStillFresh { age, allowed });
    }
    if !market.price.outage_since.is_never() {
        return Err(EngineError::OutageAlreadyReported { since: market.price.outage_since.get() });
    }
    Ok(PriceCache { outage_since: clock.now, ..market.price })
}
