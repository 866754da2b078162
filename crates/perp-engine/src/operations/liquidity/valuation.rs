//! What the pool is worth at least and at most.
//!
//! With `a` the spread of a market's price that its confidence makes (what trading adds for volatility is a price of trading, not
//! doubt about what the pool is worth):
//! - at least `cash + Σ max(0, min over p ± a of (backing − U_L⁺ − U_S⁺ − (claims − claims reserve) − max(0, −pending funding)))`: what is
//!   left of each backing once winning sides and claims are paid and losing sides have paid nothing more;
//! - at most `cash + Σ max(0, max over p ± a of (backing + claims reserve − claims + debts + pending funding + (U_L + U_S)⁻))`:
//!   what is left if every loser and debtor pays, winners being paid by losers alone. While what losers have yet to pay is more
//!   than the stress move of what they entered at, no share is issued: one print of a price would be worth money to whoever is
//!   in already, and counting only a part of it would sell shares below their value.
//!
//! # Where the extremes lie
//! Of the lower value only `−U_L⁺ − U_S⁺` depends on `p`: `min(0, entry_L − L·p) + min(0, Sh·p − entry_S)`. Minima of linear
//! functions are concave, so is their sum, and a concave function is least at an end of an interval. Of the upper value only
//! the losers' loss depends on `p`: the largest of linear functions, which is most at an end as well. Both ends are evaluated and
//! nothing between.
//!
//! # Why losers count for nothing
//! The surplus counts a losing side for its maintenance margin. Over a whole side that is a guess: after a gap an account may
//! be bankrupt and not closed yet, and then a new position on its side, which has lost nothing, would guarantee its loss.
//! Whoever leaves could open one, be paid out of what those who stay will write off, and close it. Losses that are
//! good can be settled by anybody before the execution, and count as cash.

use crate::error::EngineError;
use crate::market::price::{
    age, confidence_spread_ceil, is_dead, price_requirement, reference_time, require_price, PriceUse,
};
use crate::market::range::{stale_range, PriceRange};
use crate::market::solvency::{net_asset_value, pending_funding, side_unrealized, solvency};
use crate::session::Session;
use crate::state::{Market, MarketLedger, Pool};
use crate::units::products::{is_notional_in_range, share_ceil};
use crate::units::{Atoms, Price, QuoteX40, Side, Timestamp, MAX_PRICE};

/// When, and since when prices count, a pool is valued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Valuation {
    /// The exchange at that moment.
    pub session: Session,
    /// Prices published before this do not count.
    pub published_from: Timestamp,
}

/// The interval a market's price may lie in: `p ± a` with the confidence as `a`, ending at the bounds no price can leave; once
/// the oracle is held for dead the range that widens with its age.
fn valuation_range(market: &Market, valuation: &Valuation, reference: Timestamp) -> Result<PriceRange, EngineError> {
    if market.settlement.is_final(reference) {
        return Ok(PriceRange::point(market.price.price));
    }
    if is_dead(market, reference) {
        return stale_range(market, reference);
    }
    let (age, allowed) = (age(market, reference)?, price_requirement(market, PriceUse::Liquidity).age);
    if age > allowed {
        return Err(EngineError::LegStale { market: market.index, age, allowed });
    }
    let price = require_price(market, PriceUse::Liquidity, reference)?;
    if market.price.published < valuation.published_from {
        let executable_from = valuation.published_from.get();
        return Err(EngineError::PriceBeforeMaturity { market: market.index, executable_from });
    }
    let width = confidence_spread_ceil(market)?;
    let low = price.checked_sub(width).unwrap_or(Price::ZERO);
    Ok(PriceRange::between(low, price.checked_add(width).unwrap_or(Price::new(MAX_PRICE))))
}

/// The market's ledger with funding accrued up to the valuation, at the price as cached.
fn accrued(market: &Market, valuation: &Valuation) -> Result<MarketLedger, EngineError> {
    let mut market = *market;
    market.refresh(None, &valuation.session)?;
    Ok(market.ledger)
}

