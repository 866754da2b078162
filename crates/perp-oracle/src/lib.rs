//! The one reader of oracle accounts: what a market accepts, and what such an account says.
//!
//! A reading is a function of an account's address, owner and bytes alone. Everything that needs a clock, the cached
//! price or a market's parameters (age, time in the future, first wins, confidence limits) happens to the reading
//! afterwards.

pub mod legacy;
pub mod pull;
#[cfg(feature = "write")]
pub mod write;

use perp_accounts::oracle::{OracleBinding, OracleError, OracleKind};
use perp_accounts::Pubkey;
use perp_engine::oracle::{OracleReading, ReadingError};

/// What the account at `address`, owned by `owner` and holding `data`, says to a market with this binding. Never
/// panics, whatever the bytes, their length and their alignment.
///
/// The binding must have passed [`OracleBinding::validate`] when it was stored.
///
/// # Errors
/// The first rule the account breaks, in the order owner, address, layout, authenticity, feed, ranges.
pub fn read_oracle(
    address: &Pubkey,
    owner: &Pubkey,
    data: &[u8],
    binding: &OracleBinding,
) -> Result<OracleReading, OracleError> {
    match binding.admits(address, owner)? {
        OracleKind::LegacyPush => legacy::read(data),
        OracleKind::Pull => pull::read(data, &binding.feed_id),
    }
}

/// What an account of the binding's program and feed says, wherever it lies: what [`read_oracle`] says also of a pull account that the
/// binding does not name. A reading that is asked for by its publish time is the same in each of them. A legacy account is
/// its feed, and no other will do.
///
/// # Errors
/// Those of [`read_oracle`].
pub fn read_anywhere(
    address: &Pubkey,
    owner: &Pubkey,
    data: &[u8],
    binding: &OracleBinding,
) -> Result<OracleReading, OracleError> {
    match binding.kind()? {
        OracleKind::LegacyPush => read_oracle(address, owner, data, binding),
        OracleKind::Pull if *owner != binding.program => Err(OracleError::WrongOracleOwner),
        OracleKind::Pull => pull::read(data, &binding.feed_id),
    }
}

/// A reading within the ranges it promises.
fn reading(price: i64, confidence: u64, exponent: i32, publish_time: i64) -> Result<OracleReading, OracleError> {
    OracleReading::new(price, confidence, exponent, publish_time).map_err(|error| match error {
        ReadingError::ExponentOutOfRange => OracleError::ExponentOutOfRange,
        ReadingError::PriceNotPositive => OracleError::PriceNotPositive,
        ReadingError::ConfidenceOutOfRange => OracleError::ConfidenceOutOfRange,
        ReadingError::PublishTimeNotPositive => OracleError::PublishTimeNotPositive,
    })
}
