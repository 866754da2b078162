//! Every atom of what happened, computed anew.

use serde_json::Value;

use crate::{told, Local};

/// The lines of a transaction, none of which differs.
fn lines(local: &Local, sent: &Value) -> Vec<Value> {
    let signature = sent["transaction"]["signature"].as_str().unwrap().to_owned();
    let explained = local.json(&["explain", &signature]);
    let lines = explained["lines"].as_array().unwrap_or_else(|| panic!("{explained:#}")).clone();
    let differs: Vec<_> = lines.iter().filter(|line| line["verdict"] == "DIFFERS").collect();
    assert!(differs.is_empty(), "{differs:#?}");
    lines
}

/// Which numbers came out to the last digit.
fn same(lines: &[Value]) -> Vec<&str> {
    lines.iter().filter(|line| line["verdict"] == "same").map(|line| line["what"].as_str().unwrap()).collect()
}

#[test]
fn a_fill_comes_out_to_the_atom() {
    let local = Local::start();
    local.perp(&["deposit", "20000"]).good();
    let bought = local.json(&["trade", "buy", "SOL", "100", "--yes"]);
    let first = lines(&local, &bought);
    for what in
        ["impact", "spread", "charge", "notional", "fee", "funding", "realized", "position after", "balance after"]
    {
        assert!(same(&first).contains(&what), "{what}: {first:#?}");
    }
    // An hour later a part is sold at another price: funding, and a profit on a part of the entry.
    local.sol_costs(3_600, "150");
    let sold = local.json(&["trade", "sell", "SOL", "33.3", "--yes"]);
    let second = lines(&local, &sold);
    for what in ["impact", "notional", "fee", "funding", "realized", "balance after"] {
        assert!(same(&second).contains(&what), "{what}: {second:#?}");
    }
    assert_ne!(told(&sold["events"], "funding"), "0");
    // What is older: the market has moved on, so the spread alone is only told.
    let flipped = local.json(&["trade", "sell", "SOL", "100", "--yes"]);
    let again = lines(&local, &sold);
    assert!(!same(&again).contains(&"spread") && same(&again).contains(&"realized"), "{again:#?}");
    assert!(same(&lines(&local, &flipped)).contains(&"balance after"));
}

#[test]
fn a_funding_payment_comes_out_to_the_atom() {
    let local = Local::start();
    local.trader("alice", "20000", "buy", "100");
    local.sol_costs(3_600, "140.615937");
    local.json_as("bob", &["oracle", "update", "SOL"]);
    let account = local.margin_account("alice").to_string();
    let settled = local.json_as("bob", &["funding", "settle", "SOL", "--account", &account]);
    let paid = told(&settled["events"], "funding");
    assert!(paid.as_str().unwrap().starts_with('-'), "{paid}");
    let explained = lines(&local, &settled);
    assert!(same(&explained).contains(&"funding") && same(&explained).contains(&"balance after"), "{explained:#?}");
    // What was told beforehand is what happened.
    assert_eq!(&settled["settled"]["funding"], paid);
}

#[test]
fn a_liquidation_comes_out_to_the_atom() {
    let local = Local::start();
    local.trader("alice", "1000", "buy", "100");
    // 6 % below: $14 061.59 · 6 % = $843.70 lost, and 3 % of $13 218 demanded.
    local.sol_costs(1, "132.1789");
    let account = local.margin_account("alice").to_string();
    let listed = local.json_as("liquidator", &["liquidate", "list"]);
    assert_eq!(listed["liquidations"][0]["account"], account.as_str());
    let done = local.json_as("liquidator", &["liquidate", "run", &account, "SOL", "--yes"]);
    assert_eq!(&done["liquidation"]["bounty"], told(&done["events"], "bounty"));
    assert_eq!(listed["liquidations"][0]["bounty"], done["liquidation"]["bounty"]);
    let explained = lines(&local, &done);
    for what in
        ["notional", "funding", "realized", "penalty, in its parts", "balance after", "liquidator's balance after"]
    {
        assert!(same(&explained).contains(&what), "{what}: {explained:#?}");
    }
    for line in &explained {
        assert!(line["where_it_stands"].as_str().unwrap().starts_with("docs/specification/"), "{line:#}");
    }
}

#[test]
fn a_shortage_comes_out_to_the_atom() {
    let local = Local::start();
    local.trader("alice", "800", "buy", "100");
    // 20 % below: all of her equity and more is gone.
    local.sol_costs(1, "112.4927");
    let account = local.margin_account("alice").to_string();
    local.json_as("liquidator", &["liquidate", "run", &account, "SOL", "--yes"]);
    let resolved = local.json_as("liquidator", &["liquidate", "resolve", &account, "SOL", "--yes"]);
    let explained = lines(&local, &resolved);
    for what in ["paid by balance", "paid by insurance", "written off", "insurance after"] {
        assert!(same(&explained).contains(&what), "{what}: {explained:#?}");
    }
}

#[test]
fn what_was_refused_is_told_with_its_rule_and_what_is_nothing_with_what_would_be_right() {
    let local = Local::start();
    local.perp(&["deposit", "1000"]).good();
    let nothing = local.perp(&["explain", "hello"]);
    assert_eq!(nothing.code, Some(2));
    assert!(nothing.err.contains("WHAT is \"hello\"") && nothing.err.contains("base 58"), "{}", nothing.err);
    let wallet = local.perp(&["explain", &local.address("alice").to_string()]);
    assert_eq!(wallet.code, Some(2), "{}", wallet.text());
    assert!(
        wallet.err.contains("is a wallet") && wallet.err.contains(&local.margin_account("alice").to_string()),
        "{}",
        wallet.err
    );
}
