//! Where a market's funding is heading while its price and its open interest stay as they are.

use crate::error::EngineError;
use crate::session::Session;
use crate::state::Market;
use crate::units::Timestamp;

/// Seconds between two accruals of the projection.
const STEP: u32 = 3_600;

/// A copy of a market whose time goes on. It accrues hour by hour, so that the rate moves by its rules to its cap.
#[derive(Debug)]
pub struct Ahead<'a> {
    market: &'a mut Market,
    session: Session,
    begin: Timestamp,
    passed: u32,
}

impl<'a> Ahead<'a> {
    /// The market as of now; it is overwritten.
    ///
    /// # Errors
    /// [`EngineError::MarketSettled`], [`EngineError::PriceTooUncertain`], [`EngineError::FundingIndexFull`];
    /// [`EngineError::PriceOutOfRange`] where the market never had a price.
    pub fn new(market: &'a mut Market, session: &Session) -> Result<Self, EngineError> {
        if market.price.price.get() == 0 {
            return Err(EngineError::PriceOutOfRange);
        }
        // What an hour accrues is the same whatever one accrual may cover at most.
        market.parameters.max_accrual_seconds = market.parameters.max_accrual_seconds.max(STEP);
        let session = Session { boundary: Timestamp::NEVER, ..*session };
        let mut ahead = Self { market, begin: session.clock.now, session, passed: 0 };
        ahead.accrue()?;
        Ok(ahead)
    }

    /// Goes on up to so many seconds from the beginning.
    ///
    /// # Errors
    /// Those of [`Ahead::new`]; [`EngineError::Overflow`].
    pub fn to(&mut self, seconds: u32) -> Result<&Market, EngineError> {
        while self.passed < seconds {
            self.passed = self.passed.saturating_add(STEP).min(seconds);
            self.accrue()?;
        }
        Ok(self.market)
    }

    /// The market as far as it has gone.
    pub fn market(&self) -> &Market {
        self.market
    }

    fn accrue(&mut self) -> Result<(), EngineError> {
        let now = self.begin.after(self.passed)?;
        self.session.clock.now = now;
        // The price stays what it is, and somebody publishes it.
        let price = &mut self.market.price;
        price.published = price.published.max(now);
        price.newest_published = price.newest_published.max(now);
        let accrual = self.market.refresh(None, &self.session)?.accrual();
        accrual.done(self.market, self.session.clock).map(|_| ())
    }
}
