//! A connection to an exchange: what is followed, what is remembered, and what is on its way.

use std::collections::BTreeSet;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{channel, sync_channel, Receiver, Sender, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Scope;
use std::time::{Duration, Instant};

use perp_accounts::{EpochRecord, LiquidityRequest, MarginAccount, Orders, Stored};
use perp_client::instructions::Authority;
use perp_client::jobs::{Job, Task};
use perp_client::rpc::{FetchError, Follow, Landed, Outbox, SendError, Venue};
use solana_keypair::Keypair;
use solana_signature::Signature;
use solana_signer::Signer;

use super::ticket::{Sent, Settled, Ticket};
use super::{pause, Keeper, LEAST_PASS, RECONNECT_FIRST, RECONNECT_LAST};
use crate::changes::follow;
use crate::config::milliseconds;
use crate::decision::{Budget, Policy};
use crate::job::Kind;
use crate::journal::Journal;
use crate::memory::Memory;
use crate::operations::Operations;
use crate::outcome::{lacks_destination, paid};
use crate::readings::{Evidence, Readings};
use crate::watch::Watch;

/// Jobs that are signed with one blockhash and broadcast by one task.
const TOGETHER: usize = 16;
/// Jobs on their way at most, and how many of them may be others than liquidations.
const MOST_FLYING: usize = 1_024;
const MOST_UPKEEP: usize = 256;
/// Transactions whose events are still to be asked for at most; those beyond are not recorded.
const MOST_EVENTS: usize = 256;
/// How many are asked for at once.
const EVENTS_AT_ONCE: usize = 4;

/// What takes the tickets.
pub(super) type Told<'a> = Box<dyn Fn(Ticket, Result<Landed, SendError>) + Send + Sync + 'a>;
/// Everything that is on its way.
pub(super) type Flying<'a> = Outbox<'a, Ticket, Told<'a>>;

/// What a session shares with the threads that work for it.
pub(super) struct Shared<'k> {
    pub venue: &'k Venue,
    pub outbox: &'k Flying<'k>,
    pub budget: &'k Mutex<Budget>,
    pub readings: &'k Readings,
    pub evidence: &'k Evidence,
    /// Set once nothing more will be sent.
    pub is_over: &'k AtomicBool,
}

pub(super) struct Session<'k> {
    pub keeper: &'k Keeper,
    pub venue: &'k Venue,
    outbox: &'k Flying<'k>,
    budget: &'k Mutex<Budget>,
    is_over: &'k AtomicBool,
    pub keepers: Vec<Authority>,
    /// The places of the wallets that pay in this look, and of their margin accounts.
    pub payers: Vec<usize>,
    pub accounts: Follow<MarginAccount>,
    pub requests: Option<Follow<LiquidityRequest>>,
    pub unpayable: BTreeSet<solana_pubkey::Pubkey>,
    pub records: Option<Follow<EpochRecord>>,
    pub orders: Option<Follow<Orders>>,
    pub readings: &'k Readings,
    pub evidence: &'k Evidence,
    pub watch: Watch,
    pub memory: Memory,
    pub journal: Journal,
    pub policy: Policy,
    /// Highest slot of what was read, and since when it is not reached any more.
    pub slot: u64,
    pub behind_since: Option<Instant>,
    pub upkeep_at: Option<Instant>,
    gaps: u64,
    /// What changes come from.
    kind: Option<&'static str>,
    is_incomplete: bool,
    /// Tasks that are broadcasting.
    broadcasting: Arc<AtomicUsize>,
    sender: Sender<Settled>,
    outcomes: Receiver<Settled>,
    events: SyncSender<(Job, Signature)>,
}

