//! Resting orders of a margin account, by their places.

use std::collections::BTreeMap;

use anchor_lang::prelude::{AnchorDeserialize, AnchorSerialize, Pubkey};
use perp_client::events::Event;
use perp_swap::events::{ArmingOutcome, OrderMoment, OrderRemoval};
use sqlx::AnyConnection;

use super::order::{state, Order, OrderState, COLUMNS};
use super::rows::Rows;
use super::StoreError;
use crate::place::Place;

/// The orders that rest, by their places, and those that are over and not written yet.
#[derive(AnchorDeserialize, AnchorSerialize, Clone, Debug, Default)]
pub(super) struct Orders {
    resting: BTreeMap<u8, Order>,
    #[borsh(skip)]
    ended: Vec<Order>,
}

impl Orders {
    /// Takes in an event of the margin account.
    pub(super) fn apply(&mut self, place: Place, event: &Event) {
        match event {
            Event::OrderPlaced(event) => {
                self.leave(place, event.time, event.order.slot);
                let order = Order::new(place, Some(event.time), &event.owner, &event.order);
                self.resting.insert(event.order.slot, order);
            }
            Event::OrderArmed(event) => {
                let order = self.told(place, event.time, &event.owner, &event.order);
                order.state = state(&event.order);
                if event.outcome == ArmingOutcome::Armed {
                    order.armings = order.armings.wrapping_add(1);
                    order.armed_at = Some(event.time);
                }
            }
            Event::OrderExecuted(event) => {
                let order = self.told(place, event.time, &event.owner, &event.order);
                order.execute(event);
                if event.fill.is_some() {
                    self.wake(place, event.order.slot);
                }
                self.retire(event.order.slot);
            }
            Event::OrderSwept(event) => {
                self.told(place, event.time, &event.owner, &event.order).end(event.time, OrderState::Swept);
                self.retire(event.order.slot);
            }
            Event::OrderRemoved(event) => {
                let resting = self.resting.get_mut(&event.slot).filter(|order| order.now.number == event.number);
                // Of one that nobody has seen placed there is nothing to tell.
                let Some(order) = resting else { return self.leave(place, event.time, event.slot) };
                order.last_place = place.number();
                order.end(
                    event.time,
                    match event.reason {
                        OrderRemoval::Cancelled => OrderState::Cancelled,
                        OrderRemoval::Group => OrderState::Group,
                        OrderRemoval::Parent => OrderState::Parent,
                    },
                );
                self.retire(event.slot);
            }
            Event::OrdersClosed(event) => {
                // Nothing rests in what is closed, unless it is not known how it went.
                for slot in self.resting.keys().copied().collect::<Vec<_>>() {
                    self.leave(place, event.time, slot);
                }
            }
            _ => {}
        }
    }

    /// The order that an event tells of, as it tells it.
    fn told(&mut self, place: Place, time: i64, owner: &Pubkey, now: &OrderMoment) -> &mut Order {
        if self.resting.get(&now.slot).is_some_and(|order| order.now.number != now.number) {
            self.leave(place, time, now.slot);
        }
        let order = self.resting.entry(now.slot).or_insert_with(|| Order::new(place, None, owner, now));
        (order.now, order.last_place, order.changed) = (*now, place.number(), true);
        order
    }

    /// Whatever rests at this place is gone.
    fn leave(&mut self, place: Place, time: i64, slot: u8) {
        if let Some(order) = self.resting.get_mut(&slot) {
            order.last_place = place.number();
            order.end(time, OrderState::Lost);
            self.retire(slot);
        }
    }

    /// Those that slept for the order at this place are awake.
    fn wake(&mut self, place: Place, slot: u8) {
        for order in self.resting.values_mut().filter(|order| order.now.parent == slot.saturating_add(1)) {
            order.now.parent = 0;
            (order.state, order.last_place, order.changed) = (OrderState::Waiting, place.number(), true);
        }
    }

    /// An order that is over rests no more.
    fn retire(&mut self, slot: u8) {
        if self.resting.get(&slot).is_some_and(|order| order.ended_at.is_some()) {
            self.ended.extend(self.resting.remove(&slot));
        }
    }

    /// All of them have to be written again.
    pub(super) fn change(&mut self) {
        self.resting.values_mut().for_each(|order| order.changed = true);
    }

    /// Adds the rows of those that are over.
    pub(super) fn push_ended(&mut self, rows: &mut Rows, account: &str) {
        for order in self.ended.drain(..) {
            rows.push(order.row(account));
        }
    }

    /// Adds the rows of all that changed.
    pub(super) fn push_changed(&mut self, rows: &mut Rows, account: &str) {
        self.push_ended(rows, account);
        for order in self.resting.values_mut() {
            if std::mem::take(&mut order.changed) {
                rows.push(order.row(account));
            }
        }
    }

    /// The orders of an account that rest.
    pub(super) async fn load(connection: &mut AnyConnection, account: &str) -> Result<Self, StoreError> {
        let statement = format!("SELECT {} FROM orders WHERE account = $1 AND ended_at IS NULL", COLUMNS.join(", "));
        let rows = sqlx::query(sqlx::AssertSqlSafe(statement)).bind(account).fetch_all(connection).await?;
        let resting = rows.iter().map(|row| Order::from_row(row).map(|order| (order.now.slot, order)));
        Ok(Self { resting: resting.collect::<Result<_, _>>()?, ended: Vec::new() })
    }
}
