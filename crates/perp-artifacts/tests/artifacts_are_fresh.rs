//! The committed binaries and the IDL are those of the committed sources.

use perp_artifacts::{idl_json, workspace_root, ARITHMETIC_CHECK, LOCALNET_RECEIVER, PERP_SWAP};

#[test]
fn the_exchange_is_as_new_as_its_sources() {
    if let Err(stale) = PERP_SWAP.check(&workspace_root()) {
        panic!("{stale}");
    }
}

#[test]
fn the_arithmetic_check_is_as_new_as_its_sources() {
    if let Err(stale) = ARITHMETIC_CHECK.check(&workspace_root()) {
        panic!("{stale}");
    }
}

#[test]
fn the_stand_in_receiver_is_as_new_as_its_sources() {
    if let Err(stale) = LOCALNET_RECEIVER.check(&workspace_root()) {
        panic!("{stale}");
    }
}

#[test]
fn anchor_toml_names_the_address_in_the_idl() {
    let idl: serde_json::Value = serde_json::from_slice(&idl_json().unwrap()).unwrap();
    let address = idl["address"].as_str().unwrap();
    let manifest = std::fs::read_to_string(workspace_root().join("Anchor.toml")).unwrap();
    let line = format!("perp_swap = \"{address}\"");
    assert!(manifest.lines().any(|found| found == line), "Anchor.toml lacks {line}");
}
