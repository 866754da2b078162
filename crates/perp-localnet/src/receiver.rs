//! The [stand-in](localnet_receiver) for Pyth's receiver, at the addresses of what it stands in for, with the settings that
//! clients read.

use localnet_receiver::{guardians, receiver, signed, BRIDGE, PUSH_ORACLE, RECEIVER};
use perp_artifacts::{ArtifactError, LOCALNET_RECEIVER};
use perp_updates::receiver::{config_account, Receiver};
use solana_pubkey::Pubkey;

use crate::chain::{AccountImage, Chain, ChainError};

/// The program's bytes.
///
/// # Errors
/// [`ArtifactError`].
pub fn program_bytes() -> Result<Vec<u8>, ArtifactError> {
    LOCALNET_RECEIVER.program_bytes()
}

/// Puts the program and its accounts on the chain.
///
/// # Errors
/// [`ChainError`].
pub fn load(chain: &Chain, authority: Pubkey, elf: &[u8]) -> Result<(), ChainError> {
    for program in [RECEIVER, BRIDGE, PUSH_ORACLE] {
        chain.load_program(program, authority, elf)?;
    }
    let config = config_account(authority, BRIDGE, (signed::EMITTER_CHAIN, signed::EMITTER), receiver::FEE);
    let mut accounts = vec![AccountImage { address: Receiver::Core.config(), owner: RECEIVER, data: config }];
    for index in [guardians::ONE, guardians::ALL] {
        accounts.push(AccountImage { address: guardians::address(index), owner: BRIDGE, data: guardian_set(index) });
    }
    chain.set_accounts(&accounts)
}

/// A set as the bridge stores it: its number, the guardians, and the times at which it began and ends, zero for never.
fn guardian_set(index: u32) -> Vec<u8> {
    let guardians = guardians::set(index).unwrap_or_default();
    let count = u32::try_from(guardians.len()).unwrap_or(u32::MAX);
    [&index.to_le_bytes()[..], &count.to_le_bytes(), guardians.as_flattened(), &[0; 8]].concat()
}
