//! The program as its operators run it.

mod common;

use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use bytemuck::Zeroable;
use common::events::{Exchange as Story, EXCHANGE};
use common::node::{Node, Transaction};
use common::Database;
use perp_client::accounts::{encode_into, Exchange, Pool, Stored, ID, VERSION};
use perp_client::Addresses;
use serde_json::Value;
use tokio::task::spawn_blocking;

fn stored<T: Stored>(state: &T) -> (anchor_lang::prelude::Pubkey, Vec<u8>) {
    let mut bytes = vec![0; T::SPACE];
    assert!(encode_into(state, &mut bytes));
    (ID, bytes)
}

/// A node with an exchange that has had so many events of its own, and two deposits.
async fn node(sequence: u64) -> Node {
    let node = Node::start().await;
    let mut exchange = Exchange { quote_decimals: 6, version: VERSION, ..Exchange::zeroed() };
    exchange.state.sequence = sequence;
    let pool = Addresses::new(EXCHANGE, exchange.quote_mint, exchange.token_program).pool;
    let mut story = Story::at(1_618_660_800);
    let block = vec![Transaction::of(&[story.open(1), story.deposit(1, 40), story.deposit(1, 2)])];
    let mut script = node.script();
    script.accounts.insert(EXCHANGE, stored(&exchange));
    script.accounts.insert(pool, stored(&Pool { version: VERSION, ..Pool::zeroed() }));
    let slot = script.add(block);
    script.finalized = slot;
    drop(script);
    node
}

fn program(node: &Node, database: &Database, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_perp-indexer"));
    command.args(arguments).env("PERP_INDEXER_RPC_URL", node.url()).env("PERP_INDEXER_DATABASE", &database.url);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

async fn run(mut command: Command) -> Output {
    spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn free_address() -> String {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().to_string()
}

/// Every line of the log is an object with a message.
fn messages(output: &Output) -> Vec<String> {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    let message = |line: &str| {
        let entry: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        entry["fields"]["message"].as_str().unwrap().to_owned()
    };
    text.lines().map(message).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn once_takes_in_everything_and_the_next_run_knows_the_exchange() {
    let (node, database) = (node(0).await, Database::sqlite());
    let unnamed = run(program(&node, &database, &["--once"])).await;
    assert!(!unnamed.status.success());
    assert!(String::from_utf8_lossy(&unnamed.stderr).contains("--exchange"));

    let exchange = EXCHANGE.to_string();
    let once = run(program(&node, &database, &["--once", "--exchange", &exchange])).await;
    assert!(once.status.success(), "{once:?}");
    assert_eq!(messages(&once), ["caught up"]);
    let lives = database.open().await.lives_after("", 10).await.unwrap();
    assert_eq!((lives.len(), lives[0].counters.deposited), (1, 42));

    // The account that deposited is not on the chain: whether it was closed since is not known.
    let check = run(program(&node, &database, &["check"])).await;
    assert_eq!(check.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&check.stdout).unwrap();
    let subject = format!("account {}", lives[0].stream.address);
    assert_eq!((&report["behind"][0]["subject"], &report["behind"][0]["newest"]), (&subject.into(), &3.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_answers_until_it_is_told_to_end() {
    let (node, database) = (node(0).await, Database::sqlite());
    let address = free_address();
    let exchange = EXCHANGE.to_string();
    let arguments = ["run", "--exchange", &exchange, "--listen", &address, "--interval", "20"];
    let child = program(&node, &database, &arguments).spawn().unwrap();
    let url = format!("http://{address}");
    let began = Instant::now();
    while !reqwest::get(format!("{url}/readyz")).await.is_ok_and(|answer| answer.status().is_success()) {
        assert!(began.elapsed() < Duration::from_secs(30), "it never became ready");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let transfers: Value = reqwest::get(format!("{url}/v1/transfers")).await.unwrap().json().await.unwrap();
    assert_eq!((&transfers["data"][0]["amount"], &transfers["data"][1]["amount"]), (&"2".into(), &"40".into()));

    // The node breaks off and comes back.
    let refusal = serde_json::json!({"error": {"code": -32005, "message": "Node is behind"}});
    node.script().next.insert("getSlot".into(), vec![refusal; 3]);
    while node.script().next.get("getSlot").is_some_and(|left| !left.is_empty()) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(reqwest::get(format!("{url}/readyz")).await.unwrap().status().is_success());

    let output = spawn_blocking(move || end(child)).await.unwrap();
    assert!(output.status.success(), "{output:?}");
    let messages = messages(&output);
    assert_eq!(
        (messages.first().map(String::as_str), messages.last().map(String::as_str)),
        (Some("answering"), Some("ended"))
    );
    assert!(messages.iter().any(|message| message == "a step failed and is tried again"), "{messages:?}");
}

/// Tells the process to end as its supervisor does.
fn end(child: Child) -> Output {
    let told = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(told.success());
    child.wait_with_output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_describes_itself_without_a_node() {
    let database = Database::sqlite();
    let node = Node::start().await;
    let output = run(program(&node, &database, &["openapi"])).await;
    let description: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(description["paths"]["/v1/fills"].is_object());
    assert!(node.script().asked.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_is_told_while_the_node_is_away() {
    let (node, database) = (node(0).await, Database::sqlite());
    let exchange = EXCHANGE.to_string();
    let once = run(program(&node, &database, &["--once", "--exchange", &exchange])).await;
    assert!(once.status.success(), "{once:?}");
    let address = free_address();
    let mut command = program(&node, &database, &["run", "--listen", &address]);
    // Nobody listens there; what comes after the port would be a key.
    command.env("PERP_INDEXER_RPC_URL", "http://127.0.0.1:1/?api-key=SECRET");
    let child = command.spawn().unwrap();
    let began = Instant::now();
    let status = loop {
        assert!(began.elapsed() < Duration::from_secs(30), "it says nothing of the node");
        tokio::time::sleep(Duration::from_millis(50)).await;
        let Ok(answer) = reqwest::get(format!("http://{address}/v1/status")).await else { continue };
        let status: Value = answer.json().await.unwrap();
        if !status["error"].is_null() {
            break status;
        }
    };
    let transfers: Value = reqwest::get(format!("http://{address}/v1/transfers")).await.unwrap().json().await.unwrap();
    assert_eq!(transfers["data"][1]["amount"], "40");
    let ready = reqwest::get(format!("http://{address}/readyz")).await.unwrap();
    assert_eq!(ready.status(), 503);
    let output = spawn_blocking(move || end(child)).await.unwrap();
    for text in [status.to_string(), ready.text().await.unwrap(), String::from_utf8(output.stderr).unwrap()] {
        assert!(text.contains("127.0.0.1:1") && !text.contains("SECRET"), "{text}");
    }
}
