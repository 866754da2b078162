//! Arming an order that is met: from now on it fills at the reading of a moment that nobody knows anything about yet.

use crate::error::EngineError;
use crate::market::price::{good_price, require_clock};
use crate::market::Ready;
use crate::operations::position::{plan_trade_now, require_not_ended, Order};
use crate::oracle::OracleReading;
use crate::risk::portfolio::Portfolio;
use crate::state::{Account, OrderBook, OrderTrigger, Position, RestingOrder, MAX_POSITIONS};
use crate::units::products::price_share_ceil;
use crate::units::{Atoms, Ppm, SignedSize, Timestamp};

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
        account.armed_until = account.armed_until.max(armed_until(&self.order)?);
        book.set(self.slot, self.order);
        Ok(())
    }
}

/// Until when an order keeps its account from withdrawing and from increasing anything.
pub(super) fn armed_until(order: &RestingOrder) -> Result<Timestamp, EngineError> {
    if order.fills_from.is_never() {
        return Ok(Timestamp::NEVER);
    }
    order.fills_until()
}

/// Plans to arm the order at `slot`, or to move the trigger of one that trails, for anybody. `market` is refreshed, with `reading` where
/// the order is met by one; `portfolio` holds the markets of the account's other positions.
///
/// # Errors
/// [`EngineError::NoOrder`], [`EngineError::MarketMissing`], [`EngineError::OrderDead`], [`EngineError::OrderAsleep`],
/// [`EngineError::OrderArmed`]; [`EngineError::OrderNotMet`] where the reading is wide, out of bounds,
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

/// The order, armed. One that may increase must be such that it could be filled now, with all of its market and side that are armed, and the
/// account must have margin and places for all that are armed: else its owner could have them come later, if the price pleases.
pub(super) fn armed(
    book: &OrderBook,
    slot: usize,
    order: RestingOrder,
    portfolio: &Portfolio<'_>,
    market: &Ready<'_>,
) -> Result<RestingOrder, EngineError> {
    let now = market.clock().now;
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
    let mut armed = Armed::with(order.size);
    // What only reduces needs no margin and no place.
    for (_, other) in book.occupied().filter(|(place, other)| *place != slot && !other.is_reduce_only()) {
        if other.is_armed(now)? {
            let alike = other.market == order.market && other.size.side() == order.size.side();
            armed.count(other, alike, order.market, portfolio.account)?;
        }
    }
    armed.require_place(portfolio.account, order.market)?;
    let needed = tried(armed.size, portfolio, market)?.max(armed.held_alike);
    let margin_held = needed.checked_sub(armed.held_alike)?;
    let before = portfolio.initial(None)?.health(portfolio.account.balance)?;
    let required = before.margin.checked_add(armed.held)?.checked_add(margin_held)?;
    if i128::from(before.equity.get()) < i128::from(required.get()) {
        return Err(EngineError::InitialMargin { equity: before.equity, required });
    }
    Ok(RestingOrder { fills_from, margin_held, ..order })
}

/// What else of an account is armed and may increase, besides an order that is to be.
#[derive(Clone, Copy, Debug)]
struct Armed {
    /// Size of the order and of all others of its market and side.
    size: SignedSize,
    /// What those others hold.
    held_alike: Atoms,
    /// What all hold.
    held: Atoms,
    /// Places that others may take, in markets in which the account holds nothing.
    places: usize,
}

impl Armed {
    const fn with(size: SignedSize) -> Self {
        Self { size, held_alike: Atoms::ZERO, held: Atoms::ZERO, places: 0 }
    }

    fn count(&mut self, other: &RestingOrder, alike: bool, market: u16, account: &Account) -> Result<(), EngineError> {
        self.held = self.held.checked_add(other.margin_held)?;
        if alike {
            self.size = self.size.checked_add(other.size)?;
            self.held_alike = self.held_alike.checked_add(other.margin_held)?;
        } else if other.market != market && account.slot_of(other.market).is_none() {
            self.places = self.places.checked_add(1).ok_or(EngineError::Overflow)?;
        }
        Ok(())
    }

    /// Whether a place is left for the order's position once every other one has taken its own.
    fn require_place(&self, account: &Account, market: u16) -> Result<(), EngineError> {
        let taken = account.occupied().count().checked_add(self.places).ok_or(EngineError::Overflow)?;
        if account.slot_of(market).is_none() && taken >= MAX_POSITIONS {
            return Err(EngineError::NoFreePosition);
        }
        Ok(())
    }
}

/// What orders of that size need if they are filled now, besides what the account needs as it is: what the leg needs more then, at least
/// the initial margin of a position of their size, and what they cost.
// A frame of its own: a program's is 4096 bytes.
#[inline(never)]
fn tried(size: SignedSize, portfolio: &Portfolio<'_>, market: &Ready<'_>) -> Result<Atoms, EngineError> {
    let plan = plan_trade_now(portfolio, market, &Order::at_any_price(size))?;
    let position = Position { size, entry_notional: plan.notional.into(), ..Position::empty_in(market.index) };
    let opened = portfolio.initial_leg(&position, &plan.ledger.market, market, || Ok(plan.fill.unit_spread))?;
    let spread = || Ok(plan.fill.unit_spread);
    let after = portfolio.initial_leg(&plan.ledger.position, &plan.ledger.market, market, spread)?.margin;
    let held = portfolio.account.slot_of(market.index).and_then(|slot| portfolio.account.positions.get(slot));
    let now = match held {
        Some(held) => portfolio.initial_leg(held, &market.ledger, market, spread)?.margin,
        None => Atoms::ZERO,
    };
    let more = after.max(now).checked_sub(now)?;
    opened.margin.max(more).checked_add(plan.fill.cost_ceil()?)
}
