//! The committed binaries and the IDL are those of the committed sources.

use perp_artifacts::{idl_json, workspace_root, ARITHMETIC_CHECK, BROWSER_MODULES, LOCALNET_RECEIVER, PERP_SWAP};

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
fn the_engine_for_the_browser_is_as_new_as_its_sources() {
    for module in BROWSER_MODULES {
        if let Err(stale) = module.check(&workspace_root()) {
            panic!("{stale}");
        }
    }
}

/// The numbers of a module's sections.
fn sections(module: &[u8]) -> Vec<u8> {
    // Magic number and version, then sections: a byte that names each, its length in seven bits a byte, the lowest first.
    assert_eq!(module[..8], *b"\0asm\x01\0\0\0");
    let (mut rest, mut sections) = (&module[8..], Vec::new());
    while let [id, after @ ..] = rest {
        sections.push(*id);
        let bytes = after.iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
        let length = after[..bytes].iter().rev().fold(0, |length, byte| length << 7 | usize::from(byte & 0x7f));
        rest = &after[bytes + length..];
    }
    sections
}

#[test]
fn the_engine_for_the_browser_is_small_and_imports_nothing() {
    for artifact in BROWSER_MODULES {
        let module = artifact.program_bytes().unwrap();
        assert!(module.len() <= 100_000, "{}: {} bytes", artifact.name, module.len());
        // 2 are imports, 10 is code.
        let sections = sections(&module);
        assert!(!sections.contains(&2) && sections.contains(&10), "{}: {sections:?}", artifact.name);
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
