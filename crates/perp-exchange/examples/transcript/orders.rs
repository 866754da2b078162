//! Resting orders as they are armed, filled, cancelled and swept.

use crate::crowd::{Crowd, MARKETS};
use crate::placing::at_once;
use crate::record::Reading;
use perp_engine::operations::orders::ORDER_TIP_LAMPORTS;
use perp_engine::operations::position::Order;
use perp_engine::state::{OrderTrigger, RestingOrder};
use perp_engine::units::{Atoms, Ppm, Side, SignedSize, Timestamp};
use perp_exchange::Operation;
use std::io;

/// An order and where it rests: the account and the place.
type Rests = (usize, usize, RestingOrder);

impl<W: io::Write> Crowd<W> {
    pub fn rest(&mut self) -> io::Result<()> {
        match self.rng.u8(..20) {
            0..4 => self.place(),
            4..6 => self.arm(),
            6..8 => self.fill_one(),
            8..18 => self.rest_and_fill(),
            18 => self.take_orders_out(),
            _ => self.close_a_book(),
        }
    }

    fn order(&mut self, which: impl Fn(&RestingOrder) -> bool) -> Option<Rests> {
        let orders: Vec<Rests> = self
            .exchange
            .orders()
            .iter()
            .flat_map(|(account, book)| book.occupied().map(move |(slot, order)| (*account, slot, *order)))
            .filter(|(.., order)| which(order))
            .collect();
        self.rng.choice(orders)
    }

    fn order_of(&mut self, account: usize, which: impl Fn(&RestingOrder) -> bool) -> Option<Rests> {
        let book = self.exchange.orders_of(account).ok()?;
        let orders: Vec<Rests> =
            book.occupied().filter(|(_, order)| which(order)).map(|(slot, order)| (account, slot, *order)).collect();
        self.rng.choice(orders)
    }

    /// Somebody tries to arm an order, once it is active and at a price that meets it, or nearly.
    fn arm(&mut self) -> io::Result<()> {
        let asleep = self.rng.u8(..12) == 0;
        match self.order(|order| asleep || !order.is_asleep()) {
            Some(rests) => self.arm_one(rests).map(drop),
            None => Ok(()),
        }
    }

    fn arm_one(&mut self, (account, slot, order): Rests) -> io::Result<bool> {
        let now = self.exchange.clock.now.get();
        let again = order.fills_from.after(31).expect("a time far from its end").get();
        let active = if order.fills_from.is_never() { order.active_from.get() + 1 } else { again };
        if (1..600).contains(&(active - now)) && self.rng.u8(..8) > 0 {
            self.pass_until(Timestamp::new(active));
        }
        let market = if self.rng.u8(..60) == 0 { self.market() } else { order.market };
        self.come_near(&order, market);
        self.freshen(account, order.market)?;
        let reading = self.maybe_reading(market);
        self.push(Operation::ArmOrder { account, slot, market, reading })
    }

    /// The market's price comes to the trigger, or a little before or beyond it.
    fn come_near(&mut self, order: &RestingOrder, market: u16) {
        if order.kind() == OrderTrigger::AtTime || market != order.market || self.rng.u8(..6) == 0 {
            return;
        }
        let rises = order.kind() == OrderTrigger::AtOrAbove;
        let mut trigger = i128::from(order.trigger_price.get());
        if order.trailing != Ppm::ZERO {
            let away = i128::from(order.best.get()) * i128::from(order.trailing.get()) / 1_000_000;
            trigger = i128::from(order.best.get()) + if rises { away } else { -away };
        }
        if trigger == 0 {
            return;
        }
        let beyond = self.rng.i128(-300..3_000);
        let price = trigger * (1_000_000 + if rises { beyond } else { -beyond }) / 1_000_000;
        let quoted = self.feeds[usize::from(market)].quoted;
        let exact = self.in_units_of_the_oracle(market, price);
        let feed = &mut self.feeds[usize::from(market)];
        // No further than the price of such a market ever runs.
        if (quoted.price / 16..=quoted.price * 16).contains(&exact) {
            (feed.price, feed.confidence) = (exact, feed.confidence.min(3_000));
        }
    }

    fn fill_one(&mut self) -> io::Result<()> {
        let (any, since) = (self.rng.u8(..8) == 0, self.exchange.clock.now.get() - 17);
        let Some((account, slot, order)) = self.order(|order| any || order.fills_from.get() > since) else {
            return Ok(());
        };
        self.fill(account, slot, order.market)
    }

