//! Forms of instructions of which several share a transaction: each does what it can, and none fails the others.

use anchor_lang::error::ERROR_CODE_OFFSET;
use anchor_lang::prelude::*;
use anchor_lang::solana_program::system_program;

/// First code of the program's own errors, which are about accounts and arguments: what is below it is a rule of the engine, or one
/// about oracles.
const FIRST_OWN_CODE: u32 = ERROR_CODE_OFFSET + 300;

/// Does what `act` does, or nothing where a rule refuses it: the log says by which. `written` are the program's accounts that it writes.
///
/// # Errors
/// Those of `act` that are no rules: wrong accounts, missing signatures.
pub fn if_due(written: &[&AccountInfo<'_>], act: impl FnOnce() -> Result<()>) -> Result<()> {
    let mut before = Vec::with_capacity(written.len());
    for account in written {
        before.push(account.try_borrow_data()?.to_vec());
    }
    match act() {
        Err(Error::AnchorError(error))
            if error.error_code_number < FIRST_OWN_CODE && error.error_code_number >= ERROR_CODE_OFFSET =>
        {
            // A price may have been taken in before the rule was asked.
            for (account, before) in written.iter().zip(&before) {
                account.try_borrow_mut_data()?.copy_from_slice(before);
            }
            Ok(())
        }
        done => done,
    }
}

/// Whether nothing is left of an account.
pub fn is_gone(account: &AccountInfo<'_>) -> bool {
    account.data_is_empty() && *account.owner == system_program::ID
}
