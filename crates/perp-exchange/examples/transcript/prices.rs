//! Time, oracles, and prices that hurt.

use crate::crowd::{Crowd, Feed, MARKETS};
use crate::record::Reading;
use perp_engine::operations::liquidity::{BOUNDARY_REST_SECONDS, READING_ALLOWANCE_SECONDS};
use perp_engine::operations::position::{Order, SETTLING_SECONDS};
use perp_engine::state::PAUSE_GRACE_SECONDS;
use perp_engine::units::{SignedSize, Timestamp};
use perp_exchange::Operation;
use std::io;

impl<W: io::Write> Crowd<W> {
    /// Mostly nothing or a few seconds; now and then hours, or up to where something becomes possible or impossible.
    pub fn pass_time(&mut self) {
        let seconds = match self.rng.u16(..1_000) {
            0..400 => 0,
            400..850 => self.rng.u32(1..6),
            850..960 => self.rng.u32(6..120),
            960..990 => self.rng.u32(120..7_200),
            990..992 => self.rng.u32(7_200..100_000),
            _ => self.seconds_to_an_edge().unwrap_or(1),
        };
        let slots = match seconds {
            0 => u64::from(self.rng.bool()),
            61.. if self.rng.u8(..4) == 0 => u64::from(seconds - 60) - u64::from(self.rng.u32(..3).min(seconds - 60)),
            _ => 2 * u64::from(seconds),
        };
        self.exchange.wait(seconds, slots).expect("time has an end far away");
    }

    /// Up to a second before, at or after a boundary or what depends on it, the time from which on a request belongs to one, the end of
    /// a status or of the grace after a pause, or an oracle outage that counts.
    fn seconds_to_an_edge(&mut self) -> Option<u32> {
        let (now, boundary) = (self.exchange.clock.now, self.exchange.state.boundary);
        let before = [BOUNDARY_REST_SECONDS, SETTLING_SECONDS, 0]
            .map(|seconds| Timestamp::new(boundary.get().saturating_sub(i64::from(seconds))));
        let of_requests = self.exchange.requests().values().map(|open| open.request.belongs_from);
        let of_requests = of_requests.chain(before).chain(boundary.after(READING_ALLOWANCE_SECONDS));
        let own = self.exchange.state;
        let of_exchange = [own.pause.until, own.pause.until.after(PAUSE_GRACE_SECONDS).ok()?, own.reduce_only.until];
        let statuses = self.exchange.markets().iter().map(|market| market.reduce_only.until).chain(of_exchange);
        let outages = self.exchange.markets().iter().filter(|market| !market.price.outage_since.is_never());
        let outages = outages.map(|market| market.price.outage_since.after(market.parameters.outage_delay));
        let times = outages.filter_map(Result::ok).chain(statuses).chain(of_requests);
        let ahead: Vec<i64> = times.map(|time| time.get() - now.get()).filter(|seconds| *seconds > 0).collect();
        let ahead = self.rng.choice(ahead)? + self.rng.i64(-1..=1);
        u32::try_from(ahead).ok()
    }

    /// What the market's oracle says, published now; in one of several exponents.
    pub fn reading(&mut self, market: u16) -> Reading {
        let Feed { quoted, price, confidence } = self.feeds[usize::from(market)];
        let now = self.exchange.clock.now.get();
        let (publish_time, finer) = match self.rng.u8(..60) {
            0 => (now + self.rng.i64(1..=12), 0),
            1..3 => (now - self.rng.i64(1..100), 0),
            // Older than the market's price and still of the last seconds.
            3..5 => (now - self.rng.i64(1..16), 0),
            5..12 => (now, self.rng.u32(1..4)),
            _ => (now, 0),
        };
        let price = price * 10i64.pow(finer);
        let confidence = u64::try_from(u128::from(price.unsigned_abs()) * u128::from(confidence) / 1_000_000);
        let exponent = quoted.exponent - i32::try_from(finer).expect("at most three");
        // Feeds speak every second, but for a silence now and then.
        let silence = if self.rng.u8(..20) == 0 { self.rng.i64(30..400) } else { self.rng.i64(0..3) };
        let previous_publish_time = publish_time - silence;
        Reading { price, confidence: confidence.unwrap_or(u64::MAX), exponent, publish_time, previous_publish_time }
    }

