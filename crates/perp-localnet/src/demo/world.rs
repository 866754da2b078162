//! Everything of one exchange as it stands on chain, read over RPC.

use std::collections::BTreeMap;

use bytemuck::Zeroable;
use perp_client::accounts::{self, decode, Exchange, LiquidityRequest, MarginAccount, Market, Stored};
use perp_client::rpc::{Connection, FetchError};
use perp_client::Addresses;
use perp_engine::invariants::{check_invariants, total_cash, ExchangeView, Violation};
use perp_engine::state::{Account, Market as MarketState, Pool, Position};
use perp_engine::units::{Atoms, Clock, Timestamp};
use solana_program_pack::Pack;
use solana_pubkey::Pubkey;
use spl_token_interface::state::Account as TokenAccount;
use surfpool_core::solana_account::Account as StoredAccount;

use crate::chain::Chain;
use crate::demo::DemoError;
use crate::wallets::Wallets;

/// What a wallet holds outside the exchange.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WalletBalance {
    /// Test USDC.
    pub usdc: Atoms,
    /// Shares of the liquidity pool.
    pub shares: Atoms,
}

/// One exchange, its accounts and the wallets around it, at one moment.
#[derive(Debug, Clone)]
pub struct World {
    /// The chain's clock.
    pub clock: Clock,
    /// The exchange.
    pub exchange: Exchange,
    /// The liquidity pool's money.
    pub pool: Pool,
    /// In index order.
    pub markets: Vec<Market>,
    /// Every margin account.
    pub accounts: BTreeMap<Pubkey, MarginAccount>,
    /// Every open liquidity request.
    pub requests: BTreeMap<Pubkey, LiquidityRequest>,
    /// Tokens in the vault.
    pub vault: Atoms,
    /// Shares waiting in withdrawal requests.
    pub share_escrow: Atoms,
    /// What each wallet holds, by the wallet's name.
    pub wallets: BTreeMap<&'static str, WalletBalance>,
}

impl World {
    /// Reads every account of the program, the vault and the wallets' tokens.
    ///
    /// # Errors
    /// Where the node does not answer, or the exchange is not there.
    pub fn read(
        connection: &Connection,
        chain: &Chain,
        addresses: &Addresses,
        wallets: &Wallets,
    ) -> Result<Self, DemoError> {
        let stored = connection.client().get_program_accounts(&accounts::ID).map_err(unanswered)?;
        let mut markets: Vec<Market> = of_type(&stored).map(|(_, market)| market).collect();
        markets.sort_by_key(|market| market.state.index);
        let (_, exchange) = of_type(&stored).next().ok_or(DemoError::Absent { expected: "exchange" })?;
        let (_, pool): (_, accounts::Pool) = of_type(&stored).next().ok_or(DemoError::Absent { expected: "pool" })?;

        let names: Vec<_> = wallets.signing().map(|wallet| (wallet.name, wallet.address())).collect();
        let mut tokens = vec![addresses.vault, addresses.share_escrow];
        tokens.extend(names.iter().flat_map(|(_, owner)| [addresses.tokens_of(owner), addresses.shares_of(owner)]));
        let amounts = token_amounts(connection, &tokens)?;
        let held = names.iter().zip(amounts[2..].chunks(2));
        let clock = chain.clock();
        Ok(Self {
            clock: Clock { now: Timestamp::new(clock.unix_timestamp), slot: clock.slot },
            exchange,
            pool: pool.state,
            markets,
            accounts: of_type(&stored).collect(),
            requests: of_type(&stored).collect(),
            vault: amounts[0],
            share_escrow: amounts[1],
            wallets: held.map(|((name, _), held)| (*name, WalletBalance { usdc: held[0], shares: held[1] })).collect(),
        })
    }

    /// The market of this index; empty where there is none.
    pub fn market(&self, index: u16) -> Market {
        self.markets.get(usize::from(index)).copied().unwrap_or_else(Zeroable::zeroed)
    }

    /// The money of a margin account; empty where there is none.
    pub fn account(&self, address: &Pubkey) -> Account {
        self.accounts.get(address).map_or_else(Zeroable::zeroed, |account| account.state)
    }

