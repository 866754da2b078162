//! Finding what a market was worth at a boundary, for anybody: at the one reading of that moment.

use super::request::VALUATION_LAMPORTS;
use super::valuation::{certain_range, most_counted, MarketValue};
use crate::error::EngineError;
use crate::market::price::good_price;
use crate::market::range::{stale_range, PriceRange};
use crate::oracle::OracleReading;
use crate::session::Session;
use crate::state::{BoundaryReading, Market, Pool};
use crate::units::{Price, Timestamp};

/// Readings count for so long after a boundary; then the range does in which the price may have been.
pub const READING_ALLOWANCE_SECONDS: u32 = 1_800;
/// Where the reading of a boundary is missing, the earliest published within so many seconds stands for it.
pub const NEAR_SECONDS: u32 = 10;

/// What became of a market's valuation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Valuation {
    /// The market is valued.
    Valued {
        /// What it was worth.
        value: MarketValue,
        /// What the caller gets for it, in lamports.
        lamports: u64,
    },
    /// The reading is kept as the earliest near the boundary, and counts if the one of the boundary is not handed in in time.
    Noted,
    /// An earlier one near the boundary is known already.
    NotEarlier,
}

/// Values a market as it stood at the boundary, whatever its status: at its final price; else at the one reading with
/// `previous publish time < boundary ≤ publish time`, which is final at once; once [`READING_ALLOWANCE_SECONDS`] have passed at the
/// earliest of those published within [`NEAR_SECONDS`] of it that were handed in, or else at the range of the price it had. A reading
/// that is too wide or out of its bounds is none. The books of pool and market are kept already; an error leaves them as they are.
///
/// # Errors
/// [`EngineError::NoBoundary`], [`EngineError::BoundaryAhead`], [`EngineError::MarketValued`],
/// [`EngineError::NoBoundaryReading`], [`EngineError::PriceOutOfRange`].
pub fn value_market(
    pool: &mut Pool,
    market: &mut Market,
    reading: Option<&OracleReading>,
    session: &Session,
) -> Result<Valuation, EngineError> {
    let boundary = session.boundary;
    require_kept(pool, session)?;
    if market.at_boundary.valued == boundary || market.index >= pool.epoch.markets {
        return Err(EngineError::MarketValued { market: market.index });
    }
    let kept = market.at_boundary.reading;
    let looked = market.at_boundary(|market| {
        let most = most_counted(market, pool, pool.epoch.cash);
        let range = match found(market, reading, kept, boundary, session.clock.now)? {
            Found::Near(reading) => return Ok(Err(reading)),
            Found::Price { price, confidence } => certain_range(price, confidence, &market.parameters)?,
            Found::Range(range) => range,
        };
        Ok(Ok(MarketValue::of(&market.ledger, most, range)?))
    })?;
    let value = match looked {
        Ok(value) => value,
        Err(near) => {
            let outcome = if near == kept { Valuation::NotEarlier } else { Valuation::Noted };
            market.at_boundary.reading = near;
            return Ok(outcome);
        }
    };
    market.at_boundary.valued = boundary;
    let epoch = &mut pool.epoch;
    epoch.lower = epoch.lower.checked_add(value.lower)?;
    epoch.upper = epoch.upper.checked_add(value.upper)?;
    epoch.unsettled = epoch.unsettled.checked_add(value.unsettled)?;
    epoch.valued = epoch.valued.checked_add(1).ok_or(EngineError::Overflow)?;
    let lamports = VALUATION_LAMPORTS.min(epoch.waiting.lamports);
    epoch.waiting.lamports = epoch.waiting.lamports.saturating_sub(lamports);
    Ok(Valuation::Valued { value, lamports })
}

/// Whether the boundary that the exchange waits for has come, and the pool is kept as it stood then.
///
/// # Errors
/// [`EngineError::NoBoundary`], [`EngineError::BoundaryAhead`].
pub(super) fn require_kept(pool: &Pool, session: &Session) -> Result<(), EngineError> {
    if session.boundary.is_never() {
        return Err(EngineError::NoBoundary);
    }
    if !session.boundary_has_come() || pool.epoch.waiting.boundary != session.boundary {
        return Err(EngineError::BoundaryAhead { boundary: session.boundary.get() });
    }
    Ok(())
}

enum Found {
    Price { price: Price, confidence: Price },
    Range(PriceRange),
    Near(BoundaryReading),
}

impl BoundaryReading {
    const fn price(&self) -> Found {
        Found::Price { price: self.price, confidence: self.confidence }
    }
}

/// What is known of the price at the boundary.
fn found(
    market: &Market,
    reading: Option<&OracleReading>,
    kept: BoundaryReading,
    boundary: Timestamp,
    now: Timestamp,
) -> Result<Found, EngineError> {
    if market.ledger.is_flat() || market.settlement.is_final(boundary) {
        return Ok(Found::Range(PriceRange::point(market.price.price)));
    }
    let until = boundary.after(READING_ALLOWANCE_SECONDS)?;
    if now > until {
        return if kept.published.is_never() {
            Ok(Found::Range(stale_range(market, boundary)?))
        } else {
            Ok(kept.price())
        };
    }
    let missing = EngineError::NoBoundaryReading { until: until.get() };
    let offered = reading.filter(|_| !market.settlement.has_begun()).ok_or(missing)?;
    let offered = good(market, offered)?.ok_or(missing)?;
    if offered.published < boundary {
        return Err(missing);
    }
    if offered.previous < boundary {
        return Ok(offered.price());
    }
    if offered.published > boundary.after(NEAR_SECONDS)? {
        return Err(missing);
    }
    Ok(Found::Near(if kept.published.is_never() || comes_before(&offered, &kept) { offered } else { kept }))
}

/// A reading in the market's unit, where it is certain enough and the second source bears it out.
fn good(market: &Market, reading: &OracleReading) -> Result<Option<BoundaryReading>, EngineError> {
    let published = Timestamp::new(reading.publish_time());
    let previous = Timestamp::new(reading.previous_publish_time());
    let good = good_price(market, reading)?;
    Ok(good.map(|(price, confidence)| BoundaryReading { price, confidence, published, previous }))
}

/// Of two readings near the boundary the one published earlier counts, of equal ones that with the earlier predecessor, then the wider,
/// then the one of the lower price: never the one that somebody handed in first.
fn comes_before(one: &BoundaryReading, other: &BoundaryReading) -> bool {
    let order = |reading: &BoundaryReading| {
        (reading.published, reading.previous, core::cmp::Reverse(reading.confidence), reading.price)
    };
    order(one) < order(other)
}
