//! Which bindings a market may be listed with.

use anchor_lang::prelude::{pubkey, Pubkey};
use perp_swap::oracle::OracleError::*;
use perp_swap::oracle::{
    validate_binding, OracleBinding, OracleKind, COMPATIBLE_RECEIVER, CORE_RECEIVER, LEGACY_DEVNET, LEGACY_MAINNET,
};

use crate::{sol_binding, usdc_binding, SOL_USD_FEED, USDC_USD_ADDRESS};

#[test]
fn a_market_can_be_listed_only_with_a_binding_that_one_feed_satisfies() {
    let owners = [
        (LEGACY_MAINNET, Some(OracleKind::LegacyPush)),
        (LEGACY_DEVNET, Some(OracleKind::LegacyPush)),
        (CORE_RECEIVER, Some(OracleKind::Pull)),
        (COMPATIBLE_RECEIVER, Some(OracleKind::Pull)),
        // Pyth's push oracle, which writes through the receiver and owns no price account.
        (pubkey!("pythWSnswVUd12oZpeFP8e9CVaEqJg25g1Vtc2biRsT"), None),
        (Pubkey::default(), None),
        (Pubkey::new_unique(), None),
    ];
    for (owner, kind_of_owner) in owners {
        for kind in [OracleKind::LegacyPush, OracleKind::Pull] {
            for account in [Pubkey::default(), USDC_USD_ADDRESS] {
                for feed_id in [[0; 32], SOL_USD_FEED] {
                    let binding = OracleBinding { kind, owner, account, feed_id };
                    let account_set = account != Pubkey::default();
                    let feed_set = feed_id != [0; 32];
                    let expected = match (kind_of_owner, kind) {
                        (None, _) => Err(UnknownOracleProgram),
                        (Some(of_owner), kind) if of_owner != kind => Err(OracleProgramOfOtherKind),
                        (_, OracleKind::LegacyPush) => match (account_set, feed_set) {
                            (false, _) => Err(BindingNeedsAccount),
                            (true, true) => Err(BindingHasUnusedFeedId),
                            (true, false) => Ok(()),
                        },
                        (_, OracleKind::Pull) if feed_set => Ok(()),
                        (_, OracleKind::Pull) => Err(BindingNeedsFeedId),
                    };
                    assert_eq!(validate_binding(&binding), expected, "{binding:?}");
                }
            }
        }
    }
    assert_eq!(validate_binding(&sol_binding()), Ok(()));
    assert_eq!(validate_binding(&usdc_binding()), Ok(()));
}

#[test]
fn stored_kinds_are_zero_and_one() {
    assert_eq!(OracleKind::try_from(0), Ok(OracleKind::LegacyPush));
    assert_eq!(OracleKind::try_from(1), Ok(OracleKind::Pull));
    for stored in 2..=255 {
        assert_eq!(OracleKind::try_from(stored), Err(UnknownKind));
    }
    assert_eq!((OracleKind::LegacyPush as u8, OracleKind::Pull as u8), (0, 1));
}
