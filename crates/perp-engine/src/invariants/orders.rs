//! What must hold of resting orders, and of the numbers of positions by which some of them live.

use super::Violation;
use crate::operations::orders::ORDER_TIP_LAMPORTS;
use crate::state::{Account, Market, OrderBook, OrderTrigger, RestingOrder, SLICE_SECONDS};
use crate::units::{Ppm, Price, Size, Timestamp};

#[cfg(test)]
mod tests;

/// Checks the orders of a margin account at `now`; `lamports` are those that their account holds besides its rent.
///
/// # Errors
/// The first [`Violation`].
pub fn check_orders(book: &OrderBook, account: &Account, lamports: u64, now: Timestamp) -> Result<(), Violation> {
    let summed = book.lamports()?;
    if summed != lamports {
        return Err(Violation::OrderLamports { held: lamports, summed });
    }
    for (slot, order) in book.orders.iter().enumerate() {
        let broken = |rule| Err(Violation::Order { slot, rule });
        if !order.is_occupied() {
            if *order != RestingOrder::default() {
                return broken("a free place is zeroed");
            }
            continue;
        }
        let earlier = book.orders.get(..slot).unwrap_or_default();
        if !(1..=book.sequence).contains(&order.number) || earlier.iter().any(|other| other.number == order.number) {
            return broken("an order has a number of its own");
        }
        if !terms_agree(order) {
            return broken("the terms go together");
        }
        if !parent_agrees(book, order) {
            return broken("an order sleeps for one that is awake and on the other side, and only reduces");
        }
        check_armed(book, account, slot, now)?;
    }
    Ok(())
}

fn terms_agree(order: &RestingOrder) -> bool {
    let (trails, priced) = (order.trailing != Ppm::ZERO, order.trigger_price != Price::ZERO);
    let trigger = match OrderTrigger::from_byte(order.trigger) {
        None => false,
        Some(OrderTrigger::AtTime) => !trails && !priced,
        Some(_) => trails != priced && order.trailing < Ppm::ONE && order.slices == 1,
    };
    let spaced = order.slices == 1 || order.seconds_between >= SLICE_SECONDS;
    let follows = trails || (order.best == Price::ZERO && order.best_published.is_never());
    let paid = ORDER_TIP_LAMPORTS.checked_mul(order.slices.into()).is_some_and(|least| order.lamports >= least);
    let bounded = order.acceptable_price != Price::ZERO && order.size.side().is_some();
    let numbered = order.is_reduce_only() || order.position == 0;
    trigger && spaced && follows && paid && bounded && numbered
}

fn parent_agrees(book: &OrderBook, order: &RestingOrder) -> bool {
    let Some(slot) = usize::from(order.parent).checked_sub(1) else { return true };
    book.order(slot).is_ok_and(|parent| {
        let opposite = parent.size.side().map(|side| side.opposite());
        let apart = order.group == 0 || order.group != parent.group;
        !parent.is_asleep() && order.is_reduce_only() && order.size.side() == opposite && apart
    })
}

/// One that is armed is awake, and the account waits for it.
fn check_armed(book: &OrderBook, account: &Account, slot: usize, now: Timestamp) -> Result<(), Violation> {
    let order = book.order(slot)?;
    let broken = |rule| Err(Violation::Order { slot, rule });
    if order.fills_from.is_never() {
        if !order.armed_size.is_zero() || !order.margin_held.is_zero() {
            return broken("an order that waits is not armed for anything");
        }
        return Ok(());
    }
    if order.is_asleep() {
        return broken("an order that sleeps is not armed");
    }
    if order.is_reduce_only() {
        if order.armed_size == Size::ZERO || !order.margin_held.is_zero() {
            return broken("a reduce-only order is armed for a size and costs nothing");
        }
    } else if !order.armed_size.is_zero() {
        return broken("an order that may increase is armed for all of its size");
    }
    if order.is_armed(now)? && account.armed_until < order.fills_until()? {
        return broken("the account withdraws nothing while an order is armed");
    }
    Ok(())
}

/// Checks that every position in the market has a number of its own, of those that were given out.
///
/// # Errors
/// The first [`Violation`].
pub fn check_position_numbers(accounts: &[Account], market: &Market) -> Result<(), Violation> {
    let number_of = |account: &Account| {
        let (_, position) = account.occupied().find(|(_, position)| position.market == market.index)?;
        (!position.size.is_zero()).then_some(position.number)
    };
    for (place, account) in accounts.iter().enumerate() {
        let Some(number) = number_of(account) else { continue };
        let taken = accounts.iter().take(place).filter_map(number_of).any(|other| other == number);
        if taken || !(1..=market.ledger.positions_opened).contains(&number) {
            return Err(Violation::PositionNumber { market: market.index, number });
        }
    }
    Ok(())
}
