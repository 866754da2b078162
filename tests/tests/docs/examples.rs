//! Code in the guides: it compiles here, and a test compares the guide's text with this file.

use crate::document;
use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;
use perp_client::addresses::Addresses;
use perp_client::instructions::{liquidate, Actor, Touched};
use perp_client::quote::preview_liquidation;
use perp_client::snapshot::{QuoteError, Snapshot};
use perp_engine::liquidation::LiquidationOrder;
use perp_engine::state::Account;
use perp_engine::units::{Atoms, Size};
use perp_engine::EngineError;

// docs/keepers.md
/// The instruction that liquidates a position, if that is possible and pays at least `least`.
fn bid(
    addresses: &Addresses,
    snapshot: &Snapshot,
    keeper: Actor,
    address: Pubkey,
    account: &Account,
    touched: Touched,
    least: Atoms,
) -> Result<Option<Instruction>, QuoteError> {
    let order = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: least };
    match preview_liquidation(snapshot, account, touched.market, order) {
        Ok(_) => Ok(Some(liquidate(addresses, keeper, address, account, touched, &order))),
        Err(QuoteError::Refused(
            EngineError::NotLiquidatable { .. } | EngineError::BountyTooSmall { .. } | EngineError::NoPosition,
        )) => Ok(None),
        Err(other) => Err(other),
    }
}
// end

#[test]
fn code_in_the_guides_is_code_that_compiles() {
    // Named, so that the compiler does not call it unused.
    let _ = bid;
    let mut compared = 0;
    for example in include_str!("examples.rs").split("\n// docs/").skip(1) {
        let (guide, rest) = example.split_once('\n').unwrap();
        let (code, _) = rest.split_once("// end").unwrap();
        let guide = document(&format!("docs/{guide}"));
        assert!(guide.text.contains(code), "{} must contain:\n{code}", guide.path.display());
        compared += 1;
    }
    assert_eq!(compared, 1);
}
