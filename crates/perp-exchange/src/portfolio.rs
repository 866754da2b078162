use perp_engine::risk::portfolio::Portfolio;
use perp_engine::state::{Account, Market};
use perp_engine::units::Clock;
use perp_engine::EngineError;

/// [`Portfolio::new`] for whoever asks, so that a browser loads it once and not for each kind of list.
///
/// # Errors
/// Those of [`Portfolio::new`].
#[inline(never)]
pub(crate) fn portfolio<'a>(
    account: &'a Account,
    target: Option<&'a Market>,
    others: &[&'a Market],
    clock: Clock,
) -> Result<Portfolio<'a>, EngineError> {
    Portfolio::new(account, target, others.iter().copied(), clock)
}
