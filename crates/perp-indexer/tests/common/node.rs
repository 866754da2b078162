//! An RPC node that tells what a script has put into it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use anchor_lang::event::EVENT_IX_TAG_LE;
use anchor_lang::prelude::Pubkey;
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use base64::prelude::{Engine, BASE64_STANDARD};
use perp_client::accounts::ID;
use perp_client::events::Event;
use perp_indexer::facts::numbers;
use serde_json::{json, Value};
use solana_signature::Signature;

use super::events::POOL;

/// A transaction in a block.
#[derive(Clone, Debug)]
pub struct Transaction {
    pub signature: Signature,
    pub logs: Vec<String>,
    pub inner: Vec<(Pubkey, Vec<u8>)>,
    pub failed: bool,
    /// Addresses under which it is listed.
    pub names: Vec<Pubkey>,
}

impl Transaction {
    /// One that logged these events; the program sent itself those that are not logged.
    pub fn of(events: &[Event]) -> Self {
        let mut logs = vec![format!("Program {ID} invoke [1]")];
        let mut inner = Vec::new();
        for event in events {
            if matches!(event, Event::Liquidated(_) | Event::BankruptcyResolved(_)) {
                logs.extend([format!("Program {ID} invoke [2]"), format!("Program {ID} success")]);
                inner.push((ID, [EVENT_IX_TAG_LE, &event.data()].concat()));
            } else {
                logs.push(format!("Program data: {}", BASE64_STANDARD.encode(event.data())));
            }
        }
        logs.push(format!("Program {ID} success"));
        let addresses = events.iter().flat_map(|event| numbers(event, POOL)).map(|numbered| numbered.address);
        let names = std::iter::once(ID).chain(addresses).collect();
        Self { signature: Signature::from(unique_bytes()), logs, inner, failed: false, names }
    }

    /// The same, but whatever it did was undone.
    pub fn failed(self) -> Self {
        Self { failed: true, ..self }
    }

    /// The same, its log cut off before that line.
    pub fn cut_off(mut self, line: usize) -> Self {
        self.logs.truncate(line);
        self.logs.push("Log truncated".into());
        self
    }

    /// The same, listed under none of the program's addresses but these.
    pub fn listed_under(self, names: &[Pubkey]) -> Self {
        Self { names: names.to_vec(), ..self }
    }
}

fn unique_bytes() -> [u8; 64] {
    let (first, second) = (Pubkey::new_unique(), Pubkey::new_unique());
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(first.as_ref());
    bytes[32..].copy_from_slice(second.as_ref());
    bytes
}

/// What the node knows.
#[derive(Default)]
pub struct Script {
    pub blocks: BTreeMap<u64, Vec<Transaction>>,
    pub finalized: u64,
    pub tip: u64,
    /// Whether it tells the numbers of transactions within their slots.
    pub numbered: bool,
    pub accounts: HashMap<Pubkey, (Pubkey, Vec<u8>)>,
    /// Of these it has no record.
    pub untold: HashSet<Signature>,
    /// What it says of these instead of their record.
    pub garbage: HashMap<Signature, Value>,
    /// The next answers to a method, whatever was asked.
    pub next: HashMap<String, Vec<Value>>,
    /// It has forgotten everything before this slot.
    pub first_slot: u64,
    pub asked: Vec<(String, Value)>,
}

impl Script {
    /// A block after all others, with its slot.
    pub fn add(&mut self, transactions: Vec<Transaction>) -> u64 {
        self.tip += 1;
        self.blocks.insert(self.tip, transactions);
        self.tip
    }

    /// How often a method was asked.
    pub fn count(&self, method: &str) -> usize {
        self.asked.iter().filter(|(asked, _)| asked == method).count()
    }
}

/// The node; it ends with the runtime it was started in.
pub struct Node {
    address: SocketAddr,
    script: Arc<Mutex<Script>>,
}

