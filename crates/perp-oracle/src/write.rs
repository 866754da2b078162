//! Bytes of oracle accounts, as Pyth's programs would write them: for local validators and tests.

/// SOL/USD as the push oracle kept it on mainnet: a `PriceUpdateV2`.
pub const SOL_USD: &[u8; 134] = include_bytes!("../data/7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE.bin");
/// USDC/USD as the legacy oracle program left it on mainnet.
pub const USDC_USD: &[u8; 3312] = include_bytes!("../data/Gnt27xtC473ZT2Mw5u8wZ68Z3gULkSTb5DuxJy7eJotD.bin");

use std::mem::offset_of;

use crate::{legacy, OracleError};
use anchor_lang::prelude::Pubkey;
use anchor_lang::AccountSerialize;
use pyth_sdk_solana::state::{PriceStatus, SolanaPriceAccount};
use pyth_solana_receiver_sdk::price_update::{PriceFeedMessage, PriceUpdateV2, VerificationLevel};

/// The bytes given as a template are not a legacy price account that could be read itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the template is not a trading legacy Pyth price account ({0:?}); \
     give the 3312 bytes of one as fetched from a cluster"
)]
pub struct LegacyTemplateError(pub OracleError);

/// A fully verified `PriceUpdateV2` of 134 bytes, discriminator included. The asset is worth `(price ± conf) ·
/// 10^expo`, at `publish_time` in Unix seconds; `posted_slot` dates the posting alone. The moving average repeats the
/// price.
pub fn pull_account(
    feed_id: [u8; 32],
    price: i64,
    conf: u64,
    expo: i32,
    publish_time: i64,
    posted_slot: u64,
) -> Vec<u8> {
    let update = PriceUpdateV2 {
        write_authority: Pubkey::default(),
        verification_level: VerificationLevel::Full,
        price_message: PriceFeedMessage {
            feed_id,
            price,
            conf,
            exponent: expo,
            publish_time,
            prev_publish_time: publish_time,
            ema_price: price,
            ema_conf: conf,
        },
        posted_slot,
    };
    let mut account = Vec::with_capacity(PriceUpdateV2::LEN);
    update.try_serialize(&mut account).expect("a Vec takes any number of bytes");
    account.resize(PriceUpdateV2::LEN, 0);
    account
}

/// `template`, a real legacy price account, one update later: its aggregate becomes the previous one, and the new one
/// is worth `(price ± conf) · 10^expo` at `timestamp` in Unix seconds, trading, published in `slot`. Publishers,
/// product and moving averages stay the template's.
///
/// # Errors
/// The template could not be read as a price itself.
pub fn legacy_account(
    template: &[u8],
    price: i64,
    conf: u64,
    expo: i32,
    timestamp: i64,
    slot: u64,
) -> Result<Vec<u8>, LegacyTemplateError> {
    type Layout = SolanaPriceAccount;
    legacy::read(template).map_err(LegacyTemplateError)?;
    let mut account = template.to_vec();

    for (current, previous) in [
        (offset_of!(Layout, last_slot), offset_of!(Layout, valid_slot)),
        (offset_of!(Layout, agg.pub_slot), offset_of!(Layout, prev_slot)),
        (offset_of!(Layout, agg.price), offset_of!(Layout, prev_price)),
        (offset_of!(Layout, agg.conf), offset_of!(Layout, prev_conf)),
        (offset_of!(Layout, timestamp), offset_of!(Layout, prev_timestamp)),
    ] {
        account.copy_within(current..current + 8, previous);
    }
    let slot = slot.to_le_bytes();
    put(&mut account, offset_of!(Layout, expo), expo.to_le_bytes());
    put(&mut account, offset_of!(Layout, last_slot), slot);
    put(&mut account, offset_of!(Layout, timestamp), timestamp.to_le_bytes());
    put(&mut account, offset_of!(Layout, agg.price), price.to_le_bytes());
    put(&mut account, offset_of!(Layout, agg.conf), conf.to_le_bytes());
    put(&mut account, offset_of!(Layout, agg.status), (PriceStatus::Trading as u32).to_le_bytes());
    put(&mut account, offset_of!(Layout, agg.pub_slot), slot);
    Ok(account)
}

fn put<const N: usize>(account: &mut [u8], offset: usize, value: [u8; N]) {
    account[offset..offset + N].copy_from_slice(&value);
}
