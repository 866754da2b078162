use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::Path;

use perp_client::jobs::Pays;
use perp_client::rpc::Connection;
use perp_client::Addresses;
use perp_engine::units::Atoms;

use super::*;
use crate::config::Layers;
use crate::decision::Budget;
use crate::fixtures::exchange;

fn operations(more: &[(&str, &str)]) -> Arc<Operations> {
    let least = [
        ("RPC_URL", "http://127.0.0.1:1"),
        ("WEBSOCKET_URL", "ws://127.0.0.1:1"),
        ("EXCHANGE", "11111111111111111111111111111111"),
        ("KEYPAIRS", "a"),
        ("WALLET_FLOOR_LAMPORTS", "100"),
        ("WALLET_RESUME_LAMPORTS", "150"),
        ("ALERTS_PRICE_SECONDS", "60"),
    ];
    let mut layers = Layers::defaults();
    let variable = |(name, value): &(&str, &str)| (format!("PERP_KEEPER_{name}").into(), value.into());
    layers.environment(least.iter().chain(more).map(variable));
    Arc::new(Operations::new(&layers.config().unwrap(), vec![wallet(1), wallet(2)]).unwrap())
}

fn wallet(number: u8) -> Pubkey {
    Pubkey::new_from_array([number; 32])
}

fn job() -> Job {
    let (task, pays) = (Task::FundClaims { market: 0 }, Pays::atoms(Atoms::new(7)));
    let (promises, advances, instructions) = (0, 0, Vec::new());
    Job { task, pays, promises, advances, moves: Atoms::ZERO, instructions, compute_units: 1 }
}

/// The value of a series.
fn value(operations: &Operations, series: &str) -> String {
    let text = operations.metrics_text();
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in\n{text}")).to_owned()
}

#[test]
fn the_two_lags_are_counted_apart() {
    let operations = operations(&[]);
    let decided = Instant::now();
    operations.decided(&job(), Verdict::Send, Duration::from_millis(30));
    operations.sent(job().task);
    let heard = decided + Duration::from_millis(700);
    let landed = Landed { signature: Default::default(), slot: 9, heard, events: Vec::new(), gap: None };
    operations.settled(&job(), Outcome::Won, decided, &Ok(landed));
    operations.paid(&job(), job().pays);
    let bucket = |name: &str, le: &str| {
        value(&operations, &format!("perp_keeper_{name}_lag_seconds_bucket{{job=\"claims\",le=\"{le}\"}}"))
    };
    // 30 ms are at most 50, and 700 at most 800; neither is in the other.
    assert_eq!([bucket("decision", "0.025"), bucket("decision", "0.05")], ["0", "1"]);
    assert_eq!([bucket("confirmation", "0.4"), bucket("confirmation", "0.8")], ["0", "1"]);
    assert_eq!(value(&operations, "perp_keeper_outcomes_total{job=\"claims\",outcome=\"won\"}"), "1");
    assert_eq!(value(&operations, "perp_keeper_outcomes_total{job=\"claims\",outcome=\"refused\"}"), "0");
    // What has cost nothing counts for nothing.
    let mut budget = Budget::counted(operations.metrics.fees.clone());
    budget.settle(decided, 5_000, 5_000);
    budget.settle(decided, 5_000, 0);
    assert_eq!(value(&operations, "perp_keeper_fees_lamports_total"), "5000");
    assert_eq!(value(&operations, "perp_keeper_paid_atoms_total{job=\"claims\"}"), "7");
    assert_eq!(operations.tally(), Tally { sent: 1, won: 1, ..Tally::default() });
}

#[test]
fn what_was_read_is_told_with_the_age_of_prices() {
    let operations = operations(&[]);
    assert_eq!(operations.obstacles(), [Obstacle::Starting]);
    let (mut exchange, _) = exchange();
    exchange.wait(61, 122).unwrap();
    let fresh = Fresh::new(Addresses::new(wallet(90), wallet(91), wallet(92)), exchange);
    operations.read(&fresh);
    operations.followed(Some("websocket"), 0);
    assert_eq!((operations.obstacles(), operations.has_read()), (Vec::new(), true));
    assert_eq!(value(&operations, "perp_keeper_price_age_seconds{market=\"0\"}"), "61");
    assert_eq!(value(&operations, "perp_keeper_ready"), "1");
    assert_eq!(value(&operations, "perp_keeper_geyser_live"), "0");
    // A second beyond its limit: one alert, however often it is looked at.
    operations.watch();
    operations.watch();
    assert_eq!(value(&operations, "perp_keeper_alerts_total{alert=\"price_stale\"}"), "1");
    operations.followed(None, 1);
    assert_eq!(operations.obstacles(), [Obstacle::NoSubscription { seconds: 0 }]);
    operations.ending();
    assert_eq!(operations.obstacles()[0], Obstacle::Ending);
}

