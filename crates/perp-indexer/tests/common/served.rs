//! A database that is served, and a story in it.

use std::time::Instant;

use perp_client::events::Event;
use perp_indexer::api::{router, App};
use perp_indexer::follow::Follower;
use perp_swap::events::OrderMoment;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::Value;

use super::events::orders::{below, child};
use super::events::Exchange;
use super::node::{Node, Transaction};
use super::{follower, Database};

pub const NOON: i64 = 1_618_660_800;
/// 140.25 USDC per SOL: 0.14025 atoms per base unit.
pub const PRICE: u64 = 154_206_505_796;

/// A served database, and what filled it.
pub struct Served {
    pub url: String,
    pub app: App,
    pub node: Node,
    pub follower: Follower,
    pub exchange: Exchange,
}

impl Served {
    pub async fn start(database: &Database) -> Self {
        let mut exchange = Exchange::at(NOON);
        let blocks = story(&mut exchange);
        Self::of(database, exchange, blocks).await
    }

    /// The same with blocks of one's own.
    pub async fn of(database: &Database, exchange: Exchange, blocks: Vec<Vec<Event>>) -> Self {
        let node = Node::start().await;
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

    pub async fn get(&self, path: &str) -> (u16, Value) {
        let answer = reqwest::get(format!("{}{path}", self.url)).await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub async fn rows(&self, path: &str) -> Vec<Value> {
        let (status, body) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {body}");
        body["data"].as_array().unwrap().clone()
    }

    pub async fn text(&self, path: &str, accept: &str) -> (String, String) {
        let request = reqwest::Client::new().get(format!("{}{path}", self.url)).header(ACCEPT, accept);
        let answer = request.send().await.unwrap();
        let kind = answer.headers()[CONTENT_TYPE].to_str().unwrap().to_owned();
        (kind, answer.text().await.unwrap())
    }
}

pub fn story(exchange: &mut Exchange) -> Vec<Vec<Event>> {
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
    // Two orders for a long with a stop each; of the first the account has thought better.
    blocks.push([vec![exchange.open_orders(2)], exchange.place(2, &[], &[below(0, 4), child(1, -4, 0)])].concat());
    let stop = OrderMoment { trigger_price: PRICE * 9 / 10, ..child(1, -3, 0) };
    blocks.push(exchange.place(2, &[0], &[below(0, 3), stop]));
    blocks.push(vec![exchange.arm(2, 0)]);
    blocks.push(vec![exchange.request(3, 400), exchange.epoch(NOON + 3_600, 2_000, 2_100)]);
    blocks.push(vec![exchange.keep_out(3, NOON + 3_600, 300)]);
    exchange.time = NOON + 7_200;
    blocks.push(vec![exchange.epoch(NOON + 7_200, 2_001, 2_101)]);
    blocks
}

/// Every list, each with a market that there is.
pub const LISTS: [&str; 14] = [
    "/v1/markets",
    "/v1/markets/SOL-PERP/candles",
    "/v1/markets/SOL-PERP/funding",
    "/v1/markets/SOL-PERP/open-interest",
    "/v1/fills",
    "/v1/liquidations",
    "/v1/orders",
    "/v1/accounts",
    "/v1/positions",
    "/v1/transfers",
    "/v1/leaderboard",
    "/v1/pool/epochs",
    "/v1/pool/liquidity",
    "/v1/gaps",
];
