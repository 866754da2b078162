//! The local validator's demo, followed by the program, which is killed again and again in the middle of whatever it does and
//! started anew: after each part the database has what the chain counts, and every balance that its events lead to is the
//! account's own, to the atom, on the way through a crash and until everybody has left.

mod common;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anchor_lang::prelude::Pubkey;
use base64::prelude::{Engine, BASE64_STANDARD};
use common::Database;
use perp_client::events::Event;
use perp_indexer::chain::Chain;
use perp_indexer::check::check;
use perp_indexer::store::Store;
use perp_localnet::cli::{DemoOptions, NodeOptions};
use perp_localnet::demo::demo_run::DemoRun;
use perp_localnet::demo::play_watched;
use perp_localnet::validator::Ports;
use serde_json::Value;
use sqlx::Row;
use tokio::runtime::Runtime;

/// How long the program lives; the first life is the shortest.
const LIVES: [Duration; 4] =
    [Duration::from_millis(250), Duration::from_millis(410), Duration::from_millis(730), Duration::from_millis(1_270)];

/// The program as a process. Whoever holds the lock keeps it alive.
#[derive(Default)]
struct Prey {
    child: Option<Child>,
    kills: usize,
    is_over: bool,
}

impl Prey {
    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // On Unix that is SIGKILL: it is told nothing and finishes nothing.
            child.kill().unwrap();
            child.wait().unwrap();
            self.kills += 1;
        }
    }
}

/// Starts the program and kills it, again and again.
fn hunt(start: impl Fn() -> Child + Send + 'static, prey: Arc<Mutex<Prey>>) {
    thread::spawn(move || {
        for life in LIVES.into_iter().cycle() {
            {
                let mut prey = prey.lock().unwrap();
                prey.kill();
                if prey.is_over {
                    return;
                }
                prey.child = Some(start());
            }
            thread::sleep(life);
        }
    });
}

/// What looks at the chain between two parts.
struct Watch {
    runtime: Runtime,
    database: Database,
    store: Store,
    url: String,
    answers: String,
    prey: Arc<Mutex<Prey>>,
    /// Counters compared at each look.
    compared: Vec<u64>,
    /// Balances compared that were not zero.
    balances: usize,
}

impl Watch {
    fn look(&mut self, run: &DemoRun<'_>) {
        if self.compared.is_empty() {
            let (rpc, database, listen) = (self.url.clone(), self.database.url.clone(), self.answers.clone());
            let exchange = run.addresses.exchange.to_string();
            let start = move || {
                let mut program = Command::new(env!("CARGO_BIN_EXE_perp-indexer"));
                program.args([
                    "--rpc-url",
                    &rpc,
                    "--database",
                    &database,
                    "--exchange",
                    &exchange,
                    "--listen",
                    &listen,
                ]);
                program.args(["--interval", "20", "--batch", "1", "--check-interval", "0", "--log", "error"]);
                program.stdout(Stdio::null()).spawn().unwrap()
            };
            hunt(start, self.prey.clone());
        }
        // The hunter has started it before anybody looks.
        let prey = loop {
            let prey = self.prey.lock().unwrap();
            if prey.child.is_some() {
                break prey;
            }
            drop(prey);
            thread::sleep(Duration::from_millis(5));
        };
        self.runtime.block_on(async {
            let (compared, balances) = settle(&self.url, &self.store, &self.answers).await;
            self.compared.push(compared);
            self.balances += balances;
        });
        drop(prey);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut prey = self.prey.lock().unwrap_or_else(PoisonError::into_inner);
        prey.is_over = true;
        prey.kill();
    }
}

/// Waits until the program has everything, and compares it. Returns how many counters were compared, and how many balances
/// that were not zero.
async fn settle(url: &str, store: &Store, answers: &str) -> (u64, usize) {
    let chain = Chain::new(url, Duration::from_secs(10));
    let began = Instant::now();
    let report = loop {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "the program does not take in what the validator has executed"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
        if store.scope().await.unwrap().is_none() {
            continue;
        }
        let report = check(&chain, store).await.unwrap();
        if report.behind.is_empty() {
            break report;
        }
    };
    assert!(report.is_clean(), "{report:#?}");

    let rebuilt = balances(store).await;
    let addresses: Vec<Pubkey> = rebuilt.keys().copied().collect();
    let on_chain = chain.margin_accounts(&addresses).await.unwrap();
    let told = told(answers).await;
    for ((address, rebuilt), account) in rebuilt.iter().zip(on_chain) {
        // A closed account has nothing.
        let expected = account.map_or(0, |margin| margin.account.state.balance.get());
        assert_eq!((*rebuilt, told[&address.to_string()]), (expected, expected), "{address}");
    }
    (report.compared, rebuilt.values().filter(|balance| **balance > 0).count())
}

