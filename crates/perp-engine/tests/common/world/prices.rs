//! Time and prices.

use super::*;

impl World {
    pub fn wait(&mut self, seconds: u32) {
        let now = self.clock.now.after(seconds).unwrap();
        self.clock = Clock { now, slot: self.clock.slot + 2 * u64::from(seconds) + u64::from(seconds == 0) };
    }

    /// The oracle publishes now.
    pub fn publish(&mut self, market: usize, price: i64, confidence: u64) {
        self.feeds[market] = Feed { price, confidence, publish_time: self.clock.now.get(), ..self.feeds[market] };
    }

    /// The oracle publishes its last price again, at the present time.
    pub fn republish(&mut self, market: usize) {
        self.feeds[market].publish_time = self.clock.now.get();
    }

    /// The oracle publishes its last price changed by parts per million, within a factor of 50 of the first.
    pub fn move_price(&mut self, market: usize, ppm: i64) {
        let Feed { price, confidence, first, .. } = self.feeds[market];
        let moved = i128::from(price) * i128::from(1_000_000 + ppm) / 1_000_000;
        self.publish(market, i64::try_from(moved).unwrap().clamp(first / 50, first * 50), confidence);
    }

    /// Every oracle publishes, every market takes its price and accrues.
    pub fn refresh(&mut self) {
        for market in 0..self.markets.len() {
            self.republish(market);
            let _ = self.update_funding(market);
        }
    }

    pub(super) fn take_price(&mut self, market: usize) -> Result<(), EngineError> {
        let Feed { price, confidence, publish_time, .. } = self.feeds[market];
        let reading = OracleReading { price, confidence, exponent: -8, publish_time };
        self.markets[market].price = plan_price(&self.markets[market], &reading, self.clock)?.cache;
        Ok(())
    }

    /// First price, then funding at the new price with the old skew.
    pub(super) fn bring_up_to_date(&mut self, market: usize) -> Result<(), EngineError> {
        self.take_price(market)?;
        self.markets[market].books =
            accrue_if_possible(&self.markets[market], self.status(), self.resumed_at(), self.clock)?;
        Ok(())
    }

    pub fn update_price(&mut self, market: usize) -> Result<(), EngineError> {
        self.instruction(|world| world.take_price(market).map(|()| (Verb::UpdatePrice, ())))
    }

    pub fn mark_dark(&mut self, market: usize) -> Result<(), EngineError> {
        self.instruction(|world| {
            world.markets[market].price = plan_mark_dark(&world.markets[market], world.clock)?;
            Ok((Verb::MarkDark, ()))
        })
    }

    pub fn update_funding(&mut self, market: usize) -> Result<u64, EngineError> {
        self.instruction(|world| {
            world.take_price(market)?;
            let plan = plan_funding(&world.markets[market], world.status(), world.resumed_at(), world.clock)?;
            world.markets[market].books = plan.books;
            Ok((Verb::UpdateFunding, plan.seconds))
        })
    }
}
