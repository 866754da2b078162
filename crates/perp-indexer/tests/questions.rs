//! What is wrong with questions, what the description says, what happens as it happens, and health.

mod common;

use std::collections::BTreeSet;

use common::events::account;
use common::node::Transaction;
use common::served::{Served, LISTS, NOON};
use common::Database;
use futures::{SinkExt, StreamExt};
use perp_indexer::api::publish;
use perp_indexer::check::Report;
use perp_indexer::store::MarketRow;
use serde_json::{json, Value};

#[tokio::test]
async fn a_wrong_question_names_what_would_be_right() {
    let database = Database::sqlite();
    let served = Served::start(&database).await;
    for (path, status, parameter, given, expected) in [
        ("/v1/fills?limit=5000", 400, "limit", "5000", "expected a whole number from 1 to 1000"),
        ("/v1/fills?account=me", 400, "account", "me", "expected an address of 32 bytes in base 58"),
        ("/v1/fills?market=DOGE", 404, "market", "DOGE", "symbol or index of one of: SOL-PERP (0), BTC-PERP (1)"),
        ("/v1/markets/7/candles", 404, "market", "7", "symbol or index of one of: SOL-PERP (0), BTC-PERP (1)"),
        (
            "/v1/leaderboard?by=luck",
            400,
            "by",
            "luck",
            "expected net, realized, funding, fees, penalties, bounties, volume or trades",
        ),
        ("/v1/pool/epochs?cursor=x", 400, "cursor", "x", "expected the \"next\" of an earlier answer"),
        ("/v1/fill", 404, "path", "/v1/fill", "a path of /openapi.json"),
        ("/v1/fills?account=", 400, "account", "", "a value, or the parameter left away"),
        ("/v1/fills?from=20&to=10", 400, "to", "10", "a moment not before \"from\", 20"),
        ("/v1/markets/0/candles?from=20&to=10", 400, "to", "10", "a moment not before \"from\", 20"),
        ("/v1/markets/%FF/candles", 400, "market", "/v1/markets/%FF/candles", "symbol or index of a market, in UTF-8"),
        (
            "/v1/leaderboard?cursor=9223372036854775807",
            400,
            "cursor",
            "9223372036854775807",
            "the \"next\" of an earlier answer",
        ),
        ("/v1/fills?owner=x%27%20OR%201%3D1", 400, "owner", "x' OR 1=1", "expected an address of 32 bytes in base 58"),
        (
            "/v1/fills?market=0%27%20OR%201%3D1",
            404,
            "market",
            "0' OR 1=1",
            "symbol or index of one of: SOL-PERP (0), BTC-PERP (1)",
        ),
    ] {
        let (found, body) = served.get(path).await;
        assert_eq!(found, status, "{path}");
        assert_eq!(body, json!({"parameter": parameter, "given": given, "expected": expected}), "{path}");
    }
    for path in ["/v1/status", "/v1/fills"] {
        let (status, body) = served.get(&format!("{path}?limt=5")).await;
        assert_eq!((status, &body["parameter"]), (400, &json!("limt")), "{path}");
    }
    let answer = reqwest::Client::new().post(format!("{}/v1/fills", served.url)).send().await.unwrap();
    assert_eq!(answer.status(), 405);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body, json!({"parameter": "method", "given": "POST", "expected": "GET"}));
    let (_, body) = served.get("/v1/fills?limt=5").await;
    assert!(body["expected"].as_str().unwrap().contains("`limit`"), "{body}");
}

