//! All accounts of one type, kept up to date.
//!
//! A thread of its own holds the subscription and hands on what it hears; whoever asks for the accounts applies it. After
//! every gap everything is read again, so that nothing that happened in it is missing. The thread looks ten times a second
//! whether it is still wanted, so a dropped view never waits for the server.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{sync_channel, Receiver, RecvTimeoutError};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anchor_lang::prelude::Pubkey;
use thiserror::Error;

use super::accounts::{query, OfExchange};
use super::venue::Venue;
use super::FetchError;

mod socket;
mod subscription;

#[cfg(test)]
mod tests;

use subscription::{Heard, Subscription};

/// How many changes wait at most for whoever asks; beyond them everything is read again.
const WAITING: usize = 65_536;
/// How long the server has for the first subscription.
const FIRST_ANSWER: Duration = Duration::from_secs(15);
/// How often everything is read while there is no subscription.
const READ_WITHOUT: Duration = Duration::from_secs(1);
/// How often everything is read besides: nodes do not tell of accounts that are closed, nor of blocks that are given up.
const READ_ANYWAY: Duration = Duration::from_secs(300);

/// Why accounts cannot be followed.
#[derive(Debug, Error)]
pub enum FollowError {
    /// The server cannot be reached, or does not answer.
    #[error("the WebSocket server at {url} does not subscribe ({reason}): check that it is running and its URL")]
    Unreachable {
        /// Scheme, host and port; no path, which may hold a secret.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// The thread that listens cannot be started.
    #[error("no thread can be started: {0}")]
    Thread(std::io::Error),
}

/// Every account of one type of an exchange.
pub struct Follow<'a, T> {
    venue: &'a Venue,
    heard: Receiver<Heard<T>>,
    overflowed: Arc<AtomicBool>,
    dropped: Arc<AtomicBool>,
    /// Heard and not applied yet.
    changes: Vec<Change<T>>,
    accounts: BTreeMap<Pubkey, T>,
    is_live: bool,
    gaps: u64,
    must_read: bool,
    read_at: Option<Instant>,
}

/// An account as it is from some slot on; none where it is no account of the type any more.
struct Change<T> {
    slot: u64,
    address: Pubkey,
    account: Option<T>,
}

impl<'a, T: OfExchange> Follow<'a, T> {
    pub(super) fn start(venue: &'a Venue, url: &str) -> Result<Self, FollowError> {
        let (sender, heard) = sync_channel(WAITING);
        let (overflowed, dropped) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let subscription = Subscription {
            url: url.into(),
            query: query::<T>(&venue.addresses.exchange),
            sender,
            overflowed: Arc::clone(&overflowed),
            dropped: Arc::clone(&dropped),
        };
        let named = std::thread::Builder::new().name("perp-follow".into());
        named.spawn(move || subscription.run()).map_err(FollowError::Thread)?;
        let mut follow = Self {
            venue,
            heard,
            overflowed,
            dropped,
            changes: Vec::new(),
            accounts: BTreeMap::new(),
            is_live: false,
            gaps: 0,
            must_read: true,
            read_at: None,
        };
        let unreachable = |reason: String| FollowError::Unreachable { url: socket::origin(url), reason };
        match follow.heard.recv_timeout(FIRST_ANSWER) {
            Ok(Heard::Lost(reason)) => Err(unreachable(reason)),
            Err(_) => Err(unreachable(format!("nothing heard for {} s", FIRST_ANSWER.as_secs()))),
            Ok(heard) => {
                follow.note(heard);
                Ok(follow)
            }
        }
    }

    /// Every account as of now, as far as the node has told. After a gap, and while there is no subscription, everything is read
    /// again first, at most once a second.
    ///
    /// # Errors
    /// [`FetchError`] where that fails; what was heard meanwhile is not lost.
    pub fn now(&mut self) -> Result<&BTreeMap<Pubkey, T>, FetchError> {
        self.take_what_waits();
        let since = self.read_at.map(|read_at| read_at.elapsed());
        let is_due = since.is_none_or(|since| match (self.must_read, self.is_live) {
            (true, true) => true,
            (true, false) => since >= READ_WITHOUT,
            (false, _) => since >= READ_ANYWAY,
        });
        if is_due {
            let read = self.venue.all_at::<T>()?;
            // A gap from here on is one that reading has not closed.
            self.must_read = false;
            self.take_what_waits();
            self.accounts = read.accounts;
            // What was heard up to now is part of it where the node read later.
            self.changes.retain(|change| change.slot > read.slot);
            self.read_at = Some(Instant::now());
            self.must_read |= !self.is_live;
        }
        for Change { address, account, .. } in self.changes.drain(..) {
            match account {
                Some(account) => drop(self.accounts.insert(address, account)),
                None => drop(self.accounts.remove(&address)),
            }
        }
        Ok(&self.accounts)
    }

    /// Waits until something is heard, at most so long.
    pub fn wait(&mut self, at_most: Duration) {
        if self.changes.is_empty() && !(self.must_read && self.is_live) {
            match self.heard.recv_timeout(at_most) {
                Ok(heard) => self.note(heard),
                Err(RecvTimeoutError::Timeout) => {}
                // The thread is gone: no less than the time asked for, or whoever waits would spin.
                Err(RecvTimeoutError::Disconnected) => std::thread::sleep(at_most),
            }
        }
    }

    /// Whether there is a subscription at present.
    pub fn is_live(&self) -> bool {
        self.is_live
    }

    /// How often the subscription was lost, or more was heard than could wait.
    pub fn gaps(&self) -> u64 {
        self.gaps
    }

    fn take_what_waits(&mut self) {
        while let Ok(heard) = self.heard.try_recv() {
            self.note(heard);
        }
        if self.overflowed.swap(false, Ordering::Relaxed) {
            self.gap();
        }
    }

    fn note(&mut self, heard: Heard<T>) {
        match heard {
            Heard::Live => {
                self.is_live = true;
                self.must_read = true;
            }
            Heard::Lost(_) => {
                self.is_live = false;
                self.gap();
            }
            Heard::Garbled => self.gap(),
            Heard::Changed { slot, address, account } => {
                self.changes.push(Change { slot, address, account: account.map(|account| *account) });
            }
        }
    }

    fn gap(&mut self) {
        self.gaps += 1;
        self.must_read = true;
    }
}

impl<T> Drop for Follow<'_, T> {
    fn drop(&mut self) {
        self.dropped.store(true, Ordering::Relaxed);
    }
}
