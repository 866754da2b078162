//! Oracles that fall silent, chains that halt, and readings that are handed in late.

use crate::crowd::{Crowd, ACCOUNTS, HOLDERS, MARKETS};
use crate::record::Reading;
use perp_engine::operations::exchange::{StatusAuthority, StatusOrder};
use perp_engine::operations::liquidity::{matures_at, Executor};
use perp_engine::operations::position::{LiquidationOrder, Order};
use perp_engine::state::Status;
use perp_engine::units::{Atoms, SignedSize, Size, Timestamp};
use perp_exchange::Operation;
use std::io;

/// Seconds for which a price is fresh.
const FRESH: i64 = 15;

impl<W: io::Write> Crowd<W> {
    /// Two slots a second pass, or now and then so few that the chain may have halted.
    pub fn pass(&mut self, seconds: u32) {
        let slots = if self.rng.u8(..8) == 0 { u64::from(seconds / 3) } else { 2 * u64::from(seconds) };
        self.exchange.wait(seconds, slots).expect("time has an end far away");
    }

    /// Time passes up to a second before, at or after a time, unless that has passed.
    pub fn pass_until(&mut self, time: Timestamp) {
        let ahead = time.get() - self.exchange.clock.now.get() + self.rng.i64(-1..=1);
        if let Ok(seconds) = u32::try_from(ahead) {
            self.pass(seconds);
        }
    }

    /// Everybody goes on, without waiting for anything.
    pub fn live_on(&mut self, operations: u8) -> io::Result<()> {
        for _ in 0..operations {
            match self.rng.u8(..20) {
                0..5 => self.trade()?,
                5..9 => self.liquidate()?,
                9..13 => self.settle()?,
                13..15 => self.move_collateral()?,
                15..18 => self.move_backing()?,
                18 => self.keep()?,
                _ => self.publish()?,
            }
        }
        Ok(())
    }

    /// An oracle falls silent, for minutes or so long that its market ends; then a reading shows that it lives.
    pub fn fall_silent(&mut self) -> io::Result<()> {
        let market = if self.rng.bool() { self.market() } else { self.crowded() };
        if self.settlement(market).has_begun() {
            return self.close_at_the_end(market);
        }
        let last = self.feeds[usize::from(market)].price;
        self.go_dead(market)?;
        if self.rng.bool() {
            self.end_by_outage(market)?;
        }
        self.mute = None;
        if market == 1 {
            // What its traders would gain by more would ruin the pool for good.
            self.feeds[1].price = last;
        }
        self.show_that_it_lived(market)?;
        self.update_all()
    }

    /// A market without readings, from the report of its outage until some time after its oracle is held for dead.
    pub fn go_dead(&mut self, market: u16) -> io::Result<()> {
        self.update_all()?;
        self.mute = Some(market);
        self.ask_of_the_pool()?;
        let wait = self.rng.u32(14..40);
        self.pass(wait);
        self.push(Operation::ReportOracleOutage { market })?;
        let count = self.rng.u8(..6);
        self.live_on(count)?;
        if self.rng.bool() {
            self.hand_in_late(market)?;
        }
        let wait = self.rng.u32(280..330);
        self.pass(wait);
        self.answer_by_the_pool()?;
        self.press_all(market)?;
        if self.rng.u8(..3) == 0 {
            self.hand_in_late(market)?;
        }
        let count = self.rng.u8(..25);
        self.live_on(count)
    }

    /// Readings of the last minutes or hours, one after the other: few of them are still fresh.
    pub fn hand_in_late(&mut self, market: u16) -> io::Result<()> {
        let muted = self.mute.take();
        for _ in 0..self.rng.u8(1..4) {
            let now = self.exchange.clock.now.get();
            let after = self.exchange.market(market).expect("a listed market").price.published.get();
            let latest = if self.rng.u8(..5) == 0 { now } else { now - FRESH + self.rng.i64(-2..=1) };
            let publish_time = after + self.rng.i64(0..=(latest - after).max(0));
            let silence = if self.rng.u8(..3) == 0 { publish_time - after } else { self.rng.i64(0..3) };
            self.drift(market);
            let reading =
                Reading { publish_time, previous_publish_time: publish_time - silence, ..self.reading(market) };
            self.push_reading(market, reading)?;
            if self.rng.u8(..3) == 0 {
                let wait = self.rng.u32(..20);
                self.pass(wait);
            }
        }
        self.mute = muted;
        Ok(())
    }

