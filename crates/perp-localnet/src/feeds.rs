//! The three Pyth feeds of the localnet: mainnet's addresses, owners and byte layouts, with prices of our own.

use std::fmt;
use std::str::FromStr;

use perp_candles::{UsdPrice, EXPONENT};
use perp_client::accounts::oracle::{CORE_RECEIVER, LEGACY_MAINNET};
use perp_oracle::write::{legacy_account, pull_account, LegacyTemplateError};
use solana_clock::Clock;
use solana_pubkey::Pubkey;
use thiserror::Error;

use crate::chain::{AccountImage, Chain, ChainError};
use crate::quotes::Quote;

/// Derives the address at which each feed's newest update is kept.
const PUSH_ORACLE: Pubkey = Pubkey::from_str_const("pythWSnswVUd12oZpeFP8e9CVaEqJg25g1Vtc2biRsT");
const PUSH_ORACLE_SHARD: u16 = 0;

const USDC_ACCOUNT: Pubkey = Pubkey::from_str_const("Gnt27xtC473ZT2Mw5u8wZ68Z3gULkSTb5DuxJy7eJotD");
const USDC_TEMPLATE: &[u8] = perp_oracle::write::USDC_USD;

const SOL_FEED_ID: [u8; 32] = [
    0xef, 0x0d, 0x8b, 0x6f, 0xda, 0x2c, 0xeb, 0xa4, 0x1d, 0xa1, 0x5d, 0x40, 0x95, 0xd1, 0xda, 0x39, 0x2a, 0x0d, 0x2f,
    0x8e, 0xd0, 0xc6, 0xc7, 0xbc, 0x0f, 0x4c, 0xfa, 0xc8, 0xc2, 0x80, 0xb5, 0x6d,
];
const BTC_FEED_ID: [u8; 32] = [
    0xe6, 0x2d, 0xf6, 0xc8, 0xb4, 0xa8, 0x5f, 0xe1, 0xa6, 0x7d, 0xb4, 0x4d, 0xc1, 0x2d, 0xe5, 0xdb, 0x33, 0x0f, 0x7a,
    0xc6, 0x6b, 0x72, 0xdc, 0x65, 0x8a, 0xfe, 0xdf, 0x0f, 0x4a, 0x41, 0x5b, 0x43,
];

/// What mainnet's feeds of liquid assets show on a quiet day.
pub const DEFAULT_CONFIDENCE_BPS: u16 = 5;

/// A feed of the localnet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feed {
    /// SOL/USD, as a pull account.
    Sol,
    /// BTC/USD, as a pull account.
    Btc,
    /// USDC/USD, as a legacy account.
    Usdc,
}

/// Why a feed cannot be named or published.
#[derive(Debug, Error)]
pub enum FeedError {
    /// There is no such feed.
    #[error("no feed is named \"{0}\": expected SOL, BTC or USDC")]
    Unknown(String),
    /// The recorded legacy account.
    #[error("{feed} is not published: {reason}")]
    Template {
        /// The feed.
        feed: Feed,
        /// What is wrong with the account.
        reason: LegacyTemplateError,
    },
    /// The chain.
    #[error(transparent)]
    Chain(#[from] ChainError),
}

impl Feed {
    /// Every feed.
    pub const ALL: [Self; 3] = [Self::Sol, Self::Btc, Self::Usdc];

    /// The account a market or an exchange is bound to.
    pub fn address(self) -> Pubkey {
        match self {
            Self::Sol => push_oracle_address(&SOL_FEED_ID),
            Self::Btc => push_oracle_address(&BTC_FEED_ID),
            Self::Usdc => USDC_ACCOUNT,
        }
    }

    /// Pyth's number of it; none for one that is priced by a legacy account.
    pub fn id(self) -> Option<[u8; 32]> {
        match self {
            Self::Sol => Some(SOL_FEED_ID),
            Self::Btc => Some(BTC_FEED_ID),
            Self::Usdc => None,
        }
    }

    /// Where a path begins unless another price is asked for: SOL's is that of the mainnet account in the test data.
    pub fn start_price(self) -> UsdPrice {
        match self {
            Self::Sol => UsdPrice::from_units(14_061_593_700),
            Self::Btc => UsdPrice::dollars(60_000),
            Self::Usdc => UsdPrice::dollars(1),
        }
    }

