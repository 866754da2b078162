//! The oracle reader against the two accounts as they stood on mainnet, every way of corrupting them, and forgeries.
//!
//! Bytes are corrupted and judged by the offsets of Pyth's published layouts, written down once more here, so that
//! neither the reader nor the SDKs behind it testify for themselves.

mod anywhere;
mod attacks;
mod bindings;
mod corruption;
mod made;
mod properties;
mod readings;

use anchor_lang::prelude::{pubkey, Pubkey};
use perp_accounts::oracle::OracleError::*;
use perp_accounts::oracle::{OracleBinding, OracleError, OracleKind, CORE_RECEIVER, LEGACY_MAINNET};
use perp_oracle::read_oracle;
use perp_oracle::write::{SOL_USD, USDC_USD};

/// What an account says, in its own numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Said {
    price: i64,
    confidence: u64,
    exponent: i32,
    publish_time: i64,
}

const SOL_USD_ADDRESS: Pubkey = pubkey!("7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE");
const SOL_USD_FEED: [u8; 32] = [
    0xef, 0x0d, 0x8b, 0x6f, 0xda, 0x2c, 0xeb, 0xa4, 0x1d, 0xa1, 0x5d, 0x40, 0x95, 0xd1, 0xda, 0x39, 0x2a, 0x0d, 0x2f,
    0x8e, 0xd0, 0xc6, 0xc7, 0xbc, 0x0f, 0x4c, 0xfa, 0xc8, 0xc2, 0x80, 0xb5, 0x6d,
];
const SOL_USD_SAYS: Said =
    Said { price: 14_061_593_700, confidence: 13_793_699, exponent: -8, publish_time: 1_720_533_480 };

const USDC_USD_ADDRESS: Pubkey = pubkey!("Gnt27xtC473ZT2Mw5u8wZ68Z3gULkSTb5DuxJy7eJotD");
const USDC_USD_SAYS: Said = Said { price: 100_000_750, confidence: 24_249, exponent: -8, publish_time: 1_701_981_042 };

/// SOL-PERP as it is listed: any account of the Core receiver that holds the feed.
fn sol_binding() -> OracleBinding {
    OracleBinding::new(OracleKind::Pull, CORE_RECEIVER, Pubkey::default(), SOL_USD_FEED)
}

fn usdc_binding() -> OracleBinding {
    OracleBinding::new(OracleKind::LegacyPush, LEGACY_MAINNET, USDC_USD_ADDRESS, [0; 32])
}

/// What the account is read as.
fn read(address: &Pubkey, owner: &Pubkey, data: &[u8], binding: &OracleBinding) -> Result<Said, OracleError> {
    read_oracle(address, owner, data, binding).map(|reading| Said {
        price: reading.price().try_into().expect("a price fits the numbers of its account"),
        confidence: reading.confidence(),
        exponent: reading.exponent(),
        publish_time: reading.publish_time(),
    })
}

fn read_sol(data: &[u8]) -> Result<Said, OracleError> {
    read(&SOL_USD_ADDRESS, &CORE_RECEIVER, data, &sol_binding())
}

fn read_usdc(data: &[u8]) -> Result<Said, OracleError> {
    read(&USDC_USD_ADDRESS, &LEGACY_MAINNET, data, &usdc_binding())
}

/// `account` with `field` written at `offset`.
fn with<const N: usize>(account: &[u8], offset: usize, field: [u8; N]) -> Vec<u8> {
    let mut bytes = account.to_vec();
    bytes[offset..offset + N].copy_from_slice(&field);
    bytes
}

fn field<const N: usize>(account: &[u8], offset: usize) -> [u8; N] {
    account[offset..offset + N].try_into().unwrap()
}

/// The rules on the numbers themselves, as the design states them.
fn judge_ranges(said: Said) -> Result<Said, OracleError> {
    match said {
        said if said.exponent < -18 || said.exponent > 0 => Err(ExponentOutOfRange),
        said if said.price < 1 => Err(PriceNotPositive),
        said if said.confidence > 9_223_372_036_854_775_807 => Err(ConfidenceOutOfRange),
        said if said.publish_time < 1 => Err(PublishTimeNotPositive),
        said => Ok(said),
    }
}

/// What a 134-byte account must say to SOL-PERP, from the layout alone.
fn judge_pull(account: &[u8]) -> Result<Said, OracleError> {
    if field::<8>(account, 0) != [0x22, 0xf1, 0x23, 0x63, 0x9d, 0x7e, 0xf4, 0xcd] {
        return Err(NotAPriceUpdate);
    }
    match account[40] {
        0 => return Err(PartiallyVerified),
        1 => {}
        _ => return Err(InvalidVerification),
    }
    if field::<32>(account, 41) != SOL_USD_FEED {
        return Err(WrongFeedId);
    }
    judge_ranges(Said {
        price: i64::from_le_bytes(field(account, 73)),
        confidence: u64::from_le_bytes(field(account, 81)),
        exponent: i32::from_le_bytes(field(account, 89)),
        publish_time: i64::from_le_bytes(field(account, 93)),
    })
}

/// What a 3312-byte account with at most one corrupted field must say to a USDC market, from the layout alone.
fn judge_legacy(account: &[u8]) -> Result<Said, OracleError> {
    let word = |offset| u32::from_le_bytes(field(account, offset));
    match () {
        () if word(0) != 0xa1b2_c3d4 => Err(WrongMagic),
        () if word(4) != 2 => Err(WrongVersion),
        () if word(8) != 3 => Err(NotAPriceAccount),
        // 3312, or 240 + 96 for each of the 17 publishers = 1872
        () if word(12) != 3312 && word(12) != 1872 => Err(WrongUsedSize),
        () if word(16) != 1 => Err(WrongPriceType),
        () if word(224) > 4 => Err(InvalidStatus),
        () if word(224) != 1 => Err(NotTrading),
        () if word(228) != 0 => Err(CorporateAction),
        () => judge_ranges(Said {
            price: i64::from_le_bytes(field(account, 208)),
            confidence: u64::from_le_bytes(field(account, 216)),
            exponent: i32::from_le_bytes(field(account, 20)),
            publish_time: i64::from_le_bytes(field(account, 96)),
        }),
    }
}