impl Node {
    pub async fn start() -> Self {
        let script = Arc::new(Mutex::new(Script { tip: 100, finalized: 100, ..Script::default() }));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().route("/", post(answer)).with_state(script.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, script }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it knows, for whoever adds to it while it answers.
    pub fn share(&self) -> Arc<Mutex<Script>> {
        self.script.clone()
    }

    pub fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, Json(request): Json<Value>) -> Json<Value> {
    let mut script = script.lock().unwrap();
    let method = request["method"].as_str().unwrap().to_owned();
    let params = request["params"].clone();
    script.asked.push((method.clone(), params.clone()));
    if let Some(answers) = script.next.get_mut(&method).filter(|answers| !answers.is_empty()) {
        let mut answer = answers.remove(0);
        answer["jsonrpc"] = json!("2.0");
        answer["id"] = request["id"].clone();
        return Json(answer);
    }
    let result = match &*method {
        "getSlot" => match params[0]["commitment"].as_str() {
            Some("finalized") => json!(script.finalized),
            _ => json!(script.tip),
        },
        "getSignaturesForAddress" => match signatures(&script, &params) {
            Ok(listed) => listed,
            Err(error) => return Json(json!({"jsonrpc": "2.0", "id": request["id"], "error": error})),
        },
        "getTransaction" => record(&script, &params),
        "getMultipleAccounts" => accounts(&script, &params),
        other => panic!("nobody has written an answer to {other}"),
    };
    Json(json!({"jsonrpc": "2.0", "id": request["id"], "result": result}))
}

fn signatures(script: &Script, params: &Value) -> Result<Value, Value> {
    let address: Pubkey = params[0].as_str().unwrap().parse().unwrap();
    let config = &params[1];
    if config["minContextSlot"].as_u64().is_some_and(|slot| slot > script.tip) {
        let message = "Minimum context slot has not been reached";
        return Err(json!({"code": -32016, "message": message, "data": {"contextSlot": script.tip}}));
    }
    let top = if config["commitment"] == "finalized" { script.finalized } else { script.tip };
    let named = |key: &str| config[key].as_str().map(str::to_owned);
    let (before, until) = (named("before"), named("until"));
    let mut passed = before.is_none();
    let mut listed = Vec::new();
    for (slot, transactions) in script.blocks.range(script.first_slot..=top).rev() {
        for (index, transaction) in transactions.iter().enumerate().rev() {
            let signature = transaction.signature.to_string();
            if until.as_ref() == Some(&signature) {
                return Ok(json!(listed));
            }
            if passed && transaction.names.contains(&address) {
                let error = transaction.failed.then(|| json!({"InstructionError": [0, {"Custom": 1}]}));
                let mut entry = json!({"signature": signature, "slot": slot, "err": error, "memo": null,
                    "blockTime": 1, "confirmationStatus": "confirmed"});
                if script.numbered {
                    entry["transactionIndex"] = json!(index * 10);
                }
                listed.push(entry);
            }
            passed |= before.as_ref() == Some(&signature);
            if listed.len() as u64 == config["limit"].as_u64().unwrap_or(1_000) {
                return Ok(json!(listed));
            }
        }
    }
    Ok(json!(listed))
}

fn record(script: &Script, params: &Value) -> Value {
    let signature: Signature = params[0].as_str().unwrap().parse().unwrap();
    assert_eq!(params[1]["maxSupportedTransactionVersion"], 1);
    if let Some(garbage) = script.garbage.get(&signature) {
        return garbage.clone();
    }
    if script.untold.contains(&signature) {
        return Value::Null;
    }
    let found = script
        .blocks
        .range(script.first_slot..)
        .find_map(|(slot, block)| block.iter().find(|found| found.signature == signature).map(|found| (slot, found)));
    let Some((slot, transaction)) = found else { return Value::Null };
    let mut keys = vec![Pubkey::new_from_array([9; 32]).to_string(), ID.to_string()];
    let calls: Vec<Value> = transaction
        .inner
        .iter()
        .map(|(program, data)| {
            let program = program.to_string();
            let place = keys.iter().position(|key| *key == program).unwrap_or_else(|| {
                keys.push(program.clone());
                keys.len() - 1
            });
            let data = bs58::encode(data).into_string();
            json!({"programIdIndex": place, "accounts": [], "data": data, "stackHeight": 2})
        })
        .collect();
    let (error, status) = match transaction.failed {
        true => {
            (json!({"InstructionError": [0, {"Custom": 1}]}), json!({"Err": {"InstructionError": [0, {"Custom": 1}]}}))
        }
        false => (Value::Null, json!({"Ok": null})),
    };
    json!({"slot": slot, "blockTime": 1, "version": 1,
        "transaction": {"signatures": [signature.to_string()], "message": {"accountKeys": keys,
            "recentBlockhash": "11111111111111111111111111111111", "instructions": [],
            "header": {"numRequiredSignatures": 1, "numReadonlySignedAccounts": 0, "numReadonlyUnsignedAccounts": 1}}},
        "meta": {"err": error, "status": status, "fee": 5000, "preBalances": [], "postBalances": [],
            "logMessages": transaction.logs, "innerInstructions": [{"index": 0, "instructions": calls}],
            "loadedAddresses": {"writable": [], "readonly": []}}})
}

fn accounts(script: &Script, params: &Value) -> Value {
    let found: Vec<Value> = params[0]
        .as_array()
        .unwrap()
        .iter()
        .map(|address| {
            let address: Pubkey = address.as_str().unwrap().parse().unwrap();
            script.accounts.get(&address).map_or(Value::Null, |(owner, data)| {
                json!({"lamports": 1, "data": [BASE64_STANDARD.encode(data), "base64"], "owner": owner.to_string(),
                    "executable": false, "rentEpoch": 0, "space": data.len()})
            })
        })
        .collect();
    json!({"context": {"slot": script.tip}, "value": found})
}
