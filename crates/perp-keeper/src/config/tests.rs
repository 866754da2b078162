use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Parser;

use super::*;
use crate::cli::Cli;

mod keys;
mod wrong;

/// Four settings that are enough.
pub(super) const LEAST: &str = r#"
rpc_url = "http://127.0.0.1:8899"
websocket_url = "ws://127.0.0.1:8900"
exchange = "Perp111111111111111111111111111111111111111"
keypairs = ["keeper.json"]
"#;

/// What a file, environment variables and flags come to.
pub(super) fn layers(file: Option<&Path>, variables: &[(&str, &str)], flags: &[&str]) -> Layers {
    let variables = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let mut arguments: Vec<OsString> = vec!["perp-keeper".into()];
    if let Some(file) = file {
        arguments.extend(["--config".into(), file.into()]);
    }
    arguments.extend(flags.iter().map(OsString::from));
    Cli::try_parse_from(arguments).unwrap().settings.layers(variables)
}

/// A folder with a file of this text.
pub(super) fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keeper.toml");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

fn config(text: &str, variables: &[(&str, &str)], flags: &[&str]) -> Config {
    let (_folder, path) = file(text);
    layers(Some(&path), variables, flags).config().unwrap()
}

#[test]
fn four_settings_are_enough() {
    let config = config(LEAST, &[], &[]);
    assert_eq!(config.jobs, Kind::all());
    assert!(!config.unpaid && config.prices_url.is_none() && config.http.listen.is_none());
    assert_eq!((config.fees, config.pace), (Fees::default(), Pace::default()));
    assert_eq!((config.wallet, config.alerts, config.log), (Wallet::default(), Alerts::default(), Log::default()));
}

#[test]
fn flags_come_before_variables_these_before_the_file_and_that_before_defaults() {
    // Of five settings each layer sets one fewer than the one below.
    let text = format!("{LEAST}\n[pace]\npass_ms = 1\nupkeep_ms = 1\nfunding_seconds = 1\n");
    let variables = [("PERP_KEEPER_PACE_UPKEEP_MS", "2"), ("PERP_KEEPER_PACE_FUNDING_SECONDS", "2")];
    let config = config(&text, &variables, &["--set", "pace.funding_seconds=3"]);
    let pace = config.pace;
    assert_eq!((pace.pass_ms, pace.upkeep_ms, pace.funding_seconds, pace.batches), (1, 2, 3, 16));
}

#[test]
fn a_running_localnet_comes_before_the_file_and_after_variables() {
    let folder = tempfile::tempdir().unwrap();
    let found = r#"{"rpc_url": "http://a:1", "websocket_url": "ws://a:2", "prices_url": "http://a:3",
        "exchange": "11111111111111111111111111111111", "pool": "unused"}"#;
    std::fs::write(folder.path().join("exchange.json"), found).unwrap();
    let flag = format!("--localnet={}", folder.path().display());
    let variables = [("PERP_KEEPER_WEBSOCKET_URL", "ws://b:9")];
    let config = config(LEAST, &variables, &[&flag]);
    assert_eq!((config.rpc_url.as_str(), config.websocket_url.as_str()), ("http://a:1", "ws://b:9"));
    assert_eq!(config.exchange, "11111111111111111111111111111111");
    assert_eq!(config.keypairs, [folder.path().join("liquidator.json")]);
}

#[test]
fn flags_alone_are_enough() {
    let flags = [
        "--rpc-url=http://node",
        "--websocket-url=ws://node",
        "--exchange=Perp111111111111111111111111111111111111111",
        "--keypair=a",
        "--keypair=b",
        "--jobs=liquidate,prices",
        "--unpaid",
        "--listen=[::1]:9464",
        "--log=text",
    ];
    let config = layers(None, &[], &flags).config().unwrap();
    assert_eq!(config.keypairs, ["a", "b"].map(PathBuf::from));
    assert_eq!(
        (config.jobs, config.unpaid, config.log.format),
        (vec![Kind::Liquidate, Kind::Prices], true, Format::Text)
    );
    assert_eq!(config.http.listen, Some("[::1]:9464".parse().unwrap()));
}

