//! One look: what there is to do, whether to do it, and the record of that before anything is sent.

use std::collections::BTreeSet;
use std::thread::Scope;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use perp_client::jobs::{Fresh, Job, Task};
use perp_client::rpc::{FetchError, Follow};
use solana_pubkey::Pubkey;

use super::session::Session;
use super::ticket::Sent;
use crate::config::milliseconds;
use crate::decision::Verdict;
use crate::job::Kind;
use crate::journal::Journal;
use crate::memory::Basis;
use crate::plan::{account, basis, upkeep, urgent, Known};
use crate::readings::{needs, Search};

/// Liquidations that are looked at in vain at most, because they failed a short time ago.
const MOST_WAITING: usize = 256;
/// How long a node may answer from an earlier slot than before until it is held for another one, or for one that was set back.
const BEHIND: Duration = Duration::from_secs(5);

impl<'k> Session<'k> {
    /// Looks once.
    pub fn pass<'scope>(&mut self, scope: &'scope Scope<'scope, '_>) -> Result<(), FetchError>
    where
        'k: 'scope,
    {
        let read = Instant::now();
        self.keeper.operations.turned();
        let fresh = self.venue.fresh()?;
        self.follow()?;
        self.keeper.operations.read(&fresh);
        if self.is_stale(&fresh) {
            return Ok(());
        }
        self.keeper.operations.stale(None);
        self.choose_payers();
        let accounts = self.accounts.known();
        let state = |address: &Pubkey| accounts.get(address).map(|account| account.state);
        let due = self.watch.due(&fresh.exchange, state).clone();
        let known = Known {
            fresh: &fresh,
            accounts: self.accounts.known(),
            requests: self.requests.as_ref().map(Follow::known),
            unpayable: &self.unpayable,
            records: self.records.as_ref().map(Follow::known),
            orders: self.orders.as_ref().map(Follow::known),
            posted: self.readings.posted(),
            shown: self.evidence.posted(),
        };
        let config = &self.keeper.config;
        let keepers: Vec<_> = self.payers.iter().map(|payer| self.keepers[*payer]).collect();
        // What is on its way needs no plan, and neither does what there is no room for but a few that have to wait.
        let left = due.iter().filter(|account| !self.memory.liquidates(account));
        let first = urgent(&known, left, &keepers, config, self.room().saturating_add(MOST_WAITING));
        let is_upkeep = self.upkeep_at.is_none_or(|then| then.elapsed() >= milliseconds(config.pace.upkeep_ms));
        let mut rest = Vec::new();
        if is_upkeep {
            self.upkeep_at = Some(read);
            self.memory.tidy(read, &config.pace);
            self.journal.tidy(read);
            let caller = keepers.first().map(|keeper| keeper.signer).unwrap_or_default();
            rest = upkeep(&known, &keepers, caller, config);
            if known.orders.is_some() {
                let needs = needs(&known, &self.readings.latest(), config.unpaid);
                self.keeper.operations.orders(needs.resting, needs.armed);
                self.readings.want(fresh.exchange.clock.now, needs.wanted, needs.watched);
            }
            let own = fresh.readings();
            let search = Search::of(&fresh.exchange, &own, &self.evidence.told(), self.keeper.searches());
            self.evidence.want(search, read);
        }
        let jobs = first.into_iter().chain(rest).map(|job| (basis(&known, &job.task), job)).collect();
        let sent = self.decide(jobs, read, fresh.exchange.clock.slot);
        if self.keeper.mode.dry_run {
            let now = Instant::now();
            sent.iter().for_each(|sent| self.budget().settle(now, sent.fee, 0));
        } else {
            self.send(scope, sent);
        }
        self.keeper.operations.margins(&fresh.exchange, self.accounts.known());
        let (open, _) = self.watch.count();
        self.keeper.operations.looked((open, due.len()), self.memory.flying());
        self.journal.pass((open, due.len()), self.memory.flying());
        Ok(())
    }

    /// Decides about each job and records it. Returns those to be sent.
    fn decide(&mut self, jobs: Vec<(Basis, Job)>, read: Instant, slot: u64) -> Vec<Sent> {
        let (mut sent, mut liquidated): (Vec<Sent>, BTreeSet<Pubkey>) = (Vec::new(), BTreeSet::new());
        for (basis, job) in jobs {
            let now = Instant::now();
            let held = self.memory.judge(&job.task, basis, now);
            let account = account(&job.task).filter(|_| matches!(job.task, Task::Liquidate { .. }));
            // A better position of the same account comes first.
            let held = held.or(account.filter(|account| liquidated.contains(account)).map(|_| Verdict::InFlight));
            let spent = self.budget().sum(now);
            let low = || self.keeper.operations.held_back().filter(|_| !self.keeper.mode.dry_run);
            let verdict = held.or_else(low).unwrap_or_else(|| self.policy.judge(&job, spent));
            if verdict == Verdict::Send && !self.has_room(Kind::of(&job), sent.len()) {
                // The next look finds it again.
                continue;
            }
            let decided = self.journal.decision(&job, verdict, &self.policy, read, slot);
            self.keeper.operations.decided(&job, verdict, decided.recorded.duration_since(read));
            if verdict == Verdict::Send {
                let fee = self.policy.fee(&job);
                self.budget().reserve(fee);
                liquidated.extend(account);
                sent.push(Sent { job, decided, basis, fee });
            }
        }
        sent
    }

    /// Whether this state is too old to act on: the node's clock lags behind this machine's, or it has shown a later slot before.
    /// A node that stays behind was set back, and is believed.
    fn is_stale(&mut self, fresh: &Fresh) -> bool {
        let clock = fresh.exchange.clock;
        let most = self.keeper.config.pace.most_lag_seconds;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let then = u64::try_from(clock.now.get()).unwrap_or(0);
        if most > 0 && now.saturating_sub(then) > most {
            let reason = format!("the node's clock is {} s behind", now.saturating_sub(then));
            Journal::trouble("stale", &reason);
            self.keeper.operations.stale(Some(reason));
            return true;
        }
        if clock.slot >= self.slot {
            (self.slot, self.behind_since) = (clock.slot, None);
            return false;
        }
        let since = *self.behind_since.get_or_insert_with(Instant::now);
        if since.elapsed() < BEHIND {
            self.keeper.operations.stale(Some(format!("the node is at slot {}, and was at {}", clock.slot, self.slot)));
            return true;
        }
        Journal::trouble("set_back", &format!("the node is at slot {}, and was at {}", clock.slot, self.slot));
        (self.slot, self.behind_since) = (clock.slot, None);
        false
    }
}
