//! Putting collateral in.

use crate::error::EngineError;
use crate::state::counters::count;
use crate::state::Account;
use crate::units::Atoms;

/// The balance after a deposit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DepositPlan {
    /// What is put in.
    pub amount: Atoms,
    /// The balance with it.
    pub balance: Atoms,
}

impl DepositPlan {
    /// Stores the plan.
    pub fn apply(&self, account: &mut Account) {
        account.balance = self.balance;
        count(&mut account.counters.deposited, self.amount);
    }
}

/// Plans a deposit. No price and no status is needed; a debt is paid when the account next trades, is settled or is
/// liquidated in its market.
///
/// # Errors
/// [`EngineError::AmountZero`], [`EngineError::Overflow`].
pub fn plan_deposit(account: &Account, amount: Atoms) -> Result<DepositPlan, EngineError> {
    if amount.is_zero() {
        return Err(EngineError::AmountZero);
    }
    Ok(DepositPlan { amount, balance: account.balance.checked_add(amount)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::MAX_ATOMS;
    use bytemuck::Zeroable;

    #[test]
    fn a_deposit_adds_to_the_balance_within_its_range() {
        let account = Account { balance: Atoms::new(40), ..Account::zeroed() };
        let mut after = account;
        plan_deposit(&account, Atoms::new(2)).unwrap().apply(&mut after);
        assert_eq!((after.balance, after.counters.deposited), (Atoms::new(42), Atoms::new(2)));
        assert_eq!(plan_deposit(&account, Atoms::ZERO), Err(EngineError::AmountZero));
        assert_eq!(plan_deposit(&account, Atoms::new(MAX_ATOMS - 39)), Err(EngineError::Overflow));
    }
}
