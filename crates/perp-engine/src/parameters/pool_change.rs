//! What a decision may make of the pool's parameters.

use crate::error::EngineError;
use crate::state::PoolParameters;

#[cfg(test)]
mod tests;

/// Longest notice of a withdrawal that a decision may set: whoever does not like a listing that waits for two days is out before it.
const LONGEST_NOTICE: u32 = 86_400;

rules! { PoolChangeRule "What a decision may not change of the pool."
    Epochs "epoch_seconds stays: requests lie at the places of their boundaries";
    Notice "withdrawal_notice is at most a day, or what it was: whoever leaves is out before a listing";
    SharedDraw "shared_draw_share only falls and shared_draw_window only grows";
}

/// Whether a decision may put `to` in place of `from`, and `to` holds together.
///
/// # Errors
/// [`EngineError::PoolParameters`], [`EngineError::PoolChange`] with the first rule broken, [`EngineError::NothingToChange`].
pub fn check_pool_change(from: &PoolParameters, to: &PoolParameters) -> Result<(), EngineError> {
    to.validate()?;
    for rule in PoolChangeRule::ALL {
        let holds = match rule {
            PoolChangeRule::Epochs => to.epoch_seconds == from.epoch_seconds,
            PoolChangeRule::Notice => to.withdrawal_notice <= from.withdrawal_notice.max(LONGEST_NOTICE),
            PoolChangeRule::SharedDraw => {
                to.shared_draw_share <= from.shared_draw_share && to.shared_draw_window >= from.shared_draw_window
            }
        };
        if !holds {
            return Err(EngineError::PoolChange { rule: *rule });
        }
    }
    if to == from {
        return Err(EngineError::NothingToChange);
    }
    Ok(())
}
