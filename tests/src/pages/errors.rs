//! `docs/errors.md` and `idl/errors.json`: every error with what to do about it, which an interface file has no place for.

use super::{code, table, Block};
use perp_client::errors::ExchangeError;
use serde::Serialize;

/// An error as clients in other languages ship it.
#[derive(Serialize)]
struct Entry {
    code: u32,
    name: String,
    message: &'static str,
    remedy: &'static str,
}

fn entries() -> impl Iterator<Item = Entry> {
    ExchangeError::ALL.iter().map(|error| Entry {
        code: error.code(),
        name: error.name(),
        message: error.text(),
        remedy: error.remedy(),
    })
}

/// One table for each of the tables the errors come from, by the first code of the next.
pub(super) fn blocks() -> Vec<Block> {
    let block = |name: &str, codes: std::ops::Range<u32>| {
        let entries = entries().filter(|entry| codes.contains(&entry.code));
        let rows = entries.map(|Entry { code: number, name, message, remedy }| {
            vec![number.to_string(), code(&name), message.into(), remedy.into()]
        });
        Block { name: name.into(), text: table(&["code", "name", "meaning", "remedy"], rows) }
    };
    vec![block("rules", 6000..6200), block("oracle", 6200..6300), block("accounts", 6300..u32::MAX)]
}

pub(super) fn json() -> String {
    let entries: Vec<Entry> = entries().collect();
    serde_json::to_string_pretty(&entries).expect("plain fields are JSON") + "\n"
}
