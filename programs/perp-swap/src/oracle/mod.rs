//! The one reader of oracle accounts: what a market accepts, and what such an account says.
//!
//! A reading is a function of an account's address, owner and bytes alone. Everything that needs a clock, the cached
//! price or a market's parameters (age, time in the future, first wins, confidence limits) happens to the reading
//! afterwards.

pub mod legacy;
pub mod pull;

use anchor_lang::prelude::{pubkey, Pubkey};
use perp_engine::oracle::{OracleReading, MAX_CONFIDENCE, MAX_EXPONENT, MIN_EXPONENT};

/// Pyth's legacy oracle program on mainnet, which published into accounts of its own until 2024.
pub const LEGACY_MAINNET: Pubkey = pubkey!("FsJ3A3u2vn5cTVofAjvy6y5kwABJAqYWpe4975bi2epH");
/// Pyth's legacy oracle program on devnet.
pub const LEGACY_DEVNET: Pubkey = pubkey!("gSbePebfvPy7tRqimPoVecS2UsBvYv46ynrzWocc92s");
/// Receiver of Pyth Core: owns every `PriceUpdateV2`, also those the push oracle keeps at an address per feed.
pub const CORE_RECEIVER: Pubkey = pubkey!("rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ");
/// The Compatible receiver: the same accounts from another program.
pub const COMPATIBLE_RECEIVER: Pubkey = pubkey!("rec2HHDDnjLfj4kE7VyEtFA1HPGQLK33259532cRyHp");

/// How a feed's account is laid out and found. The discriminant is what a market stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum OracleKind {
    /// An account per feed, written in place by the legacy oracle program. Its address names the feed.
    LegacyPush = 0,
    /// A `PriceUpdateV2` that anybody may have posted. The feed id within names the feed.
    Pull = 1,
}

impl TryFrom<u8> for OracleKind {
    type Error = OracleError;

    fn try_from(stored: u8) -> Result<Self, OracleError> {
        match stored {
            0 => Ok(Self::LegacyPush),
            1 => Ok(Self::Pull),
            _ => Err(OracleError::UnknownKind),
        }
    }
}

/// Which accounts a market accepts as its oracle. See [`validate_binding`] for the combinations that make sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OracleBinding {
    pub kind: OracleKind,
    /// The program that must own the account.
    pub owner: Pubkey,
    /// The only acceptable address. `Pubkey::default()` accepts any address and is for [`OracleKind::Pull`] only.
    pub account: Pubkey,
    /// Pyth's feed id for [`OracleKind::Pull`]; zeros for [`OracleKind::LegacyPush`], whose accounts carry none.
    pub feed_id: [u8; 32],
}

/// Why a binding is not acceptable or an account is not a price. One variant per rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OracleError {
    /// The stored kind is neither legacy push nor pull.
    UnknownKind,
    /// The binding's owner is none of the four Pyth programs this reader knows.
    UnknownOracleProgram,
    /// The binding's owner is a Pyth program that writes accounts of the other kind.
    OracleProgramOfOtherKind,
    /// A legacy binding names no account: any feed of that program would do.
    BindingNeedsAccount,
    /// A pull binding names no feed: any feed of that program would do.
    BindingNeedsFeedId,
    /// A legacy binding names a feed id, which no legacy account can confirm.
    BindingHasUnusedFeedId,
    /// The account belongs to another program than the market's oracle.
    WrongOracleOwner,
    /// The market reads its price from one account, and this is another.
    WrongOracleAddress,
    /// The account is not exactly as long as accounts of its kind are.
    WrongOracleLength,
    /// A legacy account does not begin with Pyth's magic number.
    WrongMagic,
    /// A legacy account is of another version than 2.
    WrongVersion,
    /// A legacy account is a mapping or a product, or of no known type.
    NotAPriceAccount,
    /// A legacy account's used size is neither the whole account nor what its number of publishers takes.
    WrongUsedSize,
    /// A legacy account holds something other than a plain price.
    WrongPriceType,
    /// A legacy aggregate's status is none of Pyth's five.
    InvalidStatus,
    /// A legacy aggregate is under a corporate action, so that its price may be of another unit.
    CorporateAction,
    /// A legacy aggregate is not trading: it has no current price, and an older one is no substitute.
    NotTrading,
    /// A pull account does not begin with the tag of `PriceUpdateV2` (a `TwapUpdate` has another).
    NotAPriceUpdate,
    /// A pull account's verification level is neither partial nor full.
    InvalidVerification,
    /// A pull account was verified by fewer guardians than the full quorum.
    PartiallyVerified,
    /// A pull account holds the price of another feed.
    WrongFeedId,
    /// The exponent lies outside `MIN_EXPONENT..=MAX_EXPONENT`.
    ExponentOutOfRange,
    /// The price is zero or negative.
    PriceNotPositive,
    /// The confidence exceeds `MAX_CONFIDENCE`.
    ConfidenceOutOfRange,
    /// The publish time is zero or negative.
    PublishTimeNotPositive,
}

