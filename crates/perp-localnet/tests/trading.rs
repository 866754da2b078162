//! The running localnet as an integrator finds it: a first order fills, and Ctrl-C ends it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

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

/// The exchange `perp-localnet` lists, once it has a backing.
fn wait_for_backing(connection: &Connection, keys: &Path) -> (Addresses, Market) {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Ok(wallets) = Wallets::open(keys) {
            let creator = wallets.get(ADMIN).unwrap().address();
            let mint = wallets.get(USDC_MINT).unwrap().address();
            let exchange = exchange_address(&creator, &padded("localnet").unwrap());
            let addresses = Addresses::new(exchange, mint, spl_token_interface::ID);
            match connection.find::<Market>(&addresses.market(0)) {
                Ok(Some(market)) if !market.state.books.backing.is_zero() => return (addresses, market),
                _ => assert!(Instant::now() < deadline, "the localnet has no market with a backing"),
            }
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_first_order_fills_and_ctrl_c_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    let ports = Ports::free().unwrap();
    let mut localnet = Command::new(env!("CARGO_BIN_EXE_perp-localnet"))
        .args(["--rpc-port", &ports.rpc.to_string(), "--ws-port", &ports.ws.to_string(), "--keys"])
        .arg(&keys)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let connection = Connection::new(&format!("http://127.0.0.1:{}", ports.rpc));
    let (addresses, market) = wait_for_backing(&connection, &keys);

    let wallets = Wallets::open(&keys).unwrap();
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

    let pid = localnet.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert!(localnet.wait().unwrap().success());
}
