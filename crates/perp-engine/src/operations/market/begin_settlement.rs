//! Moving a market to settlement, for anybody: at one final price, once its oracle has been dead for long enough or its
//! delisting is due.

use crate::error::EngineError;
use crate::market::averages::settlement_price;
use crate::market::Ready;
use crate::state::{PriceCache, Settlement, SETTLEMENT_AVERAGE_SECONDS};
use crate::units::{Price, Timestamp};

#[cfg(test)]
mod tests;

/// The market's price and settlement after the move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettlementPlan {
    /// The final price, in force for everything.
    pub price: PriceCache,
    /// How the market ends.
    pub settlement: Settlement,
}

impl SettlementPlan {
    /// Stores the plan.
    pub fn apply(&self, market: &mut Ready<'_>) {
        let state = market.market_mut();
        state.price = self.price;
        state.settlement = self.settlement;
    }
}

/// Plans the move at the average of the last good prices: no single one, which somebody could have chosen.
///
/// # Errors
/// [`EngineError::SettlementNotDue`] with when it is, zero where neither an outage is reported nor the market delisted;
/// [`EngineError::MarketSettled`].
pub fn plan_begin_settlement(market: &Ready<'_>) -> Result<SettlementPlan, EngineError> {
    let (settlement, now) = (market.settlement, market.clock().now);
    if settlement.has_begun() {
        return Err(EngineError::MarketSettled);
    }
    let outage_since = market.price.outage_since;
    let by_outage =
        if outage_since.is_never() { None } else { Some(outage_since.after(market.parameters.settle_after)?) };
    let by_delisting = if settlement.delisted_from.is_never() {
        None
    } else {
        Some(settlement.delisted_from.after(SETTLEMENT_AVERAGE_SECONDS)?)
    };
    let due = [by_outage, by_delisting].into_iter().flatten().min();
    let from = due.ok_or(EngineError::SettlementNotDue { from: Timestamp::NEVER.get() })?;
    if now < from {
        return Err(EngineError::SettlementNotDue { from: from.get() });
    }
    let price = settlement_price(&market.averages).max(Price::new(1));
    // Only an outage can be found to have been none.
    let outage_since = if by_outage == Some(from) { outage_since } else { Timestamp::NEVER };
    Ok(SettlementPlan {
        price: PriceCache { price, confidence: Price::ZERO, ..market.price },
        settlement: Settlement { moved_at: now, outage_since, price, ..settlement },
    })
}
