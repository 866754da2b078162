//! A hundred wrong inputs: each is answered with what it is and what would be right, and changes nothing.

use std::process::Command;

use serde_json::Value;

use crate::{perp, said, Local};

/// Arguments, and words that the answer has.
type Case<'a> = (Vec<&'a str>, Vec<&'a str>);

/// Everything is refused with exit code 2, on the standard error alone, without a secret.
fn refused(cases: &[Case<'_>], run: impl Fn(&[&str]) -> crate::Said) {
    for (arguments, needles) in cases {
        let said = run(arguments);
        assert_eq!(said.code, Some(2), "{arguments:?}: {}", said.text());
        assert!(said.out.is_empty(), "{arguments:?} prints {}", said.out);
        for needle in needles {
            assert!(said.err.contains(needle), "{arguments:?}\n  says: {}\n  lacks: {needle}", said.err);
        }
        assert!(!said.err.contains("secret"), "{arguments:?} tells a secret: {}", said.err);
    }
}

#[test]
fn what_cannot_be_understood_is_said_without_a_node() {
    let folder = tempfile::tempdir().unwrap();
    let written = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let broken = written("broken.toml", "rpc_url = \"secret\nexchange = 1");
    let unknown = written("unknown.toml", "rcp_url = \"http://secret\"");
    let typed = written("typed.toml", "rpc_url = 5");
    let localnet = format!("--localnet={}", folder.path().display());
    let empty = tempfile::tempdir().unwrap();
    let nobody = format!("--localnet={}", empty.path().display());
    std::fs::write(folder.path().join("exchange.json"), "{}").unwrap();
    let cases: Vec<Case<'_>> = vec![
        (vec![], vec!["Usage: perp"]),
        (vec!["market"], vec!["'market'", "markets"]),
        (vec!["trades", "buy", "SOL", "1"], vec!["'trades'", "trade"]),
        (vec!["trade"], vec!["buy", "sell", "close", "flip"]),
        (vec!["trade", "long", "SOL", "1"], vec!["'long'"]),
        (vec!["trade", "buy"], vec!["<MARKET>", "<SIZE>"]),
        (vec!["trade", "buy", "SOL"], vec!["<SIZE>"]),
        (vec!["trade", "buy", "SOL", "1", "--slipage", "1%"], vec!["'--slipage'", "--slippage"]),
        (vec!["trade", "buy", "SOL", "1", "--limit", "1", "--slippage", "1%"], vec!["cannot be used with"]),
        (vec!["trade", "close", "SOL", "--part", "50%", "--size", "1"], vec!["cannot be used with"]),
        (vec!["deposit"], vec!["<AMOUNT>"]),
        (vec!["deposit", "10", "--sub-account", "70000"], vec!["70000", "0..=65535"]),
        (vec!["deposit", "10", "--sub-account", "one"], vec!["'one'"]),
        (vec!["withdraw"], vec!["<AMOUNT>"]),
        (vec!["order", "limit", "SOL", "up", "1", "--at", "1"], vec!["'up'", "buy, sell"]),
        (vec!["order", "limit", "SOL", "buy", "1"], vec!["--at"]),
        (vec!["order", "stop", "SOL"], vec!["--at"]),
        (vec!["order", "trailing", "SOL"], vec!["--distance"]),
        (vec!["order", "twap", "SOL", "buy", "1", "--every", "5m"], vec!["--slices"]),
        (vec!["order", "twap", "SOL", "buy", "1", "--slices", "1", "--every", "5m"], vec!["--slices", "2.."]),
        (vec!["order", "oco", "SOL", "--stop", "1"], vec!["--target"]),
        (vec!["order", "bracket", "SOL", "buy", "1", "--at", "1"], vec!["--stop"]),
        (
            vec!["order", "ladder", "SOL", "buy", "1", "--from", "1", "--to", "2", "--count", "1"],
            vec!["--count", "2..=16"],
        ),
        (
            vec!["order", "ladder", "SOL", "buy", "1", "--from", "1", "--to", "2", "--count", "17"],
            vec!["--count", "2..=16"],
        ),
        (vec!["order", "cancel"], vec!["<PLACES>"]),
        (vec!["order", "cancel", "16"], vec!["16", "0..16"]),
        (vec!["order", "cancel", "-1"], vec!["'-1'"]),
        (vec!["order", "replace", "99"], vec!["99", "0..16"]),
        (vec!["order", "limit", "SOL", "buy", "1", "--at", "1", "--cancel", "20"], vec!["20", "0..16"]),
        (vec!["liquidity", "deposit", "1", "--limit", "3%"], vec!["'3%'", "any, 1%, 2%, 5%, 10%"]),
        (vec!["liquidate", "run", "A"], vec!["<MARKET>"]),
        (vec!["admin", "pause"], vec!["<SECONDS>"]),
        (vec!["admin"], vec!["pending", "pause"]),
        (vec!["size", "risk", "SOL", "buy"], vec!["--stop"]),
        (
            vec!["size", "kelly", "SOL", "buy", "--mean", "1%", "--volatility", "1%", "--days", "0"],
            vec!["--days", "1.."],
        ),
        (vec!["export", "--lots", "average"], vec!["'average'", "fifo, lifo, hifo, specific"]),
        (vec!["completions", "tcsh"], vec!["'tcsh'", "bash"]),
        (vec!["markets", "--output", "xml"], vec!["'xml'", "table, json"]),
        (vec!["markets", "SOL", "BTC"], vec!["'BTC'"]),
        (vec!["account", "--account", "A", "--owner", "B"], vec!["cannot be used with"]),
        // Settings.
        (vec!["markets"], vec!["rpc_url is missing", "--rpc-url", "PERP_RPC_URL", "--localnet"]),
        (vec!["markets", "--rpc-url", "http://127.0.0.1:1"], vec!["exchange is missing", "--exchange"]),
        (vec!["markets", "--rpc-url", "127.0.0.1:8899"], vec!["rpc_url is \"127.0.0.1:8899\"", "http:// or https://"]),
        (vec!["markets", "--rpc-url", "ws://u:secret@node/secret"], vec!["rpc_url is \"ws://node…\"", "http://"]),
        (vec!["markets", "--rpc-url", "http://"], vec!["rpc_url is \"http://\""]),
        (
            vec!["markets", "--websocket-url", "http://node"],
            vec!["websocket_url is \"http://node\"", "ws:// or wss://"],
        ),
        (vec!["markets", "--indexer-url", "ftp://node"], vec!["indexer_url is \"ftp://node\""]),
        (vec!["markets", "--prices-url", "prices.example"], vec!["prices_url is"]),
        (vec!["markets", "--exchange", "me"], vec!["exchange is \"me\"", "base 58"]),
        (
            vec!["markets", "--config", "/nowhere/perp.toml"],
            vec!["/nowhere/perp.toml cannot be read", "check its name"],
        ),
        (vec!["markets", "--config", &broken], vec!["broken.toml, line 1"]),
        (vec!["markets", "--config", &unknown], vec!["unknown.toml, line 1", "unknown field `rcp_url`", "rpc_url"]),
        (vec!["markets", "--config", &typed], vec!["typed.toml, line 1", "expected a string"]),
        (vec!["markets", &nobody], vec!["no localnet wrote", "exchange.json", "start one"]),
        (vec!["markets", &localnet], vec!["exchange.json", "missing field"]),
        (
            vec!["terms", "Positon Bankrupcy"],
            vec!["TERM is \"Positon Bankrupcy\"", "did you mean \"Position Bankruptcy\"?"],
        ),
        (vec!["terms", "65"], vec!["TERM is \"65\"", "from 1 to 64"]),
    ];
    refused(&cases, perp);
}

