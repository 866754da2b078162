//! The push oracle's instruction: anybody brings the account of a feed a newer price.

use borsh::BorshDeserialize;
use solana_account_info::AccountInfo;
use solana_cpi::invoke_signed;
use solana_instruction::{AccountMeta, Instruction};
use solana_program_error::ProgramResult;
use solana_pubkey::Pubkey;

use crate::error::{FrameworkError, PushOracleError};
use crate::receiver::{POST_UPDATE, PRICE_ACCOUNT};
use crate::signed::MerklePrice;
use crate::{arguments, check, named, PUSH_ORACLE, RECEIVER};

/// Name of the instruction, hashed.
pub const UPDATE_PRICE_FEED: [u8; 8] = [0x1c, 0x09, 0x5d, 0x96, 0x56, 0x99, 0xbc, 0x73];
/// Bytes of the shard and of the feed id at the end of the arguments.
const KEY_LEN: usize = 34;
/// Where a price account has its publish time.
const PUBLISH_TIME: std::ops::Range<usize> = 93..101;

#[derive(BorshDeserialize)]
struct Arguments {
    price: MerklePrice,
    _treasury: u8,
    shard: u16,
    feed: [u8; 32],
}

pub(crate) fn process(accounts: &[AccountInfo], discriminator: &[u8; 8], data: &[u8]) -> ProgramResult {
    check(*discriminator == UPDATE_PRICE_FEED, FrameworkError::InstructionFallbackNotFound)?;
    let Arguments { price, shard, feed, .. } = arguments(data)?;
    let [payer, receiver, encoded_vaa, config, treasury, account, system] = named(accounts)?;
    check(payer.is_signer, FrameworkError::AccountNotSigner)?;
    check(*receiver.key == RECEIVER, FrameworkError::InvalidProgramId)?;
    let shard = shard.to_le_bytes();
    let (address, bump) = Pubkey::find_program_address(&[&shard, &feed], &PUSH_ORACLE);
    check(*account.key == address, FrameworkError::ConstraintSeeds)?;

    let price = price.price()?;
    if price.publish_time <= publish_time(account)? {
        return Ok(());
    }
    check(price.feed == feed, PushOracleError::PriceFeedMessageMismatch)?;
    // The receiver's own arguments are the same but for the key of the account.
    let arguments = data.len().checked_sub(KEY_LEN).and_then(|end| data.get(..end));
    let arguments = arguments.ok_or(FrameworkError::InstructionDidNotDeserialize)?;
    let post = Instruction {
        program_id: RECEIVER,
        accounts: vec![
            AccountMeta::new(*payer.key, true),
            AccountMeta::new_readonly(*encoded_vaa.key, false),
            AccountMeta::new_readonly(*config.key, false),
            AccountMeta::new(*treasury.key, false),
            AccountMeta::new(address, true),
            AccountMeta::new_readonly(*system.key, false),
            AccountMeta::new_readonly(address, true),
        ],
        data: [&POST_UPDATE, arguments].concat(),
    };
    let seeds: &[&[u8]] = &[&shard, &feed, &[bump]];
    invoke_signed(&post, accounts, &[seeds])
}

/// Zero where there is no account yet.
fn publish_time(account: &AccountInfo) -> Result<i64, solana_program_error::ProgramError> {
    let data = account.try_borrow_data()?;
    if data.is_empty() {
        return Ok(0);
    }
    check(data.starts_with(&PRICE_ACCOUNT), FrameworkError::AccountDiscriminatorMismatch)?;
    let time = data.get(PUBLISH_TIME).and_then(|time| time.first_chunk()).copied();
    Ok(i64::from_le_bytes(time.ok_or(FrameworkError::AccountDidNotDeserialize)?))
}