/// The names of a row's columns, as the description has them.
fn described(description: &Value, path: &str) -> BTreeSet<String> {
    let schema = &description["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
    let resolve = |schema: &Value| match schema["$ref"].as_str() {
        Some(name) => description["components"]["schemas"][name.rsplit('/').next().unwrap()].clone(),
        None => schema.clone(),
    };
    let page = resolve(schema);
    let row = resolve(&page["properties"]["data"]["items"]);
    row["properties"].as_object().unwrap_or_else(|| panic!("{path}: {page}")).keys().cloned().collect()
}

#[tokio::test]
async fn the_description_is_what_is_answered() {
    let database = Database::sqlite();
    let served = Served::start(&database).await;
    let (_, description) = served.get("/openapi.json").await;
    assert!(description["openapi"].as_str().unwrap().starts_with("3."));
    for path in LISTS {
        let generic = path.replace("SOL-PERP", "{market}");
        let columns = described(&description, &generic);
        for row in served.rows(path).await {
            let found: BTreeSet<String> = row.as_object().unwrap().keys().cloned().collect();
            assert_eq!(found, columns, "{path}");
        }
        let parameters = description["paths"][&generic]["get"]["parameters"].as_array().unwrap();
        assert!(parameters.iter().any(|parameter| parameter["name"] == "format"), "{path}");
    }
    for (path, item) in description["paths"].as_object().unwrap() {
        for parameter in item["get"]["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["description"].as_str().is_some_and(|text| !text.is_empty()), "{path}: {parameter}");
            assert!(parameter["schema"].is_object(), "{path}: {parameter}");
        }
    }
    // Every reference leads somewhere.
    let text = description.to_string();
    for part in text.split("#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(description["components"]["schemas"][name].is_object(), "{name}");
    }
}

#[tokio::test]
async fn who_listens_hears_what_happens_and_what_is_undone() {
    let database = Database::sqlite();
    let mut served = Served::start(&database).await;
    let url = format!("{}/v1/live?channels=fills,rollbacks&market=SOL-PERP", served.url.replace("http", "ws"));
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    while served.app.notices.receiver_count() == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let block = vec![served.exchange.trade(2, 1, 6, 0), served.exchange.trade(2, 0, 9, 0)];
    let slot = served.node.script().add(vec![Transaction::of(&block)]);
    let step = served.follower.step().await.unwrap();
    publish(&served.app, &step).await.unwrap();
    let mut hear = async || -> Value {
        let message = socket.next().await.unwrap().unwrap();
        serde_json::from_str(message.to_text().unwrap()).unwrap()
    };
    let heard = hear().await;
    // Of the two fills only the one in the market asked for.
    assert_eq!((&heard["channel"], &heard["data"]["size"]), (&json!("fills"), &json!("9")));
    served.node.script().blocks.remove(&slot);
    let step = served.follower.step().await.unwrap();
    publish(&served.app, &step).await.unwrap();
    assert_eq!(hear().await, json!({"channel": "rollbacks", "data": {"from_slot": slot, "events": 2}}));

    // Nobody has to send much, and nobody can.
    let (mut socket, _) =
        tokio_tungstenite::connect_async(format!("{}/v1/live", served.url.replace("http", "ws"))).await.unwrap();
    socket.send(tokio_tungstenite::tungstenite::Message::text("x".repeat(100_000))).await.unwrap();
    let end = tokio::time::timeout(std::time::Duration::from_secs(5), socket.next()).await.unwrap();
    assert!(end.is_none_or(|message| message.is_err() || message.unwrap().is_close()));

    let url = format!("{}/v1/live?channels=trades", served.url);
    let (_, body) = served.get(&url[served.url.len()..]).await;
    assert_eq!(
        body["expected"],
        "some of fills, liquidations, orders, candles, epochs, rollbacks, separated by commas"
    );
}

#[tokio::test]
async fn health_says_what_is_wrong() {
    let database = Database::sqlite();
    let served = Served::start(&database).await;
    let ask = async |path: &str| {
        let answer = reqwest::get(format!("{}{path}", served.url)).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(ask("/healthz").await, (200, "ok\n".into()));
    assert_eq!(ask("/readyz").await, (200, "ready\n".into()));
    served.app.note(|progress| {
        progress.step = None;
        progress.error = Some("the RPC node does not answer".into());
        progress.check = Some((NOON, Report { compared: 9, ..Report::default() }));
    });
    let (status, text) = ask("/readyz").await;
    assert_eq!((status, &*text), (503, "the chain has not been read yet; the RPC node does not answer\n"));
    let (_, body) = served.get("/v1/status").await;
    assert_eq!((&body["gaps"], &body["differences"], &body["checked_at"]), (&json!(0), &json!(0), &json!(NOON)));
}

#[tokio::test]
async fn markets_that_were_listed_long_ago_are_known_from_the_chain() {
    let database = Database::sqlite();
    let store = database.open().await;
    let row = MarketRow { market: 3, address: account(9).to_string(), symbol: "ETH-PERP".into(), base_decimals: 8 };
    store.note_markets(std::slice::from_ref(&row)).await.unwrap();
    store.note_markets(std::slice::from_ref(&row)).await.unwrap();
    assert_eq!(store.markets().await.unwrap().into_values().collect::<Vec<_>>(), [row]);
}
