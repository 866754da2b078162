//! What each feed's publishers say at present: what the price server signs. A feed's account on chain shows what somebody
//! brought there last, which may be older.

use std::sync::{Arc, Mutex, PoisonError};

use perp_candles::UsdPrice;

use crate::feeds::Feed;

/// A price that can be signed at any second until there is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The feed.
    pub feed: Feed,
    /// Its price.
    pub price: UsdPrice,
    /// Half the width of the interval around it, in units of the price.
    pub confidence: u64,
}

/// The newest quote of each feed; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Quotes(Arc<Mutex<Vec<Quote>>>);

impl Quotes {
    /// Replaces the quotes of these feeds.
    pub fn set(&self, quotes: impl IntoIterator<Item = Quote>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for quote in quotes {
            kept.retain(|old| old.feed != quote.feed);
            kept.push(quote);
        }
    }

    /// All of them.
    pub fn all(&self) -> Vec<Quote> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
