//! What a delegate may do: what its owner's limits leave of trading and of resting orders.

use crate::error::EngineError;
use crate::operations::orders::NewOrder;
use crate::operations::position::TradePlan;
use crate::state::{DelegateLimits, Market, OrderBook};
use crate::units::products::notional;
use crate::units::Timestamp;

#[cfg(test)]
mod tests;

/// The limits as they are stored.
///
/// # Errors
/// [`EngineError::Overflow`] where an amount or a flag is none.
pub fn plan_delegate_limits(limits: &DelegateLimits) -> Result<DelegateLimits, EngineError> {
    limits.largest_notional.in_range()?;
    limits.equity_floor.in_range()?;
    if limits.limited > 1 || limits.reduce_only > 1 || limits.padding != [0; 6] {
        return Err(EngineError::Overflow);
    }
    Ok(*limits)
}

/// Whether a delegate of these limits may do what a trade came to. What only reduces is within every limit but those of time and
/// market; an increase leaves at most the largest notional, and at least the floor in adverse equity: with prices as they are a
/// delegate loses no more than what is above the floor and the fee and impact of closing.
///
/// # Errors
/// [`EngineError::DelegateExpired`], [`EngineError::DelegateMarket`], [`EngineError::DelegateReducesOnly`],
/// [`EngineError::DelegateNotional`], [`EngineError::DelegateEquityFloor`].
pub fn check_delegated_trade(
    limits: &DelegateLimits,
    market: &Market,
    plan: &TradePlan,
    now: Timestamp,
) -> Result<(), EngineError> {
    if !limits.are_set() {
        return Ok(());
    }
    limits.require_market(market.index, now)?;
    if plan.opened.is_zero() {
        return Ok(());
    }
    if limits.reduce_only != 0 {
        return Err(EngineError::DelegateReducesOnly);
    }
    let size = plan.ledger.position.size.size();
    if notional(size, market.price.price)?.to_atoms_ceil()? > limits.largest_notional {
        return Err(EngineError::DelegateNotional { largest: limits.largest_notional });
    }
    let equity = plan.after.equity;
    if equity.get() < limits.equity_floor.signed()?.get() {
        return Err(EngineError::DelegateEquityFloor { equity, floor: limits.equity_floor });
    }
    Ok(())
}

/// Whether a delegate of these limits may place these orders in this market and cancel those: only what reduces, since what fills later
/// would be measured by none of its limits, and only in its markets.
///
/// # Errors
/// [`EngineError::DelegateExpired`], [`EngineError::DelegateMarket`], [`EngineError::DelegateReducesOnly`].
pub fn check_delegated_orders(
    limits: &DelegateLimits,
    book: &OrderBook,
    market: u16,
    cancel: &[u8],
    orders: &[NewOrder],
    now: Timestamp,
) -> Result<(), EngineError> {
    if !limits.are_set() {
        return Ok(());
    }
    limits.require_market(market, now)?;
    for slot in cancel {
        if let Some(order) = book.orders.get(usize::from(*slot)).filter(|order| order.is_occupied()) {
            limits.require_market(order.market, now)?;
        }
    }
    if orders.iter().any(|order| !order.reduce_only) {
        return Err(EngineError::DelegateReducesOnly);
    }
    Ok(())
}
