//! Resting orders: their account, placing and cancelling them, arming and filling them, and sweeping what is dead.

pub mod arm_order;
pub mod arm_order_if_due;
pub mod close_orders;
pub mod execute_order;
pub mod execute_order_if_due;
pub mod open_orders;
pub mod place_orders;
pub mod sweep_order;

pub use arm_order::*;
pub use arm_order_if_due::*;
pub use close_orders::*;
pub use execute_order::*;
pub use execute_order_if_due::*;
pub use open_orders::*;
pub use place_orders::*;
pub use sweep_order::*;

use crate::errors::refused;
use anchor_lang::prelude::*;
use perp_engine::state::{OrderBook, RestingOrder, ORDER_SLOTS};

/// The numbers of the orders at each place.
struct Numbers([u64; ORDER_SLOTS]);

/// Places whose orders changed, a bit each from the lowest up.
struct Changes {
    /// An order is there that was not.
    placed: u16,
    /// The order that was there is not.
    removed: u16,
}

impl Numbers {
    fn of(book: &OrderBook) -> Self {
        // Mapping the array would move all of it.
        let mut numbers = [0; ORDER_SLOTS];
        for (number, order) in numbers.iter_mut().zip(&book.orders) {
            *number = order.number;
        }
        Self(numbers)
    }

    fn changes(&self, book: &OrderBook) -> Changes {
        let mut changes = Changes { placed: 0, removed: 0 };
        for (slot, (order, number)) in (0u32..).zip(book.orders.iter().zip(&self.0)) {
            if order.number != *number {
                changes.placed |= if order.number == 0 { 0 } else { bit(slot) };
                changes.removed |= if *number == 0 { 0 } else { bit(slot) };
            }
        }
        changes
    }
}

/// The bit of a place.
const fn bit(slot: u32) -> u16 {
    match 1u16.checked_shl(slot) {
        Some(bit) => bit,
        None => 0,
    }
}

/// The order at a place.
///
/// # Errors
/// [`NoOrder`](crate::errors::ExchangeError::NoOrder).
fn order_at(book: &OrderBook, slot: u8) -> Result<&RestingOrder> {
    book.order(usize::from(slot)).map_err(refused)
}
