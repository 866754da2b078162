//! Transactions on their way: from their registration until each has landed, was refused, or can no longer land.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use solana_commitment_config::CommitmentConfig;
use solana_keypair::Keypair;
use solana_rpc_client_api::client_error::{Error as ClientError, ErrorKind};
use solana_rpc_client_api::config::RpcSendTransactionConfig;
use solana_rpc_client_api::request::{RpcError, RpcResponseErrorData};
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;

use super::bundle::Bundle;
use super::{in_parallel, SendError, SendOptions};
use crate::jobs::Job;
use crate::rpc::{Connection, POLL_FIRST, POLL_LAST};

/// Statuses that a node tells in one request.
const STATUSES: usize = 256;

/// The wait between two polls from which on what the node may not have heard of is broadcast again.
const UNHEARD: Duration = Duration::from_millis(64);

/// Where a transaction took place.
pub(super) struct Landing {
    pub(super) signature: Signature,
    pub(super) slot: u64,
}

/// A registered transaction. Whatever the node answers to its broadcast, it is asked after until that is settled.
struct Flight {
    bundle: Bundle,
    signature: Signature,
    transaction: VersionedTransaction,
    /// Whether its last broadcast was not answered, so that the node may not have heard of it.
    is_unheard: bool,
    outcome: Option<Outcome>,
}

enum Outcome {
    Landed {
        slot: u64,
    },
    /// In a block, and nothing of it took place.
    FailedInBlock(TransactionError),
    Refused(SendError),
}

/// Sends all of them and waits until each is settled.
pub(super) fn fly(
    connection: &Connection,
    bundles: Vec<Bundle>,
    jobs: &[Job],
    signers: &[&Keypair],
    options: &SendOptions,
) -> Vec<(Bundle, Result<Landing, SendError>)> {
    let (mut settled, mut bundles) = (Vec::new(), bundles);
    for attempt in 1..=options.attempts.max(1) {
        if bundles.is_empty() {
            break;
        }
        let last = attempt == options.attempts.max(1);
        bundles = attempt_all(connection, bundles, jobs, signers, options, last, &mut settled);
    }
    settled
}

/// One blockhash for all. Returns those that can no longer land with it, but for the last attempt.
fn attempt_all(
    connection: &Connection,
    bundles: Vec<Bundle>,
    jobs: &[Job],
    signers: &[&Keypair],
    options: &SendOptions,
    last: bool,
    settled: &mut Vec<(Bundle, Result<Landing, SendError>)>,
) -> Vec<Bundle> {
    let newest = connection.client.get_latest_blockhash_with_commitment(CommitmentConfig::processed());
    let (blockhash, last_valid) = match newest {
        Ok(newest) => newest,
        Err(error) => {
            let (text, mut bundles) = (Box::new(error), bundles.into_iter());
            // One has the error itself, the others the same in words.
            let error = SendError::from(text);
            let words = error.to_string();
            settled.extend(bundles.next().map(|bundle| (bundle, Err(error))));
            settled.extend(bundles.map(|bundle| (bundle, Err(SendError::NotSent { reason: words.clone() }))));
            return Vec::new();
        }
    };
    let mut flights = Vec::new();
    for bundle in bundles {
        match bundle.transaction(jobs, signers, options, blockhash) {
            Ok(transaction) => {
                let signature = transaction.signatures.first().copied().unwrap_or_default();
                flights.push(Flight { bundle, signature, transaction, is_unheard: false, outcome: None });
            }
            Err(error) => settled.push((bundle, Err(error))),
        }
    }
    // All are registered; now they are broadcast.
    broadcast(connection, flights.iter_mut().collect(), !options.preflight, options.requests);
    let expired = follow(connection, &mut flights, last_valid, options);

    let failures: Mutex<Vec<(Signature, Vec<String>)>> = Mutex::default();
    let failed = flights.iter().filter(|flight| matches!(flight.outcome, Some(Outcome::FailedInBlock(_))));
    in_parallel(failed.map(|flight| flight.signature).collect(), options.requests, |signature| {
        let logs = connection.logs(&signature);
        failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((signature, logs));
    });
    let mut failures = failures.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut again = Vec::new();
    for Flight { bundle, signature, outcome, .. } in flights {
        let result = match outcome {
            Some(Outcome::Landed { slot }) => Ok(Landing { signature, slot }),
            Some(Outcome::FailedInBlock(error)) => {
                let place = failures.iter().position(|(failed, _)| *failed == signature);
                let logs = place.map(|place| failures.swap_remove(place).1).unwrap_or_default();
                Err(SendError::Failed { error, logs })
            }
            Some(Outcome::Refused(error)) => Err(error),
            None if expired && last => Err(SendError::Expired { signature, attempts: options.attempts.max(1) }),
            None if expired => {
                again.push(bundle);
                continue;
            }
            None => Err(SendError::Unconfirmed { signature }),
        };
        settled.push((bundle, result));
    }
    again
}

