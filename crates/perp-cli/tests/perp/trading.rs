//! Collateral and trades: previewed, sent, and told once the chain has them.

use perp_engine::state::Account;
use perp_engine::units::{Atoms, SignedSize};
use serde_json::Value;

use crate::{told, Local};

#[test]
fn collateral_goes_in_and_comes_out() {
    let local = Local::start();
    let said = local.perp(&["deposit", "1250.5"]).good();
    assert!(said.contains("opened first") && said.contains("Confirmed.") && said.contains("1250.5"), "{said}");
    assert_eq!(local.account("alice").state.balance, Atoms::new(1_250_500_000));
    local.perp(&["deposit", "500000", "--atoms"]).good();
    assert_eq!(local.account("alice").state.balance, Atoms::new(1_251_000_000));

    let withdrawn = local.json(&["withdraw", "1000"]);
    assert_eq!(withdrawn["transaction"]["status"], "confirmed");
    assert_eq!(told(&withdrawn["events"], "balance"), "251");
    assert_eq!(told_row(&withdrawn["health"], "balance"), ("1251".into(), "251".into()));
    local.perp(&["withdraw", "all"]).good();
    assert!(local.account("alice").state.is_empty());
    local.perp(&["account", "close", "--yes"]).good();
    assert!(local.perp(&["account"]).text().contains("there is no margin account"));
}

/// What a number was before and is after.
fn told_row(rows: &Value, what: &str) -> (Value, Value) {
    let row = rows.as_array().unwrap().iter().find(|row| row["what"] == what).unwrap();
    (row["before"].clone(), row["after"].clone())
}

#[test]
fn a_trade_is_previewed_sent_and_told_once_it_is_confirmed() {
    let local = Local::start();
    local.perp(&["deposit", "1000"]).good();
    let before = local.account("alice");

    // The node agrees, and nothing changes.
    let dry = local.json(&["trade", "sell", "SOL", "10", "--dry-run"]);
    assert_eq!(dry["transaction"]["status"], "dry_run");
    assert_eq!(local.account("alice"), before);
    // Nobody is there to confirm it, so nothing is sent.
    let asked = local.perp(&["trade", "sell", "SOL", "10"]);
    assert_eq!(asked.code, Some(2), "{}", asked.text());
    assert!(
        asked.err.contains("a fill is not taken back: add --yes") && !asked.text().contains("Confirmed"),
        "{}",
        asked.text()
    );
    assert_eq!(local.account("alice"), before);

    let sold = local.json(&["trade", "sell", "SOL", "10", "--yes"]);
    // What was told beforehand is what happened: the numbers of the example in examples/tests/trade.rs.
    assert_eq!(sold["fill"]["average_price"], "140.50554388");
    assert_eq!(told(&sold["events"], "average price"), &sold["fill"]["average_price"]);
    assert_eq!(told(&sold["events"], "fee"), "0.562464");
    assert_eq!(sold["fill"]["fee"], "0.562464");
    assert_eq!(told_row(&sold["health"], "balance").1, *told(&sold["events"], "balance"));
    assert_eq!(sold["fill"], dry["fill"]);
    let (_, position) = local.account("alice").state.occupied().next().map(|(slot, it)| (slot, *it)).unwrap();
    assert_eq!(position.size, SignedSize::new(-10_000_000_000));

    // A bound that the preview breaks is refused before anything is sent.
    let before = local.account("alice");
    let refused = local.perp(&["trade", "buy", "SOL", "1", "--limit", "100", "--yes"]);
    assert_eq!(refused.code, Some(1), "{}", refused.text());
    assert!(
        refused.err.contains("PriceBoundExceeded") || refused.err.contains("worse than the acceptable price"),
        "{}",
        refused.err
    );
    assert_eq!(local.account("alice"), before);
}

fn size_of(account: &Account) -> i64 {
    account.occupied().next().map_or(0, |(_, position)| position.size.get())
}

#[test]
fn a_position_is_reduced_flipped_and_closed() {
    let local = Local::start();
    local.trader("alice", "5000", "buy", "100");
    local.sol_costs(1, "140.615937");
    local.perp(&["trade", "close", "SOL", "--part", "25%", "--yes"]).good();
    assert_eq!(size_of(&local.account("alice").state), 75_000_000_000);
    local.perp(&["trade", "close", "SOL", "--size", "5", "--yes"]).good();
    assert_eq!(size_of(&local.account("alice").state), 70_000_000_000);
    local.perp(&["trade", "flip", "SOL", "--yes"]).good();
    assert_eq!(size_of(&local.account("alice").state), -70_000_000_000);
    // Not in the slot of its increase.
    let early = local.perp(&["trade", "close", "SOL", "--yes"]);
    if early.code != Some(0) {
        assert!(early.err.contains("later slot"), "{}", early.text());
        local.sol_costs(1, "140.615937");
        local.perp(&["trade", "close", "SOL", "--yes"]).good();
    }
    assert_eq!(size_of(&local.account("alice").state), 0);
    // Nothing is left to close.
    let nothing = local.perp(&["trade", "close", "SOL", "--yes"]);
    assert_eq!(nothing.code, Some(1));
    assert!(nothing.err.contains("no position in SOL-PERP"), "{}", nothing.err);
}

#[test]
fn a_delegate_trades_and_takes_nothing_out() {
    let local = Local::start();
    local.perp(&["deposit", "1000"]).good();
    let (bob, account) = (local.address("bob").to_string(), local.margin_account("alice").to_string());
    local.perp(&["account", "delegate", &bob, "--yes"]).good();
    local.perp_as("bob", &["trade", "buy", "SOL", "1", "--account", &account, "--yes"]).good();
    assert_eq!(size_of(&local.account("alice").state), 1_000_000_000);
    let refused = local.perp_as("bob", &["withdraw", "1", "--account", &account]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("does not own margin account"), "{}", refused.err);
    local.perp(&["account", "delegate", "nobody"]).good();
    let refused = local.perp_as("bob", &["trade", "buy", "SOL", "1", "--account", &account, "--yes"]);
    assert!(refused.err.contains("may not trade for margin account"), "{}", refused.err);
}
