//! Accounts made for local validators and tests.

use perp_accounts::oracle::OracleError::*;
use perp_oracle::write::{legacy_account, pull_account, LegacyTemplateError};

use crate::{field, read_usdc, Said, SOL_USD, SOL_USD_FEED, USDC_USD};

#[test]
fn a_made_pull_account_is_the_real_one_but_for_poster_and_moving_average() {
    let mut made = pull_account(SOL_USD_FEED, 14_061_593_700, 13_793_699, -8, 1_720_533_480, 276_582_011);
    made[8..40].copy_from_slice(&SOL_USD[8..40]);
    made[109..125].copy_from_slice(&SOL_USD[109..125]);
    assert_eq!(made, SOL_USD);
}

#[test]
fn a_made_legacy_account_moves_the_aggregate_into_the_previous_one() {
    let made = legacy_account(USDC_USD, 99_990_000, 30_000, -8, 1_701_981_050, 234_590_500).unwrap();
    let expected = Said { price: 99_990_000, confidence: 30_000, exponent: -8, publish_time: 1_701_981_050 };
    assert_eq!(read_usdc(&made), Ok(expected));

    let number = |offset| i64::from_le_bytes(field(&made, offset));
    assert_eq!([32, 40, 232].map(number), [234_590_500, 234_590_446, 234_590_500]);
    // Slot, price, confidence and timestamp of the template's aggregate.
    assert_eq!([176, 184, 192, 200].map(number), [234_590_446, 100_000_750, 24_249, 1_701_981_042]);
    assert_eq!(made[240..], USDC_USD[240..]);
    assert_eq!(made[48..96], USDC_USD[48..96]);
}

#[test]
fn a_template_that_is_no_legacy_price_is_refused_by_name() {
    let refusal = legacy_account(SOL_USD, 1, 1, -8, 1, 1).unwrap_err();
    assert_eq!(refusal, LegacyTemplateError(WrongOracleLength));
    assert!(refusal.to_string().contains("WrongOracleLength"));
}
