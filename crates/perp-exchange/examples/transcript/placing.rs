//! Resting orders as their owners place them, with terms that go together and some that do not.

use crate::crowd::Crowd;
use perp_engine::operations::orders::{NewOrder, ORDER_TIP_LAMPORTS};
use perp_engine::state::{OrderTrigger, ORDER_SLOTS};
use perp_engine::units::{Ppm, Price, SignedSize, Timestamp};
use perp_exchange::Operation;
use std::io;

/// What no fill is worse than.
fn any_price(size: i64) -> Price {
    if size < 0 {
        Price::new(1)
    } else {
        Price::new(u64::MAX)
    }
}

/// An order by time, at once.
pub fn at_once(size: i64, lamports: u64) -> NewOrder {
    NewOrder {
        size: SignedSize::new(size),
        trigger: OrderTrigger::AtTime,
        trigger_price: Price::ZERO,
        trailing: Ppm::ZERO,
        acceptable_price: any_price(size),
        reduce_only: false,
        active_from: Timestamp::NEVER,
        expires: Timestamp::NEVER,
        slices: 1,
        seconds_between: 0,
        group: 0,
        parent: None,
        lamports,
    }
}

impl<W: io::Write> Crowd<W> {
    /// One order or a few, some instead of others.
    pub fn place(&mut self) -> io::Result<()> {
        let (account, market) = match self.position() {
            Some(held) if self.rng.bool() => held,
            _ => {
                let account = self.account();
                (account, self.market_for(account))
            }
        };
        self.place_in(account, market).map(drop)
    }

    /// The same of an account in a market. Returns whether they rest.
    pub fn place_in(&mut self, account: usize, market: u16) -> io::Result<bool> {
        if self.exchange.orders_of(account).is_err() {
            self.push(Operation::OpenOrders { account })?;
        }
        self.collateralize(account)?;
        self.freshen(account, market)?;
        let mut orders = vec![self.new_order(account, market)];
        if self.rng.u8(..3) == 0 {
            self.add_children(&mut orders, market);
        }
        for _ in 0..self.rng.u8(..4).saturating_sub(2) {
            let order = self.new_order(account, market);
            orders.push(order);
        }
        let cancel = self.places_to_cancel(account);
        let reading = self.maybe_reading(market);
        self.push(Operation::PlaceOrders { account, market, cancel, orders, reading })
    }

    fn places_to_cancel(&mut self, account: usize) -> Vec<u8> {
        let occupied: Vec<usize> = match self.exchange.orders_of(account) {
            Ok(book) => book.occupied().map(|(slot, _)| slot).collect(),
            Err(_) => Vec::new(),
        };
        let count = match occupied.len() {
            0 | 1 => 0,
            ORDER_SLOTS.. => 4,
            _ => self.rng.usize(..8).saturating_sub(6),
        };
        let any = self.rng.u8(..60) == 0;
        let mut places: Vec<u8> =
            (0..count).filter_map(|_| self.rng.choice(&occupied)).map(|slot| *slot as u8).collect();
        if any {
            places.push(self.rng.u8(..20));
        }
        places
    }

    fn new_order(&mut self, account: usize, market: u16) -> NewOrder {
        let held = self.size(account, market);
        let protects = held != 0 && self.rng.u8(..3) > 0;
        let size = match self.rng.u8(..3) {
            _ if protects => self.protecting_size(held),
            0 => self.order_size(account, market),
            _ => self.modest_size(account, market),
        };
        let mut order =
            NewOrder { reduce_only: protects, ..at_once(size, ORDER_TIP_LAMPORTS + self.rng.u64(..3) * 7_001) };
        match self.rng.u8(..10) {
            0..2 => {}
            2 => order.active_from = self.soon(100),
            3 => {
                (order.slices, order.seconds_between) = (self.rng.u16(2..5), self.rng.u32(60..90));
                order.lamports *= u64::from(order.slices);
            }
            _ => self.meet_by_price(&mut order, market),
        }
        if self.rng.u8(..8) == 0 {
            order.acceptable_price = self.near(market);
        }
        if self.rng.u8(..6) == 0 {
            order.expires = self.soon(400);
        }
        if self.rng.u8(..4) == 0 {
            order.group = self.rng.u8(1..4);
        }
        if self.rng.u8(..16) == 0 {
            self.spoil(&mut order);
        }
        order
    }