/// Whether a market may be listed with this binding: the owner is a known Pyth program of the stated kind, and exactly
/// one feed satisfies it.
///
/// # Errors
/// `UnknownOracleProgram`, `OracleProgramOfOtherKind`, `BindingNeedsAccount`, `BindingNeedsFeedId`,
/// `BindingHasUnusedFeedId`.
pub fn validate_binding(binding: &OracleBinding) -> Result<(), OracleError> {
    let kind_of_owner = match binding.owner {
        LEGACY_MAINNET | LEGACY_DEVNET => OracleKind::LegacyPush,
        CORE_RECEIVER | COMPATIBLE_RECEIVER => OracleKind::Pull,
        _ => return Err(OracleError::UnknownOracleProgram),
    };
    if kind_of_owner != binding.kind {
        return Err(OracleError::OracleProgramOfOtherKind);
    }
    let names_account = binding.account != Pubkey::default();
    let names_feed = binding.feed_id != [0; 32];
    match binding.kind {
        OracleKind::LegacyPush if !names_account => Err(OracleError::BindingNeedsAccount),
        OracleKind::LegacyPush if names_feed => Err(OracleError::BindingHasUnusedFeedId),
        OracleKind::Pull if !names_feed => Err(OracleError::BindingNeedsFeedId),
        OracleKind::LegacyPush | OracleKind::Pull => Ok(()),
    }
}

/// What the account at `address`, owned by `owner` and holding `data`, says to a market with this binding. Never
/// panics, whatever the bytes, their length and their alignment.
///
/// The binding must have passed [`validate_binding`] when it was stored.
///
/// # Errors
/// The first rule the account breaks, in the order owner, address, layout, authenticity, feed, ranges.
pub fn read_oracle(
    address: &Pubkey,
    owner: &Pubkey,
    data: &[u8],
    binding: &OracleBinding,
) -> Result<OracleReading, OracleError> {
    if *owner != binding.owner {
        return Err(OracleError::WrongOracleOwner);
    }
    let any_address = binding.kind == OracleKind::Pull && binding.account == Pubkey::default();
    if !any_address && *address != binding.account {
        return Err(OracleError::WrongOracleAddress);
    }
    let reading = match binding.kind {
        OracleKind::LegacyPush => legacy::read(data)?,
        OracleKind::Pull => pull::read(data, &binding.feed_id)?,
    };
    validate_ranges(&reading)?;
    Ok(reading)
}

/// The ranges that [`OracleReading`] promises to the engine.
fn validate_ranges(reading: &OracleReading) -> Result<(), OracleError> {
    if !(MIN_EXPONENT..=MAX_EXPONENT).contains(&reading.exponent) {
        return Err(OracleError::ExponentOutOfRange);
    }
    if reading.price <= 0 {
        return Err(OracleError::PriceNotPositive);
    }
    if reading.confidence > MAX_CONFIDENCE {
        return Err(OracleError::ConfidenceOutOfRange);
    }
    if reading.publish_time <= 0 {
        return Err(OracleError::PublishTimeNotPositive);
    }
    Ok(())
}
