//! Statuses of the exchange and of markets.

use super::*;

impl World {
    /// The risk admin sets a market's status.
    pub fn set_market_status(&mut self, market: u16, status: Status, seconds: u32) -> Result<(), EngineError> {
        let order = StatusOrder { status, seconds, authority: StatusAuthority::RiskAdmin };
        let (before, ()) = self.attempt(|exchange| exchange.set_market_status(market, &order))?;
        let restricted = status != Status::Active && seconds > 0;
        assert_eq!(self.market(market).own_status(self.exchange.clock.now) != Status::Active, restricted);
        self.finish(&before, Kind::SetMarketStatus);
        Ok(())
    }

    /// The same of the exchange.
    pub fn set_exchange_status(&mut self, status: Status, seconds: u32) -> Result<(), EngineError> {
        let order = StatusOrder { status, seconds, authority: StatusAuthority::RiskAdmin };
        let (before, ()) = self.attempt(|exchange| exchange.set_exchange_status(&order))?;
        let now = self.exchange.clock.now;
        assert!(seconds == 0 || self.exchange.state.own_status(now) == status);
        assert!(self.exchange.session().status >= self.exchange.state.own_status(now));
        self.finish(&before, Kind::SetExchangeStatus);
        Ok(())
    }

    /// The guardian makes the status of a market stricter, or that of the exchange.
    pub fn tighten(&mut self, market: Option<u16>, status: Status, seconds: u32) -> Result<(), EngineError> {
        let order = StatusOrder { status, seconds, authority: StatusAuthority::Guardian };
        let (before, ()) = self.attempt(|exchange| match market {
            Some(market) => exchange.set_market_status(market, &order),
            None => exchange.set_exchange_status(&order),
        })?;
        let strictness = |exchange: &Exchange| match market {
            Some(market) => exchange.market(market).unwrap().status_in(&exchange.session()),
            None => exchange.session().status,
        };
        assert!(strictness(&self.exchange) >= strictness(&before), "a guardian loosened a status");
        self.finish(&before, if market.is_some() { Kind::TightenMarket } else { Kind::TightenExchange });
        Ok(())
    }
}
