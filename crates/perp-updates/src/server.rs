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
        /// The beginning of what it says.
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
    client: reqwest::blocking::Client,
}

/// Which of several updates with all feeds is taken.
#[derive(Clone, Copy)]
enum Prefer {
    Newest,
    Oldest,
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
            Ok(client) => Ok(Self { url, origin, client }),
            Err(reason) => Err(ServerError::Unreachable { server: origin, reason: reason.without_url() }),
        }
    }

    /// The latest prices of these feeds under one signature.
    ///
    /// # Errors
    /// [`ServerError`]; where the server has signed the feeds apart, [`UpdateError::FeedMissing`] names one that is not with the
    /// first.
    pub fn latest(&self, feeds: &[FeedId]) -> Result<Update, ServerError> {
        self.ask("latest", feeds, Prefer::Newest)
    }

    /// The first prices of these feeds under one signature that were published in a second or after it, in Unix seconds: the reading of a
    /// boundary, or the one at which an order fills.
    ///
    /// # Errors
    /// As of [`PriceServer::latest`]; [`ServerError::Refused`] where the server has none of that second yet, or none any more.
    pub fn at(&self, feeds: &[FeedId], second: i64) -> Result<Update, ServerError> {
        self.ask(&second.to_string(), feeds, Prefer::Oldest)
    }

    fn ask(&self, when: &str, feeds: &[FeedId], prefer: Prefer) -> Result<Update, ServerError> {
        let server = || self.origin.clone();
        let ids: Vec<String> = feeds.iter().map(|feed| format!("ids[]={feed}")).collect();
        let url = format!("{}/v2/updates/price/{when}?{}&encoding=base64&parsed=false", self.url, ids.join("&"));
        let unreachable =
            |reason: reqwest::Error| ServerError::Unreachable { server: server(), reason: reason.without_url() };
        let response = self.client.get(&url).send().map_err(unreachable)?;
        let status = response.status();
        let body = response.bytes().map_err(unreachable)?;
        if !status.is_success() {
            let text = String::from_utf8_lossy(&body).chars().take(200).collect();
            return Err(ServerError::Refused { server: server(), status: status.as_u16(), text });
        }
        let updates = read_answer(&body).map_err(|error| match error {
            AnswerError::Malformed(reason) => ServerError::Malformed { server: server(), reason },
            AnswerError::Update(reason) => ServerError::Update { server: server(), reason },
        })?;
        together(updates, feeds, prefer).map_err(|reason| ServerError::Update { server: server(), reason })
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
    let answer: Answer = serde_json::from_slice(body).map_err(|error| malformed(&error))?;
    if answer.binary.encoding != "base64" {
        return Err(malformed(&format!("encoded as {}", answer.binary.encoding)));
    }
    let updates = answer.binary.data.iter().map(|text| {
        let bytes = BASE64_STANDARD.decode(text).map_err(|error| malformed(&error))?;
        Update::parse(&bytes).map_err(AnswerError::Update)
    });
    updates.collect()
}

/// The newest or the oldest update that has all these feeds.
fn together(mut updates: Vec<Update>, feeds: &[FeedId], prefer: Prefer) -> Result<Update, UpdateError> {
    match prefer {
        Prefer::Newest => updates.sort_by_key(|update| std::cmp::Reverse(update.signed.slot)),
        Prefer::Oldest => updates.sort_by_key(|update| update.signed.slot),
    }
    let has_all = |update: &Update| feeds.iter().all(|feed| update.price(*feed).is_ok());
    match updates.iter().position(has_all) {
        Some(found) => Ok(updates.swap_remove(found)),
        None => {
            let missing = feeds.iter().find(|feed| updates.first().is_none_or(|first| first.price(**feed).is_err()));
            Err(UpdateError::FeedMissing { feed: missing.copied().unwrap_or(FeedId([0; 32])) })
        }
    }
}
