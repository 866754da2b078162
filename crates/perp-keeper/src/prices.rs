//! The price server, of which a feed that it does not answer for keeps nobody from the others.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use perp_updates::server::Apart;
use perp_updates::{FeedId, PriceServer, ServerError, Update};

mod troubled;

pub use troubled::Troubled;

/// A server of signed prices, and the feeds that it does not answer for.
pub struct Prices {
    server: PriceServer,
    silent: Mutex<Troubled<FeedId>>,
}

/// Updates with the feeds that are to be taken from each; no feed twice.
pub type Parts = Vec<(Update, Vec<FeedId>)>;

impl Prices {
    /// Of the server at `url`.
    ///
    /// # Errors
    /// Where this machine cannot speak HTTP at all, in words.
    pub fn new(url: &str) -> Result<Self, String> {
        let server = PriceServer::new(url).map_err(|error| error.to_string())?;
        Ok(Self { server, silent: Mutex::new(Troubled::none("feed")) })
    }

    /// The latest prices of those of the feeds that the server has, under as few signatures as it takes. One that it does not answer
    /// for is told of once, left out, and asked for by itself later.
    ///
    /// # Errors
    /// [`ServerError`] where it has none of those that are asked for.
    pub fn latest(&self, feeds: &[FeedId]) -> Result<Parts, ServerError> {
        let (sound, due) = self.silent().divide(feeds, Instant::now());
        let (mut parts, mut error) = (Parts::new(), None);
        match self.sound(&sound) {
            Ok(Apart { updates, missing }) => {
                parts.extend(updates);
                missing.iter().for_each(|(feed, reason)| self.failed(*feed, reason));
            }
            Err(reason) if reason.is_about_feeds() => error = Some(reason),
            Err(reason) => return Err(reason),
        }
        for feed in due {
            match self.server.latest(&[feed]) {
                Ok(update) => {
                    self.silent().mended(feed);
                    parts.push((update, vec![feed]));
                }
                Err(reason) => self.failed(feed, &reason),
            }
        }
        match error {
            Some(reason) if parts.is_empty() => return Err(reason),
            Some(reason) => sound.iter().for_each(|feed| self.failed(*feed, &reason)),
            None => {}
        }
        Ok(parts)
    }

    /// Asks for feeds with which there was no trouble.
    fn sound(&self, feeds: &[FeedId]) -> Result<Apart, ServerError> {
        if feeds.is_empty() {
            return Ok(Apart::default());
        }
        let now = Instant::now();
        if !self.silent().may_part(now) {
            let update = self.server.latest(feeds)?;
            self.silent().parted(true, now);
            return Ok(Apart { updates: vec![(update, feeds.to_vec())], missing: Vec::new() });
        }
        let found = self.server.latest_apart(feeds);
        self.silent().parted(!found.as_ref().is_err_and(|error| error.is_about_feeds()), now);
        found
    }

    fn failed(&self, feed: FeedId, reason: &ServerError) {
        self.silent().failed(feed, reason, Instant::now());
    }

    fn silent(&self) -> MutexGuard<'_, Troubled<FeedId>> {
        self.silent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first prices from a second on of all these feeds under one signature; where `is_apart`, of those that the server has.
    ///
    /// # Errors
    /// [`ServerError`].
    pub fn at(&self, feeds: &[FeedId], second: i64, is_apart: bool) -> Result<Parts, ServerError> {
        match is_apart {
            true => Ok(self.server.at_apart(feeds, second)?.updates),
            false => Ok(vec![(self.server.at(feeds, second)?, feeds.to_vec())]),
        }
    }
}
