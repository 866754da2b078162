//! What the pool is worth to whoever leaves and to whoever enters.
//!
//! With `a` the spread of a market's price that its confidence makes (what trading adds for volatility is a price of trading, not
//! doubt about what the pool is worth):
//! - *upper*, for who enters: `cash + Σ min(backing, counted)`: the cash there is, wherever it lies, but of a market no more than a
//!   fifth more than its cap allows of all cash, or than is placed there;
//! - *lower*, for who leaves: `cash + Σ min(upper, max(0, min over p ± a of (backing − U_L⁺ − U_S⁺ − (claims − claims reserve) − max(0, −pending funding))))`:
//!   what is left of each backing once winning sides and claims are paid and losing sides have paid nothing more;
//! - *unsettled*, how far both may be from what the pool is worth: `Σ min(upper / 10, max(upper − lower, max over p ± a of (net asset value − upper)))`.
//!   Where it is more than [`LARGEST_UNSETTLED`] of the upper value, nobody enters.
//!
//! # Where the extremes lie
//! Of the lower value only `−U_L⁺ − U_S⁺` depends on `p`: `min(0, entry_L − L·p) + min(0, Sh·p − entry_S)`. Minima of linear
//! functions are concave, so is their sum, and a concave function is least at an end of an interval. The net asset value is linear, and
//! a linear function is largest at an end as well. Both ends are evaluated and nothing between.
//!
//! # Why losers count for nothing below
//! The surplus counts a losing side for its maintenance margin. Over a whole side that is a guess: after a gap an account may
//! be bankrupt and not closed yet, and then a new position on its side, which has lost nothing, would guarantee its loss.
//! Whoever leaves could open one, be paid out of what those who stay will write off, and close it. Losses that are
//! good are settled before the boundary, which the queue pays for, and count as cash.
//!
//! # Why the upper value is cash alone
//! Whoever makes one market's price makes losers who owe anything, winners who are owed anything, debts nobody pays and claims nobody
//! redeems. An upper value in which any of them counts is dear or cheap at his will, for whoever is in already or for himself. Cash
//! he can move only by winning or losing it; but what he loses before the boundary he may win back after it. So no more of it counts than
//! the cap of his market.

use crate::error::EngineError;
use crate::market::price::{confidence_of_ceil, is_dead, is_fresh_in};
use crate::market::range::{stale_range, PriceRange};
use crate::market::solvency::{net_asset_value, pending_funding, side_unrealized};
use crate::state::{Market, MarketLedger, Parameters, Pool};
use crate::units::products::{part_of_atoms_floor, share_floor};
use crate::units::{Atoms, Ppm, Price, Side, Timestamp, MAX_ATOMS, MAX_PRICE};

/// Nobody enters where more than this part of the upper value is won or lost and not settled: half a percent, which is the most that
/// whoever keeps everybody from settling takes of whom he meets, and more than the last seconds leave unsettled but in the worst hours.
pub const LARGEST_UNSETTLED: Ppm = Ppm::new(5_000);
/// What one market counts for in that at most, of what counts of its backing: so one with a cap of 2 % keeps nobody out, whatever its price
/// is made to be, and up to as much as all cash is lost into it.
const LARGEST_UNSETTLED_OF_BACKING: Ppm = Ppm::new(100_000);

/// How much a market may have gained beyond its cap since backing was last moved, of what the cap allows.
const LARGEST_GAIN: Ppm = Ppm::new(200_000);

/// What a market is worth to the pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MarketValue {
    /// To whoever leaves, rounded down: what is left once winners and claims are paid.
    pub lower: Atoms,
    /// To whoever enters: its backing, as far as it counts.
    pub upper: Atoms,
    /// What winners are owed, or losers owe beyond that, and is not settled, whichever is more; at most a tenth of what counts of the backing.
    pub unsettled: Atoms,
}

impl MarketValue {
    /// What a market is worth whose price lies in `range` and of whose backing no more than `most`, or than is placed there, counts. Sums
    /// that leave their range are more than any backing.
    ///
    /// # Errors
    /// [`EngineError::Overflow`] for a backing out of its range.
    pub fn of(ledger: &MarketLedger, most: Atoms, range: PriceRange) -> Result<Self, EngineError> {
        let upper = ledger.backing.min(most.max(ledger.net_principal));
        let lower = left_at_floor(ledger, range.low).min(left_at_floor(ledger, range.high)).min(upper);
        let tenth = share_floor(upper, LARGEST_UNSETTLED_OF_BACKING)?;
        let gained = |price| gained_at_ceil(ledger, upper, price).unwrap_or(tenth);
        let unsettled = upper.checked_sub(lower)?.max(gained(range.low)).max(gained(range.high)).min(tenth);
        Ok(Self { lower, upper, unsettled })
    }

    /// What a market is worth now, at what is known of its price: the good one within its confidence, or the range it may lie in. For
    /// whoever wants to know what his shares are worth; no request is served at it.
    ///
    /// # Errors
    /// [`EngineError::Overflow`].
    pub fn now(market: &Market, pool: &Pool, reference: Timestamp) -> Result<Self, EngineError> {
        let range = if market.ledger.is_flat() || market.settlement.is_final(reference) {
            PriceRange::point(market.price.price)
        } else if is_fresh_in(market, reference) && !is_dead(market, reference) {
            certain_range(market.price.price, market.price.confidence, &market.parameters)?
        } else {
            stale_range(market, reference)?
        };
        Self::of(&market.ledger, most_counted(market, pool, pool.cash), range)
    }
}

/// A fifth more than the market's cap allows of the cash of all shares, by the last close or by what the pool has beside it now, whichever
/// is more. A sum that leaves its range is more than any backing.
pub(super) fn most_counted(market: &Market, pool: &Pool, cash: Atoms) -> Atoms {
    let most = || {
        let last = part_of_atoms_floor(pool.last.upper, pool.shares, pool.last.shares.max(Atoms::new(1)))?;
        let allowed = share_floor(last.max(cash.checked_add(market.ledger.backing)?), market.parameters.backing_cap)?;
        share_floor(allowed, LARGEST_GAIN)?.checked_add(allowed)
    };
    most().unwrap_or(Atoms::new(MAX_ATOMS))
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

/// What is left of the backing at a price once winners and claims are paid and losers have paid nothing; nothing where they are owed
/// more than there are atoms.
fn left_at_floor(ledger: &MarketLedger, price: Price) -> Atoms {
    let owed = || {
        // Payers owe it to receivers of the same accrual, and a new position has none pending to guarantee another's with.
        let funding = pending_funding(ledger)?.negative_part()?.to_atoms_ceil()?;
        let winners = |side| side_unrealized(ledger, side, price)?.positive_part().to_atoms_ceil();
        let owed = ledger.unfunded_claims()?.checked_add(funding)?;
        owed.checked_add(winners(Side::Long)?)?.checked_add(winners(Side::Short)?)
    };
    owed().map_or(Atoms::ZERO, |owed: Atoms| ledger.backing.saturating_sub(owed))
}

/// How much more than what counts of its backing the market is worth at a price if losers and debtors pay.
fn gained_at_ceil(ledger: &MarketLedger, upper: Atoms, price: Price) -> Result<Atoms, EngineError> {
    net_asset_value(ledger, price)?.checked_sub(upper.to_x40()?)?.positive_part().to_atoms_ceil()
}