    /// The chain halts, or almost; what the oracle said meanwhile may be handed in late and first.
    pub fn halt(&mut self) -> io::Result<()> {
        let (account, market) = self.position().unwrap_or((0, 0));
        if self.rng.u8(..4) > 0 {
            self.update_all()?;
        }
        let seconds = match self.rng.u8(..4) {
            0 => self.rng.u32(3_600..50_000),
            _ => self.rng.u32(61..1_000),
        };
        let slots = match self.rng.u8(..3) {
            // About as many as account for all of the time but a minute.
            0..2 => u64::from(seconds - 61 + self.rng.u32(..3)),
            _ => self.rng.u64(..100),
        };
        self.exchange.wait(seconds, slots).expect("time has an end far away");
        if self.rng.bool() {
            self.hand_in_late(market)?;
        }
        if self.rng.u8(..3) == 0 {
            self.update(market)?;
        }
        self.squeeze(account, market)?;
        for _ in 0..self.rng.u8(1..4) {
            self.close_out(account, market)?;
            let wait = self.rng.u32(..70);
            self.pass(wait);
        }
        let count = self.rng.u8(..6);
        self.live_on(count)
    }

    /// Somebody wants to put liquidity in, and somebody to take some out.
    fn ask_of_the_pool(&mut self) -> io::Result<()> {
        let (minimum_output, provider) = (Atoms::new(1), self.rng.usize(..HOLDERS));
        let amount = Atoms::new(10_000_000 + self.any_size(44));
        self.push(Operation::RequestLiquidityDeposit { provider, amount, minimum_output })?;
        let held = self.exchange.providers()[provider].shares.get();
        let shares = Atoms::new(held / 100 * self.rng.u64(..30));
        self.push(Operation::RequestLiquidityWithdrawal { provider, shares, minimum_output }).map(drop)
    }

    /// What is mature is executed, at the last prices or at new ones, by its owner or by somebody else.
    pub fn answer_by_the_pool(&mut self) -> io::Result<()> {
        if self.rng.u8(..4) > 0 {
            self.update_all()?;
        }
        let (now, parameters) = (self.exchange.clock.now, self.exchange.pool.parameters);
        let mature = self
            .exchange
            .requests()
            .iter()
            .filter(|(_, open)| matures_at(&open.request, open.kind, &parameters).is_ok_and(|time| time <= now));
        let mature: Vec<u64> = mature.map(|(number, _)| *number).collect();
        for request in mature.into_iter().rev().take(4) {
            let executors = [Executor::Anybody, Executor::Owner];
            for executor in executors {
                // A first attempt may have executed it.
                if self.exchange.request(request).is_ok() && self.rng.u8(..4) > 0 {
                    self.push(Operation::ExecuteRequest { request, executor })?;
                }
            }
        }
        Ok(())
    }

    /// Each account that holds something there comes to about where it is liquidated.
    pub fn press_all(&mut self, market: u16) -> io::Result<()> {
        for account in 0..self.exchange.accounts().len() {
            if self.size(account, market) != 0 {
                self.press(account)?;
            }
        }
        Ok(())
    }

    /// One of an account's prices comes to about where it is liquidated, and somebody tries.
    pub fn press(&mut self, account: usize) -> io::Result<()> {
        let held: Vec<u16> = (0..MARKETS).filter(|market| self.size(account, *market) != 0).collect();
        let Some(market) = self.rng.choice(held.clone()) else { return Ok(()) };
        for _ in 0..3 {
            let apart = self.rng.bool();
            if apart {
                self.pass(16);
            }
            self.squeeze(account, market)?;
            if apart {
                // The others speak too, but in no second in which this one does.
                for other in held.iter().copied().filter(|other| *other != market) {
                    self.pass(1);
                    self.update(other)?;
                }
            }
            self.close_out(account, market)?;
            let wait = self.rng.u32(..3);
            self.pass(wait);
        }
        Ok(())
    }

