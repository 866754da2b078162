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

/// Of lamports that go home from orders those that can: a runtime takes no transaction after which an account holds less than its rent,
/// so that none go to an empty wallet, whose owner could else keep his orders from being filled. They stay in the orders' account
/// and go with its rent when that is closed.
///
/// # Errors
/// The runtime's, where it has no rent.
pub fn that_go_home(owner: &AccountInfo<'_>, lamports: u64) -> Result<u64> {
    if lamports == 0 {
        return Ok(0);
    }
    let held = owner.lamports().checked_add(lamports).ok_or(ProgramError::ArithmeticOverflow)?;
    let least = Rent::get()?.minimum_balance(owner.data_len());
    Ok(if held < least { 0 } else { lamports })
}

/// Moves lamports between accounts, the first of which is the program's. No other program may be called afterwards: it would miss
/// them.
pub fn move_lamports(from: &AccountInfo<'_>, to: &AccountInfo<'_>, lamports: u64) -> Result<()> {
    from.sub_lamports(lamports)?;
    to.add_lamports(lamports)?;
    Ok(())
}
