//! The range a market's price may lie in. Whoever acts is served at the end that is worse for him.

use crate::error::EngineError;
use crate::market::price::{is_dead, is_fresh_in, spread_ceil};
use crate::state::{Market, FRESH_SECONDS};
use crate::units::products::price_share_ceil;
use crate::units::{Price, Side, Timestamp, MAX_PRICE};

#[cfg(test)]
mod tests;

/// From when on the prices of an account's positions count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The markets with a fresh price published their newest in the same second: each counts at it.
    Newest,
    /// From the second so many seconds ago on, the newest in which all of them have a price.
    Since {
        /// How many seconds ago.
        seconds_ago: u32,
    },
    /// There is no second in which all of them have a price.
    Apart,
    /// Nor does any count as known.
    Unknown,
}

impl Moment {
    /// The moment of markets at `reference`; those without a fresh price have no say.
    ///
    /// Who updates only some of the markets only adds prices to those from which the end is taken that is worse for him: an
    /// older moment never helps whoever chooses it.
    pub fn of<'a>(markets: impl Iterator<Item = &'a Market> + Clone, reference: Timestamp) -> Self {
        // A final price is that of every second.
        let mut fresh =
            markets.filter(|market| is_fresh_in(market, reference) && !market.settlement.is_final(reference));
        let Some(first) = fresh.next() else { return Self::Newest };
        let mut rest = fresh.clone();
        if rest.all(|market| market.price.published == first.price.published) {
            return Self::Newest;
        }
        let held = fresh.fold(first.recent.held(reference), |held, market| held & market.recent.held(reference));
        // The lowest bit is the newest second.
        if held == 0 {
            Self::Apart
        } else {
            Self::Since { seconds_ago: held.trailing_zeros() }
        }
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

    /// Whether the oracle is held for dead.
    pub const fn is_dead(&self) -> bool {
        self.last.is_none()
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

    /// The price at which what a market could pay a position on that side is judged: the end that is better for it, since its
    /// true price may be there and can be handed in; once the oracle is held for dead the one at which it is settled.
    pub fn judged(&self, side: Side) -> Price {
        match self.last {
            Some(_) => self.better(side),
            None => self.worse(side),
        }
    }
}

/// The range of a market's price: while it is fresh the extremes of its good prices from `moment` on, all it remembers where
/// there is no moment, no further than the stress move from the newest; afterwards [`stale_range`].
pub fn price_range(market: &Market, moment: Moment, reference: Timestamp) -> Result<PriceRange, EngineError> {
    let last = market.price.price;
    if market.settlement.is_final(reference) {
        return Ok(PriceRange::point(last));
    }
    if !is_fresh_in(market, reference) {
        return stale_range(market, reference);
    }
    let seconds_ago = match moment {
        Moment::Since { seconds_ago } => seconds_ago,
        Moment::Apart => FRESH_SECONDS,
        Moment::Newest => return Ok(PriceRange::point(last)),
        Moment::Unknown => return stale_range(market, reference),
    };
    let (low, high) = market.recent.extremes(seconds_ago, reference).unwrap_or((last, last));
    // One print, and another a second later in the same transaction, must not make a profit that nobody can settle.
    let stress = price_share_ceil(last, market.parameters.stress_move)?;
    let (lowest, highest) = (last.checked_sub(stress).unwrap_or(low), last.checked_add(stress).unwrap_or(high));
    let (low, high) = (low.max(lowest), high.min(highest));
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
        high: price.checked_add(width).unwrap_or(Price::new(MAX_PRICE)),
        last: (!is_dead(market, reference)).then_some(price),
    })
}
