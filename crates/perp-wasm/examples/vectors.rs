//! Writes the vectors: `cargo run -q -p perp-wasm --example vectors > crates/perp-wasm/vectors.json`.

#[path = "../tests/common/mod.rs"]
mod common;

fn main() {
    print!("{}", common::vectors::vectors());
}
