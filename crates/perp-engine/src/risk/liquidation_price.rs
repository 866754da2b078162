//! The price of one market at which an account becomes liquidatable, all else as it is.

use crate::error::EngineError;
use crate::state::{Market, RecentPrices};
use crate::units::products::is_notional_in_range;
use crate::units::{Price, Side, Timestamp, MAX_PRICE};

/// Gives the market another price, known for certain and of `reference`. Returns `false`, and changes nothing, where it is beyond what
/// the units hold: no market trades there.
pub fn move_price(market: &mut Market, price: Price, reference: Timestamp) -> bool {
    let in_range = |side| is_notional_in_range(market.ledger.side(side).open_interest, price);
    if !Side::BOTH.into_iter().all(in_range) {
        return false;
    }
    market.price.price = price;
    market.price.published = reference;
    market.price.newest_published = reference;
    market.price.outage_since = Timestamp::NEVER;
    market.recent = RecentPrices::default();
    market.recent.record(price, reference);
    true
}

/// The price at which an account with a position on that side becomes liquidatable, to the last digit: `present` where it already is,
/// `None` where no price does it. `is_liquidatable` says whether a price makes it so, `None` where no market trades at it; it is asked at
/// each step of a bisection, so that everything counts by the rules: size premium, and what the market can pay.
///
/// # Errors
/// Those of `is_liquidatable`.
pub fn search_liquidation_price(
    side: Side,
    present: Price,
    mut is_liquidatable: impl FnMut(Price) -> Result<Option<bool>, EngineError>,
) -> Result<Option<Price>, EngineError> {
    if is_liquidatable(present)? == Some(true) {
        return Ok(Some(present));
    }
    let mut healthy = present.get();
    let mut beyond = match side {
        Side::Long => 1,
        Side::Short => MAX_PRICE,
    };
    if is_liquidatable(Price::new(beyond))? == Some(false) {
        return Ok(None);
    }
    while healthy.abs_diff(beyond) > 1 {
        let middle = healthy.midpoint(beyond);
        match is_liquidatable(Price::new(middle))? {
            Some(false) => healthy = middle,
            Some(true) | None => beyond = middle,
        }
    }
    Ok((is_liquidatable(Price::new(beyond))? == Some(true)).then_some(Price::new(beyond)))
}
