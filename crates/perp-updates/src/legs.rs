//! Several markets at one second: their feeds under one signature, and one instruction that takes all prices in.

use perp_accounts::Market;
use perp_client::instructions::update_prices;
use perp_client::Addresses;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::destination::{Destination, DestinationError, Place};
use crate::posting::Post;
use crate::update::FeedId;

/// What [`Posting`](crate::Posting) needs to bring these markets the prices of one second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Legs {
    /// To ask a server for, and to check with [`Update::second`](crate::Update::second).
    pub feeds: Vec<FeedId>,
    /// Where each goes.
    pub posts: Vec<Post>,
    /// Takes all of them in. In front of what needs them, or alone.
    pub update: Instruction,
}

impl Legs {
    /// Those of `markets`. One that takes any account of its feed is given the next of `own`, addresses of new accounts that are
    /// closed after use.
    ///
    /// # Errors
    /// [`DestinationError`] of the first market to which nothing can be posted.
    pub fn of(addresses: &Addresses, markets: &[Market], own: &[Pubkey]) -> Result<Self, DestinationError> {
        let (mut feeds, mut posts, mut prices) = (Vec::new(), Vec::new(), Vec::new());
        let mut own = own.iter().copied();
        for market in markets {
            let needs_own = market.oracle.account == Pubkey::default();
            let account = if needs_own { own.next() } else { Some(market.oracle.account) };
            let account = account.ok_or(DestinationError::NoAccount { feed: FeedId(market.oracle.feed_id) })?;
            let destination = Destination::of(&market.oracle, account)?;
            let is_own = matches!(destination.place, Place::Own { .. });
            prices.push((market.state.index, destination.account()));
            // Two markets of one feed and account share the post.
            if !posts.iter().any(|post: &Post| post.destination == destination) {
                feeds.push(destination.feed);
                posts.push(Post { destination, is_new: is_own, close: is_own });
            }
        }
        Ok(Self { feeds, posts, update: update_prices(addresses, prices) })
    }
}
