//! The keeper itself: looks, decides, records, sends, and records what came of it, until it is stopped.
//!
//! One thread looks. Transactions are broadcast by others and followed by one of their own, so that nothing waits for what is on its way;
//! the outcome of each comes back as soon as it is known to the one that looks, which alone remembers. Others ask for what
//! transactions have told, and post prices.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use perp_accounts::ID;
use perp_client::rpc::{Connection, Outbox, SendOptions, Venue};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::config::{milliseconds, Config, ConfigError};
use crate::decision::{Budget, Policy};
use crate::doctor;
use crate::job::Kind;
use crate::journal::Journal;
use crate::operations::Operations;
use crate::poster::{Posted, Poster};
use crate::prices::Prices;
use crate::readings::{Bringer, Evidence, Readings};

mod pass;
mod session;
mod ticket;

use session::{track, Session, Shared, Told};
use ticket::Ticket;

/// The first and the longest wait before a node that is not there is tried again.
const RECONNECT_FIRST: Duration = Duration::from_millis(200);
const RECONNECT_LAST: Duration = Duration::from_secs(5);
/// How often everything that waits looks whether it is to end.
const TICK: Duration = Duration::from_millis(50);
/// Prices are dated in whole seconds.
const POST_EVERY: Duration = Duration::from_secs(1);

/// How long accounts of readings are left open at the end for what is on its way.
const CLOSED_LATEST: Duration = Duration::from_secs(10);

/// How a keeper runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mode {
    /// Decides and records, and sends nothing.
    pub dry_run: bool,
    /// Looks once.
    pub once: bool,
}

/// A keeper.
pub struct Keeper {
    config: Config,
    mode: Mode,
    exchange: Pubkey,
    tables: Vec<Pubkey>,
    wallets: Vec<Keypair>,
    operations: Arc<Operations>,
}

