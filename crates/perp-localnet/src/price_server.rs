//! A price server of Hermes' shape on loopback, which signs the quotes of the chain's feeds with test guardians: those of now, and those
//! of any second within the last hour.

use std::convert::Infallible;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use base64::prelude::{Engine, BASE64_STANDARD};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{header, server::conn::http1, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use perp_candles::EXPONENT;
use serde_json::json;
use thiserror::Error;
use tokio::sync::oneshot;

use crate::chain::Chain;
use crate::feeds::Feed;
use crate::guardians::TestGuardians;
use crate::quotes::Quote;
use crate::signed_update::signed_update;

/// Where it is expected unless another port is asked for.
pub const DEFAULT_PRICES_PORT: u16 = 8910;
const UPDATES: &str = "/v2/updates/price/";
const LATEST: &str = "latest";

/// The server did not start.
#[derive(Debug, Error)]
#[error("the price server cannot listen on 127.0.0.1:{port}: {source}: choose another port with --prices-port")]
pub struct PriceServerError {
    /// The port.
    pub port: u16,
    /// Why not.
    pub source: std::io::Error,
}

/// A running server; dropping it stops it.
pub struct LocalPriceServer {
    port: u16,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl LocalPriceServer {
    /// Listens on 127.0.0.1, and signs with these guardians what the chain's publishers quote, dated with the chain's second.
    ///
    /// # Errors
    /// [`PriceServerError`].
    pub fn start(port: u16, chain: Chain, guardians: TestGuardians) -> Result<Self, PriceServerError> {
        let failed = |source| PriceServerError { port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().map_err(failed)?;
        let (stop, stopped) = oneshot::channel();
        let source = Arc::new((chain, guardians));
        let thread = std::thread::Builder::new().name("prices".into()).spawn(move || {
            // An error ends the accepting alone, and whoever asks finds nobody.
            if let Err(error) = runtime.block_on(serve(listener, Arc::clone(&source), stopped)) {
                tracing::error!("the price server ended: {error}");
            }
            // The chain may end with this handle on it, which no task of a runtime may wait for.
            drop(runtime);
            drop(source);
        });
        Ok(Self { port, stop: Some(stop), thread: Some(thread.map_err(failed)?) })
    }

    /// What a client is given.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for LocalPriceServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            if thread.join().is_err() {
                tracing::error!("the price server had panicked");
            }
        }
    }
}

type Source = Arc<(Chain, TestGuardians)>;

async fn serve(listener: TcpListener, source: Source, mut stopped: oneshot::Receiver<()>) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let stream = tokio::select! {
            _ = &mut stopped => return Ok(()),
            accepted = listener.accept() => accepted?.0,
        };
        let source = Arc::clone(&source);
        tokio::spawn(async move {
            let service = service_fn(move |request| respond(request, Arc::clone(&source)));
            if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await {
                tracing::debug!("a client of the price server left: {error}");
            }
        });
    }
}

async fn respond(request: Request<Incoming>, source: Source) -> Result<Response<Full<Bytes>>, Infallible> {
    // The chain's lock is waited for.
    let answered = tokio::task::spawn_blocking(move || {
        let (chain, guardians) = &*source;
        answer(request.uri().path(), request.uri().query().unwrap_or(""), chain, guardians)
    });
    let (status, body) = answered.await.unwrap_or((StatusCode::INTERNAL_SERVER_ERROR, String::new()));
    let kind = if status == StatusCode::OK { "application/json" } else { "text/plain" };
    let response = Response::builder().status(status).header(header::CONTENT_TYPE, kind);
    Ok(response.body(Full::from(body)).unwrap_or_default())
}

fn answer(path: &str, query: &str, chain: &Chain, guardians: &TestGuardians) -> (StatusCode, String) {
    let clock = chain.clock();
    let now = clock.unix_timestamp;
    // Every second has its update, so that the first one published in a second or after it is that second's.
    let second = match path.strip_prefix(UPDATES).map(|when| (when, when.parse::<i64>())) {
        Some((LATEST, _)) => now,
        Some((_, Ok(second))) if second <= now => second,
        Some((_, Ok(second))) => return (StatusCode::NOT_FOUND, format!("{second} is ahead of {now}")),
        _ => return (StatusCode::NOT_FOUND, format!("only {UPDATES}{LATEST} and {UPDATES}SECOND are served")),
    };
    let mut quotes = Vec::new();
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        match (name, value) {
            ("ids[]" | "ids%5B%5D", id) => match quoted(chain, id, second) {
                Some(quote) => quotes.push(quote),
                None => return (StatusCode::NOT_FOUND, format!("Price ids not found: {id}")),
            },
            ("encoding", "base64") | ("parsed", _) => {}
            _ => return (StatusCode::BAD_REQUEST, format!("{name}={value} is not served: ask for encoding=base64")),
        }
    }
    if quotes.is_empty() {
        return (StatusCode::BAD_REQUEST, "ids[] is missing".into());
    }
    let update = signed_update(guardians, &quotes, second, clock.slot);
    let parsed = quotes.iter().map(|quote| parsed(quote, second)).collect::<Vec<_>>();
    let binary = json!({ "encoding": "base64", "data": [BASE64_STANDARD.encode(update)] });
    (StatusCode::OK, json!({ "binary": binary, "parsed": parsed }).to_string())
}

fn quoted(chain: &Chain, id: &str, second: i64) -> Option<Quote> {
    let id: perp_updates::FeedId = id.parse().ok()?;
    let feed = Feed::ALL.into_iter().find(|feed| feed.id() == Some(id.0))?;
    chain.quotes().at(feed, second)
}

fn parsed(quote: &Quote, publish_time: i64) -> serde_json::Value {
    let price = json!({
        "price": quote.price.units().to_string(),
        "conf": quote.confidence.to_string(),
        "expo": EXPONENT,
        "publish_time": publish_time,
    });
    let id = quote.feed.id().map(|id| perp_updates::FeedId(id).to_string());
    json!({ "id": id, "price": price, "ema_price": price })
}
