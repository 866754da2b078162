//! What is told without sending anything.

use perp_exchange::convert::{show_atoms, show_signed_atoms};
use serde_json::Value;

use crate::{said, Local};

#[test]
fn a_market_is_told_with_its_whole_contract() {
    let local = Local::start();
    let markets = local.json(&["markets"]);
    let names: Vec<&str> =
        markets["markets"].as_array().unwrap().iter().map(|row| row["market"].as_str().unwrap()).collect();
    assert_eq!(names, ["SOL-PERP", "BTC-PERP"]);
    assert_eq!(markets["markets"][0]["price"], "140.615937");
    let text = local.perp(&["markets"]).good();
    assert!(text.contains("SOL-PERP") && text.contains("140.615937") && text.contains("active"), "{text}");

    // By its asset, its symbol and its index, whatever the case.
    let sheet = local.json(&["markets", "sol"]);
    for name in ["SOL-PERP", "0"] {
        assert_eq!(local.json(&["markets", name])["contract"], sheet["contract"]);
    }
    assert_eq!(sheet["contract"]["price"], "140.615937");
    assert_eq!(sheet["money"]["long"], "0");
    // Each size on both sides, bought above the index and sold below it.
    let quotes = sheet["quotes"].as_array().unwrap();
    assert_eq!(quotes.len(), 6);
    let price = |row: &Value| row["average_price"].as_str().unwrap().parse::<f64>().unwrap();
    assert!(price(&quotes[0]) > 140.615937 && price(&quotes[1]) < 140.615937, "{quotes:#?}");
    let parameter = |name: &str| {
        let rows = sheet["parameters"].as_array().unwrap();
        rows.iter().find(|row| row["parameter"] == name).unwrap()["value"].clone()
    };
    assert_eq!(parameter("taker_fee"), "0.04");
    assert_eq!(parameter("base_margin"), "5");
    assert_eq!(parameter("max_age_trade"), 5);
    // Raw: ppm.
    let raw = local.json(&["markets", "SOL", "--atoms"]);
    assert_eq!(raw["contract"]["price"], "154608857782");
    assert_eq!(
        raw["parameters"].as_array().unwrap().iter().find(|row| row["parameter"] == "taker_fee").unwrap()["value"],
        "400"
    );
}

#[test]
fn an_account_is_told_and_explained_line_by_line() {
    let local = Local::start();
    local.trader("alice", "2000", "buy", "100");
    local.sol_costs(1, "138");
    let venue = local.venue();
    let (fresh, state) = (venue.fresh().unwrap(), local.account("alice").state);
    let health = fresh.exchange.health(&state).unwrap();
    let equity = show_signed_atoms(health.maintenance.equity, 6);

    let account = local.json(&["account"]);
    assert_eq!(account["account"]["address"], local.margin_account("alice").to_string());
    assert_eq!(account["health"]["equity"], equity);
    assert_eq!(account["health"]["required_margin"], show_atoms(health.maintenance.margin, 6));
    assert_eq!(account["health"]["liquidatable"], false);
    assert_eq!(account["positions"][0]["size"], "100");
    assert_eq!(local.json(&["account", "--atoms"])["health"]["equity"], health.maintenance.equity.get().to_string());
    // A stranger sees the same by the address, and by the owner.
    let address = local.margin_account("alice").to_string();
    let owner = local.address("alice").to_string();
    assert_eq!(local.json_as("bob", &["account", "--account", &address]), account);
    assert_eq!(local.json_as("bob", &["account", "show", "--owner", &owner]), account);
    let listed = local.json_as("bob", &["account", "list", "--owner", &owner]);
    assert_eq!(listed["accounts"][0]["equity"], equity);

    let explained = local.json(&["explain", &address]);
    let lines = explained["lines"].as_array().unwrap();
    let line =
        |what: &str| lines.iter().find(|line| line["what"] == what).unwrap_or_else(|| panic!("{what}: {lines:#?}"));
    assert_eq!(line("equity")["told"], equity);
    assert!(line("equity")["where_it_stands"].as_str().unwrap().starts_with("docs/specification/margin.md#"));
    assert!(lines.iter().all(|line| line["verdict"] != "DIFFERS"), "{lines:#?}");
}

#[test]
fn the_ladder_turns_where_the_account_is_liquidated() {
    let local = Local::start();
    local.trader("alice", "2000", "buy", "100");
    let liquidated = &local.json(&["account", "--atoms"])["positions"][0]["liquidated_at"];
    let liquidated: u64 = liquidated.as_str().unwrap().parse().unwrap();
    let ladder = local.json(&["account", "ladder", "SOL", "--atoms"]);
    let rungs = ladder["ladder"].as_array().unwrap();
    assert_eq!(rungs.len(), 13);
    for rung in rungs {
        let price: u64 = rung["price"].as_str().unwrap().parse().unwrap();
        assert_eq!(rung["liquidatable"], price <= liquidated, "{rung:#} against {liquidated}");
    }
    assert!(rungs.iter().any(|rung| rung["liquidatable"] == true));
}

