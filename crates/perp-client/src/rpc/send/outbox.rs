//! Transactions on their way: from their registration until each has landed, was refused, or can no longer land.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Scope;
use std::time::{Duration, Instant};

use anchor_lang::prelude::Pubkey;
use solana_commitment_config::CommitmentConfig;
use solana_hash::Hash;
use solana_keypair::Keypair;
use solana_rpc_client_api::client_error::{Error as ClientError, ErrorKind};
use solana_rpc_client_api::config::RpcSendTransactionConfig;
use solana_rpc_client_api::request::{RpcError, RpcResponseErrorData};
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;

use super::bundle::{packed, payer_alone, Bundle, Entry, Open};
use super::{in_parallel, Landed, SendError, SendOptions};
use crate::jobs::Job;
use crate::rpc::{Connection, POLL_FIRST, POLL_LAST};

/// Statuses that a node tells in one request.
const STATUSES: usize = 256;
/// How long after its broadcast what the node may not have heard of is broadcast again.
const UNHEARD: Duration = Duration::from_millis(64);
/// How often it is looked whether anything is to come, while nothing is on its way.
const IDLE: Duration = Duration::from_millis(50);

/// Jobs on their way, and what is told of each as soon as it is known.
///
/// Any thread may send; one tracks. Nothing waits for anything else: what became of a job is told when its transaction is confirmed, when
/// the node refuses it, or when it can no longer land, whatever becomes of the others. `K` is what the sender knows a job by; a key is
/// dropped without a word only where a thread panics.
pub struct Outbox<'a, K, F> {
    connection: &'a Connection,
    signers: &'a [&'a Keypair],
    options: &'a SendOptions,
    settled: F,
    flights: Mutex<BTreeMap<u64, Flight<K>>>,
    /// Told where a flight is registered.
    registered: Condvar,
    next: AtomicU64,
    open: Arc<AtomicUsize>,
    /// Whether what has not landed is being broadcast again.
    is_repeating: AtomicBool,
    /// Signers that pay for no job but those that name them.
    spared: Mutex<BTreeSet<Pubkey>>,
}

/// A registered transaction. Whatever the node answers to its broadcast, it is asked after until that is settled.
struct Flight<K> {
    bundle: Bundle<K>,
    signature: Signature,
    transaction: Arc<VersionedTransaction>,
    blockhash: Hash,
    /// The last block that may hold it.
    last_valid: u64,
    attempt: u32,
    begun: Instant,
    /// When it was last broadcast.
    told: Instant,
    /// Whether its first broadcast is over.
    is_broadcast: bool,
    /// Whether its last broadcast was not answered, so that the node may not have heard of it.
    is_unheard: bool,
}

/// What is asked of a flight.
struct Asked {
    id: u64,
    signature: Signature,
    /// Whether it can be given up: it may still be broadcast otherwise.
    is_broadcast: bool,
}

