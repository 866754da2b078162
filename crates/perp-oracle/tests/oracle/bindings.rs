//! Which bindings a market may be listed with.

use anchor_lang::prelude::{pubkey, Pubkey};
use perp_accounts::oracle::OracleError::*;
use perp_accounts::oracle::{
    OracleBinding, OracleKind, COMPATIBLE_RECEIVER, CORE_RECEIVER, LEGACY_DEVNET, LEGACY_MAINNET,
};

use crate::{read, sol_binding, usdc_binding, SOL_USD, SOL_USD_FEED, USDC_USD, USDC_USD_ADDRESS};

#[test]
fn a_market_can_be_listed_only_with_a_binding_that_one_feed_satisfies() {
    let programs = [
        (LEGACY_MAINNET, Some(OracleKind::LegacyPush)),
        (LEGACY_DEVNET, Some(OracleKind::LegacyPush)),
        (CORE_RECEIVER, Some(OracleKind::Pull)),
        (COMPATIBLE_RECEIVER, Some(OracleKind::Pull)),
        // Pyth's push oracle, which writes through the receiver and owns no price account.
        (pubkey!("pythWSnswVUd12oZpeFP8e9CVaEqJg25g1Vtc2biRsT"), None),
        (Pubkey::default(), None),
        (Pubkey::new_unique(), None),
    ];
    for (program, kind_of_program) in programs {
        for kind in [OracleKind::LegacyPush, OracleKind::Pull] {
            for account in [Pubkey::default(), USDC_USD_ADDRESS] {
                for feed_id in [[0; 32], SOL_USD_FEED] {
                    let binding = OracleBinding::new(kind, program, account, feed_id);
                    let account_set = account != Pubkey::default();
                    let feed_set = feed_id != [0; 32];
                    let expected = match (kind_of_program, kind) {
                        (None, _) => Err(UnknownOracleProgram),
                        (Some(of_program), kind) if of_program != kind => Err(OracleProgramOfOtherKind),
                        (_, OracleKind::LegacyPush) => match (account_set, feed_set) {
                            (false, _) => Err(BindingNeedsAccount),
                            (true, true) => Err(BindingHasUnusedFeedId),
                            (true, false) => Ok(()),
                        },
                        (_, OracleKind::Pull) if feed_set => Ok(()),
                        (_, OracleKind::Pull) => Err(BindingNeedsFeedId),
                    };
                    assert_eq!(binding.validate(), expected, "{binding:?}");
                }
            }
        }
    }
    assert_eq!(sol_binding().validate(), Ok(()));
    assert_eq!(usdc_binding().validate(), Ok(()));
}

#[test]
fn a_second_oracle_has_another_feed_or_another_program() {
    let sol = sol_binding();
    let another_feed = OracleBinding { feed_id: [7; 32], ..sol };
    let another_program = OracleBinding { program: COMPATIBLE_RECEIVER, ..sol };
    for second in [another_feed, another_program, usdc_binding()] {
        assert_eq!(second.validate_second(&sol), Ok(()), "{second:?}");
        assert_eq!(sol.validate_second(&second), Ok(()));
    }
    // Which account of the feed is read makes it no other source.
    let at_an_address = OracleBinding { account: USDC_USD_ADDRESS, ..sol };
    assert_eq!(at_an_address.validate_second(&sol), Err(SecondIsFirst));
    assert_eq!(sol.validate_second(&sol), Err(SecondIsFirst));
    assert_eq!(usdc_binding().validate_second(&usdc_binding()), Err(SecondIsFirst));
    // The address is all that names a legacy feed.
    let another_account = OracleBinding { account: Pubkey::new_unique(), ..usdc_binding() };
    assert_eq!(another_account.validate_second(&usdc_binding()), Ok(()));
    // By itself it is one that a market could be listed with.
    let no_feed = OracleBinding { feed_id: [0; 32], ..sol };
    assert_eq!(no_feed.validate_second(&usdc_binding()), Err(BindingNeedsFeedId));
    let unknown = OracleBinding { program: Pubkey::default(), ..another_feed };
    assert_eq!(unknown.validate_second(&sol), Err(UnknownOracleProgram));
}

#[test]
fn stored_kinds_are_zero_and_one() {
    assert_eq!((OracleKind::LegacyPush as u8, OracleKind::Pull as u8), (0, 1));
    assert_eq!(sol_binding().kind(), Ok(OracleKind::Pull));
    assert_eq!(usdc_binding().kind(), Ok(OracleKind::LegacyPush));
}

#[test]
fn a_stored_kind_without_meaning_lists_no_market_and_reads_no_account() {
    for (binding, data) in [(sol_binding(), SOL_USD.as_slice()), (usdc_binding(), USDC_USD.as_slice())] {
        for kind in 2..=255 {
            let unknown = OracleBinding { kind, ..binding };
            assert_eq!(unknown.kind(), Err(UnknownKind));
            assert_eq!(unknown.validate(), Err(UnknownKind));
            assert_eq!(read(&unknown.account, &unknown.program, data, &unknown), Err(UnknownKind));
        }
    }
}