    /// Somebody liquidates as much as there is.
    pub fn close_out(&mut self, account: usize, market: u16) -> io::Result<()> {
        let liquidator = if account == 0 { 1 } else { 0 };
        let order = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };
        self.push(Operation::Liquidate { liquidator, account, market, order, reading: None }).map(drop)
    }

    /// Owners leave a market, or try to.
    pub fn leave(&mut self, market: u16) -> io::Result<()> {
        for account in 0..self.exchange.accounts().len() {
            let size = self.size(account, market);
            if size != 0 && self.rng.u8(..3) > 0 {
                let part = if self.rng.bool() { size } else { size / 2 };
                let order = Order::at_any_price(SignedSize::new(-part));
                let reading = self.maybe_reading(market);
                self.push(Operation::Trade { account, market, order, reading })?;
            }
        }
        Ok(())
    }

    /// In calm markets cross accounts take a little of everything.
    pub fn spread_out(&mut self) -> io::Result<()> {
        let order = StatusOrder { status: Status::Active, seconds: 0, authority: StatusAuthority::RiskAdmin };
        self.push(Operation::SetExchangeStatus { order })?;
        for market in 0..MARKETS {
            self.push(Operation::SetMarketStatus { market, order })?;
        }
        // The large market's price stays where it is, or its traders would ruin the pool for good.
        for market in [0, 2] {
            self.feeds[market].price = self.feeds[market].quoted.price;
        }
        self.ask_of_the_pool()?;
        for _ in 0..3 {
            // Graces pass, and averages come near.
            self.exchange.wait(60, 120).expect("time has an end far away");
            self.update_all()?;
        }
        self.answer_by_the_pool()?;
        for market in 0..MARKETS {
            let target = self.feeds[usize::from(market)].quoted.listing.target_backing;
            self.push(Operation::SetBackingTarget { market, target })?;
            self.push(Operation::AllocateBacking { market, reading: None })?;
        }
        for (account, _) in (0..).zip(ACCOUNTS).filter(|(_, isolated)| isolated.is_none()) {
            let amount = Atoms::new(self.rng.u64(1_000_000_000..5_000_000_000));
            self.push(Operation::Deposit { account, amount })?;
            for market in 0..MARKETS {
                let state = self.exchange.market(market).expect("a listed market");
                let (price, least) = (state.price.price.get().max(1), state.parameters.minimum_position.get());
                let units = (u128::from(least) << 40) / u128::from(price) * u128::from(self.rng.u8(2..6));
                let size = i64::try_from(units).unwrap_or(i64::MAX);
                let size = if self.rng.bool() { size } else { -size };
                let order = Order::at_any_price(SignedSize::new(size));
                if self.size(account, market) == 0 {
                    self.push(Operation::Trade { account, market, order, reading: None })?;
                }
            }
        }
        Ok(())
    }

    /// Of an account with several positions one gains and the others lose, each by so much that the balance is gone.
    pub fn tear(&mut self) -> io::Result<()> {
        let torn: Vec<usize> = (0..self.exchange.accounts().len())
            .filter(|account| (0..MARKETS).filter(|market| self.size(*account, *market) != 0).count() > 1)
            .collect();
        let Some(account) = self.rng.choice(torn) else { return self.spread_out() };
        let gaining = self.market();
        for market in 0..MARKETS {
            let size = self.size(account, market);
            if size == 0 {
                continue;
            }
            // The large market's traders would ruin the pool for good.
            let percent = self.rng.i64(2..if market == 1 { 15 } else { 60 });
            let up = (size > 0) == (market == gaining);
            let feed = &mut self.feeds[usize::from(market)];
            let first = feed.quoted.price;
            let price = if up { feed.price / 100 * (100 + percent) } else { feed.price / (100 + percent) * 100 };
            (feed.price, feed.confidence) = (price.clamp(first / 16, first * 16), 0);
        }
        let wait = self.rng.u32(1..5);
        self.pass(wait);
        if self.rng.bool() {
            self.update_all()?;
        } else {
            // One after the other, some of them again, at the last price or near it.
            for _ in 0..self.rng.u8(1..7) {
                let market = self.market();
                self.update(market)?;
                self.drift(market);
                let wait = self.rng.u32(..5);
                self.pass(wait);
            }
        }
        if self.rng.u8(..3) == 0 {
            // Some of their prices grow old.
            let wait = self.rng.u32(10..20);
            self.pass(wait);
            if self.rng.bool() {
                let market = self.market();
                self.update(market)?;
            }
        }
        if self.rng.bool() {
            return self.press(account);
        }
        for market in 0..MARKETS {
            if self.size(account, market) != 0 {
                self.close_out(account, market)?;
                self.close_out(account, market)?;
                if self.rng.bool() {
                    let wait = self.rng.u32(1..700);
                    self.pass(wait);
                }
            }
        }
        Ok(())
    }
}
