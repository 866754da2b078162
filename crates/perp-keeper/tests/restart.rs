//! A validator that is killed and comes back with the same accounts.

mod common;

use std::time::Duration;

use common::{eventually, Local};
use localnet_receiver::guardians;
use perp_client::accounts::ID;
use perp_localnet::chain::AccountImage;
use perp_localnet::guardians::TestGuardians;
use perp_localnet::local_exchange::LocalExchange;
use perp_localnet::setup::Localnet;
use perp_localnet::validator::Ports;

/// Every account of the exchange, of tokens and of prices.
fn accounts(local: &LocalExchange) -> Vec<AccountImage> {
    let client = local.localnet.connection.client();
    let feeds = common::FEEDS.map(|feed| client.get_account(&feed.address()).unwrap().owner);
    let mut images = Vec::new();
    for program in [ID, local.addresses.token_program, feeds[0]] {
        for (address, account) in client.get_program_accounts(&program).unwrap() {
            images.push(AccountImage { address, owner: account.owner, data: account.data });
        }
    }
    images
}

impl Local {
    /// Stops the validator, and starts another at the same ports with the same accounts and time.
    fn restart(self, down: Duration) -> Self {
        let Self { exchange, keys } = self;
        let (images, now) = (accounts(&exchange), exchange.localnet.chain().clock().unix_timestamp);
        let port = |url: String| url.rsplit(':').next().unwrap().parse().unwrap();
        let Localnet { validator, prices, .. } = exchange.localnet;
        let ports = Ports { rpc: port(validator.rpc_url()), ws: port(validator.ws_url()), prices: port(prices.url()) };
        drop(prices);
        validator.stop().unwrap();
        std::thread::sleep(down);
        let localnet = Localnet::start_with(ports, keys.path(), TestGuardians::new(guardians::ONE)).unwrap();
        localnet.chain().begin_at(now).unwrap();
        localnet.chain().set_accounts(&images).unwrap();
        Self { exchange: LocalExchange { localnet, addresses: exchange.addresses }, keys }
    }
}

#[test]
fn a_keeper_survives_the_validators_restart() {
    let local = Local::start();
    local.trader("alice", 0, 2_000, None, &[(0, 30_000)]);
    local.trader("bob", 0, 2_000, None, &[(0, 20_000)]);
    let mut keeper = local.keeper(&["liquidator"], &["--unpaid"]);
    local.fall_to(400);
    let won = |event: &serde_json::Value| event["outcome"] == "won";
    // At 15 times alice falls below her margin of 3 % at 4 % less.
    keeper.wait_for(|event| won(event) && event["job"] == "liquidate");
    assert!(eventually(|| local.below_margin() == 0), "{}", keeper.text());
    let local = local.restart(Duration::from_secs(3));
    // Whatever it missed, it hears of what happens now: at 10 times bob falls below at 7.5 % less.
    let before = keeper.of("outcome").len();
    assert!(eventually(|| !keeper.of("not_read").is_empty()), "{}", keeper.text());
    for lower in [450, 500, 550, 600, 650, 700, 750, 800, 850] {
        local.fall_to(lower);
        std::thread::sleep(Duration::from_millis(500));
    }
    let bob = local.exchange.localnet.wallets.get("bob").unwrap().address();
    let bob = local.exchange.addresses.margin_account(&bob, 0).to_string();
    let is_bob = |event: &serde_json::Value| won(event) && event["task"].as_str().unwrap().contains(&bob);
    assert!(eventually(|| keeper.events().iter().any(is_bob)), "{}", keeper.text());
    assert!(eventually(|| local.below_margin() == 0), "{}", keeper.text());
    assert!(keeper.of("outcome").len() > before, "{}", keeper.text());
    // It has said that it could not read, and that it has missed something.
    assert!(!keeper.of("not_read").is_empty() && !keeper.of("gap").is_empty(), "{}", keeper.text());
    keeper.stop();
}
