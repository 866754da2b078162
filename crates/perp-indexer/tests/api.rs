//! What is asked over HTTP and WebSocket, and what comes back.

mod common;

use std::collections::BTreeSet;
use std::time::Instant;

use common::events::{account, owner, Exchange, ATOM};
use common::node::{Node, Transaction};
use common::{follower, Database};
use futures::StreamExt;
use perp_client::events::Event;
use perp_indexer::api::{publish, router, App};
use perp_indexer::check::Report;
use perp_indexer::follow::Follower;
use perp_indexer::store::MarketRow;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::{json, Value};

const NOON: i64 = 1_618_660_800;
/// 140.25 USDC per SOL: 0.14025 atoms per base unit.
const PRICE: u64 = 154_206_505_796;

/// A served database, and what filled it.
struct Served {
    url: String,
    app: App,
    node: Node,
    follower: Follower,
    exchange: Exchange,
}

impl Served {
    async fn start(database: &Database) -> Self {
        let node = Node::start().await;
        let mut exchange = Exchange::at(NOON);
        let blocks = story(&mut exchange);
        for block in &blocks {
            node.script().add(vec![Transaction::of(block)]);
        }
        // The last block can still be abandoned.
        let tip = node.script().tip;
        node.script().finalized = tip - 1;
        let mut follower = follower(&node, database).await;
        let step = follower.step().await.unwrap();
        let app = App::new(follower.writer().store().clone(), 60);
        app.note(|progress| progress.step = Some((step, Instant::now())));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = router(app.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, app, node, follower, exchange }
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let answer = reqwest::get(format!("{}{path}", self.url)).await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn rows(&self, path: &str) -> Vec<Value> {
        let (status, body) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {body}");
        body["data"].as_array().unwrap().clone()
    }

    async fn text(&self, path: &str, accept: &str) -> (String, String) {
        let request = reqwest::Client::new().get(format!("{}{path}", self.url)).header(ACCEPT, accept);
        let answer = request.send().await.unwrap();
        let kind = answer.headers()[CONTENT_TYPE].to_str().unwrap().to_owned();
        (kind, answer.text().await.unwrap())
    }
}

fn story(exchange: &mut Exchange) -> Vec<Vec<Event>> {
    let mut blocks = vec![vec![exchange.list(0, "SOL-PERP"), exchange.price(0, PRICE)]];
    blocks.push(vec![exchange.list(1, "BTC-PERP"), exchange.price(1, PRICE * 2)]);
    blocks.push(vec![exchange.open(1), exchange.deposit(1, 1_000)]);
    blocks.push(vec![exchange.open(2), exchange.deposit(2, 5_000)]);
    for minute in 0..4 {
        exchange.time = NOON + 60 * minute;
        blocks.push(vec![exchange.trade(1, 0, 8, 0), exchange.trade(2, 0, -5, 30)]);
    }
    exchange.time = NOON + 3_600;
    blocks.push(vec![exchange.price(0, PRICE - 7), exchange.liquidate(1, 0, 2)]);
    blocks.push(vec![exchange.request(3, 400), exchange.epoch(NOON + 3_600, 2_000, 2_100)]);
    exchange.time = NOON + 7_200;
    blocks.push(vec![exchange.epoch(NOON + 7_200, 2_001, 2_101)]);
    blocks
}

#[tokio::test]
async fn history_is_told_newest_first_and_page_by_page() {
    for database in Database::all().await {
        let served = Served::start(&database).await;
        let fills = served.rows("/v1/fills").await;
        assert_eq!(fills.len(), 8);
        assert_eq!(
            (&fills[0]["time"], &fills[0]["size"], &fills[7]["size"]),
            (&json!(NOON + 180), &json!("-5"), &json!("8"))
        );
        assert_eq!(fills[0]["market"], "SOL-PERP");
        assert_eq!(fills[0]["finalized"], true);
        // Sold for a thousand atoms less three.
        assert_eq!(fills[0]["notional"], (997 * ATOM).to_string());
        let mut paged = Vec::new();
        let mut next = Some(String::new());
        while let Some(cursor) = next {
            let (_, body) = served.get(&format!("/v1/fills?limit=3&cursor={cursor}")).await;
            paged.extend(body["data"].as_array().unwrap().clone());
            next = body["next"].as_str().map(str::to_owned);
        }
        assert_eq!(paged, fills);

        assert_eq!(served.rows(&format!("/v1/fills?account={}", account(1))).await.len(), 4);
        assert_eq!(served.rows(&format!("/v1/fills?owner={}&limit=2", owner(2))).await.len(), 2);
        assert_eq!(served.rows("/v1/fills?market=BTC-PERP").await.len(), 0);
        assert_eq!(served.rows("/v1/fills?market=0").await.len(), 8);
        let within = format!("/v1/fills?from={}&to={}", NOON + 60, NOON + 180);
        assert_eq!(served.rows(&within).await.len(), 4);

        let decimal = &served.rows("/v1/fills?numbers=decimal&limit=1").await[0];
        assert_eq!((&decimal["size"], &decimal["notional"]), (&json!("-0.000000005"), &json!("0.000997")));
        assert_eq!(decimal["index_price"], "140.25");

        let liquidations = served.rows("/v1/liquidations").await;
        assert_eq!(
            (liquidations.len(), &liquidations[0]["reason"], &liquidations[0]["bounty"]),
            (1, &json!("price"), &json!("4"))
        );
    }
}

#[tokio::test]
async fn markets_candles_funding_and_open_interest() {
    for database in Database::all().await {
        let served = Served::start(&database).await;
        let markets = served.rows("/v1/markets?numbers=decimal").await;
        assert_eq!(
            (&markets[0]["symbol"], &markets[0]["trades"], &markets[1]["price"]),
            (&json!("SOL-PERP"), &json!(8), &json!("280.5"))
        );
        // Eight fills for a thousand atoms at the index.
        assert_eq!(markets[0]["volume"], "0.008");

        let (_, page) = served.get("/v1/markets/SOL-PERP/candles?width=60&limit=1000").await;
        let starts: Vec<_> =
            page["data"].as_array().unwrap().iter().map(|row| row["start"].as_i64().unwrap() - NOON).collect();
        assert_eq!((starts, &page["next"]), (vec![3_600, 180, 120, 60, 0], &Value::Null));
        // From the end of the liquidation's minute on, fifty minutes at a time.
        let (_, page) = served.get("/v1/markets/0/candles?width=60&limit=50").await;
        assert_eq!(page["data"].as_array().unwrap().len(), 1);
        let rest = format!("/v1/markets/0/candles?width=60&limit=50&cursor={}", page["next"].as_str().unwrap());
        assert_eq!(served.rows(&rest).await.len(), 4);

        let hours = served.rows("/v1/markets/0/candles?width=3600").await;
        assert_eq!((&hours[0]["close"], &hours[1]["trades"]), (&json!((PRICE - 7).to_string()), &json!(8)));
        let days = served.rows("/v1/markets/0/candles?width=86400").await;
        let day = NOON - NOON.rem_euclid(86_400);
        assert_eq!((days.len(), &days[0]["start"], &days[0]["trades"]), (1, &json!(day), &json!(8)));
        assert_eq!((&days[0]["open"], &days[0]["low"]), (&json!(PRICE.to_string()), &json!((PRICE - 7).to_string())));

        // Eight orders and a liquidation, a second of funding each, three a second.
        let funding = served.rows("/v1/markets/0/funding").await;
        assert_eq!(
            (&funding[0]["long_funding_index"], &funding[1]["short_funding_index"]),
            (&json!("27"), &json!("-24"))
        );
        let interest = served.rows("/v1/markets/0/open-interest?width=60").await;
        assert_eq!(
            (&interest[0]["long_open_interest"], &interest[0]["short_open_interest"]),
            (&json!("32"), &json!("20"))
        );
    }
}

#[tokio::test]
async fn accounts_positions_transfers_and_who_leads() {
    for database in Database::all().await {
        let served = Served::start(&database).await;
        let accounts = served.rows(&format!("/v1/accounts?owner={}", owner(2))).await;
        // Four orders that each gained 30 and cost a fee of 2, and a bounty of 4.
        let expected = [("realized", "120"), ("fees", "8"), ("bounties", "4"), ("net", "116"), ("deposited", "5000")];
        for (column, value) in expected {
            assert_eq!(accounts[0][column], value, "{column}");
        }
        assert_eq!((&accounts[0]["balance"], &accounts[0]["volume"]), (&json!("5116"), &json!("4000")));

        let positions = served.rows(&format!("/v1/positions?account={}", account(1))).await;
        assert_eq!(
            (positions.len(), &positions[0]["largest"], &positions[0]["closed_at"]),
            (1, &json!("32"), &json!(NOON + 3_600))
        );
        // 50 lost, four fees of 2, a penalty of 10.
        assert_eq!(positions[0]["net"], "-68");
        assert_eq!(served.rows("/v1/positions?standing=open").await.len(), 1);
        assert_eq!(served.rows("/v1/positions?standing=closed&market=SOL-PERP").await.len(), 1);

        let transfers = served.rows(&format!("/v1/transfers?account={}", account(2))).await;
        let kinds: Vec<_> = transfers.iter().map(|row| row["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["bounty", "deposit"]);

        let leaders = served.rows("/v1/leaderboard").await;
        let ranks: Vec<_> =
            leaders.iter().map(|row| (row["rank"].as_i64().unwrap(), row["net"].as_str().unwrap())).collect();
        assert_eq!(ranks, [(1, "116"), (2, "-68")]);
        let (_, first) = served.get("/v1/leaderboard?by=penalties&limit=1").await;
        assert_eq!((&first["data"][0]["owner"], &first["next"]), (&json!(owner(1).to_string()), &json!("1")));
        assert_eq!(served.rows("/v1/leaderboard?by=penalties&limit=1&cursor=1").await[0]["rank"], 2);
    }
}

#[tokio::test]
async fn the_pool_by_epoch() {
    for database in Database::all().await {
        let served = Served::start(&database).await;
        let epochs = served.rows("/v1/pool/epochs").await;
        assert_eq!(epochs.len(), 2);
        let (second, first) = (&epochs[0], &epochs[1]);
        // 2 000 atoms over 1 000 shares, then 2 001.
        assert_eq!(
            (&first["lower_share_price"], &first["upper_share_price"], &first["gain"]),
            (&json!("2"), &json!("2.1"), &Value::Null)
        );
        // One in two thousand in an hour: 0.0005 · 8760 = 4.38 a year.
        assert_eq!(
            (&second["lower_share_price"], &second["gain"], &second["yearly"]),
            (&json!("2.001"), &json!("0.0005"), &json!("4.38"))
        );
        assert_eq!(
            (&first["deposited"], &first["paid"], &first["issued"]),
            (&json!("100"), &json!("19"), &json!("50"))
        );
        assert_eq!((&first["finalized"], &second["finalized"]), (&json!(true), &json!(false)));
        let steps = served.rows(&format!("/v1/pool/liquidity?owner={}", owner(3))).await;
        assert_eq!((&steps[0]["step"], &steps[0]["tokens"]), (&json!("requested"), &json!("400")));
    }
}

#[tokio::test]
async fn every_list_is_csv_too() {
    let database = Database::sqlite();
    let served = Served::start(&database).await;
    for path in LISTS {
        let (kind, text) = served.text(path, "text/csv;q=1, application/json").await;
        assert_eq!(kind, "text/csv; charset=utf-8", "{path}");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let records: Vec<_> = reader.records().map(Result::unwrap).collect();
        let rows = served.rows(path).await;
        assert_eq!(records.len(), rows.len(), "{path}");
        for (record, row) in records.iter().zip(&rows) {
            assert_eq!(record.len(), row.as_object().unwrap().len());
            for (column, cell) in header.iter().zip(record) {
                let expected = match &row[column] {
                    Value::String(text) => text.clone(),
                    Value::Null => String::new(),
                    other => other.to_string(),
                };
                assert_eq!(cell, expected, "{path}: {column}");
            }
        }
    }
    let url = format!("{}/v1/fills?format=csv&limit=1", served.url);
    let answer = reqwest::get(url).await.unwrap();
    let next = answer.headers()["x-next-cursor"].to_str().unwrap().to_owned();
    assert_eq!(served.rows(&format!("/v1/fills?limit=1&cursor={next}")).await[0]["size"], "8");
    // What is asked for counts more than what is accepted.
    let (kind, _) = served.text("/v1/fills?format=json", "text/csv").await;
    assert_eq!(kind, "application/json");
}

const LISTS: [&str; 13] = [
    "/v1/markets",
    "/v1/markets/SOL-PERP/candles",
    "/v1/markets/SOL-PERP/funding",
    "/v1/markets/SOL-PERP/open-interest",
    "/v1/fills",
    "/v1/liquidations",
    "/v1/accounts",
    "/v1/positions",
    "/v1/transfers",
    "/v1/leaderboard",
    "/v1/pool/epochs",
    "/v1/pool/liquidity",
    "/v1/gaps",
];

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
    ] {
        let (found, body) = served.get(path).await;
        assert_eq!(found, status, "{path}");
        assert_eq!(body, json!({"parameter": parameter, "given": given, "expected": expected}), "{path}");
    }
    let (status, body) = served.get("/v1/fills?limt=5").await;
    assert_eq!((status, &body["parameter"]), (400, &json!("limt")));
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

    let url = format!("{}/v1/live?channels=trades", served.url);
    let (_, body) = served.get(&url[served.url.len()..]).await;
    assert_eq!(body["expected"], "some of fills, liquidations, candles, epochs, rollbacks, separated by commas");
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
