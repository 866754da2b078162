//! Time and prices.

use super::*;
use perp_engine::market::price::PriceOutcome;
use perp_engine::state::PriceCache;
use perp_engine::units::Timestamp;

impl World {
    /// Time passes, two slots a second; without a second one slot.
    pub fn wait(&mut self, seconds: u32) {
        self.exchange.wait(seconds, 2 * u64::from(seconds) + u64::from(seconds == 0)).unwrap();
    }

    pub fn feed(&self, market: u16) -> &Feed {
        &self.feeds[usize::from(market)]
    }

    pub fn feed_mut(&mut self, market: u16) -> &mut Feed {
        &mut self.feeds[usize::from(market)]
    }

    /// The oracle publishes now.
    pub fn publish(&mut self, market: u16, price: i64, confidence: u64) {
        let publish_time = self.exchange.clock.now.get();
        *self.feed_mut(market) = Feed { price, confidence, publish_time, previous: publish_time, ..*self.feed(market) };
    }

    /// The oracle publishes its last price again, so many seconds ahead of the clock.
    pub fn publish_ahead(&mut self, market: u16, seconds: i64) {
        self.republish(market);
        let feed = self.feed_mut(market);
        feed.publish_time += seconds;
        feed.previous = feed.publish_time;
    }

    /// The oracle publishes its last price again, at the present time.
    pub fn republish(&mut self, market: u16) {
        let Feed { price, confidence, .. } = *self.feed(market);
        self.publish(market, price, confidence);
    }

    /// The oracle publishes its last price changed by parts per million, within a factor of 50 of the first.
    pub fn move_price(&mut self, market: u16, ppm: i64) {
        let Feed { price, confidence, first, .. } = *self.feed(market);
        let moved = i128::from(price) * i128::from(1_000_000 + ppm) / 1_000_000;
        self.publish(market, i64::try_from(moved).unwrap().clamp(first / 50, first * 50), confidence);
    }

    /// What the market's oracle says.
    pub fn reading(&self, market: u16) -> OracleReading {
        let Feed { price, confidence, publish_time, previous, .. } = *self.feed(market);
        OracleReading::new(price, confidence, -8, publish_time).unwrap().with_previous(previous)
    }

    /// Every oracle publishes, every market takes its price and accrues.
    pub fn refresh_all(&mut self) {
        for market in 0..self.exchange.market_count {
            self.republish(market);
            // A price too wide accrues nothing and is taken in all the same.
            if self.update_funding(market).is_err() {
                let _ = self.update_price(market);
            }
        }
    }

    pub fn update_price(&mut self, market: u16) -> Result<(), EngineError> {
        let reading = self.reading(market);
        let (before, outcome) =
            self.attempt_with(market, &reading, |exchange| exchange.update_price(market, &reading))?;
        self.check_intake(&before, market, &reading, outcome);
        let [was, is] = [&before, &self.exchange].map(|it| it.market(market).unwrap().grace.until);
        let kind = match outcome {
            PriceOutcome::ClockBehind => Kind::ProveClockBehind,
            PriceOutcome::SettlementUndone => Kind::UndoSettlement,
            _ if is > was && reading.previous_publish_time() < reading.publish_time() => Kind::ProveSilence,
            _ => Kind::UpdatePrice,
        };
        self.finish(&before, kind);
        Ok(())
    }