impl<'k> Session<'k> {
    /// Finds or opens the wallets' margin accounts, subscribes to everything, and has what is sent followed.
    pub fn begin<'scope>(
        keeper: &'k Keeper,
        shared: Shared<'k>,
        scope: &'scope Scope<'scope, '_>,
    ) -> Result<Self, String>
    where
        'k: 'scope,
    {
        let Shared { venue, outbox, budget, readings, evidence, is_over } = shared;
        let config = &keeper.config;
        if !keeper.mode.dry_run {
            keeper.operations.weigh(&venue.connection)?;
        }
        let keepers = keeper.wallets.iter().map(|wallet| match keeper.mode.dry_run {
            true => Ok(at(venue, wallet, config.sub_account)),
            false => venue
                .keeper(wallet, config.sub_account)
                .map_err(|error| keeper.operations.with_what_is_held(&wallet.pubkey(), &error)),
        });
        let keepers: Vec<Authority> = keepers.collect::<Result<_, _>>()?;
        let [does_epochs, does_orders] = [Kind::Epochs, Kind::Orders].map(|kind| config.jobs.contains(&kind));
        let (sender, outcomes) = channel();
        let (events, landed) = sync_channel(MOST_EVENTS);
        let landed = Arc::new(Mutex::new(landed));
        for _ in 0..EVENTS_AT_ONCE {
            let landed = Arc::clone(&landed);
            scope.spawn(move || tell_events(venue, &keeper.operations, &landed, is_over));
        }
        Ok(Self {
            keeper,
            venue,
            outbox,
            budget,
            is_over,
            payers: (0..keepers.len()).collect(),
            keepers,
            accounts: follow(venue, config)?,
            requests: does_epochs.then(|| follow(venue, config)).transpose()?,
            unpayable: BTreeSet::new(),
            records: does_epochs.then(|| follow(venue, config)).transpose()?,
            orders: does_orders.then(|| follow(venue, config)).transpose()?,
            readings,
            evidence,
            watch: Watch::default(),
            memory: Memory::default(),
            journal: Journal::default(),
            policy: Policy { fees: config.fees, unpaid: config.unpaid },
            slot: 0,
            behind_since: None,
            upkeep_at: None,
            gaps: 0,
            kind: None,
            is_incomplete: false,
            broadcasting: Arc::default(),
            sender,
            outcomes,
            events,
        })
    }

    /// Looks again and again, until `stop` or, where that is wanted, once.
    pub fn run<'scope>(&mut self, scope: &'scope Scope<'scope, '_>, stop: &AtomicBool)
    where
        'k: 'scope,
    {
        let every = milliseconds(self.keeper.config.pace.pass_ms);
        self.journal.ready(&self.keepers);
        let mut wait = RECONNECT_FIRST;
        while !stop.load(Ordering::Relaxed) {
            let begun = Instant::now();
            self.note_outcomes();
            match self.pass(scope) {
                Ok(()) => wait = RECONNECT_FIRST,
                Err(error) => {
                    // Another validator may answer next, or the same from an earlier state.
                    self.slot = 0;
                    Journal::trouble("not_read", &error);
                    self.keeper.operations.not_read(&error);
                    pause(wait, stop);
                    wait = (2 * wait).min(RECONNECT_LAST);
                }
            }
            if self.keeper.mode.once {
                break;
            }
            std::thread::sleep(LEAST_PASS.saturating_sub(begun.elapsed()));
            self.accounts.wait(every.saturating_sub(begun.elapsed()));
        }
        // From now on nothing is followed for longer than it takes a blockhash to expire.
        self.is_over.store(true, Ordering::SeqCst);
        while self.memory.flying() > 0 {
            self.note_outcomes();
            std::thread::sleep(Duration::from_millis(5));
        }
        self.journal.summary(self.watch.count(), self.memory.flying());
    }

    /// Takes in what was heard of what is followed, and tells the watch what has changed.
    pub fn follow(&mut self) -> Result<(), FetchError> {
        self.accounts.now()?;
        for address in self.accounts.changed() {
            let account = self.accounts.known().get(&address);
            self.watch.changed(address, account.as_ref().map(|account| &account.state));
        }
        let name = MarginAccount::NAME;
        if self.accounts.gaps() != self.gaps {
            self.gaps = self.accounts.gaps();
            Journal::gap(name, self.gaps, self.accounts.is_live(), self.accounts.reason());
        }
        if let Some(kind) = self.accounts.kind().filter(|kind| self.kind != Some(kind)) {
            self.kind = Some(kind);
            Journal::source(kind);
        }
        self.keeper.operations.followed(self.accounts.kind(), self.gaps);
        // It goes on with what it knows, and says so once.
        let is_incomplete = self.accounts.not_read().is_some();
        if is_incomplete != self.is_incomplete {
            self.is_incomplete = is_incomplete;
            let since = self.accounts.incomplete_since();
            Journal::incomplete(name, since.map(|since| since.elapsed()), self.accounts.not_read());
        }
        if let Some(requests) = &mut self.requests {
            requests.now()?;
            let known = requests.known();
            self.unpayable.retain(|request| known.get(request).is_some());
        }
        if let Some(records) = &mut self.records {
            records.now()?;
        }
        if let Some(orders) = &mut self.orders {
            orders.now()?;
        }
        Ok(())
    }

    /// Wallets that hold enough pay in this look; where none does, what there is to do is decided for all of them, and held back.
    pub fn choose_payers(&mut self) {
        let wallets = self.keeper.wallets.iter().enumerate();
        let able = wallets.filter(|(_, wallet)| self.keeper.operations.may_pay(&wallet.pubkey()));
        self.payers = able.map(|(place, _)| place).collect();
        let low = self.keeper.wallets.iter().map(Signer::pubkey);
        self.outbox.spare(low.filter(|wallet| !self.keeper.operations.may_pay(wallet)).collect());
        if self.payers.is_empty() {
            self.payers = (0..self.keepers.len()).collect();
        }
    }

    /// How many liquidations may yet be sent.
    pub fn room(&self) -> usize {
        MOST_FLYING.saturating_sub(self.memory.flying())
    }

    /// Whether another job may be sent besides so many that are about to be.
    pub fn has_room(&self, kind: Kind, besides: usize) -> bool {
        let most = if kind == Kind::Liquidate { MOST_FLYING } else { MOST_UPKEEP };
        let flying = self.memory.flying().saturating_add(besides);
        flying < most && self.broadcasting.load(Ordering::SeqCst) < self.keeper.config.pace.batches
    }

    /// What was spent and is set aside.
    pub fn budget(&self) -> MutexGuard<'_, Budget> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends jobs without waiting for them: each is registered before it is broadcast, and heard of when it is settled.
    pub fn send<'scope>(&mut self, scope: &'scope Scope<'scope, '_>, jobs: Vec<Sent>)
    where
        'k: 'scope,
    {
        let mut jobs = jobs.into_iter().peekable();
        while jobs.peek().is_some() {
            let batch: Vec<_> = jobs.by_ref().take(TOGETHER).collect();
            let mut tickets = Vec::new();
            for sent in batch {
                self.memory.sent(sent.job.task);
                self.keeper.operations.sent(sent.job.task);
                let job = sent.job.clone();
                tickets.push((Ticket::new(sent, self.sender.clone()), job));
            }
            let (outbox, broadcasting) = (self.outbox, Counted::new(&self.broadcasting));
            scope.spawn(move || {
                let _broadcasting = broadcasting;
                // Tickets that are dropped on the way are heard of.
                if catch_unwind(AssertUnwindSafe(|| outbox.send(tickets))).is_err() {
                    Journal::trouble("panicked", &"a task that was sending has ended");
                }
            });
        }
    }

    fn note_outcomes(&mut self) {
        let now = Instant::now();
        while let Ok(Settled { sent, outcome, cost, result }) = self.outcomes.try_recv() {
            self.budget().settle(now, sent.fee, cost);
            let (task, pace) = (sent.job.task, &self.keeper.config.pace);
            self.memory.settled(task, outcome, sent.basis, now, pace);
            self.journal.outcome(&sent.job, sent.decided, outcome, &result);
            self.keeper.operations.settled(&sent.job, outcome, sent.decided.recorded, &result);
            match (&result, task) {
                // Where nobody reads what it tells, what it was to pay is held for paid.
                (Ok(landed), _) if self.events.try_send((sent.job.clone(), landed.signature)).is_err() => {
                    self.keeper.operations.paid(&sent.job, sent.job.pays);
                }
                (Err(error), Task::PayRequest { request }) if lacks_destination(error) => {
                    self.unpayable.insert(request);
                }
                _ => {}
            }
        }
    }
}

