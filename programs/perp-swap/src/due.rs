//! Forms of instructions of which several share a transaction: each does what it can, and none fails the others.

use anchor_lang::error::ERROR_CODE_OFFSET;
use anchor_lang::prelude::*;
use anchor_lang::solana_program::system_program;

/// Codes of the engine's rules: that a market is missing from the list and what its arguments break among them, as a list is read before
/// it is sent. What is beyond them is about oracles and accounts: mistakes of whoever built the instruction.
const RULES: std::ops::Range<u32> = ERROR_CODE_OFFSET..ERROR_CODE_OFFSET + 200;

/// Does what `act` does, or nothing where a rule refuses it: the log says by which. `written` are the program's accounts that it writes.
///
/// # Errors
/// Those of `act` that are no rules of the engine: wrong accounts, missing signatures, price accounts that cannot be read.
pub fn if_due(written: &[&AccountInfo<'_>], act: impl FnOnce() -> Result<()>) -> Result<()> {
    let mut before = Vec::with_capacity(written.len());
    for account in written {
        before.push(account.try_borrow_data()?.to_vec());
    }
    match act() {
        Err(Error::AnchorError(error)) if RULES.contains(&error.error_code_number) => {
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
