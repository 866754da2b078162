//! Arming an order that is met: from now on it fills at the reading of a moment that nobody knows anything about yet.

use crate::error::EngineError;
use crate::market::price::{good_price, require_clock};
use crate::market::Ready;
use crate::operations::position::{plan_trade_now, require_not_ended, Order};
use crate::oracle::OracleReading;
use crate::risk::portfolio::{InitialSums, Portfolio};
use crate::state::{Account, OrderBook, OrderTrigger, Position, RestingOrder};
use crate::units::products::price_share_ceil;
use crate::units::{Atoms, Ppm, Timestamp};

/// An order that is armed, or whose trigger has moved with the price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArmingPlan {
    /// Its place.
    pub slot: usize,
    /// The order.
    pub order: RestingOrder,
}

impl ArmingPlan {
    /// Whether the order is armed; else the reading was the best price that it trails.
    pub const fn is_armed(&self) -> bool {
        !self.order.fills_from.is_never()
    }

    /// Stores the plan.
    ///
    /// # Errors
    /// [`EngineError::Overflow`] at the end of time.
    pub fn apply(&self, book: &mut OrderBook, account: &mut Account) -> Result<(), EngineError> {
        account.armed_until = account.armed_until.max(withdrawals_wait_until(&self.order)?);
        book.set(self.slot, self.order);
        Ok(())
    }
}

/// Until when an order keeps its account from withdrawing.
pub(super) fn withdrawals_wait_until(order: &RestingOrder) -> Result<Timestamp, EngineError> {
    if order.fills_from.is_never() || order.is_reduce_only() {
        return Ok(Timestamp::NEVER);
    }
    order.fills_until()
}

/// Plans to arm the order at `slot`, or to move the trigger of one that trails, for anybody. `market` is refreshed, with `reading` where
/// the order is met by one; `portfolio` holds the markets of the account's other positions.
///
/// # Errors
/// [`EngineError::NoOrder`], [`EngineError::MarketMissing`], [`EngineError::OrderDead`], [`EngineError::OrderAsleep`],
/// [`EngineError::OrderArmed`], [`EngineError::OrderGroupArmed`]; [`EngineError::OrderNotMet`] where the reading is wide, out of bounds,
/// older than a trade allows or than the order, or short of its trigger; [`EngineError::ClockBehind`], [`EngineError::MarketSettled`],
/// [`EngineError::SettlementDue`], [`EngineError::Paused`]; of an order that may increase those of
/// [`plan_trade`](crate::operations::position::plan_trade), since it is armed only where it could be filled at once.
pub fn plan_arm_order(
    book: &OrderBook,
    slot: usize,
    portfolio: &Portfolio<'_>,
    market: &Ready<'_>,
    reading: Option<&OracleReading>,
) -> Result<ArmingPlan, EngineError> {
    let now = market.clock().now;
    let stored = book.order(slot)?;
    if stored.market != market.index {
        return Err(EngineError::MarketMissing { expected: stored.market });
    }
    if stored.is_armed(now)? {
        return Err(EngineError::OrderArmed { until: stored.fills_until()?.get() });
    }
    let order = stored.as_of(now)?.ok_or(EngineError::OrderDead)?;
    if order.is_dead(portfolio.account, now)? {
        return Err(EngineError::OrderDead);
    }
    if order.is_asleep() {
        return Err(EngineError::OrderAsleep);
    }
    if let Some(order) = moved_or_met(&order, portfolio, market, reading)? {
        return Ok(ArmingPlan { slot, order });
    }
    Ok(ArmingPlan { slot, order: armed(book, slot, order, portfolio, market)? })
}

