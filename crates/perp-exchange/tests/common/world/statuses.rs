//! Statuses of the exchange and of markets.

use super::*;

impl World {
    /// The risk admin sets a market's status, without end.
    pub fn set_market_status(&mut self, market: u16, status: Status) -> Result<(), EngineError> {
        let set = |exchange: &mut Exchange| exchange.set_market_status(market, status, StatusAuthority::RiskAdmin);
        let (before, _) = self.attempt(set)?;
        assert_eq!(self.market(market).status.in_force(self.exchange.clock.now), status);
        self.finish(&before, Kind::SetMarketStatus);
        Ok(())
    }

    /// The same of the exchange.
    pub fn set_exchange_status(&mut self, status: Status) -> Result<(), EngineError> {
        let set = |exchange: &mut Exchange| exchange.set_exchange_status(status, StatusAuthority::RiskAdmin);
        let (before, _) = self.attempt(set)?;
        assert_eq!(self.exchange.session().status, status);
        self.finish(&before, Kind::SetExchangeStatus);
        Ok(())
    }

    /// The guardian makes the status of a market stricter, or that of the exchange, until a day later.
    pub fn tighten(&mut self, market: Option<u16>, status: Status) -> Result<(), EngineError> {
        let authority = StatusAuthority::Guardian;
        let (before, stored) = self.attempt(|exchange| match market {
            Some(market) => exchange.set_market_status(market, status, authority),
            None => exchange.set_exchange_status(status, authority),
        })?;
        let ends_in = stored.until.seconds_since(before.clock.now).unwrap();
        assert!((1..=86_400).contains(&ends_in), "a guardian's status ends in {ends_in} s");
        self.finish(&before, if market.is_some() { Kind::TightenMarket } else { Kind::TightenExchange });
        Ok(())
    }
}