impl Keeper {
    /// One of this configuration. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn new(config: Config, mode: Mode) -> Result<Self, ConfigError> {
        let (exchange, tables, wallets) = (config.exchange()?, config.lookup_tables()?, config.wallets()?);
        let operations = Arc::new(Operations::new(&config, wallets.iter().map(Signer::pubkey).collect())?);
        Ok(Self { config, mode, exchange, tables, wallets, operations })
    }

    /// What is seen of it.
    pub fn operations(&self) -> Arc<Operations> {
        Arc::clone(&self.operations)
    }

    /// Runs until `stop`, whatever becomes of the node meanwhile. What is on its way is waited for then.
    ///
    /// # Errors
    /// Where it looks but once, what kept it from that, in words.
    pub fn run(&self, stop: &AtomicBool) -> Result<(), String> {
        let mut wait = RECONNECT_FIRST;
        while !stop.load(Ordering::Relaxed) {
            let begun = Instant::now();
            self.operations.turned();
            match self.session(stop) {
                Ok(()) => return Ok(()),
                Err(Interruption { reason, is_lasting })
                    if self.mode.once || (is_lasting && !self.operations.has_read()) =>
                {
                    return Err(reason);
                }
                Err(Interruption { reason, .. }) => {
                    Journal::trouble("disconnected", &reason);
                    self.operations.not_read(&reason);
                }
            }
            if begun.elapsed() > RECONNECT_LAST {
                wait = RECONNECT_FIRST;
            }
            pause(wait, stop);
            wait = (2 * wait).min(RECONNECT_LAST);
        }
        Ok(())
    }

    /// One connection to the exchange, until `stop`. Once it stands it survives the node.
    fn session(&self, stop: &AtomicBool) -> Result<(), Interruption> {
        let words = |error: &dyn std::fmt::Display| error.to_string();
        let venue = open(&self.config, self.exchange)?;
        let tables = self.tables.iter().map(|address| venue.table(address)).collect::<Result<_, _>>();
        let options = SendOptions {
            micro_lamports: self.config.fees.micro_lamports,
            tables: tables.map_err(|error| words(&error))?,
            // What has not landed with its first blockhash is planned anew.
            attempts: 1,
            // A blockhash is good for about a minute; where no block comes, for longer.
            patience: Duration::from_secs(75),
            ..SendOptions::default()
        };
        let (is_over, budget) =
            (AtomicBool::new(false), Mutex::new(Budget::counted(self.operations.metrics.fees.clone())));
        let (readings, evidence) = (Readings::default(), Evidence::default());
        let prices = self.config.prices_url.as_deref().map(Prices::new).transpose()?;
        let signers: Vec<&Keypair> = self.wallets.iter().collect();
        let told: Told<'_> = Box::new(|ticket: Ticket, result| ticket.settle(&venue, result));
        let outbox = Outbox::new(&venue.connection, &signers, &options, told);
        let ends = || stop.load(Ordering::Relaxed) || is_over.load(Ordering::Relaxed);
        std::thread::scope(|scope| {
            let _ends = Ends(&is_over);
            scope.spawn(|| track(&outbox, &is_over));
            if let (Some(prices), true) = (&prices, self.brings()) {
                let policy = Policy { fees: self.config.fees, unpaid: self.config.unpaid };
                let (venue, wallets) = (&venue, &self.wallets[..]);
                let (operations, outbox) = (&*self.operations, &outbox);
                let wanted = (&readings, &evidence);
                let bringer = Bringer::new(prices, (venue, wallets), (operations, &budget), policy, wanted);
                scope.spawn(move || keep_bringing(bringer, ends, || outbox.open() == 0));
            }
            if let (Some(prices), true) = (&prices, self.posts()) {
                let poster = Poster::new(prices, self.config.fees);
                let (venue, budget) = (&venue, &budget);
                scope.spawn(move || self.keep_posting(&poster, venue, budget, ends));
            }
            let shared = Shared {
                venue: &venue,
                outbox: &outbox,
                budget: &budget,
                readings: &readings,
                evidence: &evidence,
                is_over: &is_over,
            };
            let mut session = Session::begin(self, shared, scope)?;
            session.run(scope, stop);
            Ok::<(), String>(())
        })?;
        Ok(())
    }

    /// Whether prices are posted. It costs and pays nothing.
    fn posts(&self) -> bool {
        self.config.jobs.contains(&Kind::Prices) && self.config.unpaid && !self.mode.dry_run && !self.mode.once
    }

    /// Whether readings are brought for orders, which pay for that, or because they show more than a price.
    fn brings(&self) -> bool {
        let (silences, ends) = self.searches();
        let does_orders = self.config.jobs.contains(&Kind::Orders);
        (does_orders || silences || ends) && !self.mode.dry_run && !self.mode.once
    }

    /// Whether it looks for proofs of silences, and for readings that undo ends. Both pay nothing.
    fn searches(&self) -> (bool, bool) {
        let does = |kind| self.config.unpaid && self.config.jobs.contains(&kind);
        (does(Kind::Prices), does(Kind::Outages))
    }

    fn keep_posting(&self, poster: &Poster<'_>, venue: &Venue, budget: &Mutex<Budget>, is_over: impl Fn() -> bool) {
        let mut said = Vec::new();
        while !is_over() {
            let begun = Instant::now();
            let mut able = self.wallets.iter().filter(|wallet| self.operations.may_pay(&wallet.pubkey()));
            let Posted { feeds, troubles } = match able.next() {
                Some(payer) => poster.post(venue, payer, self.config.pace.post_after_seconds, budget),
                None => Posted { feeds: 0, troubles: vec!["no wallet holds enough lamports to pay for it".into()] },
            };
            self.operations.posted(feeds, troubles.len());
            if feeds > 0 {
                Journal::posted(feeds);
            }
            // Trouble that goes on is told once.
            troubles.iter().filter(|trouble| !said.contains(*trouble)).for_each(|trouble| Journal::not_posted(trouble));
            said = troubles;
            while begun.elapsed() < POST_EVERY && !is_over() {
                std::thread::sleep(TICK);
            }
        }
    }
}

/// Brings readings until it is over, and closes their accounts once nothing that may name them is on its way, or some seconds later.
fn keep_bringing(mut bringer: Bringer<'_>, is_over: impl Fn() -> bool, is_idle: impl Fn() -> bool) {
    while !is_over() {
        bringer.turn();
        std::thread::sleep(TICK);
    }
    let begun = Instant::now();
    while !is_idle() && begun.elapsed() < CLOSED_LATEST {
        std::thread::sleep(TICK);
    }
    bringer.end();
}

/// Why a session ended, or did not begin.
struct Interruption {
    reason: String,
    /// Whether trying again is in vain.
    is_lasting: bool,
}

impl From<String> for Interruption {
    fn from(reason: String) -> Self {
        Self { reason, is_lasting: false }
    }
}

/// The exchange of a configuration. One that is none is a mistake; a node that is not there may come.
fn open(config: &Config, exchange: Pubkey) -> Result<Venue, Interruption> {
    Venue::open(&config.rpc_url, exchange).map_err(|error| {
        let connection = Connection::new(&config.rpc_url);
        let reason = doctor::exchange_fault(&error, &exchange, || connection.is_program(&ID).ok());
        Interruption { is_lasting: reason.is_some(), reason: reason.unwrap_or_else(|| error.to_string()) }
    })
}

/// However a session ends, whoever works for it ends as well.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Waits, but not for longer than until `stop`.
fn pause(wait: Duration, stop: &AtomicBool) {
    let until = Instant::now() + wait;
    while Instant::now() < until && !stop.load(Ordering::Relaxed) {
        std::thread::sleep(TICK.min(wait));
    }
}

/// The least time between two looks: changes that come one after the other are looked at together.
const LEAST_PASS: Duration = milliseconds(20);
