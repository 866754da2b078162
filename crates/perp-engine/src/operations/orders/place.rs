//! Placing resting orders, and replacing them.

use super::arm::{armed, armed_until};
use super::cancel::cancel_order;
use crate::error::EngineError;
use crate::market::Ready;
use crate::operations::position::require_not_ended;
use crate::risk::portfolio::Portfolio;
use crate::state::{parent_mark, Account, OrderBook, OrderTrigger, RestingOrder, ORDER_SLOTS, SLICE_SECONDS};
use crate::units::{Ppm, Price, Side, SignedSize, Timestamp};

/// The least that a fill pays whoever sends it, in lamports: four signatures, as two readings are needed, to arm it and to fill it, and
/// two transactions to post each; and as much again of priority fees. An order that pays nobody would be filled by its owner alone,
/// when its price pleases.
pub const ORDER_TIP_LAMPORTS: u64 = 40_000;

/// An order as its owner places it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewOrder {
    /// Signed size of one fill in base units, positive buys. Where the order only reduces, the largest numbers stand for all.
    pub size: SignedSize,
    /// When it is to fill.
    pub trigger: OrderTrigger,
    /// The price that meets it; zero for an order by time, and for one that trails.
    pub trigger_price: Price,
    /// Distance from the best price of an order that trails, in ppm, below 1 000 000; zero for every other.
    pub trailing: Ppm,
    /// Worst acceptable average price, any number but zero.
    pub acceptable_price: Price,
    /// Only reduces the position that there is now, or that its parent leaves.
    pub reduce_only: bool,
    /// From when on it may be met; what is past stands for now.
    pub active_from: Timestamp,
    /// After this it is no longer armed; zero for never.
    pub expires: Timestamp,
    /// Fills: 1, or more by time.
    pub slices: u16,
    /// Seconds from one fill to the next, at least [`SLICE_SECONDS`]; zero for a single one.
    pub seconds_between: u32,
    /// A fill cancels the account's other orders with this number; zero for none.
    pub group: u8,
    /// Which of the orders placed before it in the same call it sleeps for, from 0 on.
    pub parent: Option<u8>,
    /// Lamports for whoever fills it, at least [`ORDER_TIP_LAMPORTS`] a slice.
    pub lamports: u64,
}

/// What placing and cancelling leaves to be paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlacementPlan {
    /// Lamports that the new orders hold.
    pub paid: u64,
    /// Lamports of cancelled orders that go home.
    pub returned: u64,
    /// Until when the account withdraws and increases nothing; zero where nothing was armed.
    pub armed_until: Timestamp,
}

impl PlacementPlan {
    /// Stores what the account keeps of it.
    pub fn apply(&self, account: &mut Account) {
        account.armed_until = account.armed_until.max(self.armed_until);
    }
}

/// Cancels the orders at those places and places the new ones, all of them or none, in one market, which is refreshed. An order by time
/// whose time has come is armed at once. `portfolio` holds the markets of the account's other positions.
///
/// # Errors
/// Those of [`cancel_order`] and of [`plan_arm_order`](super::plan_arm_order); [`EngineError::NoFreeOrder`],
/// [`EngineError::OrderTerms`], [`EngineError::OrderTipTooSmall`], [`EngineError::SizeOutOfRange`],
/// [`EngineError::AcceptablePriceZero`], [`EngineError::NoPosition`] where there is nothing to reduce,
/// [`EngineError::ReduceOnlyViolated`] where it is on the same side.
// A frame of its own: the copy is large.
#[inline(never)]
pub fn place_orders(
    book: &mut OrderBook,
    portfolio: &Portfolio<'_>,
    market: &Ready<'_>,
    cancel: &[u8],
    orders: &[NewOrder],
) -> Result<PlacementPlan, EngineError> {
    let now = market.clock().now;
    if !orders.is_empty() {
        require_not_ended(market, now)?;
    }
    let (mut after, mut plan) = (*book, PlacementPlan::default());
    for slot in cancel {
        let returned = cancel_order(&mut after, usize::from(*slot), now)?;
        plan.returned = plan.returned.checked_add(returned).ok_or(EngineError::Overflow)?;
    }
    let mut slots = [ORDER_SLOTS; ORDER_SLOTS];
    for (place, order) in orders.iter().enumerate() {
        let slot = after.orders.iter().position(|order| !order.is_occupied()).ok_or(EngineError::NoFreeOrder)?;
        let parent = match order.parent.map(usize::from) {
            None => None,
            Some(parent) if parent < place => slots.get(parent).copied(),
            Some(_) => return Err(EngineError::OrderTerms),
        };
        after.sequence = after.sequence.checked_add(1).ok_or(EngineError::Overflow)?;
        let mut resting = resting(order, parent, &after, portfolio, market)?;
        plan.paid = plan.paid.checked_add(resting.lamports).ok_or(EngineError::Overflow)?;
        let by_time = resting.kind() == OrderTrigger::AtTime && !resting.is_asleep();
        if by_time && portfolio.reference >= resting.active_from {
            resting = armed(&after, slot, resting, portfolio, market)?;
            plan.armed_until = plan.armed_until.max(armed_until(&resting)?);
        }
        after.set(slot, resting);
        if let Some(taken) = slots.get_mut(place) {
            *taken = slot;
        }
    }
    *book = after;
    Ok(plan)
}