#[test]
fn a_wrong_variable_is_named() {
    let run = |name: &str, value: &str| said(Command::new(env!("CARGO_BIN_EXE_perp")).arg("markets").env(name, value));
    let cases = [
        ("PERP_RCP_URL", "http://secret", "environment variable PERP_RCP_URL", "PERP_RPC_URL?"),
        ("PERP_KEYPAIRS", "secret.json", "environment variable PERP_KEYPAIRS", "PERP_KEYPAIR?"),
        ("PERP_RPC_URL", "node.example", "rpc_url is \"node.example\"", "http://"),
        ("PERP_EXCHANGE", "zero", "exchange is \"zero\"", "base 58"),
        ("PERP_CONFIG", "/nowhere.toml", "/nowhere.toml cannot be read", "check its name"),
        ("PERP_LOCALNET", "/nowhere", "no localnet wrote /nowhere/exchange.json", "start one"),
    ];
    for (name, value, what, right) in cases {
        let said = run(name, value);
        assert_eq!(said.code, Some(2), "{name}: {}", said.text());
        assert!(
            said.err.contains(what) && said.err.contains(right) && !said.err.contains("secret"),
            "{name}: {}",
            said.err
        );
    }
    // The keeper's are none of its business.
    let said = run("PERP_KEEPER_RPC_URL", "http://node");
    assert!(said.err.contains("rpc_url is missing"), "{}", said.err);
}

