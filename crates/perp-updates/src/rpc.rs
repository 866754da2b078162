//! What posting needs to know from a node, and its transactions sent to it.

use perp_client::rpc::{Connection, FetchError, SendError};
use solana_account_decoder_client_types::{UiAccount, UiAccountEncoding};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_rpc_client_api::client_error::Error as ClientError;
use solana_rpc_client_api::config::{RpcAccountInfoConfig, RpcProgramAccountsConfig};
use solana_rpc_client_api::filter::{Memcmp, RpcFilterType};
use solana_signature::Signature;
use solana_signer::Signer;
use thiserror::Error;

use crate::bridge::EncodedVaa;
use crate::posting::Plan;
use crate::receiver::{published, ConfigError, Receiver, ReceiverConfig, PRICE, PRICE_ACCOUNT_LEN};

/// Why the receiver's settings are not known.
#[derive(Debug, Error)]
pub enum ReadError {
    /// No settings.
    #[error("{address} holds no settings of Pyth's receiver {program}: check the cluster")]
    Config {
        /// Where they were to be.
        address: Pubkey,
        /// The receiver.
        program: Pubkey,
    },
    /// The node did not answer.
    #[error(transparent)]
    Rpc(#[from] FetchError),
}

/// Settings of a receiver as they are now.
///
/// # Errors
/// [`ReadError`].
pub fn receiver_config(connection: &Connection, receiver: Receiver) -> Result<ReceiverConfig, ReadError> {
    let (address, program) = (receiver.config(), receiver.program());
    let account = connection.account(&address)?.filter(|account| account.owner == program);
    let config = account.ok_or(ConfigError).and_then(|account| ReceiverConfig::parse(receiver, &account.data));
    config.map_err(|ConfigError| ReadError::Config { address, program })
}

/// Lamports for the account of a message.
///
/// # Errors
/// [`ReadError::Rpc`].
pub fn vaa_lamports(connection: &Connection, vaa: &[u8]) -> Result<u64, ReadError> {
    let length = usize::try_from(EncodedVaa::len_for(vaa)).unwrap_or(usize::MAX);
    Ok(connection.client().get_minimum_balance_for_rent_exemption(length).map_err(unanswered)?)
}

/// The price accounts of a receiver that this wallet has posted to and may close, with the times at which their readings were published,
/// in seconds since 1970.
///
/// # Errors
/// [`FetchError`], also where the node does not list a program's accounts.
pub fn posted_by(
    connection: &Connection,
    receiver: Receiver,
    payer: &Pubkey,
) -> Result<Vec<(Pubkey, i64)>, FetchError> {
    // What it begins with is followed by who may close it.
    let begins = [&PRICE[..], payer.as_ref()].concat();
    let filters =
        vec![RpcFilterType::DataSize(PRICE_ACCOUNT_LEN), RpcFilterType::Memcmp(Memcmp::new_raw_bytes(0, begins))];
    let account_config = RpcAccountInfoConfig { encoding: Some(UiAccountEncoding::Base64), ..Default::default() };
    let config = RpcProgramAccountsConfig { filters: Some(filters), account_config, ..Default::default() };
    let client = connection.client();
    let found = client.get_program_ui_accounts_with_config(&receiver.program(), config).map_err(unanswered)?;
    let read = |(address, account): (Pubkey, UiAccount)| Some((address, published(&account.data.decode()?)?));
    Ok(found.into_iter().filter_map(read).collect())
}

/// Named without what its URL may hold besides the host.
fn unanswered(error: ClientError) -> FetchError {
    Box::new(error).into()
}

/// A transaction of a plan that did not take place, or may not have.
#[derive(Debug, Error)]
#[error("transaction {} of {count}: {reason}{}", index + 1, left_text(left_open))]
pub struct PlanSendError {
    /// Which one, from zero.
    pub index: usize,
    /// How many there are.
    pub count: usize,
    /// Why.
    pub reason: Box<SendError>,
    /// The account of the message, where an earlier transaction has opened it and closing it failed too.
    pub left_open: Option<Pubkey>,
}

fn left_text(left_open: &Option<Pubkey>) -> String {
    left_open
        .map_or(String::new(), |address| format!(" (account {address} of the signed message is left open: close it)"))
}

/// Sends the transactions one after the other, each once the one before is in a block. The payer's key is the first; further
/// ones are those of new accounts. Where one fails, the account of the message is closed.
///
/// # Errors
/// [`PlanSendError`]: nothing of that transaction, nor of those after it, took place, unless its reason says that it may have.
pub fn send(connection: &Connection, plan: &Plan, signers: &[&Keypair]) -> Result<Vec<Signature>, PlanSendError> {
    let count = plan.transactions.len();
    let mut signatures = Vec::with_capacity(count);
    for (index, instructions) in plan.transactions.iter().enumerate() {
        let metas = || instructions.iter().flat_map(|instruction| &instruction.accounts);
        let signs = |key: &&Keypair| metas().any(|meta| meta.is_signer && meta.pubkey == key.pubkey());
        let more = signers.iter().skip(1).copied().filter(signs);
        let needed: Vec<&Keypair> = signers.first().copied().into_iter().chain(more).collect();
        match connection.send(instructions, &needed) {
            Ok(signature) => signatures.push(signature),
            Err(reason) => {
                let open = plan.encoded_vaa.as_ref().filter(|_| index > 0);
                let left_open = open.filter(|open| connection.send(&[open.close()], &signers[..1]).is_err());
                let left_open = left_open.map(|open| open.address);
                return Err(PlanSendError { index, count, reason: Box::new(reason), left_open });
            }
        }
    }
    Ok(signatures)
}
