//! Executing a deposit of liquidity, for anybody.

use super::timing::executable;
use super::valuation::pool_value_ceil;
use crate::error::EngineError;
use crate::session::Session;
use crate::state::{Market, Pool, Request, RequestKind, DEAD_SHARES};
use crate::units::products::part_of_atoms_floor;
use crate::units::Atoms;

/// The pool after a deposit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiquidityDepositPlan {
    /// The pool.
    pub pool: Pool,
    /// Tokens that left the escrow.
    pub deposited: Atoms,
    /// Shares minted to the owner.
    pub shares_out: Atoms,
    /// What the pool was valued at before the deposit.
    pub value: Atoms,
}

/// Executes a deposit: `⌊amount · shares / value⌋` shares at the upper value. The first deposit sets the share at one
/// atom; [`DEAD_SHARES`] of its shares are counted and minted to nobody. `markets` are all of the
/// exchange's in the order of their indices, `count` of them.
///
/// # Errors
/// [`EngineError::RequestNotMature`], [`EngineError::RequestExpired`], [`EngineError::OutputTooSmall`],
/// [`EngineError::PoolWorthless`], [`EngineError::Paused`], and those of [`pool_value_ceil`].
pub fn plan_execute_deposit(
    pool: &Pool,
    markets: &[&Market],
    count: u16,
    request: &Request,
    session: &Session,
) -> Result<LiquidityDepositPlan, EngineError> {
    let valuation = executable(pool, request, RequestKind::Deposit, session)?;
    let value = pool_value_ceil(pool, markets, count, &valuation)?;
    let deposited = request.amount;
    let (issued, shares_out) = if pool.shares.is_zero() {
        (deposited, deposited.saturating_sub(Atoms::new(DEAD_SHARES)))
    } else if value.is_zero() {
        return Err(EngineError::PoolWorthless);
    } else {
        let shares = part_of_atoms_floor(deposited, pool.shares, value)?;
        (shares, shares)
    };
    let minimum = request.minimum_output;
    if shares_out < minimum {
        return Err(EngineError::OutputTooSmall { output: shares_out, minimum });
    }
    let pool = Pool {
        escrow: pool.escrow.checked_sub(deposited)?,
        cash: pool.cash.checked_add(deposited)?,
        shares: pool.shares.checked_add(issued)?,
        ..*pool
    };
    Ok(LiquidityDepositPlan { pool, deposited, shares_out, value })
}