/// One of those that are counted, however it ends.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Follows what is on its way until nothing more comes and all of it is settled.
pub(super) fn track(outbox: &Flying<'_>, is_over: &AtomicBool) {
    let tracked = || outbox.track(|| is_over.load(Ordering::SeqCst));
    while catch_unwind(AssertUnwindSafe(tracked)).is_err() {
        Journal::trouble("panicked", &"the task that follows what was sent has ended, and begins again");
        std::thread::sleep(RECONNECT_FIRST);
    }
}

/// Records what transactions have told, until no more come.
fn tell_events(
    venue: &Venue,
    operations: &Operations,
    landed: &Mutex<Receiver<(Job, Signature)>>,
    is_over: &AtomicBool,
) {
    loop {
        let next = landed.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((job, signature)) = next else { return };
        // Nobody waits for a record at the end.
        if is_over.load(Ordering::SeqCst) {
            operations.paid(&job, job.pays);
            continue;
        }
        let events = venue.connection.events(&signature);
        let paid = events.as_ref().map_or(job.pays, |events| paid(&job, events));
        operations.paid(&job, paid);
        Journal::events(&job.task, &signature, paid, &events);
        if let Ok(events) = events {
            operations.told(&events);
        }
    }
}

/// The wallet's margin account, whether or not there is one.
fn at(venue: &Venue, wallet: &Keypair, sub_account: u16) -> Authority {
    let signer = wallet.pubkey();
    Authority { signer, margin_account: venue.addresses.margin_account(&signer, sub_account) }
}
