//! Events of resting orders.

use perp_client::events::Event;
use perp_engine::state::OrderTrigger;
use perp_swap::events::*;

use super::{account, market, owner, Exchange, ATOM, EXCHANGE};

/// Lamports of an order for each slice.
pub const TIP: u64 = 10_000;
/// Seconds from arming an order to the time from which on a reading fills it.
pub const DELAY: i64 = 3;

/// An order that waits at this place for the price to fall to 800.
pub fn below(slot: u8, size: i64) -> OrderMoment {
    OrderMoment {
        slot,
        number: 0,
        market_index: 0,
        size,
        trigger: OrderTrigger::AtOrBelow,
        trigger_price: 800,
        trailing: 0,
        best: 0,
        acceptable_price: if size < 0 { 1 } else { u64::MAX },
        reduce_only: false,
        position: 0,
        active_from: 0,
        expires: 0,
        fills_from: 0,
        armed_size: 0,
        margin_held: 0,
        slices: 1,
        seconds_between: 0,
        group: 0,
        parent: 0,
        lamports: TIP,
    }
}

/// One that is filled in so many slices, a minute from each to the next.
pub fn sliced(slot: u8, size: i64, slices: u16) -> OrderMoment {
    let lamports = TIP * u64::from(slices);
    let trigger = OrderTrigger::AtTime;
    OrderMoment { trigger, trigger_price: 0, slices, seconds_between: 60, lamports, ..below(slot, size) }
}

/// One that only reduces, and sleeps until the order at that place is filled.
pub fn child(slot: u8, size: i64, parent: u8) -> OrderMoment {
    OrderMoment { reduce_only: true, parent: parent + 1, group: 1, ..below(slot, size) }
}

/// A bit for each place.
fn places(slots: &[u8]) -> u16 {
    slots.iter().map(|slot| 1 << slot).sum()
}

impl Exchange {
    pub fn open_orders(&mut self, number: u8) -> Event {
        self.ordered.insert(number, 0);
        let event = OrdersOpened {
            exchange: EXCHANGE,
            time: self.time,
            account: account(number),
            owner: owner(number),
            account_sequence: self.next(account(number)),
            orders: account(number + 40),
        };
        event.into()
    }

    pub fn close_orders(&mut self, number: u8) -> Event {
        let event = OrdersClosed {
            exchange: EXCHANGE,
            time: self.time,
            account: account(number),
            owner: owner(number),
            account_sequence: self.next(account(number)),
            orders: account(number + 40),
        };
        event.into()
    }

    /// Cancels the orders at those places, with those that sleep for them, and places others.
    pub fn place(&mut self, number: u8, cancel: &[u8], placed: &[OrderMoment]) -> Vec<Event> {
        let account_sequence = self.next(account(number));
        let mut gone: Vec<u8> = cancel.iter().flat_map(|slot| self.with_children(number, *slot)).collect();
        gone.sort_unstable();
        gone.dedup();
        let returned = gone.iter().map(|slot| self.orders[&(number, *slot)].lamports).sum();
        let mut events = vec![OrdersPlaced {
            exchange: EXCHANGE,
            time: self.time,
            account: account(number),
            owner: owner(number),
            account_sequence,
            market: market(0),
            market_index: 0,
            state: self.moment(0, 0),
            trader: owner(number),
            placed: placed.iter().map(|order| 1 << order.slot).sum(),
            removed: places(&gone),
            paid: placed.iter().map(|order| order.lamports).sum(),
            returned,
            armed_until: 0,
        }
        .into()];
        self.remove(number, &gone);
        for order in placed {
            let count = self.ordered.entry(number).or_default();
            *count += 1;
            let order = OrderMoment { number: *count, active_from: self.time, ..*order };
            self.orders.insert((number, order.slot), order);
            events.push(
                OrderPlaced {
                    exchange: EXCHANGE,
                    time: self.time,
                    account: account(number),
                    owner: owner(number),
                    account_sequence,
                    order,
                }
                .into(),
            );
        }
        events
    }

    /// Somebody arms the order at this place.
    pub fn arm(&mut self, number: u8, slot: u8) -> Event {
        let fills_from = self.time + DELAY;
        let order = self.orders.get_mut(&(number, slot)).unwrap();
        (order.fills_from, order.margin_held) = (fills_from, if order.reduce_only { 0 } else { 5 });
        order.armed_size = if order.reduce_only { order.size.unsigned_abs() } else { 0 };
        let order = *order;
        let event = OrderArmed {
            exchange: EXCHANGE,
            time: self.time,
            account: account(number),
            owner: owner(number),
            account_sequence: self.next(account(number)),
            market: market(0),
            market_index: 0,
            state: self.moment(0, 0),
            outcome: ArmingOutcome::Armed,
            order,
            armed_until: fills_from + 15,
        };
        event.into()
    }

