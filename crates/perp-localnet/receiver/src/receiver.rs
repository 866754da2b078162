//! The receiver's instructions: a price is posted with its signed message, or under one that the bridge has verified.

use borsh::BorshDeserialize;
use solana_account_info::AccountInfo;
use solana_clock::Clock;
use solana_cpi::invoke;
use solana_program_error::{ProgramError, ProgramResult};
use solana_pubkey::Pubkey;
use solana_rent::Rent;
use solana_system_interface::instruction::{create_account, transfer};
use solana_system_interface::program as system_program;
use solana_sysvar::Sysvar;

use crate::error::{FrameworkError, ReceiverError};
use crate::signed::{MerklePrice, Vaa};
use crate::{arguments, bridge, check, guardians, named, BRIDGE, RECEIVER};

/// Names of the instructions, hashed.
pub const POST_UPDATE_ATOMIC: [u8; 8] = [0x31, 0xac, 0x54, 0xc0, 0xaf, 0xb4, 0x34, 0xea];
/// The same of the second.
pub const POST_UPDATE: [u8; 8] = [0x85, 0x5f, 0xcf, 0xaf, 0x0b, 0x4f, 0x76, 0x2c];
/// The same of the third.
pub const RECLAIM_RENT: [u8; 8] = [0xda, 0xc8, 0x13, 0xc5, 0xe3, 0x59, 0xc0, 0x16];
/// First bytes of a price account.
pub const PRICE_ACCOUNT: [u8; 8] = [0x22, 0xf1, 0x23, 0x63, 0x9d, 0x7e, 0xf4, 0xcd];
/// Bytes of a price account.
pub const PRICE_ACCOUNT_LEN: usize = 134;
/// Lamports a post pays.
pub const FEE: u64 = 1;

const PARTIALLY_VERIFIED: u8 = 0;
const FULLY_VERIFIED: u8 = 1;

#[derive(BorshDeserialize)]
struct Atomic {
    vaa: Vec<u8>,
    price: MerklePrice,
    treasury: u8,
}

#[derive(BorshDeserialize)]
struct Posted {
    price: MerklePrice,
    treasury: u8,
}

pub(crate) fn process(accounts: &[AccountInfo], discriminator: &[u8; 8], data: &[u8]) -> ProgramResult {
    match *discriminator {
        POST_UPDATE_ATOMIC => {
            let Atomic { vaa, price, treasury } = arguments(data)?;
            let accounts = named::<7>(accounts)?;
            let vaa = Vaa::parse(&vaa)?;
            check(vaa.signatures().next().is_some(), ReceiverError::InsufficientGuardianSignatures)?;
            let level: &[u8] = match guardians::verify(&vaa, &accounts[1])? {
                true => &[FULLY_VERIFIED],
                false => &[PARTIALLY_VERIFIED, u8::try_from(vaa.signatures().count()).unwrap_or(u8::MAX)],
            };
            post(accounts, &vaa, &price, treasury, level)
        }
        POST_UPDATE => {
            let Posted { price, treasury } = arguments(data)?;
            let accounts = named::<7>(accounts)?;
            check(*accounts[1].owner == BRIDGE, ReceiverError::WrongVaaOwner)?;
            let encoded = accounts[1].try_borrow_data()?;
            let vaa = Vaa::parse(bridge::verified(&encoded)?)?;
            post(accounts, &vaa, &price, treasury, &[FULLY_VERIFIED])
        }
        RECLAIM_RENT => {
            let [payer, account] = named(accounts)?;
            check(payer.is_signer, FrameworkError::AccountNotSigner)?;
            check(write_authority(account)? == *payer.key, ReceiverError::WrongWriteAuthority)?;
            close(account, payer)
        }
        _ => Err(FrameworkError::InstructionFallbackNotFound.into()),
    }
}

fn post(accounts: &[AccountInfo; 7], vaa: &Vaa, price: &MerklePrice, treasury_id: u8, level: &[u8]) -> ProgramResult {
    let [payer, _, config, treasury, account, system, authority] = accounts;
    check(payer.is_signer && authority.is_signer, FrameworkError::AccountNotSigner)?;
    let derived = |seeds: &[&[u8]]| Pubkey::find_program_address(seeds, &RECEIVER).0;
    check(*config.key == derived(&[b"config"]), FrameworkError::ConstraintSeeds)?;
    check(*treasury.key == derived(&[b"treasury", &[treasury_id]]), FrameworkError::ConstraintSeeds)?;
    check(*system.key == system_program::ID, FrameworkError::InvalidProgramId)?;
    check(account.is_writable, FrameworkError::ConstraintMut)?;

    let rent = Rent::get()?;
    if *account.owner == system_program::ID {
        let lamports = rent.minimum_balance(PRICE_ACCOUNT_LEN);
        let create = create_account(payer.key, account.key, lamports, PRICE_ACCOUNT_LEN as u64, &RECEIVER);
        invoke(&create, &[payer.clone(), account.clone(), system.clone()])?;
    } else {
        let owner = write_authority(account)?;
        // Nobody signs for the default key: an account that carries it has never been posted to.
        check(owner == Pubkey::default() || owner == *authority.key, ReceiverError::WrongWriteAuthority)?;
    }
    let fee = if treasury.lamports() == 0 { rent.minimum_balance(0) } else { FEE };
    invoke(&transfer(payer.key, treasury.key, fee), &[payer.clone(), treasury.clone(), system.clone()])?;

    let price = price.under(vaa.root()?)?;
    let slot = Clock::get()?.slot;
    let bytes = [&PRICE_ACCOUNT[..], authority.key.as_ref(), level, &price.fields, &slot.to_le_bytes()].concat();
    let mut data = account.try_borrow_mut_data()?;
    // What a shorter level leaves free at the end stays as it was, as it does with the framework.
    let place = data.get_mut(..bytes.len()).ok_or(FrameworkError::AccountDidNotDeserialize)?;
    place.copy_from_slice(&bytes);
    Ok(())
}

/// Who may post to an account again and close it.
fn write_authority(account: &AccountInfo) -> Result<Pubkey, ProgramError> {
    check(*account.owner == RECEIVER, FrameworkError::AccountOwnedByWrongProgram)?;
    let data = account.try_borrow_data()?;
    let fields = data.strip_prefix(&PRICE_ACCOUNT).ok_or(FrameworkError::AccountDiscriminatorMismatch)?;
    let key = fields.first_chunk::<32>().ok_or(FrameworkError::AccountDidNotDeserialize)?;
    Ok(Pubkey::from(*key))
}

pub(crate) fn close(account: &AccountInfo, to: &AccountInfo) -> ProgramResult {
    check(account.key != to.key, FrameworkError::ConstraintMut)?;
    let sum = to.lamports().checked_add(account.lamports()).ok_or(ProgramError::ArithmeticOverflow)?;
    **to.try_borrow_mut_lamports()? = sum;
    **account.try_borrow_mut_lamports()? = 0;
    account.assign(&system_program::ID);
    account.resize(0)
}
