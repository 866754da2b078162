//! All accounts of one type, kept up to date.
//!
//! A thread of its own holds the subscription and hands on what it hears; another reads everything where something may be missing, and
//! now and then besides. Whoever asks for the accounts waits for neither: what is known is never older than it was, since whatever is
//! heard or read counts only where it is of a later slot than what is known of that account, or by its own count newer. The threads look ten times a second whether
//! they are still wanted, so a dropped view never waits for the server.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{sync_channel, Receiver, RecvTimeoutError, SyncSender};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anchor_lang::prelude::Pubkey;
use thiserror::Error;

use super::accounts::{read_all, OfExchange, ReadAt};
use super::venue::Venue;
use super::{Connection, FetchError};

mod accounts;
mod listener;
mod reading;
mod socket;
mod subscription;

#[cfg(test)]
mod tests;

pub use accounts::Accounts;
pub use listener::{Filter, Listener, Source, TICK};
pub use subscription::WebSocket;

use accounts::Packed;
use listener::{Heard, Told};
use reading::Reading;

/// How many changes wait at most for whoever asks; beyond them everything is read again.
const WAITING: usize = 65_536;
/// How long the server has for the first subscription.
const FIRST_ANSWER: Duration = Duration::from_secs(15);

/// Why accounts cannot be followed.
#[derive(Debug, Error)]
pub enum FollowError {
    /// The server cannot be reached, or does not answer.
    #[error("the server at {url} does not subscribe ({reason}): check that it is running and its URL")]
    Unreachable {
        /// Scheme, host and port; no path, which may hold a secret.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// A thread cannot be started.
    #[error("no thread can be started: {0}")]
    Thread(std::io::Error),
}

/// Every account of one type of an exchange.
pub struct Follow<T> {
    heard: Receiver<Heard>,
    /// Asks the thread that reads everything to do so.
    asks: SyncSender<()>,
    overflowed: Arc<AtomicBool>,
    dropped: Arc<AtomicBool>,
    accounts: Accounts<T>,
    /// The slot in which everything was last read.
    slot: u64,
    /// The slots of what was heard of accounts since, those that went included.
    slots: BTreeMap<Pubkey, u64>,
    /// Other since they were last asked for.
    changed: BTreeSet<Pubkey>,
    /// Whether anything was heard that nobody has asked for yet.
    is_news: bool,
    is_live: bool,
    /// What the last subscription was made by.
    kind: Option<&'static str>,
    gaps: u64,
    /// Why the subscription was last lost.
    reason: Option<String>,
    reading: Reading,
}

impl<T: OfExchange> Follow<T> {
    pub(super) fn start(venue: &Venue, mut source: impl Source) -> Result<Self, FollowError> {
        let origin = source.origin();
        let (sender, heard) = sync_channel(WAITING);
        let (overflowed, dropped) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let exchange = venue.addresses.exchange;
        let listener = Listener::of::<T>(sender.clone(), Arc::clone(&overflowed), Arc::clone(&dropped));
        let named = |name: &str| std::thread::Builder::new().name(name.into());
        let hears = move || listener.hear(&mut source, &Filter::of::<T>(&exchange));
        named("perp-follow").spawn(hears).map_err(FollowError::Thread)?;
        let (asks, asked) = sync_channel(1);
        // A connection of its own: a large answer keeps no other request waiting.
        let connection = Connection::new(&venue.connection.client.url());
        let reads = move || read_when_asked::<T>(&connection, &exchange, &asked, &sender);
        named("perp-read").spawn(reads).map_err(FollowError::Thread)?;
        let mut follow = Self {
            heard,
            asks,
            overflowed,
            dropped,
            accounts: Accounts::of(exchange),
            slot: 0,
            slots: BTreeMap::new(),
            changed: BTreeSet::new(),
            is_news: false,
            is_live: false,
            kind: None,
            gaps: 0,
            reason: None,
            reading: Reading::default(),
        };
        let unreachable = |reason: String| FollowError::Unreachable { url: origin.clone(), reason };
        match follow.heard.recv_timeout(FIRST_ANSWER) {
            Ok(Heard::Lost(reason)) => Err(unreachable(reason)),
            Err(_) => Err(unreachable(format!("nothing heard for {} s", FIRST_ANSWER.as_secs()))),
            Ok(heard) => {
                // Nothing was asked to be read yet.
                let _ = follow.note(heard);
                Ok(follow)
            }
        }
    }

    /// Every account as of now, as far as the node has told. The first time it waits until everything was read. Later nothing waits for
    /// that: after a gap, while there is no subscription, and every five minutes everything is read again meanwhile, and
    /// [`Self::incomplete_since`] tells since when something may be missing.
    ///
    /// # Errors
    /// [`FetchError`] where everything was to be read for the first time and could not be.
    pub fn now(&mut self) -> Result<&Accounts<T>, FetchError> {
        self.take_what_waits()?;
        self.read_if_due();
        while !self.reading.has_read() {
            match self.heard.recv_timeout(reading::FIRST_READ) {
                Ok(heard) => self.note(heard)?,
                // Neither thread ends before this view does.
                Err(_) => return Err(super::accounts::garbled("no accounts")),
            }
        }
        self.is_news = false;
        Ok(&self.accounts)
    }

    /// Every account, as far as was heard when [`Self::now`] or [`Self::wait`] last returned.
    pub fn known(&self) -> &Accounts<T> {
        &self.accounts
    }

