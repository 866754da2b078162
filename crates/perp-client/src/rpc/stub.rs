//! A node for tests, in this process: it answers over HTTP and WebSocket what a test has told it to.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use anchor_lang::prelude::Pubkey;
use base64::prelude::{Engine, BASE64_STANDARD};
use perp_accounts::{encode_into, Stored, ID};
use serde_json::{json, Value};
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;

mod speaker;

pub use speaker::Speaker;

/// What becomes of a transaction that is broadcast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is in the next block.
    Lands,
    /// Nobody hears of it.
    Lost,
    /// The node tries it, and the exchange refuses with this code.
    Refused(u32),
    /// It is in the next block, and the exchange refuses there.
    Fails(u32),
    /// It is in the next block, and the answer to its broadcast is no JSON.
    LandsGarbled,
}

/// Decides by the transaction, and how often it has been broadcast before.
pub type Judge = Box<dyn Fn(&VersionedTransaction, usize) -> Fate + Send>;

/// What the node has.
pub struct State {
    pub slot: u64,
    /// Grows by so much with every request for it.
    pub height: u64,
    pub height_step: u64,
    pub accounts: BTreeMap<Pubkey, (Pubkey, Vec<u8>)>,
    pub judge: Judge,
    /// Transactions in the order of their broadcast.
    pub broadcast: Vec<VersionedTransaction>,
    /// Signatures and codes.
    pub block: HashMap<Signature, Option<u32>>,
    /// Names of all requests so far, and how many signatures or addresses each names.
    pub requests: Vec<(String, usize)>,
    /// Blockhashes given so far.
    pub blockhashes: u64,
    /// What it says of every blockhash that it is asked after; none where it does not know that request.
    pub is_blockhash_valid: Option<bool>,
    /// How many of the accounts that it is asked for it leaves out at the end.
    pub leaves_out: usize,
    /// Nothing is answered but HTTP status 503.
    pub is_down: bool,
    /// These requests alone are answered with it.
    pub refuses: &'static str,
}

impl State {
    pub fn put<T: Stored>(&mut self, address: Pubkey, account: &T) {
        let mut bytes = vec![0; T::SPACE];
        assert!(encode_into(account, &mut bytes));
        self.accounts.insert(address, (ID, bytes));
    }

    /// How often that was asked.
    pub fn asked(&self, method: &str) -> usize {
        self.requests.iter().filter(|(asked, _)| asked == method).count()
    }

    fn account(&self, address: &Pubkey) -> Value {
        let Some((owner, data)) = self.accounts.get(address) else { return Value::Null };
        json!({
            "lamports": 1, "data": [BASE64_STANDARD.encode(data), "base64"], "owner": owner.to_string(),
            "executable": false, "rentEpoch": 0, "space": data.len(),
        })
    }

    /// What the subscription tells of an account.
    pub fn notification(&self, address: &Pubkey) -> String {
        let account = match self.account(address) {
            Value::Null => json!({
                "lamports": 0, "data": ["", "base64"], "owner": Pubkey::default().to_string(),
                "executable": false, "rentEpoch": 0, "space": 0,
            }),
            account => account,
        };
        let value = json!({ "pubkey": address.to_string(), "account": account });
        let result = json!({ "context": { "slot": self.slot }, "value": value });
        json!({ "jsonrpc": "2.0", "method": "programNotification", "params": { "result": result, "subscription": 7 } })
            .to_string()
    }

    fn with_context(&self, value: Value) -> Value {
        json!({ "context": { "slot": self.slot }, "value": value })
    }

    /// The answer, or an error's code with its data; nothing for an answer that is no JSON.
    fn answer(&mut self, method: &str, params: &Value) -> Option<Result<Value, (i64, Value)>> {
        let texts = |list: &Value| -> Vec<String> {
            list.as_array().into_iter().flatten().filter_map(|text| text.as_str().map(Into::into)).collect()
        };
        Some(Ok(match method {
            "getAccountInfo" => {
                let address: Pubkey = params[0].as_str().unwrap().parse().unwrap();
                self.with_context(self.account(&address))
            }
            "getMultipleAccounts" => {
                let addresses = texts(&params[0]);
                let addresses = &addresses[..addresses.len().saturating_sub(self.leaves_out)];
                let accounts = addresses.iter().map(|address| self.account(&address.parse().unwrap())).collect();
                self.with_context(accounts)
            }
            "getProgramAccounts" => {
                let filter = params[1]["filters"][1]["memcmp"]["bytes"].as_str().unwrap();
                let begins = bs58::decode(filter).into_vec().unwrap();
                let found = self.accounts.iter().filter(|(_, (_, data))| data.starts_with(&begins));
                let found = found
                    .map(|(address, _)| json!({ "pubkey": address.to_string(), "account": self.account(address) }));
                self.with_context(found.collect())
            }
            "getLatestBlockhash" => {
                self.blockhashes += 1;
                let mut hash = [3; 32];
                hash[..8].copy_from_slice(&self.blockhashes.to_le_bytes());
                let hash = bs58::encode(hash).into_string();
                self.with_context(json!({ "blockhash": hash, "lastValidBlockHeight": self.height + 150 }))
            }
            "getBlockHeight" => {
                self.height += self.height_step;
                json!(self.height)
            }
            "isBlockhashValid" => match self.is_blockhash_valid {
                Some(is_valid) => self.with_context(json!(is_valid)),
                None => return Some(Err((-32601, Value::Null))),
            },
            "sendTransaction" => return self.send(params[0].as_str().unwrap()),
            "getSignatureStatuses" => {
                let statuses = texts(&params[0]).into_iter().map(|signature| {
                    let Some(code) = self.block.get(&signature.parse().unwrap()) else { return Value::Null };
                    let error = code.map(|code| json!({ "InstructionError": [1, { "Custom": code }] }));
                    let status = error.as_ref().map_or(json!({ "Ok": null }), |error| json!({ "Err": error }));
                    json!({ "slot": self.slot, "confirmations": null, "err": error, "status": status,
                        "confirmationStatus": "confirmed" })
                });
                let statuses = statuses.collect();
                self.with_context(statuses)
            }
            // It keeps no more of a transaction than that there was one.
            "getTransaction" => {
                json!({ "slot": self.slot, "blockTime": null, "transaction": ["AA==", "base64"], "meta": null })
            }
            _ => return Some(Err((-32601, Value::Null))),
        }))
    }