#[test]
fn a_key_file_that_is_none_is_named() {
    let local = Local::start();
    let folder = local.folder();
    let written = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        close(&path, 0o600);
        path.display().to_string()
    };
    let (words, short) = (written("words.json", "my secret words"), written("short.json", "[1, 2]"));
    let open = folder.join("open.json");
    std::fs::copy(folder.join("alice.json"), &open).unwrap();
    close(&open, 0o644);
    let open = open.display().to_string();
    let here = folder.display().to_string();
    let localnet = format!("--localnet={here}");
    let cases: Vec<Case<'_>> = vec![
        (vec!["--keypair", "/nowhere.json"], vec!["keypair: /nowhere.json cannot be read", "solana-keygen new"]),
        (vec!["--keypair", &words], vec!["words.json is no keypair file", "list of numbers"]),
        (vec!["--keypair", &short], vec!["short.json is no keypair file", "2 numbers instead of 64"]),
        (vec!["--keypair", &here], vec!["is a folder"]),
        #[cfg(unix)]
        (vec!["--keypair", &open], vec!["may be read by others (mode 644)", "chmod 600", "--open-keys"]),
    ];
    refused(&cases, |arguments| perp(&[&["account", &localnet], arguments].concat()));
    let allowed = perp(&["deposit", "10", &localnet, "--keypair", &open, "--open-keys"]);
    assert_eq!(allowed.code, Some(0), "{}", allowed.text());
}

