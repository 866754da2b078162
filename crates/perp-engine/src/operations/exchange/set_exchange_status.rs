//! Setting the exchange's status.

use crate::error::EngineError;
use crate::state::{ExchangeState, Status, StatusAuthority, StatusOrder, PAUSES, REDUCTIONS};
use crate::units::{Clock, Timestamp};

#[cfg(test)]
mod tests;

/// The exchange's state with the status set. Active lifts what is in force; reduce-only ends a pause; a pause leaves
/// reduce-only to go on after it.
///
/// # Errors
/// [`EngineError::GuardianOnlyTightens`], [`EngineError::StatusAllowance`].
pub fn plan_exchange_status(
    exchange: &ExchangeState,
    order: &StatusOrder,
    clock: Clock,
) -> Result<ExchangeState, EngineError> {
    let StatusOrder { status, seconds, authority } = *order;
    let now = clock.now;
    if authority == StatusAuthority::Guardian {
        require_tightening(exchange, status, seconds, now)?;
    }
    let mut after = *exchange;
    match status {
        Status::Active => {
            after.pause = exchange.pause.lifted(&PAUSES, now)?;
            after.reduce_only = exchange.reduce_only.lifted(&REDUCTIONS, now)?;
        }
        Status::ReduceOnly => {
            after.pause = exchange.pause.lifted(&PAUSES, now)?;
            after.reduce_only = exchange.reduce_only.imposed(seconds, &REDUCTIONS, authority, now)?;
        }
        Status::Paused => {
            after.pause = exchange.pause.imposed(seconds, &PAUSES, authority, now)?;
            // Until a grace has passed in full, one pause after the other counts as one.
            if !exchange.pause.is_in_force(now) && !exchange.session(clock).in_grace() {
                after.pause_began = now;
            }
        }
    }
    Ok(after)
}

/// What a guardian sets is stricter than what is in force, or the same for longer.
fn require_tightening(
    exchange: &ExchangeState,
    wanted: Status,
    seconds: u32,
    now: Timestamp,
) -> Result<(), EngineError> {
    if wanted < exchange.own_status(now) {
        return Err(EngineError::GuardianOnlyTightens);
    }
    match wanted {
        Status::Active => Err(EngineError::GuardianOnlyTightens),
        Status::ReduceOnly => exchange.reduce_only.require_prolonged(seconds, now),
        Status::Paused => exchange.pause.require_prolonged(seconds, now),
    }
}
