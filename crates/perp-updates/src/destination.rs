//! Where a market's price has to be posted.

use perp_accounts::oracle::{OracleBinding, OracleKind};
use solana_pubkey::Pubkey;
use thiserror::Error;

use crate::receiver::Receiver;
use crate::update::FeedId;

/// Shards that are tried: sponsors write the first, and others take one of the next.
const SHARDS: std::ops::Range<u16> = 0..64;

/// An account that a market reads, and how its price gets there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The program that writes it.
    pub receiver: Receiver,
    /// The feed.
    pub feed: FeedId,
    /// Which account.
    pub place: Place,
}

/// Which account takes a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// One of the poster's: any will do for the market.
    Own {
        /// Its address. Where there is no account yet, its key signs.
        account: Pubkey,
    },
    /// The one that the push oracle keeps for the feed. Anybody may bring it a newer price.
    Shared {
        /// Its address.
        account: Pubkey,
        /// The shard it belongs to.
        shard: u16,
    },
}

/// Why nobody can post a price for a market.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DestinationError {
    /// A legacy account, or a program that is no receiver of Pyth's.
    #[error("the market reads accounts of {program}, to which no update can be posted")]
    NoReceiver {
        /// The program.
        program: Pubkey,
    },
    /// One account that is not the push oracle's.
    #[error(
        "the market reads {account} alone, which is no account of Pyth's push oracle: only its owner can post there"
    )]
    FixedAccount {
        /// The account.
        account: Pubkey,
    },
    /// A market that takes any account, and none to give it.
    #[error("the market of feed {feed} takes any account, and none is left for it: name one more new account")]
    NoAccount {
        /// The feed.
        feed: FeedId,
    },
}

impl Destination {
    /// For a market with this binding. `own` is an account of the poster's, used where the market takes any.
    ///
    /// # Errors
    /// [`DestinationError`].
    pub fn of(binding: &OracleBinding, own: Pubkey) -> Result<Self, DestinationError> {
        let receiver = Receiver::at(&binding.program).filter(|_| binding.kind == OracleKind::Pull as u8);
        let receiver = receiver.ok_or(DestinationError::NoReceiver { program: binding.program })?;
        let (feed, account) = (FeedId(binding.feed_id), binding.account);
        let place = if account == Pubkey::default() {
            Place::Own { account: own }
        } else {
            let shard = SHARDS.into_iter().find(|shard| receiver.feed_account(*shard, &feed) == account);
            Place::Shared { account, shard: shard.ok_or(DestinationError::FixedAccount { account })? }
        };
        Ok(Self { receiver, feed, place })
    }

    /// The account to hand in with the market.
    pub fn account(&self) -> Pubkey {
        match self.place {
            Place::Own { account } | Place::Shared { account, .. } => account,
        }
    }
}
