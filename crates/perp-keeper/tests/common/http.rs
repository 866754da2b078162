//! Servers that play a part: one that takes what is posted, and one that stands between a keeper and its node.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{channel, Receiver};
use std::sync::Arc;

/// A server on a free port that answers every request with what `answer` makes of its body.
pub fn server(answer: impl Fn(&str) -> (u16, String) + Send + Sync + Clone + 'static) -> String {
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

/// A node that is another one's but for requests of this method, which it says it knows nothing of.
pub fn forgetful(node: String, method: &'static str) -> String {
    server(move |body| {
        if body.contains(method) {
            return (200, r#"{"jsonrpc":"2.0","id":0,"result":{"context":{"slot":1},"value":[null]}}"#.into());
        }
        (200, forwarded(&node, body))
    })
}

/// A node that is another one's for as long as nobody says that it is away; then it answers that it is overloaded.
pub fn fickle(node: String) -> (String, Arc<AtomicBool>) {
    let away = Arc::new(AtomicBool::new(false));
    let is_away = Arc::clone(&away);
    let url = server(move |body| match is_away.load(Ordering::Relaxed) {
        true => (503, String::new()),
        false => (200, forwarded(&node, body)),
    });
    (url, away)
}

fn forwarded(node: &str, body: &str) -> String {
    let client = reqwest::blocking::Client::new();
    let request = client.post(node).header("content-type", "application/json").body(body.to_owned());
    request.send().unwrap().text().unwrap()
}

fn serve(mut stream: TcpStream, answer: &impl Fn(&str) -> (u16, String)) {
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
            let (status, body) = answer(body);
            let head =
                format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}", body.len());
            // Whoever asked may be gone.
            let _ = stream.write_all(format!("{head}\r\nconnection: close\r\n\r\n{body}").as_bytes());
            return;
        }
    }
}
