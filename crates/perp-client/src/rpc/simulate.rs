//! Transactions that a node only tries.

use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client_api::config::RpcSimulateTransactionConfig;
use solana_transaction::Transaction;

use super::{Connection, SendError};

/// What a node says of a transaction that it has only tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulated {
    /// Compute units it took, where the node tells.
    pub compute_units: Option<u64>,
    /// What it logged.
    pub logs: Vec<String>,
}

impl Connection {
    /// What would become of a transaction now, which nobody needs to sign for that. Nothing changes.
    ///
    /// # Errors
    /// [`SendError::Failed`] with the reason where it would be refused; others where the node does not answer.
    pub fn simulate(&self, instructions: &[Instruction], payer: &Pubkey) -> Result<Simulated, SendError> {
        let transaction = Transaction::new_with_payer(instructions, Some(payer));
        let config = RpcSimulateTransactionConfig {
            sig_verify: false,
            replace_recent_blockhash: true,
            commitment: Some(CommitmentConfig::processed()),
            ..RpcSimulateTransactionConfig::default()
        };
        let answer = self.client.simulate_transaction_with_config(&transaction, config).map_err(Box::new)?.value;
        let logs = answer.logs.unwrap_or_default();
        match answer.err {
            Some(error) => Err(SendError::Failed { error: error.into(), logs, in_block: false }),
            None => Ok(Simulated { compute_units: answer.units_consumed, logs }),
        }
    }
}