/// Least the market is worth to the pool, rounded down.
///
/// # Errors
/// [`EngineError::LegStale`] (update its price first),
/// [`EngineError::PriceBeforeMaturity`], [`EngineError::NotionalOutOfRange`].
pub fn market_value_floor(market: &Market, valuation: &Valuation, reference: Timestamp) -> Result<Atoms, EngineError> {
    if market.ledger.is_flat() {
        return Ok(solvency(&market.ledger, &market.parameters, Price::ZERO)?.surplus.positive_part());
    }
    value_within_floor(market, valuation, valuation_range(market, valuation, reference)?)
}

/// Least the market is worth at any price of `range`.
fn value_within_floor(market: &Market, valuation: &Valuation, range: PriceRange) -> Result<Atoms, EngineError> {
    let PriceRange { low, high, .. } = range;
    let ledger = accrued(market, valuation)?;
    // Payers owe it to receivers of the same accrual, and a new position has none pending to guarantee another's with.
    let owed = ledger.unfunded_claims()?.checked_add(pending_funding(&ledger)?.negative_part()?.to_atoms_ceil()?)?;
    let certain = |price| -> Result<Atoms, EngineError> {
        let winners = |side| side_unrealized(&ledger, side, price)?.positive_part().to_atoms_ceil();
        let owed = owed.checked_add(winners(Side::Long)?)?.checked_add(winners(Side::Short)?)?;
        Ok(ledger.backing.saturating_sub(owed))
    };
    Ok(certain(low)?.min(certain(high)?))
}

/// Most the market may be worth to the pool, rounded up.
///
/// # Errors
/// As [`market_value_floor`]; [`EngineError::LossesNotSettled`].
pub fn market_value_ceil(market: &Market, valuation: &Valuation, reference: Timestamp) -> Result<Atoms, EngineError> {
    if market.ledger.is_flat() {
        return net_asset_value(&market.ledger, Price::ZERO)?.positive_part().to_atoms_ceil();
    }
    let PriceRange { low, high, .. } = valuation_range(market, valuation, reference)?;
    let ledger = accrued(market, valuation)?;
    if !is_dead(market, reference) {
        require_settled_losses(&ledger, market)?;
    }
    let most = |price| most_at_ceil(&ledger, price);
    Ok(most(low)?.max(most(high)?))
}

/// Most the market may be worth at a price: what it holds and is owed without its positions, and the losers' loss, which pays the
/// winners of the same market first and never lets them count against its backing.
fn most_at_ceil(ledger: &MarketLedger, price: Price) -> Result<Atoms, EngineError> {
    let settled = ledger.backing.checked_add(ledger.claims_reserve)?.checked_add(ledger.debts)?.to_x40()?;
    let settled = settled.checked_sub(ledger.claims.to_x40()?)?.checked_add(pending_funding(ledger)?)?;
    let [long, short] = profits(ledger, price)?;
    settled.checked_add(long.checked_add(short)?.negative_part()?)?.positive_part().to_atoms_ceil()
}

/// Unrealized profit of `[longs, shorts]`.
fn profits(ledger: &MarketLedger, price: Price) -> Result<[QuoteX40; 2], EngineError> {
    Ok([side_unrealized(ledger, Side::Long, price)?, side_unrealized(ledger, Side::Short, price)?])
}

/// Whether what losers have yet to pay beyond what winners of the same market get is at most the stress move of what they entered
/// at. A dead oracle's market is not waited for: it counts at the end of its range at which entrants get least.
///
/// # Errors
/// [`EngineError::LossesNotSettled`].
fn require_settled_losses(ledger: &MarketLedger, market: &Market) -> Result<(), EngineError> {
    let [long, short] = profits(ledger, market.price.price)?;
    let entered = |side: Side, profit: QuoteX40| {
        let lost = profit.is_negative();
        if lost {
            ledger.side(side).entry_notional.get().to_atoms_ceil()
        } else {
            Ok(Atoms::ZERO)
        }
    };
    let entered = entered(Side::Long, long)?.checked_add(entered(Side::Short, short)?)?;
    if long.checked_add(short)?.negative_part()? > share_ceil(entered, market.parameters.stress_move)?.to_x40()? {
        return Err(EngineError::LossesNotSettled { market: market.index });
    }
    Ok(())
}

