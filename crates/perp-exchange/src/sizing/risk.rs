//! The size that loses no more than a given amount at a stop.

use super::volatility::require_equity;
use super::SizingError;
use crate::exchange::Exchange;
use perp_engine::market::fill::{quote, Fill};
use perp_engine::market::price::reference_time;
use perp_engine::state::Market;
use perp_engine::units::products::{notional, share_floor};
use perp_engine::units::{Atoms, Ppm, Price, QuoteX40, Side, SignedAtoms, SignedSize, Size, Timestamp, MAX_SIZE};
use perp_engine::EngineError;

/// A part of an account's equity, rounded down.
///
/// # Errors
/// [`SizingError::NoEquity`].
pub fn risk_of_equity(equity: SignedAtoms, share: Ppm) -> Result<Atoms, SizingError> {
    Ok(share_floor(require_equity(equity)?, share)?)
}

/// A size and what it loses at its stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RiskSize {
    /// What to trade; zero where even one base unit loses more.
    pub size: SignedSize,
    /// What opening it now and closing it at the stop costs, in atoms rounded up: the move, and spread, impact and fee of both.
    pub loss: Atoms,
    /// Of that, spread, impact and fee of both.
    pub costs: Atoms,
}

/// Opening a position and closing it at its stop.
struct RoundTrip<'a> {
    market: &'a Market,
    at_stop: Market,
    side: Side,
    /// What one base unit loses by the move.
    distance: Price,
    reference: Timestamp,
}

impl RoundTrip<'_> {
    fn of(&self, size: u64) -> Result<RiskSize, EngineError> {
        if size == 0 {
            return Ok(RiskSize { size: SignedSize::ZERO, loss: Atoms::ZERO, costs: Atoms::ZERO });
        }
        let size = Size::new(size);
        let order = size.on(self.side)?;
        let entry = quote(self.market, order, self.reference)?;
        let mut held = self.at_stop;
        let totals = held.ledger.side_mut(self.side);
        totals.open_interest = totals.open_interest.checked_add(size)?;
        let exit = quote(&held, size.on(self.side.opposite())?, self.reference)?;
        let cost = |fill: &Fill| fill.charge.checked_add(fill.fee.to_x40()?);
        let costs = cost(&entry)?.checked_add(cost(&exit)?)?;
        let moved: QuoteX40 = notional(size, self.distance)?;
        Ok(RiskSize { size: order, loss: moved.checked_add(costs)?.to_atoms_ceil()?, costs: costs.to_atoms_ceil()? })
    }
}

impl Exchange {
    /// The largest position on `side` that, opened now and closed at the price `stop`, loses at most `risk`: the move, and spread,
    /// impact and fee of both orders with everybody else's positions as they are. The engine is asked at each size of a bisection.
    /// Funding, a price that jumps past the stop, and what the margin allows are not in it.
    ///
    /// # Errors
    /// [`SizingError::StopOnWrongSide`]; `NoMarket`, `PriceStale` where the market never had a price.
    pub fn size_for_risk(&self, market: u16, side: Side, stop: Price, risk: Atoms) -> Result<RiskSize, SizingError> {
        let mut state = *self.market(market)?;
        state.refresh(None, &self.session())?;
        let price = state.price.price;
        if state.price.published.is_never() {
            let allowed = u64::from(state.parameters.max_age_trade);
            return Err(EngineError::PriceStale { age: u64::MAX, allowed }.into());
        }
        let wrong = SizingError::StopOnWrongSide { side, price, stop };
        let distance = match side {
            Side::Long => price.checked_sub(stop),
            Side::Short => stop.checked_sub(price),
        };
        let distance = distance.map_err(|_| wrong)?;
        let mut at_stop = state;
        at_stop.price.price = Price::checked(stop.get())?;
        let reference = reference_time(self.clock, [&state]);
        let trip = RoundTrip { market: &state, at_stop, side, distance, reference };
        let (mut admitted, mut beyond) = (trip.of(0)?, MAX_SIZE);
        let size_of = |found: &RiskSize| found.size.size().get();
        while beyond.saturating_sub(size_of(&admitted)) > 1 {
            let middle = size_of(&admitted).midpoint(beyond);
            match trip.of(middle) {
                Ok(found) if found.loss <= risk => admitted = found,
                // A size beyond the engine's range loses more than any account has.
                Ok(_) | Err(_) => beyond = middle,
            }
        }
        Ok(admitted)
    }
}
