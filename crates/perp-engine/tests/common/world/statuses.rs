//! Statuses of the exchange and of markets.

use super::*;

impl World {
    /// The program accrues under the old status before it sets another.
    fn set_stored_market_status(&mut self, market: usize, stored: StoredStatus) -> Result<(), EngineError> {
        self.bring_up_to_date(market)?;
        let now = self.clock.now;
        let market = &mut self.markets[market];
        market.status = stored;
        if stored.in_force(now) == Status::Paused {
            market.paused_at = now;
        }
        Ok(())
    }

    fn set_stored_exchange_status(&mut self, stored: StoredStatus) {
        let was_paused = self.status() == Status::Paused;
        self.lifted_at = if was_paused { self.clock.now } else { self.resumed_at() };
        self.exchange_status = stored;
    }

    /// A market's status that ends at `until`, back to active.
    pub fn set_market_status(&mut self, market: usize, status: Status, until: Timestamp) -> Result<(), EngineError> {
        self.instruction(|world| {
            world.set_stored_market_status(market, ending(status, until))?;
            Ok((Verb::SetMarketStatus, ()))
        })
    }

    /// The same of the exchange.
    pub fn set_exchange_status(&mut self, status: Status, until: Timestamp) -> Result<(), EngineError> {
        self.instruction(|world| {
            world.set_stored_exchange_status(ending(status, until));
            Ok((Verb::SetExchangeStatus, ()))
        })
    }

    /// The guardian makes the status of a market stricter, or that of the exchange, until a day later.
    pub fn tighten(&mut self, market: Option<usize>, status: Status) -> Result<(), EngineError> {
        self.instruction(|world| {
            let now = world.clock.now;
            match market {
                Some(market) => {
                    let stored = world.markets[market].status.tightened(status, now)?;
                    world.set_stored_market_status(market, stored)?;
                }
                None => world.set_stored_exchange_status(world.exchange_status.tightened(status, now)?),
            }
            Ok((Verb::Tighten, ()))
        })
    }
}

fn ending(status: Status, until: Timestamp) -> StoredStatus {
    StoredStatus { until, current: status as u8, ..StoredStatus::lasting(Status::Active) }
}