    /// Accounts that came, changed or went since this was last asked.
    pub fn changed(&mut self) -> BTreeSet<Pubkey> {
        std::mem::take(&mut self.changed)
    }

    /// Waits until something is heard, at most so long.
    pub fn wait(&mut self, at_most: Duration) {
        self.read_if_due();
        if self.is_news {
            // The first read's error is its own.
            let _ = self.take_what_waits();
            return;
        }
        match self.heard.recv_timeout(at_most) {
            Ok(heard) => drop(self.note(heard)),
            Err(RecvTimeoutError::Timeout) => {}
            // The threads are gone: no less than the time asked for, or whoever waits would spin.
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(at_most),
        }
    }

    /// Whether there is a subscription at present.
    pub fn is_live(&self) -> bool {
        self.is_live
    }

    /// The kind of server that the subscription is by at present, such as `websocket`.
    pub fn kind(&self) -> Option<&'static str> {
        self.kind.filter(|_| self.is_live)
    }

    /// How often the subscription was lost, or more was heard than could wait.
    pub fn gaps(&self) -> u64 {
        self.gaps
    }

    /// Why the subscription was last lost, where it ever was.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// Since when changes may be missing from what is known; none where none are.
    pub fn incomplete_since(&self) -> Option<Instant> {
        self.reading.incomplete_since()
    }

    /// Why everything could not be read when that was last tried; none where it could.
    pub fn not_read(&self) -> Option<&str> {
        self.reading.failure()
    }

    fn read_if_due(&mut self) {
        if self.reading.is_due(self.is_live, Instant::now()) {
            self.reading.asked(self.is_live);
            // It waits for this, and for nothing else.
            let _ = self.asks.try_send(());
        }
    }

    fn take_what_waits(&mut self) -> Result<(), FetchError> {
        while let Ok(heard) = self.heard.try_recv() {
            self.note(heard)?;
        }
        if self.overflowed.swap(false, Ordering::Relaxed) {
            self.gap();
        }
        Ok(())
    }

    /// Takes something in; the error is that of the first read alone.
    fn note(&mut self, heard: Heard) -> Result<(), FetchError> {
        self.is_news = true;
        match heard {
            Heard::Live(kind) => {
                // A source that falls back to another server tells of that one alone.
                if self.is_live && self.kind != Some(kind) {
                    self.gaps += 1;
                }
                (self.is_live, self.kind) = (true, Some(kind));
                self.reading.missed();
            }
            Heard::Lost(reason) => {
                self.is_live = false;
                self.reason = Some(reason);
                self.gap();
            }
            Heard::Garbled => self.gap(),
            Heard::Changed { slot, address, account } => self.note_change(slot, address, account),
            Heard::Read(Ok(read)) => self.note_read(read),
            Heard::Read(Err(error)) => return self.reading.failed(error, Instant::now()),
        }
        Ok(())
    }

    fn note_change(&mut self, slot: u64, address: Pubkey, told: Option<Told>) {
        // Of one slot the last that is told is the newest; of what was read in it nobody knows, and this comes again where it was not.
        if slot < self.slots.get(&address).copied().unwrap_or(0).max(self.slot)
            && !self.is_newer(&address, told.as_ref())
        {
            return;
        }
        self.slots.insert(address, slot);
        let is_other = match told {
            Some(told) => self.accounts.put(address, told.account),
            None => self.accounts.remove(&address),
        };
        if is_other {
            self.changed.insert(address);
        }
    }

    /// Whether something that is told of an earlier slot than what is known is newer all the same, as its own count says. What does not
    /// count is doubted.
    fn is_newer(&mut self, address: &Pubkey, told: Option<&Told>) -> bool {
        let known = self.accounts.get(address);
        match (&known, told) {
            (None, None) => false,
            (Some(known), Some(told)) if Packed::of(known) == told.account => false,
            (Some(known), Some(Told { sequence: Some(told), .. })) => {
                known.sequence().is_some_and(|known| *told > known)
            }
            _ => {
                self.reading.doubted(Instant::now());
                false
            }
        }
    }

    fn note_read(&mut self, read: ReadAt<Packed>) {
        let ReadAt { slot, accounts } = read;
        let is_behind = slot < self.slot;
        if !self.reading.done(is_behind, self.is_live, Instant::now()) {
            return;
        }
        if is_behind {
            // The node was set back, and what was known beyond that has not happened.
            self.slots.clear();
        }
        self.slots.retain(|_, heard| *heard >= slot);
        self.slot = slot;
        self.changed.extend(self.accounts.replace(accounts, self.slots.keys()));
    }

    fn gap(&mut self) {
        self.gaps += 1;
        self.reading.missed();
    }
}

impl<T> Drop for Follow<T> {
    fn drop(&mut self) {
        self.dropped.store(true, Ordering::Relaxed);
    }
}

/// Reads everything as often as it is asked to, until nobody asks any more.
fn read_when_asked<T: OfExchange>(
    connection: &Connection,
    exchange: &Pubkey,
    asked: &Receiver<()>,
    sender: &SyncSender<Heard>,
) {
    while asked.recv().is_ok() {
        let read = read_all(connection, exchange, |account: T| Packed::of(&account));
        if sender.send(Heard::Read(read)).is_err() {
            return;
        }
    }
}
