//! A server of Hermes' shape: signed prices of some feeds, the latest or those of a second, over HTTP.

use std::time::Duration;

use base64::prelude::{Engine, BASE64_STANDARD};
use serde::Deserialize;
use thiserror::Error;

use crate::update::{FeedId, Update, UpdateError};

/// A price older than a few seconds is of no use, so neither is an answer that takes longer.
const TIMEOUT: Duration = Duration::from_secs(5);
/// A mainnet update of thirty feeds takes some 15 000 bytes.
const LONGEST_ANSWER: usize = 1 << 20;
/// Asks for the newest, in place of a second.
const LATEST: &str = "latest";

/// Why a server did not hand out prices. Each names the server by scheme, host and port: the rest of its URL may hold a key.
#[derive(Debug, Error)]
pub enum ServerError {
    /// No answer.
    #[error("the price server at {server} does not answer ({}): check the URL and that it can be reached", causes(.reason))]
    Unreachable {
        /// Which server.
        server: String,
        /// Why not, without the URL.
        reason: reqwest::Error,
    },
    /// A refusal.
    #[error("the price server at {server} refused with status {status} ({text}): check the feed ids, and that it has that second")]
    Refused {
        /// Which server.
        server: String,
        /// The HTTP status.
        status: u16,
        /// The beginning of what it says, unless the URL holds more than scheme, host and port: servers repeat paths.
        text: String,
    },
    /// Something else than Hermes' JSON.
    #[error("{server} does not answer as a price server does ({reason}): check the URL")]
    Malformed {
        /// Which server.
        server: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An update that is none, or lacks what was asked for.
    #[error("the answer of {server}: {reason}")]
    Update {
        /// Which server.
        server: String,
        /// What is wrong with it.
        reason: UpdateError,
    },
}

impl ServerError {
    /// Whether a single feed may be the cause, so that the server may have others: not where it is not there, is no price server, or
    /// refuses whoever asks.
    pub const fn is_about_feeds(&self) -> bool {
        match self {
            Self::Update { .. } => true,
            Self::Refused { status, .. } => matches!(status, 400..500) && !matches!(status, 401 | 403 | 407 | 429),
            Self::Unreachable { .. } | Self::Malformed { .. } => false,
        }
    }
}

/// What a server has of feeds that need not come together.
#[derive(Debug, Default)]
pub struct Apart {
    /// Updates with the feeds that are to be taken from each; no feed twice.
    pub updates: Vec<(Update, Vec<FeedId>)>,
    /// The feeds it does not hand out, with why not.
    pub missing: Vec<(FeedId, ServerError)>,
}

impl Apart {
    fn add(&mut self, other: Self) {
        self.updates.extend(other.updates);
        self.missing.extend(other.missing);
    }
}

fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

/// A price server.
pub struct PriceServer {
    url: String,
    /// Scheme, host and port of that.
    origin: String,
    /// Whether the URL holds nothing else, so that what the server says can repeat nothing secret.
    is_bare: bool,
    client: reqwest::blocking::Client,
}

#[derive(Deserialize)]
struct Answer {
    binary: Binary,
}

#[derive(Deserialize)]
struct Binary {
    encoding: String,
    data: Vec<String>,
}

impl PriceServer {
    /// The one at `url`, such as `https://host.example`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ServerError::Unreachable`] where this machine cannot speak HTTP at all.
    pub fn new(url: &str) -> Result<Self, ServerError> {
        let (url, origin) = (url.trim_end_matches('/').to_owned(), origin(url));
        match reqwest::blocking::Client::builder().timeout(TIMEOUT).build() {
            Ok(client) => Ok(Self { is_bare: url == origin, url, origin, client }),
            Err(reason) => Err(ServerError::Unreachable { server: origin, reason: reason.without_url() }),
        }
    }

