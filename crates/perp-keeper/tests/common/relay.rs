//! Connections that can be cut, or fall silent, between a keeper and a server.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::Duration;

/// Hands on what either side says, until it is told otherwise.
pub struct Relay {
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    is_cut: AtomicBool,
    is_deaf: AtomicBool,
}

impl Relay {
    /// One on a free port before the server at this URL.
    pub fn to(url: &str) -> Self {
        let target = url.split_once("://").unwrap().1.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Whoever is refused finds the connection closed.
                if shared.is_cut.load(Ordering::Relaxed) {
                    continue;
                }
                let Ok(server) = TcpStream::connect(&target) else { continue };
                let (back, there) = (stream.try_clone().unwrap(), server.try_clone().unwrap());
                let (one, other) = (Arc::clone(&shared), Arc::clone(&shared));
                std::thread::spawn(move || hand_on(stream, there, &one, false));
                std::thread::spawn(move || hand_on(server, back, &other, true));
            }
        });
        Self { port, state }
    }

    /// Where it listens, for clients of this scheme.
    pub fn url(&self, scheme: &str) -> String {
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// Cuts every connection and takes none.
    pub fn cut(&self) {
        self.state.is_cut.store(true, Ordering::Relaxed);
    }

    /// Loses whatever the server says, on connections that stay open.
    pub fn fall_silent(&self) {
        self.state.is_deaf.store(true, Ordering::Relaxed);
    }

    /// New connections work again.
    pub fn mend(&self) {
        self.state.is_cut.store(false, Ordering::Relaxed);
        self.state.is_deaf.store(false, Ordering::Relaxed);
    }
}

fn hand_on(mut from: TcpStream, mut to: TcpStream, state: &State, is_answer: bool) {
    from.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let (mut buffer, mut has_lost) = ([0; 65_536], false);
    loop {
        if state.is_cut.load(Ordering::Relaxed) {
            break;
        }
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                // After a gap the rest of a stream makes no sense to anybody.
                has_lost |= is_answer && state.is_deaf.load(Ordering::Relaxed);
                if !has_lost && to.write_all(&buffer[..count]).is_err() {
                    break;
                }
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
    }
    // The other direction may have ended both already.
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
