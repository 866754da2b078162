//! Boundaries: what happens just before one and after it, the valuations, the close, and the payments.

use crate::crowd::{Crowd, MARKETS};
use crate::record::Reading;
use perp_engine::operations::liquidity::{NEAR_SECONDS, READING_ALLOWANCE_SECONDS};
use perp_engine::units::Timestamp;
use perp_exchange::Operation;
use std::io;

impl<W: io::Write> Crowd<W> {
    /// The boundary that the exchange waits for comes, is closed, and most of its requests are paid out. Others wait long: then
    /// everything goes on.
    pub fn serve(&mut self) -> io::Result<()> {
        let boundary = self.exchange.state.boundary;
        if boundary.is_never() {
            return self.ask_of_the_pool();
        }
        if self.exchange.clock.now < boundary {
            self.await_boundary(boundary)?;
        }
        self.value_all(boundary)?;
        self.push(Operation::CloseEpoch)?;
        let count = self.rng.usize(..16);
        self.pay(count)
    }

    /// The last minute before a boundary: backing rests, and who settles traders is paid for it.
    fn await_boundary(&mut self, boundary: Timestamp) -> io::Result<()> {
        let before = |seconds: i64| Timestamp::new(boundary.get() - seconds);
        self.pass_until(before(60));
        self.update_all()?;
        if self.rng.u8(..3) == 0 {
            self.move_backing()?;
        }
        let ahead = self.rng.i64(1..=10);
        self.pass_until(before(ahead));
        if self.rng.u8(..3) > 0 {
            self.update_all()?;
        }
        for _ in 0..self.rng.u8(..8) {
            self.settle_for_pay()?;
        }
        if self.rng.u8(..4) == 0 {
            // A reading of the boundary or of what follows it comes ahead of the clock: the market is kept by it.
            self.pass_until(before(3));
            let market = self.market();
            self.drift(market);
            let publish_time = boundary.get() + self.rng.i64(0..2);
            let reading = Reading { publish_time, ..self.reading(market) };
            self.push_reading(market, reading)?;
        }
        self.pass_until(boundary);
        let count = self.rng.u8(..3);
        self.live_on(count)
    }

    fn settle_for_pay(&mut self) -> io::Result<()> {
        let Some((account, market)) = self.position() else { return Ok(()) };
        let keeper = if self.rng.u8(..20) == 0 { account } else { self.account() };
        let reading = self.maybe_reading(market);
        self.push(Operation::SettlePnl { account, market, reading, keeper: Some(keeper) }).map(drop)
    }

    /// Every market is valued in its way, while everybody goes on.
    fn value_all(&mut self, boundary: Timestamp) -> io::Result<()> {
        if self.rng.u8(..3) == 0 {
            // Later than any reading of the boundary counts.
            let mut wait = i64::from(READING_ALLOWANCE_SECONDS);
            for _ in 0..self.rng.u8(..3) {
                self.value_a_market()?;
                wait += self.rng.i64(-1..2_000);
            }
            self.pass_until(Timestamp::new(boundary.get() + wait));
        }
        if self.rng.u8(..4) == 0 {
            self.push(Operation::CloseEpoch)?;
        }
        for round in 0..3 {
            for market in 0..MARKETS {
                if self.exchange.market(market).expect("a listed market").at_boundary.valued == boundary {
                    continue;
                }
                let count = self.rng.u8(..3);
                self.live_on(count)?;
                let reading = self.boundary_reading(market, boundary);
                let reading = reading.checked().ok().filter(|_| self.rng.u8(..6) > 0);
                self.push(Operation::ValueMarket { market, reading })?;
            }
            if round == 1 {
                self.pass_until(Timestamp::new(boundary.get() + i64::from(READING_ALLOWANCE_SECONDS) + 2));
            }
        }
        Ok(())
    }

    /// The reading of the boundary, one near it, or one that has nothing to do with it.
    fn boundary_reading(&mut self, market: u16, boundary: Timestamp) -> Reading {
        if self.rng.bool() {
            self.drift(market);
        }
        let (near, boundary) = (i64::from(NEAR_SECONDS), boundary.get());
        let (publish_time, previous_publish_time) = match self.rng.u8(..20) {
            0..13 => (boundary + self.rng.i64(0..3), boundary - self.rng.i64(1..4)),
            13..18 => {
                let publish_time = boundary + self.rng.i64(0..=near + 1);
                (publish_time, self.rng.i64(boundary..=publish_time))
            }
            18 => (boundary - 1, boundary - 2),
            _ => (boundary + self.rng.i64(0..2_000), boundary - self.rng.i64(0..400)),
        };
        Reading { publish_time, previous_publish_time, ..self.reading(market) }
    }

    /// Somebody values a market that may be valued already, for a boundary that may not have come.
    pub fn value_a_market(&mut self) -> io::Result<()> {
        let (market, boundary) = (self.market(), self.exchange.state.boundary);
        let reading = if boundary.is_never() { self.reading(market) } else { self.boundary_reading(market, boundary) };
        let reading = reading.checked().ok().filter(|_| self.rng.u8(..6) > 0);
        self.push(Operation::ValueMarket { market, reading }).map(drop)
    }

    /// So many requests whose boundary is closed are paid out, if there are as many.
    pub fn pay(&mut self, count: usize) -> io::Result<()> {
        for _ in 0..count {
            let closed = |belongs_from: Timestamp| {
                let last = self.exchange.pool.last.boundary;
                !last.is_never() && belongs_from <= last
            };
            let requests = self.exchange.requests().iter();
            let due: Vec<u64> =
                requests.filter(|(_, open)| closed(open.request.belongs_from)).map(|(number, _)| *number).collect();
            let Some(request) = self.rng.choice(due) else { return Ok(()) };
            self.push(Operation::PayLiquidityRequest { request })?;
        }
        Ok(())
    }

    /// What can be closed and paid out at once is, at the last prices or at new ones.
    pub fn answer_by_the_pool(&mut self) -> io::Result<()> {
        if self.rng.u8(..4) > 0 {
            self.update_all()?;
        }
        let boundary = self.exchange.state.boundary;
        if !boundary.is_never() && self.exchange.clock.now >= boundary {
            self.value_all(boundary)?;
            self.push(Operation::CloseEpoch)?;
        }
        self.pay(4)
    }
}