    /// Somebody fills the armed order, for a thousand atoms at the index, with a charge of three and a fee of two; realized as given.
    pub fn fill(&mut self, number: u8, slot: u8, realized: i64) -> Vec<Event> {
        let size = self.orders[&(number, slot)].size;
        let before = self.sizes.get(&(number, 0)).copied().unwrap_or_default();
        self.sizes.insert((number, 0), before + size);
        let charge = 3 * ATOM;
        let fill = OrderFill {
            size,
            notional: 1_000 * ATOM + if size > 0 { charge } else { -charge },
            charge,
            spread: 2 * ATOM,
            impact: ATOM,
            fee: 2,
            realized,
            funding: 0,
            redeemed: 0,
            repaid: 0,
            size_before: before,
            size_after: before + size,
            position: 1,
            equity: 0,
            margin: 0,
        };
        self.execute(number, slot, ExecutionOutcome::Filled, Some(fill), 0)
    }

    /// Its fill would be worse than what it accepts.
    pub fn miss(&mut self, number: u8, slot: u8) -> Vec<Event> {
        self.execute(number, slot, ExecutionOutcome::Disarmed, None, 0)
    }

    /// It cannot be filled, and costs so much.
    pub fn forfeit(&mut self, number: u8, slot: u8, paid: u64) -> Vec<Event> {
        self.execute(number, slot, ExecutionOutcome::Forfeited, None, paid)
    }

    fn execute(
        &mut self,
        number: u8,
        slot: u8,
        outcome: ExecutionOutcome,
        fill: Option<OrderFill>,
        forfeited: u64,
    ) -> Vec<Event> {
        let account_sequence = self.next(account(number));
        let order = self.orders[&(number, slot)];
        let is_paid = outcome != ExecutionOutcome::Disarmed;
        let tip = if is_paid { order.lamports / u64::from(order.slices) } else { 0 };
        let uses = is_paid || order.trigger == OrderTrigger::AtTime;
        let slices_left = if outcome == ExecutionOutcome::Forfeited { 0 } else { order.slices - u16::from(uses) };
        let mut gone = Vec::new();
        if fill.is_some() {
            for child in self.orders.iter_mut().filter(|((of, _), order)| *of == number && order.parent == slot + 1) {
                (child.1.parent, child.1.position) = (0, 1);
            }
            let group: Vec<u8> =
                self.resting(number, |other, order_| other != slot && order.group != 0 && order_.group == order.group);
            gone.extend(group);
        } else if slices_left == 0 {
            gone.extend(self.resting(number, |_, other| other.parent == slot + 1));
        }
        let over = if slices_left == 0 { order.lamports - tip } else { 0 };
        let returned = over + gone.iter().map(|slot| self.orders[&(number, *slot)].lamports).sum::<u64>();
        let balance_before = self.balances.get(&number).copied().unwrap_or_default();
        let (realized, fee) = fill.map_or((0, 0), |fill| (fill.realized, fill.fee));
        let balance_after = balance_before.saturating_add_signed(realized) - fee - forfeited;
        self.balances.insert(number, balance_after);
        let events = vec![OrderExecuted {
            exchange: EXCHANGE,
            time: self.time,
            account: account(number),
            owner: owner(number),
            account_sequence,
            market: market(0),
            market_index: 0,
            state: self.moment(0, 0),
            caller: owner(50),
            outcome,
            order,
            published: self.time,
            fill,
            forfeited,
            slices_left,
            removed: places(&gone),
            woken_at: self.time,
            tip,
            returned,
            balance_before,
            balance_after,
        }
        .into()];
        if slices_left == 0 {
            self.orders.remove(&(number, slot));
        } else if let Some(order) = self.orders.get_mut(&(number, slot)) {
            (order.slices, order.lamports) = (slices_left, order.lamports - tip);
            (order.fills_from, order.armed_size, order.margin_held) = (0, 0, 0);
        }
        self.remove(number, &gone);
        events
    }

    /// The order at this place is dead, and somebody takes it out.
    pub fn sweep(&mut self, number: u8, slot: u8) -> Vec<Event> {
        let account_sequence = self.next(account(number));
        let order = self.orders.remove(&(number, slot)).unwrap();
        let gone = self.resting(number, |_, other| other.parent == slot + 1);
        let children: u64 = gone.iter().map(|slot| self.orders[&(number, *slot)].lamports).sum();
        let events = vec![OrderSwept {
            exchange: EXCHANGE,
            time: self.time,
            account: account(number),
            owner: owner(number),
            account_sequence,
            order,
            removed: places(&gone),
            returned: order.lamports + children,
        }
        .into()];
        self.remove(number, &gone);
        events
    }

    fn remove(&mut self, number: u8, gone: &[u8]) {
        self.orders.retain(|(of, slot), _| *of != number || !gone.contains(slot));
    }

    /// Places at which an order of the account rests.
    pub fn resting_orders(&self, number: u8) -> Vec<u8> {
        self.resting(number, |_, _| true)
    }

    fn with_children(&self, number: u8, slot: u8) -> Vec<u8> {
        self.resting(number, |other, order| other == slot || order.parent == slot + 1)
    }

    /// Places of the account's orders that are like that.
    fn resting(&self, number: u8, is_meant: impl Fn(u8, &OrderMoment) -> bool) -> Vec<u8> {
        let all = self.orders.iter().filter(|((of, slot), order)| *of == number && is_meant(*slot, order));
        let mut slots: Vec<u8> = all.map(|((_, slot), _)| *slot).collect();
        slots.sort_unstable();
        slots
    }
}
