//! The committed description is that of the code.

#[test]
fn the_description_is_as_new_as_the_interface() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/abi.json");
    let committed = std::fs::read_to_string(path).unwrap();
    let now = format!("{:#}\n", perp_wasm::description::abi());
    let remedy = "run `cargo run -q -p perp-wasm --example abi > crates/perp-wasm/abi.json`";
    assert!(committed == now, "abi.json is older than the interface: {remedy}");
}
