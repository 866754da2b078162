//! A localnet whose clock stands still between two steps, traders on it, and keepers run as their operators run them.
#![allow(dead_code)] // each test is a program of its own

pub mod http;
pub mod relay;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use localnet_receiver::guardians;
use perp_client::accounts::{MarginAccount, Market};
use perp_client::engine::operations::position::Order;
use perp_client::engine::units::{Atoms, SignedSize};
use perp_client::instructions::{deposit, open_account, trade, Authority, TargetMarket};
use perp_client::rpc::Venue;
use perp_localnet::feeds::Feed;
use perp_localnet::guardians::TestGuardians;
use perp_localnet::local_exchange::LocalExchange;
use perp_localnet::setup::Localnet;
use perp_localnet::usdc::ONE;
use perp_migrations::Description;
use serde_json::Value;
use tempfile::TempDir;

/// Feeds of the two markets.
pub const FEEDS: [Feed; 2] = [Feed::Sol, Feed::Btc];
/// Base units of a whole asset in the two markets.
pub const BASE: [i64; 2] = [1_000_000_000, 10_000_000_000];
/// Where the feeds start, in dollars.
pub const START: [i64; 2] = [140, 60_000];

/// A localnet with an exchange, and the folder of its keypairs.
pub struct Local {
    pub exchange: LocalExchange,
    pub keys: TempDir,
}

/// The keeper's program: a test is told where it is, a program of its own finds it beside the folder it lies in.
pub fn program() -> PathBuf {
    let beside = || std::env::current_exe().unwrap().parent().unwrap().with_file_name("perp-keeper");
    option_env!("CARGO_BIN_EXE_perp-keeper").map_or_else(beside, PathBuf::from)
}

impl Local {
    pub fn start() -> Self {
        Self::start_of(|_| {})
    }

    /// The same with an exchange whose description `change` has changed.
    pub fn start_of(change: impl FnOnce(&mut Description)) -> Self {
        let keys = tempfile::tempdir().unwrap();
        let guardians = TestGuardians::new(guardians::ONE);
        Self { exchange: Localnet::with_exchange_of(keys.path(), guardians, change).unwrap(), keys }
    }

    /// A margin account of the wallet with so many dollars, isolated to a market or not, and its positions: notionals in dollars at the
    /// start's prices, negative for shorts.
    pub fn trader(
        &self,
        wallet: &str,
        sub_account: u16,
        dollars: u64,
        isolated: Option<u16>,
        positions: &[(u16, i64)],
    ) {
        let LocalExchange { localnet, addresses } = &self.exchange;
        let (connection, wallet) = (&localnet.connection, localnet.wallets.get(wallet).unwrap());
        let owner = wallet.address();
        let authority = Authority { signer: owner, margin_account: addresses.margin_account(&owner, sub_account) };
        let open = open_account(addresses, owner, owner, sub_account, isolated);
        let collateral = deposit(addresses, authority, addresses.tokens_of(&owner), Atoms::new(dollars * ONE));
        connection.send(&[open, collateral], &[&wallet.keypair]).unwrap();
        for (market, notional) in positions {
            let place = usize::from(*market);
            let account: MarginAccount = connection.fetch(&authority.margin_account).unwrap();
            let target = TargetMarket::with_oracle(*market, FEEDS[place].address());
            let order = Order::at_any_price(SignedSize::new(notional * (BASE[place] / START[place])));
            let instruction = trade(addresses, authority, &account.state, target, &order);
            connection.send(&[instruction], &[&wallet.keypair]).unwrap();
        }
    }

    /// A second later both prices are lower than at the start by so many hundredths of a percent.
    pub fn fall_to(&self, lower: i64) {
        let prices = FEEDS.map(|feed| (feed, feed.start_price().moved(-i128::from(lower) * 100_000)));
        self.exchange.step(1, &prices).unwrap();
    }

    pub fn venue(&self) -> Venue {
        Venue::open(&self.exchange.localnet.validator.rpc_url(), self.exchange.addresses.exchange).unwrap()
    }

