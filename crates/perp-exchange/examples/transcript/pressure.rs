//! Accounts that come to where they are liquidated, one way or another.

use crate::crowd::{Crowd, ACCOUNTS, MARKETS};
use perp_engine::operations::exchange::{StatusAuthority, StatusOrder};
use perp_engine::operations::position::{LiquidationOrder, Order};
use perp_engine::state::Status;
use perp_engine::units::{Atoms, SignedSize, Size};
use perp_exchange::Operation;
use std::io;

impl<W: io::Write> Crowd<W> {
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
