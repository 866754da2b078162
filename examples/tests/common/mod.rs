//! A localnet whose clock stands still between two steps, and the examples run against it as a user runs them.

use std::path::Path;
use std::process::Command;

use localnet_receiver::guardians;
use perp_client::accounts::{MarginAccount, Pubkey};
use perp_client::engine::operations::position::Order;
use perp_client::engine::units::{Atoms, SignedSize};
use perp_client::instructions::{deposit, open_account, trade, update_prices, Authority, TargetMarket};
use perp_client::Addresses;
use perp_localnet::address_file::AddressFile;
use perp_localnet::exchange::markets;
use perp_localnet::feeds::{publish, Feed, DEFAULT_CONFIDENCE_BPS};
use perp_localnet::guardians::TestGuardians;
use perp_localnet::liquidity::provide;
use perp_localnet::oracle_driver::OracleScript;
use perp_localnet::price_path::PricePath;
use perp_localnet::setup::Localnet;
use perp_localnet::usdc::ONE;
use perp_localnet::validator::Ports;
use perp_localnet::wallets::ADMIN;
use perp_migrations::{migrate, Description};
use tempfile::TempDir;

/// The exchange of a localnet with 5 000 000 USDC of liquidity, SOL at $140.615937 and BTC at $60 000.
pub struct Local {
    pub localnet: Localnet,
    pub addresses: Addresses,
    keys: TempDir,
}

impl Local {
    pub fn start() -> Self {
        Self::signed_by(TestGuardians::new(guardians::ONE))
    }

    /// Whose price server's answers these guardians sign.
    pub fn signed_by(guardians: TestGuardians) -> Self {
        Self::with(guardians, |_| {})
    }

    /// Whose first market takes any account of its feed.
    #[allow(dead_code)] // each test is a program of its own
    pub fn with_any_account() -> Self {
        Self::with(TestGuardians::new(guardians::ONE), |description| {
            description.markets[0].oracle.account = Pubkey::default()
        })
    }

    fn with(guardians: TestGuardians, change: fn(&mut Description)) -> Self {
        let keys = tempfile::tempdir().unwrap();
        let localnet = Localnet::start_with(Ports::free().unwrap(), keys.path(), guardians).unwrap();
        let paths = Feed::ALL.map(|feed| (feed, PricePath::Steady(feed.start_price()))).into();
        let mut script = OracleScript { paths, confidence_bps: DEFAULT_CONFIDENCE_BPS, tick_seconds: 1 };
        script.tick(localnet.chain()).unwrap();
        let mut description = localnet.description().unwrap();
        change(&mut description);
        let admin = &localnet.wallets.get(ADMIN).unwrap().keypair;
        let addresses = migrate(&localnet.connection, &description, admin).unwrap().addresses;
        provide(&localnet, &addresses, Atoms::new(5_000_000 * ONE)).unwrap();
        script.tick(localnet.chain()).unwrap();
        let prices = [(0, Feed::Sol.address()), (1, Feed::Btc.address())];
        localnet.connection.send(&[update_prices(&addresses, prices)], &[admin]).unwrap();
        let listed = markets(&localnet, &addresses).unwrap();
        AddressFile::new(&localnet, &addresses, &listed).write(keys.path()).unwrap();
        Self { localnet, addresses, keys }
    }

    /// The folder of its keypairs.
    #[allow(dead_code)]
    pub fn keys(&self) -> &Path {
        self.keys.path()
    }

    /// What the program at `path` prints when it is run with these flags.
    #[allow(dead_code)]
    pub fn run(&self, path: &str, flags: &[&str]) -> String {
        let output = Command::new(path).arg("--keys").arg(self.keys.path()).args(flags).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// So many seconds later SOL costs `price`.
    #[allow(dead_code)] // each test is a program of its own
    pub fn sol_costs(&self, seconds: i64, price: &str) {
        let chain = self.localnet.chain();
        chain.travel_to(chain.clock().unix_timestamp + seconds).unwrap();
        let prices = [(Feed::Sol, price.parse().unwrap()), (Feed::Btc, Feed::Btc.start_price())];
        publish(chain, &prices, DEFAULT_CONFIDENCE_BPS).unwrap();
    }

    /// A wallet buys so many SOL with so many dollars of collateral.
    #[allow(dead_code)]
    pub fn buy(&self, wallet: &str, sol: i64, collateral: u64) {
        let (connection, addresses) = (&self.localnet.connection, &self.addresses);
        let wallet = self.localnet.wallets.get(wallet).unwrap();
        let owner = wallet.address();
        let authority = Authority { signer: owner, margin_account: addresses.margin_account(&owner, 0) };
        let collateral = deposit(addresses, authority, addresses.tokens_of(&owner), Atoms::new(collateral * ONE));
        connection.send(&[open_account(addresses, owner, owner, 0, None), collateral], &[&wallet.keypair]).unwrap();
        let account: MarginAccount = connection.fetch(&authority.margin_account).unwrap();
        let target = TargetMarket::with_oracle(0, Feed::Sol.address());
        let order = Order::at_any_price(SignedSize::new(sol * 1_000_000_000));
        connection.send(&[trade(addresses, authority, &account.state, target, &order)], &[&wallet.keypair]).unwrap();
    }

    /// The first margin account of a wallet.
    #[allow(dead_code)]
    pub fn account(&self, wallet: &str) -> MarginAccount {
        let owner = self.localnet.wallets.get(wallet).unwrap().address();
        self.localnet.connection.fetch(&self.addresses.margin_account(&owner, 0)).unwrap()
    }
}

/// What stands behind `name` in the first line that begins with it.
#[allow(dead_code)]
pub fn value<'a>(printed: &'a str, name: &str) -> &'a str {
    let line = printed.lines().find_map(|line| line.trim_start().strip_prefix(name));
    line.unwrap_or_else(|| panic!("no \"{name}\" in:\n{printed}")).trim()
}
