//! The running localnet as an integrator finds it: a first order fills, and Ctrl-C ends it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use perp_client::addresses::{exchange_address, padded};
use perp_client::convert::Units;
use perp_client::instructions::{deposit, open_account, trade, Actor, Touched};
use perp_client::rpc::Connection;
use perp_client::Addresses;
use perp_engine::trade::Order;
use perp_engine::units::{Atoms, Price};
use perp_localnet::feeds::Feed;
use perp_localnet::validator::Ports;
use perp_localnet::wallets::{Wallets, ADMIN, USDC_MINT};
use perp_swap::instructions::OpenAccountArguments;
use perp_swap::state::{MarginAccount, Market};
use solana_keypair::Signer;

const USDC: u64 = 1_000_000;

/// `perp-localnet` as a child process, ended with the test whatever its outcome.
struct Running(Child);

impl Running {
    /// Starts it and waits until it says that it is ready, as a script would.
    fn start(ports: Ports, keys: &Path) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_perp-localnet"))
            .args(["--rpc-port", &ports.rpc.to_string(), "--ws-port", &ports.ws.to_string(), "--keys"])
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
    let connection = Connection::new(&format!("http://127.0.0.1:{}", ports.rpc));

    let wallets = Wallets::open(&keys).unwrap();
    let [creator, mint] = [ADMIN, USDC_MINT].map(|name| wallets.get(name).unwrap().address());
    let addresses =
        Addresses::new(exchange_address(&creator, &padded("localnet").unwrap()), mint, spl_token_interface::ID);
    let market: Market = connection.fetch(&addresses.market(0)).unwrap();
    let alice = &wallets.get("alice").unwrap().keypair;
    let actor = Actor { signer: alice.pubkey(), margin_account: addresses.margin_account(&alice.pubkey(), 0) };
    let arguments = OpenAccountArguments { sub_account: 0, isolated_market: None };
    let collateral = deposit(&addresses, actor, addresses.tokens_of(&alice.pubkey()), Atoms::new(1_000 * USDC));
    connection.send(&[open_account(&addresses, actor.signer, actor.signer, arguments), collateral], &[alice]).unwrap();

    let account: MarginAccount = connection.fetch(&actor.margin_account).unwrap();
    let size = Units::of(&market.state).base("-2.5").unwrap();
    let order = Order { size, price_bound: Price::ZERO, reduce_only: false };
    let touched = Touched::with_oracle(0, Feed::Sol.address());
    connection.send(&[trade(&addresses, actor, &account.state, touched, &order)], &[alice]).unwrap();
    let account: MarginAccount = connection.fetch(&actor.margin_account).unwrap();
    assert_eq!(account.state.positions[0].size, size);

    assert!(localnet.interrupt().success());
}
