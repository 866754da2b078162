//! Everything that can be wrong: each message names where the value came from, the setting, the value, and what would be right.

use std::ffi::OsString;

use super::{file, layers, LEAST};
use crate::config::{Layers, Problems};

/// What is said of this file's text.
fn said(text: &str) -> String {
    let (_folder, path) = file(text);
    layers(Some(&path), &[], &[]).config().expect_err(text).to_string()
}

/// The text with a setting of the first four replaced.
fn with(name: &str, value: &str) -> String {
    let line = LEAST.lines().find(|line| line.starts_with(name)).unwrap();
    LEAST.replace(line, &format!("{name} = {value}"))
}

fn expect(case: &str, said: &str, needles: &[&str]) {
    for needle in needles {
        assert!(said.contains(needle), "{case}\n  says: {said}\n  lacks: {needle}");
    }
    assert!(!said.contains("secret"), "{case} tells a secret: {said}");
}

#[test]
fn a_wrong_value_of_the_first_four_is_named() {
    let cases: [(&str, &str, &[&str]); 25] = [
        ("rpc_url", "\"node.example:8899\"", &["rpc_url is \"node.example:8899\"", "no scheme such as https://"]),
        ("rpc_url", "\"node.example/secret\"", &["rpc_url is \"node.example…\"", "begins with http:// or https://"]),
        ("rpc_url", "\"ws://node:8900\"", &["\"ws://node:8900\"", "ws:// is of a WebSocket server"]),
        ("rpc_url", "\"wss://node/secret\"", &["\"wss://node…\"", "and this is to be an HTTP server"]),
        ("websocket_url", "\"http://node:8899\"", &["websocket_url is", "http:// is of the node's JSON RPC server"]),
        ("websocket_url", "\"https://me:secret@node\"", &["\"https://node…\"", "ws:// or wss://"]),
        ("rpc_url", "\"ftp://node\"", &["ftp:// is no scheme that is spoken here"]),
        ("rpc_url", "\"htps://node/secret\"", &["\"htps://node…\"", "htps:// is no scheme"]),
        ("rpc_url", "\"http://\"", &["rpc_url is \"http://\""]),
        ("rpc_url", "\"http://:8899\"", &["rpc_url is \"http://:8899\""]),
        ("rpc_url", "\"http://node:99999\"", &["\"http://node:99999\"", "invalid port number"]),
        ("rpc_url", "\"http://node:0\"", &["port 0 is none to connect to"]),
        ("rpc_url", "\"http://my node/secret\"", &["\"http://my node…\"", "invalid international domain name"]),
        ("rpc_url", "\"\"", &["rpc_url is \"\"", "no scheme"]),
        ("rpc_url", "8899", &["rpc_url is 8899 (a number)", "a URL in quotes"]),
        ("rpc_url", "[\"http://node/secret\"]", &["rpc_url is a list of text", "a URL in quotes"]),
        ("exchange", "5", &["exchange is 5 (a number)", "an address in base 58, in quotes"]),
        (
            "exchange",
            "\"0x52908400098527886E0F7030069857D2E4169EE7\"",
            &["exchange is \"0x529", "another kind of chain"],
        ),
        ("exchange", "\"keys/exchange.json\"", &["exchange is \"keys/exchange.json\"", "that is a file"]),
        ("exchange", "\"Perp0\"", &["exchange is \"Perp0\"", "base 58 has no '0'"]),
        ("exchange", "\"Perp\"", &["exchange is \"Perp\"", "it is 4 letters long"]),
        ("exchange", "\"\"", &["exchange is \"\"", "base 58"]),
        ("keypairs", "\"keeper.json\"", &["keypairs is \"keeper.json\" (text)", "a list of files, each in quotes"]),
        ("keypairs", "[\"keeper.json\", 1]", &["keypairs is a list with 1 (a number)", "a list of files"]),
        ("keypairs", "[]", &["keypairs is missing", "PERP_KEEPER_KEYPAIRS", "--keypair"]),
    ];
    for (name, value, needles) in cases {
        let said = said(&with(name, value));
        expect(&format!("{name} = {value}"), &said, needles);
        if value != "[]" {
            expect(value, &said, &["file ", "keeper.toml: "]);
        }
    }
}

