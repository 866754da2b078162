use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{channel, Sender};

use prometheus::Opts;

use super::*;
use crate::alerts::{Alert, Turn};

/// A server that answers one request after the other with these statuses, and hands on what was posted.
fn server(statuses: Vec<u16>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hooks/secret", listener.local_addr().unwrap());
    let (sender, posted) = channel();
    std::thread::spawn(move || {
        for status in statuses {
            let (stream, _) = listener.accept().unwrap();
            answer(stream, status, &sender);
        }
    });
    (url, posted)
}

fn answer(mut stream: TcpStream, status: u16, posted: &Sender<String>) {
    let mut text = Vec::new();
    let mut buffer = [0; 4_096];
    loop {
        let count = stream.read(&mut buffer).unwrap();
        text.extend_from_slice(&buffer[..count]);
        let told = String::from_utf8_lossy(&text).into_owned();
        let Some((head, body)) = told.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            posted.send(body.to_owned()).unwrap();
            break;
        }
    }
    let to = if status == 302 { "location: /elsewhere\r\n" } else { "" };
    let head = format!("HTTP/1.1 {status} X\r\n{to}content-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
}

fn notice(market: u16) -> Notice {
    let alert = Alert::PriceStale { market, age_seconds: 61, limit_seconds: 60 };
    Notice { alert, state: Turn::Raised, exchange: "X".into(), text: "t".into(), time: 1 }
}

fn counters() -> IntCounterVec {
    IntCounterVec::new(Opts::new("results", "x"), &["result"]).unwrap()
}

fn counted(results: &IntCounterVec) -> [u64; 3] {
    ["delivered", "failed", "dropped"].map(|result| results.with_label_values(&[result]).get())
}

#[test]
fn a_notice_is_posted_again_until_it_is_taken() {
    let (url, posted) = server(vec![500, 429, 200]);
    let results = counters();
    let webhooks = Webhooks::start(&[url], results.clone()).unwrap();
    let begun = Instant::now();
    webhooks.post(&notice(7));
    assert!(begun.elapsed() < Duration::from_millis(100), "whoever posts waits for nothing");
    assert_eq!(webhooks.flush(Duration::from_secs(20)), 0);
    let bodies: Vec<String> = posted.try_iter().collect();
    assert_eq!(bodies.len(), 3);
    let body: serde_json::Value = serde_json::from_str(&bodies[2]).unwrap();
    assert_eq!((&body["alert"], &body["market"], &body["state"]), (&"price_stale".into(), &7.into(), &"raised".into()));
    assert_eq!(counted(&results), [1, 0, 0]);
}

#[test]
fn a_server_that_refuses_is_not_asked_again() {
    let (url, posted) = server(vec![404, 200]);
    let results = counters();
    let webhooks = Webhooks::start(&[url], results.clone()).unwrap();
    webhooks.post(&notice(1));
    webhooks.post(&notice(2));
    assert_eq!(webhooks.flush(Duration::from_secs(20)), 0);
    assert_eq!((posted.try_iter().count(), counted(&results)), (2, [1, 1, 0]));
}

#[test]
fn a_server_that_hangs_keeps_nobody_waiting() {
    // It accepts and says nothing.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let results = counters();
    let webhooks = Webhooks::start(&[url], results.clone()).unwrap();
    let begun = Instant::now();
    for market in 0..300 {
        webhooks.post(&notice(market));
    }
    assert!(begun.elapsed() < Duration::from_millis(500));
    // 256 wait, and one is on its way at most.
    let [_, _, dropped] = counted(&results);
    assert!((43..=44).contains(&dropped), "{dropped}");
    assert!(webhooks.flush(Duration::from_millis(50)) >= 256);
}

#[test]
fn attack_what_is_said_of_a_server_names_no_secret() {
    let client = Client::builder().timeout(Duration::from_millis(200)).build().unwrap();
    let Err(Fault::Passing(reason)) =
        post(&client, "http://user:secret@127.0.0.1:1/hooks/secret?key=secret", &notice(1))
    else {
        panic!("nobody listens there");
    };
    assert!(!reason.contains("secret") && !reason.contains("http"), "{reason}");
    assert!(reason.contains("refused"), "{reason}");
    assert_eq!(origin("https://user:secret@hooks.example:8443/T0/secret"), "\"https://hooks.example:8443…\"");
}

#[test]
fn attack_a_redirect_is_not_followed() {
    let (url, posted) = server(vec![302, 200]);
    let results = counters();
    let webhooks = Webhooks::start(&[url], results.clone()).unwrap();
    webhooks.post(&notice(1));
    assert_eq!(webhooks.flush(Duration::from_secs(20)), 0);
    assert_eq!((posted.try_iter().count(), counted(&results)), (1, [0, 1, 0]));
}

#[test]
fn an_answer_is_passing_lasting_or_good() {
    assert!(matches!(judged(StatusCode::BAD_GATEWAY), Err(Fault::Passing(_))));
    assert!(matches!(judged(StatusCode::UNAUTHORIZED), Err(Fault::Lasting(_))));
    assert_eq!(judged(StatusCode::NO_CONTENT), Ok(()));
}
