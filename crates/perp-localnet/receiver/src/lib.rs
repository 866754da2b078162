//! What the local validator has instead of Pyth's receiver, of the core bridge it trusts, and of the push oracle: one program,
//! loaded at all three addresses, with their instructions for a price update.
//!
//! Signatures, proofs and accounts are checked as they check them, but against [test guardians](guardians), whose keys are in
//! the project: whoever has the sources can sign any price. Nothing but the local validator loads this program, no key can
//! deploy it at those addresses of a cluster, and every instruction logs what it is.

pub mod bridge;
pub mod error;
pub mod guardians;
pub mod push_oracle;
pub mod receiver;
pub mod signed;

use solana_account_info::AccountInfo;
use solana_program_error::{ProgramError, ProgramResult};
use solana_pubkey::Pubkey;

use crate::error::FrameworkError;

#[cfg(target_arch = "bpf")]
extern crate sbf_builtins as _;

/// Where Pyth's receiver is on a cluster, and this program on a local validator.
pub const RECEIVER: Pubkey = Pubkey::from_str_const("rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ");
/// The same of the core bridge that the receiver trusts.
pub const BRIDGE: Pubkey = Pubkey::from_str_const("HDwcJBJXjL9FpJ7UBsYBtaDjsBUhuLCUYoz3zr8SWWaQ");
/// The same of the push oracle.
pub const PUSH_ORACLE: Pubkey = Pubkey::from_str_const("pythWSnswVUd12oZpeFP8e9CVaEqJg25g1Vtc2biRsT");

#[cfg(target_os = "solana")]
solana_program_entrypoint::entrypoint!(process);

/// Runs one instruction of the program that this one stands in for at `program`.
///
/// # Errors
/// Those of the program it stands in for, with its codes.
pub fn process(program: &Pubkey, accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
    solana_msg::msg!("stand-in of the local validator: believes test guardians");
    let (discriminator, arguments) = data.split_first_chunk::<8>().ok_or(FrameworkError::InstructionMissing)?;
    match *program {
        RECEIVER => receiver::process(accounts, discriminator, arguments),
        BRIDGE => bridge::process(accounts, discriminator, arguments),
        PUSH_ORACLE => push_oracle::process(accounts, discriminator, arguments),
        _ => Err(ProgramError::IncorrectProgramId),
    }
}

/// The first `N` accounts.
fn named<'a, 'info, const N: usize>(
    accounts: &'a [AccountInfo<'info>],
) -> Result<&'a [AccountInfo<'info>; N], ProgramError> {
    accounts.first_chunk().ok_or_else(|| FrameworkError::AccountNotEnoughKeys.into())
}

fn check(holds: bool, error: impl Into<ProgramError>) -> ProgramResult {
    if holds {
        Ok(())
    } else {
        Err(error.into())
    }
}

/// Arguments that take all of the data.
fn arguments<T: borsh::BorshDeserialize>(data: &[u8]) -> Result<T, ProgramError> {
    T::try_from_slice(data).map_err(|_| FrameworkError::InstructionDidNotDeserialize.into())
}
