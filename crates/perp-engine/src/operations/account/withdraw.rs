//! Taking collateral out.

use crate::error::EngineError;
use crate::risk::portfolio::{Health, Portfolio};
use crate::session::Session;
use crate::state::counters::count;
use crate::state::Account;
use crate::units::{Atoms, Timestamp};

#[cfg(test)]
mod tests;

/// The balance after a withdrawal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WithdrawalPlan {
    /// What is taken out.
    pub amount: Atoms,
    /// What is left.
    pub balance: Atoms,
    /// Equity at adverse prices and initial margin after it; `None` for an account without open positions.
    pub after: Option<Health>,
}

impl WithdrawalPlan {
    /// Stores the plan.
    pub fn apply(&self, account: &mut Account) {
        account.balance = self.balance;
        count(&mut account.counters.withdrawn, self.amount);
    }
}

/// Plans a withdrawal of an account without open positions at `now`. Without debts it succeeds once no order is armed, within
/// seconds, whatever the oracle or the status.
///
/// # Errors
/// [`EngineError::PositionsOpen`], [`EngineError::AmountZero`], [`EngineError::OrderArmed`],
/// [`EngineError::InsufficientBalance`], [`EngineError::DebtOutstanding`].
pub fn plan_withdrawal(account: &Account, amount: Atoms, now: Timestamp) -> Result<WithdrawalPlan, EngineError> {
    account.require_no_position()?;
    Ok(WithdrawalPlan { amount, balance: balance_after(account, amount, now)?, after: None })
}

fn balance_after(account: &Account, amount: Atoms, now: Timestamp) -> Result<Atoms, EngineError> {
    if amount.is_zero() {
        return Err(EngineError::AmountZero);
    }
    account.require_not_armed(now)?;
    account.require_no_debt(None)?;
    if amount > account.balance {
        return Err(EngineError::InsufficientBalance { balance: account.balance });
    }
    account.balance.checked_sub(amount)
}

/// Plans a withdrawal of an account with open positions: what stays must cover the initial margin at adverse prices.
/// Profit that is not settled counts for nothing.
///
/// # Errors
/// [`EngineError::AmountZero`], [`EngineError::OrderArmed`], [`EngineError::InsufficientBalance`],
/// [`EngineError::DebtOutstanding`], [`EngineError::InitialMargin`], [`EngineError::Paused`].
pub fn plan_margined_withdrawal(
    portfolio: &Portfolio<'_>,
    amount: Atoms,
    session: &Session,
) -> Result<WithdrawalPlan, EngineError> {
    session.status.allows_reducing()?;
    let balance = balance_after(portfolio.account, amount, session.clock.now)?;
    let after = portfolio.initial(None)?.health(balance)?;
    if after.is_below_margin() {
        return Err(EngineError::InitialMargin { equity: after.equity, required: after.margin });
    }
    Ok(WithdrawalPlan { amount, balance, after: Some(after) })
}
