//! Deposits and withdrawals in two steps: a request that cannot be called back, and its execution by anybody at prices
//! published a delay after it.

use super::valuation::{pool_value_ceil, pool_value_floor, whole_pool_value_floor, Valuation};
use crate::error::EngineError;
use crate::state::{Market, Pool, PoolParameters, Request, RequestKind, DEAD_SHARES};
use crate::status::Status;
use crate::units::products::part_of_atoms_floor;
use crate::units::{Atoms, Clock, Timestamp};

/// When prices that execute the request must be published at the earliest.
pub fn matures_at(request: &Request, kind: RequestKind, parameters: &PoolParameters) -> Result<Timestamp, EngineError> {
    request.requested_at.after(match kind {
        RequestKind::Deposit => parameters.deposit_delay,
        RequestKind::Withdrawal => parameters.withdrawal_delay,
    })
}

/// From when the request is returned instead of executed.
pub fn lapses_at(request: &Request, kind: RequestKind, parameters: &PoolParameters) -> Result<Timestamp, EngineError> {
    matures_at(request, kind, parameters)?.after(match kind {
        RequestKind::Deposit => parameters.deposit_lapse,
        RequestKind::Withdrawal => parameters.withdrawal_lapse,
    })
}

/// The pool and the request once tokens or shares are in escrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestPlan {
    pub pool: Pool,
    pub request: Request,
}

/// Plans a deposit's request: `amount` tokens enter the escrow, at least `minimum_output` shares must come out.
///
/// # Errors
/// [`EngineError::RequestTooSmall`].
pub fn plan_request_deposit(
    pool: &Pool,
    amount: Atoms,
    minimum_output: Atoms,
    clock: Clock,
) -> Result<RequestPlan, EngineError> {
    let minimum = pool.parameters.minimum_request;
    if amount < minimum {
        return Err(EngineError::RequestTooSmall { minimum });
    }
    let pool = Pool { escrow: pool.escrow.plus(amount)?, ..*pool };
    Ok(RequestPlan { pool, request: Request { amount, minimum_output, requested_at: clock.now } })
}

/// Plans a withdrawal's request: `shares` of the `owned` ones enter the escrow, at least `minimum_output` tokens must
/// come out. All that is owned is never too small, or a holding whose shares are few and dear could not leave.
///
/// # Errors
/// [`EngineError::RequestTooSmall`], [`EngineError::BalanceTooLow`], [`EngineError::AmountZero`].
pub fn plan_request_withdrawal(
    pool: &Pool,
    shares: Atoms,
    owned: Atoms,
    minimum_output: Atoms,
    clock: Clock,
) -> Result<RequestPlan, EngineError> {
    if shares.is_zero() {
        return Err(EngineError::AmountZero);
    }
    if shares > owned {
        return Err(EngineError::BalanceTooLow { balance: owned });
    }
    let minimum = pool.parameters.minimum_request;
    if shares < minimum && shares < owned {
        return Err(EngineError::RequestTooSmall { minimum });
    }
    Ok(RequestPlan { pool: *pool, request: Request { amount: shares, minimum_output, requested_at: clock.now } })
}

/// How the pool is valued for a request that may be executed now.
fn executable(
    pool: &Pool,
    request: &Request,
    kind: RequestKind,
    status: Status,
    resumed_at: Timestamp,
    clock: Clock,
) -> Result<Valuation, EngineError> {
    status.allows_reducing()?;
    let matures = matures_at(request, kind, &pool.parameters)?;
    if clock.now < matures {
        return Err(EngineError::RequestNotMature { executable_from: matures.get() });
    }
    if clock.now >= lapses_at(request, kind, &pool.parameters)? {
        return Err(EngineError::RequestLapsed);
    }
    Ok(Valuation { status, resumed_at, clock, published_from: matures })
}

/// The pool after a deposit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DepositPlan {
    pub pool: Pool,
    /// Tokens that left the escrow.
    pub deposited: Atoms,
    /// Shares minted to the owner.
    pub shares_out: Atoms,
    /// What the pool was valued at before the deposit.
    pub value: Atoms,
}

