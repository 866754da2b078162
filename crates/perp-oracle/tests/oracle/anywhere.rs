//! Readings that are asked for by their publish time, and may lie in any account of their feed.

use anchor_lang::prelude::Pubkey;
use perp_accounts::oracle::OracleError::*;
use perp_accounts::oracle::{OracleBinding, OracleError, COMPATIBLE_RECEIVER, CORE_RECEIVER, LEGACY_MAINNET};
use perp_oracle::read_anywhere;
use perp_oracle::write::legacy_account;

use crate::{sol_binding, usdc_binding, SOL_USD, SOL_USD_ADDRESS, USDC_USD, USDC_USD_ADDRESS};

/// Publish times of the reading and of the one before it.
fn times(address: &Pubkey, owner: &Pubkey, data: &[u8], binding: &OracleBinding) -> Result<(i64, i64), OracleError> {
    read_anywhere(address, owner, data, binding)
        .map(|reading| (reading.publish_time(), reading.previous_publish_time()))
}

#[test]
fn a_pull_reading_is_found_in_any_account_of_its_feed_also_where_the_market_names_one() {
    let bound = OracleBinding { account: SOL_USD_ADDRESS, ..sol_binding() };
    for binding in [sol_binding(), bound] {
        for address in [SOL_USD_ADDRESS, Pubkey::new_unique()] {
            // What mainnet's account said, whose feed had printed before in the same second; and a second earlier.
            assert_eq!(times(&address, &CORE_RECEIVER, SOL_USD, &binding), Ok((1_720_533_480, 1_720_533_480)));
            let mut earlier = *SOL_USD;
            earlier[101..109].copy_from_slice(&1_720_533_479i64.to_le_bytes());
            assert_eq!(times(&address, &CORE_RECEIVER, &earlier, &binding), Ok((1_720_533_480, 1_720_533_479)));
        }
    }
}

#[test]
fn neither_another_feed_nor_another_program_will_do() {
    let bound = OracleBinding { account: SOL_USD_ADDRESS, ..sol_binding() };
    for owner in [COMPATIBLE_RECEIVER, LEGACY_MAINNET, Pubkey::default()] {
        assert_eq!(times(&SOL_USD_ADDRESS, &owner, SOL_USD, &bound), Err(WrongOracleOwner));
    }
    let another = OracleBinding { feed_id: [7; 32], ..bound };
    assert_eq!(times(&SOL_USD_ADDRESS, &CORE_RECEIVER, SOL_USD, &another), Err(WrongFeedId));
    let unknown = OracleBinding { kind: 2, ..bound };
    assert_eq!(times(&SOL_USD_ADDRESS, &CORE_RECEIVER, SOL_USD, &unknown), Err(UnknownKind));
    // A byte more or less is no price update, wherever it lies.
    assert_eq!(times(&SOL_USD_ADDRESS, &CORE_RECEIVER, &SOL_USD[..133], &bound), Err(WrongOracleLength));
}

#[test]
fn a_legacy_feed_is_its_account_and_names_the_time_of_the_aggregate_before() {
    let binding = usdc_binding();
    // The template's aggregate, of 1 701 981 042, becomes the previous one.
    let made = legacy_account(USDC_USD, 99_990_000, 30_000, -8, 1_701_981_050, 234_590_500).unwrap();
    assert_eq!(times(&USDC_USD_ADDRESS, &LEGACY_MAINNET, &made, &binding), Ok((1_701_981_050, 1_701_981_042)));
    let elsewhere = Pubkey::new_unique();
    assert_eq!(times(&elsewhere, &LEGACY_MAINNET, &made, &binding), Err(WrongOracleAddress));
    assert_eq!(times(&USDC_USD_ADDRESS, &CORE_RECEIVER, &made, &binding), Err(WrongOracleOwner));
}