impl<'a, K, F> Outbox<'a, K, F>
where
    K: Send,
    F: Fn(K, Result<Landed, SendError>) + Sync,
{
    /// An empty one. `signers` and `options` are those of [`Connection::send_all`]; events are not asked for, so that `settled` hears of a
    /// transaction once it is confirmed. It is called by the thread that finds out, and keeps that one waiting.
    pub fn new(connection: &'a Connection, signers: &'a [&'a Keypair], options: &'a SendOptions, settled: F) -> Self {
        Self {
            connection,
            signers,
            options,
            settled,
            flights: Mutex::default(),
            registered: Condvar::new(),
            next: AtomicU64::new(0),
            open: Arc::default(),
            is_repeating: AtomicBool::new(false),
            spared: Mutex::default(),
        }
    }

    /// From now on these signers pay for no job but those that name them, as long as there are others.
    pub fn spare(&self, signers: BTreeSet<Pubkey>) {
        *self.spared.lock().unwrap_or_else(PoisonError::into_inner) = signers;
    }

    /// Who takes turns in paying.
    fn payers(&self) -> Vec<&'a Keypair> {
        let spared = self.spared.lock().unwrap_or_else(PoisonError::into_inner);
        let payers: Vec<_> = self.signers.iter().copied().filter(|signer| !spared.contains(&signer.pubkey())).collect();
        if payers.is_empty() {
            self.signers.to_vec()
        } else {
            payers
        }
    }

    /// How many jobs were handed in and are not settled.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    /// Signs, registers and broadcasts jobs in their order, and returns once the node has answered to each.
    pub fn send(&self, jobs: impl IntoIterator<Item = (K, Job)>) {
        let count = |(key, job)| Entry { key, job, open: Open::count(&self.open) };
        let entries: Vec<Entry<K>> = jobs.into_iter().map(count).collect();
        let bundles = self.alone(entries);
        self.launch(packed(bundles, &self.payers(), self.options), 1);
    }

    /// Asks after what is on its way and broadcasts again what has not landed, until `is_over` and nothing is on its way any more. Until
    /// then a transaction is followed for as long as it may land; from then on for no longer than the options' patience.
    pub fn track(&self, is_over: impl Fn() -> bool) {
        std::thread::scope(|scope| loop {
            let is_over = is_over();
            if is_over && self.open() == 0 {
                return;
            }
            self.look(scope, is_over);
            let flights = self.flights();
            // As long as the youngest has been on its way: what was just sent is asked after soon, and what takes long is left alone.
            let age = flights.values().map(|flight| flight.begun.elapsed()).min();
            let wait = age.map_or(IDLE, |age| age.clamp(POLL_FIRST, POLL_LAST));
            // Poisoned or not, the time is over or something was registered.
            drop(self.registered.wait_timeout(flights, wait));
        });
    }

    /// Asks once.
    fn look<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>, is_over: bool) {
        let asked: Vec<Asked> = {
            let flights = self.flights();
            let asked = flights.iter().map(|(id, Flight { signature, is_broadcast, .. })| Asked {
                id: *id,
                signature: *signature,
                is_broadcast: *is_broadcast,
            });
            asked.collect()
        };
        if asked.is_empty() {
            return;
        }
        // The height before the statuses: whatever landed up to it is in them.
        let height = self.connection.client.get_block_height_with_commitment(CommitmentConfig::confirmed());
        let (failed, is_answered) = self.ask(&asked);
        if !failed.is_empty() {
            // Why takes longer to learn than that.
            scope.spawn(move || {
                in_parallel(failed, self.options.requests, |(flight, error)| {
                    let logs = self.connection.logs(&flight.signature);
                    self.refused(flight.bundle, SendError::Failed { error, logs, in_block: true });
                });
            });
        }
        self.end(scope, &asked, is_answered.then(|| height.unwrap_or(0)), is_over);
        self.repeat(scope);
    }

    /// Tells of what has landed, and returns what has failed in its block, and whether the node has answered.
    fn ask(&self, asked: &[Asked]) -> (Vec<(Flight<K>, TransactionError)>, bool) {
        let mut failed = Vec::new();
        for part in asked.chunks(STATUSES) {
            let signatures: Vec<_> = part.iter().map(|asked| asked.signature).collect();
            let Ok(answer) = self.connection.client.get_signature_statuses(&signatures) else { return (failed, false) };
            for (asked, status) in part.iter().zip(answer.value) {
                let Some(status) = status else { continue };
                if status.err.is_none() && !status.satisfies_commitment(CommitmentConfig::confirmed()) {
                    continue;
                }
                // A refusal by the node may have come first.
                let Some(flight) = self.flights().remove(&asked.id) else { continue };
                match status.err {
                    Some(error) => failed.push((flight, error)),
                    None => self.landed(flight, status.slot),
                }
            }
        }
        (failed, true)
    }

    /// Gives up what can no longer land, as of a height up to which everything was asked after; without one nothing is certain.
    fn end<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        asked: &[Asked],
        height: Option<u64>,
        is_over: bool,
    ) {
        let (mut expired, mut unknown) = (Vec::new(), Vec::new());
        for Asked { id, .. } in asked.iter().filter(|asked| asked.is_broadcast) {
            let Some((last_valid, blockhash, age)) =
                self.flights().get(id).map(|flight| (flight.last_valid, flight.blockhash, flight.begun.elapsed()))
            else {
                continue;
            };
            let is_late = age > self.options.patience;
            // A node that was set back to an earlier block will not reach that height, and knows nothing of the blockhash.
            let is_gone = |height: u64| height > last_valid || (is_late && self.is_unknown(&blockhash));
            if height.is_some_and(is_gone) {
                expired.extend(self.flights().remove(id));
            } else if is_late && is_over {
                unknown.extend(self.flights().remove(id));
            }
        }
        let attempts = self.options.attempts.max(1);
        let mut again: BTreeMap<u32, Vec<Bundle<K>>> = BTreeMap::new();
        for flight in expired {
            if flight.attempt < attempts {
                again.entry(flight.attempt + 1).or_default().push(flight.bundle);
            } else {
                self.refused(flight.bundle, SendError::Expired { signature: flight.signature, attempts });
            }
        }
        for (attempt, bundles) in again {
            scope.spawn(move || self.launch(bundles, attempt));
        }
        for Flight { bundle, signature, .. } in unknown {
            // It may still take place: none of its jobs may be sent again.
            for entry in bundle.entries {
                self.tell(entry, Err(SendError::Unconfirmed { signature }));
            }
        }
    }

    /// Whether the node is certain that the blockhash is none that a transaction may name.
    fn is_unknown(&self, blockhash: &Hash) -> bool {
        let known = self.connection.client.is_blockhash_valid(blockhash, CommitmentConfig::processed());
        matches!(known, Ok(false))
    }

    /// Broadcasts again what is due for it; one time after the other.
    fn repeat<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>) {
        if self.is_repeating.swap(true, Ordering::SeqCst) {
            return;
        }
        let now = Instant::now();
        let mut due = Vec::new();
        for (id, flight) in self.flights().iter_mut() {
            let since = now.saturating_duration_since(flight.told);
            if since >= self.options.rebroadcast || (flight.is_unheard && since >= UNHEARD) {
                flight.told = now;
                due.push((*id, Arc::clone(&flight.transaction)));
            }
        }
        if due.is_empty() {
            self.is_repeating.store(false, Ordering::SeqCst);
            return;
        }
        scope.spawn(move || {
            let _over = Over(&self.is_repeating);
            self.broadcast(due, true);
        });
    }

    /// Signs with the newest blockhash, registers and broadcasts.
    fn launch(&self, bundles: Vec<Bundle<K>>, attempt: u32) {
        if bundles.is_empty() {
            return;
        }
        let newest = self.connection.client.get_latest_blockhash_with_commitment(CommitmentConfig::processed());
        let (blockhash, last_valid) = match newest {
            Ok(newest) => newest,
            Err(error) => return self.unsent(bundles, SendError::from(Box::new(error))),
        };
        let mut registered = Vec::new();
        for bundle in bundles {
            let transaction = match bundle.transaction(self.signers, self.options, blockhash) {
                Ok(transaction) => Arc::new(transaction),
                Err(error) => {
                    self.refused(bundle, error);
                    continue;
                }
            };
            let signature = transaction.signatures.first().copied().unwrap_or_default();
            let id = self.next.fetch_add(1, Ordering::SeqCst);
            registered.push((id, Arc::clone(&transaction)));
            let now = Instant::now();
            let (begun, told, is_broadcast, is_unheard) = (now, now, false, false);
            let flight = Flight {
                bundle,
                signature,
                transaction,
                blockhash,
                last_valid,
                attempt,
                begun,
                told,
                is_broadcast,
                is_unheard,
            };
            self.flights().insert(id, flight);
        }
        // All are registered; now they are broadcast.
        self.registered.notify_all();
        self.broadcast(registered, !self.options.preflight);
    }

    /// There is no blockhash to send them with. One has the error itself, the others the same in words.
    fn unsent(&self, bundles: Vec<Bundle<K>>, error: SendError) {
        let reason = error.to_string();
        let mut error = Some(error);
        for entry in bundles.into_iter().flat_map(|bundle| bundle.entries) {
            let words = || SendError::NotSent { reason: reason.clone() };
            self.tell(entry, Err(error.take().unwrap_or_else(words)));
        }
    }

    fn broadcast(&self, transactions: Vec<(u64, Arc<VersionedTransaction>)>, skip_preflight: bool) {
        let config = RpcSendTransactionConfig {
            skip_preflight,
            preflight_commitment: Some(CommitmentConfig::processed().commitment),
            max_retries: Some(0),
            ..RpcSendTransactionConfig::default()
        };
        in_parallel(transactions, self.options.requests, |(id, transaction)| {
            let sent = self.connection.client.send_transaction_with_config(&*transaction, config);
            if let Some(flight) = self.flights().get_mut(&id) {
                (flight.is_broadcast, flight.is_unheard) = (true, sent.is_err());
            }
            let Some(error) = sent.err().and_then(refusal) else { return };
            let refused = self.flights().remove(&id);
            if let Some(flight) = refused {
                self.refused(flight.bundle, error);
            }
        });
    }

    fn landed(&self, flight: Flight<K>, slot: u64) {
        let (signature, heard) = (flight.signature, Instant::now());
        for entry in flight.bundle.entries {
            self.tell(entry, Ok(Landed { signature, slot, heard, events: Vec::new(), gap: None }));
        }
    }

    /// Tells of an error, which each of several jobs may not have caused: they are sent apart.
    fn refused(&self, bundle: Bundle<K>, error: SendError) {
        let mut entries = bundle.entries;
        if entries.len() > 1 {
            let apart = self.alone(entries);
            self.launch(apart, 1);
        } else if let Some(entry) = entries.pop() {
            self.tell(entry, Err(error));
        }
    }

    /// Each in a transaction of its own; tells of those that fit into none.
    fn alone(&self, entries: Vec<Entry<K>>) -> Vec<Bundle<K>> {
        let (payers, mut bundles) = (self.payers(), Vec::new());
        for entry in entries {
            match payer_alone(&entry.job, self.signers, (&payers, bundles.len()), self.options) {
                Ok(payer) => bundles.push(Bundle::of(entry, payer)),
                Err(error) => self.tell(entry, Err(error)),
            }
        }
        bundles
    }

    fn tell(&self, entry: Entry<K>, result: Result<Landed, SendError>) {
        let Entry { key, open, .. } = entry;
        (self.settled)(key, result);
        drop(open);
    }

    fn flights(&self) -> MutexGuard<'_, BTreeMap<u64, Flight<K>>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says that something is over, however it ends.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

/// Why the node will not have the transaction; none where it may have taken it all the same, or will take it later.
fn refusal(error: ClientError) -> Option<SendError> {
    /// JSON-RPC's own code for parameters that cannot be right.
    const INVALID: i64 = -32602;
    /// The signatures do not match.
    const UNVERIFIED: i64 = -32003;
    match error.kind() {
        ErrorKind::RpcError(RpcError::RpcResponseError {
            data: RpcResponseErrorData::SendTransactionPreflightFailure(simulation),
            ..
        }) => match simulation.err.clone().map(TransactionError::from) {
            // The node does not know the blockhash yet, or knows the transaction already.
            None | Some(TransactionError::BlockhashNotFound | TransactionError::AlreadyProcessed) => None,
            Some(error) => {
                let logs = simulation.logs.clone().unwrap_or_default();
                Some(SendError::Failed { error, logs, in_block: false })
            }
        },
        ErrorKind::RpcError(RpcError::RpcResponseError { code: INVALID | UNVERIFIED, .. }) => {
            Some(SendError::Rpc(Box::new(error)))
        }
        _ => None,
    }
}