/// Where the order is not met by this reading, but trails it, the order with its trigger moved.
fn moved_or_met(
    order: &RestingOrder,
    portfolio: &Portfolio<'_>,
    market: &Ready<'_>,
    reading: Option<&OracleReading>,
) -> Result<Option<RestingOrder>, EngineError> {
    let kind = order.kind();
    if kind == OrderTrigger::AtTime {
        return if portfolio.reference >= order.active_from { Ok(None) } else { Err(EngineError::OrderNotMet) };
    }
    let reading = reading.ok_or(EngineError::OrderNotMet)?;
    let (price, _) = good_price(market, reading)?.ok_or(EngineError::OrderNotMet)?;
    let published = Timestamp::new(reading.publish_time());
    let oldest = published.after(market.parameters.max_age_trade)?;
    if published <= order.active_from || published > portfolio.reference || oldest < portfolio.reference {
        return Err(EngineError::OrderNotMet);
    }
    let rises = kind == OrderTrigger::AtOrAbove;
    let mut trigger = order.trigger_price;
    if order.trailing != Ppm::ZERO {
        let better = if rises { price < order.best } else { price > order.best };
        if order.best_published.is_never() || better {
            return Ok(Some(RestingOrder { best: price, best_published: published, ..*order }));
        }
        // What was published before the best price is no return from it.
        if published <= order.best_published {
            return Err(EngineError::OrderNotMet);
        }
        trigger = if rises {
            order.best.checked_add(price_share_ceil(order.best, order.trailing)?)?
        } else {
            order.best.checked_sub(price_share_ceil(order.best, order.trailing)?)?
        };
    }
    let met = if rises { price >= trigger } else { price <= trigger };
    if met {
        Ok(None)
    } else {
        Err(EngineError::OrderNotMet)
    }
}

/// The order, armed. One that may increase must be such that it could be filled now, and the account must have margin for all that are
/// armed, whatever they would come to: else its owner could have the margin come later, if the price pleases.
pub(super) fn armed(
    book: &OrderBook,
    slot: usize,
    order: RestingOrder,
    portfolio: &Portfolio<'_>,
    market: &Ready<'_>,
) -> Result<RestingOrder, EngineError> {
    let now = market.clock().now;
    let mut reserved = Atoms::ZERO;
    for (_, other) in book.occupied().filter(|(place, _)| *place != slot) {
        if !other.is_armed(now)? {
            continue;
        }
        // Its fill would take this one out, whose price is known by then.
        if order.group != 0 && other.group == order.group {
            return Err(EngineError::OrderGroupArmed);
        }
        // Of two that reduce one position whoever fills them would choose.
        let of_one = (other.market, other.position) == (order.market, order.position);
        if order.is_reduce_only() && other.is_reduce_only() && of_one {
            return Err(EngineError::OrderGroupArmed);
        }
        reserved = reserved.checked_add(other.margin_held)?;
    }
    require_not_ended(market, now)?;
    market.status().allows_reducing()?;
    // Beyond the tolerance the reading of that moment may be public already.
    require_clock(market, portfolio.reference)?;
    let delay = market.parameters.future_tolerance.checked_add(1).ok_or(EngineError::Overflow)?;
    let fills_from = portfolio.reference.after(delay)?;
    if order.is_reduce_only() {
        let left = order.protected(portfolio.account).ok_or(EngineError::OrderDead)?;
        return Ok(RestingOrder { fills_from, armed_size: left.min(order.size.size()), ..order });
    }
    // Else a status that only reduces would be a way out of what is armed as a reduction.
    market.status().allows_increasing()?;
    let needed = tried(&order, portfolio, market)?;
    let before = portfolio.initial(None)?.health(portfolio.account.balance)?;
    let required = before.margin.checked_add(reserved)?.checked_add(needed)?;
    if i128::from(before.equity.get()) < i128::from(required.get()) {
        return Err(EngineError::InitialMargin { equity: before.equity, required });
    }
    Ok(RestingOrder { fills_from, margin_held: needed, ..order })
}

/// What the order needs if it is filled now: the initial margin of a position of its size, and what it costs.
// A frame of its own: a program's is 4096 bytes.
#[inline(never)]
fn tried(order: &RestingOrder, portfolio: &Portfolio<'_>, market: &Ready<'_>) -> Result<Atoms, EngineError> {
    let plan = plan_trade_now(portfolio, market, &Order::at_any_price(order.size))?;
    let position =
        Position { size: order.size, entry_notional: plan.notional.into(), ..Position::empty_in(market.index) };
    let opened = portfolio.initial_leg(&position, &plan.ledger.market, market, || Ok(plan.fill.unit_spread))?;
    let margin = InitialSums::default().with(opened)?.health(Atoms::ZERO)?.margin;
    margin.checked_add(plan.fill.cost_ceil()?)
}
