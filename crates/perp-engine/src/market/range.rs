//! The range a market's price may lie in. Whoever acts is served at the end that is worse for him.

use crate::error::EngineError;
use crate::market::price::{is_dead, is_fresh_in, spread_ceil};
use crate::state::Market;
use crate::units::products::price_share_ceil;
use crate::units::{Price, Side, Timestamp, MAX_PRICE};

#[cfg(test)]
mod tests;

/// From when on the prices of an account's positions count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The markets with a fresh price published their newest in the same second: each counts at it.
    Newest,
    /// From the span so many spans ago on, the newest in which all of them have a price; all spans where there is none.
    Since {
        /// How many spans of two seconds ago.
        spans_ago: u32,
    },
}

impl Moment {
    /// The moment of markets at `reference`; those without a fresh price have no say.
    ///
    /// Who updates only some of the markets only adds prices to those from which the end is taken that is worse for him: an
    /// older moment never helps whoever chooses it.
    pub fn of<'a>(markets: impl Iterator<Item = &'a Market> + Clone, reference: Timestamp) -> Self {
        let mut fresh = markets.filter(|market| is_fresh_in(market, reference));
        let Some(first) = fresh.next() else { return Self::Newest };
        let mut rest = fresh.clone();
        if rest.all(|market| market.price.published == first.price.published) {
            return Self::Newest;
        }
        let held = fresh.fold(first.recent.held(reference), |held, market| held & market.recent.held(reference));
        // The lowest bit is the newest span; without any, every span a byte stands for.
        Self::Since { spans_ago: if held == 0 { u8::BITS } else { held.trailing_zeros() } }
    }
}

/// The prices between which a market's true one lies, and the one at which profit turns into cash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceRange {
    /// The lower end.
    pub low: Price,
    /// The upper end.
    pub high: Price,
    /// The last good price; none once the oracle is held for dead.
    last: Option<Price>,
}

impl PriceRange {
    /// A price that is known.
    pub const fn point(price: Price) -> Self {
        Self { low: price, high: price, last: Some(price) }
    }

    /// Any price from one to the other.
    pub const fn between(low: Price, high: Price) -> Self {
        Self { low, high, last: None }
    }

    /// The range with another price that counts as well.
    pub fn with(self, price: Option<Price>) -> Self {
        let Some(price) = price else { return self };
        Self { low: self.low.min(price), high: self.high.max(price), ..self }
    }

    /// The end that is better for a position on that side.
    pub const fn better(&self, side: Side) -> Price {
        match side {
            Side::Long => self.high,
            Side::Short => self.low,
        }
    }

    /// The end that is worse for a position on that side.
    pub const fn worse(&self, side: Side) -> Price {
        self.better(side.opposite())
    }

    /// The price at which a position on that side is settled: the last good one, and once the oracle is held for dead the
    /// worse end, so that a long and a short there take out no more than the market owes one of them.
    pub fn settled(&self, side: Side) -> Price {
        self.last.unwrap_or(self.worse(side))
    }
}

/// The range of a market's price: while it is fresh the extremes of its good prices from `moment` on; afterwards
/// [`stale_range`].
pub fn price_range(market: &Market, moment: Moment, reference: Timestamp) -> Result<PriceRange, EngineError> {
    let last = market.price.price;
    if !is_fresh_in(market, reference) {
        return stale_range(market, reference);
    }
    let Moment::Since { spans_ago } = moment else { return Ok(PriceRange::point(last)) };
    if market.settlement.has_begun() {
        return Ok(PriceRange::point(last));
    }
    let (low, high) = market.recent.extremes(spans_ago, reference).unwrap_or((last, last));
    Ok(PriceRange { low, high, last: Some(last) })
}

/// The range of a price that is not fresh: at once the stress move to both sides, since who withholds a price withholds its
/// volatility; later the spread at its age, at most half of the price.
pub fn stale_range(market: &Market, reference: Timestamp) -> Result<PriceRange, EngineError> {
    let price = market.price.price;
    let stress = price_share_ceil(price, market.parameters.stress_move)?;
    let width = stress.max(spread_ceil(market, reference)?).min(Price::new(price.get() / 2));
    Ok(PriceRange {
        low: price.checked_sub(width)?,
        high: price.checked_add(width)?.min(Price::new(MAX_PRICE)),
        last: (!is_dead(market, reference)).then_some(price),
    })
}
