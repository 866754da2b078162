//! What an operator sees of a running keeper: metrics, readiness, alerts, wallets, and how it ends.

mod common;

use std::time::Duration;

use common::http::{fickle, forgetful, webhook};
use common::{eventually, Local, Running};
use perp_client::rpc::Connection;
use solana_keypair::{write_keypair_file, Keypair};
use solana_system_interface::instruction::transfer;

/// The status and text of a page.
fn get(url: &str, page: &str) -> (u16, String) {
    let answer = reqwest::blocking::get(format!("{url}{page}")).unwrap();
    (answer.status().as_u16(), answer.text().unwrap())
}

/// The sum of all series whose line begins so.
fn sum(metrics: &str, begins: &str) -> f64 {
    let lines = metrics.lines().filter(|line| line.starts_with(begins));
    lines.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
}

fn won(keeper: &Running, job: &str) {
    keeper.wait_for(|event| event["outcome"] == "won" && event["job"] == job);
}

#[test]
fn an_account_is_called_before_it_is_liquidated_and_everything_is_counted() {
    let local = Local::start();
    local.trader("alice", 0, 2_000, None, &[(0, 20_000)]);
    let (hook, posted) = webhook();
    let hook = format!("alerts.webhooks={hook}/secret");
    let flags = ["--unpaid", "--listen", "127.0.0.1:0", "--set", &hook, "--set", "alerts.accounts=all"];
    let mut keeper = local.keeper(&["liquidator"], &flags);
    let url = keeper.served();
    keeper.wait_for(|event| event["event"] == "ready");
    assert!(eventually(|| get(&url, "/readyz").0 == 200), "{}", get(&url, "/readyz").1);
    assert_eq!(get(&url, "/healthz").0, 200);
    // At 10 times and a margin of 3 % of some $19 000 equity is below 150 % of it at about 5.9 % less, and below it at 7.3 %.
    for lower in [300, 500, 560, 600, 640, 700, 760, 800] {
        local.fall_to(lower);
        std::thread::sleep(Duration::from_millis(400));
    }
    won(&keeper, "liquidate");
    let metrics = || get(&url, "/metrics").1;
    assert!(eventually(|| sum(&metrics(), "perp_keeper_confirmation_lag_seconds_count{job=\"liquidate\"}") >= 1.0));
    let text = metrics();
    assert!(sum(&text, "perp_keeper_decision_lag_seconds_count{job=\"liquidate\"}") >= 1.0, "{text}");
    assert!(sum(&text, "perp_keeper_outcomes_total{job=\"liquidate\",outcome=\"won\"}") >= 1.0, "{text}");
    assert!(sum(&text, "perp_keeper_fees_lamports_total") >= 5_000.0, "{text}");
    assert!(sum(&text, "perp_keeper_paid_atoms_total{job=\"liquidate\"}") > 0.0, "{text}");
    assert!(sum(&text, "perp_keeper_wallet_lamports{") > 1e9, "{text}");
    assert_eq!(sum(&text, "perp_keeper_accounts_watched"), 1.0, "{text}");
    keeper.stop();
    // Calls come before the liquidation, the milder first, and hold no secret in the log.
    let calls: Vec<serde_json::Value> = posted.try_iter().filter(|notice| notice["alert"] == "margin_call").collect();
    let percents: Vec<u64> =
        calls.iter().filter(|call| call["state"] == "raised").map(|call| call["percent"].as_u64().unwrap()).collect();
    assert!(percents.first() == Some(&150) && percents.contains(&105), "{percents:?}");
    let events = keeper.events();
    let place = |what: &dyn Fn(&serde_json::Value) -> bool| events.iter().position(what).unwrap();
    let called = place(&|event| event["event"] == "alert" && event["alert"] == "margin_call");
    assert!(called < place(&|event| event["outcome"] == "won" && event["job"] == "liquidate"), "{}", keeper.text());
    assert!(!keeper.text().contains("secret"), "{}", keeper.text());
}

