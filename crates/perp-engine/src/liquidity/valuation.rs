//! What the pool is worth at least and at most.
//!
//! With `a` the spread of a market's price (confidence and the drift since it was published):
//! - at least `cash + Σ max(0, min over p ± a of (backing − U_L⁺ − U_S⁺ − (claims − pot) − max(0, −pending funding)))`: what is
//!   left of each backing once winning sides and claims are paid and losing sides have paid nothing more;
//! - at most `cash + Σ max(0, max over p ± a of NAV)` with
//!   `NAV = backing + pot − claims + debts − U_L − U_S + pending funding`: what is left if every loser and debtor pays.
//!
//! # Where the extremes lie
//! `NAV` is linear in `p`: its maximum is at one end of the interval. Of the lower value only `−U_L⁺ − U_S⁺` depends on `p`:
//! `min(0, entry_L − L·p) + min(0, Sh·p − entry_S)`. Minima of linear functions are concave, so is their sum, and a concave
//! function is least at an end of an interval: both ends are evaluated and nothing between.
//!
//! At one price each term is at most that of `NAV`, hence the lower value is at most the upper.
//!
//! # Why losers count for nothing
//! `spare` counts a losing side for its maintenance margin. Over a whole side that is a guess: after a gap an account may
//! be bankrupt and not closed yet, and then a new position on its side, which has lost nothing, would vouch for its loss.
//! Whoever leaves could open one, be paid out of what those who stay will write off, and close it. Losses that are
//! good can be settled by anybody before the execution, and count as cash.

use crate::error::EngineError;
use crate::funding::accrue_if_possible;
use crate::price::{reference_time, require_price, spread_ceil, Action};
use crate::solvency::{pending_funding, side_unrealised, solvency};
use crate::state::{Books, Market, Pool};
use crate::status::Status;
use crate::units::{Atoms, Clock, Price, Raw, Side, Timestamp, MAX_PRICE};

/// When, and since when prices count, a pool is valued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Valuation {
    /// The exchange's status.
    pub status: Status,
    /// When the exchange's last pause ended.
    pub resumed_at: Timestamp,
    pub clock: Clock,
    /// Prices published before this do not count.
    pub published_from: Timestamp,
}

/// The interval a market's price may lie in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PriceRange {
    low: Price,
    high: Price,
}

/// Whether nobody has a position: the market's value then depends on no price.
pub(super) fn is_flat(books: &Books) -> bool {
    books.sides.iter().all(|side| side.open_interest.is_zero())
}

/// `p ± a`, ending at the bounds no price can leave.
fn price_range(market: &Market, valuation: &Valuation, reference: Timestamp) -> Result<PriceRange, EngineError> {
    let price = require_price(market, Action::Liquidity, reference).map_err(|error| match error {
        EngineError::PriceStale { age, allowed } => EngineError::LegStale { market: market.index, age, allowed },
        other => other,
    })?;
    if market.price.published < valuation.published_from {
        return Err(EngineError::RequestNotMature { executable_from: valuation.published_from.get() });
    }
    let spread = spread_ceil(market, reference)?;
    Ok(PriceRange {
        low: price.minus(spread).unwrap_or(Price::ZERO),
        high: price.plus(spread).unwrap_or(Price::new(MAX_PRICE)),
    })
}

/// Backing and what is unsettled at `price`, exactly; negative where the market is under water.
fn net_asset_value(books: &Books, price: Price) -> Result<Raw, EngineError> {
    let cash = books.backing.plus(books.pot)?.plus(books.debts)?;
    let mut value = cash.raw()?.minus(books.claims.raw()?)?.plus(pending_funding(books)?)?;
    for side in Side::BOTH {
        value = value.minus(side_unrealised(books, side, price)?)?;
    }
    Ok(value)
}

