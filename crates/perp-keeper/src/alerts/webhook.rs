//! Alerts posted to servers of the operator's: each has a thread and a queue of its own, so that nothing waits for it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{sync_channel, Receiver, SyncSender, TrySendError};
use std::sync::Arc;
use std::time::{Duration, Instant};

use backon::{BlockingRetryable, ExponentialBuilder};
use prometheus::IntCounterVec;
use reqwest::blocking::Client;
use reqwest::redirect::Policy;
use reqwest::StatusCode;
use tracing::warn;

use super::Notice;
use crate::config::origin;

/// How many notices wait for one server at most; those beyond are dropped, and that is recorded.
const WAITING: usize = 256;
const TIMEOUT: Duration = Duration::from_secs(10);
/// A server is tried again after half a second, one, two and so on: for half a minute in all.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const TRIES: usize = 6;

/// Servers that alerts are posted to.
#[derive(Debug)]
pub struct Webhooks {
    queues: Vec<Queue>,
    results: IntCounterVec,
}

#[derive(Debug)]
struct Queue {
    /// Scheme, host and port: the rest of a webhook's URL is its secret.
    host: String,
    sender: SyncSender<Notice>,
    waiting: Arc<AtomicUsize>,
}

/// Why a notice was not taken.
#[derive(Debug, PartialEq, Eq)]
enum Fault {
    /// The server may take it later.
    Passing(String),
    /// It will not.
    Lasting(String),
}

impl Webhooks {
    /// Threads that post to these URLs, and count what comes of it.
    ///
    /// # Errors
    /// Where this machine starts no thread, or speaks no HTTP, in words.
    pub fn start(urls: &[String], results: IntCounterVec) -> Result<Self, String> {
        let queues = urls.iter().map(|url| Queue::start(url.clone(), results.clone()));
        Ok(Self { queues: queues.collect::<Result<_, _>>()?, results })
    }

    /// Posts a notice to all of them, now or later. Waits for nothing.
    pub fn post(&self, notice: &Notice) {
        for queue in &self.queues {
            queue.waiting.fetch_add(1, Ordering::Relaxed);
            let Err(full) = queue.sender.try_send(notice.clone()) else { continue };
            queue.waiting.fetch_sub(1, Ordering::Relaxed);
            self.results.with_label_values(&["dropped"]).inc();
            let reason = match full {
                TrySendError::Full(_) => "too many wait for it",
                TrySendError::Disconnected(_) => "its thread has ended",
            };
            warn!(event = "webhook", webhook = queue.host, result = "dropped", reason);
        }
    }

    /// Waits until everything is posted, but not for longer than so. Returns how many are left.
    pub fn flush(&self, at_most: Duration) -> usize {
        let begun = Instant::now();
        let left = || self.queues.iter().map(|queue| queue.waiting.load(Ordering::Relaxed)).sum();
        while left() > 0 && begun.elapsed() < at_most {
            std::thread::sleep(Duration::from_millis(10));
        }
        left()
    }
}

impl Queue {
    fn start(url: String, results: IntCounterVec) -> Result<Self, String> {
        let (sender, notices) = sync_channel(WAITING);
        let (host, waiting) = (origin(&url), Arc::new(AtomicUsize::new(0)));
        // Where a server sends elsewhere, the notice is not for that.
        let client = Client::builder().timeout(TIMEOUT).redirect(Policy::none()).build();
        let client = client.map_err(|error| error.without_url().to_string())?;
        let (name, left) = (host.clone(), Arc::clone(&waiting));
        let thread = std::thread::Builder::new().name("perp-webhook".into());
        let spawned = thread.spawn(move || deliver(&client, &url, &name, &notices, &left, &results));
        spawned.map_err(|error| format!("no thread can be started: {error}"))?;
        Ok(Self { host, sender, waiting })
    }
}

/// Posts what comes, one after the other, until nobody sends any more.
fn deliver(
    client: &Client,
    url: &str,
    host: &str,
    notices: &Receiver<Notice>,
    left: &AtomicUsize,
    results: &IntCounterVec,
) {
    while let Ok(notice) = notices.recv() {
        let waits = ExponentialBuilder::default().with_min_delay(FIRST_WAIT).with_max_times(TRIES).with_jitter();
        let posted =
            (|| post(client, url, &notice)).retry(waits).when(|fault| matches!(fault, Fault::Passing(_))).call();
        let result = if posted.is_ok() { "delivered" } else { "failed" };
        results.with_label_values(&[result]).inc();
        if let Err(Fault::Passing(reason) | Fault::Lasting(reason)) = posted {
            let alert = notice.alert.name();
            warn!(event = "webhook", webhook = host, result, alert, reason);
        }
        left.fetch_sub(1, Ordering::Relaxed);
    }
}

fn post(client: &Client, url: &str, notice: &Notice) -> Result<(), Fault> {
    let answer = client.post(url).json(notice).send();
    // An error names the URL that it is about.
    let answer = answer.map_err(|error| Fault::Passing(causes(&error.without_url())))?;
    judged(answer.status())
}

/// An error and what caused it.
fn causes(error: &dyn std::error::Error) -> String {
    let deeper = error.source().map(|cause| format!(": {}", causes(cause))).unwrap_or_default();
    format!("{error}{deeper}")
}

/// What a server's answer means.
fn judged(status: StatusCode) -> Result<(), Fault> {
    let said = format!("the server answers with status {}", status.as_u16());
    match status {
        _ if status.is_success() => Ok(()),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => Err(Fault::Passing(said)),
        _ if status.is_server_error() => Err(Fault::Passing(said)),
        _ => Err(Fault::Lasting(format!("{said}: check the webhook's URL"))),
    }
}

#[cfg(test)]
mod tests;
