//! Transactions over RPC, confirmed as fast as the node answers.

use std::thread::sleep;
use std::time::{Duration, Instant};

use solana_commitment_config::CommitmentConfig;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_rpc_client::rpc_client::RpcClient;
use solana_rpc_client_api::client_error::{Error as ClientError, ErrorKind};
use solana_rpc_client_api::config::RpcSendTransactionConfig;
use solana_rpc_client_api::request::{RpcError, RpcResponseErrorData};
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction::Transaction;
use solana_transaction_error::TransactionError;
use thiserror::Error;

/// `RpcClient::send_and_confirm_transaction` looks every 500 ms; the embedded validator has executed a transaction
/// when it answers `sendTransaction`.
const POLL_INTERVAL: Duration = Duration::from_millis(2);
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Debug, Error)]
pub enum SendError {
    /// The program, or the runtime, refused it; nothing of it took place.
    #[error("the transaction failed: {error}{}", indented(logs))]
    Failed { error: TransactionError, logs: Vec<String> },
    #[error("transaction {signature} was not confirmed within {} s: is the validator still running?", CONFIRM_TIMEOUT.as_secs())]
    Unconfirmed { signature: Signature },
    #[error("the RPC node does not answer as expected: {0}")]
    Rpc(#[from] Box<ClientError>),
}

impl SendError {
    /// The number of the program's error, when it was the program that refused.
    pub fn custom_code(&self) -> Option<u32> {
        match self {
            Self::Failed {
                error: TransactionError::InstructionError(_, solana_instruction::error::InstructionError::Custom(code)),
                ..
            } => Some(*code),
            _ => None,
        }
    }
}

fn indented(lines: &[String]) -> String {
    lines.iter().map(|line| format!("\n    {line}")).collect()
}

/// A connection that signs, sends and waits until a transaction is in a block.
pub struct Connection {
    client: RpcClient,
}

impl Connection {
    pub fn new(url: &str) -> Self {
        Self { client: RpcClient::new_with_commitment(url, CommitmentConfig::processed()) }
    }

    /// For everything that only reads.
    pub fn client(&self) -> &RpcClient {
        &self.client
    }

    /// One atomic transaction, paid by the first signer.
    pub fn send(&self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<Signature, SendError> {
        let blockhash = self.client.get_latest_blockhash().map_err(Box::new)?;
        let payer = signers.first().map(|signer| signer.pubkey());
        let transaction =
            Transaction::new_signed_with_payer(instructions, payer.as_ref(), &signers.to_vec(), blockhash);
        let config = RpcSendTransactionConfig {
            preflight_commitment: Some(CommitmentConfig::processed().commitment),
            ..RpcSendTransactionConfig::default()
        };
        let signature = self.client.send_transaction_with_config(&transaction, config).map_err(refusal)?;
        self.confirm(signature)
    }

    fn confirm(&self, signature: Signature) -> Result<Signature, SendError> {
        let deadline = Instant::now() + CONFIRM_TIMEOUT;
        while Instant::now() < deadline {
            let statuses = self.client.get_signature_statuses(&[signature]).map_err(Box::new)?;
            if let Some(status) = statuses.value.into_iter().next().flatten() {
                if let Some(error) = status.err {
                    return Err(SendError::Failed { error, logs: Vec::new() });
                }
                if status.satisfies_commitment(CommitmentConfig::confirmed()) {
                    return Ok(signature);
                }
            }
            sleep(POLL_INTERVAL);
        }
        Err(SendError::Unconfirmed { signature })
    }
}

fn refusal(error: ClientError) -> SendError {
    if let ErrorKind::RpcError(RpcError::RpcResponseError {
        data: RpcResponseErrorData::SendTransactionPreflightFailure(simulation),
        ..
    }) = error.kind()
    {
        if let Some(reason) = &simulation.err {
            return SendError::Failed {
                error: reason.clone().into(),
                logs: simulation.logs.clone().unwrap_or_default(),
            };
        }
    }
    SendError::Rpc(Box::new(error))
}
