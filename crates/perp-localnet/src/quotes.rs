//! What each feed's publishers say, at present and in the last hour: what the price server signs. A feed's account on chain shows what
//! somebody brought there last, which may be older.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use perp_candles::UsdPrice;

use crate::feeds::Feed;

/// Quotes are kept for so many seconds after another has followed: a boundary's reading is asked for half an hour later.
const KEPT_SECONDS: i64 = 3_600;

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

/// The quotes of each feed by the Unix second from which on they hold; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Quotes(Arc<Mutex<BTreeMap<Feed, BTreeMap<i64, Quote>>>>);

impl Quotes {
    /// From this second on these feeds are quoted so.
    pub fn set(&self, second: i64, quotes: impl IntoIterator<Item = Quote>) {
        let mut kept = self.lock();
        for quote in quotes {
            let of_feed = kept.entry(quote.feed).or_default();
            // Where the chain's clock was set back, what it had reached before is undone.
            drop(of_feed.split_off(&second));
            of_feed.insert(second, quote);
            let past = of_feed.range(..=second.saturating_sub(KEPT_SECONDS)).next_back().map(|(since, _)| *since);
            if let Some(past) = past {
                *of_feed = of_feed.split_off(&past);
            }
        }
    }

    /// What a feed's publishers said in this second; none before their first quote, or once that is forgotten.
    pub fn at(&self, feed: Feed, second: i64) -> Option<Quote> {
        self.lock().get(&feed)?.range(..=second).next_back().map(|(_, quote)| *quote)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Feed, BTreeMap<i64, Quote>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quote(dollars: u32) -> Quote {
        Quote { feed: Feed::Sol, price: UsdPrice::dollars(dollars), confidence: 1 }
    }

    #[test]
    fn a_quote_holds_until_the_next() {
        let quotes = Quotes::default();
        quotes.set(100, [quote(140)]);
        quotes.set(105, [quote(150)]);
        let at = |second| quotes.at(Feed::Sol, second);
        assert_eq!(
            [99, 100, 104, 105, 999].map(at),
            [None, Some(140), Some(140), Some(150), Some(150)].map(|dollars| dollars.map(quote))
        );
        assert_eq!(quotes.at(Feed::Btc, 100), None);
        // A clock that was set back begins anew from there.
        quotes.set(102, [quote(160)]);
        assert_eq!([101, 102, 105].map(at), [140, 160, 160].map(|dollars| Some(quote(dollars))));
    }

    #[test]
    fn what_held_more_than_an_hour_ago_is_forgotten() {
        let quotes = Quotes::default();
        quotes.set(0, [quote(140)]);
        quotes.set(10, [quote(150)]);
        // The second quote held an hour before this one, the first did not.
        quotes.set(3_610, [quote(160)]);
        assert_eq!([9, 10].map(|second| quotes.at(Feed::Sol, second)), [None, Some(quote(150))]);
    }
}
