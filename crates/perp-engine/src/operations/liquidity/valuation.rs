//! What the pool is worth at least and at most.
//!
//! With `a` the spread of a market's price that its confidence makes (what trading adds for volatility is a price of trading, not
//! doubt about what the pool is worth):
//! - at least `cash + Σ max(0, min over p ± a of (backing − U_L⁺ − U_S⁺ − (claims − claims reserve) − max(0, −pending funding)))`: what is
//!   left of each backing once winning sides and claims are paid and losing sides have paid nothing more;
//! - at most `cash + Σ max(0, max over p ± a of (backing + claims reserve − claims + debts + pending funding + (U_L + U_S)⁻))`:
//!   what is left if every loser and debtor pays, winners being paid by losers alone.
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
//! good are settled before the boundary, which the queue pays for, and count as cash.

use crate::error::EngineError;
use crate::market::price::{confidence_of_ceil, is_dead, is_fresh_in};
use crate::market::range::{stale_range, PriceRange};
use crate::market::solvency::{net_asset_value, pending_funding, side_unrealized, solvency};
use crate::state::{Market, MarketLedger, Parameters};
use crate::units::products::share_ceil;
use crate::units::{Atoms, Price, QuoteX40, Side, Timestamp, MAX_PRICE};

/// What a market is worth to the pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MarketValue {
    /// At least, rounded down.
    pub lower: Atoms,
    /// At most, rounded up.
    pub upper: Atoms,
}

impl MarketValue {
    /// What a market is worth whose price lies in `range`.
    ///
    /// # Errors
    /// [`EngineError::Overflow`].
    pub fn of(ledger: &MarketLedger, parameters: &Parameters, range: PriceRange) -> Result<Self, EngineError> {
        if ledger.is_flat() {
            let surplus = solvency(ledger, parameters, Price::ZERO)?.surplus;
            let upper = net_asset_value(ledger, Price::ZERO)?.positive_part().to_atoms_ceil()?;
            return Ok(Self { lower: surplus.positive_part(), upper });
        }
        let (low, high) = (least_at_floor(ledger, range.low)?, least_at_floor(ledger, range.high)?);
        let (low_most, high_most) = (most_at_ceil(ledger, range.low)?, most_at_ceil(ledger, range.high)?);
        Ok(Self { lower: low.min(high), upper: low_most.max(high_most) })
    }

    /// What a market is worth now, at what is known of its price: the good one within its confidence, or the range it may lie in. For
    /// whoever wants to know what his shares are worth; no request is served at it.
    ///
    /// # Errors
    /// [`EngineError::Overflow`].
    pub fn now(market: &Market, reference: Timestamp) -> Result<Self, EngineError> {
        let range = if market.ledger.is_flat() || market.settlement.is_final(reference) {
            PriceRange::point(market.price.price)
        } else if is_fresh_in(market, reference) && !is_dead(market, reference) {
            certain_range(market.price.price, market.price.confidence, &market.parameters)?
        } else {
            stale_range(market, reference)?
        };
        Self::of(&market.ledger, &market.parameters, range)
    }
}

/// Whether losers owe more beyond what winners of the same market get than the stress move of what they entered at. Then no share is
/// sold: one print of a price would be worth money to whoever is in already, and counting only a part of what losers owe would
/// sell shares below their value. Anybody settles the losers, and the next boundary sells.
pub(super) fn losers_owe_too_much(
    ledger: &MarketLedger,
    parameters: &Parameters,
    price: Price,
) -> Result<bool, EngineError> {
    let mut entered = Atoms::ZERO;
    let mut profit = QuoteX40::ZERO;
    for side in Side::BOTH {
        let won = side_unrealized(ledger, side, price)?;
        if won.is_negative() {
            entered = entered.checked_add(ledger.side(side).entry_notional.get().to_atoms_ceil()?)?;
        }
        profit = profit.checked_add(won)?;
    }
    Ok(profit.negative_part()? > share_ceil(entered, parameters.stress_move)?.to_x40()?)
}

/// The interval of a good price: `p ± a`, ending at the bounds no price can leave.
pub(super) fn certain_range(
    price: Price,
    confidence: Price,
    parameters: &Parameters,
) -> Result<PriceRange, EngineError> {
    let width = confidence_of_ceil(confidence, parameters)?;
    let low = price.checked_sub(width).unwrap_or(Price::ZERO);
    Ok(PriceRange::between(low, price.checked_add(width).unwrap_or(Price::new(MAX_PRICE))))
}

/// Least the market is worth at a price.
fn least_at_floor(ledger: &MarketLedger, price: Price) -> Result<Atoms, EngineError> {
    // Payers owe it to receivers of the same accrual, and a new position has none pending to guarantee another's with.
    let funding = pending_funding(ledger)?.negative_part()?.to_atoms_ceil()?;
    let winners = |side| side_unrealized(ledger, side, price)?.positive_part().to_atoms_ceil();
    let owed = ledger.unfunded_claims()?.checked_add(funding)?;
    let owed = owed.checked_add(winners(Side::Long)?)?.checked_add(winners(Side::Short)?)?;
    Ok(ledger.backing.saturating_sub(owed))
}

/// Most the market may be worth at a price: what it holds and is owed without its positions, and the losers' loss, which pays the
/// winners of the same market first and never lets them count against its backing.
fn most_at_ceil(ledger: &MarketLedger, price: Price) -> Result<Atoms, EngineError> {
    let settled = ledger.backing.checked_add(ledger.claims_reserve)?.checked_add(ledger.debts)?.to_x40()?;
    let settled = settled.checked_sub(ledger.claims.to_x40()?)?.checked_add(pending_funding(ledger)?)?;
    let profit = side_unrealized(ledger, Side::Long, price)?;
    let profit = profit.checked_add(side_unrealized(ledger, Side::Short, price)?)?;
    settled.checked_add(profit.negative_part()?)?.positive_part().to_atoms_ceil()
}
