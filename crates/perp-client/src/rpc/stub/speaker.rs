//! The WebSocket half of the node.

use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{channel, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{json, Value};
use tungstenite::{Message, WebSocket};

/// What a test does with a subscription.
pub enum Say {
    Text(String),
    /// The connection breaks off.
    HangUp,
}

/// A WebSocket server that takes one subscriber after the other.
pub struct Speaker {
    url: String,
    words: Sender<Say>,
    /// How many subscriptions have begun and ended.
    pub begun: Arc<Mutex<usize>>,
    pub ended: Arc<Mutex<usize>>,
    /// While it is set nobody who connects is answered.
    pub is_mute: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
}

impl Speaker {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("ws://{}/secret", listener.local_addr().unwrap());
        let (words, said) = channel();
        let (begun, ended) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
        let (stop, is_mute) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        std::thread::spawn({
            let (begun, ended) = (Arc::clone(&begun), Arc::clone(&ended));
            let (stop, is_mute) = (Arc::clone(&stop), Arc::clone(&is_mute));
            move || {
                let mut unanswered = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let Ok((stream, _)) = listener.accept() else {
                        std::thread::sleep(Duration::from_millis(5));
                        continue;
                    };
                    stream.set_nonblocking(false).unwrap();
                    if is_mute.load(Ordering::Relaxed) {
                        unanswered.push(stream);
                        continue;
                    }
                    if let Some(socket) = subscribed(stream) {
                        *begun.lock().unwrap() += 1;
                        speak(socket, &said, &stop);
                        *ended.lock().unwrap() += 1;
                    }
                }
            }
        });
        Self { url, words, begun, ended, is_mute, stop }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn say(&self, text: impl Into<String>) {
        self.words.send(Say::Text(text.into())).unwrap();
    }

    pub fn hang_up(&self) {
        self.words.send(Say::HangUp).unwrap();
    }
}

impl Drop for Speaker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn subscribed(stream: TcpStream) -> Option<WebSocket<TcpStream>> {
    let mut socket = tungstenite::accept(stream).ok()?;
    let asked: Value = serde_json::from_str(socket.read().ok()?.to_text().ok()?).ok()?;
    assert_eq!(asked["method"], "programSubscribe");
    socket.send(Message::text(json!({ "jsonrpc": "2.0", "result": 7, "id": asked["id"] }).to_string())).ok()?;
    socket.get_ref().set_read_timeout(Some(Duration::from_millis(5))).ok()?;
    Some(socket)
}

/// Says what it is told until it hangs up or the subscriber does.
fn speak(mut socket: WebSocket<TcpStream>, said: &Receiver<Say>, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        match said.recv_timeout(Duration::from_millis(5)) {
            Ok(Say::Text(text)) => {
                if socket.send(Message::text(text)).is_err() {
                    return;
                }
            }
            Ok(Say::HangUp) => return,
            Err(_) => {}
        }
        match socket.read() {
            Err(tungstenite::Error::Io(error))
                if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
            Ok(Message::Close(_)) | Err(_) => return,
            Ok(_) => {}
        }
    }
}