    /// The open request at the address.
    ///
    /// # Errors
    /// [`DemoError::Absent`].
    pub fn request(&self, address: &Pubkey) -> Result<LiquidityRequest, DemoError> {
        self.requests.get(address).copied().ok_or(DemoError::Absent { expected: "liquidity request" })
    }

    /// The account's slot in a market; empty where it has none.
    pub fn position(&self, address: &Pubkey, market: u16) -> Position {
        let account = self.account(address);
        account.slot_of(market).map_or_else(Position::default, |slot| account.positions[slot])
    }

    /// What a wallet holds; nothing where there is none of that name.
    pub fn wallet(&self, name: &str) -> WalletBalance {
        self.wallets.get(name).copied().unwrap_or_default()
    }

    /// The exchange with its markets and its pool in memory, for questions and previews.
    pub fn in_memory(&self) -> perp_exchange::Exchange {
        let mut exchange = perp_exchange::Exchange::from_chain(&self.exchange, self.clock);
        exchange.pool = self.pool;
        self.markets.iter().fold(exchange, |exchange, market| exchange.with_market(market))
    }

    /// Σ of everybody's cash; equal to the vault, to the atom, where [`World::check_books`] finds nothing.
    ///
    /// # Errors
    /// Where a sum leaves its range.
    pub fn cash(&self) -> Result<Atoms, DemoError> {
        self.view(|view| total_cash(view).map_err(DemoError::from))
    }

    /// The engine's invariants on what was read: custody, price independence, aggregates, claims, slots.
    ///
    /// # Errors
    /// The first [`Violation`].
    pub fn check_books(&self) -> Result<(), Violation> {
        self.view(check_invariants)
    }

    fn view<T>(&self, look: impl FnOnce(&ExchangeView<'_>) -> T) -> T {
        let accounts: Vec<_> = self.accounts.values().map(|account| account.state).collect();
        let markets: Vec<_> = self.markets.iter().map(|market| market.state).collect();
        let pool = &self.pool;
        look(&ExchangeView { accounts: &accounts, markets: &markets, pool, vault: self.vault, donated: Atoms::ZERO })
    }

    /// The first thing that differs from `other`, clocks apart; `None` where all money is the same.
    pub fn difference(&self, other: &Self) -> Option<String> {
        if self.exchange.state != other.exchange.state {
            return Some("the exchange".into());
        }
        if self.vault != other.vault {
            return Some("the vault".into());
        }
        if self.share_escrow != other.share_escrow {
            return Some("the escrowed shares".into());
        }
        if self.pool != other.pool {
            return Some("the pool".into());
        }
        if self.markets.len() != other.markets.len() {
            return Some("which markets there are".into());
        }
        for (mine, theirs) in self.markets.iter().zip(&other.markets) {
            if without_slot(mine.state) != without_slot(theirs.state) {
                return Some(format!("market {}", mine.state.index));
            }
        }
        if self.accounts.keys().ne(other.accounts.keys()) {
            return Some("which margin accounts there are".into());
        }
        for (address, mine) in &self.accounts {
            if without_slots(mine.state) != without_slots(other.account(address)) {
                return Some(format!("margin account {address}"));
            }
        }
        if self.requests.keys().ne(other.requests.keys()) {
            return Some("which liquidity requests there are".into());
        }
        for (address, mine) in &self.requests {
            if other.requests.get(address).is_none_or(|theirs| mine.state != theirs.state) {
                return Some(format!("liquidity request {address}"));
            }
        }
        self.wallets
            .iter()
            .find(|(name, held)| other.wallet(name) != **held)
            .map(|(name, _)| format!("the wallet of {name}"))
    }
}

/// Which slot a transaction lands in is the node's choice, and no money.
fn without_slot(mut market: MarketState) -> MarketState {
    market.grace.seen_slot = 0;
    market
}

/// As [`without_slot`].
fn without_slots(mut account: Account) -> Account {
    account.positions.iter_mut().for_each(|position| position.last_increase_slot = 0);
    account
}

/// An error of the RPC client as one of the demo.
pub(super) fn unanswered<E>(error: E) -> DemoError
where
    FetchError: From<Box<E>>,
{
    FetchError::from(Box::new(error)).into()
}

fn of_type<T: Stored>(stored: &[(Pubkey, StoredAccount)]) -> impl Iterator<Item = (Pubkey, T)> + '_ {
    stored.iter().filter_map(|(address, account)| {
        decode(address, &account.owner, &account.data).ok().map(|decoded| (*address, decoded))
    })
}

