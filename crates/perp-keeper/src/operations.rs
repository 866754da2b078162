//! What a keeper's operator sees of it: metrics, readiness, alerts, and what its wallets hold.
//!
//! The keeper tells what it does; nothing here makes it wait.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use perp_accounts::MarginAccount;
use perp_client::events::Event;
use perp_client::jobs::{Fresh, Job, Pays, Task};
use perp_client::rpc::{Accounts, Landed, SendError};
use perp_exchange::Exchange;
use solana_pubkey::Pubkey;
use tracing::warn;

use crate::alerts::margin::Calls;
use crate::alerts::webhook::Webhooks;
use crate::alerts::{Alert, Latches, Turn};
use crate::config::{Config, ConfigError};
use crate::decision::Verdict;
use crate::job::Kind;
use crate::keeper::Mode;
use crate::outcome::Outcome;

mod alarm;
pub mod http;
pub mod metrics;
pub mod purse;
pub mod status;
pub mod tally;
mod wallets;

use metrics::{seconds, whole, Metrics};
use purse::Purse;
use status::{Obstacle, Status};
use tally::Tally;

/// Accounts whose margin is looked at in one look of the keeper's at most: a millisecond or two.
const MARGINS_AT_ONCE: usize = 500;
/// How long alerts may take to be posted once the keeper ends.
const LAST_POSTS: Duration = Duration::from_secs(5);

/// What is seen of a keeper.
pub struct Operations {
    config: Config,
    wallets: Vec<Pubkey>,
    /// Accounts whose margin is watched; none for all.
    watched: Option<Vec<Pubkey>>,
    /// Whether accounts to be watched that are none were named.
    has_named_strangers: AtomicBool,
    /// What is counted.
    pub metrics: Metrics,
    status: Mutex<Status>,
    purse: Mutex<Purse>,
    tally: Mutex<Tally>,
    flying: Mutex<BTreeSet<Task>>,
    calls: Mutex<Calls>,
    latches: Mutex<Latches>,
    webhooks: OnceLock<Webhooks>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Operations {
    /// Of a keeper with this configuration and these wallets. Nothing is started yet.
    ///
    /// # Errors
    /// [`ConfigError`] where an account to be watched is none.
    pub fn new(config: &Config, wallets: Vec<Pubkey>) -> Result<Self, ConfigError> {
        let metrics = Metrics::new().map_err(|error| ConfigError::Together(error.to_string()))?;
        Ok(Self {
            config: config.clone(),
            wallets,
            watched: config.watched()?,
            has_named_strangers: AtomicBool::new(false),
            metrics,
            status: Mutex::new(Status::new(Instant::now())),
            purse: Mutex::default(),
            tally: Mutex::default(),
            flying: Mutex::default(),
            calls: Mutex::default(),
            latches: Mutex::default(),
            webhooks: OnceLock::new(),
        })
    }

    /// Posts alerts from now on; unless the keeper looks but once, also serves metrics and watches for outages, and unless it sends
    /// nothing, looks at wallets.
    ///
    /// # Errors
    /// What is in the way, in words: most often that the port is in use.
    pub fn start(self: &Arc<Self>, mode: Mode) -> Result<(), String> {
        let webhooks = Webhooks::start(&self.config.alerts.webhooks, self.metrics.webhooks.clone())?;
        // It is started once.
        let _ = self.webhooks.set(webhooks);
        if mode.once {
            return Ok(());
        }
        if let Some(listen) = self.config.http.listen {
            http::serve(listen, Arc::clone(self))?;
        }
        let spawn = |name: &str, work: fn(&Self)| {
            let operations = Arc::clone(self);
            let thread = std::thread::Builder::new().name(name.into());
            thread.spawn(move || work(&operations)).map_err(|error| format!("no thread can be started: {error}"))
        };
        if !mode.dry_run {
            spawn("perp-wallets", Self::keep_weighing)?;
        }
        spawn("perp-outages", Self::keep_watching)?;
        Ok(())
    }

    /// It was asked to end.
    pub fn ending(&self) {
        lock(&self.status).is_ending = true;
    }

    /// Waits until alerts are posted, for some seconds.
    pub fn finish(&self) {
        if let Some(left) = self.webhooks.get().map(|webhooks| webhooks.flush(LAST_POSTS)).filter(|left| *left > 0) {
            warn!(event = "webhook", result = "not_posted", left);
        }
    }

    /// Records what was sent and of which nothing was heard yet.
    pub fn record_unfinished(&self) {
        for task in lock(&self.flying).iter() {
            warn!(event = "unfinished", %task, reason = "it may still land: look at its account before it is sent again");
        }
    }

    /// What it came to.
    pub fn tally(&self) -> Tally {
        *lock(&self.tally)
    }

    /// What is in the way of being ready; nothing where it is.
    pub fn obstacles(&self) -> Vec<Obstacle> {
        let limit = Duration::from_secs(self.config.alerts.node_seconds);
        let low = self.low();
        lock(&self.status).obstacles(Instant::now(), limit, low, self.config.wallet.floor_lamports)
    }

    /// Whether it turns.
    pub fn is_alive(&self) -> bool {
        lock(&self.status).is_alive(Instant::now())
    }

    /// Every metric in Prometheus' text format, those that age as of now.
    pub fn metrics_text(&self) -> String {
        let ready = self.obstacles().is_empty();
        self.metrics.ready.set(i64::from(ready));
        self.metrics.read_age.set(seconds(lock(&self.status).read_age(Instant::now())));
        self.metrics.text()
    }
}

/// What the keeper tells.
impl Operations {
    /// It looks, whatever comes of it.
    pub fn turned(&self) {
        lock(&self.status).turned = Some(Instant::now());
    }

