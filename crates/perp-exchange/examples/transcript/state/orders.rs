//! Resting orders.

use perp_engine::state::{OrderBook, RestingOrder};
use serde::Serialize;

#[derive(Serialize)]
struct OrderRecord {
    size: i64,
    trigger_price: u64,
    acceptable_price: u64,
    best: u64,
    best_published: i64,
    active_from: i64,
    expires: i64,
    position: u64,
    fills_from: i64,
    armed_size: u64,
    margin_held: u64,
    lamports: u64,
    number: u64,
    trailing: u32,
    seconds_between: u32,
    slices: u16,
    market: u16,
    trigger: u8,
    reduce_only: u8,
    group: u8,
    parent: u8,
}

/// A free place says only that it is free.
#[derive(Serialize)]
#[serde(untagged)]
enum PlaceRecord {
    Free { slices: u16 },
    Occupied(OrderRecord),
}

impl PlaceRecord {
    fn of(order: &RestingOrder) -> Self {
        if !order.is_occupied() {
            return Self::Free { slices: order.slices };
        }
        Self::Occupied(OrderRecord {
            size: order.size.get(),
            trigger_price: order.trigger_price.get(),
            acceptable_price: order.acceptable_price.get(),
            best: order.best.get(),
            best_published: order.best_published.get(),
            active_from: order.active_from.get(),
            expires: order.expires.get(),
            position: order.position,
            fills_from: order.fills_from.get(),
            armed_size: order.armed_size.get(),
            margin_held: order.margin_held.get(),
            lamports: order.lamports,
            number: order.number,
            trailing: order.trailing.get(),
            seconds_between: order.seconds_between,
            slices: order.slices,
            market: order.market,
            trigger: order.trigger,
            reduce_only: order.reduce_only,
            group: order.group,
            parent: order.parent,
        })
    }
}

#[derive(Serialize)]
pub struct BookRecord {
    sequence: u64,
    places: Vec<PlaceRecord>,
}

impl BookRecord {
    pub fn of(book: &OrderBook) -> Self {
        Self { sequence: book.sequence, places: book.orders.iter().map(PlaceRecord::of).collect() }
    }
}
