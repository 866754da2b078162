//! When boundaries are, and keeping the books as they stand when one comes.

use crate::error::EngineError;
use crate::state::{BoundaryLedger, Epoch, Market, Pool, Queue, Settlement};
use crate::units::{Clock, Timestamp};
use crate::{market::funding, session::Session};

/// Backing rests for so long before a boundary, and the next one is at least so far from the close of the last: by more than any
/// market's future tolerance, so that no book is kept of a boundary that the clock has not reached while another moves.
pub const BOUNDARY_REST_SECONDS: u32 = 60;

/// The first boundary at or after this time.
///
/// # Errors
/// [`EngineError::Overflow`] before 1970 and at the end of time.
pub fn boundary_after(time: Timestamp, epoch: u32) -> Result<Timestamp, EngineError> {
    // Without a sign: the chain's machine divides nothing else.
    let seconds = u64::try_from(time.get()).map_err(|_| EngineError::Overflow)?;
    let beyond = seconds.checked_rem(u64::from(epoch)).ok_or(EngineError::Overflow)?;
    if beyond == 0 {
        return Ok(time);
    }
    let missing = u64::from(epoch).checked_sub(beyond).and_then(|missing| u32::try_from(missing).ok());
    time.after(missing.ok_or(EngineError::Overflow)?)
}

/// The first boundary that nobody has begun to keep books for.
///
/// # Errors
/// [`EngineError::Overflow`] at the end of time.
pub fn next_boundary(now: Timestamp, epoch: u32) -> Result<Timestamp, EngineError> {
    boundary_after(now.after(BOUNDARY_REST_SECONDS)?, epoch)
}

impl Market {
    /// Keeps the market as it stands, once, when the boundary that the exchange waits for has come by the clock or by the reading that
    /// is about to be taken in. Nothing done afterwards, at any price, enters. [`Market::refresh`] does it.
    ///
    /// # Errors
    /// [`EngineError::Overflow`].
    pub fn keep_at_boundary(&mut self, published: Option<i64>, session: &Session) -> Result<(), EngineError> {
        let boundary = session.boundary;
        if boundary == self.at_boundary.boundary || boundary.is_never() {
            return Ok(());
        }
        // One from too far ahead of the clock is no price.
        let latest = session.clock.now.after(self.parameters.future_tolerance)?.get();
        let come = session.boundary_has_come()
            || published.is_some_and(|published| (boundary.get()..=latest).contains(&published));
        if come {
            self.at_boundary = BoundaryLedger {
                boundary,
                valued: self.at_boundary.valued,
                reading: Default::default(),
                price: self.price,
                second_price: self.second_price,
                averages: self.averages,
                ledger: self.ledger,
            };
        }
        Ok(())
    }

    /// Hands the market as it stood at the boundary that is kept, with funding accrued up to then.
    pub(crate) fn at_boundary<T>(
        &mut self,
        look: impl FnOnce(&Self) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let settlement = self.settlement;
        self.settlement = self.settlement_at_boundary();
        self.swap_boundary();
        let boundary = self.at_boundary.boundary;
        let seen = funding::accrue(self, Clock { now: boundary, slot: 0 }).and_then(|_| look(self));
        self.swap_boundary();
        self.settlement = settlement;
        seen
    }

    /// How the market had ended when it was kept. What has ended since had not, also where a reading ahead of the clock had it kept:
    /// its price then was not the final one.
    fn settlement_at_boundary(&self) -> Settlement {
        let (settlement, kept) = (self.settlement, &self.at_boundary);
        if settlement.moved_at < kept.boundary && kept.price.price == settlement.price {
            return settlement;
        }
        Settlement { delisted_from: settlement.delisted_from, ..Settlement::default() }
    }

    fn swap_boundary(&mut self) {
        core::mem::swap(&mut self.price, &mut self.at_boundary.price);
        core::mem::swap(&mut self.second_price, &mut self.at_boundary.second_price);
        core::mem::swap(&mut self.averages, &mut self.at_boundary.averages);
        core::mem::swap(&mut self.ledger, &mut self.at_boundary.ledger);
    }
}

impl Pool {
    /// Keeps the pool's cash as it stands, once, when the boundary that the exchange waits for has come, and takes from the queue what
    /// belongs to it. `markets` are listed.
    ///
    /// # Errors
    /// [`EngineError::Overflow`].
    pub fn keep_at_boundary(&mut self, queue: &mut Queue, markets: u16, session: &Session) -> Result<(), EngineError> {
        if !session.boundary_has_come() || self.epoch.waiting.boundary == session.boundary {
            return Ok(());
        }
        let waiting = queue.take(session.boundary)?;
        self.epoch = Epoch { lower: self.cash, upper: self.cash, markets, waiting, ..Epoch::default() };
        Ok(())
    }
}
