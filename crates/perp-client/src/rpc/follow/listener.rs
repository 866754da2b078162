//! What hears of changes, whatever they come from.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anchor_lang::prelude::Pubkey;
use perp_accounts::{decode, Stored, ID};
use serde_json::{json, Value};

use super::accounts::Packed;
use crate::rpc::accounts::{OfExchange, ReadAt};
use crate::rpc::FetchError;

/// How long a source waits for something at most before it asks whether it is wanted still.
pub const TICK: Duration = Duration::from_millis(100);
/// First and longest wait before a source is asked again.
const BACKOFF_FIRST: Duration = Duration::from_millis(100);
const BACKOFF_LAST: Duration = Duration::from_secs(10);
/// A subscription that held for so long was a good one: the next wait is the first again.
const GOOD: Duration = Duration::from_secs(30);

/// What a source tells.
pub(super) enum Heard {
    /// It has begun, by a server of this kind: what happens from now on is heard.
    Live(&'static str),
    /// It has ended.
    Lost(String),
    /// Something could not be understood, so something is missing.
    Garbled,
    /// An account has changed; none where it is none of the type any more.
    Changed { slot: u64, address: Pubkey, account: Option<Told> },
    /// Everything was read, by another thread.
    Read(Result<ReadAt<Packed>, FetchError>),
}

/// An account as it was told.
pub(super) struct Told {
    pub(super) account: Packed,
    /// How often it had changed, where it counts that.
    pub(super) sequence: Option<u64>,
}

/// Where changes come from.
pub trait Source: Send + 'static {
    /// Scheme, host and port of its server.
    fn origin(&self) -> String;

    /// Tells `listener` of every change of the accounts that `filter` lets through. Returns `Ok` once nobody wants them any more, else
    /// why it ended, upon which it is asked again.
    ///
    /// # Errors
    /// Why it ended, in words that hold no secret.
    fn subscribe(&mut self, filter: &Filter, listener: &Listener) -> Result<(), String>;
}

/// Which accounts are followed: those of the program with so many bytes that begin so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// The program that owns them.
    pub program: Pubkey,
    /// Bytes of each.
    pub bytes: usize,
    /// What each begins with: its type's tag and its exchange's address.
    pub begins: Vec<u8>,
}

impl Filter {
    /// Those of a type and an exchange.
    pub(in crate::rpc) fn of<T: Stored>(exchange: &Pubkey) -> Self {
        Self { program: ID, bytes: T::SPACE, begins: [&T::TAG[..], exchange.as_ref()].concat() }
    }

    /// The same as a node's RPC server takes it, which answers in base 64, as of the newest block.
    pub(in crate::rpc) fn query(&self) -> Value {
        let begins = bs58::encode(&self.begins).into_string();
        json!({
            "encoding": "base64",
            "commitment": "processed",
            "filters": [{ "dataSize": self.bytes }, { "memcmp": { "offset": 0, "bytes": begins, "encoding": "base58" } }],
        })
    }
}

/// Takes what a source tells, for whoever follows.
pub struct Listener {
    pub(super) sender: SyncSender<Heard>,
    pub(super) overflowed: Arc<AtomicBool>,
    pub(super) dropped: Arc<AtomicBool>,
    told: fn(&Pubkey, &Pubkey, &[u8]) -> Option<Told>,
}

fn told<T: OfExchange>(address: &Pubkey, owner: &Pubkey, data: &[u8]) -> Option<Told> {
    let account: T = decode(address, owner, data).ok()?;
    Some(Told { account: Packed::of(&account), sequence: account.sequence() })
}

impl Listener {
    pub(super) fn of<T: OfExchange>(
        sender: SyncSender<Heard>,
        overflowed: Arc<AtomicBool>,
        dropped: Arc<AtomicBool>,
    ) -> Self {
        Self { sender, overflowed, dropped, told: told::<T> }
    }

    /// Whether anybody follows still; asked at least once a [`TICK`].
    pub fn is_wanted(&self) -> bool {
        !self.dropped.load(Ordering::Relaxed)
    }

    /// The subscription has begun, by a server of this kind: what happens from now on is told. Returns whether anybody follows still.
    pub fn live(&self, kind: &'static str) -> bool {
        self.tell(Heard::Live(kind))
    }

    /// Something cannot be understood: everything is read again.
    pub fn garbled(&self) -> bool {
        self.tell(Heard::Garbled)
    }

    /// An account was so in a slot.
    pub fn changed(&self, slot: u64, address: Pubkey, owner: &Pubkey, data: &[u8]) -> bool {
        if *owner != ID {
            // Closed: its lamports are gone, and with them its owner.
            return self.tell(Heard::Changed { slot, address, account: None });
        }
        match (self.told)(&address, owner, data) {
            Some(told) => self.tell(Heard::Changed { slot, address, account: Some(told) }),
            None => self.garbled(),
        }
    }

    /// Has the source tell, again and again, until nobody follows any more.
    pub(super) fn hear(&self, source: &mut impl Source, filter: &Filter) {
        let mut backoff = BACKOFF_FIRST;
        while self.is_wanted() {
            let begun = Instant::now();
            let Err(reason) = source.subscribe(filter, self) else { return };
            if !self.tell(Heard::Lost(reason)) {
                return;
            }
            if begun.elapsed() >= GOOD {
                backoff = BACKOFF_FIRST;
            }
            let until = Instant::now() + backoff;
            while Instant::now() < until {
                if !self.is_wanted() {
                    return;
                }
                std::thread::sleep(TICK.min(until.saturating_duration_since(Instant::now())));
            }
            backoff = (2 * backoff).min(BACKOFF_LAST);
        }
    }

    /// Hands on what was heard; `false` where nobody listens any more.
    fn tell(&self, heard: Heard) -> bool {
        let Err(refused) = self.sender.try_send(heard) else { return true };
        match refused {
            // Only changes may be lost: whether there is a subscription must arrive, however long that takes.
            TrySendError::Full(Heard::Changed { .. } | Heard::Garbled) => {
                self.overflowed.store(true, Ordering::Relaxed);
                true
            }
            TrySendError::Full(state) => self.insist(state),
            TrySendError::Disconnected(_) => false,
        }
    }

    fn insist(&self, mut state: Heard) -> bool {
        loop {
            match self.sender.try_send(state) {
                Ok(()) => return true,
                Err(TrySendError::Disconnected(_)) => return false,
                Err(TrySendError::Full(again)) => state = again,
            }
            if !self.is_wanted() {
                return false;
            }
            std::thread::sleep(TICK);
        }
    }
}
