//! The demo as a user runs it.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use perp_localnet::validator::Ports;
use serde_json::Value;

fn demo(ports: Ports, keys: &Path, flags: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_perp-localnet"))
        .args(["demo", "--rpc-port", &ports.rpc.to_string(), "--ws-port", &ports.ws.to_string()])
        .args(["--prices-port", &ports.prices.to_string(), "--keys"])
        .arg(keys)
        .args(flags)
        .output()
        .unwrap()
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The first step whose name ends so: those of the crash begin with time and price.
fn step<'a>(document: &'a Value, name: &str) -> &'a Value {
    let steps = document["steps"].as_array().unwrap();
    let found = steps.iter().find(|step| step["name"].as_str().unwrap().ends_with(name));
    found.unwrap_or_else(|| panic!("no step \"{name}\""))
}

/// What the step's check of that name found.
fn actual<'a>(step: &'a Value, check: &str) -> &'a str {
    let checks = step["checks"].as_array().unwrap();
    let found = checks.iter().find(|found| found["name"] == check);
    found.unwrap_or_else(|| panic!("no check \"{check}\" in {step}"))["actual"].as_str().unwrap()
}

#[test]
fn the_demo_plays_to_its_end_and_its_books_balance() {
    let keys = tempfile::tempdir().unwrap();
    let output = demo(Ports::free().unwrap(), keys.path(), &["--json"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert_eq!(errors, "");

    let document = document(&output);
    assert_eq!((&document["ok"], &document["error"]), (&Value::Bool(true), &Value::Null));
    let steps = document["steps"].as_array().unwrap();
    for step in steps {
        assert_eq!(step["ok"], true, "{step}");
        let books = step["checks"].as_array().unwrap().last().unwrap();
        assert_eq!(books["name"], "vault = sum of all claims on it");
        assert_eq!(books["expected"], books["actual"]);
    }

    let crash = step(&document, "the crash in numbers");
    for kind in ["partial liquidations", "full liquidations", "bankruptcies"] {
        assert_ne!(actual(crash, kind), "0", "{kind}");
    }
    // Six wallets got test USDC: 5 · 100 000 and 10 000 000.
    assert_eq!(actual(step(&document, "where all test USDC went"), "minted"), "10,500,000 USDC");
    assert_eq!(actual(step(&document, "everybody leaves"), "margin accounts left"), "0");
    every_promise_is_compared(&document);
}

/// What the sentences of the steps say, each with the check that would fail if it were not so.
fn every_promise_is_compared(document: &Value) {
    for (name, checks) in [
        ("migration", &["created", "created when run again", "markets", "SOL-PERP's terms", "BTC-PERP's terms"][..]),
        ("lp asks to deposit", &["they wait until", "in escrow"]),
        ("the deposit is executed", &["at once", "what the keeper earned"]),
        ("insurance", &["lp's shares, as before"]),
        (
            "backing is placed",
            &["SOL-PERP's, towards its target", "BTC-PERP's, at its target", "the pool gave = the markets got"],
        ),
        ("accounts and collateral", &["liquidator's cross account", "the vault"]),
        (
            "alice goes long 6 BTC in BTC-PERP",
            &["position", "worse than the index by spread and impact", "fee", "its event: base units, fee, balance"],
        ),
        ("bob goes short 10 BTC in BTC-PERP", &["position", "worse than the index by spread and impact", "fee"]),
        (
            "24 hours pass",
            &[
                "SOL-PERP: the rate has the sign of the skew",
                "BTC-PERP: the rate has the sign of the skew",
                "SOL-PERP: hours with a price and an accrual",
                "BTC-PERP: hours with a price and an accrual",
                "SOL-PERP: hours in which the rate drifted towards the larger side",
                "BTC-PERP: hours in which the rate drifted towards the larger side",
            ],
        ),
        ("funding of BTC-PERP is settled", &["paid = received, and kept by the backing", "the backing keeps"]),
        ("isolated accounts", &["carol's isolated account is bound to", "carol's isolated account buys in SOL-PERP"]),
        (
            "is liquidated in part",
            &[
                "healthy again: equity",
                "with a buffer of 25 % of the margin: equity",
                "equity − maintenance margin",
                "its event: closed, penalty, bounty",
            ],
        ),
        ("dave deposits 1,500 USDC more", &["positions kept", "equity before"]),
        ("is liquidated whole", &["closing a part would have to be of", "position left"]),
        (
            "is bankrupt",
            &[
                "30 seconds earlier, equity − maintenance margin",
                "equity before, less than nothing",
                "position left",
                "bounty, in the liquidator's balance",
                "it came from the insurance",
                "what it could not pay is its debt",
                "carol's cross account, untouched",
            ],
        ),
        (
            "is resolved",
            &[
                "paid by its balance",
                "paid by BTC-PERP's insurance",
                "paid by the shared insurance",
                "written off",
                "these add up to its debt",
                "its event: debt, written off",
                "debt left",
                "carol's cross account, untouched",
            ],
        ),
        (
            "bob closes -10 BTC in BTC-PERP",
            &[
                "profit, funding and fee = what balance and claim gained",
                "the backing paid = bob's balance and the protocol's fees gained",
                "left in the backing",
                "what it could not pay",
            ],
        ),
        ("alice's loss is settled", &["turned into cash", "alice's equity, her funding in full", "her equity"]),
        ("claims are funded", &["all of the claim", "the backing gave"]),
        ("bob's claim is redeemed", &["set aside before and not any more", "paid to bob"]),
        ("the crash in numbers", &["prices, at each of which every account was checked", "bad debt written off"]),
        ("dave closes -100 SOL in SOL-PERP", &["position", "equity before"]),
        ("the liquidator withdraws its bounties", &["its wallet before", "all its bounties"]),
        ("everybody leaves", &["bob's cross account took out", "closing one with a balance", "the vault"]),
        ("lp asks to withdraw", &["lp's shares", "shares in escrow", "they wait until", "leaving at once"]),
        ("the markets wind down", &["markets' sides with a position", "all backing, returned to the pool"]),
        ("the withdrawal is executed", &["shares not burned", "paid: their part of the lower value, less 0.02 %"]),
        ("where all test USDC went", &["these are all that is left in the vault", "minted"]),
    ] {
        for check in checks {
            assert_ne!(actual(step(document, name), check), "", "{name}: {check}");
        }
    }

    let partial = step(document, "is liquidated in part");
    // 100 SOL at $140.615937 and 3 % are 421.847811; 0.0362222796 BTC at $56,081.02 and 2.4 % are 48.753177. A quarter
    // more than both is 588.251235.
    assert_eq!(actual(partial, "with a buffer of 25 % of the margin: equity"), "588.251235 USDC");
    let bankrupt = step(document, "is bankrupt");
    // 0.6821884212 BTC at $52,088.10 are 35 533.898702; 90 % of 2 bp of it are 6.396101.
    for (check, paid) in [("bounty, in the liquidator's balance", '+'), ("it came from the insurance", '-')] {
        assert_eq!(actual(bankrupt, check), format!("{paid}6.396101 USDC"), "{check}");
    }
    for market in ["SOL-PERP", "BTC-PERP"] {
        let drifted = format!("{market}: hours in which the rate drifted towards the larger side");
        assert_eq!(actual(step(document, "24 hours pass"), &drifted), "24");
    }
}

#[test]
fn a_port_in_use_ends_the_demo_with_the_flag_that_changes_it() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let ports = Ports { rpc: taken.local_addr().unwrap().port(), ..Ports::free().unwrap() };
    let keys = tempfile::tempdir().unwrap();
    let output = demo(ports, keys.path(), &["--json"]);
    assert_eq!(output.status.code(), Some(1));
    let document = document(&output);
    assert_eq!(document["ok"], false);
    assert!(document["error"].as_str().unwrap().contains("--rpc-port"), "{document}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("--rpc-port"));
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let keys = tempfile::tempdir().unwrap();
    let ports = Ports::free().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_perp-localnet"))
        .args(["demo", "--rpc-port", &ports.rpc.to_string(), "--ws-port", &ports.ws.to_string()])
        .args(["--prices-port", &ports.prices.to_string(), "--keys"])
        .arg(keys.path())
        .env("PERP_SWAP_SO", "/nowhere/perp_swap.so")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/nowhere/perp_swap.so"));
}