#[cfg(unix)]
fn close(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
fn close(_: &std::path::Path, _: u32) {}

#[test]
fn a_wrong_amount_market_or_address_changes_nothing() {
    let local = Local::start();
    local.trader("alice", "5000", "buy", "100");
    local.perp(&["order", "limit", "SOL", "buy", "1", "--at", "130"]).good();
    let (account, orders) = (local.account("alice"), local.orders("alice"));
    let address = local.margin_account("alice").to_string();
    let (wallet, market) = (local.address("alice").to_string(), local.exchange.addresses.market(0).to_string());
    let nobody = local.exchange.addresses.margin_account(&local.address("bob"), 9).to_string();
    let cases: Vec<Case<'_>> = vec![
        (vec!["markets", "DOGE"], vec!["MARKET is \"DOGE\"", "SOL-PERP (0), BTC-PERP (1)"]),
        (vec!["markets", "SOL-PREP"], vec!["MARKET is \"SOL-PREP\"", "did you mean SOL-PERP?"]),
        (vec!["markets", "2"], vec!["MARKET is \"2\""]),
        (vec!["trade", "buy", "ETH", "1", "--yes"], vec!["MARKET is \"ETH\""]),
        (vec!["trade", "buy", "SOL", "one", "--yes"], vec!["SIZE: \"one\"", "decimal number"]),
        (vec!["trade", "buy", "SOL", "0", "--yes"], vec!["SIZE is 0", "above zero"]),
        (vec!["trade", "buy", "SOL", "1.0000000001", "--yes"], vec!["SIZE", "more than 9 decimals"]),
        (vec!["trade", "buy", "SOL", "1.5", "--atoms", "--yes"], vec!["SIZE: \"1.5\"", "more than 0 decimals"]),
        (vec!["trade", "buy", "SOL", "1", "--slippage", "200%", "--yes"], vec!["--slippage is \"200%\"", "0% to 100%"]),
        (vec!["trade", "buy", "SOL", "1", "--limit", "cheap", "--yes"], vec!["--limit: \"cheap\""]),
        (vec!["trade", "close", "SOL", "--part", "half", "--yes"], vec!["--part: \"half\""]),
        (vec!["deposit", "ten"], vec!["AMOUNT: \"ten\""]),
        (vec!["deposit", "0"], vec!["AMOUNT is 0"]),
        (vec!["deposit", "0.0000001"], vec!["AMOUNT", "more than 6 decimals"]),
        (vec!["withdraw", "all "], vec!["AMOUNT: \"all \""]),
        (vec!["withdraw", "1", "--to", "there"], vec!["--to is \"there\"", "base 58"]),
        (vec!["account", "--account", "x"], vec!["--account is \"x\"", "base 58"]),
        (vec!["account", "--account", &wallet], vec!["is a wallet", &address]),
        (vec!["account", "--owner", "y"], vec!["--owner is \"y\""]),
        (vec!["account", "open", "--isolated", "XRP", "--sub-account", "3"], vec!["MARKET is \"XRP\""]),
        (vec!["account", "delegate", "somebody"], vec!["DELEGATE is \"somebody\"", "base 58"]),
        (vec!["order", "limit", "SOL", "buy", "1", "--at", "0"], vec!["--at: \"0\"", "a price above 0"]),
        (
            vec!["order", "limit", "SOL", "buy", "1", "--at", "130", "--expires", "soon"],
            vec!["--expires is \"soon\"", "+2h"],
        ),
        (
            vec!["order", "limit", "SOL", "buy", "1", "--at", "130", "--expires", "1000"],
            vec!["--expires is 1000", "which is past"],
        ),
        (vec!["order", "limit", "SOL", "buy", "1", "--at", "130", "--tip", "5"], vec!["--tip is 5", "at least 40000"]),
        (
            vec!["order", "stop", "SOL", "--at", "200"],
            vec!["--at is 200", "lies below the market's price", "met at once"],
        ),
        (vec!["order", "target", "SOL", "--at", "100"], vec!["--at is 100", "lies above the market's price"]),
        (vec!["order", "oco", "SOL", "--stop", "120", "--target", "100"], vec!["--target is 100"]),
        (vec!["order", "trailing", "SOL", "--distance", "0%"], vec!["--distance is 0%", "above 0% and below 100%"]),
        (
            vec!["order", "bracket", "SOL", "buy", "1", "--at", "130", "--stop", "140"],
            vec!["--stop is 140", "lies below that"],
        ),
        (
            vec!["order", "ladder", "SOL", "buy", "1", "--from", "9", "--to", "9", "--count", "2"],
            vec!["--from and --to are both 9"],
        ),
        (
            vec!["order", "ladder", "SOL", "buy", "1", "--from", "130", "--to", "120", "--count", "3"],
            vec!["SIZE is 1", "not 3 equal parts", "give 0.999999999"],
        ),
        (
            vec!["order", "twap", "SOL", "sell", "10", "--slices", "2", "--every", "5s"],
            vec!["--every is 5s", "at least 60s"],
        ),
        (vec!["order", "replace", "0", "--at", "none"], vec!["--at: \"none\""]),
        (vec!["liquidate", "run", "me", "SOL"], vec!["ACCOUNT is \"me\"", "base 58"]),
        (vec!["liquidate", "run", &wallet, "SOL", "--yes"], vec!["is a wallet", &address]),
        (vec!["liquidity", "deposit", "much"], vec!["AMOUNT: \"much\""]),
        (vec!["liquidity", "pay", "that"], vec!["REQUEST is \"that\"", "base 58"]),
        (vec!["admin", "pause", "long"], vec!["SECONDS is \"long\"", "5m"]),
        (vec!["admin", "propose", "you"], vec!["SUCCESSOR is \"you\""]),
        (vec!["admin", "roles"], vec!["nobody is named", "--risk-admin"]),
        (vec!["explain", "what"], vec!["WHAT is \"what\"", "signature nor an address"]),
        (vec!["size", "risk", "SOL", "buy", "--stop", "130", "--risk", "2x"], vec!["--risk: \"2x\""]),
        (vec!["size", "fraction", "SOL", "buy", "--of-equity", "0"], vec!["--of-equity is \"0\"", "above 0%"]),
        (vec!["markets", "--exchange", &wallet], vec!["exchange is", "belongs to program"]),
        (vec!["markets", "--exchange", &market], vec!["exchange is", "another type of account"]),
        (vec!["markets", "--exchange", &nobody], vec!["there is nothing"]),
    ];
    let cases: Vec<(Vec<String>, Vec<String>)> = cases
        .into_iter()
        .map(|(arguments, needles)| {
            let own = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect::<Vec<_>>();
            (own(arguments), own(needles))
        })
        .collect();
    for (arguments, needles) in &cases {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let needles: Vec<&str> = needles.iter().map(String::as_str).collect();
        refused(&[(arguments, needles)], |arguments| local.perp(arguments));
    }
    assert_eq!(local.account("alice"), account);
    assert_eq!(local.orders("alice"), orders);
}

