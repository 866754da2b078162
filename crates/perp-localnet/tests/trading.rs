//! The running localnet as an integrator finds it: a first order fills, and Ctrl-C ends it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use perp_client::accounts::{Exchange, MarginAccount, Market};
use perp_client::instructions::{deposit, open_account, trade, Authority, TargetMarket};
use perp_client::rpc::Connection;
use perp_client::Addresses;
use perp_engine::operations::position::Order;
use perp_engine::units::Atoms;
use perp_exchange::convert::Units;
use perp_localnet::address_file::AddressFile;
use perp_localnet::validator::Ports;
use perp_localnet::wallets::Wallets;
use solana_keypair::Signer;

const USDC: u64 = 1_000_000;

/// `perp-localnet` as a child process, ended with the test whatever its outcome.
struct Running(Child);

impl Running {
    /// Starts it and waits until it says that it is ready, as a script would.
    fn start(ports: Ports, keys: &Path) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_perp-localnet"))
            .args(["--rpc-port", &ports.rpc.to_string(), "--ws-port", &ports.ws.to_string()])
            .args(["--prices-port", &ports.prices.to_string(), "--keys"])
            .arg(keys)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut running = Self(child);
        let mut printed = BufReader::new(running.0.stdout.take().unwrap()).lines().map(Result::unwrap);
        assert!(printed.any(|line| line.starts_with("Running.")), "the localnet ended before it was ready");
        // What it prints from now on must not find a closed pipe.
        std::thread::spawn(move || printed.for_each(drop));
        running
    }

    fn interrupt(mut self) -> ExitStatus {
        assert!(Command::new("kill").args(["-INT", &self.0.id().to_string()]).status().unwrap().success());
        self.0.wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Refused where it has ended already.
        let _ = self.0.kill();
    }
}

#[test]
fn a_first_order_fills_and_ctrl_c_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    let ports = Ports::free().unwrap();
    let localnet = Running::start(ports, &keys);
    let wallets = Wallets::open(&keys).unwrap();

    // A program finds everything by the file.
    let file: AddressFile = serde_json::from_slice(&std::fs::read(keys.join(AddressFile::NAME)).unwrap()).unwrap();
    assert_eq!(file.rpc_url, format!("http://127.0.0.1:{}", ports.rpc));
    assert_eq!(file.websocket_url, format!("ws://127.0.0.1:{}", ports.ws));
    let connection = Connection::new(&file.rpc_url);
    let address = file.exchange.parse().unwrap();
    let exchange: Exchange = connection.fetch(&address).unwrap();
    let addresses = Addresses::new(address, exchange.quote_mint, exchange.token_program);
    assert_eq!(
        [&file.pool, &file.vault, &file.mint],
        [&addresses.pool, &addresses.vault, &addresses.quote_mint].map(ToString::to_string).each_ref()
    );
    let symbols: Vec<_> = file.markets.iter().map(|market| market.symbol.as_str()).collect();
    assert_eq!(symbols, ["SOL-PERP", "BTC-PERP"]);
    for found in &file.markets {
        assert_eq!(found.market, addresses.market(found.index).to_string());
        let market: Market = connection.fetch(&addresses.market(found.index)).unwrap();
        assert_eq!(found.oracle, market.oracle.account.to_string());
        // It was taken in when the localnet started, a few seconds ago.
        let age = connection.clock().unwrap().now.seconds_since(market.state.price.published).unwrap();
        assert!(age < 60 && market.state.price.price.get() > 0, "{}: {age} s old", found.symbol);
    }

    let sol = &file.markets[0];
    let market: Market = connection.fetch(&sol.market.parse().unwrap()).unwrap();
    let alice = &wallets.get("alice").unwrap().keypair;
    let authority = Authority { signer: alice.pubkey(), margin_account: addresses.margin_account(&alice.pubkey(), 0) };
    let collateral = deposit(&addresses, authority, addresses.tokens_of(&alice.pubkey()), Atoms::new(1_000 * USDC));
    connection
        .send(&[open_account(&addresses, authority.signer, authority.signer, 0, None), collateral], &[alice])
        .unwrap();

    let account: MarginAccount = connection.fetch(&authority.margin_account).unwrap();
    let size = Units::of(&market.state).signed_size("-2.5").unwrap();
    let target = TargetMarket::with_oracle(sol.index, sol.oracle.parse().unwrap());
    let order = trade(&addresses, authority, &account.state, target, &Order::at_any_price(size));
    connection.send(&[order], &[alice]).unwrap();
    let account: MarginAccount = connection.fetch(&authority.margin_account).unwrap();
    assert_eq!(account.state.positions[0].size, size);

    assert!(localnet.interrupt().success());
    assert!(!keys.join(AddressFile::NAME).exists());
}
