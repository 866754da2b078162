//! Writes the description of the interface: `cargo run -p perp-wasm --example abi > crates/perp-wasm/abi.json`.

fn main() {
    println!("{:#}", perp_wasm::description::abi());
}
