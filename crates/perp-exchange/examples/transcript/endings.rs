//! Markets that end: by an outage, which a reading may undo, or because they are delisted.

use crate::crowd::{Crowd, ACCOUNTS, MARKETS};
use crate::record::Reading;
use perp_engine::operations::position::LiquidationOrder;
use perp_engine::state::Settlement;
use perp_engine::units::{Atoms, Size, Timestamp};
use perp_exchange::Operation;
use std::io;

impl<W: io::Write> Crowd<W> {
    pub fn settlement(&self, market: u16) -> Settlement {
        self.exchange.market(market).expect("a listed market").settlement
    }

    /// The market in which most accounts hold something, of those that have not ended; the first where all have.
    pub fn crowded(&self) -> u16 {
        let holders = |market: &u16| {
            (0..self.exchange.accounts().len()).filter(|account| self.size(*account, *market) != 0).count()
        };
        let living = (0..MARKETS).filter(|market| !self.settlement(*market).has_begun());
        living.max_by_key(holders).unwrap_or(0)
    }

    /// A market whose oracle is dead is moved once that is due, or a second too early.
    pub fn end_by_outage(&mut self, market: u16) -> io::Result<()> {
        let state = self.exchange.market(market).expect("a listed market");
        let (since, settle_after) = (state.price.outage_since, state.parameters.settle_after);
        if since.is_never() {
            return Ok(());
        }
        self.pass_until(since.after(settle_after).expect("a time far from its end"));
        for _ in 0..2 {
            self.push(Operation::BeginSettlement { market })?;
            self.pass(1);
        }
        self.answer_by_the_pool()?;
        let count = self.rng.u8(..12);
        self.live_on(count)?;
        self.leave(market)
    }

    /// Readings of all times, and at last one that undoes the end.
    pub fn show_that_it_lived(&mut self, market: u16) -> io::Result<()> {
        let (moved, since) = (self.settlement(market).moved_at, self.settlement(market).outage_since);
        if moved.is_never() {
            return Ok(());
        }
        if self.rng.u8(..4) == 0 {
            // The last second of the notice, or one of the two before.
            self.pass_until(Timestamp::new(self.settlement(market).closes_from().get() - 2));
        }
        self.feeds[usize::from(market)].confidence = 0;
        for _ in 0..self.rng.u8(..3) {
            let publish_time = match self.rng.u8(..4) {
                0 => since.get() + self.rng.i64(-1..=1),
                1 => moved.get() + self.rng.i64(0..=1),
                _ => self.exchange.clock.now.get() - self.rng.i64(0..200_000),
            };
            let reading = Reading {
                publish_time,
                previous_publish_time: publish_time - self.rng.i64(0..100),
                ..self.reading(market)
            };
            self.push_reading(market, reading)?;
        }
        let reading = Reading { publish_time: moved.get(), ..self.reading(market) };
        self.push_reading(market, reading)?;
        let count = self.rng.u8(..6);
        self.live_on(count)
    }

    /// A market ends for good because its oracle is dead.
    pub fn die(&mut self) -> io::Result<()> {
        self.spread_out()?;
        let market = self.crowded();
        self.go_dead(market)?;
        self.end_by_outage(market)?;
        self.close_at_the_end(market)?;
        self.mute = None;
        Ok(())
    }

    /// A market is delisted, lives on until that is due, and a little longer, and is moved.
    pub fn delist(&mut self) -> io::Result<()> {
        self.spread_out()?;
        let market = self.crowded();
        self.push(Operation::BeginSettlement { market })?;
        self.push(Operation::DelistMarket { market })?;
        self.push(Operation::DelistMarket { market })?;
        let count = self.rng.u8(..10);
        self.live_on(count)?;
        self.pass_until(self.settlement(market).delisted_from);
        for _ in 0..self.rng.u8(1..4) {
            self.update_all()?;
            self.leave(market)?;
            self.pass(1);
        }
        let count = self.rng.u8(..6);
        self.live_on(count)?;
        if self.rng.u8(..3) > 0 {
            // The end comes while a grace of the chain is in force.
            self.exchange.wait(200, 0).expect("time has an end far away");
            self.drift(market);
            self.update_all()?;
        }
        self.push(Operation::BeginSettlement { market })?;
        self.press_all(market)?;
        let count = self.rng.u8(..20);
        self.live_on(count)?;
        self.leave(market)?;
        self.answer_by_the_pool()?;
        self.close_at_the_end(market)
    }

    /// Positions of a market that has ended are settled and, as soon as that is possible, closed.
    pub fn close_at_the_end(&mut self, market: u16) -> io::Result<()> {
        if self.settlement(market).has_begun() && self.rng.u8(..4) > 0 {
            self.pass_until(self.settlement(market).closes_from());
        }
        for account in 0..self.exchange.accounts().len() {
            if self.size(account, market) == 0 {
                continue;
            }
            if self.rng.bool() {
                self.push(Operation::SettlePnl { account, market, reading: None, keeper: None })?;
            }
            if self.rng.bool() {
                let liquidator = if account == 0 { 1 } else { 0 };
                let order = LiquidationOrder { max_size: Size::new(self.rng.u64(..3)), min_bounty: Atoms::ZERO };
                self.push(Operation::Liquidate { liquidator, account, market, order, reading: None })?;
            }
        }
        self.take_out()?;
        self.press_all(market)?;
        let count = self.rng.u8(..6);
        self.live_on(count)
    }

    /// Everybody takes out most of what he has, or asks for more than is free.
    fn take_out(&mut self) -> io::Result<()> {
        self.update_all()?;
        for (account, _) in (0..).zip(ACCOUNTS) {
            let balance = self.exchange.accounts()[account].balance.get();
            let amount = Atoms::new(balance / 100 * self.rng.u64(50..101));
            self.push(Operation::Withdraw { account, amount })?;
        }
        Ok(())
    }
}
