//! What a node keeps of a transaction: its logs and its events.

use std::time::Duration;

use anchor_lang::prelude::Pubkey;
use backon::{BlockingRetryable, ConstantBuilder};
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client_api::client_error::Error as ClientError;
use solana_rpc_client_api::config::RpcTransactionConfig;
use solana_signature::Signature;
use solana_transaction_error::TransactionError;
use solana_transaction_status_client_types::{
    EncodedConfirmedTransactionWithStatusMeta, EncodedTransaction, EncodedTransactionWithStatusMeta,
    UiInnerInstructions, UiInstruction, UiLoadedAddresses, UiMessage,
};
use thiserror::Error;

use super::Connection;
use crate::events::{events_in_transaction, Event, Incomplete};

#[cfg(test)]
mod tests;

/// Nodes tell of a transaction once its block is confirmed, some slots after it is processed.
pub(super) const RECORD_INTERVAL: Duration = Duration::from_millis(200);
pub(super) const RECORD_ATTEMPTS: usize = 25;

/// The newest version of transactions whose events can be read.
pub const MAX_TRANSACTION_VERSION: u8 = 1;

/// Why the events of a transaction are not known, or not all of them.
#[derive(Debug, Error)]
pub enum EventsError {
    /// The node has no record of it.
    #[error("the RPC node does not tell of transaction {signature} ({reason}): ask one that keeps a history")]
    NoRecord {
        /// The transaction.
        signature: Signature,
        /// The node's answer.
        reason: Box<ClientError>,
    },
    /// Nothing of it took place.
    #[error("transaction {signature} failed, so nothing of it took place: {error}")]
    Failed {
        /// The transaction.
        signature: Signature,
        /// The runtime's error.
        error: TransactionError,
    },
    /// The record lacks what events are read from.
    #[error("the RPC node's record of transaction {signature} has no {missing}: ask another node")]
    Partial {
        /// The transaction.
        signature: Signature,
        /// What is missing.
        missing: &'static str,
    },
    /// Some could be read.
    #[error(transparent)]
    Incomplete(#[from] Incomplete),
}

impl Connection {
    /// What a transaction in a block logged; nothing where the node does not tell, which is no reason to hide that the
    /// transaction failed.
    pub fn logs(&self, signature: &Signature) -> Vec<String> {
        let meta = self.record(signature).ok().and_then(|record| record.transaction.meta);
        meta.and_then(|meta| Option::from(meta.log_messages)).unwrap_or_default()
    }

    /// What the node keeps of a transaction in a confirmed block; some nodes keep nothing.
    fn record(&self, signature: &Signature) -> Result<EncodedConfirmedTransactionWithStatusMeta, ClientError> {
        let config = RpcTransactionConfig {
            commitment: Some(CommitmentConfig::confirmed()),
            max_supported_transaction_version: Some(MAX_TRANSACTION_VERSION),
            ..RpcTransactionConfig::default()
        };
        let waits = ConstantBuilder::default().with_delay(RECORD_INTERVAL).with_max_times(RECORD_ATTEMPTS);
        (|| self.client.get_transaction_with_config(signature, config)).retry(waits).call()
    }

    /// Every event of a transaction that took place, in order, whether it was logged or the program sent it to itself. Waits
    /// up to five seconds for the node to have a record of it.
    ///
    /// # Errors
    /// [`EventsError`].
    pub fn events(&self, signature: &Signature) -> Result<Vec<Event>, EventsError> {
        let record = self
            .record(signature)
            .map_err(|reason| EventsError::NoRecord { signature: *signature, reason: Box::new(reason) })?;
        events_in_record(*signature, record)
    }
}

/// Every event of a transaction that took place, in order, from what a node keeps of it.
///
/// # Errors
/// [`EventsError`], which is never [`EventsError::NoRecord`].
pub fn events_in_record(
    signature: Signature,
    record: EncodedConfirmedTransactionWithStatusMeta,
) -> Result<Vec<Event>, EventsError> {
    let partial = |missing| EventsError::Partial { signature, missing };
    let EncodedTransactionWithStatusMeta { transaction, meta, .. } = record.transaction;
    let meta = meta.ok_or(partial("outcome"))?;
    if let Some(error) = meta.err {
        return Err(EventsError::Failed { signature, error: error.into() });
    }
    let mut keys = match transaction {
        EncodedTransaction::Json(transaction) => match transaction.message {
            UiMessage::Raw(message) => message.account_keys,
            UiMessage::Parsed(_) => return Err(partial("account keys")),
        },
        _ => return Err(partial("account keys")),
    };
    // Those of a lookup table are counted after the others.
    let loaded: Option<UiLoadedAddresses> = meta.loaded_addresses.into();
    if let Some(loaded) = loaded {
        keys.extend(loaded.writable.into_iter().chain(loaded.readonly));
    }
    let logs: Vec<String> = Option::from(meta.log_messages).ok_or(partial("logs"))?;
    let inner: Vec<UiInnerInstructions> = Option::from(meta.inner_instructions).ok_or(partial("inner instructions"))?;
    let mut called = Vec::new();
    for instruction in inner.into_iter().flat_map(|inner| inner.instructions) {
        let UiInstruction::Compiled(instruction) = instruction else { return Err(partial("instruction data")) };
        let program = keys.get(usize::from(instruction.program_id_index)).and_then(|key| key.parse().ok());
        let program: Pubkey = program.ok_or(partial("account keys"))?;
        let data = bs58::decode(&instruction.data).into_vec().map_err(|_| partial("instruction data"))?;
        called.push((program, data));
    }
    Ok(events_in_transaction(&logs, called)?)
}
