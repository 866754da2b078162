//! A server's answers over HTTP: what is asked for, and how each failure names where it was asked.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

use base64::prelude::{Engine, BASE64_STANDARD};
use perp_updates::{PriceServer, ServerError, UpdateError};

use crate::common::*;

/// Answers one request, and returns its first line.
fn serve_once(status: &str, body: String) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let status = status.to_owned();
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4_096];
        let read = stream.read(&mut request).unwrap();
        write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
            .unwrap();
        String::from_utf8_lossy(&request[..read]).lines().next().unwrap().to_owned()
    });
    (url, served)
}

/// Answers until its URL is asked for nothing more: each update with its feeds apart where `signed_apart`, and 404 where one of those
/// that it does not have is asked for. Returns the feeds of each request.
fn serve(dead: &'static [u8], signed_apart: bool, requests: usize) -> (PriceServer, JoinHandle<Vec<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = PriceServer::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let served = std::thread::spawn(move || {
        let each = |_| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4_096];
            let read = stream.read(&mut request).unwrap();
            let line = String::from_utf8_lossy(&request[..read]).lines().next().unwrap().to_owned();
            let feeds: Vec<u8> = line.split("ids[]=").skip(1).map(|id| id[..2].parse().unwrap()).collect();
            let (status, body) = match feeds.iter().any(|feed| dead.contains(feed)) {
                true => ("404 Not Found", "Price ids not found".to_owned()),
                false if signed_apart => {
                    ("200 OK", answer(&feeds.iter().map(|feed| mainnet_bytes(&[*feed])).collect::<Vec<_>>()))
                }
                false => ("200 OK", answer(&[mainnet_bytes(&feeds)])),
            };
            let length = body.len();
            write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}").unwrap();
            feeds
        };
        (0..requests).map(each).collect()
    });
    (server, served)
}

fn feeds(numbers: impl IntoIterator<Item = u8>) -> Vec<perp_updates::FeedId> {
    numbers.into_iter().map(feed).collect()
}

