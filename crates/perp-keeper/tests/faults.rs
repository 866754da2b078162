//! What breaks around a keeper: nobody is liquidated without cause, it does not end, and what it missed it does afterwards.
//!
//! The validator's restart is in `restart.rs`; a node that goes away and a wallet that is empty are in `operations.rs`.

mod common;

use std::fs::OpenOptions;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::Duration;

use common::http::garbling;
use common::relay::Relay;
use common::{eventually, program, Local, Running};
use perp_client::accounts::MarginAccount;
use perp_localnet::feeds::Feed;
use serde_json::Value;

impl Local {
    fn account(&self, wallet: &str) -> MarginAccount {
        let owner = self.exchange.localnet.wallets.get(wallet).unwrap().address();
        self.exchange.localnet.connection.fetch(&self.exchange.addresses.margin_account(&owner, 0)).unwrap()
    }

    /// Whether the wallet's account was ever liquidated.
    fn is_liquidated(&self, wallet: &str) -> bool {
        !self.account(wallet).state.counters.penalties.is_zero()
    }
}

fn is_won(event: &Value) -> bool {
    event["outcome"] == "won" && event["job"] == "liquidate"
}

fn ready(keeper: &Running) {
    keeper.wait_for(|event| event["event"] == "ready");
}

#[test]
fn a_subscription_that_is_cut_is_begun_again_and_what_was_missed_is_read() {
    let local = Local::start();
    local.trader("alice", 0, 2_000, None, &[(0, 30_000)]);
    local.trader("carol", 0, 20_000, None, &[(0, 20_000)]);
    let relay = Relay::to(&local.exchange.localnet.validator.ws_url());
    let mut keeper = local.keeper(&["liquidator"], &["--unpaid", "--websocket-url", &relay.url("ws")]);
    ready(&keeper);
    relay.cut();
    keeper.wait_for(|event| event["event"] == "gap");
    // Nothing tells of bob, who comes now; alice is known.
    local.trader("bob", 0, 2_000, None, &[(0, 30_000)]);
    local.fall_to(600);
    assert!(eventually(|| local.is_liquidated("alice")), "{}", keeper.text());
    relay.mend();
    assert!(eventually(|| local.is_liquidated("bob")), "{}", keeper.text());
    assert!(eventually(|| local.below_margin() == 0), "{}", keeper.text());
    assert!(!local.is_liquidated("carol"));
    keeper.stop();
}

#[test]
fn a_subscription_that_says_nothing_any_more_is_held_for_lost() {
    let local = Local::start();
    local.trader("carol", 0, 20_000, None, &[(0, 20_000)]);
    let relay = Relay::to(&local.exchange.localnet.validator.ws_url());
    let mut keeper = local.keeper(&["liquidator"], &["--jobs", "liquidate", "--websocket-url", &relay.url("ws")]);
    ready(&keeper);
    relay.fall_silent();
    // The connection stays; what is pushed through it is lost.
    local.trader("alice", 0, 2_000, None, &[(0, 30_000)]);
    local.fall_to(600);
    std::thread::sleep(Duration::from_secs(20));
    assert!(!local.is_liquidated("alice") && keeper.of("gap").is_empty(), "{}", keeper.text());
    relay.mend();
    // After 45 s without an answer.
    std::thread::sleep(Duration::from_secs(20));
    assert!(eventually(|| local.is_liquidated("alice")), "{}", keeper.text());
    assert!(!keeper.of("gap").is_empty() && !local.is_liquidated("carol"), "{}", keeper.text());
    keeper.stop();
}

#[test]
fn errors_and_garbage_of_a_node_are_survived() {
    let local = Local::start();
    local.trader("alice", 0, 2_000, None, &[(0, 30_000)]);
    local.trader("carol", 0, 20_000, None, &[(0, 20_000)]);
    let (node, garbles) = garbling(local.exchange.localnet.validator.rpc_url());
    let mut keeper = local.keeper(&["liquidator"], &["--unpaid", "--rpc-url", &node]);
    ready(&keeper);
    garbles.store(true, Ordering::Relaxed);
    keeper.wait_for(|event| event["event"] == "not_read");
    for lower in [100, 200, 300, 400, 500, 600] {
        local.fall_to(lower);
        std::thread::sleep(Duration::from_secs(1));
    }
    garbles.store(false, Ordering::Relaxed);
    // A transaction of which nothing is known may land for as long as its blockhash counts.
    assert!(eventually(|| local.below_margin() == 0) || eventually(|| local.below_margin() == 0), "{}", keeper.text());
    assert!(local.is_liquidated("alice") && !local.is_liquidated("carol"), "{}", keeper.text());
    assert!(!keeper.events().iter().any(|event| event["outcome"] == "refused"), "{}", keeper.text());
    keeper.stop();
}

