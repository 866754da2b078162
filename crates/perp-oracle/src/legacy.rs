//! Legacy push accounts: 3312 bytes that Pyth's oracle program kept up to date in place.

use core::mem::{offset_of, size_of};

use perp_engine::oracle::OracleReading;
use pyth_sdk_solana::state::{
    load_price_account, GenericPriceAccount, PriceComp, PriceInfo, PriceStatus, PriceType, SolanaPriceAccount,
};
use pyth_sdk_solana::PythError;

use super::{reading, OracleError};

/// Length of every legacy price account, in bytes.
pub const ACCOUNT_LEN: usize = size_of::<SolanaPriceAccount>();

/// The account up to and including its aggregate. The quotes of up to 32 publishers follow, with enums that nobody has
/// checked; a type with none of them never refers to one, and the reader copies 240 bytes instead of 3312.
type Header = GenericPriceAccount<0, ()>;

const HEADER_LEN: usize = size_of::<Header>();
const HEADER_QUADS: usize = HEADER_LEN / size_of::<u64>();
const HEADER_WORDS: usize = HEADER_LEN / size_of::<u32>();

/// Where the oracle program's 32-bit enums lie, in words of 4 bytes. The SDK declares each as one byte and padding.
const PRICE_TYPE: usize = offset_of!(Header, ptype) / size_of::<u32>();
const STATUS: usize = (offset_of!(Header, agg) + offset_of!(PriceInfo, status)) / size_of::<u32>();
const CORPORATE_ACTION: usize = STATUS + 1;

const _: () = assert!(ACCOUNT_LEN == 3312 && HEADER_LEN == 240 && size_of::<PriceComp>() == 96);
const _: () = assert!(PRICE_TYPE == 16 / 4 && STATUS == 224 / 4 && CORPORATE_ACTION == 228 / 4);

/// The current aggregate of a legacy price account. It is dated by its timestamp, not by
/// the slot in which it was published, and there is no falling back to the previous aggregate.
///
/// # Errors
/// `WrongOracleLength`, `WrongPriceType`, `InvalidStatus`, `CorporateAction`, `WrongMagic`, `WrongVersion`,
/// `NotAPriceAccount`, `WrongUsedSize`, `NotTrading`, and those of the ranges of a reading.
pub fn read(data: &[u8]) -> Result<OracleReading, OracleError> {
    let header: &[u8; HEADER_LEN] = match data.first_chunk() {
        Some(header) if data.len() == ACCOUNT_LEN => header,
        _ => return Err(OracleError::WrongOracleLength),
    };
    // The SDK's loader panics on bytes that are not aligned to 8; these are, wherever the account's data begins.
    let header: [u64; HEADER_QUADS] = bytemuck::cast(*header);
    validate_enums(bytemuck::cast_ref(&header))?;

    let account: &Header = load_price_account(bytemuck::bytes_of(&header)).map_err(|error| match error {
        PythError::InvalidAccountData => OracleError::WrongMagic,
        PythError::BadVersionNumber => OracleError::WrongVersion,
        PythError::WrongAccountType => OracleError::NotAPriceAccount,
    })?;
    validate_used_size(account.size, account.num)?;
    if account.agg.status != PriceStatus::Trading {
        return Err(OracleError::NotTrading);
    }
    let reading = reading(account.agg.price, account.agg.conf, account.expo, account.timestamp)?;
    Ok(reading.with_previous(account.prev_timestamp))
}

/// The SDK casts bytes to its enums unchecked, so each must hold one of its values before the account is loaded.
fn validate_enums(header: &[u32; HEADER_WORDS]) -> Result<(), OracleError> {
    if header[PRICE_TYPE] != PriceType::Price as u32 {
        return Err(OracleError::WrongPriceType);
    }
    if header[STATUS] > PriceStatus::Ignored as u32 {
        return Err(OracleError::InvalidStatus);
    }
    if header[CORPORATE_ACTION] != 0 {
        return Err(OracleError::CorporateAction);
    }
    Ok(())
}

/// The oracle program has written the used size in two ways: at first up to the last publisher's quote, later always
/// the whole account.
fn validate_used_size(size: u32, publishers: u32) -> Result<(), OracleError> {
    const WHOLE: u32 = 3312;
    const EMPTY: u32 = 240;
    const QUOTE: u32 = 96;
    let used = publishers.checked_mul(QUOTE).and_then(|quotes| quotes.checked_add(EMPTY)).filter(|used| *used <= WHOLE);
    if size == WHOLE || Some(size) == used {
        Ok(())
    } else {
        Err(OracleError::WrongUsedSize)
    }
}