/// Every margin account's balance as the program tells it; of an account that was opened again, the last.
async fn told(answers: &str) -> BTreeMap<String, u64> {
    let url = format!("http://{answers}/v1/accounts?limit=1000");
    let began = Instant::now();
    let page: Value = loop {
        match reqwest::get(&url).await {
            Ok(answer) => break answer.json().await.unwrap(),
            Err(error) => assert!(began.elapsed() < Duration::from_secs(30), "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let rows = page["data"].as_array().unwrap().iter().rev();
    rows.map(|row| (row["account"].as_str().unwrap().into(), row["balance"].as_str().unwrap().parse().unwrap()))
        .collect()
}

/// Every margin account's balance, from nothing but the events in the database; each begins where the one before has ended.
async fn balances(store: &Store) -> BTreeMap<Pubkey, u64> {
    let rows = sqlx::query("SELECT data FROM events ORDER BY place").fetch_all(store.pool()).await.unwrap();
    let mut balances = BTreeMap::new();
    for row in &rows {
        let event = Event::from_data(&BASE64_STANDARD.decode(row.get::<String, _>(0)).unwrap()).unwrap();
        for (account, before, after) in changes(&event) {
            let balance = balances.entry(account).or_default();
            assert_eq!(*balance, before, "{account}: {event:?}");
            *balance = after;
        }
    }
    balances
}

/// The margin accounts whose balance an event has changed, before and after.
fn changes(event: &Event) -> Vec<(Pubkey, u64, u64)> {
    match event {
        Event::AccountOpened(event) => vec![(event.account, 0, 0)],
        Event::Deposited(event) => vec![(event.account, event.balance_before, event.balance_after)],
        Event::Withdrawn(event) => vec![(event.account, event.balance_before, event.balance_after)],
        Event::Traded(event) => vec![(event.account, event.balance_before, event.balance_after)],
        Event::OrderExecuted(event) => vec![(event.account, event.balance_before, event.balance_after)],
        Event::FundingSettled(event) => vec![(event.account, event.balance_before, event.balance_after)],
        Event::ClaimRedeemed(event) => vec![(event.account, event.balance_before, event.balance_after)],
        Event::ClaimWaived(event) => vec![(event.account, event.balance_before, event.balance_after)],
        Event::BankruptcyResolved(event) => vec![(event.account, event.balance_before, event.balance_after)],
        Event::ProfitSettled(event) => {
            let reward =
                event.reward.iter().map(|reward| (reward.account, reward.balance_before, reward.balance_after));
            std::iter::once((event.account, event.balance_before, event.balance_after)).chain(reward).collect()
        }
        Event::Liquidated(event) => vec![
            (event.account, event.balance_before, event.balance_after),
            (event.liquidator_account, event.liquidator_balance_before, event.liquidator_balance_after),
        ],
        _ => Vec::new(),
    }
}

#[test]
fn the_demo_is_in_the_database_to_the_atom_however_often_the_program_is_killed() {
    let (keys, database) = (tempfile::tempdir().unwrap(), Database::sqlite());
    let ports = Ports::free().unwrap();
    let node =
        NodeOptions { rpc_port: ports.rpc, ws_port: ports.ws, prices_port: ports.prices, keys: keys.path().to_owned() };
    let runtime = Runtime::new().unwrap();
    let mut watch = Watch {
        store: runtime.block_on(database.open()),
        runtime,
        database,
        url: format!("http://127.0.0.1:{}", ports.rpc),
        answers: TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().to_string(),
        prey: Arc::default(),
        compared: Vec::new(),
        balances: 0,
    };
    play_watched(&DemoOptions { json: true, node }, &mut |run| watch.look(run)).unwrap();

    // A look before each of the first four parts and after each of the last four; in most of them accounts are open.
    assert_eq!(watch.compared.len(), 8);
    assert!(watch.compared.iter().max() > Some(&50) && watch.balances > 10, "{:?} {}", watch.compared, watch.balances);
    let kills = watch.prey.lock().unwrap().kills;
    println!("killed {kills} times, {} balances", watch.balances);
    assert!(kills >= 5, "{kills}");
    let count = |statement: &'static str| {
        let row = watch.runtime.block_on(sqlx::query(statement).fetch_one(watch.store.pool())).unwrap();
        row.get::<i64, _>(0)
    };
    // In part, whole, and beyond what is there.
    assert!(count("SELECT COUNT(*) FROM liquidations") >= 3);
    assert!(count("SELECT COUNT(*) FROM epochs") >= 2);
    // A day of hours, each with an accrual of its own.
    assert!(count("SELECT COUNT(*) FROM candles WHERE width = 3600 AND market = 0") >= 24);
    assert_eq!(count("SELECT COUNT(*) FROM lives WHERE closed_at IS NULL"), 0);
    assert_eq!(
        (count("SELECT COUNT(*) FROM gaps"), count("SELECT COUNT(*) FROM transactions WHERE fault IS NOT NULL")),
        (0, 0)
    );
}
