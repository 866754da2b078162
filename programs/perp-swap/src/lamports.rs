//! Lamports in and out of the program's accounts.

use anchor_lang::prelude::*;
use anchor_lang::system_program;

/// Moves a signer's lamports into one of the program's accounts.
pub fn pay_in<'info>(
    system_program: &AccountInfo<'info>,
    payer: &AccountInfo<'info>,
    to: &AccountInfo<'info>,
    lamports: u64,
) -> Result<()> {
    let accounts = system_program::Transfer { from: payer.clone(), to: to.clone() };
    system_program::transfer(CpiContext::new(*system_program.key, accounts), lamports)
}

/// Moves lamports between accounts, the first of which is the program's. No other program may be called afterwards: it would miss
/// them.
pub fn move_lamports(from: &AccountInfo<'_>, to: &AccountInfo<'_>, lamports: u64) -> Result<()> {
    from.sub_lamports(lamports)?;
    to.add_lamports(lamports)?;
    Ok(())
}
