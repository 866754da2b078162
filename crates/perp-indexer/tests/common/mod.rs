//! What the tests have in common: a node that says what a script tells it to, and databases of both kinds.
#![allow(dead_code)] // Every test file uses a part of it.

pub mod events;
pub mod node;
pub mod served;

use std::time::Duration;

use perp_indexer::chain::Chain;
use perp_indexer::follow::{Follower, Pace};
use perp_indexer::store::{Scope, Store, Writer};
use sqlx::{Connection, Executor};
use tempfile::TempDir;

use node::Node;

/// Names a PostgreSQL server on which databases can be created; without it only SQLite is tested.
pub const POSTGRES: &str = "PERP_INDEXER_POSTGRES";

/// A database of its own, gone with it.
pub struct Database {
    pub url: String,
    folder: Option<TempDir>,
}

impl Database {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { url: format!("sqlite:{}", folder.path().join("history.db").display()), folder: Some(folder) }
    }

    /// None where no server is named.
    pub async fn postgres() -> Option<Self> {
        let server = std::env::var(POSTGRES).ok()?;
        let name = format!("perp_indexer_{}_{}", std::process::id(), unique());
        sqlx::any::install_default_drivers();
        let mut connection = sqlx::AnyConnection::connect(&server).await.expect("the PostgreSQL server answers");
        for statement in [format!("DROP DATABASE IF EXISTS {name}"), format!("CREATE DATABASE {name}")] {
            connection.execute(sqlx::AssertSqlSafe(statement)).await.unwrap();
        }
        let (base, _) = server.rsplit_once('/').expect("the URL ends with a database");
        Some(Self { url: format!("{base}/{name}"), folder: None })
    }

    /// One of each kind that is there.
    pub async fn all() -> Vec<Self> {
        std::iter::once(Self::sqlite()).chain(Self::postgres().await).collect()
    }

    pub async fn open(&self) -> Store {
        Store::open(&self.url).await.unwrap()
    }
}

fn unique() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Asks again at once, and writes after every few transactions so that the tests see several batches.
pub const PACE: Pace =
    Pace { page: 3, concurrency: 2, batch: 2, held: 100, attempts: 2, interval: Duration::from_millis(1) };

pub fn scope() -> Scope {
    Scope { exchange: events::EXCHANGE, pool: events::POOL, quote_decimals: 6 }
}

/// A follower of the node, as a process that has just started.
pub async fn follower(node: &Node, database: &Database) -> Follower {
    let writer = Writer::new(database.open().await, scope()).await.unwrap();
    Follower::new(Chain::new(&node.url(), Duration::from_secs(5)), writer, PACE)
}

/// Everything in the tables, as text, for comparing two databases that came to be in different ways.
pub async fn contents(store: &Store) -> Vec<(String, Vec<Vec<String>>)> {
    use sqlx::{Column, Row, ValueRef};
    let mut all = Vec::new();
    for (table, order, columns) in [
        ("events", "place", "place, kind, time, data"),
        ("transactions", "place", "place, signature"),
        ("moments", "place", "*"),
        ("fills", "place", "*"),
        ("liquidations", "place", "*"),
        ("transfers", "place, account", "*"),
        ("epochs", "place", "*"),
        ("liquidity", "place", "*"),
        ("followers", "place", "*"),
        ("orders", "place", "*"),
        ("market_totals", "market", "*"),
        ("candles", "market, width, start", "*"),
        (
            "positions",
            "opened, account, market",
            "opened, account, market, owner, opened_at, closed_at, size, largest, realized, funding, fees, penalties, \
             volume, trades",
        ),
        (
            "lives",
            "account, last_place",
            "account, owner, opened_at, closed_at, last_place, balance, deposited, withdrawn, realized, funding, fees, \
             penalties, bounties, volume, trades",
        ),
        ("streams", "address, opened", "kind, address, opened, contiguous, highest"),
    ] {
        let statement = format!("SELECT {columns} FROM {table} ORDER BY {order}");
        let rows = sqlx::query(sqlx::AssertSqlSafe(statement)).fetch_all(store.pool()).await.unwrap();
        let rows = rows.iter().map(|row| {
            let cell = |column: usize| {
                if row.try_get_raw(column).unwrap().is_null() {
                    return "none".to_owned();
                }
                let number: Result<i64, _> = row.try_get(column);
                number.map_or_else(|_| row.get::<String, _>(column), |number| number.to_string())
            };
            row.columns().iter().map(|column| cell(column.ordinal())).collect()
        });
        all.push((table.to_owned(), rows.collect()));
    }
    all
}

/// Both databases say the same.
pub async fn assert_same(one: &Store, other: &Store) {
    for ((table, found), (_, expected)) in contents(one).await.iter().zip(&contents(other).await) {
        assert_eq!(found.len(), expected.len(), "rows of {table}");
        for (found, expected) in found.iter().zip(expected) {
            assert_eq!(found, expected, "{table}");
        }
    }
}
