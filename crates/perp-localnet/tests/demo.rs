//! The demo as a user runs it.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use perp_localnet::validator::Ports;
use serde_json::Value;

fn demo(ports: Ports, keys: &Path, flags: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_perp-localnet"))
        .args(["demo", "--rpc-port", &ports.rpc.to_string(), "--ws-port", &ports.ws.to_string(), "--keys"])
        .arg(keys)
        .args(flags)
        .output()
        .unwrap()
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The step of that name.
fn step<'a>(document: &'a Value, name: &str) -> &'a Value {
    let steps = document["steps"].as_array().unwrap();
    steps.iter().find(|step| step["name"] == name).unwrap_or_else(|| panic!("no step \"{name}\""))
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
        .args(["demo", "--rpc-port", &ports.rpc.to_string(), "--ws-port", &ports.ws.to_string(), "--keys"])
        .arg(keys.path())
        .env("PERP_SWAP_SO", "/nowhere/perp_swap.so")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/nowhere/perp_swap.so"));
}
