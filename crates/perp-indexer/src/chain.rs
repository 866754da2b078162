//! What a node is asked: which transactions there are, what happened in them, and what accounts count.

use std::time::Duration;

use anchor_lang::prelude::Pubkey;
use perp_client::accounts::{decode, AccountError, Exchange, MarginAccount, Market, Orders, Pool, Stored};
use perp_client::addresses::{orders_address, unpadded};
use perp_client::events::Event;
use perp_client::rpc::{events_in_record, EventsError, MAX_TRANSACTION_VERSION};
use perp_client::Addresses;
use serde_json::json;
use solana_account::Account;
use solana_account_decoder_client_types::UiAccount;
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::client_error::{Error as ClientError, ErrorKind};
use solana_rpc_client_api::config::{RpcSignaturesForAddressConfig, RpcTransactionConfig};
use solana_rpc_client_api::request::{RpcError, RpcRequest};
use solana_rpc_client_api::response::{Response, RpcConfirmedTransactionStatusWithSignature};
use solana_signature::Signature;
use solana_transaction_status_client_types::{EncodedConfirmedTransactionWithStatusMeta, UiTransactionEncoding};
use thiserror::Error;

use crate::facts::missing_followers;
use crate::store::{MarketRow, Scope};

/// Accounts a node reads at once.
const ACCOUNTS_AT_ONCE: usize = 100;
const MIN_CONTEXT_SLOT_NOT_REACHED: i64 = -32_016;
const UNSUPPORTED_TRANSACTION_VERSION: i64 = -32_015;
const INTERNAL_ERROR: i64 = -32_603;

/// Why the chain is not known.
#[derive(Debug, Error)]
pub enum ChainError {
    /// The node does not answer, or not as expected.
    #[error("the RPC node at {url} does not answer {request} as expected ({reason}): check that it runs and its URL")]
    Rpc {
        /// The node.
        url: String,
        /// What it was asked.
        request: RpcRequest,
        /// What it said.
        reason: String,
    },
    /// The node has not come as far as another that was asked before.
    #[error("the RPC node at {url} is behind slot {slot}, which was seen before: it is asked again later")]
    Behind {
        /// The node.
        url: String,
        /// The slot.
        slot: u64,
    },
    /// The node names a signature that is none.
    #[error("the RPC node at {url} lists \"{text}\", which is no signature")]
    Signature {
        /// The node.
        url: String,
        /// What it lists.
        text: String,
    },
    /// There is nothing at the address.
    #[error("there is no {expected} at {address}: check --exchange and the cluster of --rpc-url")]
    Missing {
        /// The address.
        address: Pubkey,
        /// What was to be there.
        expected: &'static str,
    },
    /// There is something else at the address.
    #[error(transparent)]
    Account(#[from] AccountError),
}

/// A transaction as nodes list it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its slot.
    pub slot: u64,
    /// Its number within the slot, where the node tells it.
    pub index: Option<u32>,
    /// Its signature.
    pub signature: Signature,
    /// Whether nothing of it took place.
    pub failed: bool,
}

/// Which transactions are listed.
#[derive(Clone, Copy, Debug)]
pub struct Listing {
    /// Only those before this one.
    pub before: Option<Signature>,
    /// Only those after this one.
    pub until: Option<Signature>,
    /// The node must have come as far as this slot.
    pub min_slot: Option<u64>,
    /// How far a block must be voted for.
    pub commitment: CommitmentConfig,
    /// At most so many, of 1 to 1000.
    pub limit: usize,
}

/// What a node says of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// What happened in it.
    Told {
        /// The slot it took place in, where the record says so.
        slot: Option<u64>,
        /// Its events, in order.
        events: Vec<Event>,
        /// Why these may not be all.
        fault: Option<String>,
    },
    /// The node cannot say it: of a version that is not known, for example.
    Refused(String),
    /// The node does not know it, or not yet.
    Unknown,
}

/// A margin account as it is on the chain.
#[derive(Clone, Debug)]
pub struct Margin {
    /// The account.
    pub account: MarginAccount,
    /// Its resting orders, where it has an account for them.
    pub orders: Option<Orders>,
}

/// A connection to a node.
pub struct Chain {
    client: RpcClient,
    /// As far as everybody may see it.
    url: String,
    /// What of the URL may be a key.
    secrets: Vec<String>,
}

impl Chain {
    /// A connection that waits so long for an answer. Nothing is sent yet.
    pub fn new(url: &str, timeout: Duration) -> Self {
        let client = RpcClient::new_with_timeout_and_commitment(url.into(), timeout, CommitmentConfig::confirmed());
        let (url, secrets) = shown(url);
        Self { client, url, secrets }
    }