    /// Somebody hands in the reading at which the order fills, in time and too late, or another one.
    fn fill(&mut self, account: usize, slot: usize, market: u16) -> io::Result<()> {
        let Ok(order) = self.exchange.orders()[&account].order(slot).copied() else { return Ok(()) };
        let from = order.fills_from.get();
        if from > 0 {
            let late = match self.rng.u8(..12) {
                0 => 15,
                1 => 16,
                2 => -2,
                _ => self.rng.i64(0..6),
            };
            self.pass_until(Timestamp::new((from + late).max(self.exchange.clock.now.get())));
        }
        self.freshen(account, market)?;
        let now = self.exchange.clock.now.get();
        let feed = &mut self.feeds[usize::from(market)];
        if self.rng.u8(..6) > 0 {
            feed.confidence = feed.confidence.min(3_000);
        }
        let published = from + self.rng.i64(0..4).min((now - from).max(0));
        let previous = from - self.rng.i64(1..4);
        let (publish_time, previous_publish_time) = match self.rng.u8(..24) {
            0 => (published, from),
            1 => (from - 1, previous),
            2 => (from + self.rng.i64(9..12), previous),
            _ => (published, previous),
        };
        let reading = Reading { publish_time, previous_publish_time, ..self.reading(market) };
        if self.rng.bool() {
            // The market has gone on, and what the fill has lost by now may be more than its account can bear.
            let ppm = self.rng.i64(-20_000..600_000);
            self.move_price(market, if order.size.get() > 0 { -ppm } else { ppm });
            self.update(market)?;
        }
        match reading.checked() {
            Ok(reading) => self.push(Operation::ExecuteOrder { account, slot, market, reading }).map(drop),
            Err(_) => Ok(()),
        }
    }

    /// An order from its placing to its fill, with something in between.
    pub fn rest_and_fill(&mut self) -> io::Result<()> {
        let (mut account, mut market) = (0, 0);
        for _ in 0..4 {
            account = self.account();
            market = self.market_for(account);
            if self.largest(account, market).is_some() {
                break;
            }
        }
        if self.rng.u8(..3) == 0 {
            if !self.place_in(account, market)? {
                return Ok(());
            }
        } else if !self.enter(account, market)? {
            return Ok(());
        }
        let Some((slot, order)) = self.newest(account) else { return Ok(()) };
        if order.fills_from.is_never() && !self.arm_one((account, slot, order))? {
            return Ok(());
        }
        // One that trails has its first price now, and is armed by a later one.
        match self.exchange.orders()[&account].order(slot).copied() {
            Ok(order) if order.fills_from.is_never() => {
                self.pass(1);
                self.arm_one((account, slot, order))?;
            }
            _ => {}
        }
        self.interfere(account, &order)?;
        self.fill(account, slot, order.market)?;
        // Its stop or target, where it has one.
        let since = self.exchange.clock.now.get() - 2;
        let woken = |child: &RestingOrder| {
            child.is_reduce_only()
                && !child.is_asleep()
                && child.fills_from.is_never()
                && child.active_from.get() > since
        };
        if let Some((account, slot, child)) = self.order(woken) {
            if self.arm_one((account, slot, child))? {
                self.fill(account, slot, child.market)?;
            }
        }
        Ok(())
    }

    /// An order that may increase, at once, with children or without.
    fn enter(&mut self, account: usize, market: u16) -> io::Result<bool> {
        if self.exchange.orders_of(account).is_err() {
            self.push(Operation::OpenOrders { account })?;
        }
        self.collateralize(account)?;
        self.freshen(account, market)?;
        let size = match self.rng.u8(..6) {
            0 => self.order_size(account, market),
            1 => self.modest_size(account, market),
            _ => match self.largest(account, market) {
                Some(size) => {
                    self.keep_little(account, market, size)?;
                    size
                }
                None => return Ok(false),
            },
        };
        let mut order = at_once(size, ORDER_TIP_LAMPORTS);
        match self.rng.u8(..8) {
            0 | 1 => (order.slices, order.seconds_between, order.lamports) = (2, 60, 2 * ORDER_TIP_LAMPORTS),
            2 | 3 => order.acceptable_price = self.near(market),
            _ => {}
        }
        let mut orders = vec![order];
        if self.rng.u8(..3) == 0 {
            self.add_children(&mut orders, market);
        }
        let reading = self.reading(market).checked().ok();
        self.push(Operation::PlaceOrders { account, market, cancel: Vec::new(), orders, reading })
    }

    /// Little more collateral than an order of this size needs stays, so that it may be more than its account can bear by its fill.
    fn keep_little(&mut self, account: usize, market: u16, size: i64) -> io::Result<()> {
        let price = self.exchange.market(market).expect("a listed market").price.price.get();
        let value = (u128::from(size.unsigned_abs()) * u128::from(price)) >> 40;
        let kept = u64::try_from(value * u128::from(self.rng.u32(150..400)) / 1_000).unwrap_or(u64::MAX);
        match self.exchange.accounts()[account].balance.get().checked_sub(kept) {
            Some(amount) if self.rng.u8(..4) > 0 => {
                self.push(Operation::Withdraw { account, amount: Atoms::new(amount) }).map(drop)
            }
            _ => Ok(()),
        }
    }