#[test]
fn the_map_tells_what_other_prices_would_liquidate() {
    let local = Local::start();
    local.trader("alice", "2000", "buy", "100");
    local.trader("bob", "90000", "sell", "10");
    let map = local.json(&["liquidate", "map", "SOL"]);
    let step =
        |change: &str| map["map"].as_array().unwrap().iter().find(|row| row["change"] == change).unwrap().clone();
    let (fallen, same) = (step("-30"), step("0"));
    assert_eq!((&fallen["accounts"], &fallen["long"], &fallen["short"]), (&1.into(), &"100".into(), &"0".into()));
    assert_eq!((&same["accounts"], &same["long"]), (&0.into(), &"0".into()));
    assert_eq!(local.json(&["liquidate", "list"])["liquidations"], Value::Array(Vec::new()));
}

#[test]
fn the_pool_is_told_with_everybodys_leverage() {
    let local = Local::start();
    local.trader("alice", "2000", "buy", "100");
    let pool = local.json(&["liquidity"]);
    // The first deposit buys shares at one each.
    assert!(pool["pool"]["shares"].as_str().unwrap().starts_with("4"), "{:#}", pool["pool"]);
    // The pool is short what alice is long.
    assert_eq!(pool["exposure"][0]["delta"], "-100");
    let rows = pool["leverage"].as_array().unwrap();
    assert_eq!(rows[0]["what"], "all positions over traders' equity");
    assert_eq!(rows.len(), 2 + 2 * 2);
    // $14 061.5937 of notional.
    assert_eq!(rows[0]["notional"], "14061.5937");
    let funding = local.json(&["funding"]);
    assert_eq!(funding["funding"][0]["long"], "100");
    let prices = local.json(&["oracle"]);
    assert_eq!(prices["oracles"][0]["cached"], "140.615937");
}

#[test]
fn the_doctor_says_what_is_there_and_what_is_not() {
    let local = Local::start();
    local.perp(&["deposit", "100", "--yes"]).good();
    let text = local.perp(&["doctor", "--most-lag", "0"]).good();
    for needle in
        ["node", "clock", "fees", "landing", "exchange", "status", "market", "websocket", "history", "key", "wallet"]
    {
        assert!(text.contains(needle), "{text}\nlacks {needle}");
    }
    let wrong = local.perp(&["doctor", "--most-lag", "0", "--websocket-url", "ws://127.0.0.1:1"]);
    assert_eq!(wrong.code, Some(1), "{}", wrong.text());
    assert!(wrong.text().contains("BAD") && wrong.text().contains("set websocket_url"), "{}", wrong.text());
    let gone = local.perp(&["doctor", "--rpc-url", "http://127.0.0.1:1"]);
    assert_eq!(gone.code, Some(1));
    assert!(gone.text().contains("cannot be reached"), "{}", gone.text());
    // Without a key everything can be looked at.
    let folder = format!("{}/exchange.json", local.folder().display());
    let file: Value = serde_json::from_slice(&std::fs::read(folder).unwrap()).unwrap();
    let (url, exchange) = (file["rpc_url"].as_str().unwrap(), file["exchange"].as_str().unwrap());
    let bare = crate::perp(&["markets", "--rpc-url", url, "--exchange", exchange]).good();
    assert!(bare.contains("SOL-PERP"), "{bare}");
}

#[test]
fn settings_come_from_flags_then_variables_then_the_localnet_then_the_file() {
    let local = Local::start();
    let folder = local.folder().display().to_string();
    let file = local.folder().join("perp.toml");
    std::fs::write(&file, "rpc_url = \"http://127.0.0.1:2\"\nexchange = \"11111111111111111111111111111111\"\n")
        .unwrap();
    let run = |flags: &[&str], url: Option<&str>| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_perp"));
        command.env_remove("PERP_RPC_URL").args(["markets", "--config"]).arg(&file).args(flags);
        if let Some(url) = url {
            command.env("PERP_RPC_URL", url);
        }
        said(&mut command)
    };
    let localnet = format!("--localnet={folder}");
    // The file alone leads nowhere, the localnet comes before it, a variable before that, and a flag before all.
    assert!(run(&[], None).text().contains("127.0.0.1:2 cannot be reached"));
    assert_eq!(run(&[&localnet], None).code, Some(0));
    assert!(run(&[&localnet], Some("http://127.0.0.1:3")).text().contains("127.0.0.1:3 cannot be reached"));
    let url = local.exchange.localnet.validator.rpc_url();
    assert_eq!(run(&[&localnet, "--rpc-url", &url], Some("http://127.0.0.1:3")).code, Some(0));
    // An empty variable is none.
    assert_eq!(run(&[&localnet], Some("")).code, Some(0));
}