/// Least the market is worth to the pool, rounded down.
///
/// # Errors
/// [`EngineError::MarketUnusable`], [`EngineError::LegStale`] (update its price first),
/// [`EngineError::RequestNotMature`].
pub fn market_value_floor(market: &Market, valuation: &Valuation, reference: Timestamp) -> Result<Atoms, EngineError> {
    if is_flat(&market.books) {
        return Ok(solvency(&market.books, &market.parameters, Price::ZERO)?.spare.positive_part());
    }
    let PriceRange { low, high } = price_range(market, valuation, reference)?;
    let books = accrue_if_possible(market, valuation.status, valuation.resumed_at, valuation.clock)?;
    // Payers owe it to receivers of the same accrual, and a new position has none pending to vouch for another's with.
    let owed = books.unfunded_claims()?.plus(pending_funding(&books)?.negative_part()?.amount_ceil()?)?;
    let certain = |price| -> Result<Atoms, EngineError> {
        let winners = |side| side_unrealised(&books, side, price)?.positive_part().amount_ceil();
        let [long, short] = Side::BOTH;
        Ok(books.backing.excess_over(owed.plus(winners(long)?)?.plus(winners(short)?)?))
    };
    Ok(certain(low)?.min(certain(high)?))
}

/// Most the market may be worth to the pool, rounded up.
///
/// # Errors
/// As [`market_value_floor`].
pub fn market_value_ceil(market: &Market, valuation: &Valuation, reference: Timestamp) -> Result<Atoms, EngineError> {
    if is_flat(&market.books) {
        return net_asset_value(&market.books, Price::ZERO)?.positive_part().amount_ceil();
    }
    let PriceRange { low, high } = price_range(market, valuation, reference)?;
    let books = accrue_if_possible(market, valuation.status, valuation.resumed_at, valuation.clock)?;
    let [long, short] = &books.sides;
    // The slope is short minus long open interest.
    let best = if short.open_interest > long.open_interest { high } else { low };
    net_asset_value(&books, best)?.positive_part().amount_ceil()
}

/// `markets` are all markets of the exchange, each at the place of its index.
fn check_order(markets: &[&Market]) -> Result<(), EngineError> {
    for (market, expected) in markets.iter().zip(0u16..) {
        if market.index != expected {
            return Err(EngineError::MarketsMismatch { expected });
        }
    }
    Ok(())
}

/// Least the pool is worth, rounded down: what shares are redeemed at. `markets` are all markets of the exchange in the
/// order of their indices; the caller checks that none is missing.
///
/// A market that cannot be valued counts zero and blocks nobody's exit. One that merely was not updated is refused
/// instead, or what counts would depend on who updated what.
///
/// # Errors
/// [`EngineError::MarketsMismatch`], [`EngineError::LegStale`], [`EngineError::RequestNotMature`].
pub fn pool_value_floor(pool: &Pool, markets: &[&Market], valuation: &Valuation) -> Result<Atoms, EngineError> {
    check_order(markets)?;
    let reference = reference_time(valuation.clock, markets.iter().copied());
    markets.iter().try_fold(pool.cash, |sum, market| match market_value_floor(market, valuation, reference) {
        Ok(value) => sum.plus(value),
        Err(EngineError::MarketUnusable { .. } | EngineError::NotionalOutOfRange) => Ok(sum),
        Err(error) => Err(error),
    })
}

/// The same where every market can be valued.
///
/// # Errors
/// Those of [`pool_value_floor`], [`EngineError::MarketUnusable`], [`EngineError::NotionalOutOfRange`].
pub(super) fn whole_pool_value_floor(
    pool: &Pool,
    markets: &[&Market],
    valuation: &Valuation,
) -> Result<Atoms, EngineError> {
    check_order(markets)?;
    let reference = reference_time(valuation.clock, markets.iter().copied());
    markets.iter().try_fold(pool.cash, |sum, market| sum.plus(market_value_floor(market, valuation, reference)?))
}

/// Most the pool may be worth, rounded up: what shares are issued at. `markets` as for [`pool_value_floor`].
///
/// # Errors
/// Those of [`pool_value_floor`], and [`EngineError::MarketUnusable`]: nobody buys into what cannot be valued.
pub fn pool_value_ceil(pool: &Pool, markets: &[&Market], valuation: &Valuation) -> Result<Atoms, EngineError> {
    check_order(markets)?;
    let reference = reference_time(valuation.clock, markets.iter().copied());
    markets.iter().try_fold(pool.cash, |sum, market| sum.plus(market_value_ceil(market, valuation, reference)?))
}
