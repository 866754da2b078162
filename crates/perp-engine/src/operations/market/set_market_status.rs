//! Setting a market's status.

use crate::error::EngineError;
use crate::market::Ready;
use crate::state::{Market, Restriction, Status, StatusAuthority, StatusOrder, REDUCTIONS};
use crate::units::Timestamp;

#[cfg(test)]
mod tests;

/// The market's own restriction with the status set.
///
/// # Errors
/// [`EngineError::MarketsDoNotPause`], [`EngineError::GuardianOnlyTightens`], [`EngineError::StatusAllowance`].
pub fn plan_market_status(market: &Market, order: &StatusOrder, now: Timestamp) -> Result<Restriction, EngineError> {
    let StatusOrder { status, seconds, authority } = *order;
    let stored = &market.reduce_only;
    match (status, authority) {
        (Status::Paused, _) => Err(EngineError::MarketsDoNotPause),
        (Status::Active, StatusAuthority::Guardian) => Err(EngineError::GuardianOnlyTightens),
        (Status::Active, StatusAuthority::RiskAdmin) => stored.lifted(&REDUCTIONS, now),
        (Status::ReduceOnly, StatusAuthority::RiskAdmin) => stored.imposed(seconds, &REDUCTIONS, authority, now),
        (Status::ReduceOnly, StatusAuthority::Guardian) => {
            stored.require_prolonged(seconds, now)?;
            stored.imposed(seconds, &REDUCTIONS, authority, now)
        }
    }
}

/// Stores it.
pub fn apply_market_status(market: &mut Ready<'_>, restriction: Restriction) {
    market.market_mut().reduce_only = restriction;
}
