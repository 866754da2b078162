//! Accounts and transactions over RPC, confirmed as fast as the node answers.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::{error::InstructionError, Instruction};
use anchor_spl::token_2022::spl_token_2022::{self, extension::StateWithExtensions};
use perp_engine::units::{Clock, Timestamp};
use perp_swap::state::{Exchange, Market};
use solana_commitment_config::CommitmentConfig;
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

use crate::accounts::{decode, AccountError, Stored};
use crate::addresses::Addresses;
use crate::errors::{failure_in_logs, Failure};
use crate::snapshot::Snapshot;

/// `RpcClient::send_and_confirm_transaction` looks every 500 ms; the embedded validator has executed a transaction
/// when it answers `sendTransaction`.
const POLL_INTERVAL: Duration = Duration::from_millis(2);
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(30);

/// The cluster's clock: an account every cluster has.
const CLOCK: Pubkey = Pubkey::from_str_const("SysvarC1ock11111111111111111111111111111111");

#[derive(Debug, Error)]
pub enum SendError {
    /// The program, or the runtime, refused it; nothing of it took place.
    #[error("{}", refusal_text(error, logs))]
    Failed { error: TransactionError, logs: Vec<String> },
    #[error("transaction {signature} was not confirmed within {} s: is the validator still running?", CONFIRM_TIMEOUT.as_secs())]
    Unconfirmed { signature: Signature },
    #[error("the RPC node does not answer as expected ({0}): check that it is running and its URL")]
    Rpc(#[from] Box<ClientError>),
}

impl SendError {
    /// Which program refused and why, when it was a program.
    pub fn failure(&self) -> Option<Failure> {
        match self {
            Self::Failed { logs, .. } => failure_in_logs(logs),
            _ => None,
        }
    }

    /// The number of the program's error, when it was a program that refused.
    pub fn custom_code(&self) -> Option<u32> {
        match self {
            Self::Failed { error: TransactionError::InstructionError(_, InstructionError::Custom(code)), .. } => {
                Some(*code)
            }
            _ => None,
        }
    }
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
    #[error("there is no {expected} at {address}: check the address and the cluster")]
    Missing { address: Pubkey, expected: &'static str },
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error("{address} is not a token mint: it belongs to program {owner}; check the address and the cluster")]
    NotAMint { address: Pubkey, owner: Pubkey },
    #[error("the RPC node does not answer as expected ({0}): check that it is running and its URL")]
    Rpc(#[from] Box<ClientError>),
}

/// A token mint: what the exchange needs to know of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mint {
    pub token_program: Pubkey,
    pub decimals: u8,
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

    /// The account at `address`; `None` where there is nothing.
    ///
    /// # Errors
    /// [`FetchError`] where there is something else.
    pub fn find<T: Stored>(&self, address: &Pubkey) -> Result<Option<T>, FetchError> {
        let answer =
            self.client.get_account_with_commitment(address, CommitmentConfig::processed()).map_err(Box::new)?;
        let Some(account) = answer.value else { return Ok(None) };
        Ok(Some(decode(address, &account.owner, &account.data)?))
    }

    /// The account at `address`, which must exist.
    ///
    /// # Errors
    /// [`FetchError`].
    pub fn fetch<T: Stored>(&self, address: &Pubkey) -> Result<T, FetchError> {
        self.find(address)?.ok_or(FetchError::Missing { address: *address, expected: T::NAME })
    }

    /// The token mint at `address`, which must exist.
    ///
    /// # Errors
    /// [`FetchError`].
    pub fn mint(&self, address: &Pubkey) -> Result<Mint, FetchError> {
        let answer =
            self.client.get_account_with_commitment(address, CommitmentConfig::processed()).map_err(Box::new)?;
        let account = answer.value.ok_or(FetchError::Missing { address: *address, expected: "token mint" })?;
        let not_a_mint = FetchError::NotAMint { address: *address, owner: account.owner };
        if spl_token_2022::check_spl_token_program_account(&account.owner).is_err() {
            return Err(not_a_mint);
        }
        match StateWithExtensions::<spl_token_2022::state::Mint>::unpack(&account.data) {
            Ok(mint) => Ok(Mint { token_program: account.owner, decimals: mint.base.decimals }),
            Err(_) => Err(not_a_mint),
        }
    }

    /// The cluster's clock as the next transaction will see it.
    ///
    /// # Errors
    /// [`FetchError`].
    pub fn clock(&self) -> Result<Clock, FetchError> {
        let missing = FetchError::Missing { address: CLOCK, expected: "clock" };
        let data = self.client.get_account_data(&CLOCK).map_err(Box::new)?;
        // The slot is the first of its five words, the Unix time the last.
        let word = |offset: usize| data.get(offset..offset + 8).and_then(|bytes| <[u8; 8]>::try_from(bytes).ok());
        match (word(0), word(32)) {
            (Some(slot), Some(now)) => {
                Ok(Clock { now: Timestamp::new(i64::from_le_bytes(now)), slot: u64::from_le_bytes(slot) })
            }
            _ => Err(missing),
        }
    }

    /// The exchange with all its markets at this moment.
    ///
    /// # Errors
    /// [`FetchError`].
    pub fn snapshot(&self, addresses: &Addresses) -> Result<Snapshot, FetchError> {
        let exchange: Exchange = self.fetch(&addresses.exchange)?;
        let mut snapshot = Snapshot::new(&exchange, self.clock()?);
        for index in 0..exchange.market_count {
            let market: Market = self.fetch(&addresses.market(index))?;
            snapshot = snapshot.with_market(market.state);
        }
        Ok(snapshot)
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
