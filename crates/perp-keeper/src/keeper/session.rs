//! A connection to an exchange: what is followed, what is remembered, and what is on its way.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{channel, Receiver, Sender};
use std::thread::Scope;
use std::time::{Duration, Instant};

use perp_accounts::{EpochRecord, LiquidityRequest, MarginAccount, Market, Stored};
use perp_client::instructions::Authority;
use perp_client::jobs::Job;
use perp_client::rpc::{FetchError, Follow, Landed, SendError, SendOptions, Venue};
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::{pause, Keeper, LEAST_PASS, RECONNECT_FIRST, RECONNECT_LAST};
use crate::config::milliseconds;
use crate::decision::{Policy, Spending};
use crate::job::Kind;
use crate::journal::{Decided, Journal};
use crate::memory::Memory;
use crate::outcome::{may_have_cost, Outcome};
use crate::plan;
use crate::watch::Watch;

/// Batches into which liquidations of one look are divided at most: what is slow in one keeps nobody else waiting.
const URGENT_BATCHES: usize = 8;

/// A job that is sent.
pub(super) struct Sent {
    pub job: Job,
    pub decided: Decided,
    /// The sequence number of what it is about, as it was planned on.
    pub sequence: Option<u64>,
    pub fee: u64,
}

/// What became of one.
struct Settled {
    sent: Sent,
    outcome: Outcome,
    result: Result<Landed, SendError>,
}

pub(super) struct Session<'k> {
    pub keeper: &'k Keeper,
    pub venue: &'k Venue,
    options: &'k SendOptions,
    pub keepers: Vec<Authority>,
    /// The places of the wallets that pay in this look, and of their margin accounts.
    pub payers: Vec<usize>,
    pub accounts: Follow<'k, MarginAccount>,
    pub requests: Option<Follow<'k, LiquidityRequest>>,
    pub records: Option<Follow<'k, EpochRecord>>,
    pub watch: Watch,
    pub memory: Memory,
    pub journal: Journal,
    pub policy: Policy,
    pub spending: Spending,
    /// Fees of what is on its way, or about to be.
    pub reserved: u64,
    /// Highest slot of what was read, and since when it is not reached any more.
    pub slot: u64,
    pub behind_since: Option<Instant>,
    pub upkeep_at: Option<Instant>,
    gaps: u64,
    batches: usize,
    sender: Sender<Vec<Settled>>,
    outcomes: Receiver<Vec<Settled>>,
}

