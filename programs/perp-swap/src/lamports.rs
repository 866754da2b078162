//! Lamports in and out of the program's accounts.

use anchor_lang::prelude::*;
use anchor_lang::solana_program::program::invoke_signed_unchecked;
use anchor_lang::solana_program::system_instruction;

/// Moves a signer's lamports into one of the program's accounts. The system program is among the instruction's accounts.
pub fn pay_in<'info>(payer: &AccountInfo<'info>, to: &AccountInfo<'info>, lamports: u64) -> Result<()> {
    let instruction = system_instruction::transfer(payer.key, to.key, lamports);
    // What `invoke_signed` asks after it has looked for each account of the instruction among those passed: that nobody here
    // holds what the call may change.
    for account in [payer, to] {
        account.try_borrow_mut_lamports()?;
        account.try_borrow_mut_data()?;
    }
    Ok(invoke_signed_unchecked(&instruction, &[payer.clone(), to.clone()], &[])?)
}

/// Moves lamports between accounts, the first of which is the program's. No other program may be called afterwards: it would miss
/// them.
pub fn move_lamports(from: &AccountInfo<'_>, to: &AccountInfo<'_>, lamports: u64) -> Result<()> {
    from.sub_lamports(lamports)?;
    to.add_lamports(lamports)?;
    Ok(())
}
