//! All accounts of one type.

use anchor_lang::prelude::Pubkey;
use perp_accounts::{
    decode, AccountError, EpochRecord, LiquidityRequest, MarginAccount, Market, Orders, Pool, Stored, ID,
};
use serde_json::{json, Value};
use solana_rpc_client_api::client_error::Error as ClientError;
use solana_rpc_client_api::request::RpcRequest;
use solana_rpc_client_api::response::{OptionalContext, RpcKeyedAccount};

use super::follow::Filter;
use super::{Connection, FetchError};

/// An account that begins with the address of its exchange.
pub trait OfExchange: Stored + Send {
    /// How often it has changed, where it counts that.
    fn sequence(&self) -> Option<u64> {
        None
    }
}

impl OfExchange for Market {
    fn sequence(&self) -> Option<u64> {
        Some(self.state.sequence)
    }
}

impl OfExchange for Pool {
    fn sequence(&self) -> Option<u64> {
        Some(self.state.sequence)
    }
}

impl OfExchange for MarginAccount {
    fn sequence(&self) -> Option<u64> {
        Some(self.state.sequence)
    }
}

impl OfExchange for LiquidityRequest {}
impl OfExchange for EpochRecord {}
impl OfExchange for Orders {}

/// What a node had at some slot.
pub(super) struct ReadAt<A> {
    pub(super) slot: u64,
    pub(super) accounts: Vec<(Pubkey, A)>,
}

/// Every account of the type, each as `made` makes it.
pub(super) fn read_all<T: OfExchange, A>(
    connection: &Connection,
    exchange: &Pubkey,
    made: impl Fn(T) -> A,
) -> Result<ReadAt<A>, FetchError> {
    let mut query = Filter::of::<T>(exchange).query();
    query["withContext"] = Value::Bool(true);
    let asked = connection.client.send(RpcRequest::GetProgramAccounts, json!([ID.to_string(), query]));
    let answer: OptionalContext<Vec<RpcKeyedAccount>> = asked.map_err(Box::new)?;
    let OptionalContext::Context(answer) = answer else {
        return Err(garbled("accounts without the slot in which it read them"));
    };
    let accounts = answer.value.iter().map(|found| Ok((address_of(found)?, made(account_of(found)?))));
    Ok(ReadAt { slot: answer.context.slot, accounts: accounts.collect::<Result<_, FetchError>>()? })
}

/// The address of an account that a node sent.
pub(super) fn address_of(found: &RpcKeyedAccount) -> Result<Pubkey, FetchError> {
    found.pubkey.parse().map_err(|_| garbled("an address that is none"))
}

/// The account that a node sent.
pub(super) fn account_of<T: OfExchange>(found: &RpcKeyedAccount) -> Result<T, FetchError> {
    let address = address_of(found)?;
    let owner = found.account.owner.parse().map_err(|_| garbled("an owner that is none"))?;
    let data = found.account.data.decode().ok_or_else(|| garbled("account data that cannot be decoded"))?;
    decode(&address, &owner, &data).map_err(|error: AccountError| error.into())
}

/// An answer that is none.
pub(super) fn garbled(what: &str) -> FetchError {
    Box::new(ClientError::from(std::io::Error::other(format!("the node sent {what}")))).into()
}
