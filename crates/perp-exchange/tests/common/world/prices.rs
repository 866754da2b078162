//! Time and prices.

use super::*;

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
        *self.feed_mut(market) = Feed { price, confidence, publish_time, ..*self.feed(market) };
    }

    /// The oracle publishes its last price again, at the present time.
    pub fn republish(&mut self, market: u16) {
        self.feed_mut(market).publish_time = self.exchange.clock.now.get();
    }

    /// The oracle publishes its last price changed by parts per million, within a factor of 50 of the first.
    pub fn move_price(&mut self, market: u16, ppm: i64) {
        let Feed { price, confidence, first, .. } = *self.feed(market);
        let moved = i128::from(price) * i128::from(1_000_000 + ppm) / 1_000_000;
        self.publish(market, i64::try_from(moved).unwrap().clamp(first / 50, first * 50), confidence);
    }

    /// What the market's oracle says.
    pub fn reading(&self, market: u16) -> OracleReading {
        let Feed { price, confidence, publish_time, .. } = *self.feed(market);
        OracleReading::new(price, confidence, -8, publish_time).unwrap()
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
        let (before, plan) = self.attempt(|exchange| exchange.update_price(market, &reading))?;
        assert_eq!(self.market(market).price, plan.cache);
        self.finish(&before, Kind::UpdatePrice);
        Ok(())
    }

    pub fn report_oracle_outage(&mut self, market: u16) -> Result<(), EngineError> {
        let (before, ()) = self.attempt(|exchange| exchange.report_oracle_outage(market))?;
        self.finish(&before, Kind::ReportOracleOutage);
        Ok(())
    }

    pub fn update_funding(&mut self, market: u16) -> Result<u64, EngineError> {
        let reading = self.reading(market);
        let (before, seconds) = self.attempt(|exchange| exchange.update_funding(market, Some(&reading)))?;
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
