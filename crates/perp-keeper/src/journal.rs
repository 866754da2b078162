//! What is recorded: every decision before anything is sent, every transaction's outcome, and how it all goes.
//!
//! Events of `tracing`, whose field `event` says which. A decision that is the same as the last about the same job is not
//! recorded again.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use perp_client::events::Event;
use perp_client::instructions::Authority;
use perp_client::jobs::{Job, Pays, Task};
use perp_client::rpc::{EventsError, Landed, SendError};
use solana_signature::Signature;
use tracing::{info, warn};

use crate::decision::{Policy, Verdict};
use crate::job::Kind;
use crate::outcome::Outcome;

/// How long what was last decided about a job is remembered, after it was last decided about.
const REMEMBERED: Duration = Duration::from_secs(60);
/// How often it is told how all goes.
const SUMMARY: Duration = Duration::from_secs(10);

/// What was decided when, to tell what became of it.
#[derive(Clone, Copy, Debug)]
pub struct Decided {
    /// When the state was read that the decision is about.
    pub read: Instant,
    /// When it was recorded.
    pub recorded: Instant,
    /// The chain's slot in that state.
    pub slot: u64,
}

/// The record.
#[derive(Debug)]
pub struct Journal {
    last: BTreeMap<Task, (&'static str, Instant)>,
    outcomes: BTreeMap<Outcome, u64>,
    decision_lags: Vec<u64>,
    landing_lags: Vec<u64>,
    passes: u64,
    told: Instant,
}

impl Default for Journal {
    fn default() -> Self {
        Self {
            last: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            decision_lags: Vec::new(),
            landing_lags: Vec::new(),
            passes: 0,
            told: Instant::now(),
        }
    }
}

impl Journal {
    /// Everything is subscribed to, and these margin accounts are credited.
    pub fn ready(&self, keepers: &[Authority]) {
        let credited: Vec<String> = keepers.iter().map(|keeper| keeper.margin_account.to_string()).collect();
        info!(event = "ready", credited = ?credited);
    }

    /// A decision. Numbers that do not bear on it are left out.
    pub fn decision(&mut self, job: &Job, verdict: Verdict, policy: &Policy, read: Instant, slot: u64) -> Decided {
        let decided = Decided { read, recorded: Instant::now(), slot };
        let name = verdict.name();
        let last = self.last.insert(job.task, (name, decided.recorded));
        if last.is_some_and(|(last, _)| last == name) && verdict != Verdict::Send {
            return decided;
        }
        let lag_ms = millis(decided.recorded.duration_since(read));
        if verdict == Verdict::Send {
            self.decision_lags.push(lag_ms);
        }
        let (profit, least) = match verdict {
            Verdict::Unprofitable { profit, least } => (Some(profit), Some(least)),
            Verdict::Send => (Some(policy.profit(job)), Some(policy.fees.least_profit)),
            _ => (None, None),
        };
        let (cost, most) = match verdict {
            Verdict::TooDear { fee, most } => (Some(fee), Some(most)),
            Verdict::Spent { spent, most } => (Some(spent), Some(most)),
            _ => (None, None),
        };
        let (wallet, enough) = match verdict {
            Verdict::WalletLow { lamports, least } => (Some(lamports), Some(least)),
            _ => (None, None),
        };
        let (wait_ms, failures) = match verdict {
            Verdict::Waiting { for_the_next, failures } => (Some(millis(for_the_next)), Some(failures)),
            _ => (None, None),
        };
        info!(
            event = "decision",
            verdict = name,
            job = Kind::of(job).name(),
            task = %job.task,
            pays_atoms = job.pays.atoms.get(),
            pays_lamports = job.pays.lamports,
            promises_lamports = Some(job.promises).filter(|promises| *promises > 0),
            fee_lamports = policy.fee(job),
            profit,
            least_profit = least,
            lamports = cost,
            most_lamports = most,
            wallet_lamports = wallet,
            least_lamports = enough,
            wait_ms,
            failures,
            slot,
            lag_ms,
        );
        decided
    }

    /// What became of a transaction.
    pub fn outcome(&mut self, job: &Job, decided: Decided, outcome: Outcome, result: &Result<Landed, SendError>) {
        let count = self.outcomes.entry(outcome).or_default();
        *count = count.saturating_add(1);
        // What is decided next about the job is news.
        self.last.remove(&job.task);
        let (name, kind) = (outcome.name(), Kind::of(job).name());
        match result {
            Ok(landed) => {
                let landed_ms = millis(landed.heard.saturating_duration_since(decided.read));
                self.landing_lags.push(landed_ms);
                info!(
                    event = "outcome",
                    outcome = name,
                    job = kind,
                    task = %job.task,
                    pays_atoms = job.pays.atoms.get(),
                    pays_lamports = job.pays.lamports,
                    signature = %landed.signature,
                    slot = landed.slot,
                    slots = landed.slot.saturating_sub(decided.slot),
                    landed_ms,
                );
            }
            Err(error) => {
                let after_ms = millis(decided.recorded.elapsed());
                info!(event = "outcome", outcome = name, job = kind, task = %job.task, after_ms, reason = %error);
            }
        }
    }

