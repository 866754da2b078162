//! Resting orders: their account, placing and cancelling them, arming and filling them, and sweeping what is dead.

pub mod arm_order;
pub mod close_orders;
pub mod execute_order;
pub mod open_orders;
pub mod place_orders;
pub mod sweep_order;

pub use arm_order::*;
pub use close_orders::*;
pub use execute_order::*;
pub use open_orders::*;
pub use place_orders::*;
pub use sweep_order::*;

use crate::errors::refused;
use crate::events::{log, OrderMoment, OrderPlaced, OrderRemoval, OrderRemoved};
use crate::state::MarginAccount;
use anchor_lang::prelude::*;
use perp_engine::state::{OrderBook, RestingOrder, ORDER_SLOTS};

/// Numbers, markets and lamports of the orders at each place: what is told of those that an instruction takes out.
struct Resting([(u64, u16, u64); ORDER_SLOTS]);

impl Resting {
    fn of(book: &OrderBook) -> Self {
        // Mapping the array would move all of it.
        let mut resting = [(0, 0, 0); ORDER_SLOTS];
        for (kept, order) in resting.iter_mut().zip(&book.orders) {
            *kept = (order.number, order.market, order.lamports);
        }
        Self(resting)
    }

    /// How many orders are new, and how many are gone.
    fn changes(&self, book: &OrderBook) -> (u8, u8) {
        let (mut new, mut gone) = (0u8, 0u8);
        for (order, (number, ..)) in
            book.orders.iter().zip(&self.0).filter(|(order, (number, ..))| order.number != *number)
        {
            // There are sixteen places.
            new = new.saturating_add(u8::from(order.number != 0));
            gone = gone.saturating_add(u8::from(*number != 0));
        }
        (new, gone)
    }
}

/// The event that others follow.
struct Told {
    exchange: Pubkey,
    time: i64,
    account: Pubkey,
    owner: Pubkey,
    account_sequence: u64,
}

impl Told {
    /// The last event of the margin account at this address.
    fn last_of(account: &MarginAccount, address: Pubkey, time: i64) -> Self {
        let (exchange, owner, account_sequence) = (account.exchange, account.owner, account.state.sequence);
        Self { exchange, time, account: address, owner, account_sequence }
    }

    /// Tells of every order that is gone from its place but the one that the event was about, and of every one that is new there.
    #[inline(never)]
    fn orders(&self, before: &Resting, book: &OrderBook, about: Option<u8>, reason: OrderRemoval) -> Result<()> {
        for ((slot, order), (number, market, lamports)) in (0u8..).zip(&book.orders).zip(&before.0) {
            if order.number == *number {
                continue;
            }
            if *number != 0 && about != Some(slot) {
                self.removed(slot, *number, *market, reason, *lamports)?;
            }
            if order.number != 0 {
                self.placed(slot, order)?;
            }
        }
        Ok(())
    }

    fn removed(&self, slot: u8, number: u64, market_index: u16, reason: OrderRemoval, lamports: u64) -> Result<()> {
        let Self { exchange, time, account, owner, account_sequence } = *self;
        log(&OrderRemoved {
            exchange,
            time,
            account,
            owner,
            account_sequence,
            slot,
            number,
            market_index,
            reason,
            lamports,
        })
    }

    fn placed(&self, slot: u8, order: &RestingOrder) -> Result<()> {
        let Self { exchange, time, account, owner, account_sequence } = *self;
        log(&OrderPlaced { exchange, time, account, owner, account_sequence, order: OrderMoment::of(slot, order) })
    }
}

/// The order at a place.
///
/// # Errors
/// [`NoOrder`](crate::errors::ExchangeError::NoOrder).
fn order_at(book: &OrderBook, slot: u8) -> Result<&RestingOrder> {
    book.order(usize::from(slot)).map_err(refused)
}