/// Executes a deposit: `⌊amount · shares / value⌋` shares at the upper value. The first deposit sets the share at one
/// atom; [`DEAD_SHARES`] of its shares are counted and minted to nobody. `status` is the exchange's, `resumed_at` the end
/// of its last pause; `markets` are all of the exchange's in the order of their indices.
///
/// # Errors
/// [`EngineError::RequestNotMature`], [`EngineError::RequestLapsed`], [`EngineError::OutputTooSmall`],
/// [`EngineError::PoolWorthless`], [`EngineError::Paused`], and those of [`pool_value_ceil`].
pub fn plan_execute_deposit(
    pool: &Pool,
    markets: &[&Market],
    request: &Request,
    status: Status,
    resumed_at: Timestamp,
    clock: Clock,
) -> Result<DepositPlan, EngineError> {
    let valuation = executable(pool, request, RequestKind::Deposit, status, resumed_at, clock)?;
    let value = pool_value_ceil(pool, markets, &valuation)?;
    let deposited = request.amount;
    let (issued, shares_out) = if pool.shares.is_zero() {
        (deposited, deposited.excess_over(Atoms::new(DEAD_SHARES)))
    } else if value.is_zero() {
        return Err(EngineError::PoolWorthless);
    } else {
        let shares = part_of_atoms_floor(deposited, pool.shares, value)?;
        (shares, shares)
    };
    let minimum = request.minimum_output.max(Atoms::new(1));
    if shares_out < minimum {
        return Err(EngineError::OutputTooSmall { output: shares_out, minimum });
    }
    let pool = Pool {
        escrow: pool.escrow.minus(deposited)?,
        cash: pool.cash.plus(deposited)?,
        shares: pool.shares.plus(issued)?,
        ..*pool
    };
    Ok(DepositPlan { pool, deposited, shares_out, value })
}

/// The pool after a withdrawal, and the request if part of it waits for more cash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WithdrawalPlan {
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
    /// Anybody else. Whoever stays gains what a leaver forgoes, and anybody can mark a quiet market dark, so they may not
    /// decide it for the owner.
    Anybody,
}

/// Executes a withdrawal: `⌊shares · value / all shares⌋` tokens at the lower value. Where the pool's cash is less, it
/// redeems as many shares as the cash covers, `⌊cash · all shares / value⌋`, and the rest waits with its part of the
/// minimum. Other arguments as for [`plan_execute_deposit`].
///
/// # Errors
/// [`EngineError::RequestNotMature`], [`EngineError::RequestLapsed`], [`EngineError::OutputTooSmall`],
/// [`EngineError::PoolWorthless`], [`EngineError::PoolIlliquid`], [`EngineError::Paused`], and those of
/// [`pool_value_floor`]; [`EngineError::MarketUnusable`] where anybody but the owner would let a market count zero.
pub fn plan_execute_withdrawal(
    pool: &Pool,
    markets: &[&Market],
    request: &Request,
    executor: Executor,
    status: Status,
    resumed_at: Timestamp,
    clock: Clock,
) -> Result<WithdrawalPlan, EngineError> {
    let valuation = executable(pool, request, RequestKind::Withdrawal, status, resumed_at, clock)?;
    let value = match executor {
        Executor::Owner => pool_value_floor(pool, markets, &valuation)?,
        Executor::Anybody => whole_pool_value_floor(pool, markets, &valuation)?,
    };
    if value.is_zero() {
        return Err(EngineError::PoolWorthless);
    }
    let output = part_of_atoms_floor(request.amount, value, pool.shares)?;
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
            amount: request.amount.minus(burned)?,
            minimum_output: request.minimum_output.minus(minimum_met)?,
            ..*request
        };
        (burned, paid, Some(left))
    };
    let pool = Pool { cash: pool.cash.minus(paid)?, shares: pool.shares.minus(burned)?, ..*pool };
    Ok(WithdrawalPlan { pool, burned, paid, value, request_left })
}

/// The pool after a lapsed request is returned, and what leaves the escrow for its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReturnPlan {
    pub pool: Pool,
    /// Tokens of a deposit.
    pub tokens: Atoms,
    /// Shares of a withdrawal.
    pub shares: Atoms,
}

/// Returns a request that nobody executed in time. No price and no status is needed.
///
/// # Errors
/// [`EngineError::RequestNotLapsed`].
pub fn plan_return_lapsed(
    pool: &Pool,
    request: &Request,
    kind: RequestKind,
    clock: Clock,
) -> Result<ReturnPlan, EngineError> {
    let lapses = lapses_at(request, kind, &pool.parameters)?;
    if clock.now < lapses {
        return Err(EngineError::RequestNotLapsed { lapses_at: lapses.get() });
    }
    match kind {
        RequestKind::Deposit => {
            let pool = Pool { escrow: pool.escrow.minus(request.amount)?, ..*pool };
            Ok(ReturnPlan { pool, tokens: request.amount, shares: Atoms::ZERO })
        }
        RequestKind::Withdrawal => Ok(ReturnPlan { pool: *pool, tokens: Atoms::ZERO, shares: request.amount }),
    }
}