/// What each token account holds; nothing where there is none.
fn token_amounts(connection: &Connection, addresses: &[Pubkey]) -> Result<Vec<Atoms>, DemoError> {
    let found = connection.client().get_multiple_accounts(addresses).map_err(unanswered)?;
    let amount = |data: &[u8]| TokenAccount::unpack(data).map(|account| Atoms::new(account.amount));
    found
        .iter()
        .map(|account| match account {
            Some(account) => amount(&account.data).map_err(|_| DemoError::Absent { expected: "token account" }),
            None => Ok(Atoms::ZERO),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An exchange with one market and one account of 5 atoms, of 7 in the vault; the pool has the others.
    fn world() -> (World, Pubkey) {
        let (address, mut account) = (Pubkey::new_unique(), MarginAccount::zeroed());
        account.state.balance = Atoms::new(5);
        let mut market = Market::zeroed();
        market.state.price.price = perp_engine::units::Price::new(1);
        let world = World {
            clock: Clock { now: Timestamp::new(0), slot: 0 },
            exchange: Zeroable::zeroed(),
            pool: Pool { cash: Atoms::new(2), ..Zeroable::zeroed() },
            markets: vec![market],
            accounts: BTreeMap::from([(address, account)]),
            requests: BTreeMap::new(),
            vault: Atoms::new(7),
            share_escrow: Atoms::ZERO,
            wallets: BTreeMap::from([("alice", WalletBalance::default())]),
        };
        (world, address)
    }

    #[test]
    fn the_books_balance_to_the_atom() {
        let (mut world, _) = world();
        assert_eq!(world.check_books(), Ok(()));
        world.vault = Atoms::new(8);
        assert_eq!(world.check_books(), Err(Violation::Custody { vault: 8, cash: 7 }));
    }

    #[test]
    fn any_money_that_differs_is_named() {
        let (world, address) = world();
        let differs = |change: &dyn Fn(&mut World)| {
            let mut other = world.clone();
            change(&mut other);
            (world.difference(&other), other.difference(&world))
        };
        let both = |what: &str| (Some(what.to_string()), Some(what.to_string()));
        let request = Pubkey::new_unique();
        assert_eq!(differs(&|_| ()), (None, None));
        assert_eq!(differs(&|other| other.exchange.state.sequence = 1), both("the exchange"));
        assert_eq!(differs(&|other| other.vault = Atoms::new(8)), both("the vault"));
        assert_eq!(differs(&|other| other.share_escrow = Atoms::new(1)), both("the escrowed shares"));
        assert_eq!(differs(&|other| other.pool.cash = Atoms::new(1)), both("the pool"));
        assert_eq!(differs(&|other| other.markets[0].state.ledger.claims_reserve = Atoms::new(1)), both("market 0"));
        assert_eq!(differs(&|other| other.markets.clear()), both("which markets there are"));
        assert_eq!(differs(&|other| other.accounts.clear()), both("which margin accounts there are"));
        let balance = |other: &mut World| other.accounts.get_mut(&address).unwrap().state.balance = Atoms::new(4);
        assert_eq!(differs(&balance), both(&format!("margin account {address}")));
        let requested = |other: &mut World| {
            other.requests.insert(request, Zeroable::zeroed());
        };
        assert_eq!(differs(&requested), both("which liquidity requests there are"));
        let richer = |other: &mut World| other.wallets.get_mut("alice").unwrap().shares = Atoms::new(1);
        assert_eq!(differs(&richer), both("the wallet of alice"));
    }

    #[test]
    fn slots_are_no_difference() {
        let (world, address) = world();
        let mut other = world.clone();
        other.accounts.get_mut(&address).unwrap().state.positions[0].last_increase_slot = 9;
        other.markets[0].state.grace.seen_slot = 9;
        assert_eq!(world.difference(&other), None);
    }
}