/// The order as it rests.
fn resting(
    order: &NewOrder,
    parent: Option<usize>,
    book: &OrderBook,
    portfolio: &Portfolio<'_>,
    market: &Ready<'_>,
) -> Result<RestingOrder, EngineError> {
    let side = order.size.side().ok_or(EngineError::SizeOutOfRange)?;
    if !order.reduce_only {
        order.size.size().on(side)?;
    }
    if order.acceptable_price == Price::ZERO {
        return Err(EngineError::AcceptablePriceZero);
    }
    let active_from = order.active_from.max(portfolio.reference);
    if !agrees(order, active_from) {
        return Err(EngineError::OrderTerms);
    }
    let minimum = ORDER_TIP_LAMPORTS.checked_mul(u64::from(order.slices)).ok_or(EngineError::Overflow)?;
    if order.lamports < minimum {
        return Err(EngineError::OrderTipTooSmall { minimum });
    }
    let (position, parent) = match parent {
        Some(parent) => (0, mark_of_parent(book, parent, order, side)?),
        None if order.reduce_only => (position_to_reduce(portfolio.account, market, side)?, 0),
        None => (0, 0),
    };
    Ok(RestingOrder {
        size: order.size,
        trigger_price: order.trigger_price,
        acceptable_price: order.acceptable_price,
        active_from,
        expires: order.expires,
        position,
        lamports: order.lamports,
        number: book.sequence,
        trailing: order.trailing,
        seconds_between: order.seconds_between,
        slices: order.slices,
        market: market.index,
        trigger: order.trigger as u8,
        reduce_only: u8::from(order.reduce_only),
        group: order.group,
        parent,
        ..RestingOrder::default()
    })
}

/// Whether the order's terms go together.
fn agrees(order: &NewOrder, active_from: Timestamp) -> bool {
    let trails = order.trailing != Ppm::ZERO;
    let priced = order.trigger_price != Price::ZERO;
    let trigger = match order.trigger {
        OrderTrigger::AtTime => !trails && !priced && order.slices > 0,
        OrderTrigger::AtOrAbove | OrderTrigger::AtOrBelow => {
            trails != priced && order.trailing < Ppm::ONE && order.slices == 1
        }
    };
    let spaced = if order.slices > 1 { order.seconds_between >= SLICE_SECONDS } else { order.seconds_between == 0 };
    let lives = order.expires.is_never() || order.expires >= active_from;
    trigger && spaced && lives && (order.parent.is_none() || order.reduce_only)
}

/// How the order says that it sleeps until its parent fills, which is awake, on the other side and of another group.
fn mark_of_parent(book: &OrderBook, slot: usize, order: &NewOrder, side: Side) -> Result<u8, EngineError> {
    let parent = book.order(slot)?;
    let apart = order.group == 0 || order.group != parent.group;
    if parent.is_asleep() || parent.size.side() != Some(side.opposite()) || !apart {
        return Err(EngineError::OrderTerms);
    }
    parent_mark(slot)
}

/// The number of the position that an order on that side reduces.
fn position_to_reduce(account: &Account, market: &Ready<'_>, side: Side) -> Result<u64, EngineError> {
    let mut positions = account.occupied().map(|(_, position)| position);
    let position = positions.find(|position| position.market == market.index).ok_or(EngineError::NoPosition)?;
    match position.size.side() {
        None => Err(EngineError::NoPosition),
        Some(own) if own == side => Err(EngineError::ReduceOnlyViolated),
        Some(_) => Ok(position.number),
    }
}
