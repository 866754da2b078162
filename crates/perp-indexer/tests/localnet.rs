//! The local validator's demo, followed while it is played: after each part the database has what the chain counts, to the
//! atom, on its way through a crash and until everybody has left.

mod common;

use std::time::Duration;

use common::Database;
use perp_indexer::chain::Chain;
use perp_indexer::check::{check, Report};
use perp_indexer::follow::{Follower, Pace};
use perp_indexer::store::{Store, Writer};
use perp_localnet::cli::{DemoOptions, NodeOptions};
use perp_localnet::demo::demo_run::DemoRun;
use perp_localnet::demo::play_watched;
use perp_localnet::validator::Ports;
use sqlx::Row;
use tokio::runtime::Runtime;

/// A follower that begins with the first part.
struct Watch {
    runtime: Runtime,
    url: String,
    store: Store,
    follower: Option<Follower>,
    reports: Vec<Report>,
}

impl Watch {
    fn look(&mut self, run: &DemoRun<'_>) {
        let Self { runtime, url, store, follower, reports } = self;
        runtime.block_on(async {
            if follower.is_none() {
                let chain = Chain::new(url, Duration::from_secs(10));
                let (scope, markets) = chain.exchange(run.addresses.exchange).await.unwrap();
                let writer = Writer::new(store.clone(), scope).await.unwrap();
                writer.store().note_markets(&markets).await.unwrap();
                *follower = Some(Follower::new(chain, writer, Pace::default()));
            }
            let follower = follower.as_mut().unwrap();
            // What was processed in the last block is confirmed with the next one.
            for _ in 0..50 {
                let step = follower.step().await.unwrap();
                assert_eq!(step.removed, None);
                let report = check(follower.chain(), follower.writer().store()).await.unwrap();
                if report.behind.is_empty() {
                    assert!(report.is_clean(), "{report:#?}");
                    reports.push(report);
                    return;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            panic!("the validator does not tell of what it has executed");
        });
    }
}

#[test]
fn the_demo_is_in_the_database_to_the_atom() {
    let (keys, database) = (tempfile::tempdir().unwrap(), Database::sqlite());
    let ports = Ports::free().unwrap();
    let node =
        NodeOptions { rpc_port: ports.rpc, ws_port: ports.ws, prices_port: ports.prices, keys: keys.path().to_owned() };
    let runtime = Runtime::new().unwrap();
    let store = runtime.block_on(database.open());
    let url = format!("http://127.0.0.1:{}", ports.rpc);
    let mut watch = Watch { runtime, url, store: store.clone(), follower: None, reports: Vec::new() };
    play_watched(&DemoOptions { json: true, node }, &mut |run| watch.look(run)).unwrap();

    // A look before each of the first four parts and after each of the last four; in most of them accounts are open.
    assert_eq!(watch.reports.len(), 8);
    assert!(watch.reports.iter().map(|report| report.compared).max().unwrap() > 50);
    let count = |statement: &'static str| {
        let row = watch.runtime.block_on(sqlx::query(statement).fetch_one(store.pool())).unwrap();
        row.get::<i64, _>(0)
    };
    // In part, whole, and beyond what is there.
    assert!(count("SELECT COUNT(*) FROM liquidations") >= 3);
    assert!(count("SELECT COUNT(*) FROM epochs") >= 2);
    // A day of hours, each with an accrual of its own.
    assert!(count("SELECT COUNT(*) FROM candles WHERE width = 3600 AND market = 0") >= 24);
    assert_eq!(count("SELECT COUNT(*) FROM lives WHERE closed_at IS NULL"), 0);
    assert!(watch.runtime.block_on(store.gaps(10)).unwrap().is_empty());
}
