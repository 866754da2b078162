use std::error::Error as _;

use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::error::InstructionError;
use perp_accounts::AccountError;
use solana_rpc_client_api::client_error::{Error as ClientError, ErrorKind};
use solana_rpc_client_api::request::{RpcError, RpcResponseErrorData};
use solana_signature::Signature;
use solana_signer::SignerError;
use solana_transaction_error::TransactionError;
use thiserror::Error;

use super::CONFIRM_TIMEOUT;
use crate::errors::{exchange_error, failure_in_logs, Class, Failure};

/// Why a transaction did not take place, or may not have.
#[derive(Debug, Error)]
pub enum SendError {
    /// Nothing was sent.
    #[error("the transaction cannot be signed ({reason}): hand in a key for every signer its instructions name")]
    Signers {
        /// What is wrong with the signers.
        reason: SignerError,
    },
    /// Nothing was sent.
    #[error("{address} must sign: hand in its key")]
    MissingSigner {
        /// Who must sign.
        address: Pubkey,
    },
    /// Nothing was sent.
    #[error("nobody pays for the transaction: hand in a key")]
    NoSigners,
    /// Nothing was sent.
    #[error("the transaction is too large ({bytes} bytes of {limit}): name fewer accounts, or use a lookup table")]
    TooLarge {
        /// Its bytes.
        bytes: usize,
        /// The most that validators take.
        limit: usize,
    },
    /// It did not take place, and cannot any more.
    #[error(
        "transaction {signature} did not land with any of {attempts} blockhashes: pay more for a unit, or try again"
    )]
    Expired {
        /// The last transaction.
        signature: Signature,
        /// With how many blockhashes it was tried.
        attempts: u32,
    },
    /// Nothing was sent, for what kept another transaction of the same call from being sent.
    #[error("{reason}")]
    NotSent {
        /// What was in the way.
        reason: String,
    },
    /// The node cannot be reached.
    #[error("the RPC node at {url} cannot be reached ({reason}): check that it is running and its URL")]
    Unreachable {
        /// Scheme, host and port; no path, which may hold a secret.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// The program, or the runtime, refused it; nothing of it took place.
    #[error("{}", refusal_text(error, logs))]
    Failed {
        /// The runtime's error.
        error: TransactionError,
        /// What the transaction logged; empty where the node does not tell.
        logs: Vec<String>,
        /// Whether it is in a block and so has cost its fee; the node refused it before otherwise.
        in_block: bool,
    },
    /// It may still take place.
    #[error("transaction {signature} was not confirmed within {} s: look it up before sending it again", CONFIRM_TIMEOUT.as_secs())]
    Unconfirmed {
        /// The transaction.
        signature: Signature,
    },
    /// The node did not take it.
    #[error("the RPC node does not answer as expected ({0}): check that it is running and its URL")]
    Rpc(Box<ClientError>),
}

impl From<Box<ClientError>> for SendError {
    fn from(error: Box<ClientError>) -> Self {
        match unreachable(&error) {
            Some((url, reason)) => Self::Unreachable { url, reason },
            None => Self::Rpc(error),
        }
    }
}

impl SendError {
    /// Which program refused and why, when it was a program.
    pub fn failure(&self) -> Option<Failure> {
        match self {
            Self::Failed { logs, .. } => failure_in_logs(logs),
            _ => None,
        }
    }

    /// What to make of the exchange's refusal, where it was the exchange that refused.
    pub fn class(&self) -> Option<Class> {
        match self {
            // Nodes that keep no logs tell the code all the same; those below are of the system's programs.
            Self::Failed {
                error: TransactionError::InstructionError(_, InstructionError::Custom(code)), logs, ..
            } if logs.is_empty() => exchange_error(*code).map(Class::of),
            _ => {
                let failure = self.failure()?;
                failure.exchange_error().map(Class::of).or_else(|| Class::of_framework(&failure))
            }
        }
    }

    /// Whether somebody was first, or what was worth doing no longer is: nothing is wrong, and nothing is left to do.
    pub fn lost_race(&self) -> bool {
        self.class() == Some(Class::LostRace)
    }
}

/// Which node a request did not reach and why; none where it was answered.
fn unreachable(error: &ClientError) -> Option<(String, String)> {
    let ErrorKind::Reqwest(error) = error.kind() else { return None };
    let url = error.url().map_or_else(|| String::from("an unknown URL"), |url| url.origin().ascii_serialization());
    if let Some(status) = error.status() {
        return Some((url, format!("HTTP status {status}")));
    }
    // The first words are always the same, and name the whole URL.
    let mut reason: &dyn std::error::Error = error.source()?;
    while let Some(deeper) = reason.source() {
        reason = deeper;
    }
    Some((url, reason.to_string()))
}

/// The rule that was broken with its remedy; the logs only where no program explains itself.
fn refusal_text(error: &TransactionError, logs: &[String]) -> String {
    match failure_in_logs(logs) {
        Some(failure) => format!("the transaction failed: {failure} ({error})"),
        None => {
            let logs: String = logs.iter().map(|line| format!("\n    {line}")).collect();
            format!("the transaction failed: {error}{logs}")
        }
    }
}

/// Why an account could not be read.
#[derive(Debug, Error)]
pub enum FetchError {
    /// There is nothing at the address.
    #[error("there is no {expected} at {address}: check the address and the cluster")]
    Missing {
        /// The address.
        address: Pubkey,
        /// What was to be there.
        expected: &'static str,
    },
    /// There is something else at the address.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// There is something else than a token mint at the address.
    #[error("{address} is not a token mint: it belongs to program {owner}; check the address and the cluster")]
    NotAMint {
        /// The address.
        address: Pubkey,
        /// The program that owns the account there.
        owner: Pubkey,
    },
    /// There is something else than a token account at the address.
    #[error("{address} is not a token account: it belongs to program {owner}; check the address and the cluster")]
    NotATokenAccount {
        /// The address.
        address: Pubkey,
        /// The program that owns the account there.
        owner: Pubkey,
    },
    /// The node cannot be reached.
    #[error("the RPC node at {url} cannot be reached ({reason}): check that it is running and its URL")]
    Unreachable {
        /// Scheme, host and port; no path, which may hold a secret.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// The node did not answer as expected.
    #[error("the RPC node does not answer as expected ({0}): check that it is running and its URL")]
    Rpc(Box<ClientError>),
}

impl From<Box<ClientError>> for FetchError {
    fn from(error: Box<ClientError>) -> Self {
        match unreachable(&error) {
            Some((url, reason)) => Self::Unreachable { url, reason },
            None => Self::Rpc(error),
        }
    }
}

/// What the node's answer to a broadcast says of the transaction.
pub(super) fn refusal(error: ClientError) -> SendError {
    if let ErrorKind::RpcError(RpcError::RpcResponseError {
        data: RpcResponseErrorData::SendTransactionPreflightFailure(simulation),
        ..
    }) = error.kind()
    {
        if let Some(reason) = &simulation.err {
            return SendError::Failed {
                error: reason.clone().into(),
                logs: simulation.logs.clone().unwrap_or_default(),
                in_block: false,
            };
        }
    }
    SendError::from(Box::new(error))
}
