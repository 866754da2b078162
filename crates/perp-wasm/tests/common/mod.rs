//! Random snapshots of an exchange, as accounts and readings, and random questions about them.

#![allow(dead_code)] // of which each example and test uses a part

pub mod questions;
pub mod snapshots;
#[path = "../../../perp-exchange/benches/stream/mod.rs"]
mod stream;
pub mod vectors;