#[test]
fn a_keeper_without_lamports_says_so_and_goes_on_when_it_is_given_some() {
    let local = Local::start();
    local.trader("alice", 0, 2_000, None, &[(0, 30_000)]);
    let wallets = &local.exchange.localnet.wallets;
    let (carol, dave) = (wallets.get("carol").unwrap(), wallets.get("dave").unwrap());
    let connection: &Connection = &local.exchange.localnet.connection;
    let held = connection.client().get_balance(&carol.address()).unwrap();
    // All she has, after the rent of her margin account, is below the floor by less than two SOL.
    let (floor, resume) = (format!("wallet.floor_lamports={held}"), format!("wallet.resume_lamports={held}"));
    let flags = ["--listen", "127.0.0.1:0", "--set", "wallet.check_seconds=1", "--set", &floor, "--set", &resume];
    let mut keeper = local.keeper(&["carol"], &flags);
    let url = keeper.served();
    keeper.wait_for(|event| event["alert"] == "wallet_low" && event["state"] == "raised");
    local.fall_to(600);
    let decision = keeper.wait_for(|event| event["verdict"] == "wallet_low" && event["job"] == "liquidate");
    assert_eq!(decision["least_lamports"], held);
    assert!(decision["wallet_lamports"].as_u64().unwrap() < held);
    let (status, text) = get(&url, "/readyz");
    assert!(status == 503 && text.contains("wallets_low"), "{text}");
    assert_eq!((keeper.of("outcome").len(), local.below_margin()), (0, 1), "{}", keeper.text());
    connection.send(&[transfer(&dave.address(), &carol.address(), 2_000_000_000)], &[&dave.keypair]).unwrap();
    won(&keeper, "liquidate");
    keeper.wait_for(|event| event["alert"] == "wallet_low" && event["state"] == "over");
    assert!(eventually(|| get(&url, "/readyz").0 == 200), "{}", get(&url, "/readyz").1);
    keeper.stop();
}

#[test]
fn a_node_that_goes_away_and_a_price_that_grows_old_are_told_once_each() {
    let local = Local::start();
    let (node, away) = fickle(local.exchange.localnet.validator.rpc_url());
    let stranger = local.exchange.localnet.wallets.get("alice").unwrap().address();
    let watched = format!("alerts.accounts={stranger}");
    let flags = ["--listen", "127.0.0.1:0", "--rpc-url", &node, "--set", "alerts.node_seconds=1", "--set", &watched];
    let mut keeper = local.keeper(&["liquidator"], &flags);
    let url = keeper.served();
    keeper.wait_for(|event| event["event"] == "ready");
    // A wallet is no margin account.
    assert_eq!(keeper.wait_for(|event| event["event"] == "not_watched")["account"], stranger.to_string());
    assert!(eventually(|| get(&url, "/readyz").0 == 200), "{}", get(&url, "/readyz").1);
    away.store(true, std::sync::atomic::Ordering::Relaxed);
    let gone = keeper.wait_for(|event| event["alert"] == "node_gone" && event["state"] == "raised");
    let text = gone["text"].as_str().unwrap();
    assert!(text.contains("HTTP status 503") && text.contains("1 s are allowed"), "{text}");
    let (status, text) = get(&url, "/readyz");
    assert!(status == 503 && text.contains("\"obstacle\":\"not_read\""), "{text}");
    // It lives all the same: whoever restarts it for that gains nothing.
    assert_eq!(get(&url, "/healthz").0, 200);
    away.store(false, std::sync::atomic::Ordering::Relaxed);
    keeper.wait_for(|event| event["alert"] == "node_gone" && event["state"] == "over");
    // A minute and a second without a price, then a new one.
    let chain = local.exchange.localnet.chain();
    chain.travel_to(chain.clock().unix_timestamp + 61).unwrap();
    let stale =
        |state: &'static str| keeper.wait_for(move |event| event["alert"] == "price_stale" && event["state"] == state);
    assert_eq!(stale("raised")["subject"], "0");
    local.fall_to(1);
    stale("over");
    keeper.stop();
    let raised = |alert: &str| {
        keeper.of("alert").iter().filter(|event| event["alert"] == alert && event["state"] == "raised").count()
    };
    // One for each market.
    assert_eq!((raised("node_gone"), raised("price_stale")), (1, 2), "{}", keeper.text());
}

#[test]
fn who_only_wants_to_be_called_needs_no_lamports() {
    let local = Local::start();
    local.trader("alice", 0, 2_000, None, &[(0, 20_000)]);
    let poor = local.keys.path().join("poor.json");
    write_keypair_file(&Keypair::new(), &poor).unwrap();
    let flags = ["--dry-run", "--listen", "127.0.0.1:0", "--set", "alerts.accounts=all"];
    let mut keeper = local.keeper(&["poor"], &flags);
    let url = keeper.served();
    assert!(eventually(|| get(&url, "/readyz").0 == 200), "{}", get(&url, "/readyz").1);
    local.fall_to(640);
    let call = keeper.wait_for(|event| event["alert"] == "margin_call");
    assert_eq!(call["state"], "raised");
    assert!(call["text"].as_str().unwrap().ends_with("deposit, or close a part"), "{call}");
    keeper.stop();
    assert!(keeper.of("alert").iter().all(|event| event["alert"] != "wallet_low"), "{}", keeper.text());
}

