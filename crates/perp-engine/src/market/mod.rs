//! One market: its price, its funding, what an order costs there, what it can bear and what it owes.

pub(crate) mod averages;
pub mod claims;
pub mod fill;
pub mod forecast;
pub mod funding;
mod grace;
pub mod measured_margin;
pub mod price;
pub mod range;
pub(crate) mod second_price;
pub mod solvency;

use crate::error::EngineError;
use crate::oracle::OracleReading;
use crate::session::Session;
use crate::state::{Market, MarketLedger, Status};
use crate::units::Clock;
use core::ops::Deref;
use funding::Accrual;
use grace::grace_after;
use price::{plan_price, PriceOutcome};
use solvency::net_asset_value;

#[cfg(test)]
mod tests;

/// A market whose price is taken in, whose funding is accrued up to now, and the status in force there: what is planned
/// on. [`Market::refresh`] is the only way to one.
#[derive(Debug, PartialEq, Eq)]
pub struct Ready<'a> {
    market: &'a mut Market,
    status: Status,
    clock: Clock,
    accrual: Accrual,
    price: Option<PriceOutcome>,
}

impl Deref for Ready<'_> {
    type Target = Market;

    fn deref(&self) -> &Market {
        self.market
    }
}

impl Market {
    /// Takes a reading in, where there is one, and accrues funding at the price of then with the skew as it stands.
    ///
    /// # Errors
    /// [`EngineError::PriceOutOfRange`]. What keeps funding from accruing is no error:
    /// [`Ready::accrual`] says it.
    pub fn refresh(&mut self, reading: Option<&OracleReading>, session: &Session) -> Result<Ready<'_>, EngineError> {
        self.keep_at_boundary(reading.map(OracleReading::publish_time), session)?;
        let price = match reading {
            Some(reading) => {
                let before = self.price;
                let outcome = plan_price(self, reading, session.clock)?.apply(self);
                if matches!(outcome, PriceOutcome::Accepted | PriceOutcome::Older | PriceOutcome::SettlementUndone) {
                    self.grace = grace_after(self, &before, reading, session)?;
                }
                Some(outcome)
            }
            None => None,
        };
        let accrual = funding::accrue(self, session.clock)?;
        self.ledger.short =
            u8::from(net_asset_value(&self.ledger, self.price.price).is_ok_and(|value| value.is_negative()));
        let status = self.status_in(session);
        Ok(Ready { market: self, status, clock: session.clock, accrual, price })
    }

    /// The strictest of the exchange's status, the market's own, and what a grace or the market's end leaves.
    pub fn status_in(&self, session: &Session) -> Status {
        let now = session.clock.now;
        let reduces = self.settlement.is_announced() || self.grace.price_at(now).is_some();
        let at_least = if reduces { Status::ReduceOnly } else { Status::Active };
        session.status.and(self.own_status(now)).and(at_least)
    }
}

impl Ready<'_> {
    /// The stricter of the exchange's status and the market's own.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The clock at which the market was refreshed.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// What accruing funding came to.
    pub fn accrual(&self) -> Accrual {
        self.accrual
    }

    /// What became of the reading, where there was one.
    pub fn price_outcome(&self) -> Option<PriceOutcome> {
        self.price
    }

    /// The number of the market's next event.
    pub fn next_event(&mut self) -> u64 {
        self.market.next_event()
    }

    /// Where a plan is stored.
    pub(crate) fn ledger_mut(&mut self) -> &mut MarketLedger {
        &mut self.market.ledger
    }

    /// Where a status is stored.
    pub(crate) fn market_mut(&mut self) -> &mut Market {
        self.market
    }
}

#[cfg(test)]
impl<'a> Ready<'a> {
    /// The market as it stands, for tests of what is planned on it.
    pub(crate) fn as_stored(market: &'a mut Market, status: Status, clock: Clock) -> Self {
        let status = status.and(market.own_status(clock.now));
        Self { market, status, clock, accrual: Accrual::NoPrice, price: None }
    }
}
