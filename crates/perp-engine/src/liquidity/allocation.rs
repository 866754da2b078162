//! Moving the pool's cash into a market's backing and back, by rule and never by a free amount.

use super::valuation::is_flat;
use crate::error::EngineError;
use crate::price::{reference_time, require_price, Action};
use crate::solvency::solvency;
use crate::state::{Books, Market, Pool};
use crate::status::Status;
use crate::units::products::share_floor;
use crate::units::{Atoms, Clock, Price, SignedAtoms};

/// The pool and the market's books after a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocationPlan {
    pub pool: Pool,
    pub books: Books,
    /// Positive into the market.
    pub moved: SignedAtoms,
}

/// Moves the market's backing to its target, once it is further from it than the hysteresis.
///
/// In, only while the exchange and the market are active and the backing covers what is owed, and only up to
/// `net + x ≤ backing cap · (cash + Σ net)`: losses do not lower `net`, so a market that loses is not refilled again and
/// again. Out, only what leaves `spare ≥ need` and covers what is owed. The market's price and funding are up to date; one
/// without positions needs no price. `status` is the exchange's.
///
/// # Errors
/// [`EngineError::NothingToDo`] within the hysteresis or where the pool's cash or the cap leaves nothing to move;
/// [`EngineError::MarketCapacity`] where the market's solvency does; [`EngineError::PriceStale`],
/// [`EngineError::MarketUnusable`], [`EngineError::Paused`], [`EngineError::ReduceOnly`].
pub fn plan_allocate_backing(
    pool: &Pool,
    market: &Market,
    status: Status,
    clock: Clock,
) -> Result<AllocationPlan, EngineError> {
    let status = status.and(market.status.in_force(clock.now));
    let books = &market.books;
    let target = market.target_backing;
    let band = share_floor(target, pool.parameters.hysteresis)?;
    if books.backing.plus(band)? < target {
        status.allows_increasing()?;
        place(pool, market, target.minus(books.backing)?, clock)
    } else if books.backing > target.plus(band)? {
        status.allows_reducing()?;
        take_back(pool, market, books.backing.minus(target)?, clock)
    } else {
        Err(EngineError::NothingToDo)
    }
}

/// The price solvency is judged at: any, where no position depends on it.
fn judging_price(market: &Market, clock: Clock) -> Result<Price, EngineError> {
    if is_flat(&market.books) {
        return Ok(market.price.price);
    }
    require_price(market, Action::Liquidity, reference_time(clock, [market]))
}

fn place(pool: &Pool, market: &Market, missing: Atoms, clock: Clock) -> Result<AllocationPlan, EngineError> {
    let books = &market.books;
    let solvency = solvency(books, &market.parameters, judging_price(market, clock)?)?;
    // Losers may be good for the difference, but cash moved in before they are settled would be owed to winners at once.
    if books.backing < solvency.owed {
        return Err(EngineError::MarketCapacity { spare: solvency.spare, need: solvency.need });
    }
    let largest_net = share_floor(pool.cash.plus(pool.placed)?, market.parameters.backing_cap)?;
    let moved = missing.min(pool.cash).min(largest_net.excess_over(books.net_principal));
    if moved.is_zero() {
        return Err(EngineError::NothingToDo);
    }
    let pool = Pool { cash: pool.cash.minus(moved)?, placed: pool.placed.plus(moved)?, ..*pool };
    let books =
        Books { backing: books.backing.plus(moved)?, net_principal: books.net_principal.plus(moved)?, ..*books };
    Ok(AllocationPlan { pool, books, moved: moved.signed()? })
}

fn take_back(pool: &Pool, market: &Market, excess: Atoms, clock: Clock) -> Result<AllocationPlan, EngineError> {
    let books = &market.books;
    let solvency = solvency(books, &market.parameters, judging_price(market, clock)?)?;
    let free = solvency.spare.minus(solvency.need.signed()?)?.positive_part();
    let moved = excess.min(free).min(books.backing.excess_over(solvency.owed));
    if moved.is_zero() {
        return Err(EngineError::MarketCapacity { spare: solvency.spare, need: solvency.need });
    }
    // What is taken beyond the principal is profit.
    let principal = moved.min(books.net_principal);
    let pool = Pool { cash: pool.cash.plus(moved)?, placed: pool.placed.minus(principal)?, ..*pool };
    let books =
        Books { backing: books.backing.minus(moved)?, net_principal: books.net_principal.minus(principal)?, ..*books };
    Ok(AllocationPlan { pool, books, moved: SignedAtoms::ZERO.minus(moved.signed()?)? })
}