#[test]
fn what_has_not_landed_when_it_must_end_is_recorded() {
    let local = Local::start();
    local.trader("alice", 0, 2_000, None, &[(0, 30_000)]);
    // A node that never tells what became of a transaction.
    let node = forgetful(local.exchange.localnet.validator.rpc_url(), "getSignatureStatuses");
    let begin = |wallet: &str| {
        let flags = ["--jobs", "liquidate", "--rpc-url", &node, "--set", "pace.stop_seconds=2"];
        let keeper = local.keeper(&[wallet], &flags);
        keeper.wait_for(|event| event["event"] == "ready");
        keeper
    };
    // Their margin accounts are there already, which a node that forgets would not confirm.
    for wallet in ["carol", "dave"] {
        let wallet = local.exchange.localnet.wallets.get(wallet).unwrap();
        local.venue().keeper(&wallet.keypair, 0).unwrap();
    }
    // One waits for two seconds; the other is told twice.
    let mut patient = begin("carol");
    local.fall_to(600);
    patient.wait_for(|event| event["verdict"] == "send");
    patient.signal("-TERM");
    ended_unfinished(&mut patient);
    local.trader("bob", 0, 2_000, None, &[(0, 20_000)]);
    let mut hurried = begin("dave");
    // At 9.4 times what he has, of 94 % of the start's price: below his margin from about 87 % on.
    local.fall_to(1_500);
    hurried.wait_for(|event| event["verdict"] == "send");
    hurried.signal("-INT");
    std::thread::sleep(Duration::from_millis(300));
    hurried.signal("-INT");
    ended_unfinished(&mut hurried);
}

/// It ended before what it had sent was known to have landed, and has recorded that.
fn ended_unfinished(keeper: &mut Running) {
    assert_eq!(keeper.code(), Some(6), "{}", keeper.text());
    let (unfinished, decided) = (keeper.of("unfinished"), keeper.of("decision"));
    assert!(!unfinished.is_empty(), "{}", keeper.text());
    let is_sent =
        |task: &serde_json::Value| decided.iter().any(|event| event["verdict"] == "send" && event["task"] == *task);
    assert!(unfinished.iter().all(|event| is_sent(&event["task"])), "{}", keeper.text());
}

#[test]
fn one_look_ends_with_what_happened() {
    let local = Local::start();
    local.trader("alice", 0, 2_000, None, &[(0, 30_000)]);
    // Nothing is to do.
    let mut idle = local.keeper(&["liquidator"], &["--once", "--jobs", "liquidate"]);
    assert_eq!(idle.code(), Some(0), "{}", idle.text());
    assert_eq!(idle.of("decision").len(), 0);
    local.fall_to(600);
    let held = "wallet.floor_lamports=9000000000000000000";
    let more = ["--set", held, "--set", "wallet.resume_lamports=9000000000000000000"];
    let mut low = local.keeper(&["liquidator"], &[&["--once", "--jobs", "liquidate"][..], &more].concat());
    assert_eq!(low.code(), Some(5), "{}", low.text());
    assert_eq!((low.of("outcome").len(), local.below_margin()), (0, 1));
    let mut busy = local.keeper(&["liquidator"], &["--once", "--jobs", "liquidate"]);
    assert_eq!(busy.code(), Some(0), "{}", busy.text());
    assert_eq!((busy.of("outcome").len(), busy.of("outcome")[0]["outcome"].clone()), (1, "won".into()));
    // The chain's clock falls behind.
    let chain = local.exchange.localnet.chain();
    chain.begin_at(chain.clock().unix_timestamp - 100_000).unwrap();
    let mut stale = local.keeper(&["liquidator"], &["--once", "--set", "pace.most_lag_seconds=30"]);
    assert_eq!(stale.code(), Some(4), "{}", stale.text());
    assert!(stale.of("stale")[0]["reason"].as_str().unwrap().contains("s behind"), "{}", stale.text());
}
