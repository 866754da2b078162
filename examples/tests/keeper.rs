//! `keeper` against a localnet whose first market crashes.

mod common;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::Local;
use perp_client::accounts::{MarginAccount, Market};
use perp_client::rpc::Venue;
use perp_localnet::wallets::LIQUIDATOR;

/// A program that ends with its test, whatever ends that.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already where this fails.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Local {
    /// Runs the keeper as its liquidator, with what it prints in a file.
    fn keeper(&self, printed: &std::path::Path) -> Running {
        let keypair = &self.localnet.wallets.get(LIQUIDATOR).unwrap().path;
        let (validator, exchange) = (&self.localnet.validator, self.addresses.exchange.to_string());
        let mut command = Command::new(env!("CARGO_BIN_EXE_keeper"));
        command.args([validator.rpc_url(), validator.ws_url(), exchange]).arg(keypair);
        let output = std::fs::File::create(printed).unwrap();
        let errors = output.try_clone().unwrap();
        Running(command.stdout(Stdio::from(output)).stderr(Stdio::from(errors)).spawn().unwrap())
    }

    /// How many margin accounts are below their margin at the prices of now.
    fn below_margin(&self) -> usize {
        let venue = Venue::open(&self.localnet.validator.rpc_url(), self.addresses.exchange).unwrap();
        let (fresh, accounts) = (venue.fresh().unwrap(), venue.all::<MarginAccount>().unwrap());
        let health = accounts.values().map(|account| fresh.exchange.health(&account.state).unwrap());
        health.filter(|health| health.maintenance.is_below_margin()).count()
    }
}

#[test]
fn a_keeper_of_twenty_lines_brings_an_exchange_through_a_crash() {
    let local = Local::start();
    // 14 061 of notional each: at 18, 9, 6 and 2 times.
    for (wallet, collateral) in [("alice", 800), ("bob", 1_600), ("carol", 2_400), ("dave", 7_000)] {
        local.buy(wallet, 100, collateral);
    }
    let folder = tempfile::tempdir().unwrap();
    let printed = folder.path().join("keeper.txt");
    let keeper = local.keeper(&printed);
    // 15 % in 43 steps of half a dollar, each a second of the chain's clock and a fifth of one of ours.
    let mut cents = 14_061;
    while cents > 11_952 {
        cents -= 50;
        local.sol_costs(1, &format!("{}.{:02}", cents / 100, cents % 100));
        std::thread::sleep(Duration::from_millis(200));
    }
    let begun = Instant::now();
    while local.below_margin() > 0 && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(keeper);
    let printed = std::fs::read_to_string(&printed).unwrap();
    assert_eq!(local.below_margin(), 0, "{printed}");
    // Alice, Bob and Carol were liquidated in time: nothing is owed and nothing written off. Dave never was.
    let market: Market = local.localnet.connection.fetch(&local.addresses.market(0)).unwrap();
    assert!(market.state.ledger.written_off.is_zero() && market.state.ledger.debts.is_zero(), "{printed}");
    assert_eq!(local.account("dave").state.positions[0].size.get(), 100_000_000_000);
    for wallet in ["alice", "bob", "carol"] {
        let account = local.localnet.wallets.get(wallet).unwrap().address();
        let address = local.addresses.margin_account(&account, 0).to_string();
        assert!(printed.contains(&format!("liquidate {address} in market 0 for ")), "{wallet}: {printed}");
    }
    // It was paid, and had nothing to put up.
    assert!(!local.account(LIQUIDATOR).state.balance.is_zero());
    assert!(printed.contains("Liquidated"), "{printed}");
    local.localnet.validator.stop().unwrap();
}
