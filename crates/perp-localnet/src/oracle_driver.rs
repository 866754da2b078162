//! Keeps the feeds fresh: one price per feed and tick, dated with the chain's own clock.

use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use crate::chain::Chain;
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
        let thread = std::thread::spawn(move || {
            while stopped.recv_timeout(tick) == Err(mpsc::RecvTimeoutError::Timeout) {
                if let Err(error) = script.tick(&chain) {
                    tracing::error!("the oracle driver stops: {error}");
                    return;
                }
            }
        });
        Ok(Self { stop, thread })
    }

    /// False once a price could not be published: the feeds grow old from then on.
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