    /// The latest prices of these feeds under one signature.
    ///
    /// # Errors
    /// [`ServerError`]; where the server has signed the feeds apart, [`UpdateError::FeedMissing`] names one that is not with the
    /// first.
    pub fn latest(&self, feeds: &[FeedId]) -> Result<Update, ServerError> {
        self.together(LATEST, feeds)
    }

    /// The first prices of these feeds under one signature that were published in a second or after it, in Unix seconds: the reading of a
    /// boundary, or the one at which an order fills.
    ///
    /// # Errors
    /// As of [`PriceServer::latest`]; [`ServerError::Refused`] where the server has none of that second yet, or none any more.
    pub fn at(&self, feeds: &[FeedId], second: i64) -> Result<Update, ServerError> {
        self.together(&second.to_string(), feeds)
    }

    /// The latest prices of as many of these feeds as the server has, under as few signatures as it takes: a feed that it does not
    /// answer for keeps nobody from the others. Where there are such, it is asked some more times.
    ///
    /// # Errors
    /// [`ServerError`] where it has none of them at all.
    pub fn latest_apart(&self, feeds: &[FeedId]) -> Result<Apart, ServerError> {
        self.apart(LATEST, feeds)
    }

    /// As [`PriceServer::latest_apart`], of a second as in [`PriceServer::at`].
    ///
    /// # Errors
    /// As of [`PriceServer::latest_apart`].
    pub fn at_apart(&self, feeds: &[FeedId], second: i64) -> Result<Apart, ServerError> {
        self.apart(&second.to_string(), feeds)
    }

    fn together(&self, when: &str, feeds: &[FeedId]) -> Result<Update, ServerError> {
        let updates = self.ask(when, feeds)?;
        together(updates, feeds).map_err(|reason| self.wrong(reason))
    }

    fn apart(&self, when: &str, feeds: &[FeedId]) -> Result<Apart, ServerError> {
        let mut found = self.halved(when, feeds)?;
        if found.updates.is_empty() && !found.missing.is_empty() {
            return Err(found.missing.swap_remove(0).1);
        }
        let there: Vec<FeedId> = found.updates.iter().flat_map(|(_, feeds)| feeds).copied().collect();
        if found.updates.len() > 1 && !found.missing.is_empty() {
            // Without those in the way the rest may come under one signature. What is there already serves where it does not.
            if let Ok(updates) = self.ask(when, &there) {
                let again = self.cover(updates, &there);
                if again.missing.is_empty() && again.updates.len() < found.updates.len() {
                    found.updates = again.updates;
                }
            }
        }
        Ok(found)
    }

    /// Asks for all, and for each half where that fails by what a single feed may be the cause of.
    fn halved(&self, when: &str, feeds: &[FeedId]) -> Result<Apart, ServerError> {
        match self.ask(when, feeds) {
            Ok(updates) => Ok(self.cover(updates, feeds)),
            Err(error) if !error.is_about_feeds() => Err(error),
            Err(error) => match feeds {
                [] => Err(error),
                [feed] => Ok(Apart { updates: Vec::new(), missing: vec![(*feed, error)] }),
                _ => {
                    let (first, second) = feeds.split_at(feeds.len() / 2);
                    let mut found = self.halved(when, first)?;
                    found.add(self.halved(when, second)?);
                    Ok(found)
                }
            },
        }
    }

    /// The updates that have the most of these feeds, as few as it takes; of equal ones the first.
    fn cover(&self, mut updates: Vec<Update>, feeds: &[FeedId]) -> Apart {
        let (mut found, mut left) = (Apart::default(), feeds.to_vec());
        let has = |update: &Update, feed: &FeedId| update.price(*feed).is_ok();
        loop {
            let count = |update: &Update| left.iter().filter(|feed| has(update, feed)).count();
            let best = updates.iter().enumerate().rev().max_by_key(|(_, update)| count(update));
            let Some((place, _)) = best.filter(|(_, update)| count(update) > 0) else { break };
            let update = updates.remove(place);
            let (there, missing) = left.into_iter().partition(|feed| has(&update, feed));
            found.updates.push((update, there));
            left = missing;
        }
        let missing = left.into_iter().map(|feed| (feed, self.wrong(UpdateError::FeedMissing { feed })));
        found.missing.extend(missing);
        found
    }