    /// The error that everybody may read: no key that is a part of the URL is in it.
    fn rpc(&self, request: RpcRequest) -> impl FnOnce(ClientError) -> ChainError + '_ {
        move |reason| {
            let reason = self.secrets.iter().fold(reason.to_string(), |text, secret| text.replace(secret, "..."));
            ChainError::Rpc { url: self.url.clone(), request, reason }
        }
    }

    /// The newest slot that is as far voted for.
    ///
    /// # Errors
    /// [`ChainError::Rpc`].
    pub async fn slot(&self, commitment: CommitmentConfig) -> Result<u64, ChainError> {
        self.client.get_slot_with_commitment(commitment).await.map_err(self.rpc(RpcRequest::GetSlot))
    }

    /// Transactions that name an address, the newest first.
    ///
    /// # Errors
    /// [`ChainError::Rpc`], [`ChainError::Behind`], [`ChainError::Signature`].
    pub async fn signatures(&self, address: &Pubkey, listing: &Listing) -> Result<Vec<Listed>, ChainError> {
        const REQUEST: RpcRequest = RpcRequest::GetSignaturesForAddress;
        let config = RpcSignaturesForAddressConfig {
            before: listing.before.map(|signature| signature.to_string()),
            until: listing.until.map(|signature| signature.to_string()),
            limit: Some(listing.limit),
            commitment: Some(listing.commitment),
            min_context_slot: listing.min_slot,
        };
        let answer: Result<Vec<RpcConfirmedTransactionStatusWithSignature>, ClientError> =
            self.client.send(REQUEST, json!([address.to_string(), config])).await;
        let listed = match (answer, listing.min_slot) {
            (Ok(listed), _) => listed,
            (Err(error), Some(slot)) if is_behind(&error) => {
                return Err(ChainError::Behind { url: self.url.clone(), slot });
            }
            (Err(error), _) => return Err(self.rpc(REQUEST)(error)),
        };
        listed
            .into_iter()
            .map(|listed| {
                let signature = listed.signature.parse();
                let signature = signature
                    .map_err(|_| ChainError::Signature { url: self.url.clone(), text: listed.signature.clone() })?;
                Ok(Listed {
                    slot: listed.slot,
                    index: listed.transaction_index,
                    signature,
                    failed: listed.err.is_some(),
                })
            })
            .collect()
    }

    /// What the node keeps of a transaction in a confirmed block. A record that makes no sense is one with a fault: it must
    /// not keep others from being read.
    ///
    /// # Errors
    /// [`ChainError::Rpc`] where the node does not answer.
    pub async fn record(&self, signature: Signature) -> Result<Record, ChainError> {
        const REQUEST: RpcRequest = RpcRequest::GetTransaction;
        let config = RpcTransactionConfig {
            encoding: Some(UiTransactionEncoding::Json),
            commitment: Some(CommitmentConfig::confirmed()),
            max_supported_transaction_version: Some(MAX_TRANSACTION_VERSION),
        };
        let answer: Result<Option<serde_json::Value>, ClientError> =
            self.client.send(REQUEST, json!([signature.to_string(), config])).await;
        let record = match answer {
            Ok(Some(record)) => record,
            Ok(None) => return Ok(Record::Unknown),
            Err(error) if is_refusal(&error) => return Ok(Record::Refused(error.to_string())),
            Err(error) => return Err(self.rpc(REQUEST)(error)),
        };
        let record = match serde_json::from_value::<EncodedConfirmedTransactionWithStatusMeta>(record) {
            Ok(record) => record,
            Err(error) => {
                let fault = Some(format!("the RPC node's record makes no sense: {error}"));
                return Ok(Record::Told { slot: None, events: Vec::new(), fault });
            }
        };
        let slot = Some(record.slot);
        let (events, fault) = match events_in_record(signature, record) {
            Ok(events) => {
                let fault = missing_followers(&events);
                (events, fault)
            }
            Err(EventsError::Failed { .. }) => (Vec::new(), None),
            Err(EventsError::Incomplete(incomplete)) => (incomplete.seen, Some(incomplete.gap.to_string())),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        Ok(Record::Told { slot, events, fault })
    }

    /// Accounts of one type, in the order of their addresses; none where there is nothing.
    ///
    /// # Errors
    /// [`ChainError::Rpc`], [`ChainError::Account`].
    pub async fn accounts<T: Stored>(&self, addresses: &[Pubkey]) -> Result<Vec<Option<T>>, ChainError> {
        let mut found = Vec::with_capacity(addresses.len());
        for some in addresses.chunks(ACCOUNTS_AT_ONCE) {
            for (address, account) in some.iter().zip(self.at_once(some).await?) {
                found.push(stored(address, account)?);
            }
        }
        Ok(found)
    }

    /// What is at a few addresses at one time.
    async fn at_once(&self, addresses: &[Pubkey]) -> Result<Vec<Option<Account>>, ChainError> {
        let request = RpcRequest::GetMultipleAccounts;
        let named: Vec<_> = addresses.iter().map(Pubkey::to_string).collect();
        let config = json!([named, { "encoding": "base64", "commitment": "confirmed" }]);
        let answer = self.client.send::<Response<Vec<Option<UiAccount>>>>(request, config).await;
        let found = answer.map_err(self.rpc(request))?.value;
        // The client's own method panics where the node sends data that cannot be decoded.
        let decoded = |account: Option<UiAccount>| match account {
            None => Ok(None),
            Some(account) => account.to_account().map(Some).ok_or(()),
        };
        found.into_iter().map(decoded).collect::<Result<_, ()>>().map_err(|()| {
            let garbled = RpcError::ForUser("the node sent an account that cannot be decoded".to_owned());
            self.rpc(request)(ErrorKind::from(garbled).into())
        })
    }

    async fn account<T: Stored>(&self, address: Pubkey) -> Result<T, ChainError> {
        let found = self.accounts(&[address]).await?.pop().flatten();
        found.ok_or(ChainError::Missing { address, expected: T::NAME })
    }

    /// An exchange and its markets.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn exchange(&self, address: Pubkey) -> Result<(Scope, Vec<MarketRow>), ChainError> {
        let exchange: Exchange = self.account(address).await?;
        let addresses = Addresses::new(address, exchange.quote_mint, exchange.token_program);
        let listed: Vec<_> = (0..exchange.market_count).map(|market| addresses.market(market)).collect();
        let markets = self.accounts::<Market>(&listed).await?;
        let rows = markets.iter().zip(&listed).filter_map(|(market, address)| {
            market.as_ref().map(|market| MarketRow {
                market: market.state.index,
                address: address.to_string(),
                symbol: unpadded(&market.symbol),
                base_decimals: market.state.base_decimals,
            })
        });
        let scope = Scope { exchange: address, pool: addresses.pool, quote_decimals: exchange.quote_decimals };
        Ok((scope, rows.collect()))
    }

    /// Markets, in the order of their addresses.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn markets(&self, addresses: &[Pubkey]) -> Result<Vec<Option<Market>>, ChainError> {
        self.accounts(addresses).await
    }

    /// Margin accounts, in the order of their addresses, each with its orders as they are at the same time.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn margin_accounts(&self, addresses: &[Pubkey]) -> Result<Vec<Option<Margin>>, ChainError> {
        let mut found = Vec::with_capacity(addresses.len());
        for some in addresses.chunks(ACCOUNTS_AT_ONCE / 2) {
            let both: Vec<Pubkey> = some.iter().flat_map(|address| [*address, orders_address(address)]).collect();
            let mut accounts = both.iter().zip(self.at_once(&both).await?);
            while let (Some((address, account)), Some((at, orders))) = (accounts.next(), accounts.next()) {
                let (account, orders) = (stored::<MarginAccount>(address, account)?, stored::<Orders>(at, orders)?);
                found.push(account.map(|account| Margin { account, orders }));
            }
        }
        Ok(found)
    }

    /// How many events pool and exchange have had.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn sequences(&self, scope: &Scope) -> Result<(u64, u64), ChainError> {
        let pool: Pool = self.account(scope.pool).await?;
        let exchange: Exchange = self.account(scope.exchange).await?;
        Ok((pool.state.sequence, exchange.state.sequence))
    }
}

