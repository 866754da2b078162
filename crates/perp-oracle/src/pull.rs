//! Pull accounts: a `PriceUpdateV2` that Pyth's receiver wrote after checking the guardians' signatures.

use anchor_lang::{AnchorDeserialize, Discriminator};
use perp_engine::oracle::OracleReading;
use pyth_solana_receiver_sdk::price_update::{PriceUpdateV2, VerificationLevel};

use super::{reading, OracleError};

/// Length of every pull account, in bytes. A fully verified update leaves the last byte unused.
pub const ACCOUNT_LEN: usize = PriceUpdateV2::LEN;

const _: () = assert!(ACCOUNT_LEN == 134);

/// The price in a fully verified update of the feed. The guardians signed price and time;
/// who posted the update and in which slot, they did not, and it is not read.
///
/// # Errors
/// `NotAPriceUpdate`, `WrongOracleLength`, `InvalidVerification`, `PartiallyVerified`, `WrongFeedId`, and those of the ranges
/// of a reading.
pub fn read(data: &[u8], feed_id: &[u8; 32]) -> Result<OracleReading, OracleError> {
    let mut fields = data.strip_prefix(PriceUpdateV2::DISCRIMINATOR).ok_or(OracleError::NotAPriceUpdate)?;
    if data.len() != ACCOUNT_LEN {
        return Err(OracleError::WrongOracleLength);
    }
    // The longest update fills these bytes, so the only thing left to be wrong is the tag of the verification level.
    let update = PriceUpdateV2::deserialize(&mut fields).map_err(|_| OracleError::InvalidVerification)?;
    if update.verification_level != VerificationLevel::Full {
        return Err(OracleError::PartiallyVerified);
    }
    let price = update.get_price_unchecked(feed_id).map_err(|_| OracleError::WrongFeedId)?;
    let reading = reading(price.price, price.conf, price.exponent, price.publish_time)?;
    Ok(reading.with_previous(update.price_message.prev_publish_time))
}
