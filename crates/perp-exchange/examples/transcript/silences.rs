//! Oracles that fall silent, chains that halt, and readings that are handed in late.

use crate::crowd::Crowd;
use crate::record::Reading;
use perp_engine::units::Timestamp;
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
            if self.rng.u8(..5) == 0 {
                // Too wide to be a price, and ahead of the clock: what is fresh is so from then on.
                let ahead = Reading { publish_time: now + self.rng.i64(1..=10), ..self.reading(market) };
                self.push_reading(market, Reading { confidence: ahead.price.unsigned_abs(), ..ahead })?;
            }
            let latest = if self.rng.u8(..5) == 0 { now } else { now - FRESH + self.rng.i64(-2..=2) };
            let earliest = if self.rng.bool() { after } else { latest };
            let publish_time = earliest + self.rng.i64(0..=(latest - earliest).max(0));
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
}