    fn newest(&self, account: usize) -> Option<(usize, RestingOrder)> {
        let book = self.exchange.orders_of(account).ok()?;
        let awake = book.occupied().filter(|(_, order)| !order.is_asleep());
        awake.max_by_key(|(_, order)| order.number).map(|(slot, order)| (slot, *order))
    }

    /// The largest order that is filled in the market, less a part of it.
    fn largest(&mut self, account: usize, market: u16) -> Option<i64> {
        let side = if self.rng.bool() { Side::Long } else { Side::Short };
        let state = self.exchange.accounts()[account];
        let largest = self.exchange.largest_order(&state, market, side, None).ok().flatten()?;
        Some(largest.get() / 100 * self.rng.i64(60..101))
    }

    /// What may happen between an order's arming and its fill.
    fn interfere(&mut self, account: usize, order: &RestingOrder) -> io::Result<()> {
        let market = order.market;
        match self.rng.u8(..14) {
            // Its owner would rather have another position, or its margin elsewhere.
            0..2 => {
                let other = if self.rng.bool() { market } else { self.rng.u16(..MARKETS) };
                let size = if self.rng.bool() { order.size.get() / 8 } else { self.modest_size(account, other) / 8 };
                self.push_trade(account, other, SignedSize::new(size))
            }
            // Another order of its owner's is to be armed.
            2 => match self.order_of(account, |other| !other.is_asleep() && other.number != order.number) {
                Some(rests) => self.arm_one(rests).map(drop),
                None => Ok(()),
            },
            // Others fill the market.
            3 | 4 => {
                for _ in 0..3 {
                    let other = self.account();
                    let side = if order.size.get() > 0 { Side::Long } else { Side::Short };
                    let state = self.exchange.accounts()[other];
                    let largest = self.exchange.largest_order(&state, market, side, None).ok().flatten();
                    if let Some(size) = largest {
                        self.push_trade(other, market, size)?;
                    }
                }
                Ok(())
            }
            5 | 6 => {
                self.drift(market);
                Ok(())
            }
            7 => self.press(account),
            8 => {
                let amount = Atoms::new(self.exchange.accounts()[account].balance.get() / 2 + 1);
                self.push(Operation::Withdraw { account, amount }).map(drop)
            }
            // The position goes, or becomes another one.
            9 => {
                let size = self.size(account, market).saturating_mul(-self.rng.i64(1..3));
                self.push_trade(account, market, SignedSize::new(size))
            }
            10 => self.set_a_status(),
            _ => Ok(()),
        }
    }

    fn push_trade(&mut self, account: usize, market: u16, size: SignedSize) -> io::Result<()> {
        let (order, reading) = (Order::at_any_price(size), self.maybe_reading(market));
        self.push(Operation::Trade { account, market, order, reading }).map(drop)
    }

    fn take_orders_out(&mut self) -> io::Result<()> {
        let Some((account, slot, order)) = self.order(|_| true) else { return Ok(()) };
        if self.rng.u8(..3) == 0 {
            return self.cancel(account, vec![slot as u8]);
        }
        // Whatever is dead.
        let now = self.exchange.clock.now;
        let dead = self.order(|order| !order.expires.is_never() && order.expires < now);
        let (account, slot, order) = dead.unwrap_or((account, slot, order));
        let market = (self.rng.u8(..3) == 0).then_some(order.market);
        self.push(Operation::SweepOrder { account, slot, market })?;
        for (account, book) in self.exchange.orders().clone() {
            for (slot, order) in book.occupied() {
                if order.is_reduce_only() && !order.is_asleep() && self.rng.u8(..2) == 0 {
                    let gone = order.protected(&self.exchange.accounts()[account]).is_none();
                    if gone || self.rng.u8(..12) == 0 {
                        self.push(Operation::SweepOrder { account, slot, market: None })?;
                    }
                }
            }
        }
        Ok(())
    }

    fn cancel(&mut self, account: usize, cancel: Vec<u8>) -> io::Result<()> {
        let living = (0..MARKETS).find(|market| !self.settlement(*market).has_begun());
        let (market, orders) = (living.unwrap_or(0), Vec::new());
        self.push(Operation::PlaceOrders { account, market, cancel, orders, reading: None }).map(drop)
    }

    fn close_a_book(&mut self) -> io::Result<()> {
        let open: Vec<usize> = self.exchange.orders().keys().copied().collect();
        let Some(account) = self.rng.choice(open) else { return Ok(()) };
        if self.rng.bool() {
            // Children go with their parents.
            let book = self.exchange.orders()[&account];
            let awake = book.occupied().filter(|(_, order)| !order.is_asleep());
            let places = awake.map(|(slot, _)| slot as u8).collect();
            self.cancel(account, places)?;
        }
        self.push(Operation::CloseOrders { account }).map(drop)
    }
}
