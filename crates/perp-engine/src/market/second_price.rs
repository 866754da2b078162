//! What a second source allows the first to say.

use crate::error::EngineError;
use crate::market::price::listed_spread_ceil;
use crate::state::Market;
use crate::units::products::price_share_floor;
use crate::units::{Price, Timestamp};

#[cfg(test)]
mod tests;

/// Whether a price of the first source is within `second_max_deviation` of the second's, besides the second's confidence and what
/// the listed volatility moves in the time between the two. A second price that is further away in time than `second_max_age`
/// bounds nothing.
pub(crate) fn is_in_bounds(market: &Market, price: Price, published: Timestamp) -> Result<bool, EngineError> {
    let (second, parameters) = (&market.second_price, &market.parameters);
    let apart = published.get().abs_diff(second.published.get());
    if second.published.is_never() || apart > u64::from(parameters.second_max_age) {
        return Ok(true);
    }
    let deviation = price_share_floor(second.price, parameters.second_max_deviation)?;
    match price.get().abs_diff(second.price.get()).checked_sub(deviation.get()) {
        Some(beyond) => Ok(beyond <= listed_spread_ceil(second.price, second.confidence, apart, parameters)?.get()),
        // Near enough without a spread, which is dear to compute.
        None => Ok(true),
    }
}
