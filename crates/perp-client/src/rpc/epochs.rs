//! What shares were worth at every boundary, from the chain alone.

use anchor_lang::prelude::Pubkey;
use backon::{BlockingRetryable, ConstantBuilder};
use perp_accounts::Pool;
use perp_engine::units::Timestamp;
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

/// Why the closed epochs of an exchange are not known, or not all of them.
#[derive(Debug, Error)]
pub enum EpochsError {
    /// The pool could not be read.
    #[error(transparent)]
    Pool(#[from] FetchError),
    /// The node does not list an address's transactions.
    #[error("the RPC node does not list the transactions of {record} ({reason}): ask one that keeps a history")]
    NoHistory {
        /// The record of the epoch.
        record: Pubkey,
        /// The node's answer.
        reason: Box<ClientError>,
    },
    /// None of the transactions that the node lists closed the epoch.
    #[error("the RPC node tells of no close of the boundary {boundary} at {record}: ask one that keeps an older history")]
    NoClose {
        /// The record of the epoch.
        record: Pubkey,
        /// The boundary, in Unix seconds.
        boundary: i64,
    },
    /// A transaction could not be read.
    #[error(transparent)]
    Events(#[from] EventsError),
}

impl Connection {
    /// What closing each of the exchange's last epochs came to, the newest first, `most` of them at most: `lower / shares_before` is what
    /// a share brought and `upper / shares_before` what it cost. Each close names the one before it, and the address of its record, which
    /// is gone once all requests are paid, has it among its transactions. Waits up to five seconds for the node to know of the newest.
    ///
    /// # Errors
    /// [`EpochsError`] where the node does not reach back so far.
    pub fn epochs(&self, addresses: &Addresses, most: usize) -> Result<Vec<EpochClosed>, EpochsError> {
        let mut boundary = self.fetch::<Pool>(&addresses.pool)?.state.last.boundary;
        let mut epochs = Vec::new();
        while !boundary.is_never() && epochs.len() < most {
            let closed = self.close_of(addresses.epoch(boundary), boundary)?;
            boundary = Timestamp::new(closed.previous);
            epochs.push(closed);
        }
        Ok(epochs)
    }

    fn close_of(&self, record: Pubkey, boundary: Timestamp) -> Result<EpochClosed, EpochsError> {
        let waits = ConstantBuilder::default().with_delay(RECORD_INTERVAL).with_max_times(RECORD_ATTEMPTS);
        let missing = || EpochsError::NoClose { record, boundary: boundary.get() };
        let listed = || match self.transactions_of(&record)? {
            signatures if signatures.is_empty() => Err(missing()),
            signatures => Ok(signatures),
        };
        let signatures = listed.retry(waits).when(|error| matches!(error, EpochsError::NoClose { .. })).call()?;
        // The record exists since its close: whatever else names it came later, but for what never reached the program.
        for signature in signatures.iter().rev() {
            let closes = self.events(signature)?.into_iter().find_map(|event| match event {
                Event::EpochClosed(closed) if closed.record == record => Some(closed),
                _ => None,
            });
            if let Some(closed) = closes {
                return Ok(closed);
            }
        }
        Err(missing())
    }

    /// Every transaction that took place and named the address, the newest first.
    fn transactions_of(&self, address: &Pubkey) -> Result<Vec<Signature>, EpochsError> {
        let no_history = |reason| EpochsError::NoHistory { record: *address, reason: Box::new(reason) };
        let mut signatures = Vec::new();
        let mut before = None;
        loop {
            let config = GetConfirmedSignaturesForAddress2Config {
                before,
                until: None,
                limit: Some(SIGNATURES_AT_ONCE),
                commitment: Some(CommitmentConfig::confirmed()),
            };
            let page = self.client.get_signatures_for_address_with_config(address, config).map_err(no_history)?;
            for transaction in page.iter().filter(|transaction| transaction.err.is_none()) {
                signatures.extend(transaction.signature.parse::<Signature>());
            }
            before = page.last().and_then(|transaction| transaction.signature.parse().ok());
            if page.len() < SIGNATURES_AT_ONCE || before.is_none() {
                return Ok(signatures);
            }
        }
    }
}
