//! What is counted, for Prometheus.

use std::time::Duration;

use prometheus::core::Collector;
use prometheus::{
    Encoder, Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry, TextEncoder,
};

use crate::alerts::ALERTS;
use crate::decision::Verdict;
use crate::job::Kind;
use crate::outcome::Outcome;

/// Bounds of both lags, in seconds: a slot takes 0.4.
const LAGS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.2, 2.0, 4.0, 8.0, 20.0, 60.0];

/// Every metric.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// From the read of the state to the decision on it.
    pub decision_lag: HistogramVec,
    /// From the decision to the block that it is in.
    pub confirmation_lag: HistogramVec,
    /// Decisions, by job and verdict; every one, also where the same was decided before.
    pub decisions: IntCounterVec,
    /// Transactions' outcomes, by job and class.
    pub outcomes: IntCounterVec,
    /// What transactions paid, in atoms and lamports, by job.
    pub paid_atoms: IntCounterVec,
    /// See [`Self::paid_atoms`].
    pub paid_lamports: IntCounterVec,
    /// Fees, in lamports.
    pub fees: IntCounter,
    /// What each wallet holds, in lamports.
    pub wallet: IntGaugeVec,
    /// Wallets that pay for nothing because they hold too little.
    pub wallets_low: IntGauge,
    /// Accounts with positions.
    pub accounts: IntGauge,
    /// Accounts that were judged at the last look.
    pub due: IntGauge,
    /// Transactions on their way.
    pub flying: IntGauge,
    /// Looks.
    pub passes: IntCounter,
    /// Reads that failed.
    pub failed_reads: IntCounter,
    /// Age of the last read, in seconds.
    pub read_age: Gauge,
    /// The slot of the last read.
    pub slot: IntGauge,
    /// How far the chain's clock is behind this machine's, in seconds.
    pub clock_lag: IntGauge,
    /// Age of each market's price, in seconds.
    pub price_age: GaugeVec,
    /// Whether there is a subscription.
    pub live: IntGauge,
    /// Whether it is by a Geyser server.
    pub geyser: IntGauge,
    /// How often the subscription had a gap.
    pub gaps: IntGauge,
    /// Feeds that were posted, and times that failed.
    pub posts: IntCounterVec,
    /// Orders that rest.
    pub orders_resting: IntGauge,
    /// Those of them that are armed.
    pub orders_armed: IntGauge,
    /// Readings that were posted for orders, and times that failed.
    pub readings: IntCounterVec,
    /// Alerts raised.
    pub alerts: IntCounterVec,
    /// Alerts posted, by what came of it.
    pub webhooks: IntCounterVec,
    /// Whether it is ready.
    pub ready: IntGauge,
}

/// Makes metrics and notes what is wrong with none of them: their names are constants, each used once.
struct Maker(Registry);

impl Maker {
    fn keep<T: Collector + Clone + 'static>(&self, made: prometheus::Result<T>) -> prometheus::Result<T> {
        let metric = made?;
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    fn lag(&self, name: &str, help: &str) -> prometheus::Result<HistogramVec> {
        self.keep(HistogramVec::new(HistogramOpts::new(name, help).buckets(LAGS.to_vec()), &["job"]))
    }

    fn count(&self, name: &str, help: &str) -> prometheus::Result<IntCounter> {
        self.keep(IntCounter::new(name, help))
    }

