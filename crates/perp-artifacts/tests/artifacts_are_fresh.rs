//! The committed binaries and the IDL are those of the committed sources.

use perp_artifacts::{workspace_root, ARITHMETIC_CHECK, PERP_SWAP};

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