#[test]
fn a_wrong_value_of_another_setting_is_named() {
    let cases: [(&str, &[&str]); 42] = [
        ("unpaid = \"yes\"", &["unpaid is \"yes\" (text)", "true or false, without quotes"]),
        ("unpaid = 1", &["unpaid is 1 (a number)", "true or false"]),
        ("sub_account = 65536", &["sub_account is 65536", "from 0 to 65535"]),
        ("sub_account = \"0\"", &["sub_account is \"0\" (text)", "a whole number without quotes"]),
        ("sub_account = 2026-11-27", &["sub_account is 2026-11-27 (a date)", "a whole number"]),
        ("jobs = [\"liquidation\"]", &["a list with \"liquidation\"", "did you mean liquidate?", "bankruptcies"]),
        ("jobs = []", &["jobs is an empty list", "leave it out for all"]),
        ("jobs = \"liquidate\"", &["jobs is \"liquidate\" (text)", "a list of kinds of jobs"]),
        ("lookup_tables = [\"table\"]", &["lookup_tables is a list with \"table\"", "base 58 has no 'l'"]),
        ("prices_url = \"hermes.example\"", &["prices_url is \"hermes.example\"", "no scheme"]),
        ("prices_url = \"wss://hermes.example\"", &["prices_url is", "is to be an HTTP server"]),
        ("geyser_url = \"geyser.example\"", &["geyser_url is \"geyser.example\"", "no scheme"]),
        ("geyser_token = 7777", &["geyser_token is something else, and must be text in quotes"]),
        ("geyser_token = \"\"", &["geyser_token is \"\"", "text in quotes"]),
        ("geyser_token = \"a\"", &["geyser_token is set, and no geyser_url"]),
        ("unpayed = true", &["there is no setting unpayed", "did you mean unpaid?"]),
        ("rpc = \"http://node\"", &["there is no setting rpc", "did you mean rpc_url?"]),
        ("pass_ms = 100", &["there is no setting pass_ms", "did you mean pace.pass_ms?"]),
        ("zzz = 1", &["there is no setting zzz", "--explain-config lists all"]),
        ("pace = 100", &["pace is 100 (a number)", "a table: [pace]"]),
        ("[fee]\nleast_profit = 1", &["there is no setting fee", "did you mean fees?"]),
        ("[pace]\npas_ms = 100", &["there is no setting pace.pas_ms", "did you mean pace.pass_ms?"]),
        ("[pace]\npass_ms = \"100\"", &["pace.pass_ms is \"100\" (text)", "without quotes"]),
        ("[pace]\npass_ms = 100.5", &["pace.pass_ms is 100.5 (a number with a fraction)", "a whole number"]),
        ("[pace]\npass_ms = 0", &["pace.pass_ms is 0", "from 1 to 60000"]),
        ("[pace]\nbatches = 100000", &["pace.batches is 100000", "from 1 to 1024"]),
        (
            "[pace]\nmost_backoff_ms = 100",
            &["pace.most_backoff_ms is 100, and must be at least pace.backoff_ms, which is 500"],
        ),
        ("[fees]\nleast_profit = -1", &["fees.least_profit is -1", "from 0 to 2^63 − 1"]),
        ("[fees]\nleast_profit = 99999999999999999999", &["line 7, at least_profit", "the number is too large"]),
        ("[fees]\nmost_lamports = 4999", &["fees.most_lamports is 4999", "from 5000"]),
        (
            "[fees]\nmost_lamports_an_hour = 5000",
            &["fees.most_lamports_an_hour is 5000", "at least fees.most_lamports"],
        ),
        (
            "[wallet]\nresume_lamports = 5",
            &["wallet.resume_lamports is 5", "at least wallet.floor_lamports, which is 10000000"],
        ),
        ("[wallet]\nopen_keys = \"no\"", &["wallet.open_keys is \"no\" (text)", "true or false"]),
        (
            "[alerts]\nwebhooks = \"https://hooks/secret\"",
            &["alerts.webhooks is \"https://hooks…\" (text)", "a list of URLs"],
        ),
        ("[alerts]\nwebhooks = [\"hooks.example/secret\"]", &["a list with \"hooks.example…\"", "no scheme"]),
        ("[alerts]\naccounts = [\"all\", \"me\"]", &["alerts.accounts is a list with \"all\"", "or [\"all\"]"]),
        (
            "[alerts]\nmargin_percent = [105, 150]",
            &["alerts.margin_percent is a list with [105, 150]", "each less than"],
        ),
        ("[alerts]\nmargin_percent = [100]", &["alerts.margin_percent", "from 101 to 10000"]),
        (
            "[alerts]\nmargin_percent = [\"150\"]",
            &["alerts.margin_percent is a list of text", "a list of whole numbers"],
        ),
        ("[http]\nlisten = \"9464\"", &["http.listen is \"9464\"", "it names no IP address", "127.0.0.1:9464"]),
        ("[http]\nlisten = 9464", &["http.listen is 9464 (a number)", "an IP address and a port in quotes"]),
        ("[log]\nformat = \"xml\"", &["log.format is \"xml\"", "one of these in quotes: json, text"]),
    ];
    for (more, needles) in cases {
        let said = said(&format!("{LEAST}{more}\n"));
        expect(more, &said, needles);
        assert_eq!(said.lines().count(), 1, "{more}: {said}");
    }
}

