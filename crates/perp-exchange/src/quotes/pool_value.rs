use crate::error::Refusal;
use crate::exchange::Exchange;
use perp_engine::market::price::reference_time;
use perp_engine::operations::liquidity::MarketValue;

impl Exchange {
    /// What the pool is worth at present, at least and at most, at what is known of every market's price. A request gets what it was
    /// worth at its boundary.
    ///
    /// # Errors
    /// [`Refusal::NoMarket`] where a market that the exchange lists is not here;
    /// [`EngineError::Overflow`](perp_engine::EngineError::Overflow).
    pub fn pool_value(&self) -> Result<MarketValue, Refusal> {
        let session = self.session();
        let reference = reference_time(session.clock, &self.markets);
        let mut sum = MarketValue { lower: self.pool.cash, upper: self.pool.cash };
        for index in 0..self.market_count {
            let mut market = *self.market(index)?;
            market.refresh(None, &session)?;
            let value = MarketValue::now(&market, reference)?;
            sum =
                MarketValue { lower: sum.lower.checked_add(value.lower)?, upper: sum.upper.checked_add(value.upper)? };
        }
        Ok(sum)
    }
}