    /// Up to three times the balance, which most markets can bear.
    pub fn modest_size(&mut self, account: usize, market: u16) -> i64 {
        let state = self.exchange.market(market).expect("a listed market");
        let price = u128::from(state.price.price.get().max(1));
        let least = u128::from(state.parameters.minimum_position.get()) + 1;
        let value =
            u128::from(self.exchange.accounts()[account].balance.get()) * u128::from(self.rng.u32(1..3_000)) / 1_000;
        let size = u64::try_from((value.max(least) << 40) / price).unwrap_or(u64::MAX).min(1 << 50);
        let size = i64::try_from(size).expect("at most 2^50") + 1;
        if self.rng.bool() {
            size
        } else {
            -size
        }
    }

    /// A part of the position, or all of it, now and then on the wrong side.
    fn protecting_size(&mut self, held: i64) -> i64 {
        match self.rng.u8(..12) {
            0 if held > 0 => i64::MIN,
            0..3 if held < 0 => i64::MAX,
            1..3 => -i64::MAX,
            3..8 => -held,
            8 => held,
            _ => -(held / 100 * self.rng.i64(1..150)).clamp(-(1 << 58), 1 << 58),
        }
    }

    fn soon(&mut self, seconds: i64) -> Timestamp {
        Timestamp::new(self.exchange.clock.now.get() + self.rng.i64(-5..seconds))
    }

    /// About the index, so that some fills are just worse.
    pub fn near(&mut self, market: u16) -> Price {
        let index = self.exchange.market(market).expect("a listed market").price.price.get();
        Price::new((index / 10_000 * self.rng.u64(9_970..10_040)).max(1))
    }

    fn meet_by_price(&mut self, order: &mut NewOrder, market: u16) {
        order.trigger = if self.rng.bool() { OrderTrigger::AtOrAbove } else { OrderTrigger::AtOrBelow };
        if self.rng.u8(..3) == 0 {
            order.trailing = Ppm::new(self.rng.u32(1..60_000));
            return;
        }
        let index = self.exchange.market(market).expect("a listed market").price.price.get();
        let far = if self.rng.u8(..8) == 0 { 2_000 } else { 200 };
        order.trigger_price = Price::new((index / 10_000 * self.rng.u64(10_000 - far..10_000 + far)).max(1));
    }

    /// Terms that do not go together, or no longer.
    fn spoil(&mut self, order: &mut NewOrder) {
        match self.rng.u8(..14) {
            0 => order.size = SignedSize::ZERO,
            1 => order.size = SignedSize::new(self.rng.i64((1 << 57) - 1..(1 << 57) + 2)),
            2 => order.acceptable_price = Price::ZERO,
            3 => order.lamports -= 1 + self.rng.u64(..8_000),
            4 => order.trailing = Ppm::new(self.rng.u32(999_999..1_000_002)),
            5 => order.trigger_price = Price::new(self.rng.u64(..2)),
            6 => order.slices = self.rng.u16(..3),
            7 => order.seconds_between = self.rng.u32(58..62),
            8 => order.expires = Timestamp::new(order.active_from.get().max(self.exchange.clock.now.get()) - 1),
            9 => order.parent = Some(self.rng.u8(..3)),
            10 => order.reduce_only = !order.reduce_only,
            11 => order.trigger = OrderTrigger::AtTime,
            12 => order.trigger = OrderTrigger::AtOrBelow,
            _ => order.slices = u16::MAX,
        }
    }

    /// A stop and a target of the first order.
    pub fn add_children(&mut self, orders: &mut Vec<NewOrder>, market: u16) {
        let entry = orders[0];
        let size = match self.rng.u8(..4) {
            0 => entry.size.get().saturating_neg() / 2,
            1 if entry.size.get() > 0 => -i64::MAX,
            _ => entry.size.get().saturating_neg(),
        };
        let group = self.rng.u8(..3);
        for trigger in [OrderTrigger::AtOrAbove, OrderTrigger::AtOrBelow] {
            let index = self.exchange.market(market).expect("a listed market").price.price.get();
            let price = if entry.trigger_price == Price::ZERO { index } else { entry.trigger_price.get() }.max(1 << 20);
            let trigger_price = Price::new(price / 1_000 * self.rng.u64(980..1_020));
            let mut child = NewOrder {
                trigger,
                trigger_price,
                reduce_only: true,
                group,
                parent: Some(0),
                ..at_once(size, ORDER_TIP_LAMPORTS + self.rng.u64(..5_000))
            };
            if self.rng.u8(..40) == 0 {
                self.spoil(&mut child);
            }
            orders.push(child);
        }
    }
}