#[test]
fn a_file_that_is_no_toml_is_named_with_its_line_and_without_its_text() {
    let cases: [(&str, &[&str]); 4] = [
        ("rpc_url = http://secret", &["keeper.toml, line 1, at rpc_url"]),
        ("a = 1\nrpc_url = \"http://secret", &["keeper.toml, line 2, at rpc_url"]),
        ("unpaid = true\nunpaid = false", &["keeper.toml, line 2, at unpaid", "duplicate key"]),
        ("[pace\npass_ms = 1", &["keeper.toml, line 1"]),
    ];
    for (text, needles) in cases {
        let said = said(text);
        expect(text, &said, needles);
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let (folder, path) = file("");
    let of = |path: &std::path::Path| {
        let mut layers = Layers::defaults();
        layers.file(path);
        layers.config().unwrap_err().to_string()
    };
    expect("none", &of(&folder.path().join("none.toml")), &["none.toml cannot be read (No such file", "use flags"]);
    expect("folder", &of(folder.path()), &["cannot be read (Is a directory"]);
    std::fs::write(&path, [0xff, 0xfe]).unwrap();
    expect("bytes", &of(&path), &["keeper.toml cannot be read", "UTF-8"]);
}

#[test]
fn a_wrong_variable_is_named() {
    let cases: [(&str, &str, &[&str]); 7] = [
        (
            "PERP_KEEPER_PACE_PASS_MS",
            "fast",
            &["environment variable PERP_KEEPER_PACE_PASS_MS", "pace.pass_ms is \"fast\""],
        ),
        ("PERP_KEEPER_PACE_PASS_MS", "-1", &["pace.pass_ms is -1", "from 1 to 60000"]),
        ("PERP_KEEPER_UNPAID", "yes", &["unpaid is \"yes\"", "true or false"]),
        ("PERP_KEEPER_JOBS", "liquidate,claim", &["jobs is a list with \"claim\"", "did you mean claims?"]),
        ("PERP_KEEPER_RPC_URL", "node/secret", &["variable PERP_KEEPER_RPC_URL: rpc_url is \"node…\""]),
        (
            "PERP_KEEPER_RPCURL",
            "http://node",
            &["there is no setting PERP_KEEPER_RPCURL", "did you mean PERP_KEEPER_RPC_URL?"],
        ),
        ("PERP_KEEPER_ALERTS_MARGIN_PERCENT", "150,x", &["alerts.margin_percent is \"150,x\"", "whole numbers"]),
    ];
    let (_folder, path) = file(LEAST);
    for (name, value, needles) in cases {
        let said = layers(Some(&path), &[(name, value)], &[]).config().unwrap_err().to_string();
        expect(name, &said, needles);
    }
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_named() {
    use std::os::unix::ffi::OsStringExt;
    let mut layers = Layers::defaults();
    layers.environment([(OsString::from("PERP_KEEPER_EXCHANGE"), OsString::from_vec(vec![0xff]))]);
    let said = layers.config().unwrap_err().to_string();
    expect("bytes", &said, &["variable PERP_KEEPER_EXCHANGE: exchange is no UTF-8", "base 58"]);
}

#[test]
fn a_wrong_flag_is_named() {
    let cases: [(&[&str], &[&str]); 9] = [
        (&["--set", "pace.pass_ms"], &["--set pace.pass_ms", "must be NAME=VALUE"]),
        (
            &["--set", "pace.pas_ms=1"],
            &["flag --set pace.pas_ms: there is no setting pace.pas_ms; did you mean pace.pass_ms?"],
        ),
        (&["--set", "pace.pass_ms=1s"], &["flag --set pace.pass_ms", "is \"1s\"", "a whole number"]),
        (&["--set", "fees.least_profit=99999999999999999999"], &["\"99999999999999999999\"", "from 0 to 2^63 − 1"]),
        (&["--set", "pace.pass_ms=1", "--set", "pace.pass_ms=2"], &["pace.pass_ms is set twice"]),
        (
            &["--set", "rpc_url=http://a", "--rpc-url", "http://b"],
            &["rpc_url is set twice", "--set rpc_url and by flag --rpc-url"],
        ),
        (&["--rpc-url", "ws://node"], &["flag --rpc-url: rpc_url is \"ws://node\""]),
        (&["--listen", ":9464"], &["flag --listen: http.listen is \":9464\"", "it names no IP address"]),
        (&["--log", "XML"], &["flag --log: log.format is \"XML\"", "json, text"]),
    ];
    let (_folder, path) = file(LEAST);
    for (flags, needles) in cases {
        let said = layers(Some(&path), &[], flags).config().unwrap_err().to_string();
        expect(flags[0], &said, needles);
    }
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let Problems(problems) = layers(None, &[("PERP_KEEPER_UNPAID", "1")], &["--rpc-url", "node"]).config().unwrap_err();
    // The switch, the URL, and three that are missing.
    assert_eq!(problems.len(), 5, "{problems:?}");
    let said = Problems(problems).to_string();
    expect("missing", &said, &["exchange is missing", "as PERP_KEEPER_EXCHANGE, or by its flag --exchange"]);
    expect("missing", &said, &["websocket_url is missing", "keypairs is missing"]);
}

#[test]
fn a_localnet_that_does_not_run_is_named() {
    let of = |folder: &str| layers(None, &[], &[&format!("--localnet={folder}")]).config().unwrap_err().to_string();
    expect("nowhere", &of("/nowhere"), &["no localnet wrote /nowhere/exchange.json (No such file", "start one"]);
    expect("doctor", &of("doctor"), &["doctor/exchange.json", "a command comes before --localnet"]);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("exchange.json"), "{\"rpc_url\": 5}").unwrap();
    expect(
        "garbage",
        &of(&folder.path().to_string_lossy()),
        &["exchange.json (invalid type: integer `5`, expected a string"],
    );
}

#[test]
#[cfg(not(feature = "geyser"))]
fn a_geyser_server_takes_a_build_that_has_it() {
    let said = said(&format!("{LEAST}geyser_url = \"https://geyser.example/secret\"\n"));
    expect("geyser_url", &said, &["geyser_url is set", "--features geyser", "websocket_url serves alone"]);
    assert!(!said.contains("secret"), "{said}");
}