#[test]
fn what_a_rule_refuses_names_the_rule_and_what_to_do() {
    let local = Local::start();
    local.trader("alice", "1000", "buy", "100");
    let account = local.account("alice");
    let cases: [(&[&str], &[&str]); 12] = [
        (&["trade", "buy", "SOL", "1000", "--yes"], &["InitialMargin", "Deposit more"]),
        (
            &["trade", "buy", "SOL", "0.1", "--sub-account", "5", "--yes"],
            &["there is no margin account at", "perp account open"],
        ),
        (&["withdraw", "900"], &["Deposit more, or trade or withdraw less"]),
        (&["withdraw", "all"], &["AMOUNT is \"all\", and the account has positions"]),
        (&["deposit", "1000000"], &["holds 99000", "deposit at most that"]),
        (&["account", "open"], &["is open already", "--sub-account"]),
        (&["account", "close", "--yes"], &["still holds a balance"]),
        (&["order", "cancel", "3"], &["there is no order at place 3", "no order waits"]),
        (&["order", "cancel-all"], &["no order of margin account"]),
        (&["order", "stop", "BTC", "--at", "50000"], &["no position in BTC-PERP"]),
        (&["oracle", "report", "SOL"], &["too recent to report"]),
        (&["liquidity", "deposit", "0.001", "--yes"], &["below the smallest that is accepted"]),
    ];
    for (arguments, needles) in cases {
        let said = local.perp(arguments);
        assert_eq!(said.code, Some(1), "{arguments:?}: {}", said.text());
        for needle in needles {
            assert!(said.err.contains(needle), "{arguments:?}\n  says: {}\n  lacks: {needle}", said.err);
        }
        assert!(!said.text().contains("Confirmed"), "{arguments:?}: {}", said.text());
    }
    assert_eq!(local.account("alice"), account);
    let address = local.margin_account("alice").to_string();
    let healthy = local.perp_as("liquidator", &["liquidate", "run", &address, "SOL", "--yes"]);
    assert!(
        healthy.code == Some(1) && healthy.err.contains("Equity is not below the maintenance margin"),
        "{}",
        healthy.text()
    );
}

#[test]
fn a_node_that_is_not_there_is_named_without_its_secret() {
    let address = "11111111111111111111111111111111";
    for command in [&["markets"][..], &["account", "--owner", address], &["oracle"], &["liquidate", "list"]] {
        let said = perp(&[command, &["--rpc-url", "http://127.0.0.1:1/secret", "--exchange", address]].concat());
        assert_eq!(said.code, Some(3), "{command:?}: {}", said.text());
        assert!(said.err.contains("http://127.0.0.1:1 cannot be reached"), "{}", said.err);
        assert!(!said.text().contains("secret"), "{}", said.text());
    }
}

#[test]
fn in_json_a_failure_is_a_document_too() {
    let failed = |arguments: &[&str]| {
        let said = perp(arguments);
        let document: Value =
            serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}", said.text()));
        assert_eq!((&document["version"], &document["ok"]), (&1.into(), &false.into()));
        (said.code, document["error"].clone())
    };
    let (code, error) = failed(&["markets", "--output", "json"]);
    assert_eq!((code, &error["kind"], &error["exit_code"]), (Some(2), &"input".into(), &2.into()));
    assert!(error["message"].as_str().unwrap().contains("rpc_url is missing"));
    let (code, error) = failed(&["market", "--output=json"]);
    assert_eq!((code, &error["kind"]), (Some(2), &"input".into()));
    assert!(error["message"].as_str().unwrap().contains("markets"));
    let address = "11111111111111111111111111111111";
    let (code, error) =
        failed(&["markets", "--output", "json", "--rpc-url", "http://127.0.0.1:1", "--exchange", address]);
    assert_eq!((code, &error["kind"]), (Some(3), &"unreachable".into()));
}