    /// What the server has of these feeds, the update to be preferred first: the newest where the latest is asked for, the oldest of a
    /// second.
    fn ask(&self, when: &str, feeds: &[FeedId]) -> Result<Vec<Update>, ServerError> {
        let server = || self.origin.clone();
        let ids: Vec<String> = feeds.iter().map(|feed| format!("ids[]={feed}")).collect();
        let url = format!("{}/v2/updates/price/{when}?{}&encoding=base64&parsed=false", self.url, ids.join("&"));
        let unreachable =
            |reason: reqwest::Error| ServerError::Unreachable { server: server(), reason: reason.without_url() };
        let response = self.client.get(&url).send().map_err(unreachable)?;
        let status = response.status();
        let body = response.bytes().map_err(unreachable)?;
        if !status.is_success() {
            let text = match self.is_bare {
                true => String::from_utf8_lossy(&body).chars().take(200).collect(),
                false => "what it says is kept back, as it may repeat a key of the URL".into(),
            };
            return Err(ServerError::Refused { server: server(), status: status.as_u16(), text });
        }
        let mut updates = read_answer(&body).map_err(|error| match error {
            AnswerError::Malformed(reason) => ServerError::Malformed { server: server(), reason },
            AnswerError::Update(reason) => self.wrong(reason),
        })?;
        match when {
            LATEST => updates.sort_by_key(|update| std::cmp::Reverse(update.signed.slot)),
            _ => updates.sort_by_key(|update| update.signed.slot),
        }
        Ok(updates)
    }

    fn wrong(&self, reason: UpdateError) -> ServerError {
        ServerError::Update { server: self.origin.clone(), reason }
    }
}

/// Scheme, host and port of a URL, as far as it is one.
fn origin(url: &str) -> String {
    match reqwest::Url::parse(url) {
        Ok(url) if url.has_host() => url.origin().ascii_serialization(),
        _ => "an address that is no URL".into(),
    }
}

enum AnswerError {
    Malformed(String),
    Update(UpdateError),
}

fn read_answer(body: &[u8]) -> Result<Vec<Update>, AnswerError> {
    let malformed = |reason: &dyn ToString| AnswerError::Malformed(reason.to_string());
    if body.len() > LONGEST_ANSWER {
        return Err(malformed(&format!("{} bytes", body.len())));
    }
    // Where it is wrong is told without what stands there, which may repeat a key of the URL.
    let answer: Answer = serde_json::from_slice(body).map_err(|error| {
        malformed(&format!("not its JSON, from line {}, column {} on", error.line(), error.column()))
    })?;
    if answer.binary.encoding != "base64" {
        return Err(malformed(&"not encoded as base64"));
    }
    let updates = answer.binary.data.iter().map(|text| {
        let bytes = BASE64_STANDARD.decode(text).map_err(|error| malformed(&error))?;
        Update::parse(&bytes).map_err(AnswerError::Update)
    });
    updates.collect()
}

/// The first update that has all these feeds.
fn together(mut updates: Vec<Update>, feeds: &[FeedId]) -> Result<Update, UpdateError> {
    let has_all = |update: &Update| feeds.iter().all(|feed| update.price(*feed).is_ok());
    match updates.iter().position(has_all) {
        Some(found) => Ok(updates.swap_remove(found)),
        None => {
            let missing = feeds.iter().find(|feed| updates.first().is_none_or(|first| first.price(**feed).is_err()));
            Err(UpdateError::FeedMissing { feed: missing.copied().unwrap_or(FeedId([0; 32])) })
        }
    }
}
