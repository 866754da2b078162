//! Taking collateral out.

use crate::error::EngineError;
use crate::portfolio::{Health, Portfolio};
use crate::state::Account;
use crate::status::Status;
use crate::units::{Atoms, Clock};

#[cfg(test)]
mod tests;

/// The balance after a withdrawal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WithdrawalPlan {
    pub balance: Atoms,
    /// Equity at adverse prices and initial margin after it; `None` for an account without open positions.
    pub after: Option<Health>,
}

/// Whether a withdrawal must be handed the markets of the account's positions: an account without open positions needs
/// no price, and its claims count nothing.
pub fn needs_markets(account: &Account) -> bool {
    account.occupied().any(|(_, position)| !position.size.is_zero())
}

/// Plans a withdrawal of an account without open positions. Without debts it always succeeds, whatever the oracle or the
/// status.
///
/// # Errors
/// [`EngineError::PositionsOpen`], [`EngineError::AmountZero`], [`EngineError::BalanceTooLow`],
/// [`EngineError::DebtOutstanding`].
pub fn plan_withdrawal(account: &Account, amount: Atoms) -> Result<WithdrawalPlan, EngineError> {
    if needs_markets(account) {
        return Err(EngineError::PositionsOpen);
    }
    Ok(WithdrawalPlan { balance: balance_after(account, amount)?, after: None })
}

fn balance_after(account: &Account, amount: Atoms) -> Result<Atoms, EngineError> {
    if amount.is_zero() {
        return Err(EngineError::AmountZero);
    }
    if let Some(debt) = account.debt() {
        return Err(debt);
    }
    let too_low = EngineError::BalanceTooLow { balance: account.balance };
    account.balance.minus(amount).map_err(|_| too_low)
}

/// Plans a withdrawal of an account with open positions: what stays must cover the initial margin at adverse prices.
/// Profit that is not settled counts nothing.
///
/// # Errors
/// [`EngineError::AmountZero`], [`EngineError::BalanceTooLow`], [`EngineError::DebtOutstanding`],
/// [`EngineError::InitialMargin`], [`EngineError::LegStale`], [`EngineError::MarketUnusable`], [`EngineError::Paused`].
pub fn plan_margined_withdrawal(
    portfolio: &Portfolio<'_>,
    amount: Atoms,
    status: Status,
    clock: Clock,
) -> Result<WithdrawalPlan, EngineError> {
    status.allows_reducing()?;
    // A pause never blocks an account that is flat there.
    for (_, _, market) in portfolio.legs().filter(|(_, position, _)| !position.size.is_zero()) {
        market.status.in_force(clock.now).allows_reducing()?;
    }
    let balance = balance_after(portfolio.account, amount)?;
    let after = portfolio.adverse_except(None)?.with(balance.raw()?, Atoms::ZERO)?.health()?;
    if after.is_below_margin() {
        return Err(EngineError::InitialMargin { equity: after.equity, required: after.margin });
    }
    Ok(WithdrawalPlan { balance, after: Some(after) })
}
