//! Closing a margin account.

use crate::error::EngineError;
use crate::state::Account;

/// Whether the account holds nothing and owes nothing, and the account of its orders is closed, so that it can be closed too.
///
/// # Errors
/// [`EngineError::AccountNotEmpty`].
pub fn check_closable(account: &Account) -> Result<(), EngineError> {
    if account.is_empty() {
        return Ok(());
    }
    Err(EngineError::AccountNotEmpty)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{base, usdc};
    use crate::state::Position;
    use bytemuck::Zeroable;

    #[test]
    fn an_account_that_holds_or_owes_anything_is_not_closed() {
        let empty = Account::zeroed();
        assert_eq!(check_closable(&empty), Ok(()));
        assert_eq!(check_closable(&Account { balance: usdc(1), ..empty }), Err(EngineError::AccountNotEmpty));
        assert_eq!(check_closable(&Account { orders_open: 1, ..empty }), Err(EngineError::AccountNotEmpty));
        let nothing = Position::empty_in(3);
        let open = Position { size: base(-1), ..nothing };
        let claiming = Position { claim: usdc(1), ..nothing };
        let owing = Position { debt: usdc(1), ..nothing };
        for position in [open, claiming, owing] {
            let mut account = empty;
            account.positions[11] = position;
            assert_eq!(check_closable(&account), Err(EngineError::AccountNotEmpty));
        }
    }
}