impl<'k> Session<'k> {
    /// Finds or opens the wallets' margin accounts and subscribes to everything.
    pub fn begin(keeper: &'k Keeper, venue: &'k Venue, options: &'k SendOptions) -> Result<Self, String> {
        let (config, url) = (&keeper.config, keeper.config.websocket_url.as_str());
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
        let words = |error: perp_client::rpc::FollowError| error.to_string();
        let does_epochs = config.jobs.contains(&Kind::Epochs);
        let (sender, outcomes) = channel();
        Ok(Self {
            keeper,
            venue,
            options,
            payers: (0..keepers.len()).collect(),
            keepers,
            accounts: venue.follow(url).map_err(words)?,
            requests: does_epochs.then(|| venue.follow(url)).transpose().map_err(words)?,
            records: does_epochs.then(|| venue.follow(url)).transpose().map_err(words)?,
            watch: Watch::default(),
            memory: Memory::default(),
            journal: Journal::default(),
            policy: Policy { fees: config.fees, unpaid: config.unpaid },
            spending: Spending::default(),
            reserved: 0,
            slot: 0,
            behind_since: None,
            upkeep_at: None,
            gaps: 0,
            batches: 0,
            sender,
            outcomes,
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
        while self.batches > 0 {
            self.note_outcomes();
            std::thread::sleep(Duration::from_millis(5));
        }
        self.journal.summary(self.watch.count(), self.memory.flying());
    }

    /// Reads what is followed, and tells the watch what has changed.
    pub fn follow(&mut self) -> Result<(), FetchError> {
        self.accounts.now()?;
        for address in self.accounts.changed() {
            let account = self.accounts.known().get(&address);
            self.watch.changed(address, account.map(|account| &account.state));
        }
        if self.accounts.gaps() != self.gaps {
            self.gaps = self.accounts.gaps();
            let name = MarginAccount::NAME;
            Journal::gap(name, self.gaps, self.accounts.is_live(), self.accounts.reason());
        }
        self.keeper.operations.followed(self.accounts.is_live(), self.gaps);
        if let Some(requests) = &mut self.requests {
            requests.now()?;
        }
        if let Some(records) = &mut self.records {
            records.now()?;
        }
        Ok(())
    }

    /// Wallets that hold enough pay in this look; where none does, what there is to do is decided for all of them, and held back.
    pub fn choose_payers(&mut self) {
        let wallets = self.keeper.wallets.iter().enumerate();
        let able = wallets.filter(|(_, wallet)| self.keeper.operations.may_pay(&wallet.pubkey()));
        self.payers = able.map(|(place, _)| place).collect();
        if self.payers.is_empty() {
            self.payers = (0..self.keepers.len()).collect();
        }
    }

    /// Whether another batch may be sent.
    pub fn has_room(&self) -> bool {
        self.batches < self.keeper.config.pace.batches
    }

    /// Sends jobs without waiting for them: those that are urgent in several batches, the others in one.
    pub fn send<'scope>(&mut self, scope: &'scope Scope<'scope, '_>, urgent: Vec<Sent>, others: Vec<Sent>)
    where
        'k: 'scope,
    {
        let each = urgent.len().div_ceil(URGENT_BATCHES).max(1);
        let mut batches: Vec<Vec<Sent>> = Vec::new();
        for sent in urgent {
            match batches.last_mut().filter(|batch| batch.len() < each) {
                Some(batch) => batch.push(sent),
                None => batches.push(vec![sent]),
            }
        }
        batches.push(others);
        for batch in batches.into_iter().filter(|batch| !batch.is_empty()) {
            for sent in &batch {
                self.memory.sent(sent.job.task);
                self.keeper.operations.sent(sent.job.task);
            }
            self.batches += 1;
            let (venue, options, sender) = (self.venue, self.options, self.sender.clone());
            let wallets: Vec<&'k Keypair> = self.payers.iter().map(|payer| &self.keeper.wallets[*payer]).collect();
            scope.spawn(move || {
                // Nobody listens any more where this fails.
                let _ = sender.send(carry_out(venue, &wallets, options, batch));
            });
        }
    }

    fn note_outcomes(&mut self) {
        let now = Instant::now();
        while let Ok(batch) = self.outcomes.try_recv() {
            self.batches = self.batches.saturating_sub(1);
            for Settled { sent, outcome, result } in batch {
                self.reserved = self.reserved.saturating_sub(sent.fee);
                let cost = if result.as_ref().map_or_else(may_have_cost, |_| true) { sent.fee } else { 0 };
                if cost > 0 {
                    self.spending.add(now, cost);
                }
                let pace = &self.keeper.config.pace;
                self.memory.settled(sent.job.task, outcome, sent.sequence, now, pace);
                self.journal.outcome(&sent.job, sent.decided, outcome, &result);
                self.keeper.operations.settled(&sent.job, outcome, sent.decided.recorded, &result, cost);
            }
        }
    }
}

/// The wallet's margin account, whether or not there is one.
fn at(venue: &Venue, wallet: &Keypair, sub_account: u16) -> Authority {
    let signer = wallet.pubkey();
    Authority { signer, margin_account: venue.addresses.margin_account(&signer, sub_account) }
}

fn carry_out(venue: &Venue, wallets: &[&Keypair], options: &SendOptions, batch: Vec<Sent>) -> Vec<Settled> {
    let jobs: Vec<Job> = batch.iter().map(|sent| sent.job.clone()).collect();
    let results = venue.connection.send_all(&jobs, wallets, options);
    let settled = batch.into_iter().zip(results).map(|(sent, (_, result))| {
        let outcome = match &result {
            Ok(_) => Outcome::Won,
            Err(error) => Outcome::of(error, || has_changed(venue, &sent)),
        };
        Settled { sent, outcome, result }
    });
    settled.collect()
}

/// Whether what the job is about is another now than it was planned on.
fn has_changed(venue: &Venue, sent: &Sent) -> bool {
    let Some(planned) = sent.sequence else { return true };
    let found = match plan::account(&sent.job.task) {
        Some(address) => {
            let found = venue.connection.find::<MarginAccount>(&address);
            found.map(|account| account.map(|account| account.state.sequence))
        }
        None => match plan::market(&sent.job.task) {
            Some(market) => {
                let found = venue.connection.find::<Market>(&venue.addresses.market(market));
                found.map(|market| market.map(|market| market.state.sequence))
            }
            None => return true,
        },
    };
    found.is_ok_and(|sequence| sequence != Some(planned))
}