/// Asks after all of them, and broadcasts again what has not landed, until each is settled or none can land any more. Returns whether
/// the blockhash has expired for certain.
fn follow(connection: &Connection, flights: &mut [Flight], last_valid: u64, options: &SendOptions) -> bool {
    let (begun, mut told, mut wait) = (Instant::now(), Instant::now(), POLL_FIRST);
    loop {
        // The height before the statuses: whatever landed up to it is in them.
        let height = connection.client.get_block_height_with_commitment(CommitmentConfig::confirmed());
        let asked = ask(connection, flights);
        if flights.iter().all(|flight| flight.outcome.is_some()) {
            return false;
        }
        if asked && height.is_ok_and(|height| height > last_valid) {
            return true;
        }
        if begun.elapsed() > options.patience {
            return false;
        }
        let (open, all) = (|flight: &&mut Flight| flight.outcome.is_none(), told.elapsed() >= options.rebroadcast);
        if all {
            told = Instant::now();
        }
        let due = flights.iter_mut().filter(open).filter(|flight| all || (flight.is_unheard && wait >= UNHEARD));
        broadcast(connection, due.collect(), true, options.requests);
        std::thread::sleep(wait);
        wait = (2 * wait).min(POLL_LAST);
    }
}

/// Asks what became of those that are open; `false` where the node did not answer.
fn ask(connection: &Connection, flights: &mut [Flight]) -> bool {
    let mut open: Vec<&mut Flight> = flights.iter_mut().filter(|flight| flight.outcome.is_none()).collect();
    for part in open.chunks_mut(STATUSES) {
        let signatures: Vec<_> = part.iter().map(|flight| flight.signature).collect();
        let Ok(answer) = connection.client.get_signature_statuses(&signatures) else { return false };
        for (flight, status) in part.iter_mut().zip(answer.value) {
            let Some(status) = status else { continue };
            flight.outcome = match &status.err {
                Some(error) => Some(Outcome::FailedInBlock(error.clone())),
                None if status.satisfies_commitment(CommitmentConfig::confirmed()) => {
                    Some(Outcome::Landed { slot: status.slot })
                }
                None => None,
            };
        }
    }
    true
}

fn broadcast(connection: &Connection, flights: Vec<&mut Flight>, skip_preflight: bool, requests: usize) {
    let config = RpcSendTransactionConfig {
        skip_preflight,
        preflight_commitment: Some(CommitmentConfig::processed().commitment),
        max_retries: Some(0),
        ..RpcSendTransactionConfig::default()
    };
    in_parallel(flights, requests, |flight| {
        let sent = connection.client.send_transaction_with_config(&flight.transaction, config);
        flight.is_unheard = sent.is_err();
        flight.outcome = sent.err().and_then(refusal).map(Outcome::Refused);
    });
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
            Some(error) => Some(SendError::Failed { error, logs: simulation.logs.clone().unwrap_or_default() }),
        },
        ErrorKind::RpcError(RpcError::RpcResponseError { code: INVALID | UNVERIFIED, .. }) => {
            Some(SendError::Rpc(Box::new(error)))
        }
        _ => None,
    }
}
