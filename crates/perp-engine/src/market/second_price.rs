//! What a second source allows the first to say.

use crate::error::EngineError;
use crate::market::price::listed_spread_ceil;
use crate::state::Market;
use crate::units::products::price_share_floor;
use crate::units::{Price, Timestamp};

#[cfg(test)]
mod tests;

/// Whether the second source bears a price of the first out.
pub(crate) fn is_in_bounds(market: &Market, price: Price, published: Timestamp) -> Result<bool, EngineError> {
    Ok(nearest_in_bounds(market, price, published)? == price)
}

/// The price nearest to one of the first source that is within `second_max_deviation` of the second's, besides the second's confidence
/// and what the listed volatility moves in the time between the two. A second price that is further away in time than `second_max_age`
/// bounds nothing.
pub(crate) fn nearest_in_bounds(market: &Market, price: Price, published: Timestamp) -> Result<Price, EngineError> {
    let (second, parameters) = (&market.second_price, &market.parameters);
    let apart = published.get().abs_diff(second.published.get());
    if second.published.is_never() || apart > u64::from(parameters.second_max_age) {
        return Ok(price);
    }
    let deviation = price_share_floor(second.price, parameters.second_max_deviation)?;
    let Some(beyond) = price.get().abs_diff(second.price.get()).checked_sub(deviation.get()) else {
        // Near enough without a spread, which is dear to compute.
        return Ok(price);
    };
    let spread = listed_spread_ceil(second.price, second.confidence, apart, parameters)?;
    match beyond.checked_sub(spread.get()) {
        None | Some(0) => Ok(price),
        Some(beyond) if price > second.price => price.checked_sub(Price::new(beyond)),
        Some(beyond) => price.checked_add(Price::new(beyond)),
    }
}