    fn counts(&self, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<IntCounterVec> {
        self.keep(IntCounterVec::new(Opts::new(name, help), labels))
    }

    fn gauge(&self, name: &str, help: &str) -> prometheus::Result<IntGauge> {
        self.keep(IntGauge::new(name, help))
    }
}

impl Metrics {
    /// All of them, at zero.
    ///
    /// # Errors
    /// Where two have one name.
    pub fn new() -> prometheus::Result<Self> {
        let maker = Maker(Registry::new());
        let build =
            maker.keep(IntGaugeVec::new(Opts::new("perp_keeper_build_info", "Which version runs"), &["version"]))?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        let metrics = Self {
            decision_lag: maker
                .lag("perp_keeper_decision_lag_seconds", "From the read of the state to the decision to send")?,
            confirmation_lag: maker
                .lag("perp_keeper_confirmation_lag_seconds", "From the decision to send to the news of the block")?,
            decisions: maker.counts("perp_keeper_decisions_total", "Decisions", &["job", "verdict"])?,
            outcomes: maker.counts("perp_keeper_outcomes_total", "What became of transactions", &["job", "outcome"])?,
            paid_atoms: maker.counts(
                "perp_keeper_paid_atoms_total",
                "Bounties, in atoms of the quote token",
                &["job"],
            )?,
            paid_lamports: maker.counts("perp_keeper_paid_lamports_total", "Wages, in lamports", &["job"])?,
            fees: maker.count("perp_keeper_fees_lamports_total", "Fees of transactions, in lamports")?,
            wallet: maker
                .keep(IntGaugeVec::new(Opts::new("perp_keeper_wallet_lamports", "What a wallet holds"), &["wallet"]))?,
            wallets_low: maker.gauge("perp_keeper_wallets_low", "Wallets held for empty")?,
            accounts: maker.gauge("perp_keeper_accounts_watched", "Margin accounts with positions")?,
            due: maker.gauge("perp_keeper_accounts_due", "Margin accounts judged at the last look")?,
            flying: maker.gauge("perp_keeper_in_flight", "Transactions on their way")?,
            passes: maker.count("perp_keeper_passes_total", "Looks at everything")?,
            failed_reads: maker.count("perp_keeper_failed_reads_total", "Reads that the node did not answer")?,
            read_age: maker.keep(Gauge::new("perp_keeper_last_read_age_seconds", "Age of the last read"))?,
            slot: maker.gauge("perp_keeper_slot", "Slot of the last read")?,
            clock_lag: maker.gauge("perp_keeper_clock_lag_seconds", "The chain's clock behind this machine's")?,
            price_age: maker.keep(GaugeVec::new(
                Opts::new("perp_keeper_price_age_seconds", "Age of a market's price"),
                &["market"],
            ))?,
            live: maker.gauge("perp_keeper_websocket_live", "Whether there is a subscription")?,
            geyser: maker.gauge("perp_keeper_geyser_live", "Whether the subscription is by a Geyser server")?,
            gaps: maker.gauge("perp_keeper_websocket_gaps", "Gaps in the subscription since it began")?,
            posts: maker.counts(
                "perp_keeper_price_posts_total",
                "Prices posted, and posts that failed",
                &["result"],
            )?,
            orders_resting: maker.gauge("perp_keeper_orders_resting", "Orders that rest on the exchange")?,
            orders_armed: maker.gauge("perp_keeper_orders_armed", "Orders that are armed")?,
            readings: maker.counts(
                "perp_keeper_readings_total",
                "Readings posted for orders, and posts that failed",
                &["result"],
            )?,
            alerts: maker.counts("perp_keeper_alerts_total", "Alerts raised", &["alert"])?,
            webhooks: maker.counts("perp_keeper_webhooks_total", "Alerts posted", &["result"])?,
            ready: maker.gauge("perp_keeper_ready", "Whether it reads, subscribes and may send")?,
            registry: maker.0,
        };
        metrics.begin();
        Ok(metrics)
    }

    /// Series that can be at zero are there from the beginning, so that their rates are right from the first event on.
    fn begin(&self) {
        for job in Kind::all().iter().map(|kind| kind.name()) {
            self.decision_lag.with_label_values(&[job]);
            self.confirmation_lag.with_label_values(&[job]);
            self.paid_atoms.with_label_values(&[job]);
            self.paid_lamports.with_label_values(&[job]);
            for verdict in Verdict::NAMES {
                self.decisions.with_label_values(&[job, verdict]);
            }
            for outcome in Outcome::ALL {
                self.outcomes.with_label_values(&[job, outcome.name()]);
            }
        }
        for result in ["posted", "failed"] {
            self.posts.with_label_values(&[result]);
            self.readings.with_label_values(&[result]);
        }
        for result in ["delivered", "failed", "dropped"] {
            self.webhooks.with_label_values(&[result]);
        }
        for alert in ALERTS {
            self.alerts.with_label_values(&[alert]);
        }
    }

    /// All of them in Prometheus' text format.
    pub fn text(&self) -> String {
        let mut text = Vec::new();
        // Writing to memory does not fail.
        let _ = TextEncoder::new().encode(&self.registry.gather(), &mut text);
        String::from_utf8(text).unwrap_or_default()
    }
}

/// Seconds, for gauges and histograms.
pub fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

/// A count as a gauge has it.
pub fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
