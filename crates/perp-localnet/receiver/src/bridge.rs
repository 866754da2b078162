//! The bridge's instructions: a message is written to an account in parts and its signatures are checked there.

use solana_account_info::AccountInfo;
use solana_program_error::{ProgramError, ProgramResult};

use crate::error::{BridgeError, FrameworkError};
use crate::receiver::close;
use crate::signed::Vaa;
use crate::{arguments, check, guardians, named, BRIDGE};

/// Names of the instructions, hashed.
pub const INIT_ENCODED_VAA: [u8; 8] = [0xd1, 0xc1, 0xad, 0x19, 0x5b, 0xca, 0xb5, 0xda];
/// The same of the second.
pub const WRITE_ENCODED_VAA: [u8; 8] = [0xc7, 0xd0, 0x6e, 0xb1, 0x96, 0x4c, 0x76, 0x2a];
/// The same of the third.
pub const VERIFY_ENCODED_VAA: [u8; 8] = [0x67, 0x38, 0xb1, 0xe5, 0xf0, 0x67, 0x44, 0x49];
/// The same of the fourth.
pub const CLOSE_ENCODED_VAA: [u8; 8] = [0x30, 0xdd, 0xae, 0xc6, 0xe7, 0x07, 0x98, 0x26];
/// First bytes of a message's account.
pub const ENCODED_VAA: [u8; 8] = [0xe2, 0x65, 0xa3, 0x04, 0x85, 0xa0, 0x54, 0xf5];

// Discriminator, status, writer, version, length.
const HEADER_LEN: usize = 46;
const STATUS: usize = 8;
const VERSION: usize = 41;
const WRITING: u8 = 1;
const VERIFIED: u8 = 2;

pub(crate) fn process(accounts: &[AccountInfo], discriminator: &[u8; 8], data: &[u8]) -> ProgramResult {
    let [writer, account] = named(accounts)?;
    check(writer.is_signer, FrameworkError::AccountNotSigner)?;
    check(*account.owner == BRIDGE, FrameworkError::AccountOwnedByWrongProgram)?;
    match *discriminator {
        INIT_ENCODED_VAA => init(writer, account),
        WRITE_ENCODED_VAA => {
            let (offset, part): (u32, Vec<u8>) = arguments(data)?;
            write(writer, account, offset, &part)
        }
        VERIFY_ENCODED_VAA => {
            let [_, _, guardian_set] = named(accounts)?;
            require_draft(writer, account)?;
            let mut bytes = account.try_borrow_mut_data()?;
            let vaa = Vaa::parse(bytes.get(HEADER_LEN..).unwrap_or_default())?;
            check(guardians::verify(&vaa, guardian_set)?, BridgeError::NoQuorum)?;
            bytes[STATUS] = VERIFIED;
            bytes[VERSION] = 1;
            Ok(())
        }
        CLOSE_ENCODED_VAA => {
            require_writer(writer, &account.try_borrow_data()?)?;
            close(account, writer)
        }
        _ => Err(FrameworkError::InstructionFallbackNotFound.into()),
    }
}

fn init(writer: &AccountInfo, account: &AccountInfo) -> ProgramResult {
    let mut bytes = account.try_borrow_mut_data()?;
    let (header, message) = bytes.split_at_mut_checked(HEADER_LEN).ok_or(BridgeError::InvalidCreatedAccountSize)?;
    check(!message.is_empty(), BridgeError::InvalidCreatedAccountSize)?;
    check(header.iter().all(|byte| *byte == 0), BridgeError::AccountNotZeroed)?;
    let length = u32::try_from(message.len()).map_err(|_| BridgeError::InvalidCreatedAccountSize)?;
    let fields = [&ENCODED_VAA[..], &[WRITING], writer.key.as_ref(), &[0], &length.to_le_bytes()].concat();
    header.copy_from_slice(&fields);
    Ok(())
}

fn write(writer: &AccountInfo, account: &AccountInfo, offset: u32, part: &[u8]) -> ProgramResult {
    require_draft(writer, account)?;
    check(!part.is_empty(), BridgeError::DataOverflow)?;
    let mut bytes = account.try_borrow_mut_data()?;
    let message = bytes.get_mut(HEADER_LEN..).ok_or(BridgeError::DataOverflow)?;
    let offset = usize::try_from(offset).map_err(|_| BridgeError::DataOverflow)?;
    let end = offset.checked_add(part.len()).ok_or(BridgeError::DataOverflow)?;
    message.get_mut(offset..end).ok_or(BridgeError::DataOverflow)?.copy_from_slice(part);
    Ok(())
}

fn require_writer(writer: &AccountInfo, bytes: &[u8]) -> ProgramResult {
    let fields = bytes.strip_prefix(&ENCODED_VAA).filter(|fields| fields.len() >= HEADER_LEN - ENCODED_VAA.len());
    let fields = fields.ok_or(FrameworkError::AccountDidNotDeserialize)?;
    check(fields[1..33] == *writer.key.as_ref(), BridgeError::WriteAuthorityMismatch)
}

fn require_draft(writer: &AccountInfo, account: &AccountInfo) -> ProgramResult {
    let bytes = account.try_borrow_data()?;
    require_writer(writer, &bytes)?;
    check(bytes[STATUS] == WRITING, BridgeError::NotInWritingStatus)
}

/// The message in an account's bytes, where its signatures have been checked.
pub(crate) fn verified(bytes: &[u8]) -> Result<&[u8], ProgramError> {
    let (header, message) = bytes.split_at_checked(HEADER_LEN).ok_or(BridgeError::UnverifiedVaa)?;
    check(header.starts_with(&ENCODED_VAA) && header[STATUS] == VERIFIED, BridgeError::UnverifiedVaa)?;
    Ok(message)
}