    /// The oracle's price moves; the market may be told, or told something else.
    pub fn publish(&mut self) -> io::Result<()> {
        let market = self.market();
        let ppm = match self.rng.u8(..100) {
            0..55 => self.rng.i64(-2_000..=2_000),
            55..85 => self.rng.i64(-40_000..=40_000),
            85..97 => self.rng.i64(-300_000..=400_000),
            _ => 0,
        };
        let confidence = match self.rng.u8(..100) {
            0..75 => self.rng.u64(..4_000),
            75..85 => self.rng.u64(4_000..15_000),
            85..92 => self.rng.u64(15_000..3_000_000),
            _ => 0,
        };
        self.move_price(market, ppm);
        self.feeds[usize::from(market)].confidence = confidence;
        match self.rng.u8(..100) {
            0..15 => return Ok(()),
            15..25 => return self.push(Operation::ReportOracleOutage { market }).map(drop),
            40..60 if market == 1 => self.hear_second(market)?,
            60 => self.hear_second(market)?,
            25..40 => {
                let reading = self.maybe_reading(market);
                return self.push(Operation::UpdateFunding { market, reading }).map(drop);
            }
            _ => {}
        }
        let mut reading = self.reading(market);
        match self.rng.u8(..60) {
            0 => reading.price = -reading.price,
            1 => reading.price = 0,
            2 => reading.exponent = self.rng.i32(-20..3),
            3 => reading.confidence = self.rng.u64(i64::MAX.unsigned_abs() - 2..),
            4 => reading.publish_time = -self.rng.i64(0..2),
            5 => reading.price = reading.price.saturating_mul(self.rng.i64(2..200)),
            6 => reading.price = 1,
            _ => {}
        }
        self.push_reading(market, reading).map(drop)
    }

    /// The second source says nearly the same, or another price within a few percent.
    fn hear_second(&mut self, market: u16) -> io::Result<()> {
        let reading = self.reading(market);
        let ppm = if self.rng.bool() { self.rng.i128(-2_000..=2_000) } else { self.rng.i128(-60_000..=60_000) };
        let price = i128::from(reading.price) * (1_000_000 + ppm) / 1_000_000;
        let reading = Reading { price: i64::try_from(price).expect("near the reading's"), ..reading };
        match reading.checked() {
            Ok(reading) => self.push(Operation::UpdateSecondPrice { market, reading }).map(drop),
            Err(_) => Ok(()),
        }
    }

    /// The oracle's price moves by up to a tenth.
    pub fn drift(&mut self, market: u16) {
        let ppm = self.rng.i64(-100_000..100_000);
        self.move_price(market, ppm);
    }

    /// Within a factor of 16 of the first price, and back towards it in the long run.
    pub fn move_price(&mut self, market: u16, ppm: i64) {
        let feed = &mut self.feeds[usize::from(market)];
        let first = feed.quoted.price;
        let back = (i128::from(first) - i128::from(feed.price)) / 12;
        let moved = i128::from(feed.price) * i128::from(1_000_000 + ppm) / 1_000_000 + back;
        let moved = moved.clamp((first / 16).into(), (first * 16).into());
        feed.price = i64::try_from(moved).expect("within a factor of 16 of the first");
    }

