//! Executing a withdrawal of liquidity, for anybody, as far as the pool has cash.

use super::timing::executable;
use super::valuation::{pool_value_floor, whole_pool_value_floor};
use crate::error::EngineError;
use crate::session::Session;
use crate::state::{Market, Pool, Request, RequestKind};
use crate::units::products::part_of_atoms_floor;
use crate::units::Atoms;

/// The pool after a withdrawal, and the request if part of it waits for more cash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiquidityWithdrawalPlan {
    /// The pool.
    pub pool: Pool,
    /// Shares that left the escrow and cease to exist.
    pub burned: Atoms,
    /// Tokens paid to the owner.
    pub paid: Atoms,
    /// What the pool was valued at before the withdrawal.
    pub value: Atoms,
    /// `None` once all of it is executed.
    pub request_left: Option<Request>,
}

/// Who executes a withdrawal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Executor {
    /// The request's owner, who may forgo what cannot be valued at the moment.
    Owner,
    /// Anybody else. Whoever stays gains what a leaver forgoes, and anybody can report an outage of a quiet market's oracle, so they may not
    /// decide it for the owner.
    Anybody,
}

/// Executes a withdrawal: `⌊shares · value / all shares⌋` tokens at the lower value. Where the pool's cash is less, it
/// redeems as many shares as the cash covers, `⌊cash · all shares / value⌋`, and the rest waits with its part of the
/// minimum. Other arguments as for [`plan_execute_deposit`](super::plan_execute_deposit).
///
/// # Errors
/// [`EngineError::RequestNotMature`], [`EngineError::RequestExpired`], [`EngineError::OutputTooSmall`],
/// [`EngineError::PoolWorthless`], [`EngineError::PoolIlliquid`], [`EngineError::Paused`], and those of
/// [`pool_value_floor`]; [`EngineError::LegStale`] where anybody but the owner would let a
/// dead oracle's market count at the worse end of its range.
pub fn plan_execute_withdrawal(
    pool: &Pool,
    markets: &[&Market],
    count: u16,
    request: &Request,
    executor: Executor,
    session: &Session,
) -> Result<LiquidityWithdrawalPlan, EngineError> {
    let valuation = executable(pool, request, RequestKind::Withdrawal, session)?;
    let value = match executor {
        Executor::Owner => pool_value_floor(pool, markets, count, &valuation)?,
        Executor::Anybody => whole_pool_value_floor(pool, markets, count, &valuation)?,
    };
    if value.is_zero() {
        return Err(EngineError::PoolWorthless);
    }
    let output = part_of_atoms_floor(request.amount, value, pool.shares)?;
    // A part's share of the bound rounds down, at last to nothing: something must come out all the same.
    let minimum = request.minimum_output.max(Atoms::new(1));
    if output < minimum {
        return Err(EngineError::OutputTooSmall { output, minimum });
    }
    let (burned, paid, request_left) = if output <= pool.cash {
        (request.amount, output, None)
    } else {
        let burned = part_of_atoms_floor(pool.cash, pool.shares, value)?;
        let paid = part_of_atoms_floor(burned, value, pool.shares)?;
        if paid.is_zero() {
            return Err(EngineError::PoolIlliquid);
        }
        // `output ≥ minimum` at this price implies the same of each part; the parts of the minimum add up to it.
        let minimum_met = part_of_atoms_floor(request.minimum_output, burned, request.amount)?;
        let left = Request {
            amount: request.amount.checked_sub(burned)?,
            minimum_output: request.minimum_output.checked_sub(minimum_met)?,
            ..*request
        };
        (burned, paid, Some(left))
    };
    let pool = Pool { cash: pool.cash.checked_sub(paid)?, shares: pool.shares.checked_sub(burned)?, ..*pool };
    Ok(LiquidityWithdrawalPlan { pool, burned, paid, value, request_left })
}
