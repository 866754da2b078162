//! Transactions that a node only tries.

use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::error::InstructionError;
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::AnchorDeserialize;
use base64::prelude::{Engine, BASE64_STANDARD};
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client_api::config::RpcSimulateTransactionConfig;
use solana_transaction::Transaction;
use solana_transaction_error::TransactionError;

use super::{Connection, SendError};

/// What a node says of a transaction that it has only tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulated {
    /// Compute units it took, where the node tells.
    pub compute_units: Option<u64>,
    /// What it logged.
    pub logs: Vec<String>,
    /// What the last program that answered said, and which it is.
    pub answer: Option<(Pubkey, Vec<u8>)>,
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
            None => {
                let answered = answer.return_data.and_then(|answer| {
                    let data = BASE64_STANDARD.decode(answer.data.0).ok()?;
                    Some((answer.program_id.parse().ok()?, data))
                });
                Ok(Simulated { compute_units: answer.units_consumed, logs, answer: answered })
            }
        }
    }

    /// What the exchange answers to a view, after the instructions before it: of the types in
    /// [`answers`](crate::instructions::answers). Nobody signs and nothing changes; `payer` is any wallet with lamports.
    ///
    /// # Errors
    /// Those of [`Connection::simulate`]; [`SendError::Failed`] where nothing of that type is answered.
    pub fn ask<T: AnchorDeserialize>(&self, instructions: &[Instruction], payer: &Pubkey) -> Result<T, SendError> {
        let Simulated { answer, logs, .. } = self.simulate(instructions, payer)?;
        let data = answer.filter(|(program, _)| *program == perp_swap::ID).map(|(_, data)| data);
        let told = data.and_then(|data| T::try_from_slice(&data).ok());
        let error = TransactionError::InstructionError(0, InstructionError::InvalidInstructionData);
        told.ok_or(SendError::Failed { error, logs, in_block: false })
    }
}