    /// Moves a market's price to about where a position of it is liquidated, or well beyond.
    pub fn squeeze(&mut self, account: usize, market: u16) -> io::Result<()> {
        let Ok(Some(price)) = self.exchange.liquidation_price(&self.exchange.accounts()[account], market) else {
            return Ok(());
        };
        let feed = self.feeds[usize::from(market)].quoted;
        let exact = i128::from(self.in_units_of_the_oracle(market, price.get().into()));
        let beyond = match self.rng.u8(..10) {
            0..5 => self.rng.i128(-4_000..4_000),
            5..8 => self.rng.i128(-30_000..30_000),
            _ => self.rng.i128(-300_000..300_000),
        };
        let price = exact * (1_000_000 + beyond) / 1_000_000;
        let clamped = price.clamp((feed.price / 16).into(), (feed.price * 16).into());
        let feed = &mut self.feeds[usize::from(market)];
        (feed.price, feed.confidence) = (i64::try_from(clamped).expect("within a factor of 16 of the first"), 0);
        let reading = self.reading(market);
        self.push_reading(market, reading).map(drop)
    }

    /// From 2^-40 atoms per base unit to the oracle's unit.
    pub fn in_units_of_the_oracle(&self, market: u16, price: i128) -> i64 {
        let state = self.exchange.market(market).expect("a listed market");
        let feed = self.feeds[usize::from(market)].quoted;
        let power = i32::from(state.base_decimals) - i32::from(state.quote_decimals) - feed.exponent;
        let power = u32::try_from(power).expect("an oracle's unit finer than that of the price");
        i64::try_from((price * 10i128.pow(power)) >> 40).unwrap_or(i64::MAX)
    }

    /// A market's price runs away, several times what it was or a fraction of it, and those who gain take their profit: more
    /// than there is.
    pub fn boom(&mut self) -> io::Result<()> {
        let Some((account, market)) = self.position() else { return Ok(()) };
        // Of the large market's traders one boom would ruin the pool for good: there it is a tenth or two.
        let percent = if market == 1 { self.rng.i64(105..125) } else { self.rng.i64(150..600) };
        let is_long = self.size(account, market) > 0;
        let feed = &mut self.feeds[usize::from(market)];
        let price = if is_long { feed.price / 100 * percent } else { feed.price / percent * 100 };
        let first = feed.quoted.price;
        (feed.price, feed.confidence) = (price.clamp(first / 16, first * 16), 0);
        self.update_all()?;
        for account in 0..self.exchange.accounts().len() {
            let size = self.size(account, market);
            if size != 0 && self.rng.u8(..3) > 0 {
                let order = Order { reduce_only: self.rng.bool(), ..Order::at_any_price(SignedSize::new(-size)) };
                self.push(Operation::Trade { account, market, order, reading: None })?;
            }
        }
        for _ in 0..self.rng.u8(..10) {
            match self.rng.u8(..5) {
                0 => self.trade()?,
                1 => self.liquidate()?,
                2 => self.push(Operation::FundClaims { market }).map(drop)?,
                3 => self.move_collateral()?,
                _ => self.settle()?,
            }
        }
        self.keep()
    }

    /// Tells the markets of an account what their oracles say, as most people do before they act.
    pub fn freshen(&mut self, account: usize, market: u16) -> io::Result<()> {
        if self.rng.u8(..8) == 0 {
            return Ok(());
        }
        let held: Vec<u16> =
            self.exchange.accounts()[account].occupied().map(|(_, position)| position.market).collect();
        for other in held.into_iter().filter(|other| *other != market) {
            self.update(other)?;
        }
        Ok(())
    }

    pub fn update(&mut self, market: u16) -> io::Result<()> {
        let reading = Reading { publish_time: self.exchange.clock.now.get(), ..self.reading(market) };
        self.push_reading(market, reading).map(drop)
    }

    pub fn update_all(&mut self) -> io::Result<()> {
        for market in 0..MARKETS {
            let feed = &mut self.feeds[usize::from(market)];
            feed.confidence = feed.confidence.min(4_000);
            self.update(market)?;
        }
        Ok(())
    }
}