#[test]
fn while_the_chains_clock_is_behind_nothing_is_sent() {
    let local = Local::start();
    local.trader("alice", 0, 2_000, None, &[(0, 30_000)]);
    local.fall_to(600);
    let chain = local.exchange.localnet.chain();
    let now = chain.clock().unix_timestamp;
    // More than a day, and the clock of the localnet is an hour ahead at most.
    chain.begin_at(now - 100_000).unwrap();
    let flags = ["--jobs", "liquidate", "--set", "pace.most_lag_seconds=30"];
    let mut keeper = local.keeper(&["liquidator"], &flags);
    keeper.wait_for(|event| event["event"] == "stale");
    std::thread::sleep(Duration::from_secs(2));
    assert!(!keeper.events().iter().any(|event| event["verdict"] == "send"), "{}", keeper.text());
    assert!(!local.is_liquidated("alice"));
    chain.begin_at(now).unwrap();
    keeper.wait_for(is_won);
    assert!(eventually(|| local.below_margin() == 0), "{}", keeper.text());
    keeper.stop();
}

#[test]
fn an_oracle_that_stands_still_for_an_hour_and_then_gaps_wrongs_nobody() {
    let local = Local::start();
    local.trader("alice", 0, 2_000, None, &[(0, 20_000)]);
    local.trader("bob", 0, 2_000, Some(1), &[(1, 20_000)]);
    local.trader("carol", 0, 20_000, None, &[(0, 10_000)]);
    // One that posts prices would wake the oracle.
    let jobs = "liquidate,settle,claims,bankruptcies,outages";
    let mut keeper = local.keeper(&["liquidator"], &["--unpaid", "--jobs", jobs]);
    ready(&keeper);
    let chain = local.exchange.localnet.chain();
    for _ in 0..12 {
        chain.travel_to(chain.clock().unix_timestamp + 300).unwrap();
        std::thread::sleep(Duration::from_millis(300));
    }
    // Nobody is closed on a price that nobody knows.
    assert!(!keeper.events().iter().any(is_won), "{}", keeper.text());
    // 40 % lower in SOL alone: ten times $2 000 are $6 000 more than alice has, and carol has $16 000 left.
    let print = |seconds: i64| {
        let sol = Feed::Sol.start_price().moved(-400_000_000);
        let prices = [(Feed::Sol, sol), (Feed::Btc, Feed::Btc.start_price())];
        local.exchange.step(seconds, &prices).unwrap();
    };
    let has_debts = || {
        let account = local.account("alice").state;
        account.positions.iter().any(|position| !position.debt.is_zero() || position.size.get() != 0)
    };
    // A silence may be followed by a grace of two minutes.
    for _ in 0..40 {
        print(5);
        std::thread::sleep(Duration::from_millis(300));
    }
    assert!(eventually(|| !has_debts()), "{}", keeper.text());
    assert_eq!((local.below_margin(), local.lost().1), (0, 0), "{}", keeper.text());
    assert!(!local.is_liquidated("bob") && !local.is_liquidated("carol"), "{}", keeper.text());
    keeper.stop();
}

#[test]
fn a_full_disk_keeps_nobody_from_being_liquidated() {
    let local = Local::start();
    local.trader("alice", 0, 2_000, None, &[(0, 30_000)]);
    local.trader("carol", 0, 20_000, None, &[(0, 20_000)]);
    // Whatever is written there finds no space left.
    let full = || Stdio::from(OpenOptions::new().write(true).open("/dev/full").unwrap());
    let keys = local.keys.path();
    let config = keys.join("full.toml");
    std::fs::write(&config, common::CONFIG).unwrap();
    let mut command = Command::new(program());
    command.arg("--config").arg(&config).arg("--localnet").arg(keys).arg("--unpaid");
    let mut keeper = command
        .arg("--keypair")
        .arg(keys.join("liquidator.json"))
        .stdin(Stdio::null())
        .stdout(full())
        .stderr(full())
        .spawn()
        .unwrap();
    for lower in [100, 300, 500, 600] {
        std::thread::sleep(Duration::from_secs(1));
        local.fall_to(lower);
    }
    let is_well = eventually(|| local.is_liquidated("alice") && local.below_margin() == 0);
    let ended = keeper.try_wait().unwrap();
    assert!(Command::new("kill").args(["-TERM", &keeper.id().to_string()]).status().unwrap().success());
    let code = keeper.wait().unwrap().code();
    assert!(is_well && ended.is_none() && code == Some(0), "{is_well}, {ended:?}, {code:?}");
    assert!(!local.is_liquidated("carol"));
}
