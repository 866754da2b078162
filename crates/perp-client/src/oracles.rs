//! What Pyth's price accounts say, read without Pyth's development kits.
//!
//! The program reads them with the kits, which pull in crates of another age wherever no lock file holds them back. The
//! layouts have been fixed for years; the tests hold this reader against the program's, byte by byte.

use anchor_lang::prelude::Pubkey;
use perp_accounts::oracle::{OracleBinding, OracleError, OracleKind};
use perp_engine::oracle::{OracleReading, ReadingError};

#[cfg(test)]
mod tests;

/// What the account at `address`, owned by `owner` and holding `data`, says to a market with this binding, as the program reads it.
///
/// # Errors
/// The first rule the account breaks.
pub fn read_price_account(
    address: &Pubkey,
    owner: &Pubkey,
    data: &[u8],
    binding: &OracleBinding,
) -> Result<OracleReading, OracleError> {
    match binding.admits(address, owner)? {
        OracleKind::LegacyPush => legacy(data),
        OracleKind::Pull => pull(data, &binding.feed_id),
    }
}

/// A `PriceUpdateV2`: tag, who may write it, level of verification, and the message that the guardians signed.
fn pull(data: &[u8], feed_id: &[u8; 32]) -> Result<OracleReading, OracleError> {
    const TAG: [u8; 8] = [34, 241, 35, 99, 157, 126, 244, 205];
    const LENGTH: usize = 134;
    const LEVEL: usize = 8 + 32;
    const PARTIAL: u8 = 0;
    const FULL: u8 = 1;
    if !data.starts_with(&TAG) {
        return Err(OracleError::NotAPriceUpdate);
    }
    if data.len() != LENGTH {
        return Err(OracleError::WrongOracleLength);
    }
    match data[LEVEL] {
        FULL => {}
        PARTIAL => return Err(OracleError::PartiallyVerified),
        _ => return Err(OracleError::InvalidVerification),
    }
    let message = LEVEL + 1;
    if data[message..message + 32] != feed_id[..] {
        return Err(OracleError::WrongFeedId);
    }
    let fields = message + 32;
    let (price, confidence, exponent) = (signed(data, fields), unsigned(data, fields + 8), half(data, fields + 16));
    let (published, previous) = (signed(data, fields + 20), signed(data, fields + 28));
    Ok(reading(price, confidence, exponent.cast_signed(), published)?.with_previous(previous))
}

/// An account of Pyth's oracle program: a header with its aggregate, and the quotes of up to 32 publishers.
fn legacy(data: &[u8]) -> Result<OracleReading, OracleError> {
    const LENGTH: u32 = 3312;
    const HEADER: u32 = 240;
    const QUOTE: u32 = 96;
    const MAGIC: u32 = 0xa1b2_c3d4;
    const VERSION: u32 = 2;
    const PRICE_ACCOUNT: u32 = 3;
    const PLAIN_PRICE: u32 = 1;
    const TRADING: u32 = 1;
    const LAST_STATUS: u32 = 4;
    if u32::try_from(data.len()) != Ok(LENGTH) {
        return Err(OracleError::WrongOracleLength);
    }
    let (magic, version, kind, size) = (half(data, 0), half(data, 4), half(data, 8), half(data, 12));
    let (price_type, exponent, publishers) = (half(data, 16), half(data, 20), half(data, 24));
    let (status, corporate_action) = (half(data, 224), half(data, 228));
    let used =
        publishers.checked_mul(QUOTE).and_then(|quotes| quotes.checked_add(HEADER)).filter(|used| *used <= LENGTH);
    for (holds, rule) in [
        (price_type == PLAIN_PRICE, OracleError::WrongPriceType),
        (status <= LAST_STATUS, OracleError::InvalidStatus),
        (corporate_action == 0, OracleError::CorporateAction),
        (magic == MAGIC, OracleError::WrongMagic),
        (version == VERSION, OracleError::WrongVersion),
        (kind == PRICE_ACCOUNT, OracleError::NotAPriceAccount),
        (size == LENGTH || Some(size) == used, OracleError::WrongUsedSize),
        (status == TRADING, OracleError::NotTrading),
    ] {
        if !holds {
            return Err(rule);
        }
    }
    let (published, previous) = (signed(data, 96), signed(data, 200));
    let (price, confidence) = (signed(data, 208), unsigned(data, 216));
    Ok(reading(price, confidence, exponent.cast_signed(), published)?.with_previous(previous))
}

fn reading(price: i64, confidence: u64, exponent: i32, published: i64) -> Result<OracleReading, OracleError> {
    OracleReading::new(price, confidence, exponent, published).map_err(|error| match error {
        ReadingError::ExponentOutOfRange => OracleError::ExponentOutOfRange,
        ReadingError::PriceNotPositive => OracleError::PriceNotPositive,
        ReadingError::ConfidenceOutOfRange => OracleError::ConfidenceOutOfRange,
        ReadingError::PublishTimeNotPositive => OracleError::PublishTimeNotPositive,
    })
}

/// The number that begins at `offset`; the length was checked.
fn unsigned(data: &[u8], offset: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&data[offset..offset + 8]);
    u64::from_le_bytes(bytes)
}

fn signed(data: &[u8], offset: usize) -> i64 {
    unsigned(data, offset).cast_signed()
}

fn half(data: &[u8], offset: usize) -> u32 {
    let mut bytes = [0; 4];
    bytes.copy_from_slice(&data[offset..offset + 4]);
    u32::from_le_bytes(bytes)
}
