//! Putting collateral in.

use crate::error::EngineError;
use crate::state::Account;
use crate::units::Atoms;

/// The account's balance once `amount` is deposited. No price and no status is needed; a debt is paid when the account next
/// trades, is settled or is liquidated in its market.
///
/// # Errors
/// [`EngineError::AmountZero`], [`EngineError::Overflow`].
pub fn plan_deposit(account: &Account, amount: Atoms) -> Result<Atoms, EngineError> {
    if amount.is_zero() {
        return Err(EngineError::AmountZero);
    }
    account.balance.plus(amount)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::MAX_ATOMS;
    use bytemuck::Zeroable;

    #[test]
    fn a_deposit_adds_to_the_balance_within_its_range() {
        let account = Account { balance: Atoms::new(40), ..Account::zeroed() };
        assert_eq!(plan_deposit(&account, Atoms::new(2)), Ok(Atoms::new(42)));
        assert_eq!(plan_deposit(&account, Atoms::ZERO), Err(EngineError::AmountZero));
        assert_eq!(plan_deposit(&account, Atoms::new(MAX_ATOMS - 39)), Err(EngineError::Overflow));
    }
}