    /// How many margin accounts are below their margin at the prices of now.
    pub fn below_margin(&self) -> usize {
        let venue = self.venue();
        let (fresh, accounts) = (venue.fresh().unwrap(), venue.all::<MarginAccount>().unwrap());
        let health = accounts.values().map(|account| fresh.exchange.health(&account.state).unwrap());
        health.filter(|health| health.maintenance.is_below_margin()).count()
    }

    /// What both markets have written off, and what they are owed by accounts with nothing left, in atoms.
    pub fn lost(&self) -> (u64, u64) {
        let markets = self.venue().all::<Market>().unwrap();
        let ledgers = || markets.values().map(|market| &market.state.ledger);
        (ledgers().map(|ledger| ledger.written_off.get()).sum(), ledgers().map(|ledger| ledger.debts.get()).sum())
    }

    /// A keeper that signs as these wallets, with these flags.
    pub fn keeper(&self, wallets: &[&str], flags: &[&str]) -> Running {
        self.keeper_of("", wallets, flags)
    }

    /// The same with more settings.
    pub fn keeper_of(&self, settings: &str, wallets: &[&str], flags: &[&str]) -> Running {
        let keys = self.keys.path();
        let wallets: Vec<_> = wallets.iter().map(|name| keys.join(format!("{name}.json"))).collect();
        Running::start(keys, settings, &wallets, flags)
    }
}

/// A keeper that ends with its test, whatever ends that.
pub struct Running {
    child: Child,
    printed: PathBuf,
}

impl Running {
    fn start(keys: &Path, settings: &str, wallets: &[PathBuf], flags: &[&str]) -> Self {
        let config = keys.join(format!("{}.toml", wallets[0].file_stem().unwrap().to_string_lossy()));
        // The chain's clock stands still, and then leaps.
        std::fs::write(&config, format!("{CONFIG}{settings}")).unwrap();
        let printed = config.with_extension("jsonl");
        let mut command = Command::new(program());
        command.arg("--config").arg(&config).arg("--localnet").arg(keys).args(flags);
        for wallet in wallets {
            command.arg("--keypair").arg(wallet);
        }
        let (output, errors) = (std::fs::File::create(&printed).unwrap(), printed.with_extension("err"));
        let errors = std::fs::File::create(errors).unwrap();
        let child = command.stdout(Stdio::from(output)).stderr(Stdio::from(errors)).spawn().unwrap();
        Self { child, printed }
    }

    /// Everything it has recorded so far.
    pub fn events(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.printed).unwrap();
        // The last line may not be finished.
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The events of this name.
    pub fn of(&self, name: &str) -> Vec<Value> {
        self.events().into_iter().filter(|event| event["event"] == name).collect()
    }

    /// Waits until it has recorded what is looked for.
    pub fn wait_for(&self, what: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            if let Some(event) = self.events().into_iter().find(&what) {
                return event;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "not in:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// All that it has printed.
    pub fn text(&self) -> String {
        let errors = std::fs::read_to_string(self.printed.with_extension("err")).unwrap();
        format!("{}{errors}", std::fs::read_to_string(&self.printed).unwrap())
    }

    /// Where it serves its metrics.
    pub fn served(&self) -> String {
        let event = self.wait_for(|event| event["event"] == "serving");
        format!("http://{}", event["listen"].as_str().unwrap())
    }

    /// Sends it a signal.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    /// Waits until it has ended, and returns its exit code.
    pub fn code(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// Waits until it has ended.
    pub fn finished(&mut self) -> bool {
        self.child.wait().unwrap().success()
    }

    /// Asks it to end and waits until it has.
    pub fn stop(&mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success(), "{}", self.text());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already where this fails.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The localnet says where it is.
pub const CONFIG: &str = r#"
rpc_url = ""
websocket_url = ""
exchange = ""
keypairs = []

[pace]
most_lag_seconds = 0
"#;

/// Waits until something holds, for a while.
pub fn eventually(holds: impl Fn() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(30) {
        if holds() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    holds()
}