/// Whether `markets` are all markets of the exchange, each at the place of its index.
fn check_order(markets: &[&Market], count: u16) -> Result<(), EngineError> {
    let mut found = markets.iter().map(|market| market.index);
    for expected in 0..count {
        if found.next() != Some(expected) {
            return Err(EngineError::MarketsMissing { expected });
        }
    }
    match found.next() {
        Some(_) => Err(EngineError::MarketsMissing { expected: count }),
        None => Ok(()),
    }
}

/// Sums what markets are worth on top of the pool's cash.
fn sum_values(
    pool: &Pool,
    markets: &[&Market],
    count: u16,
    valuation: &Valuation,
    value: impl Fn(&Market, &Valuation, Timestamp) -> Result<Atoms, EngineError>,
) -> Result<Atoms, EngineError> {
    check_order(markets, count)?;
    let reference = reference_time(valuation.session.clock, markets.iter().copied());
    markets.iter().try_fold(pool.cash, |sum, market| sum.checked_add(value(market, valuation, reference)?))
}

/// Least the pool is worth, rounded down: what shares are redeemed at. `markets` are all markets of the exchange in the
/// order of their indices, `count` of them.
///
/// A market whose oracle is dead counts at the worse end of its range, one whose notional leaves its range as zero: neither
/// blocks anybody's exit. One that merely was not updated is refused instead, or what counts would depend on who updated what.
///
/// # Errors
/// [`EngineError::MarketsMissing`], [`EngineError::LegStale`], [`EngineError::PriceBeforeMaturity`].
pub fn pool_value_floor(
    pool: &Pool,
    markets: &[&Market],
    count: u16,
    valuation: &Valuation,
) -> Result<Atoms, EngineError> {
    sum_values(pool, markets, count, valuation, |market, valuation, reference| {
        if market.ledger.is_flat() {
            return market_value_floor(market, valuation, reference);
        }
        let range = valuation_range(market, valuation, reference)?;
        let valuable =
            Side::BOTH.iter().all(|side| is_notional_in_range(market.ledger.side(*side).open_interest, range.high));
        if !valuable {
            return Ok(Atoms::ZERO);
        }
        value_within_floor(market, valuation, range)
    })
}

/// The least value where every market has a fresh price.
///
/// # Errors
/// Those of [`pool_value_floor`], [`EngineError::NotionalOutOfRange`].
pub(super) fn whole_pool_value_floor(
    pool: &Pool,
    markets: &[&Market],
    count: u16,
    valuation: &Valuation,
) -> Result<Atoms, EngineError> {
    sum_values(pool, markets, count, valuation, |market, valuation, reference| {
        if is_dead(market, reference) && !market.ledger.is_flat() {
            let allowed = price_requirement(market, PriceUse::Liquidity).age;
            return Err(EngineError::LegStale { market: market.index, age: age(market, reference)?, allowed });
        }
        market_value_floor(market, valuation, reference)
    })
}

/// Most the pool may be worth, rounded up: what shares are issued at. `markets` as for [`pool_value_floor`].
///
/// # Errors
/// Those of [`pool_value_floor`], [`EngineError::NotionalOutOfRange`], [`EngineError::LossesNotSettled`].
pub fn pool_value_ceil(
    pool: &Pool,
    markets: &[&Market],
    count: u16,
    valuation: &Valuation,
) -> Result<Atoms, EngineError> {
    sum_values(pool, markets, count, valuation, market_value_ceil)
}
