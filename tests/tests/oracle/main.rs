//! The oracle reader against the two accounts as they stood on mainnet, every way of corrupting them, and forgeries.
//!
//! Bytes are corrupted and judged by the offsets of Pyth's published layouts, written down once more here, so that
//! neither the reader nor the SDKs behind it testify for themselves.

mod attacks;
mod bindings;
mod corruption;
mod made;
mod properties;
mod readings;

use anchor_lang::prelude::{pubkey, Pubkey};
use perp_engine::oracle::OracleReading;
use perp_swap::oracle::OracleError::*;
use perp_swap::oracle::{read_oracle, OracleBinding, OracleError, OracleKind, CORE_RECEIVER, LEGACY_MAINNET};

const SOL_USD: &[u8; 134] = include_bytes!("../../data/pyth/7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE.bin");
const SOL_USD_ADDRESS: Pubkey = pubkey!("7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE");
const SOL_USD_FEED: [u8; 32] = [
    0xef, 0x0d, 0x8b, 0x6f, 0xda, 0x2c, 0xeb, 0xa4, 0x1d, 0xa1, 0x5d, 0x40, 0x95, 0xd1, 0xda, 0x39, 0x2a, 0x0d, 0x2f,
    0x8e, 0xd0, 0xc6, 0xc7, 0xbc, 0x0f, 0x4c, 0xfa, 0xc8, 0xc2, 0x80, 0xb5, 0x6d,
];
const SOL_USD_READING: OracleReading =
    OracleReading { price: 14_061_593_700, confidence: 13_793_699, exponent: -8, publish_time: 1_720_533_480 };

const USDC_USD: &[u8; 3312] = include_bytes!("../../data/pyth/Gnt27xtC473ZT2Mw5u8wZ68Z3gULkSTb5DuxJy7eJotD.bin");
const USDC_USD_ADDRESS: Pubkey = pubkey!("Gnt27xtC473ZT2Mw5u8wZ68Z3gULkSTb5DuxJy7eJotD");
const USDC_USD_READING: OracleReading =
    OracleReading { price: 100_000_750, confidence: 24_249, exponent: -8, publish_time: 1_701_981_042 };

/// SOL-PERP as it is listed: any account of the Core receiver that holds the feed.
fn sol_binding() -> OracleBinding {
    OracleBinding { kind: OracleKind::Pull, owner: CORE_RECEIVER, account: Pubkey::default(), feed_id: SOL_USD_FEED }
}

fn usdc_binding() -> OracleBinding {
    OracleBinding { kind: OracleKind::LegacyPush, owner: LEGACY_MAINNET, account: USDC_USD_ADDRESS, feed_id: [0; 32] }
}

fn read_sol(data: &[u8]) -> Result<OracleReading, OracleError> {
    read_oracle(&SOL_USD_ADDRESS, &CORE_RECEIVER, data, &sol_binding())
}

fn read_usdc(data: &[u8]) -> Result<OracleReading, OracleError> {
    read_oracle(&USDC_USD_ADDRESS, &LEGACY_MAINNET, data, &usdc_binding())
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
fn judge_ranges(reading: OracleReading) -> Result<OracleReading, OracleError> {
    match reading {
        r if r.exponent < -18 || r.exponent > 0 => Err(ExponentOutOfRange),
        r if r.price < 1 => Err(PriceNotPositive),
        r if r.confidence > 9_223_372_036_854_775_807 => Err(ConfidenceOutOfRange),
        r if r.publish_time < 1 => Err(PublishTimeNotPositive),
        r => Ok(r),
    }
}

/// What a 134-byte account must say to SOL-PERP, from the layout alone.
fn judge_pull(account: &[u8]) -> Result<OracleReading, OracleError> {
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
    judge_ranges(OracleReading {
        price: i64::from_le_bytes(field(account, 73)),
        confidence: u64::from_le_bytes(field(account, 81)),
        exponent: i32::from_le_bytes(field(account, 89)),
        publish_time: i64::from_le_bytes(field(account, 93)),
    })
}

/// What a 3312-byte account with at most one corrupted field must say to a USDC market, from the layout alone.
fn judge_legacy(account: &[u8]) -> Result<OracleReading, OracleError> {
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
        () => judge_ranges(OracleReading {
            price: i64::from_le_bytes(field(account, 208)),
            confidence: u64::from_le_bytes(field(account, 216)),
            exponent: i32::from_le_bytes(field(account, 20)),
            publish_time: i64::from_le_bytes(field(account, 96)),
        }),
    }
}
