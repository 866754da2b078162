//! Accounts and transactions over RPC, confirmed as fast as the node answers.

use std::time::Duration;

use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;
use anchor_spl::token_2022::spl_token_2022::{self, extension::StateWithExtensions};
use backon::{BlockingRetryable, ExponentialBuilder};
use perp_accounts::{decode, Exchange, Market, Pool, Stored};
use perp_engine::units::{Atoms, Clock};
use perp_exchange::chain::{read_clock, CLOCK};
use serde_json::json;
use solana_account::Account;
use solana_account_decoder_client_types::UiAccount;
use solana_commitment_config::CommitmentConfig;
use solana_keypair::Keypair;
use solana_rpc_client::rpc_client::RpcClient;
use solana_rpc_client_api::config::RpcSendTransactionConfig;
use solana_rpc_client_api::request::RpcRequest;
use solana_rpc_client_api::response::Response;
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction::Transaction;
use solana_transaction_error::TransactionError;

use crate::addresses::Addresses;

mod accounts;
mod epochs;
mod errors;
mod follow;
mod history;
mod record;
mod send;
mod simulate;
mod venue;

#[cfg(test)]
mod stub;
#[cfg(test)]
mod tests;

use accounts::garbled;
use errors::refusal;

pub use accounts::OfExchange;
pub use epochs::{ClosedBoundary, EpochsError};
pub use errors::{FetchError, SendError};
pub use follow::{Accounts, Filter, Follow, FollowError, Listener, Source, WebSocket, TICK};
pub use history::Told;
pub use record::{events_in_record, EventsError, MAX_TRANSACTION_VERSION};
pub use send::{Landed, Outbox, SendOptions, TRANSACTION_LIMIT};
pub use simulate::Simulated;
pub use venue::{OpenError, Venue};

/// The embedded validator has executed a transaction when it answers `sendTransaction`; a public node takes a slot or two
/// and does not want to be asked more often than `RpcClient::send_and_confirm_transaction` does.
const POLL_FIRST: Duration = Duration::from_millis(2);
const POLL_LAST: Duration = Duration::from_millis(500);
/// Accounts that a node reads in one go.
const AT_ONE_MOMENT: usize = 100;
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(30);

/// A token mint: what the exchange needs to know of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mint {
    /// The program that owns it.
    pub token_program: Pubkey,
    /// Decimals of its token.
    pub decimals: u8,
}

/// A connection that signs, sends and waits until a transaction is in a block.
pub struct Connection {
    client: RpcClient,
}

