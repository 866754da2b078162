//! One exchange as a keeper needs it: discovered from its address, read in one round trip.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use anchor_lang::prelude::Pubkey;
use perp_accounts::oracle::OracleBinding;
use perp_accounts::{Exchange, Market, Pool};
use perp_engine::oracle::OracleReading;
use perp_exchange::chain::CLOCK;
use solana_account::Account;
use solana_address_lookup_table_interface::state::AddressLookupTable;
use solana_keypair::Keypair;
use solana_message::AddressLookupTableAccount;
use solana_signer::Signer;
use thiserror::Error;

use super::accounts::{garbled, read_all, OfExchange};
use super::follow::{Follow, FollowError, Source, WebSocket};
use super::{clock_in, existing, Connection, FetchError, SendError};
use crate::addresses::Addresses;
use crate::instructions::{open_account, Authority};
use crate::jobs::Fresh;
use crate::oracles::read_price_account;

#[cfg(test)]
pub(super) mod tests;

/// An exchange on a cluster.
pub struct Venue {
    /// Reads accounts and sends transactions.
    pub connection: Connection,
    /// Where everything of the exchange is.
    pub addresses: Addresses,
    /// Decimals of the quote token.
    pub quote_decimals: u8,
    /// Where each market's price comes from, by the markets' indices. Markets are listed, never taken away.
    oracles: Mutex<Vec<Oracles>>,
}

/// Where the prices of a market come from.
#[derive(Clone, Copy)]
struct Oracles {
    first: OracleBinding,
    /// Its second source, where it has one of an account of its own.
    second: Option<OracleBinding>,
}

impl Oracles {
    fn of(market: &Market) -> Self {
        let second = Some(market.second_oracle).filter(|oracle| oracle.account != Pubkey::default());
        Self { first: market.oracle, second: second.filter(|_| market.state.has_second_source()) }
    }
}

/// A margin account could not be found or opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// It could not be looked for.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// It could not be opened.
    #[error(transparent)]
    Send(#[from] SendError),
}

impl Venue {
    /// The exchange at an address, by the node at `url`.
    ///
    /// # Errors
    /// [`FetchError`].
    pub fn open(url: &str, exchange: Pubkey) -> Result<Self, FetchError> {
        let connection = Connection::new(url);
        let root: Exchange = connection.fetch(&exchange)?;
        let addresses = Addresses::new(exchange, root.quote_mint, root.token_program);
        let venue =
            Self { connection, addresses, quote_decimals: root.quote_decimals, oracles: Mutex::new(Vec::new()) };
        venue.discover(root.market_count)?;
        Ok(venue)
    }

