//! Asking to put liquidity in or take it out: a request that cannot be called back, served at the value of a moment that nobody knows
//! anything about yet.

use super::boundaries::boundary_after;
use crate::error::EngineError;
use crate::state::{ExchangeState, Pool, PriceLimit, Queue, Request, RequestKind, Waiting};
use crate::units::{Atoms, Clock, Timestamp};

/// What a market's valuation pays whoever does it, in lamports: twice a signature, and a priority fee as large.
pub const VALUATION_LAMPORTS: u64 = 10_000;
/// What closing a boundary pays, in lamports.
pub const CLOSE_LAMPORTS: u64 = 20_000;
/// What paying a request out pays, in lamports.
pub const PAYMENT_LAMPORTS: u64 = 10_000;

/// The pool, the exchange and the request once tokens or shares are in escrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestPlan {
    /// The pool.
    pub pool: Pool,
    /// The request.
    pub request: Request,
    /// What is added to the queue, and for which boundary.
    pub waiting: Waiting,
    /// The boundary that the exchange waits for.
    pub awaited: Timestamp,
}

impl RequestPlan {
    /// Stores the plan, once a boundary that has come is kept: with no request of it left in the queue, what is found there of one long
    /// past belongs to none that anybody waits for yet. `markets` are listed.
    ///
    /// # Errors
    /// [`EngineError::Overflow`].
    pub fn apply(
        &self,
        pool: &mut Pool,
        queue: &mut Queue,
        exchange: &mut ExchangeState,
        markets: u16,
        clock: Clock,
    ) -> Result<(), EngineError> {
        let mut after = self.pool;
        after.keep_at_boundary(queue, markets, &exchange.session(clock))?;
        let epoch = after.parameters.epoch_seconds;
        queue.add(&self.waiting, boundary_after(clock.now, epoch)?, epoch)?;
        *pool = after;
        exchange.boundary = self.awaited;
        if exchange.founded_at.is_never() {
            exchange.founded_at = clock.now;
        }
        Ok(())
    }
}

/// What a request pays, in lamports, for the valuation of all markets listed, for the close, and for the rent of the account in which
/// the epoch is kept: each pays it whole, and what is left is paid back to all in equal parts.
///
/// # Errors
/// [`EngineError::Overflow`].
pub fn valuation_lamports(markets: u16, epoch_rent: u64) -> Result<u64, EngineError> {
    let valuations = VALUATION_LAMPORTS.checked_mul(u64::from(markets)).ok_or(EngineError::Overflow)?;
    let closing = CLOSE_LAMPORTS.checked_add(epoch_rent).ok_or(EngineError::Overflow)?;
    valuations.checked_add(closing).ok_or(EngineError::Overflow)
}

/// Plans a deposit's request: `amount` tokens enter the escrow. What belongs to a boundary that has come is taken from the queue before
/// ([`Pool::keep_at_boundary`]).
///
/// # Errors
/// [`EngineError::RequestTooSmall`].
pub fn plan_request_deposit(
    pool: &Pool,
    exchange: &ExchangeState,
    amount: Atoms,
    limit: PriceLimit,
    lamports: u64,
    clock: Clock,
) -> Result<RequestPlan, EngineError> {
    let minimum = pool.parameters.minimum_request;
    if amount < minimum {
        return Err(EngineError::RequestTooSmall { minimum });
    }
    let pool = Pool { escrow: pool.escrow.checked_add(amount)?, ..*pool };
    queued(pool, exchange, RequestKind::Deposit, amount, limit, lamports, clock)
}

/// Plans a withdrawal's request: `shares` of the `owned` ones enter the escrow. All that is owned is never too small, or a
/// holding whose shares are few and valuable could not leave.
///
/// # Errors
/// [`EngineError::RequestTooSmall`], [`EngineError::InsufficientBalance`], [`EngineError::AmountZero`].
pub fn plan_request_withdrawal(
    pool: &Pool,
    exchange: &ExchangeState,
    shares: Atoms,
    owned: Atoms,
    limit: PriceLimit,
    lamports: u64,
    clock: Clock,
) -> Result<RequestPlan, EngineError> {
    if shares.is_zero() {
        return Err(EngineError::AmountZero);
    }
    if shares > owned {
        return Err(EngineError::InsufficientBalance { balance: owned });
    }
    let minimum = pool.parameters.minimum_request;
    if shares < minimum && shares < owned {
        return Err(EngineError::RequestTooSmall { minimum });
    }
    queued(*pool, exchange, RequestKind::Withdrawal, shares, limit, lamports, clock)
}

fn queued(
    pool: Pool,
    exchange: &ExchangeState,
    kind: RequestKind,
    amount: Atoms,
    limit: PriceLimit,
    lamports: u64,
    clock: Clock,
) -> Result<RequestPlan, EngineError> {
    let parameters = &pool.parameters;
    let notice = match kind {
        RequestKind::Deposit => parameters.deposit_notice,
        RequestKind::Withdrawal => parameters.withdrawal_notice,
    };
    let belongs_from = clock.now.after(notice)?;
    let boundary = boundary_after(belongs_from, parameters.epoch_seconds)?;
    let request = Request { amount, belongs_from, limit: limit as u8, ..Request::default() };
    // Ledgers are kept for one boundary at a time. One that has come stays the one waited for until it is closed: this is later.
    let awaited = if exchange.boundary.is_never() { boundary } else { exchange.boundary.min(boundary) };
    Ok(RequestPlan { pool, request, waiting: Waiting::one(&request, kind, boundary, lamports), awaited })
}
