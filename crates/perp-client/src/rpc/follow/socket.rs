//! A WebSocket that can be left alone: reading waits for a tenth of a second at most.

use std::io::ErrorKind;
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::listener::TICK;
use tungstenite::http::Uri;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{client_tls_with_config, Connector, Error, Message, WebSocket};

const CONNECT: Duration = Duration::from_secs(5);
const HANDSHAKE: Duration = Duration::from_secs(10);
/// A quiet server is asked so often whether it is there, and is not once it has not answered for so long.
const PING: Duration = Duration::from_secs(15);
const SILENCE: Duration = Duration::from_secs(45);

pub(super) enum Read {
    Text(String),
    Nothing,
}

pub(super) struct Socket {
    socket: WebSocket<MaybeTlsStream<TcpStream>>,
    heard: Instant,
    asked: Instant,
}

/// Scheme, host and port of a URL: its path or query may hold a secret.
pub(super) fn origin(url: &str) -> String {
    match url.parse::<Uri>() {
        Ok(uri) => {
            let port = uri.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
            format!("{}://{}{port}", uri.scheme_str().unwrap_or("ws"), uri.host().unwrap_or("?"))
        }
        Err(_) => "a URL that is none".into(),
    }
}

impl Socket {
    /// Connects, within a few seconds or not at all.
    pub(super) fn connect(url: &str) -> Result<Self, String> {
        let uri: Uri = url.parse().map_err(|error| format!("not a URL: {error}"))?;
        let port = match (uri.port_u16(), uri.scheme_str()) {
            (Some(port), Some("ws" | "wss")) => port,
            (None, Some("ws")) => 80,
            (None, Some("wss")) => 443,
            _ => return Err("expected a URL that begins with ws:// or wss://".into()),
        };
        let host = uri.host().ok_or("the URL names no host")?.trim_matches(['[', ']']).to_owned();
        let addresses = (host.as_str(), port).to_socket_addrs().map_err(|error| error.to_string())?;
        let mut last = String::from("the host has no address");
        for address in addresses {
            match TcpStream::connect_timeout(&address, CONNECT) {
                Ok(stream) => return Self::shake_hands(uri, stream),
                Err(error) => last = error.to_string(),
            }
        }
        Err(last)
    }

    fn shake_hands(uri: Uri, stream: TcpStream) -> Result<Self, String> {
        let text = |error: std::io::Error| error.to_string();
        stream.set_nodelay(true).map_err(text)?;
        stream.set_write_timeout(Some(HANDSHAKE)).map_err(text)?;
        stream.set_read_timeout(Some(HANDSHAKE)).map_err(text)?;
        let timeouts = stream.try_clone().map_err(text)?;
        let connector = if uri.scheme_str() == Some("wss") { encrypted()? } else { Connector::Plain };
        let (socket, _) =
            client_tls_with_config(uri, stream, None, Some(connector)).map_err(|error| error.to_string())?;
        timeouts.set_read_timeout(Some(TICK)).map_err(text)?;
        let now = Instant::now();
        Ok(Self { socket, heard: now, asked: now })
    }

    pub(super) fn send(&mut self, text: String) -> Result<(), String> {
        self.socket.send(Message::text(text)).map_err(|error| error.to_string())
    }

    /// What comes within a tick, if anything does.
    pub(super) fn read(&mut self) -> Result<Read, String> {
        match self.socket.read() {
            Ok(message) => {
                self.heard = Instant::now();
                match message {
                    Message::Text(text) => Ok(Read::Text(text.as_str().to_owned())),
                    Message::Close(_) => Err("the server has closed the connection".into()),
                    _ => Ok(Read::Nothing),
                }
            }
            // A signal interrupts a read as well.
            Err(Error::Io(error))
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) =>
            {
                self.keep_alive()?;
                Ok(Read::Nothing)
            }
            Err(error) => Err(error.to_string()),
        }
    }

    fn keep_alive(&mut self) -> Result<(), String> {
        if self.heard.elapsed() > SILENCE {
            return Err(format!("nothing heard for {} s", SILENCE.as_secs()));
        }
        if self.heard.elapsed() > PING && self.asked.elapsed() > PING {
            self.asked = Instant::now();
            self.socket.send(Message::Ping(Default::default())).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// Says goodbye; whether it is heard does not matter.
    pub(super) fn close(&mut self) {
        let _ = self.socket.close(None);
        let _ = self.socket.flush();
    }
}

/// Encrypted by the same library as requests are, whatever else the process has chosen.
fn encrypted() -> Result<Connector, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| error.to_string())?.with_root_certificates(roots).with_no_client_auth();
    Ok(Connector::Rustls(Arc::new(config)))
}