    fn account(self, price: UsdPrice, confidence: u64, clock: &Clock) -> Result<AccountImage, LegacyTemplateError> {
        let (units, now, slot) = (price.units(), clock.unix_timestamp, clock.slot);
        let pull = |feed_id| (CORE_RECEIVER, pull_account(feed_id, units, confidence, EXPONENT, now, slot));
        let (owner, data) = match self {
            Self::Sol => pull(SOL_FEED_ID),
            Self::Btc => pull(BTC_FEED_ID),
            Self::Usdc => (LEGACY_MAINNET, legacy_account(USDC_TEMPLATE, units, confidence, EXPONENT, now, slot)?),
        };
        Ok(AccountImage { address: self.address(), owner, data })
    }
}

impl fmt::Display for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sol => "SOL/USD",
            Self::Btc => "BTC/USD",
            Self::Usdc => "USDC/USD",
        })
    }
}

impl FromStr for Feed {
    type Err = FeedError;

    fn from_str(name: &str) -> Result<Self, FeedError> {
        match name.to_ascii_uppercase().as_str() {
            "SOL" => Ok(Self::Sol),
            "BTC" => Ok(Self::Btc),
            "USDC" => Ok(Self::Usdc),
            _ => Err(FeedError::Unknown(name.into())),
        }
    }
}

fn push_oracle_address(feed_id: &[u8; 32]) -> Pubkey {
    Pubkey::find_program_address(&[&PUSH_ORACLE_SHARD.to_le_bytes(), feed_id], &PUSH_ORACLE).0
}

/// The publishers say these prices from now on, and the price server signs them; the accounts on chain stay as they are.
pub fn quote(chain: &Chain, prices: &[(Feed, UsdPrice)], confidence_bps: u16) {
    let quotes = prices.iter().map(|(feed, price)| Quote {
        feed: *feed,
        price: *price,
        confidence: price.share(confidence_bps),
    });
    chain.quotes().set(chain.clock().unix_timestamp, quotes);
}

/// Publishes all prices at once, dated with the chain's present second: as [`quote`], and a sponsor brings each to its account. One that
/// cannot be written keeps nobody from the others.
///
/// # Errors
/// [`FeedError`], of the first that could not be written.
pub fn publish(chain: &Chain, prices: &[(Feed, UsdPrice)], confidence_bps: u16) -> Result<(), FeedError> {
    quote(chain, prices, confidence_bps);
    let clock = chain.clock();
    let image = |(feed, price): &(Feed, UsdPrice)| {
        let image = feed.account(*price, price.share(confidence_bps), &clock);
        image.map_err(|reason| FeedError::Template { feed: *feed, reason })
    };
    let (accounts, wrong): (Vec<_>, Vec<_>) = prices.iter().map(image).partition(Result::is_ok);
    chain.set_accounts(&accounts.into_iter().flatten().collect::<Vec<_>>())?;
    wrong.into_iter().find_map(Result::err).map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOL_ACCOUNT: &[u8] = perp_oracle::write::SOL_USD;
    const FEED_ID_OFFSET: usize = 41;

    #[test]
    fn the_sol_feed_is_the_one_of_the_mainnet_account() {
        assert_eq!(Feed::Sol.address().to_string(), "7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE");
        assert_eq!(SOL_ACCOUNT[FEED_ID_OFFSET..FEED_ID_OFFSET + 32], SOL_FEED_ID);
    }

    #[test]
    fn each_feed_has_the_size_and_owner_pyth_gives_it() {
        let clock = Clock { slot: 9, unix_timestamp: 1_700_000_000, ..Clock::default() };
        for (feed, size, owner) in
            [(Feed::Sol, 134, CORE_RECEIVER), (Feed::Btc, 134, CORE_RECEIVER), (Feed::Usdc, 3312, LEGACY_MAINNET)]
        {
            let account = feed.account(feed.start_price(), 1, &clock).unwrap();
            assert_eq!((account.data.len(), account.owner), (size, owner), "{feed}");
        }
    }

    #[test]
    fn a_feed_is_found_by_its_asset() {
        assert_eq!("btc".parse::<Feed>().unwrap(), Feed::Btc);
        assert!("DOGE".parse::<Feed>().unwrap_err().to_string().contains("expected SOL, BTC or USDC"));
    }
}
