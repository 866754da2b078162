//! A keeper that is sent to the wrong place says which, and what would be right; `explain` and `doctor` say what is there.

mod common;

use std::net::TcpListener;
use std::process::{Command, Output};

use common::http::server;
use common::Local;
use solana_keypair::{write_keypair_file, Keypair};
use solana_signer::Signer;

/// What the program says with these arguments, besides those of a localnet.
fn said(local: &Local, arguments: &[&str]) -> (Option<i32>, String) {
    let keys = local.keys.path();
    let mut command = Command::new(env!("CARGO_BIN_EXE_perp-keeper"));
    command.args(arguments).arg(format!("--localnet={}", keys.display())).args(["--set", "pace.most_lag_seconds=0"]);
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = [stdout, stderr].map(|text| String::from_utf8(text).unwrap()).concat();
    (status.code(), text)
}

#[test]
fn a_place_that_is_none_is_named() {
    let local = Local::start();
    local.trader("alice", 0, 2_000, None, &[(0, 10_000)]);
    let (addresses, localnet) = (&local.exchange.addresses, &local.exchange.localnet);
    let alice = localnet.wallets.get("alice").unwrap().address();
    let wallet = alice.to_string();
    let account = addresses.margin_account(&alice, 0).to_string();
    let (market, mint) = (addresses.market(0).to_string(), addresses.quote_mint.to_string());
    let nothing = addresses.margin_account(&alice, 9).to_string();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (closed_http, closed_ws) = (format!("http://{closed}/secret"), format!("ws://{closed}/secret"));
    let (rpc, ws) = (localnet.validator.rpc_url(), localnet.validator.ws_url());
    // A server that is no node, one that knows of no account, and one that answers with an error.
    let page = server(|_| (200, "<html>".into())) + "/secret";
    let gone = server(|_| (404, String::new())) + "/secret?key=secret";
    let empty = server(|_| (200, r#"{"jsonrpc":"2.0","id":0,"result":{"context":{"slot":1},"value":null}}"#.into()));
    let limited = server(|_| (403, String::from("key"))) + "/secret";
    let swapped = (ws.replace("ws://", "http://"), rpc.replace("http://", "ws://"));
    let (poor, poor_file) = (Keypair::new(), local.keys.path().join("poor.json"));
    write_keypair_file(&poor, &poor_file).unwrap();
    let (poor, poor_file) = (poor.pubkey().to_string(), poor_file.display().to_string());
    let keys = local.keys.path().join("exchange.json").display().to_string();
    let cases: Vec<(Vec<&str>, i32, Vec<&str>)> = vec![
        (
            vec!["--exchange", &wallet],
            1,
            vec!["exchange is", &wallet, "it belongs to program 11111111111111111111111111111111"],
        ),
        (vec!["--exchange", &mint], 1, vec!["exchange is", &mint, "it belongs to program Token"]),
        (vec!["--exchange", &market], 1, vec!["exchange is", &market, "is another type of account of the program"]),
        (vec!["--exchange", &account], 1, vec!["exchange is", &account, "is another type of account"]),
        (vec!["--exchange", &nothing], 1, vec!["exchange is", &nothing, "there is nothing"]),
        (
            vec!["--once", "--rpc-url", &closed_http],
            1,
            vec!["127.0.0.1", "cannot be reached", "Connection refused", "its URL"],
        ),
        (vec!["--once", "--rpc-url", &swapped.0], 1, vec!["127.0.0.1"]),
        (vec!["--once", "--rpc-url", &page], 1, vec!["check that it is running and its URL"]),
        (vec!["--once", "--rpc-url", &gone], 1, vec!["404"]),
        (vec!["--once", "--rpc-url", &limited], 1, vec!["403"]),
        (vec!["--once", "--rpc-url", &empty], 1, vec!["the program", "is not on this cluster", "rpc_url"]),
        (vec!["--once", "--websocket-url", &closed_ws], 1, vec!["the server at ws://127.0.0.1", "Connection refused"]),
        (vec!["--once", "--websocket-url", &swapped.1], 1, vec!["the server at ws://127.0.0.1"]),
        (vec!["--listen", &taken], 1, vec!["http.listen is", &taken, "another program listens there"]),
        (vec!["--once", "--set", "lookup_tables=11111111111111111111111111111111"], 1, vec!["address lookup table"]),
        (vec!["--once", "--keypair", &poor_file], 1, vec![&poor, "holds 0 lamports", "send it SOL"]),
        (
            vec!["--keypair", "/nowhere/key.json"],
            2,
            vec!["keypairs: /nowhere/key.json cannot be read", "solana-keygen new"],
        ),
        (vec!["--keypair", &keys], 2, vec!["exchange.json", "does not hold a list of numbers"]),
        (
            vec!["--set", "log.filter=perp_keeper=loud=x"],
            2,
            vec!["log.filter is \"perp_keeper=loud=x\"", "warn,perp_keeper=info"],
        ),
        (vec!["--jobs", "liquidation"], 2, vec!["'liquidation'", "liquidate"]),
        (vec!["--rcp-url", "x"], 2, vec!["'--rcp-url'", "--rpc-url"]),
        (vec!["explain", "me"], 1, vec!["explain me: that is no address", "base 58"]),
        (vec!["explain", &wallet], 1, vec![&wallet, "that is a wallet", &account]),
        (vec!["explain", &nothing], 1, vec!["there is no account at", &nothing]),
        (vec!["explain", &market], 1, vec![&market, "is another type of account"]),
        (vec!["explain"], 2, vec!["<ACCOUNT>"]),
    ];
    for (arguments, code, needles) in &cases {
        let (found, text) = said(&local, arguments);
        assert_eq!(found, Some(*code), "{arguments:?}: {text}");
        for needle in needles {
            assert!(text.contains(needle), "{arguments:?}\n  says: {text}\n  lacks: {needle}");
        }
        assert!(!text.contains("secret"), "{arguments:?} tells a secret: {text}");
    }
}

#[test]
fn an_account_is_explained_and_everything_around_it_examined() {
    let local = Local::start();
    local.trader("alice", 0, 2_000, None, &[(0, 30_000)]);
    let alice = local.exchange.localnet.wallets.get("alice").unwrap().address();
    let account = local.exchange.addresses.margin_account(&alice, 0).to_string();
    let (code, text) = said(&local, &["explain", &account]);
    assert_eq!(code, Some(0), "{text}");
    for needle in ["healthy", "market 0: ", "liquidated at ", "the keeper would do nothing about it now"] {
        assert!(text.contains(needle), "{text}");
    }
    local.fall_to(600);
    let (_, text) = said(&local, &["explain", &account]);
    let job = format!("liquidate {account} in market 0 for ");
    let decision = text.lines().find(|line| line.starts_with(&job)).unwrap_or_else(|| panic!("{text}")).to_owned();
    assert!(decision.contains("send (profit of ") && decision.contains("≥ least_profit of 0"), "{decision}");
    assert!(text.contains("below it"), "{text}");
    // The keeper decides the same.
    let mut keeper = local.keeper(&["liquidator"], &["--once", "--dry-run", "--jobs", "liquidate"]);
    assert!(keeper.finished(), "{}", keeper.text());
    let decisions = keeper.of("decision");
    let profit = decisions[0]["profit"].as_str().unwrap();
    assert!(decision.contains(&format!("profit of {profit} atoms")), "{decision}, and {profit}");

    let (code, text) = said(&local, &["doctor", "--listen", "127.0.0.1:0"]);
    assert_eq!(code, Some(0), "{text}");
    for needle in [
        "ok   key",
        "closed to others",
        "ok   metrics        127.0.0.1:0 is free",
        "ok   node",
        "ok   clock",
        "ok   exchange",
        "ok   wallet",
        "ok   market         0 at ",
        "ok   market         1 at ",
        "ok   price server",
        "ok   websocket",
        "ok   accounts",
        "of which",
        "ok   decision       liquidate ",
        "0 in the way",
    ] {
        assert!(text.contains(needle), "{text}\nlacks {needle}");
    }
    let wrong = ["--websocket-url", "ws://127.0.0.1:1", "--prices-url", "http://127.0.0.1:1/secret", "--set"];
    let (code, text) =
        said(&local, &[&["doctor"][..], &wrong, &["wallet.resume_lamports=9000000000000000000"]].concat());
    assert_eq!(code, Some(1), "{text}");
    for needle in ["BAD  websocket", "BAD  price server", "look wallet", "→ set websocket_url", "2 in the way"] {
        assert!(text.contains(needle), "{text}\nlacks {needle}");
    }
    assert!(!text.contains("secret"), "{text}");
    let (code, text) = said(&local, &["doctor", "--rpc-url", "http://127.0.0.1:1"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("BAD  node") && text.contains("http://127.0.0.1:1"), "{text}");
}
