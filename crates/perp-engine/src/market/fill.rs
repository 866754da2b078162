//! What an order costs: spread, one-sided impact, fee.

use crate::error::EngineError;
use crate::market::price::spread_ceil;
use crate::state::{Market, MarketLedger, Parameters};
use crate::units::products::{mul_div_ceil, notional, shares_of_notional_ceil, size_share_floor};
use crate::units::{Atoms, Price, QuoteX40, Side, SignedSize, Size, Timestamp};

#[cfg(test)]
mod tests;

/// The terms of one order before it touches an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// The order's notional at the index.
    pub index_notional: QuoteX40,
    /// What spread and impact add to the trader's cost, exactly; never negative.
    pub charge: QuoteX40,
    /// The spread's part of the charge; the rest is the impact's.
    pub spread: QuoteX40,
    /// The market's spread, of one base unit.
    pub unit_spread: Price,
    /// The taker fee.
    pub fee: Atoms,
}

impl Fill {
    /// What the order's base units are bought or sold for: at best the index.
    pub fn notional(&self, side: Side) -> Result<QuoteX40, EngineError> {
        match side {
            Side::Long => self.index_notional.checked_add(self.charge),
            Side::Short => self.index_notional.checked_sub(self.charge),
        }
    }

    /// The impact's part of the charge.
    pub fn impact(&self) -> Result<QuoteX40, EngineError> {
        self.charge.checked_sub(self.spread)
    }

    /// Spread, impact and fee together, in atoms rounded up.
    pub fn cost_ceil(&self) -> Result<Atoms, EngineError> {
        self.charge.to_atoms_ceil()?.checked_add(self.fee)
    }

    /// The order costing at most `cap`: the charge gives way before the fee does, the impact before the spread.
    pub fn capped(self, cap: Atoms) -> Result<Self, EngineError> {
        if self.cost_ceil()? <= cap {
            return Ok(self);
        }
        let fee = self.fee.min(cap);
        let charge = self.charge.min(cap.checked_sub(fee)?.to_x40()?);
        Ok(Self { fee, charge, spread: self.spread.min(charge), ..self })
    }
}

/// `G(s) = s²/2S` up to `limit = M·S`, linear with slope `M` beyond; in base units, rounded up once, so that
/// differences telescope and splitting an order never lowers what it pays.
///
/// Beyond the limit `limit²/2S + (limit/S)·(s − limit) = limit·(2s − limit)/2S`.
fn impact_potential_ceil(skew: Size, limit: Size, scale: Size) -> Result<Size, EngineError> {
    let twice_scale = scale.checked_add(scale)?.get();
    let potential = if skew <= limit {
        mul_div_ceil(skew.get(), skew.get(), twice_scale)?
    } else {
        // Twice a size may exceed what a size can be.
        let twice = skew.get().checked_mul(2).ok_or(EngineError::Overflow)?;
        let reach = twice.checked_sub(limit.get()).ok_or(EngineError::Overflow)?;
        mul_div_ceil(limit.get(), reach, twice_scale)?
    };
    Ok(Size::new(potential))
}

/// Base units an order pays for making the market more one-sided. Nothing is ever paid out for making it less so: a
/// premium for reducing the skew could be harvested by moving the skew first.
pub fn impact_ceil(skew: SignedSize, order: SignedSize, parameters: &Parameters) -> Result<Size, EngineError> {
    let after = skew.checked_add(order)?;
    let scale = parameters.impact_scale;
    let limit = size_share_floor(scale, parameters.impact_limit)?;
    let end = impact_potential_ceil(after.size(), limit, scale)?;
    if skew.is_zero() || skew.side() == after.side() {
        let start = impact_potential_ceil(skew.size(), limit, scale)?;
        Ok(end.saturating_sub(start))
    } else {
        Ok(end)
    }
}

/// Long minus short open interest.
pub fn skew(ledger: &MarketLedger) -> Result<SignedSize, EngineError> {
    let [long, short] = &ledger.sides;
    long.open_interest.on(Side::Long)?.checked_add(short.open_interest.on(Side::Short)?)
}

/// The terms of a market order of `order` base units.
///
/// # Errors
/// [`EngineError::SizeOutOfRange`] for zero, [`EngineError::NotionalOutOfRange`].
pub fn quote(market: &Market, order: SignedSize, reference: Timestamp) -> Result<Fill, EngineError> {
    quote_at(market, order, market.price.price, || spread_ceil(market, reference))
}

/// The terms of an order at any price, with that spread of one base unit.
///
/// # Errors
/// [`EngineError::SizeOutOfRange`] for zero, [`EngineError::NotionalOutOfRange`].
pub(crate) fn quote_at(
    market: &Market,
    order: SignedSize,
    price: Price,
    spread: impl FnOnce() -> Result<Price, EngineError>,
) -> Result<Fill, EngineError> {
    let side = order.side().ok_or(EngineError::SizeOutOfRange)?;
    let (size, parameters) = (order.size(), &market.parameters);
    let skew = skew(&market.ledger)?;

    // The impact comes first: it refuses a size beyond the range, whose notional would be another reason.
    let impact = impact_ceil(skew, order, parameters)?;
    let index_notional = notional(size, price)?;
    let unit_spread = spread()?;
    let spread = notional(size, unit_spread)?;
    let impact = notional(impact, price)?;
    // A sale fetches at least nothing: on an extreme skew the charge stops at the notional.
    let charge = spread.checked_add(impact)?.min(index_notional);

    // Only an order across zero skew has both parts.
    let rebalancing = if skew.side() == Some(side.opposite()) { size.min(skew.size()) } else { Size::ZERO };
    let rebalancing = if rebalancing == size { index_notional } else { notional(rebalancing, price)? };
    let fee = shares_of_notional_ceil([
        (index_notional.checked_sub(rebalancing)?, parameters.taker_fee),
        (rebalancing, parameters.taker_fee_rebalancing),
    ])?;
    Ok(Fill { index_notional, charge, spread: spread.min(charge), unit_spread, fee })
}
