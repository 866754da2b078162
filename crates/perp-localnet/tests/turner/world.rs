//! A local exchange with traders on it, prices that somebody brings, and no keeper.

use perp_client::accounts::{MarginAccount, Market, Orders};
use perp_client::addresses::orders_address;
use perp_client::instructions::{deposit, open_account, trade, Authority, TargetMarket};
use perp_client::rpc::Venue;
use perp_engine::operations::position::Order;
use perp_engine::units::{Atoms, SignedSize};
use perp_localnet::chain::AccountImage;
use perp_localnet::feeds::{Feed, DEFAULT_CONFIDENCE_BPS};
use perp_localnet::local_exchange::LocalExchange;
use perp_localnet::setup::Localnet;
use perp_localnet::usdc::ONE;
use perp_localnet::wallets::{Wallet, LIQUIDATOR};
use perp_oracle::write::pull_account;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use tempfile::TempDir;

use crate::turner::Turner;

/// Where a price's account has the publish time of the one before it.
const PREVIOUS: usize = 101;

pub struct World {
    pub local: LocalExchange,
    pub turner: Turner,
    _keys: TempDir,
}

impl World {
    pub fn start() -> Self {
        let keys = tempfile::tempdir().unwrap();
        let local = Localnet::with_exchange(keys.path()).unwrap();
        let wallet = local.localnet.wallets.get(LIQUIDATOR).unwrap();
        let (owner, credited) = (wallet.address(), local.addresses.margin_account(&wallet.address(), 0));
        let open = open_account(&local.addresses, owner, owner, 0, None);
        local.localnet.connection.send(&[open], &[&wallet.keypair]).unwrap();
        let url = local.localnet.validator.rpc_url();
        let turner = Turner::new(&url, local.addresses.exchange, wallet.keypair.insecure_clone(), credited);
        Self { local, turner, _keys: keys }
    }

    pub fn wallet(&self, name: &str) -> &Wallet {
        self.local.localnet.wallets.get(name).unwrap()
    }

    pub fn authority(&self, wallet: &str) -> Authority {
        let owner = self.wallet(wallet).address();
        Authority { signer: owner, margin_account: self.local.addresses.margin_account(&owner, 0) }
    }

    pub fn send(&self, wallet: &str, instructions: &[Instruction]) {
        self.local.localnet.connection.send(instructions, &[&self.wallet(wallet).keypair]).unwrap();
    }

    /// A margin account with so many dollars, and so many thousandths of SOL.
    pub fn trader(&self, wallet: &str, dollars: u64, milli_sol: i64) {
        let (addresses, authority) = (&self.local.addresses, self.authority(wallet));
        let tokens = addresses.tokens_of(&authority.signer);
        let open = open_account(addresses, authority.signer, authority.signer, 0, None);
        self.send(wallet, &[open, deposit(addresses, authority, tokens, Atoms::new(dollars * ONE))]);
        self.trade(wallet, 0, milli_sol * 1_000_000);
    }

    /// Buys or sells so many base units, at the price that its feed shows.
    pub fn trade(&self, wallet: &str, market: u16, size: i64) {
        let feed = [Feed::Sol, Feed::Btc][usize::from(market)];
        let target = TargetMarket::with_oracle(market, feed.address());
        let order = Order::at_any_price(SignedSize::new(size));
        let instruction =
            trade(&self.local.addresses, self.authority(wallet), &self.account(wallet).state, target, &order);
        self.send(wallet, &[instruction]);
    }

    pub fn account(&self, wallet: &str) -> MarginAccount {
        self.local.localnet.connection.fetch(&self.authority(wallet).margin_account).unwrap()
    }

    pub fn orders(&self, wallet: &str) -> Orders {
        self.local.localnet.connection.fetch(&orders_address(&self.authority(wallet).margin_account)).unwrap()
    }

    pub fn market(&self, index: u16) -> Market {
        self.local.localnet.connection.fetch(&self.local.addresses.market(index)).unwrap()
    }

    pub fn now(&self) -> i64 {
        self.local.localnet.chain().clock().unix_timestamp
    }

    /// So many seconds later these feeds' prices are lower than at the start by so many hundredths of a percent.
    pub fn fall_to(&self, seconds: i64, lower: i128, feeds: &[Feed]) {
        let prices: Vec<_> = feeds.iter().map(|feed| (*feed, feed.start_price().moved(-lower * 100_000))).collect();
        self.local.step(seconds, &prices).unwrap();
    }

    /// Somebody brings the reading of this second to an account of his own: the price that is so much lower, after one published before.
    pub fn bring(&self, feed: Feed, lower: i128, published: i64, previous: i64) {
        let price = feed.start_price().moved(-lower * 100_000);
        let owner = self.local.localnet.connection.client().get_account(&feed.address()).unwrap().owner;
        let (confidence, slot) = (price.share(DEFAULT_CONFIDENCE_BPS), self.local.localnet.chain().clock().slot);
        let mut data = pull_account(feed.id().unwrap(), price.units(), confidence, -8, published, slot);
        data[PREVIOUS..PREVIOUS + 8].copy_from_slice(&previous.to_le_bytes());
        let image = AccountImage { address: Pubkey::new_unique(), owner, data };
        self.local.localnet.chain().set_accounts(&[image]).unwrap();
    }

    /// How many margin accounts are below their margin.
    pub fn below_margin(&self) -> usize {
        let url = self.local.localnet.validator.rpc_url();
        let venue = Venue::open(&url, self.local.addresses.exchange).unwrap();
        let (fresh, accounts) = (venue.fresh().unwrap(), venue.all::<MarginAccount>().unwrap());
        let health = accounts.values().map(|account| fresh.exchange.health(&account.state).unwrap());
        health.filter(|health| health.maintenance.is_below_margin()).count()
    }
}