#[test]
fn variables_alone_are_enough_and_lists_are_divided_at_commas() {
    let variables = [
        ("PERP_KEEPER_RPC_URL", "http://node"),
        ("PERP_KEEPER_WEBSOCKET_URL", "wss://node"),
        ("PERP_KEEPER_EXCHANGE", "Perp111111111111111111111111111111111111111"),
        ("PERP_KEEPER_KEYPAIRS", "a.json, b.json"),
        ("PERP_KEEPER_UNPAID", "true"),
        ("PERP_KEEPER_ALERTS_MARGIN_PERCENT", "140,110"),
        ("PERP_KEEPER_ALERTS_WEBHOOKS", "https://a/1,https://b/2"),
        // One that is empty is not set.
        ("PERP_KEEPER_PRICES_URL", ""),
        ("RUST_LOG", "debug"),
        ("PATH", "/bin"),
    ];
    let config = layers(None, &variables, &[]).config().unwrap();
    assert_eq!(config.keypairs, ["a.json", "b.json"].map(PathBuf::from));
    assert_eq!((config.unpaid, config.alerts.margin_percent), (true, vec![140, 110]));
    assert_eq!(config.alerts.webhooks, ["https://a/1", "https://b/2"]);
    assert_eq!((config.prices_url, config.log.filter.as_str()), (None, "debug"));
    // The keeper's own comes before, whatever the order.
    let own = [&[("PERP_KEEPER_LOG_FILTER", "info")][..], &variables].concat();
    assert_eq!(layers(None, &own, &[]).config().unwrap().log.filter, "info");
}

#[test]
fn every_field_of_a_configuration_is_a_setting() {
    let full = Config {
        prices_url: Some("http://a".into()),
        geyser_url: Some("http://a".into()),
        geyser_token: Some("a".into()),
        http: Http { listen: Some("127.0.0.1:1".parse().unwrap()) },
        ..config(LEAST, &[], &[])
    };
    let table = toml::Table::try_from(&full).unwrap();
    let mut fields: Vec<String> = Vec::new();
    for (name, value) in &table {
        match value {
            toml::Value::Table(inner) => fields.extend(inner.keys().map(|key| format!("{name}.{key}"))),
            _ => fields.push(name.clone()),
        }
    }
    let mut settings: Vec<&str> = SETTINGS.iter().map(|setting| setting.name).collect();
    fields.sort_unstable();
    settings.sort_unstable();
    assert_eq!(fields, settings);
}

#[test]
fn the_example_says_every_setting_with_its_default() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("keeper.toml");
    let text = std::fs::read_to_string(&path).unwrap().replace("EXCHANGE", "11111111111111111111111111111111");
    let example = config(&text, &[], &[]);
    let bare = config(LEAST, &[], &[]);
    assert_eq!((example.fees, example.pace, example.wallet), (bare.fees, bare.pace, bare.wallet));
    assert_eq!((example.alerts, example.log, example.jobs), (bare.alerts, bare.log, bare.jobs));
    // Those without a default stand in comments.
    let mut table = "";
    let mut names: Vec<String> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            table = name;
        } else if let Some((key, _)) = line.trim_start_matches("# ").split_once(" = ") {
            names.push(if table.is_empty() { key.into() } else { format!("{table}.{key}") });
        }
    }
    assert_eq!(names, SETTINGS.iter().map(|setting| setting.name).collect::<Vec<_>>());
}

#[test]
fn attack_what_is_explained_names_no_secret() {
    let text = LEAST.replace("http://127.0.0.1:8899", "https://me:secret@node.example:8443/secret?key=secret");
    let (_folder, path) = file(&text);
    let variables =
        [("PERP_KEEPER_ALERTS_WEBHOOKS", "https://hooks.example/T0/secret"), ("PERP_KEEPER_GEYSER_TOKEN", "secret")];
    let explained = layers(Some(&path), &variables, &["--prices-url", "https://prices.example/secret"]).explain();
    assert!(!explained.contains("secret"), "{explained}");
    let has = |name: &str, value: &str, origin: &str| {
        explained.lines().any(|line| line.starts_with(name) && line.contains(value) && line.ends_with(origin))
    };
    assert!(has("rpc_url", "\"https://node.example:8443…\"", "keeper.toml"), "{explained}");
    assert!(
        has("alerts.webhooks", "[\"https://hooks.example…\"]", "variable PERP_KEEPER_ALERTS_WEBHOOKS"),
        "{explained}"
    );
    assert!(has("prices_url", "\"https://prices.example…\"", "flag --prices-url"), "{explained}");
    assert!(has("geyser_token", "(kept back)", "variable PERP_KEEPER_GEYSER_TOKEN"), "{explained}");
    assert!(has("pace.pass_ms", "100", "default"), "{explained}");
    assert!(has("http.listen", "none", "default"), "{explained}");
    assert_eq!(explained.lines().count(), SETTINGS.len() + 1);
}