    /// Whether it has ever read everything.
    pub fn has_read(&self) -> bool {
        lock(&self.status).read.is_some()
    }

    /// It has read everything.
    pub fn read(&self, fresh: &Fresh) {
        self.metrics.passes.inc();
        let clock = fresh.exchange.clock;
        let age = |published: perp_engine::units::Timestamp| clock.now.seconds_since(published).unwrap_or(0);
        let priced = fresh
            .exchange
            .markets()
            .iter()
            .filter(|market| !market.price.published.is_never() && !market.settlement.has_begun());
        let ages: BTreeMap<u16, u64> = priced.map(|market| (market.index, age(market.price.published))).collect();
        for gone in lock(&self.status).price_ages.keys().filter(|market| !ages.contains_key(market)) {
            // It was there.
            let _ = self.metrics.price_age.remove_label_values(&[&gone.to_string()]);
        }
        for (market, age) in &ages {
            self.metrics.price_age.with_label_values(&[&market.to_string()]).set(seconds(Duration::from_secs(*age)));
        }
        self.metrics.slot.set(whole(clock.slot));
        let here = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| whole(since.as_secs()));
        self.metrics.clock_lag.set(here.saturating_sub(clock.now.get()));
        let mut status = lock(&self.status);
        status.read = Some(Instant::now());
        status.price_ages = ages;
    }

    /// Something could not be read.
    pub fn not_read(&self, reason: &dyn std::fmt::Display) {
        self.metrics.failed_reads.inc();
        lock(&self.tally).unread = true;
        lock(&self.status).reason = Some(reason.to_string());
    }

    /// Whether what was read is too old to act on, and how that is known.
    pub fn stale(&self, reason: Option<String>) {
        lock(&self.tally).looked |= reason.is_none();
        lock(&self.status).stale = reason;
    }

    /// By which kind of server there is a subscription, if there is one, and how many gaps it has had.
    pub fn followed(&self, kind: Option<&str>, gaps: u64) {
        let is_live = kind.is_some();
        self.metrics.live.set(i64::from(is_live));
        self.metrics.geyser.set(i64::from(kind == Some("geyser")));
        self.metrics.gaps.set(whole(gaps));
        let mut status = lock(&self.status);
        status.quiet_since = if is_live { None } else { status.quiet_since.or_else(|| Some(Instant::now())) };
    }

    /// It has decided about a job, so long after the state was read.
    pub fn decided(&self, job: &Job, verdict: Verdict, lag: Duration) {
        let kind = Kind::of(job).name();
        self.metrics.decisions.with_label_values(&[kind, verdict.name()]).inc();
        match verdict {
            Verdict::Send => self.metrics.decision_lag.with_label_values(&[kind]).observe(seconds(lag)),
            Verdict::WalletLow { .. } => lock(&self.tally).low += 1,
            _ => {}
        }
    }

