//! What shares were worth at every boundary, from the chain alone.

use anchor_lang::prelude::Pubkey;
use backon::{BlockingRetryable, ConstantBuilder};
use perp_accounts::{EpochRecord, Pool};
use perp_engine::state::ClosedEpoch;
use perp_engine::units::{Atoms, Timestamp};
use perp_swap::events::EpochClosed;
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::rpc_client::GetConfirmedSignaturesForAddress2Config;
use solana_rpc_client_api::client_error::Error as ClientError;
use solana_signature::Signature;
use thiserror::Error;

use super::record::{RECORD_ATTEMPTS, RECORD_INTERVAL};
use super::{Connection, EventsError, FetchError};
use crate::addresses::Addresses;
use crate::events::Event;

#[cfg(test)]
mod tests;

/// Signatures that a node tells at once.
const SIGNATURES_AT_ONCE: usize = 1_000;
/// How often it is asked for more of them: whoever names the record of an epoch a hundred thousand times hides its close.
const MOST_PAGES: usize = 100;
/// Blocks may be dated so many seconds before the clock that the program reads in them.
const TIME_TOLERANCE: i64 = 60;

/// Why the closed epochs of an exchange are not known, or not all of them.
#[derive(Debug, Error)]
pub enum EpochsError {
    /// An account could not be read.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The node does not list an address's transactions.
    #[error("the RPC node does not list the transactions of {record} ({reason}): ask one that keeps a history")]
    NoHistory {
        /// The record of the epoch.
        record: Pubkey,
        /// The node's answer.
        reason: Box<ClientError>,
    },
    /// None of the transactions that the node lists closed the epoch, as far as they can be read.
    #[error("the RPC node tells of no close of the boundary {boundary} at {record}{}: ask one that keeps an older history",
        unread.as_ref().map_or_else(String::new, |unread| format!(" ({unread})")))]
    NoClose {
        /// The record of the epoch.
        record: Pubkey,
        /// The boundary, in Unix seconds.
        boundary: i64,
        /// Why a transaction among them could not be read, if there was one.
        unread: Option<Box<EventsError>>,
    },
}

/// What a boundary came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosedBoundary {
    /// The boundary closed before it; zero before the first.
    pub previous: Timestamp,
    /// The boundary.
    pub boundary: Timestamp,
    /// What the pool was worth to those who left: over `shares`, what a share brought before the queue's fee.
    pub lower: Atoms,
    /// What it was worth to those who entered: over `shares`, what a share cost.
    pub upper: Atoms,
    /// The shares there were.
    pub shares: Atoms,
    /// Tokens that entered, before the fee.
    pub deposited: Atoms,
    /// Shares they bought.
    pub issued: Atoms,
    /// Shares that left.
    pub redeemed: Atoms,
    /// Tokens they brought.
    pub paid: Atoms,
}

impl From<&ClosedEpoch> for ClosedBoundary {
    fn from(closed: &ClosedEpoch) -> Self {
        let ClosedEpoch { previous, boundary, lower, upper, shares, deposited, issued, redeemed, paid, .. } = *closed;
        Self { previous, boundary, lower, upper, shares, deposited, issued, redeemed, paid }
    }
}

impl From<&EpochClosed> for ClosedBoundary {
    fn from(closed: &EpochClosed) -> Self {
        Self {
            previous: Timestamp::new(closed.previous),
            boundary: Timestamp::new(closed.boundary),
            lower: Atoms::new(closed.lower),
            upper: Atoms::new(closed.upper),
            shares: Atoms::new(closed.shares_before),
            deposited: Atoms::new(closed.deposited),
            issued: Atoms::new(closed.issued),
            redeemed: Atoms::new(closed.redeemed),
            paid: Atoms::new(closed.paid),
        }
    }
}

impl Connection {
    /// What each of the exchange's last boundaries came to, the newest first, `most` of them at most: each names the one before it. One
    /// whose requests are not all paid yet has its record; of the others the node's history has the close. Waits up to five seconds for
    /// the node to know of each. What the node says of a close is believed: a stranger's node can lie about all of it.
    ///
    /// # Errors
    /// [`EpochsError`] where the node does not reach back so far.
    pub fn epochs(&self, addresses: &Addresses, most: usize) -> Result<Vec<ClosedBoundary>, EpochsError> {
        let mut boundary = self.fetch::<Pool>(&addresses.pool)?.state.last.boundary;
        let mut epochs = Vec::new();
        while !boundary.is_never() && epochs.len() < most {
            let record = addresses.epoch(boundary);
            let closed = match self.find::<EpochRecord>(&record)? {
                Some(record) => ClosedBoundary::from(&record.state),
                None => self.close_of(record, boundary)?,
            };
            boundary = closed.previous;
            epochs.push(closed);
        }
        Ok(epochs)
    }

    fn close_of(&self, record: Pubkey, boundary: Timestamp) -> Result<ClosedBoundary, EpochsError> {
        let waits = ConstantBuilder::default().with_delay(RECORD_INTERVAL).with_max_times(RECORD_ATTEMPTS);
        let search = || self.close_among(&self.transactions_of(&record, boundary)?, record, boundary);
        search.retry(waits).when(|error| matches!(error, EpochsError::NoClose { .. })).call()
    }

    /// The close among transactions, the oldest first: most of what names a record is later. One that cannot be read, which anybody can
    /// make of one that names the record, is passed over.
    fn close_among(
        &self,
        signatures: &[Signature],
        record: Pubkey,
        boundary: Timestamp,
    ) -> Result<ClosedBoundary, EpochsError> {
        let mut unread = None;
        for signature in signatures {
            let events = match self.events(signature) {
                Ok(events) => events,
                Err(EventsError::Incomplete(incomplete)) => incomplete.seen,
                Err(error) => {
                    unread.get_or_insert(Box::new(error));
                    continue;
                }
            };
            let closed = events.iter().find_map(|event| match event {
                Event::EpochClosed(closed) if closed.record == record => Some(ClosedBoundary::from(closed)),
                _ => None,
            });
            if let Some(closed) = closed.filter(|closed| closed.boundary == boundary && closed.previous < boundary) {
                return Ok(closed);
            }
        }
        Err(EpochsError::NoClose { record, boundary: boundary.get(), unread })
    }

    /// Every transaction that took place and named the address, from the boundary on, the oldest first.
    fn transactions_of(&self, address: &Pubkey, boundary: Timestamp) -> Result<Vec<Signature>, EpochsError> {
        let no_history = |reason| EpochsError::NoHistory { record: *address, reason: Box::new(reason) };
        let earliest = boundary.get() - TIME_TOLERANCE;
        let (mut signatures, mut before) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let config = GetConfirmedSignaturesForAddress2Config {
                before,
                until: None,
                limit: Some(SIGNATURES_AT_ONCE),
                commitment: Some(CommitmentConfig::confirmed()),
            };
            let page = self.client.get_signatures_for_address_with_config(address, config).map_err(no_history)?;
            let told = page.iter().filter(|told| told.err.is_none() && told.block_time.is_none_or(|at| at >= earliest));
            signatures.extend(told.filter_map(|told| told.signature.parse::<Signature>().ok()));
            let last = page.last().and_then(|told| told.signature.parse().ok());
            if last.is_none() || last == before {
                break;
            }
            before = last;
        }
        signatures.reverse();
        Ok(signatures)
    }
}
