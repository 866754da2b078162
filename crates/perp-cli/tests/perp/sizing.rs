//! Sizes by rule.

use serde_json::Value;

use crate::Local;

fn number(value: &Value) -> f64 {
    value.as_str().unwrap_or_else(|| panic!("{value}")).parse().unwrap()
}

#[test]
fn a_size_by_risk_loses_no_more_than_was_said() {
    let local = Local::start();
    local.perp(&["deposit", "10000"]).good();
    let found = local.json(&["size", "risk", "SOL", "buy", "--stop", "130", "--risk", "1%", "--atoms"]);
    let of = |name: &str| found["size"][name].as_str().unwrap().parse::<i128>().unwrap();
    // A hundredth of $10 000.
    assert_eq!(of("may_be_lost"), 100_000_000);
    assert!(of("lost_at_the_stop") <= 100_000_000 && of("lost_at_the_stop") > 99_000_000, "{found:#}");
    // $10.615937 and costs a SOL: less than 100 / 10.615937 = 9.42.
    assert!((5_000_000_000..9_420_000_000).contains(&of("size")), "{found:#}");
    let wrong = local.perp(&["size", "risk", "SOL", "buy", "--stop", "150"]);
    assert_eq!(wrong.code, Some(2), "{}", wrong.text());
    assert!(wrong.err.contains("--stop: the stop of a long position must be below"), "{}", wrong.err);
}

#[test]
fn each_rule_gives_a_size_within_what_fills() {
    let local = Local::start();
    local.perp(&["deposit", "10000"]).good();
    let rules: [&[&str]; 4] = [
        &["fraction", "SOL", "buy", "--of-equity", "200%"],
        &["volatility", "SOL", "buy", "--target", "20%"],
        &["kelly", "SOL", "buy", "--mean", "40%", "--volatility", "80%", "--days", "1000", "--take", "50%"],
        &["risk", "SOL", "sell", "--stop", "150"],
    ];
    for rule in rules {
        let found = &local.json(&[&["size"], rule].concat())["size"];
        let (size, largest) = (number(&found["size"]), number(&found["largest_that_fills_now"]));
        assert!(size != 0.0 && size.abs() <= largest.abs() && size.signum() == largest.signum(), "{rule:?}: {found:#}");
    }
    // Twice $10 000 at $140.61593674, as the feed has it, rounded down to a base unit.
    let twice = local.json(&["size", "fraction", "SOL", "buy", "--of-equity", "200%", "--atoms"]);
    assert_eq!(twice["size"]["size"], "142231388750");
    // Days that do not tell the side.
    let few =
        local.perp(&["size", "kelly", "SOL", "buy", "--mean", "5%", "--volatility", "80%", "--days", "10"]).good();
    assert!(few.contains("10 days do not tell which side gains"), "{few}");
}

#[test]
fn what_holding_costs_is_told_for_a_month_and_a_quarter() {
    let local = Local::start();
    local.perp(&["deposit", "10000"]).good();
    let found = local.json(&["size", "holding", "SOL", "buy", "100"]);
    let rows = found["holding"].as_array().unwrap();
    let days: Vec<u64> = rows.iter().map(|row| row["held_for"].as_u64().unwrap() / 86_400).collect();
    assert_eq!(days, [1, 30, 90]);
    let costs: Vec<f64> = rows.iter().map(|row| number(&row["cost"])).collect();
    assert!(0.0 < costs[0] && costs[0] < costs[1] && costs[1] < costs[2], "{costs:?}");
}

#[test]
fn no_move_of_the_recorded_past_liquidates_the_size_by_history() {
    let local = Local::start();
    local.perp(&["deposit", "10000"]).good();
    let candles = local.folder().join("candles.csv");
    std::fs::write(&candles, "time,open,high,low,close\n0,100,101,90,95\n3600,95,96,94,95\n").unwrap();
    let path = candles.display().to_string();
    let found = local.json(&["size", "history", "SOL", "buy", "--candles", &path, "--holding", "2"]);
    // From 100 to 90, rounded up.
    assert_eq!(found["size"]["furthest_against_it"], "10.0001");
    let size = found["size"]["size"].as_str().unwrap().to_owned();
    local.perp(&["trade", "buy", "SOL", &size, "--yes", "--slippage", "5%"]).good();
    let ladder = local.json(&["account", "ladder", "SOL"]);
    let rung =
        |change: &str| ladder["ladder"].as_array().unwrap().iter().find(|row| row["change"] == change).unwrap().clone();
    assert_eq!(rung("-10")["liquidatable"], false);
    assert_eq!(rung("-15")["liquidatable"], true);
    let missing = local.perp(&["size", "history", "SOL", "buy", "--candles", "/nowhere.csv"]);
    assert!(
        missing.code == Some(2) && missing.err.contains("--candles: /nowhere.csv cannot be read"),
        "{}",
        missing.text()
    );
}
