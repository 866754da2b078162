//! Moving the pool's cash into a market's backing and back, by rule and never by a free amount.

use super::boundaries::BOUNDARY_REST_SECONDS;
use crate::error::EngineError;
use crate::market::price::{is_dead, reference_time, require_price, PriceUse};
use crate::market::range::stale_range;
use crate::market::solvency::{solvency, Solvency};
use crate::market::Ready;
use crate::session::Session;
use crate::state::{Market, MarketLedger, Pool};
use crate::units::products::share_floor;
use crate::units::{Atoms, SignedAtoms};

/// The pool and the market's ledger after a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocationPlan {
    /// The pool.
    pub pool: Pool,
    /// The market's ledger.
    pub ledger: MarketLedger,
    /// What moved, positive into the market.
    pub moved: SignedAtoms,
}

impl AllocationPlan {
    /// Stores the plan.
    pub fn apply(&self, pool: &mut Pool, market: &mut Ready<'_>) {
        *pool = self.pool;
        *market.ledger_mut() = self.ledger;
    }
}

/// Moves the market's backing to its target, once it is further from it than the hysteresis.
///
/// Not in the last minute before a boundary that the exchange waits for. Once it has come, pool and market are kept as they stand
/// before anything moves, and until it is closed nothing is placed: the cash is for those who leave.
///
/// In, only while the exchange and the market are active and the backing covers what is owed, and only up to
/// `net + x ≤ backing cap · (cash + Σ net)`: losses do not lower `net`, so a market that loses is not refilled again and
/// again. Out, only what leaves `surplus ≥ stress loss` and covers what is owed. A market without positions needs no
/// price.
///
/// # Errors
/// [`EngineError::BoundaryNear`]; [`EngineError::WithinHysteresis`]; [`EngineError::NothingToMove`] where the pool's cash or the cap leaves nothing to move;
/// [`EngineError::MarketCapacity`] where the market's solvency does; [`EngineError::PriceStale`],
/// [`EngineError::Paused`], [`EngineError::ReduceOnly`].
pub fn plan_allocate_backing(
    pool: &Pool,
    market: &Ready<'_>,
    session: &Session,
) -> Result<AllocationPlan, EngineError> {
    let boundary = session.boundary;
    let near = !boundary.is_never() && session.clock.now.after(BOUNDARY_REST_SECONDS)? > boundary;
    if near && !session.boundary_has_come() {
        return Err(EngineError::BoundaryNear { boundary: boundary.get() });
    }
    let ledger = &market.ledger;
    let target = market.target_backing;
    let band = share_floor(target, pool.parameters.hysteresis)?;
    if ledger.backing.checked_add(band)? < target {
        market.status().allows_increasing()?;
        if near {
            return Err(EngineError::BoundaryNear { boundary: boundary.get() });
        }
        require_live(market)?;
        place(pool, market, &valued_solvency(market)?, target.checked_sub(ledger.backing)?)
    } else if ledger.backing > target.checked_add(band)? {
        market.status().allows_reducing()?;
        take_back(pool, market, &valued_solvency(market)?, ledger.backing.checked_sub(target)?)
    } else {
        Err(EngineError::WithinHysteresis)
    }
}

/// The market's solvency at its valuation price: any, where no position depends on it, and the worse end of its range once its
/// oracle is held for dead, so that a dead position holds back only what it may come to.
fn valued_solvency(market: &Ready<'_>) -> Result<Solvency, EngineError> {
    let at = |price| solvency(&market.ledger, &market.parameters, price);
    let reference = reference_time(market.clock(), [&**market]);
    if market.ledger.is_flat() {
        return at(market.price.price);
    }
    if !is_dead(market, reference) {
        return at(require_price(market, PriceUse::Liquidity, reference)?);
    }
    let range = stale_range(market, reference)?;
    let (low, high) = (at(range.low)?, at(range.high)?);
    Ok(if low.headroom()? <= high.headroom()? { low } else { high })
}

/// Nothing is placed where nobody knows what is owed.
fn require_live(market: &Ready<'_>) -> Result<(), EngineError> {
    if !market.ledger.is_flat() {
        require_price(market, PriceUse::Liquidity, reference_time(market.clock(), [&**market]))?;
    }
    Ok(())
}

fn place(pool: &Pool, market: &Market, solvency: &Solvency, missing: Atoms) -> Result<AllocationPlan, EngineError> {
    let ledger = &market.ledger;
    // Losers may be good for the difference, but cash moved in before they are settled would be owed to winners at once.
    if ledger.backing < solvency.liabilities {
        return Err(solvency.insufficient());
    }
    let largest_net = share_floor(pool.cash.checked_add(pool.placed)?, market.parameters.backing_cap)?;
    let moved = missing.min(pool.cash).min(largest_net.saturating_sub(ledger.net_principal));
    if moved.is_zero() {
        return Err(EngineError::NothingToMove);
    }
    let pool = Pool { cash: pool.cash.checked_sub(moved)?, placed: pool.placed.checked_add(moved)?, ..*pool };
    let ledger = MarketLedger {
        backing: ledger.backing.checked_add(moved)?,
        net_principal: ledger.net_principal.checked_add(moved)?,
        ..*ledger
    };
    Ok(AllocationPlan { pool, ledger, moved: moved.signed()? })
}

fn take_back(pool: &Pool, market: &Market, solvency: &Solvency, excess: Atoms) -> Result<AllocationPlan, EngineError> {
    let ledger = &market.ledger;
    let free = solvency.headroom()?.positive_part();
    let moved = excess.min(free).min(ledger.backing.saturating_sub(solvency.liabilities));
    if moved.is_zero() {
        return Err(solvency.insufficient());
    }
    // What is taken beyond the principal is profit.
    let principal = moved.min(ledger.net_principal);
    let pool = Pool { cash: pool.cash.checked_add(moved)?, placed: pool.placed.checked_sub(principal)?, ..*pool };
    let ledger = MarketLedger {
        backing: ledger.backing.checked_sub(moved)?,
        net_principal: ledger.net_principal.checked_sub(principal)?,
        ..*ledger
    };
    Ok(AllocationPlan { pool, ledger, moved: moved.signed()?.checked_neg()? })
}