    /// What a transaction that landed has told, some time after its outcome.
    pub fn events(task: &Task, signature: &Signature, paid: Pays, events: &Result<Vec<Event>, EventsError>) {
        match events {
            Ok(events) => {
                let events: Vec<&str> = events.iter().map(Event::name).collect();
                let (paid_atoms, paid_lamports) = (paid.atoms.get(), paid.lamports);
                info!(event = "events", task = %task, signature = %signature, paid_atoms, paid_lamports, events = ?events);
            }
            Err(reason) => info!(event = "events", task = %task, signature = %signature, reason = %reason),
        }
    }

    /// Forgets jobs that nothing is decided about any more.
    pub fn tidy(&mut self, now: Instant) {
        self.last.retain(|_, (_, at)| now.saturating_duration_since(*at) < REMEMBERED);
    }

    /// So many feeds were posted.
    pub fn posted(feeds: usize) {
        info!(event = "posted", feeds);
    }

    /// Prices could not be posted.
    pub fn not_posted(reason: &str) {
        warn!(event = "not_posted", reason);
    }

    /// Something is left out while the rest goes on, and why; or is not any more.
    pub fn left_out(kind: &'static str, which: &dyn std::fmt::Display, reason: Option<&str>) {
        match reason {
            Some(reason) => warn!(event = "left_out", kind, which = %which, reason),
            None => info!(event = "taken_up", kind, which = %which),
        }
    }

    /// The readings of these markets at which orders fill or by which they are met were posted, or could not be.
    pub fn reading(markets: &[u16], second: i64, reason: Option<&str>) {
        match reason {
            None => info!(event = "reading", markets = ?markets, second),
            Some(reason) => warn!(event = "no_reading", markets = ?markets, second, reason),
        }
    }

    /// So many accounts that an earlier run of this wallet's left open were closed.
    pub fn tidied(accounts: usize, wallet: &dyn std::fmt::Display) {
        info!(event = "tidied", accounts, wallet = %wallet);
    }

    /// Something is in the way of everything.
    pub fn trouble(event: &'static str, reason: &dyn std::fmt::Display) {
        warn!(event, reason = %reason);
    }

    /// Changes of margin accounts come from a server of this kind from now on.
    pub fn source(kind: &'static str) {
        info!(event = "source", kind);
    }

    /// The subscription to accounts of a type has gaps: everything of it is read again.
    pub fn gap(accounts: &'static str, gaps: u64, is_live: bool, reason: Option<&str>) {
        warn!(event = "gap", accounts, gaps, is_live, reason);
    }

    /// Not everything of a type could be read, so that changes may be missing since then; or it could again.
    pub fn incomplete(accounts: &'static str, since: Option<Duration>, reason: Option<&str>) {
        match reason {
            Some(reason) => warn!(event = "incomplete", accounts, since_ms = since.map(millis), reason),
            None => info!(event = "complete", accounts),
        }
    }

    /// A look at everything is over, with so many accounts that have positions, of which so many were judged. Tells now and then how
    /// it goes.
    pub fn pass(&mut self, (open, due): (usize, usize), flying: usize) {
        self.passes = self.passes.saturating_add(1);
        if self.told.elapsed() >= SUMMARY {
            self.summary((open, due), flying);
        }
    }

    /// How it went since this was last told.
    pub fn summary(&mut self, (open, due): (usize, usize), flying: usize) {
        let [decision, landing] = [&mut self.decision_lags, &mut self.landing_lags].map(std::mem::take);
        let ([decision_p50, decision_p95], [landing_p50, landing_p95]) = (quantiles(decision), quantiles(landing));
        let outcomes: BTreeMap<&str, u64> =
            std::mem::take(&mut self.outcomes).into_iter().map(|(outcome, count)| (outcome.name(), count)).collect();
        info!(
            event = "summary",
            passes = std::mem::take(&mut self.passes),
            accounts = open,
            due,
            flying,
            decision_ms_p50 = decision_p50,
            decision_ms_p95 = decision_p95,
            landed_ms_p50 = landing_p50,
            landed_ms_p95 = landing_p95,
            outcomes = ?outcomes,
        );
        self.told = Instant::now();
    }
}

/// Half and nineteen twentieths of the values are at most so large; none of none.
fn quantiles(mut values: Vec<u64>) -> [Option<u64>; 2] {
    values.sort_unstable();
    [50, 95].map(|percent| values.get((values.len() * percent).div_ceil(100).saturating_sub(1)).copied())
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_is_gone_is_forgotten() {
        let (mut journal, policy) = (Journal::default(), Policy { fees: Default::default(), unpaid: true });
        let job = |market| Job {
            task: Task::FundClaims { market },
            pays: Default::default(),
            promises: 0,
            advances: 0,
            moves: Default::default(),
            instructions: Vec::new(),
            compute_units: 0,
        };
        let begun = Instant::now();
        for market in 0..100 {
            journal.decision(&job(market), Verdict::Unpaid, &policy, begun, 1);
        }
        journal.tidy(begun + REMEMBERED / 2);
        assert_eq!(journal.last.len(), 100);
        journal.tidy(begun + 2 * REMEMBERED);
        assert_eq!(journal.last.len(), 0);
    }

    #[test]
    fn quantiles_are_values_that_were_seen() {
        assert_eq!(quantiles(vec![]), [None, None]);
        assert_eq!(quantiles(vec![7]), [Some(7), Some(7)]);
        // Of 1 to 40 the twentieth and the thirty-eighth.
        assert_eq!(quantiles((1..=40).rev().collect()), [Some(20), Some(38)]);
    }
}