    /// Learns where the prices of so many markets come from.
    fn discover(&self, market_count: u16) -> Result<(), FetchError> {
        let known = self.oracles().len();
        let addresses: Vec<_> = (0..market_count).skip(known).map(|index| self.addresses.market(index)).collect();
        for (address, found) in addresses.iter().zip(self.connection.read(&addresses)?) {
            let market: Market = existing(address, Some(&found))?;
            let mut oracles = self.lock();
            if usize::from(market.state.index) == oracles.len() {
                oracles.push(Oracles::of(&market));
            }
        }
        // Whoever asks again would be told the same.
        if self.lock().len() < usize::from(market_count) {
            return Err(garbled("a market at the address of another"));
        }
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Oracles>> {
        self.oracles.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn oracles(&self) -> Vec<Oracles> {
        self.lock().clone()
    }

    /// Every account of their own that the markets read prices from.
    pub fn price_accounts(&self) -> BTreeSet<Pubkey> {
        let each = self.oracles().into_iter().flat_map(|oracles| [Some(oracles.first), oracles.second]);
        each.flatten().map(|oracle| oracle.account).filter(|account| *account != Pubkey::default()).collect()
    }

    /// The exchange with its pool, all its markets, the clock, and what the markets' price accounts say, as they were at one moment: one
    /// request reads up to a hundred accounts. Every price that is newer than its market's is taken in. Accounts that say
    /// nothing usable are left out, and markets bound to no account of their own stay at what they have cached.
    ///
    /// # Errors
    /// [`FetchError`].
    pub fn fresh(&self) -> Result<Fresh, FetchError> {
        loop {
            let oracles = self.oracles();
            let count = u16::try_from(oracles.len()).unwrap_or(u16::MAX);
            let markets: Vec<_> = (0..count).map(|index| self.addresses.market(index)).collect();
            let prices: Vec<_> = oracles.iter().map(|oracles| oracles.first.account).collect();
            let seconds = (0..).zip(&oracles).filter_map(|(market, oracles)| Some((market, oracles.second?)));
            let seconds: Vec<(u16, OracleBinding)> = seconds.collect();
            let second: Vec<_> = seconds.iter().map(|(_, oracle)| oracle.account).collect();
            let root = [CLOCK, self.addresses.exchange, self.addresses.pool];
            let found = self.connection.read(&[&root[..], &markets, &prices, &second].concat())?;
            let exchange: Exchange = existing(&self.addresses.exchange, found.get(1))?;
            if exchange.market_count > count {
                // One was listed meanwhile.
                self.discover(exchange.market_count)?;
                continue;
            }
            let pool: Pool = existing(&self.addresses.pool, found.get(2))?;
            let (states, accounts) = found[root.len()..].split_at(markets.len());
            let mut snapshot =
                perp_exchange::Exchange::from_chain(&exchange, clock_in(found.first())?).with_pool(&pool);
            for (address, state) in markets.iter().zip(states) {
                snapshot = snapshot.with_market(&existing::<Market>(address, Some(state))?);
            }
            let mut fresh = Fresh::new(self.addresses, snapshot);
            let (accounts, second) = accounts.split_at(prices.len());
            for ((market, oracles), account) in (0..).zip(&oracles).zip(accounts) {
                take(&mut fresh, market, &oracles.first, account.as_ref());
            }
            for ((market, oracle), account) in seconds.iter().zip(second) {
                let Some(reading) = account.as_ref().and_then(|account| read(oracle, account)) else { continue };
                fresh.take_second(*market, oracle.account, &reading);
            }
            return Ok(fresh);
        }
    }

    /// Every account of a type that the exchange has, by address.
    ///
    /// # Errors
    /// [`FetchError`], also where one of them is of another version.
    pub fn all<T: OfExchange>(&self) -> Result<BTreeMap<Pubkey, T>, FetchError> {
        let read = read_all(&self.connection, &self.addresses.exchange, |account: T| account)?;
        Ok(read.accounts.into_iter().collect())
    }

    /// Follows every account of a type over the node's WebSocket server.
    ///
    /// # Errors
    /// [`FollowError`] where the server cannot be reached or does not subscribe.
    pub fn follow<T: OfExchange>(&self, ws_url: &str) -> Result<Follow<T>, FollowError> {
        Follow::start(self, WebSocket::new(ws_url))
    }

    /// Follows every account of a type by another source of changes.
    ///
    /// # Errors
    /// As of [`Venue::follow`].
    pub fn follow_by<T: OfExchange>(&self, source: impl Source) -> Result<Follow<T>, FollowError> {
        Follow::start(self, source)
    }

    /// The owner's margin account of this number, opened where there is none: what a keeper's bounties are credited to. It may stay
    /// empty.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn keeper(&self, owner: &Keypair, sub_account: u16) -> Result<Authority, OpenError> {
        let signer = owner.pubkey();
        let authority = Authority { signer, margin_account: self.addresses.margin_account(&signer, sub_account) };
        if self.connection.find::<perp_accounts::MarginAccount>(&authority.margin_account)?.is_none() {
            let open = open_account(&self.addresses, signer, signer, sub_account, None);
            self.connection.send(&[open], &[owner])?;
        }
        Ok(authority)
    }

    /// An address lookup table, for transactions that would be too large without.
    ///
    /// # Errors
    /// [`FetchError`].
    pub fn table(&self, address: &Pubkey) -> Result<AddressLookupTableAccount, FetchError> {
        let missing = || FetchError::Missing { address: *address, expected: "address lookup table" };
        let account = self.connection.read(&[*address])?.pop().flatten().ok_or_else(missing)?;
        let table = AddressLookupTable::deserialize(&account.data).map_err(|_| missing())?;
        Ok(AddressLookupTableAccount { key: *address, addresses: table.addresses.to_vec() })
    }

    /// The addresses that every job of a keeper names: what a lookup table of the exchange holds.
    pub fn common_addresses(&self) -> Vec<Pubkey> {
        let mut addresses = vec![
            self.addresses.exchange,
            self.addresses.pool,
            self.addresses.vault,
            self.addresses.quote_mint,
            self.addresses.share_mint,
            self.addresses.share_escrow,
            self.addresses.token_program,
            crate::addresses::event_authority(),
        ];
        for (index, oracles) in (0..).zip(&self.oracles()) {
            addresses.push(self.addresses.market(index));
            if oracles.first.account != Pubkey::default() {
                addresses.push(oracles.first.account);
            }
        }
        addresses
    }
}

/// Takes what an account says into its market, where it says anything.
fn take(fresh: &mut Fresh, market: u16, oracle: &OracleBinding, account: Option<&Account>) {
    let Some(reading) = account.and_then(|account| read(oracle, account)) else { return };
    // One out of range leaves the market at its cached price, as it does on chain.
    let _ = fresh.take(market, oracle.account, &reading);
}

/// What an account says to a market with this binding, where it says anything.
fn read(oracle: &OracleBinding, account: &Account) -> Option<OracleReading> {
    read_price_account(&oracle.account, &account.owner, &account.data, oracle).ok()
}
