//! Keeps the feeds fresh: one price per feed and tick, dated with the chain's own clock.

use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use crate::chain::{Chain, ChainError};
use crate::feeds::{publish, Feed, FeedError};
use crate::price_path::PricePath;

/// Pyth dates a price in whole seconds, and two prices of one second would contradict each other.
pub const DEFAULT_TICK_SECONDS: u32 = 1;

/// Prices each feed will publish.
pub struct OracleScript {
    /// Where each feed's price goes.
    pub paths: Vec<(Feed, PricePath)>,
    /// Confidence interval of every price, in hundredths of a percent of it.
    pub confidence_bps: u16,
    /// Seconds between two prices.
    pub tick_seconds: u32,
}

impl OracleScript {
    /// Publishes the next price of every feed.
    ///
    /// # Errors
    /// [`FeedError`].
    pub fn tick(&mut self, chain: &Chain) -> Result<(), FeedError> {
        let prices: Vec<_> = self.paths.iter_mut().map(|(feed, path)| (*feed, path.next_price())).collect();
        publish(chain, &prices, self.confidence_bps)
    }
}

/// A thread that plays a script until it is stopped.
pub struct OracleDriver {
    stop: mpsc::Sender<()>,
    thread: JoinHandle<()>,
}

impl OracleDriver {
    /// Publishes the first prices before it returns.
    ///
    /// # Errors
    /// [`FeedError`].
    pub fn start(chain: Chain, mut script: OracleScript) -> Result<Self, FeedError> {
        script.tick(&chain)?;
        let (stop, stopped) = mpsc::channel();
        let tick = Duration::from_secs(script.tick_seconds.into());
        let thread = std::thread::spawn(move || play(|| script.tick(&chain), &stopped, tick));
        Ok(Self { stop, thread })
    }

    /// False once there is nobody to publish to: the feeds grow old from then on.
    pub fn is_running(&self) -> bool {
        !self.thread.is_finished()
    }

    /// Ends it, and waits until it has.
    pub fn stop(self) {
        drop(self.stop);
        if self.thread.join().is_err() {
            tracing::error!("the oracle driver had panicked");
        }
    }
}

/// Publishes once a tick until it is stopped. What cannot be published is told when it begins and when it is over, and the next price is
/// tried all the same.
fn play(mut publish: impl FnMut() -> Result<(), FeedError>, stopped: &mpsc::Receiver<()>, tick: Duration) {
    let mut told: Option<String> = None;
    while stopped.recv_timeout(tick) == Err(mpsc::RecvTimeoutError::Timeout) {
        let trouble = match publish() {
            Ok(()) => None,
            Err(FeedError::Chain(error @ ChainError::NotRunning)) => {
                tracing::error!("the oracle driver stops: {error}");
                return;
            }
            Err(error) => Some(error.to_string()),
        };
        match &trouble {
            Some(reason) if trouble != told => tracing::error!("a price is not published: {reason}"),
            None if told.is_some() => tracing::info!("all prices are published again"),
            _ => {}
        }
        told = trouble;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_that_cannot_be_published_ends_nothing() {
        let (stop, stopped) = mpsc::channel();
        let mut results = [Ok(()), Err(FeedError::Unknown("DOGE".into())), Ok(())].into_iter();
        let mut published = Vec::new();
        let publish = || {
            let result = results.next().unwrap();
            published.push(result.is_ok());
            if results.len() == 0 {
                stop.send(()).unwrap();
            }
            result
        };
        play(publish, &stopped, Duration::from_millis(1));
        assert_eq!(published, [true, false, true]);
    }

    #[test]
    fn without_a_chain_it_ends() {
        let (_stop, stopped) = mpsc::channel();
        let mut count = 0;
        let publish = || {
            count += 1;
            Err(ChainError::NotRunning.into())
        };
        play(publish, &stopped, Duration::from_millis(1));
        assert_eq!(count, 1);
    }
}