impl Connection {
    /// A connection to the node at `url`. Nothing is sent yet.
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
        let Some(account) = self.account(address)? else { return Ok(None) };
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
        let account =
            self.account(address)?.ok_or(FetchError::Missing { address: *address, expected: "token mint" })?;
        let not_a_mint = FetchError::NotAMint { address: *address, owner: account.owner };
        if spl_token_2022::check_spl_token_program_account(&account.owner).is_err() {
            return Err(not_a_mint);
        }
        match StateWithExtensions::<spl_token_2022::state::Mint>::unpack(&account.data) {
            Ok(mint) => Ok(Mint { token_program: account.owner, decimals: mint.base.decimals }),
            Err(_) => Err(not_a_mint),
        }
    }

    /// What a token account holds; `None` where there is none at the address.
    ///
    /// # Errors
    /// [`FetchError`] where there is something else.
    pub fn tokens(&self, address: &Pubkey) -> Result<Option<Atoms>, FetchError> {
        let Some(account) = self.account(address)? else { return Ok(None) };
        match StateWithExtensions::<spl_token_2022::state::Account>::unpack(&account.data) {
            Ok(found) if spl_token_2022::check_spl_token_program_account(&account.owner).is_ok() => {
                Ok(Some(Atoms::new(found.base.amount)))
            }
            _ => Err(FetchError::NotATokenAccount { address: *address, owner: account.owner }),
        }
    }

    /// The cluster's clock as the next transaction will see it.
    ///
    /// # Errors
    /// [`FetchError`].
    pub fn clock(&self) -> Result<Clock, FetchError> {
        clock_in(self.read(&[CLOCK])?.first())
    }

    /// The exchange with its pool, all its markets and the clock as they were at one moment: one request reads up to 97 markets;
    /// those beyond are read after it.
    ///
    /// # Errors
    /// [`FetchError`].
    pub fn snapshot(&self, addresses: &Addresses) -> Result<perp_exchange::Exchange, FetchError> {
        let mut market_count = self.fetch::<Exchange>(&addresses.exchange)?.market_count;
        loop {
            let markets: Vec<_> = (0..market_count).map(|index| addresses.market(index)).collect();
            let wanted = [&[CLOCK, addresses.exchange, addresses.pool], &markets[..]].concat();
            let found = self.read(&wanted)?;
            let exchange: Exchange = existing(&addresses.exchange, found.get(1))?;
            if exchange.market_count == market_count {
                let pool: Pool = existing(&addresses.pool, found.get(2))?;
                let snapshot =
                    perp_exchange::Exchange::from_chain(&exchange, clock_in(found.first())?).with_pool(&pool);
                return markets.iter().zip(&found[3..]).try_fold(snapshot, |snapshot, (address, found)| {
                    Ok(snapshot.with_market(&existing::<Market>(address, Some(found))?))
                });
            }
            // One was listed between the two requests.
            market_count = exchange.market_count;
        }
    }

    /// What is at each of the addresses, in their order; up to a hundred at a time are read by the node in one go.
    ///
    /// # Errors
    /// [`FetchError`].
    pub fn read(&self, addresses: &[Pubkey]) -> Result<Vec<Option<Account>>, FetchError> {
        let mut found = Vec::with_capacity(addresses.len());
        for some in addresses.chunks(AT_ONE_MOMENT) {
            // The client's own method panics where the node sends data that cannot be decoded.
            let config = json!([base58(some), { "encoding": "base64", "commitment": "processed" }]);
            let answer = self.client.send::<Response<Vec<Option<UiAccount>>>>(RpcRequest::GetMultipleAccounts, config);
            let answer = answer.map_err(Box::new)?.value;
            if answer.len() != some.len() {
                return Err(garbled("another number of accounts than it was asked for"));
            }
            for account in answer {
                found.push(account.map(|account| decoded(&account)).transpose()?);
            }
        }
        Ok(found)
    }

    /// Whether there is a program at `address`.
    ///
    /// # Errors
    /// [`FetchError::Rpc`].
    pub fn is_program(&self, address: &Pubkey) -> Result<bool, FetchError> {
        Ok(self.account(address)?.is_some_and(|account| account.executable))
    }

    /// What is at the address.
    ///
    /// # Errors
    /// [`FetchError`].
    pub fn account(&self, address: &Pubkey) -> Result<Option<Account>, FetchError> {
        // The client's own method says of a node that is not there that the account is not.
        let config = json!([address.to_string(), { "encoding": "base64", "commitment": "processed" }]);
        let answer = self.client.send::<Response<Option<UiAccount>>>(RpcRequest::GetAccountInfo, config);
        answer.map_err(Box::new)?.value.map(|account| decoded(&account)).transpose()
    }

    /// One atomic transaction, paid by the first signer.
    ///
    /// # Errors
    /// [`SendError`].
    pub fn send(&self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<Signature, SendError> {
        let payer = signers.first().ok_or(SendError::NoSigners)?.pubkey();
        let mut transaction = Transaction::new_with_payer(instructions, Some(&payer));
        let needed = usize::from(transaction.message.header.num_required_signatures);
        let is_there = |key: &&Pubkey| signers.iter().any(|signer| signer.pubkey() == **key);
        if let Some(address) = transaction.message.account_keys.iter().take(needed).find(|key| !is_there(key)) {
            return Err(SendError::MissingSigner { address: *address });
        }
        let bytes = 1 + 64 * needed + transaction.message.serialize().len();
        if bytes > TRANSACTION_LIMIT {
            return Err(SendError::TooLarge { bytes, limit: TRANSACTION_LIMIT });
        }
        let blockhash = self.client.get_latest_blockhash().map_err(Box::new)?;
        transaction.try_sign(&signers.to_vec(), blockhash).map_err(|reason| SendError::Signers { reason })?;
        let config = RpcSendTransactionConfig {
            preflight_commitment: Some(CommitmentConfig::processed().commitment),
            ..RpcSendTransactionConfig::default()
        };
        let signature = self.client.send_transaction_with_config(&transaction, config).map_err(refusal)?;
        self.confirm(signature)
    }

    fn confirm(&self, signature: Signature) -> Result<Signature, SendError> {
        let waits = ExponentialBuilder::default()
            .with_factor(2.0)
            .with_min_delay(POLL_FIRST)
            .with_max_delay(POLL_LAST)
            .with_total_delay(Some(CONFIRM_TIMEOUT))
            .without_max_times();
        // It has been sent: a node that does not answer now is asked again like one that does not know yet.
        match (|| self.outcome(&signature).ok_or(())).retry(waits).call() {
            Ok(None) => Ok(signature),
            Ok(Some(error)) => Err(SendError::Failed { error, logs: self.logs(&signature), in_block: true }),
            Err(()) => Err(SendError::Unconfirmed { signature }),
        }
    }

    /// What became of a transaction: `None` while that is not known, `Some(None)` where it took place.
    fn outcome(&self, signature: &Signature) -> Option<Option<TransactionError>> {
        let statuses = self.client.get_signature_statuses(&[*signature]).ok()?;
        let status = statuses.value.into_iter().next().flatten()?;
        let known = status.err.is_some() || status.satisfies_commitment(CommitmentConfig::confirmed());
        known.then_some(status.err)
    }
}

/// The account at `address`, which must exist, from what was found there.
fn existing<T: Stored>(address: &Pubkey, found: Option<&Option<Account>>) -> Result<T, FetchError> {
    match found {
        Some(Some(account)) => Ok(decode(address, &account.owner, &account.data)?),
        _ => Err(FetchError::Missing { address: *address, expected: T::NAME }),
    }
}

fn clock_in(found: Option<&Option<Account>>) -> Result<Clock, FetchError> {
    let account = found.and_then(Option::as_ref);
    account
        .and_then(|account| read_clock(&account.data))
        .ok_or(FetchError::Missing { address: CLOCK, expected: "clock" })
}

fn base58(addresses: &[Pubkey]) -> Vec<String> {
    addresses.iter().map(Pubkey::to_string).collect()
}

/// An account that the node sent.
fn decoded(account: &UiAccount) -> Result<Account, FetchError> {
    account.to_account().ok_or_else(|| garbled("an account that cannot be decoded"))
}
