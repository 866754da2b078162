//! Many jobs at once: built, registered, broadcast without waiting, and asked after together.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use solana_keypair::Keypair;
use solana_message::AddressLookupTableAccount;
use solana_signature::Signature;

use super::record::EventsError;
use super::{Connection, SendError};
use crate::events::Event;
use crate::jobs::Job;

mod bundle;
mod outbox;

#[cfg(test)]
mod tests;

pub use bundle::TRANSACTION_LIMIT;
pub use outbox::Outbox;

/// How jobs are sent.
#[derive(Clone, Debug)]
pub struct SendOptions {
    /// The compute limit of every transaction; none for what its jobs are planned with.
    pub compute: Option<u32>,
    /// The price of a compute unit, in millionths of a lamport.
    pub micro_lamports: u64,
    /// Whether the node tries a transaction before it takes it: what it refuses costs no fee.
    pub preflight: bool,
    /// Lookup tables of which each transaction names the addresses it can by their place.
    pub tables: Vec<AddressLookupTableAccount>,
    /// How many blockhashes a transaction is tried with, each until it expires; at least one.
    pub attempts: u32,
    /// Most jobs in one transaction. Where one of several is refused, each is sent on its own. Liquidations, armings and fills of orders
    /// that share a transaction are sent in the forms that do nothing where they are not due, so that one which landed may have done
    /// nothing: its events say what it did.
    pub together: usize,
    /// How often what has not landed is broadcast again.
    pub rebroadcast: Duration,
    /// How long a transaction is asked after where the node does not tell whether its blockhash has expired.
    pub patience: Duration,
    /// Whether [`Connection::send_all`] asks for the events of what landed, which nodes tell once its block is confirmed.
    pub events: bool,
    /// Most requests to the node at once.
    pub requests: usize,
}

impl Default for SendOptions {
    /// One job a transaction, tried by the node first, with its measured limit and no priority fee, until its second blockhash has
    /// expired.
    fn default() -> Self {
        Self {
            compute: None,
            micro_lamports: 0,
            preflight: true,
            tables: Vec::new(),
            attempts: 2,
            together: 1,
            rebroadcast: Duration::from_secs(2),
            // A blockhash is good for 150 blocks, about a minute.
            patience: Duration::from_secs(120),
            events: true,
            requests: 16,
        }
    }
}

/// A transaction that took place.
#[derive(Debug)]
pub struct Landed {
    /// The transaction.
    pub signature: Signature,
    /// The slot of its block.
    pub slot: u64,
    /// When the node first said so.
    pub heard: Instant,
    /// Every event of it, in order; of all its jobs where it carried several.
    pub events: Vec<Event>,
    /// Why events may be missing, where any may.
    pub gap: Option<EventsError>,
}

impl Connection {
    /// Sends jobs in their order without waiting for one before the next, and returns what became of each, in the same order, once that
    /// is known of all. [`Outbox`] tells of each as soon as it is known.
    ///
    /// `signers` are the keys of one operator. A transaction is paid by the first of them that its jobs name as a signer, or by the
    /// next in turn where they name none, so that not all transactions write the same wallet. It is registered before it is
    /// broadcast: only the node's refusal, its landing or the end of its last blockhash settle it.
    pub fn send_all<'a>(
        &self,
        jobs: &'a [Job],
        signers: &[&Keypair],
        options: &SendOptions,
    ) -> Vec<(&'a Job, Result<Landed, SendError>)> {
        let results: Mutex<Vec<Option<Result<Landed, SendError>>>> = Mutex::new(jobs.iter().map(|_| None).collect());
        let outbox = Outbox::new(self, signers, options, |place: usize, result| {
            results.lock().unwrap_or_else(std::sync::PoisonError::into_inner)[place] = Some(result);
        });
        outbox.send(jobs.iter().cloned().enumerate());
        outbox.track(|| true);
        drop(outbox);
        let mut results = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        if options.events {
            self.tell_events(&mut results, options.requests);
        }
        // Every job is settled once nothing is on its way any more.
        let unsent = || Err(SendError::NotSent { reason: "the transaction does not fit any more".into() });
        jobs.iter().zip(results).map(|(job, result)| (job, result.unwrap_or_else(unsent))).collect()
    }

    /// Asks for the events of what has landed, several at once; of one transaction once.
    fn tell_events(&self, results: &mut [Option<Result<Landed, SendError>>], requests: usize) {
        let landed = results.iter_mut().filter_map(|result| result.as_mut()?.as_mut().ok());
        in_parallel(landed.collect(), requests, |landed| match self.events(&landed.signature) {
            Ok(events) => landed.events = events,
            Err(EventsError::Incomplete(incomplete)) => {
                landed.events = incomplete.seen.clone();
                landed.gap = Some(EventsError::Incomplete(incomplete));
            }
            Err(error) => landed.gap = Some(error),
        });
    }
}

/// Does something to each, at most so many at a time.
fn in_parallel<T: Send>(items: Vec<T>, at_once: usize, work: impl Fn(T) + Sync) {
    let workers = at_once.clamp(1, items.len().max(1));
    let queue = Mutex::new(VecDeque::from(items));
    let next = || queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop_front();
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(item) = next() {
                    work(item);
                }
            });
        }
    });
}
