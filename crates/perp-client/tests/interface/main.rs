//! What clients in other languages must reproduce, written down: addresses, instructions, events, refusals and numbers, in
//! `app/client/interface`. `PERP_WRITE=1 cargo test -p perp-client --test interface` writes the files anew.

mod accounts;
mod addresses;
mod debug;
mod errors;
mod events;
mod instructions;
mod units;

use anchor_lang::prelude::Pubkey;
use serde_json::Value;
use std::path::PathBuf;

/// A key that is another for every number.
fn key(number: u8) -> Pubkey {
    Pubkey::new_from_array([number; 32])
}

/// The bytes in hexadecimal.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Compares a committed file with what it is to hold, or writes it.
fn check(name: &str, expected: &Value) {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../app/client/interface"));
    let path = folder.join(name);
    let text = serde_json::to_string_pretty(expected).unwrap() + "\n";
    if std::env::var_os("PERP_WRITE").is_some() {
        std::fs::write(&path, text).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let remedy = "run PERP_WRITE=1 cargo test -p perp-client --test interface";
    assert!(committed == text, "app/client/interface/{name} is not what perp-client does: {remedy}");
}
