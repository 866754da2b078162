//! The thread that holds a subscription, for as long as somebody wants it.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anchor_lang::prelude::Pubkey;
use perp_accounts::ID;
use serde::Deserialize;
use serde_json::{json, Value};
use solana_rpc_client_api::response::{Response, RpcKeyedAccount};

use super::accounts::Packed;
use super::socket::{Read, Socket, TICK};
use crate::rpc::accounts::{account_of, address_of, OfExchange, ReadAt};
use crate::rpc::FetchError;

/// First and longest wait before the server is asked again.
const BACKOFF_FIRST: Duration = Duration::from_millis(100);
const BACKOFF_LAST: Duration = Duration::from_secs(10);
/// A subscription that held for so long was a good one: the next wait is the first again.
const GOOD: Duration = Duration::from_secs(30);
/// How long the server has to answer that it has subscribed.
const ANSWER: Duration = Duration::from_secs(10);

/// What a subscription tells.
pub(super) enum Heard {
    /// It has begun: what happens from now on is heard.
    Live,
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

pub(super) struct Subscription<T> {
    pub(super) url: String,
    pub(super) query: Value,
    pub(super) sender: SyncSender<Heard>,
    pub(super) of: PhantomData<fn() -> T>,
    pub(super) overflowed: Arc<AtomicBool>,
    pub(super) dropped: Arc<AtomicBool>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    id: Option<u64>,
    #[serde(default)]
    result: Option<Value>,
    #[serde(default)]
    error: Option<Value>,
    #[serde(default)]
    params: Option<Notification>,
}

#[derive(Deserialize)]
struct Notification {
    result: Response<RpcKeyedAccount>,
}

impl<T: OfExchange> Subscription<T> {
    /// Subscribes, again and again, until nobody wants it any more.
    pub(super) fn run(self) {
        let mut backoff = BACKOFF_FIRST;
        while !self.is_dropped() {
            let begun = Instant::now();
            let Err(reason) = self.subscribe() else { return };
            if !self.tell(Heard::Lost(reason)) {
                return;
            }
            if begun.elapsed() >= GOOD {
                backoff = BACKOFF_FIRST;
            }
            let until = Instant::now() + backoff;
            while Instant::now() < until {
                if self.is_dropped() {
                    return;
                }
                std::thread::sleep(TICK.min(until.saturating_duration_since(Instant::now())));
            }
            backoff = (2 * backoff).min(BACKOFF_LAST);
        }
    }

    /// One subscription: `Ok` once nobody wants it any more, else why it ended.
    fn subscribe(&self) -> Result<(), String> {
        let mut socket = Socket::connect(&self.url)?;
        socket.send(
            json!({ "jsonrpc": "2.0", "id": 1, "method": "programSubscribe", "params": [ID.to_string(), self.query] })
                .to_string(),
        )?;
        let asked = Instant::now();
        let mut is_live = false;
        loop {
            if self.is_dropped() {
                socket.close();
                return Ok(());
            }
            let text = match socket.read()? {
                Read::Text(text) => text,
                Read::Nothing if !is_live && asked.elapsed() > ANSWER => {
                    return Err("it does not answer programSubscribe".into())
                }
                Read::Nothing => continue,
            };
            let heard = match serde_json::from_str::<Message>(&text) {
                Ok(Message { id: Some(1), error: Some(error), .. }) => return Err(error.to_string()),
                Ok(Message { id: Some(1), result: Some(_), .. }) => {
                    is_live = true;
                    Heard::Live
                }
                Ok(Message { params: Some(Notification { result }), .. }) => changed::<T>(&result),
                Ok(_) | Err(_) => Heard::Garbled,
            };
            if !self.tell(heard) {
                return Ok(());
            }
        }
    }

    fn is_dropped(&self) -> bool {
        self.dropped.load(Ordering::Relaxed)
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
            if self.is_dropped() {
                return false;
            }
            std::thread::sleep(TICK);
        }
    }
}

fn changed<T: OfExchange>(notification: &Response<RpcKeyedAccount>) -> Heard {
    let (slot, found) = (notification.context.slot, &notification.value);
    let Ok(address) = address_of(found) else { return Heard::Garbled };
    if found.account.owner != ID.to_string() {
        // Closed: its lamports are gone, and with them its owner.
        return Heard::Changed { slot, address, account: None };
    }
    match account_of::<T>(found) {
        Ok(account) => {
            let told = Told { account: Packed::of(&account), sequence: account.sequence() };
            Heard::Changed { slot, address, account: Some(told) }
        }
        Err(_) => Heard::Garbled,
    }
}
