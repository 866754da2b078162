//! A localnet whose clock stands still between two steps, and the examples run against it as a user runs them.

use std::process::Command;

use perp_candles::UsdPrice;
use perp_client::accounts::MarginAccount;
use perp_client::engine::units::Atoms;
use perp_client::Addresses;
use perp_localnet::address_file::AddressFile;
use perp_localnet::exchange::{create, markets, take_prices};
use perp_localnet::feeds::{publish, Feed, DEFAULT_CONFIDENCE_BPS};
use perp_localnet::oracle_driver::OracleScript;
use perp_localnet::price_path::PricePath;
use perp_localnet::setup::Localnet;
use perp_localnet::usdc::ONE;
use perp_localnet::validator::Ports;
use tempfile::TempDir;

/// The exchange of a localnet with 5 000 000 USDC of liquidity, SOL at $140.615937 and BTC at $60 000.
pub struct Local {
    pub localnet: Localnet,
    pub addresses: Addresses,
    keys: TempDir,
}

impl Local {
    pub fn start() -> Self {
        let keys = tempfile::tempdir().unwrap();
        let localnet = Localnet::start(Ports::free().unwrap(), keys.path()).unwrap();
        let paths = Feed::ALL.map(|feed| (feed, PricePath::Steady(feed.start_price()))).into();
        let mut script = OracleScript { paths, confidence_bps: DEFAULT_CONFIDENCE_BPS, tick_seconds: 1 };
        let addresses = create(&localnet, &mut script, Atoms::new(5_000_000 * ONE)).unwrap().addresses;
        script.tick(localnet.chain()).unwrap();
        take_prices(&localnet, &addresses).unwrap();
        let listed = markets(&localnet, &addresses).unwrap();
        AddressFile::new(&localnet.validator, &addresses, &listed).write(keys.path()).unwrap();
        Self { localnet, addresses, keys }
    }

    /// What the program at `path` prints when it is run with these flags.
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
        let prices = [(Feed::Sol, price.parse::<UsdPrice>().unwrap()), (Feed::Btc, Feed::Btc.start_price())];
        publish(chain, &prices, DEFAULT_CONFIDENCE_BPS).unwrap();
    }

    /// The first margin account of a wallet.
    #[allow(dead_code)]
    pub fn account(&self, wallet: &str) -> MarginAccount {
        let owner = self.localnet.wallets.get(wallet).unwrap().address();
        self.localnet.connection.fetch(&self.addresses.margin_account(&owner, 0)).unwrap()
    }
}

/// What stands behind `name` in the first line that begins with it.
pub fn value<'a>(printed: &'a str, name: &str) -> &'a str {
    let line = printed.lines().find_map(|line| line.trim_start().strip_prefix(name));
    line.unwrap_or_else(|| panic!("no \"{name}\" in:\n{printed}")).trim()
}