    fn send(&mut self, text: &str) -> Option<Result<Value, (i64, Value)>> {
        let bytes = BASE64_STANDARD.decode(text).unwrap();
        assert!(bytes.len() <= 1_232, "{} bytes", bytes.len());
        let transaction: VersionedTransaction = wincode::deserialize(&bytes).unwrap();
        let signature = transaction.signatures[0];
        let before = self.broadcast.iter().filter(|other| other.signatures[0] == signature).count();
        let fate = (self.judge)(&transaction, before);
        self.broadcast.push(transaction);
        self.slot += 1;
        match fate {
            Fate::Lost => {}
            Fate::Lands | Fate::LandsGarbled => drop(self.block.insert(signature, None)),
            Fate::Fails(code) => drop(self.block.insert(signature, Some(code))),
            Fate::Refused(code) => {
                let failed = format!("Program {ID} failed: custom program error: {code:#x}");
                let error = json!({ "InstructionError": [1, { "Custom": code }] });
                let logs = json!([format!("Program {ID} invoke [1]"), failed]);
                return Some(Err((
                    -32002,
                    json!({ "err": error, "logs": logs, "accounts": null, "unitsConsumed": 1,
                    "returnData": null, "innerInstructions": null, "replacementBlockhash": null }),
                )));
            }
        }
        (fate != Fate::LandsGarbled).then(|| Ok(json!(signature.to_string())))
    }
}

/// A running node. It ends with its test.
pub struct Stub {
    state: Arc<Mutex<State>>,
    address: SocketAddr,
    stop: Arc<AtomicBool>,
}

impl Stub {
    pub fn start() -> Self {
        let state = State {
            slot: 100,
            height: 1_000,
            height_step: 1,
            accounts: BTreeMap::new(),
            judge: Box::new(|_, _| Fate::Lands),
            broadcast: Vec::new(),
            block: HashMap::new(),
            requests: Vec::new(),
            blockhashes: 0,
            is_blockhash_valid: None,
            leaves_out: 0,
            is_down: false,
            refuses: "",
        };
        let (state, stop) = (Arc::new(Mutex::new(state)), Arc::new(AtomicBool::new(false)));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn({
            let (state, stop) = (Arc::clone(&state), Arc::clone(&stop));
            move || {
                for stream in listener.incoming().take_while(|_| !stop.load(Ordering::Relaxed)) {
                    let (state, stream) = (Arc::clone(&state), stream.unwrap());
                    // One that the client gives up is none of the test's concern.
                    std::thread::spawn(move || drop(serve(&state, stream)));
                }
            }
        });
        Self { state, address, stop }
    }

    pub fn url(&self) -> String {
        format!("http://{}/secret", self.address)
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Its thread waits for somebody to connect.
        drop(TcpStream::connect(self.address));
    }
}

/// One request and its answer.
fn serve(state: &Mutex<State>, stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        match line.trim_end().to_ascii_lowercase().split_once(": ") {
            Some(("content-length", text)) => length = text.parse().unwrap(),
            Some(_) => {}
            None if line.trim_end().is_empty() => break,
            None => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let asked: Value = serde_json::from_slice(&body).unwrap();
    let (method, params) = (asked["method"].as_str().unwrap(), &asked["params"]);
    let (status, answer) = {
        let mut state = state.lock().unwrap();
        let named = params[0].as_array().map_or(0, Vec::len);
        state.requests.push((method.into(), named));
        let whole = |name: &str, value: Value| {
            let mut answer = json!({ "jsonrpc": "2.0", "id": asked["id"] });
            answer[name] = value;
            answer.to_string()
        };
        let is_down = state.is_down || method == state.refuses;
        let answer = if is_down { None } else { Some(state.answer(method, params)) };
        match answer {
            None => ("503 Service Unavailable", String::new()),
            Some(Some(Ok(result))) => ("200 OK", whole("result", result)),
            Some(Some(Err((code, data)))) => {
                ("200 OK", whole("error", json!({ "code": code, "message": "refused", "data": data })))
            }
            Some(None) => ("200 OK", "<html>garbage</html>".into()),
        }
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        answer.len()
    );
    reader.get_mut().write_all((head + &answer).as_bytes())
}

/// Waits until something holds, for a few seconds at most.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..1_000 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("not within five seconds: {what}");
}