fn answer(updates: &[Vec<u8>]) -> String {
    let data: Vec<String> = updates.iter().map(|update| format!("\"{}\"", BASE64_STANDARD.encode(update))).collect();
    format!(r#"{{"binary":{{"encoding":"base64","data":[{}]}},"parsed":[]}}"#, data.join(","))
}

fn failure(status: &str, body: String) -> ServerError {
    let (url, served) = serve_once(status, body);
    let error = PriceServer::new(&url).unwrap().latest(&[feed(1)]).unwrap_err();
    assert!(error.to_string().contains(&url), "{error}");
    served.join().unwrap();
    error
}

#[test]
fn several_feeds_are_asked_for_at_once() {
    let (url, served) = serve_once("200 OK", answer(&[mainnet_bytes(&[1, 2])]));
    // A slash at the end of the URL does no harm.
    let update = PriceServer::new(&format!("{url}/")).unwrap().latest(&[feed(1), feed(2)]).unwrap();
    assert_eq!(update, mainnet_update(&[1, 2]));
    let (one, two) = ("01".repeat(32), "02".repeat(32));
    let path = format!("/v2/updates/price/latest?ids[]={one}&ids[]={two}&encoding=base64&parsed=false");
    assert_eq!(served.join().unwrap(), format!("GET {path} HTTP/1.1"));
}

#[test]
fn a_second_is_asked_for_and_its_first_update_is_taken() {
    let (older, newer) = (mainnet_bytes(&[1]), mainnet_bytes(&[1, 2]));
    let (url, served) = serve_once("200 OK", answer(&[older, newer]));
    let update = PriceServer::new(&url).unwrap().at(&[feed(1)], 1_618_660_800).unwrap();
    // Both are of one slot, so that the order of the answer holds.
    assert_eq!(update, mainnet_update(&[1]));
    let path = format!("/v2/updates/price/1618660800?ids[]={}&encoding=base64&parsed=false", "01".repeat(32));
    assert_eq!(served.join().unwrap(), format!("GET {path} HTTP/1.1"));
}

#[test]
fn attack_an_error_tells_no_key_of_a_servers_url() {
    let (url, served) = serve_once("200 OK", "<html>".into());
    let (_, host) = url.split_once("://").unwrap();
    let keyed = format!("http://me:secret@{host}/secret?key=secret");
    let malformed = PriceServer::new(&keyed).unwrap().latest(&[feed(1)]).unwrap_err();
    served.join().unwrap();
    // Nobody listens there any more.
    let unreachable = PriceServer::new(&keyed).unwrap().latest(&[feed(1)]).unwrap_err();
    assert!(matches!(unreachable, ServerError::Unreachable { .. }), "{unreachable}");
    for error in [malformed, unreachable] {
        let text = format!("{error} {error:?}");
        assert!(error.to_string().contains(&url) && !text.contains("secret"), "{text}");
    }
    let none = PriceServer::new("secret").unwrap().latest(&[feed(1)]).unwrap_err();
    assert!(!format!("{none} {none:?}").contains("secret"), "{none}");
}

#[test]
fn of_several_updates_one_that_has_all_feeds_is_taken() {
    let (url, served) = serve_once("200 OK", answer(&[mainnet_bytes(&[2]), mainnet_bytes(&[2, 1])]));
    let update = PriceServer::new(&url).unwrap().latest(&[feed(1), feed(2)]).unwrap();
    assert_eq!(update.prices.len(), 2);
    served.join().unwrap();

    let (url, served) = serve_once("200 OK", answer(&[mainnet_bytes(&[2]), mainnet_bytes(&[1])]));
    let error = PriceServer::new(&url).unwrap().latest(&[feed(1), feed(2)]).unwrap_err();
    assert!(matches!(error, ServerError::Update { reason: UpdateError::FeedMissing { .. }, .. }), "{error}");
    served.join().unwrap();
}

#[test]
fn a_feed_that_the_server_does_not_have_keeps_nobody_from_the_others() {
    // All, the first half, its halves; the second half; then what is there once more, for one signature.
    let asked: [&[u8]; 6] = [&[1, 2, 3, 4], &[1, 2], &[1], &[2], &[3, 4], &[1, 3, 4]];
    let (server, served) = serve(&[2], false, asked.len());
    let found = server.latest_apart(&feeds(1..=4)).unwrap();
    assert_eq!(served.join().unwrap(), asked);
    assert_eq!(found.updates, [(mainnet_update(&[1, 3, 4]), feeds([1, 3, 4]))]);
    let [(missing, reason)] = &found.missing[..] else { panic!("{:?}", found.missing) };
    assert_eq!(*missing, feed(2));
    assert!(matches!(reason, ServerError::Refused { status: 404, .. }), "{reason}");

    // Of a second likewise.
    let (server, served) = serve(&[2], false, 3);
    let found = server.at_apart(&feeds(1..=2), NOW).unwrap();
    assert_eq!(served.join().unwrap(), [vec![1, 2], vec![1], vec![2]]);
    assert_eq!((found.updates.len(), found.missing.len()), (1, 1));
}

#[test]
fn feeds_that_are_all_there_are_asked_for_once() {
    let (server, served) = serve(&[], false, 1);
    let found = server.latest_apart(&feeds(1..=3)).unwrap();
    assert_eq!(found.updates, [(mainnet_update(&[1, 2, 3]), feeds(1..=3))]);
    served.join().unwrap();
    // Signed apart they are of one update each.
    let (server, served) = serve(&[], true, 1);
    let found = server.latest_apart(&feeds(1..=2)).unwrap();
    assert_eq!(found.updates, [1, 2].map(|number| (mainnet_update(&[number]), feeds([number]))));
    assert!(found.missing.is_empty());
    served.join().unwrap();
    // One that is missing in an answer that has others is named.
    let (url, served) = serve_once("200 OK", answer(&[mainnet_bytes(&[2])]));
    let found = PriceServer::new(&url).unwrap().latest_apart(&feeds(1..=2)).unwrap();
    assert_eq!(found.updates, [(mainnet_update(&[2]), feeds([2]))]);
    assert!(matches!(&found.missing[..], [(missing, ServerError::Update { .. })] if *missing == feed(1)));
    served.join().unwrap();
}

#[test]
fn a_server_that_has_none_of_the_feeds_or_refuses_whoever_asks_is_an_error() {
    let (server, served) = serve(&[1, 2], false, 3);
    let error = server.latest_apart(&feeds(1..=2)).unwrap_err();
    assert!(matches!(error, ServerError::Refused { status: 404, .. }), "{error}");
    served.join().unwrap();
    // It is not asked again where no feed is the cause.
    for (status, body) in
        [("429 Too Many Requests", ""), ("401 Unauthorized", ""), ("503 Busy", ""), ("200 OK", "<html>")]
    {
        let (url, served) = serve_once(status, body.into());
        let error = PriceServer::new(&url).unwrap().latest_apart(&feeds(1..=2)).unwrap_err();
        assert!(!error.is_about_feeds(), "{error}");
        served.join().unwrap();
    }
}

#[test]
fn attack_what_a_server_repeats_of_a_url_is_not_told() {
    for (status, body) in [("404 Not Found", "Cannot GET /secret"), ("200 OK", "\"/secret\"")] {
        let (url, served) = serve_once(status, body.into());
        let error = PriceServer::new(&format!("{url}/secret")).unwrap().latest(&[feed(1)]).unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains(&url) && !text.contains("secret"), "{text}");
        served.join().unwrap();
    }
    let encoded = r#"{"binary":{"encoding":"/secret","data":[]}}"#;
    let (url, served) = serve_once("200 OK", encoded.into());
    let error = PriceServer::new(&format!("{url}/secret")).unwrap().latest(&[feed(1)]).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
    served.join().unwrap();
}

#[test]
fn a_failure_names_where_it_was_asked_and_why() {
    let refused = failure("404 Not Found", "Price ids not found".into());
    assert!(refused.to_string().contains("status 404 (Price ids not found)"), "{refused}");
    for body in ["<html>".into(), "{}".into(), answer(&[]).replace("base64", "hex")] {
        let error = failure("200 OK", body);
        assert!(matches!(error, ServerError::Malformed { .. }), "{error}");
    }
    let broken = failure("200 OK", answer(&[mainnet_bytes(&[1])[1..].to_vec()]));
    assert!(matches!(broken, ServerError::Update { reason: UpdateError::Magic { .. }, .. }), "{broken}");
    let empty = failure("200 OK", answer(&[]));
    assert!(matches!(empty, ServerError::Update { reason: UpdateError::FeedMissing { .. }, .. }), "{empty}");

    // Nobody listens on a port that was free a moment ago.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = PriceServer::new(&format!("http://{free}")).unwrap().latest(&[feed(1)]).unwrap_err();
    let text = error.to_string();
    assert!(text.contains(&free.to_string()) && text.contains("does not answer"), "{text}");
    assert!(text.to_lowercase().contains("connection refused"), "{text}");
}