#[test]
fn sending_stops_when_no_wallet_can_pay_and_goes_on_when_one_is_filled() {
    let operations = operations(&[]);
    operations.holds(wallet(1), 99);
    assert_eq!((operations.may_pay(&wallet(1)), operations.may_pay(&wallet(2))), (false, true));
    assert_eq!(operations.held_back(), None);
    operations.holds(wallet(2), 50);
    assert_eq!(operations.held_back(), Some(Verdict::WalletLow { lamports: 99, least: 150 }));
    assert!(operations.obstacles().contains(&Obstacle::WalletsLow { lamports: 99, floor_lamports: 100 }));
    let error = operations.with_what_is_held(&wallet(2), &"AccountNotFound");
    assert!(
        error.ends_with("holds 50 lamports, which pays for no transaction: send it SOL (AccountNotFound)"),
        "{error}"
    );
    assert_eq!(value(&operations, "perp_keeper_wallets_low"), "2");
    operations.holds(wallet(2), 150);
    assert_eq!((operations.held_back(), operations.may_pay(&wallet(2))), (None, true));
    // One each; the second is over.
    assert_eq!(value(&operations, "perp_keeper_alerts_total{alert=\"wallet_low\"}"), "2");
    assert_eq!(value(&operations, &format!("perp_keeper_wallet_lamports{{wallet=\"{}\"}}", wallet(2))), "150");
}

#[test]
fn the_pages_answer_with_what_is_in_the_way() {
    let operations = operations(&[]);
    let address = http::serve("127.0.0.1:0".parse().unwrap(), Arc::clone(&operations)).unwrap();
    let get = |page: &str| {
        let answer = reqwest::blocking::get(format!("http://{address}{page}")).unwrap();
        (answer.status().as_u16(), answer.text().unwrap())
    };
    let (status, text) = get("/metrics");
    assert!(status == 200 && text.contains("# TYPE perp_keeper_decision_lag_seconds histogram"), "{text}");
    assert_eq!(get("/healthz"), (200, "{\"alive\":true}".into()));
    assert_eq!(get("/readyz"), (503, "{\"obstacles\":[{\"obstacle\":\"starting\"}],\"ready\":false}".into()));
    let (exchange, _) = exchange();
    operations.read(&Fresh::new(Addresses::new(wallet(90), wallet(91), wallet(92)), exchange));
    assert_eq!(get("/readyz"), (200, "{\"obstacles\":[],\"ready\":true}".into()));
    assert_eq!(get("/other").0, 404);
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let _held = TcpListener::bind(taken).unwrap();
    let error = http::serve(taken, operations(&[])).unwrap_err();
    assert!(error.contains(&format!("http.listen is {taken}")) && error.contains("give another port"), "{error}");
    let nowhere = http::serve("192.0.2.1:9464".parse().unwrap(), operations(&[])).unwrap_err();
    assert!(nowhere.contains("192.0.2.1:9464") && nowhere.contains("no such address"), "{nowhere}");
}

#[test]
fn attack_a_node_that_does_not_tell_what_wallets_hold_is_named_without_its_secret() {
    let error = operations(&[]).weigh(&Connection::new("http://me:secret@127.0.0.1:1/secret?key=secret")).unwrap_err();
    assert!(error.contains("127.0.0.1:1") && !error.contains("secret"), "{error}");
}

/// The metrics that a text names.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let metrics = words.filter(|word| word.starts_with("perp_keeper_"));
    let base = |word: &str| {
        ["_bucket", "_sum", "_count"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word).to_owned()
    };
    metrics.map(base).collect()
}

#[test]
fn dashboard_rules_and_guide_name_the_metrics_that_there_are() {
    let operations = operations(&[]);
    operations.holds(wallet(1), 1);
    let (exchange, _) = exchange();
    operations.read(&Fresh::new(Addresses::new(wallet(90), wallet(91), wallet(92)), exchange));
    let exported: BTreeSet<String> = operations
        .metrics_text()
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next().map(str::to_owned))
        .collect();
    assert_eq!(exported.len(), 29, "{exported:#?}");
    let read = |path: &str| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let (dashboard, rules) = (read("operations/dashboard.json"), read("operations/alerts.yml"));
    serde_json::from_str::<serde_json::Value>(&dashboard).unwrap();
    for text in [&dashboard, &rules] {
        let unknown: Vec<String> = named(text).difference(&exported).cloned().collect();
        assert_eq!(unknown, Vec::<String>::new());
    }
    // The dashboard and the guide leave none out.
    assert_eq!(named(&dashboard), exported);
    assert_eq!(named(&read("../../docs/keepers.md")), exported);
    // Labels are compared with what is exported.
    let labelled = |label: &str| {
        let begin = format!("{label}=\"");
        let ends = rules.split(&begin).skip(1);
        ends.map(|end| end.split('"').next().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    let outcomes: BTreeSet<String> = Outcome::ALL.iter().map(|outcome| outcome.name().to_owned()).collect();
    assert!(labelled("outcome").is_subset(&outcomes) && !labelled("outcome").is_empty());
    assert!(labelled("verdict").iter().all(|verdict| Verdict::NAMES.contains(&verdict.as_str())));
}
