//! `perp` as it is typed, against a local validator whose clock stands still between two steps.
#![allow(missing_docs)] // of what the tests share

mod administering;
mod documents;
mod explaining;
mod exporting;
mod ordering;
mod reading;
mod sizing;
mod trading;
mod wrong;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use localnet_receiver::guardians;
use perp_accounts::MarginAccount;
use perp_client::addresses::orders_address;
use perp_client::rpc::Venue;
use perp_engine::state::OrderBook;
use perp_localnet::feeds::{publish, Feed, DEFAULT_CONFIDENCE_BPS};
use perp_localnet::guardians::TestGuardians;
use perp_localnet::local_exchange::LocalExchange;
use perp_localnet::setup::Localnet;
use perp_migrations::Description;
use serde_json::Value;
use solana_pubkey::Pubkey;
use tempfile::TempDir;

/// A localnet with an exchange on it, SOL at $140.615937 and BTC at $60 000, and the folder of its keypairs.
pub struct Local {
    pub exchange: LocalExchange,
    pub keys: TempDir,
}

/// What the program said, and how it ended.
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Said {
    /// Both of what it printed.
    pub fn text(&self) -> String {
        format!("{}{}", self.out, self.err)
    }

    /// What it printed, where it ended well.
    #[track_caller]
    pub fn good(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.text());
        self.out
    }
}

/// The program, without what the environment may say of it.
pub fn perp(arguments: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_perp"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PERP_")) {
        command.env_remove(name);
    }
    said(command.args(arguments))
}

/// What a command says; nobody answers where it asks.
pub fn said(command: &mut Command) -> Said {
    let Output { status, stdout, stderr } = command.stdin(Stdio::null()).output().unwrap();
    let [out, err] = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    Said { code: status.code(), out, err }
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

    pub fn folder(&self) -> &Path {
        self.keys.path()
    }

    /// What the program says to alice.
    pub fn perp(&self, arguments: &[&str]) -> Said {
        self.perp_as("alice", arguments)
    }

    /// What it says to a wallet.
    pub fn perp_as(&self, wallet: &str, arguments: &[&str]) -> Said {
        let folder = format!("--localnet={}", self.folder().display());
        let key = self.folder().join(format!("{wallet}.json")).display().to_string();
        perp(&[arguments, &[&folder, "--keypair", &key]].concat())
    }

    /// The data of its one JSON document.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        self.json_as("alice", arguments)
    }

    /// The same for a wallet.
    #[track_caller]
    pub fn json_as(&self, wallet: &str, arguments: &[&str]) -> Value {
        let text = self.perp_as(wallet, &[arguments, &["--output", "json"]].concat()).good();
        let document: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!((&document["version"], &document["ok"]), (&1.into(), &true.into()), "{document:#}");
        document["data"].clone()
    }

    pub fn address(&self, wallet: &str) -> Pubkey {
        self.exchange.localnet.wallets.get(wallet).unwrap().address()
    }

    /// The address of a wallet's first margin account.
    pub fn margin_account(&self, wallet: &str) -> Pubkey {
        self.exchange.addresses.margin_account(&self.address(wallet), 0)
    }

    /// A wallet's first margin account.
    pub fn account(&self, wallet: &str) -> MarginAccount {
        self.exchange.localnet.connection.fetch(&self.margin_account(wallet)).unwrap()
    }

    /// The orders that wait there.
    pub fn orders(&self, wallet: &str) -> OrderBook {
        let address = orders_address(&self.margin_account(wallet));
        self.exchange.localnet.connection.fetch::<perp_accounts::Orders>(&address).unwrap().state
    }

    pub fn venue(&self) -> Venue {
        Venue::open(&self.exchange.localnet.validator.rpc_url(), self.exchange.addresses.exchange).unwrap()
    }

    /// So many seconds later SOL costs so much, and BTC what it did.
    pub fn sol_costs(&self, seconds: i64, price: &str) {
        let chain = self.exchange.localnet.chain();
        chain.travel_to(chain.clock().unix_timestamp + seconds).unwrap();
        let prices = [(Feed::Sol, price.parse().unwrap()), (Feed::Btc, Feed::Btc.start_price())];
        publish(chain, &prices, DEFAULT_CONFIDENCE_BPS).unwrap();
    }

    /// A margin account of the wallet with so many dollars and a position of so many SOL.
    pub fn trader(&self, wallet: &str, dollars: &str, side: &str, sol: &str) {
        self.perp_as(wallet, &["deposit", dollars, "--yes"]).good();
        self.perp_as(wallet, &["trade", side, "SOL", sol, "--yes", "--slippage", "5%"]).good();
    }
}

/// The value of a field in a table of `what` and `value`.
#[track_caller]
pub fn told<'a>(rows: &'a Value, what: &str) -> &'a Value {
    let rows = rows.as_array().unwrap_or_else(|| panic!("no rows: {rows:#}"));
    let row = rows.iter().find(|row| row["what"] == what);
    &row.unwrap_or_else(|| panic!("no {what}: {rows:#?}"))["value"]
}
