//! Servers that play a part: one that takes what is posted, and one that stands between a keeper and its node.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{channel, Receiver};
use std::sync::{Arc, Mutex};

use base64::prelude::{Engine, BASE64_STANDARD};
use solana_signature::Signature;

/// A server on a free port that answers every request with what `answer` makes of its body.
pub fn server(answer: impl Fn(&str) -> (u16, String) + Send + Sync + Clone + 'static) -> String {
    listen(move |_, body| answer(body))
}

/// The same, told what is asked for before the body.
fn listen(answer: impl Fn(&str, &str) -> (u16, String) + Send + Sync + Clone + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let answer = answer.clone();
            std::thread::spawn(move || serve(stream.unwrap(), &answer));
        }
    });
    url
}

/// A webhook, and what is posted to it.
pub fn webhook() -> (String, Receiver<serde_json::Value>) {
    let (sender, posted) = channel();
    let url = server(move |body| {
        sender.send(serde_json::from_str(body).unwrap()).unwrap();
        (200, String::new())
    });
    (url, posted)
}

/// A price server that is another one's, but answers for none of the feeds as long as this one is asked for while it is told to lack it:
/// as Hermes does of a feed that it does not know. How often it was asked for that feed it counts.
pub fn lacking(prices: String, feed: String) -> (String, Arc<AtomicBool>, Arc<AtomicU64>) {
    let (lacks, asked) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU64::new(0)));
    let (does, count) = (Arc::clone(&lacks), Arc::clone(&asked));
    let url = listen(move |head, _| {
        let path = head.split_whitespace().nth(1).unwrap();
        if path.contains(&feed) {
            count.fetch_add(1, Ordering::Relaxed);
            if does.load(Ordering::Relaxed) {
                return (404, "Price ids not found".into());
            }
        }
        let answer = reqwest::blocking::get(format!("{prices}{path}"));
        let answer = answer.and_then(|answer| Ok((answer.status().as_u16(), answer.text()?)));
        answer.unwrap_or((503, String::new()))
    });
    (url, lacks, asked)
}

/// A node that is another one's but for requests of this method, which it says it knows nothing of.
pub fn forgetful(node: String, method: &'static str) -> String {
    server(move |body| {
        if body.contains(method) {
            return (200, r#"{"jsonrpc":"2.0","id":0,"result":{"context":{"slot":1},"value":[null]}}"#.into());
        }
        forwarded(&node, body)
    })
}

/// A node that is another one's for as long as nobody says that it is away; then it answers that it is overloaded.
pub fn fickle(node: String) -> (String, Arc<AtomicBool>) {
    let away = Arc::new(AtomicBool::new(false));
    let is_away = Arc::clone(&away);
    let url = server(move |body| match is_away.load(Ordering::Relaxed) {
        true => (503, String::new()),
        false => forwarded(&node, body),
    });
    (url, away)
}

/// A node that is another one's, and answers two of three requests with something else while it is told to.
pub fn garbling(node: String) -> (String, Arc<AtomicBool>) {
    let (garbles, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let does = Arc::clone(&garbles);
    let url = server(move |body| {
        let number = asked.fetch_add(1, Ordering::Relaxed);
        if !does.load(Ordering::Relaxed) || number % 3 == 0 {
            return forwarded(&node, body);
        }
        let text = |text: &str| (200, text.to_owned());
        match number % 10 {
            0 => (500, String::new()),
            1 => (429, "slow down".into()),
            2 => text("<html>"),
            3 => text("{\"jsonrpc\":\"2.0\",\"id\":0,"),
            4 => text("{\"jsonrpc\":\"2.0\",\"id\":0,\"error\":{\"code\":-32005,\"message\":\"Node is behind by 500 slots\"}}"),
            5 => text("{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":null}"),
            6 => text("{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{\"context\":{\"slot\":1},\"value\":[null,null,null]}}"),
            7 => (200, forwarded(&node, body).1.chars().rev().collect()),
            // Accounts of other bytes.
            8 => (200, forwarded(&node, body).1.replace("AAAA", "/w==")),
            _ => {
                let whole = forwarded(&node, body).1;
                (200, whole.chars().take(whole.chars().count() / 2).collect())
            }
        }
    });
    (url, garbles)
}

/// What went through a node that loses transactions.
#[derive(Default)]
pub struct Losses {
    /// Every transaction that was handed in, once.
    pub signatures: Mutex<BTreeSet<String>>,
    /// How often one was handed in.
    pub handed_in: AtomicU64,
    /// How often it was lost.
    pub lost: AtomicU64,
    /// How many of a hundred are lost.
    pub percent: AtomicU64,
}

/// A node that is another one's, but for as many of a hundred transactions as it is told to take and forget: none at first.
pub fn losing(node: String) -> (String, Arc<Losses>) {
    let losses = Arc::new(Losses::default());
    let seen = Arc::clone(&losses);
    let url = server(move |body| {
        if !body.contains("\"sendTransaction\"") {
            return forwarded(&node, body);
        }
        let request: serde_json::Value = serde_json::from_str(body).unwrap();
        let bytes = BASE64_STANDARD.decode(request["params"][0].as_str().unwrap()).unwrap();
        // The first of its signatures, after their number.
        let signature = Signature::try_from(&bytes[1..65]).unwrap().to_string();
        seen.signatures.lock().unwrap().insert(signature.clone());
        let number = seen.handed_in.fetch_add(1, Ordering::Relaxed);
        if number * 61 % 100 >= seen.percent.load(Ordering::Relaxed) {
            return forwarded(&node, body);
        }
        seen.lost.fetch_add(1, Ordering::Relaxed);
        (200, serde_json::json!({ "jsonrpc": "2.0", "id": request["id"], "result": signature }).to_string())
    });
    (url, losses)
}

/// What the node answers; that it is unavailable where it does not.
fn forwarded(node: &str, body: &str) -> (u16, String) {
    let client = reqwest::blocking::Client::new();
    let request = client.post(node).header("content-type", "application/json").body(body.to_owned());
    let answer = request.send().and_then(|answer| Ok((answer.status().as_u16(), answer.text()?)));
    answer.unwrap_or((503, String::new()))
}

fn serve(mut stream: TcpStream, answer: &impl Fn(&str, &str) -> (u16, String)) {
    let (mut told, mut buffer) = (Vec::new(), [0; 65_536]);
    loop {
        let count = stream.read(&mut buffer).unwrap_or(0);
        if count == 0 {
            return;
        }
        told.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&told).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let lines = head.lines().map(str::to_lowercase);
        let length = lines.filter_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).next().unwrap_or(0);
        if body.len() >= length {
            let (status, body) = answer(head, body);
            let head =
                format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}", body.len());
            // Whoever asked may be gone.
            let _ = stream.write_all(format!("{head}\r\nconnection: close\r\n\r\n{body}").as_bytes());
            return;
        }
    }
}