    /// What became of a reading is what its time and its width say.
    fn check_intake(&self, before: &Exchange, market: u16, reading: &OracleReading, outcome: PriceOutcome) {
        let (then, now) = (before.market(market).unwrap(), self.market(market));
        let (was, is) = (then.price, now.price);
        let published = Timestamp::new(reading.publish_time());
        let ahead = published.get() - before.clock.now.get();
        let too_far_ahead = ahead > i64::from(now.parameters.future_tolerance);
        assert_eq!(outcome == PriceOutcome::ClockBehind, too_far_ahead);
        let limit = u128::from(now.parameters.max_confidence_valid.get());
        let wide = u128::from(reading.confidence()) * u128::from(PPM) > u128::from(reading.price()) * limit;
        // One that is no longer fresh ends no outage.
        let fresh = before.clock.now.get().max(was.newest_published.get()) - published.get() <= 15;
        let ends_outage = fresh || outcome == PriceOutcome::SettlementUndone;
        let outage_since = if ends_outage { Timestamp::NEVER } else { was.outage_since };
        let clock_distrusted_until = before.clock.now.after(60).unwrap();
        let expected = match outcome {
            PriceOutcome::ClockBehind => PriceCache { clock_distrusted_until, ..was },
            PriceOutcome::TooWide | PriceOutcome::OutOfBounds => {
                PriceCache { newest_published: published.max(was.newest_published), ..was }
            }
            PriceOutcome::NotNewer | PriceOutcome::Older => was,
            PriceOutcome::Accepted | PriceOutcome::SettlementUndone => PriceCache {
                price: is.price,
                confidence: is.confidence,
                published,
                newest_published: published.max(was.newest_published),
                outage_since,
                ..was
            },
        };
        assert_eq!(is, expected, "{outcome:?}");
        if !too_far_ahead {
            let ended = then.settlement.has_begun();
            let (end, day) = (then.settlement, 86_400);
            let undoes = !end.outage_since.is_never()
                && before.clock.now.get() < end.moved_at.get() + day
                && end.outage_since < published
                && published <= end.moved_at;
            let undone = outcome == PriceOutcome::SettlementUndone;
            let accepted = undone || outcome == PriceOutcome::Accepted;
            assert!(!undone || (ended && undoes), "only an end can be undone");
            let new = published > was.published && (!ended || undoes);
            assert_eq!(accepted || matches!(outcome, PriceOutcome::TooWide | PriceOutcome::OutOfBounds), new);
            // A rounded price and confidence may just exceed a limit that the reading meets.
            assert!(!accepted || !wide, "{reading:?}");
        }
        let is_short = reference::market_value_x40(now) < 0;
        assert_eq!(now.ledger.is_short(), is_short, "whether the market can pay everybody");
        // A good reading is among its second's prices; nothing else changes them.
        let good = [PriceOutcome::Accepted, PriceOutcome::Older, PriceOutcome::SettlementUndone];
        let takes = good.contains(&outcome);
        assert_eq!(now.recent != then.recent, takes);
        if takes {
            let second = now.recent.seconds.iter().find(|it| it.published == published).unwrap();
            assert!(outcome == PriceOutcome::Older || (second.low <= is.price && is.price <= second.high));
        }
    }

    /// Lists one more market and returns its index.
    pub fn list(&mut self, market: &TestMarket) -> u16 {
        let before = self.exchange.clone();
        // As if a proposal had waited for it, and the market had grown since.
        let founded_at = std::mem::take(&mut self.exchange.state.founded_at);
        let index = self.exchange.list(&market.listing).unwrap();
        self.exchange.state.founded_at = founded_at;
        let (price, first) = (market.price, market.price);
        let now = self.exchange.clock.now.get();
        self.feeds.push(Feed { price, confidence: 0, publish_time: now, previous: now, first });
        // Listing is no operation of those that are checked, but what is kept does not change by it.
        self.epochs.look(&before, None);
        index
    }

    pub fn delist(&mut self, market: u16) -> Result<(), EngineError> {
        let (before, ()) = self.attempt(|exchange| exchange.delist_market(market))?;
        let due = self.market(market).settlement.delisted_from.get();
        assert_eq!(due, before.clock.now.get() + 172_800);
        self.finish(&before, Kind::DelistMarket);
        Ok(())
    }

    /// Anybody moves the market to its end: at a price between those that it has been told, and no sooner than it is due.
    pub fn begin_settlement(&mut self, market: u16) -> Result<(), EngineError> {
        let (before, plan) = self.attempt(|exchange| exchange.begin_settlement(market))?;
        let (was, now) = (before.market(market).unwrap(), before.clock.now.get());
        let reported = was.price.outage_since.get();
        let by_outage = reported > 0 && now >= reported + i64::from(was.parameters.settle_after);
        let delisted = was.settlement.delisted_from.get();
        assert!(by_outage || (delisted > 0 && now >= delisted), "nobody said that it would end");
        let is = self.market(market);
        assert_eq!(
            (is.price.price, is.settlement.price, is.settlement.moved_at.get()),
            (plan.price.price, plan.price.price, now)
        );
        assert!(is.price.price.get() > 0);
        self.finish(&before, Kind::BeginSettlement);
        Ok(())
    }

    pub fn report_oracle_outage(&mut self, market: u16) -> Result<(), EngineError> {
        let (before, ()) = self.attempt(|exchange| exchange.report_oracle_outage(market))?;
        self.finish(&before, Kind::ReportOracleOutage);
        Ok(())
    }

    pub fn update_funding(&mut self, market: u16) -> Result<u64, EngineError> {
        let reading = self.reading(market);
        let (before, seconds) =
            self.attempt_with(market, &reading, |exchange| exchange.update_funding(market, Some(&reading)))?;
        self.finish(&before, Kind::UpdateFunding);
        Ok(seconds)
    }

    /// The exchange with the market as an operation finds it once it has taken the reading in and accrued.
    pub(super) fn refreshed(before: &Exchange, market: u16, reading: Option<&OracleReading>) -> Exchange {
        let mut exchange = before.clone();
        let mut state = *exchange.market(market).unwrap();
        state.refresh(reading, &exchange.session()).unwrap();
        exchange.put_market(state);
        exchange
    }
}
