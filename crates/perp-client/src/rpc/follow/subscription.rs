//! A node's WebSocket server as a source of changes.

use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{json, Value};
use solana_rpc_client_api::response::{Response, RpcKeyedAccount};

use super::listener::{Filter, Listener, Source};
use super::socket::{origin, Read, Socket};
use crate::rpc::accounts::address_of;

/// How long the server has to answer that it has subscribed.
const ANSWER: Duration = Duration::from_secs(10);

/// A node's WebSocket server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebSocket {
    url: String,
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

impl Source for WebSocket {
    fn origin(&self) -> String {
        origin(&self.url)
    }

    fn subscribe(&mut self, filter: &Filter, listener: &Listener) -> Result<(), String> {
        self.subscribe_until(filter, listener, || false)
    }
}

impl WebSocket {
    /// The one at `url`, such as `wss://host.example`.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into() }
    }

    /// As [`Source::subscribe`], but until `is_over` as well, which is asked about ten times a second.
    ///
    /// # Errors
    /// Why it ended.
    pub fn subscribe_until(
        &self,
        filter: &Filter,
        listener: &Listener,
        mut is_over: impl FnMut() -> bool,
    ) -> Result<(), String> {
        let mut socket = Socket::connect(&self.url)?;
        let params = json!([filter.program.to_string(), filter.query()]);
        let asks = json!({ "jsonrpc": "2.0", "id": 1, "method": "programSubscribe", "params": params });
        socket.send(asks.to_string())?;
        let asked = Instant::now();
        let mut is_live = false;
        loop {
            if !listener.is_wanted() || is_over() {
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
            let is_heard = match serde_json::from_str::<Message>(&text) {
                Ok(Message { id: Some(1), error: Some(error), .. }) => return Err(error.to_string()),
                Ok(Message { id: Some(1), result: Some(_), .. }) => {
                    is_live = true;
                    listener.live("websocket")
                }
                Ok(Message { params: Some(Notification { result }), .. }) => changed(&result, listener),
                Ok(_) | Err(_) => listener.garbled(),
            };
            if !is_heard {
                return Ok(());
            }
        }
    }
}

fn changed(notification: &Response<RpcKeyedAccount>, listener: &Listener) -> bool {
    let (slot, found) = (notification.context.slot, &notification.value);
    let (Ok(address), Ok(owner)) = (address_of(found), found.account.owner.parse()) else { return listener.garbled() };
    match found.account.data.decode() {
        Some(data) => listener.changed(slot, address, &owner, &data),
        None => listener.garbled(),
    }
}