fn stored<T: Stored>(address: &Pubkey, account: Option<Account>) -> Result<Option<T>, ChainError> {
    Ok(account.map(|account| decode(address, &account.owner, &account.data)).transpose()?)
}

fn is_behind(error: &ClientError) -> bool {
    matches!(error.kind(), ErrorKind::RpcError(RpcError::RpcResponseError { code, .. }) if *code == MIN_CONTEXT_SLOT_NOT_REACHED)
}

/// Whether the node will not tell of a transaction however often it is asked. Whatever else it says, such as that it is asked
/// too much or is behind, passes.
fn is_refusal(error: &ClientError) -> bool {
    matches!(error.kind(), ErrorKind::RpcError(RpcError::RpcResponseError { code, .. })
        if [UNSUPPORTED_TRANSACTION_VERSION, INTERNAL_ERROR].contains(code))
}

/// A URL without what may be a key, and that.
fn shown(url: &str) -> (String, Vec<String>) {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let (host, path) = rest.find(['/', '?', '#']).map_or((rest, ""), |at| rest.split_at(at));
    let (user, host) = host.rsplit_once('@').unwrap_or(("", host));
    let secrets = [user, path.trim_matches('/')].into_iter().filter(|secret| !secret.is_empty());
    (format!("{scheme}://{host}"), secrets.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_in_a_url_are_not_shown() {
        for (url, visible, secrets) in [
            ("http://127.0.0.1:8899", "http://127.0.0.1:8899", vec![]),
            ("http://127.0.0.1:8899/", "http://127.0.0.1:8899", vec![]),
            ("https://rpc.example.com/?api-key=K", "https://rpc.example.com", vec!["?api-key=K"]),
            ("https://rpc.example.com?api-key=K", "https://rpc.example.com", vec!["?api-key=K"]),
            ("https://me:pass@rpc.example.com/v2/K/", "https://rpc.example.com", vec!["me:pass", "v2/K"]),
        ] {
            assert_eq!(shown(url), (visible.to_owned(), secrets.into_iter().map(str::to_owned).collect()), "{url}");
        }
    }
}
