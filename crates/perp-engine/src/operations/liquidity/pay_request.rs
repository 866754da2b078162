//! Paying out what a request got at its boundary, for anybody: no price, no market and no status matters any more.

use crate::error::EngineError;
use crate::state::{ClosedEpoch, Pool, Request, RequestKind};
use crate::units::products::part_of_atoms_floor;
use crate::units::Atoms;

/// Pool, epoch and request after a payment, and what leaves for the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentPlan {
    /// The pool.
    pub pool: Pool,
    /// The epoch; over once no request of it is left.
    pub closed: ClosedEpoch,
    /// What waits for another boundary, if anything does.
    pub request_left: Option<Request>,
    /// Tokens.
    pub tokens: Atoms,
    /// Shares.
    pub shares: Atoms,
    /// Lamports.
    pub lamports: u64,
}

/// Pays a request of a closed epoch: a deposit its shares, a withdrawal its tokens, each its part of the sum rounded down; what was not
/// accepted as it came. With the last of them what rounding has left of the tokens set apart returns to the pool.
///
/// # Errors
/// [`EngineError::WrongEpoch`].
pub fn plan_pay_request(
    pool: &Pool,
    closed: &ClosedEpoch,
    request: &Request,
    kind: RequestKind,
) -> Result<PaymentPlan, EngineError> {
    if !closed.is_of(request) {
        return Err(EngineError::WrongEpoch { boundary: closed.boundary.get() });
    }
    let (mut pool, mut closed) = (*pool, *closed);
    let (amount, limit) = (request.amount, request.price_limit());
    let part = |sum: Atoms, whole: Atoms| {
        if whole.is_zero() {
            Ok(Atoms::ZERO)
        } else {
            part_of_atoms_floor(sum, amount, whole)
        }
    };
    let mut request_left = None;
    let (tokens, shares) = match kind {
        RequestKind::Deposit if closed.deposits_accepted.contains(limit) => {
            (Atoms::ZERO, part(closed.issued, closed.deposited)?)
        }
        RequestKind::Deposit => {
            pool.escrow = pool.escrow.checked_sub(amount)?;
            (amount, Atoms::ZERO)
        }
        RequestKind::Withdrawal if closed.withdrawals_accepted.contains(limit) => {
            let tokens = part(closed.paid, closed.leaving)?;
            closed.payable = closed.payable.checked_sub(tokens)?;
            pool.payable = pool.payable.checked_sub(tokens)?;
            if closed.is_partial() {
                let amount = part(closed.leaving.checked_sub(closed.redeemed)?, closed.leaving)?;
                request_left = Some(Request { amount, belongs_from: closed.rest_belongs_from, ..*request });
            }
            (tokens, Atoms::ZERO)
        }
        RequestKind::Withdrawal => (Atoms::ZERO, amount),
    };
    closed.requests = closed.requests.checked_sub(1).ok_or(EngineError::Overflow)?;
    if closed.requests == 0 {
        pool.payable = pool.payable.checked_sub(closed.payable)?;
        pool.cash = pool.cash.checked_add(closed.payable)?;
        closed.payable = Atoms::ZERO;
    }
    let lamports = if request_left.is_some() { 0 } else { closed.lamports_each };
    Ok(PaymentPlan { pool, closed, request_left, tokens, shares, lamports })
}
