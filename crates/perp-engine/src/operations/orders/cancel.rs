//! Taking resting orders out: the owner's, and what is dead for anybody.

use crate::error::EngineError;
use crate::state::{Account, Market, OrderBook};
use crate::units::Timestamp;

/// Takes an order out for its owner, and those that sleep until its fill. Returns the lamports that go home.
///
/// # Errors
/// [`EngineError::NoOrder`]; [`EngineError::OrderArmed`] where it is armed: somebody may know already what it fills at.
pub fn cancel_order(book: &mut OrderBook, slot: usize, now: Timestamp) -> Result<u64, EngineError> {
    let order = book.order(slot)?;
    if order.is_armed(now)? {
        return Err(EngineError::OrderArmed { until: order.fills_until()?.get() });
    }
    book.remove(slot)
}

/// Takes a dead order out, for anybody, and those that sleep until its fill: one that has expired or is void, one whose position is
/// gone, and one whose market has ended for good, where that is passed. Returns the lamports that go home.
///
/// # Errors
/// [`EngineError::NoOrder`], [`EngineError::OrderAlive`], [`EngineError::MarketMissing`].
pub fn sweep_order(
    book: &mut OrderBook,
    slot: usize,
    account: &Account,
    market: Option<&Market>,
    now: Timestamp,
) -> Result<u64, EngineError> {
    let order = book.order(slot)?;
    if market.is_some_and(|market| market.index != order.market) {
        return Err(EngineError::MarketMissing { expected: order.market });
    }
    let ended = market.is_some_and(|market| market.settlement.is_final(now));
    if !ended && !order.is_dead(account, now)? {
        return Err(EngineError::OrderAlive);
    }
    book.remove(slot)
}