    /// A job is sent.
    pub fn sent(&self, task: Task) {
        lock(&self.flying).insert(task);
        lock(&self.tally).sent += 1;
    }

    /// What became of it.
    pub fn settled(&self, job: &Job, outcome: Outcome, decided: Instant, result: &Result<Landed, SendError>) {
        lock(&self.flying).remove(&job.task);
        let kind = Kind::of(job).name();
        self.metrics.outcomes.with_label_values(&[kind, outcome.name()]).inc();
        if let Ok(landed) = result {
            let lag = landed.heard.saturating_duration_since(decided);
            self.metrics.confirmation_lag.with_label_values(&[kind]).observe(seconds(lag));
        }
        let mut tally = lock(&self.tally);
        match outcome {
            Outcome::Won => tally.won += 1,
            Outcome::Outcompeted | Outcome::Healthy => tally.lost += 1,
            _ => tally.failed += 1,
        }
    }

    /// What a transaction has paid for a job.
    pub fn paid(&self, job: &Job, paid: Pays) {
        let kind = Kind::of(job).name();
        self.metrics.paid_atoms.with_label_values(&[kind]).inc_by(paid.atoms.get());
        self.metrics.paid_lamports.with_label_values(&[kind]).inc_by(paid.lamports);
    }

    /// It has looked at everything: so many accounts have positions, so many were judged, and so much is on its way.
    pub fn looked(&self, (open, due): (usize, usize), flying: usize) {
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.metrics.accounts.set(count(open));
        self.metrics.due.set(count(due));
        self.metrics.flying.set(count(flying));
    }

    /// Calls those whose margin gets thin, of some accounts at a time.
    pub fn margins(&self, exchange: &Exchange, accounts: &Accounts<MarginAccount>) {
        let watched = self.watched.as_deref();
        if watched == Some(&[]) {
            return;
        }
        if let Some(watched) = watched.filter(|_| !self.has_named_strangers.swap(true, Ordering::Relaxed)) {
            for account in watched.iter().filter(|address| !accounts.contains(address)) {
                let reason = "alerts.accounts names it, and there is no such margin account on this exchange";
                warn!(event = "not_watched", %account, reason);
            }
        }
        let calls = lock(&self.calls).look(exchange, accounts, watched, &self.config.alerts, MARGINS_AT_ONCE);
        for (alert, turn) in calls {
            self.tell(alert, turn);
        }
    }

    /// So many orders rest on the exchange, of which so many are armed.
    pub fn orders(&self, resting: usize, armed: usize) {
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.metrics.orders_resting.set(count(resting));
        self.metrics.orders_armed.set(count(armed));
    }

    /// So many readings were posted for orders; none where that failed.
    pub fn brought(&self, readings: usize) {
        match u64::try_from(readings).unwrap_or(u64::MAX) {
            0 => self.metrics.readings.with_label_values(&["failed"]).inc(),
            count => self.metrics.readings.with_label_values(&["posted"]).inc_by(count),
        }
    }

    /// What a transaction that landed has told: calls those whose orders it filled.
    pub fn told(&self, events: &[Event]) {
        for event in events {
            let Event::OrderExecuted(executed) = event else { continue };
            let is_watched = self.watched.as_ref().is_none_or(|watched| watched.contains(&executed.account));
            if let Some(fill) = executed.fill.as_ref().filter(|_| is_watched) {
                let alert = Alert::OrderFilled {
                    account: executed.account.to_string(),
                    owner: executed.owner.to_string(),
                    order: executed.order.slot,
                    number: executed.order.number,
                    market: executed.market_index,
                    size_base: fill.size,
                    size_after_base: fill.size_after,
                    fee_atoms: fill.fee,
                };
                self.tell(alert, Turn::Raised);
            }
        }
    }

    /// So many feeds were posted, and so many postings failed.
    pub fn posted(&self, feeds: usize, failed: usize) {
        for (outcome, count) in [("posted", feeds), ("failed", failed)] {
            self.metrics.posts.with_label_values(&[outcome]).inc_by(u64::try_from(count).unwrap_or(u64::MAX));
        }
    }
}

#[cfg(test)]
mod tests;
