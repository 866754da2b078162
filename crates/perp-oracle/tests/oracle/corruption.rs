//! Every single-field corruption of the two accounts, and what each must be read as.

use perp_accounts::oracle::OracleError;
use perp_accounts::oracle::OracleError::*;

use crate::{
    judge_legacy, judge_pull, read_sol, read_usdc, with, Said, SOL_USD, SOL_USD_SAYS, USDC_USD, USDC_USD_SAYS,
};

#[test]
fn every_changed_byte_of_a_pull_account_is_refused_or_read_for_what_it_says() {
    let mut outcomes = Outcomes::default();
    for offset in 0..SOL_USD.len() {
        for value in 0..=255 {
            let corrupted = with(SOL_USD, offset, [value]);
            let outcome = read_sol(&corrupted);
            assert_eq!(outcome, judge_pull(&corrupted), "byte {offset} = {value}");
            outcomes.count(outcome);
        }
    }
    // Each byte has 255 other values. 8 bytes are the discriminator, 32 the feed id; of verification tags one is
    // partial and 254 are nobody's. Half of the values of a number's topmost byte, 128, make it negative or, a
    // confidence, larger than any price. Of exponents 0xffffff?? the 18 from 0xee (-18) to 0xff (-1) are in range; none
    // of those is with another byte in the upper three.
    assert_eq!(outcomes.of(NotAPriceUpdate), 8 * 255);
    assert_eq!(outcomes.of(InvalidVerification), 254);
    assert_eq!(outcomes.of(PartiallyVerified), 1);
    assert_eq!(outcomes.of(WrongFeedId), 32 * 255);
    assert_eq!(outcomes.of(PriceNotPositive), 128);
    assert_eq!(outcomes.of(ConfidenceOutOfRange), 128);
    assert_eq!(outcomes.of(PublishTimeNotPositive), 128);
    assert_eq!(outcomes.of(ExponentOutOfRange), 3 * 255 + (256 - 18));
}

#[test]
fn every_changed_byte_of_a_legacy_account_is_refused_or_read_for_what_it_says() {
    let mut outcomes = Outcomes::default();
    for offset in 0..USDC_USD.len() {
        for value in 0..=255 {
            let corrupted = with(USDC_USD, offset, [value]);
            let outcome = read_usdc(&corrupted);
            assert_eq!(outcome, judge_legacy(&corrupted), "byte {offset} = {value}");
            outcomes.count(outcome);
        }
    }
    assert_eq!(outcomes.of(WrongMagic), 4 * 255);
    assert_eq!(outcomes.of(WrongVersion), 4 * 255);
    assert_eq!(outcomes.of(NotAPriceAccount), 4 * 255);
    assert_eq!(outcomes.of(WrongUsedSize), 4 * 255);
    assert_eq!(outcomes.of(WrongPriceType), 4 * 255);
    assert_eq!(outcomes.of(CorporateAction), 4 * 255);
    // Status 0, 2, 3 and 4 are Pyth's own; the other 251 of the first byte and all of the rest are nobody's.
    assert_eq!(outcomes.of(NotTrading), 4);
    assert_eq!(outcomes.of(InvalidStatus), 251 + 3 * 255);
    assert_eq!(outcomes.of(PriceNotPositive), 128);
    assert_eq!(outcomes.of(ConfidenceOutOfRange), 128);
    assert_eq!(outcomes.of(PublishTimeNotPositive), 128);
    assert_eq!(outcomes.of(ExponentOutOfRange), 3 * 255 + (256 - 18));
}

/// How often each error came out of a sweep.
#[derive(Default)]
struct Outcomes(Vec<OracleError>);

impl Outcomes {
    fn count(&mut self, outcome: Result<Said, OracleError>) {
        self.0.extend(outcome.err());
    }

    fn of(&self, error: OracleError) -> usize {
        self.0.iter().filter(|seen| **seen == error).count()
    }
}

#[test]
fn each_header_field_of_a_legacy_account_has_an_error_of_its_own() {
    for (offset, value, error) in [
        (0, 0xa1b2_c3d5_u32, WrongMagic),
        (0, 0, WrongMagic),
        (4, 1, WrongVersion),
        (4, 3, WrongVersion),
        (8, 0, NotAPriceAccount),
        (8, 1, NotAPriceAccount), // a mapping
        (8, 2, NotAPriceAccount), // a product
        (8, 4, NotAPriceAccount),
        (12, 0, WrongUsedSize),
        (12, 240, WrongUsedSize), // the size with no publishers, of which there are 17
        (12, 3311, WrongUsedSize),
        (12, 3313, WrongUsedSize),
        (12, u32::MAX, WrongUsedSize),
        (16, 0, WrongPriceType),
        (16, 2, WrongPriceType),
        (228, 1, CorporateAction),
    ] {
        let corrupted = with(USDC_USD, offset, value.to_le_bytes());
        assert_eq!(read_usdc(&corrupted), Err(error), "word {offset} = {value}");
    }
}

#[test]
fn the_used_size_may_end_with_the_last_publisher_as_early_accounts_had_it() {
    // 240 + 17 · 96 = 1872
    let early = with(USDC_USD, 12, 1872_u32.to_le_bytes());
    assert_eq!(read_usdc(&early), Ok(USDC_USD_SAYS));
    // With 33 publishers, one more than there is room for: 240 + 33 · 96 = 3408 is beyond the account.
    let overfull = with(&with(USDC_USD, 24, 33_u32.to_le_bytes()), 12, 3408_u32.to_le_bytes());
    assert_eq!(read_usdc(&overfull), Err(WrongUsedSize));
    // A count whose size does not fit a word.
    let absurd = with(&with(USDC_USD, 24, [0xff; 4]), 12, 1872_u32.to_le_bytes());
    assert_eq!(read_usdc(&absurd), Err(WrongUsedSize));
}

#[test]
fn exponents_are_read_from_minus_18_to_0() {
    let exponents = (-40..=40).chain([i32::MIN, i32::MIN + 1, i32::MAX]);
    for exponent in exponents {
        let expected = |says| {
            if (-18..=0).contains(&exponent) {
                Ok(Said { exponent, ..says })
            } else {
                Err(ExponentOutOfRange)
            }
        };
        let sol = with(SOL_USD, 89, exponent.to_le_bytes());
        assert_eq!(read_sol(&sol), expected(SOL_USD_SAYS), "exponent {exponent}");
        let usdc = with(USDC_USD, 20, exponent.to_le_bytes());
        assert_eq!(read_usdc(&usdc), expected(USDC_USD_SAYS), "exponent {exponent}");
    }
}

#[test]
fn a_price_or_a_time_of_zero_or_less_is_refused() {
    for value in [0, -1, -14_061_593_700, i64::MIN] {
        let bytes = value.to_le_bytes();
        assert_eq!(read_sol(&with(SOL_USD, 73, bytes)), Err(PriceNotPositive));
        assert_eq!(read_usdc(&with(USDC_USD, 208, bytes)), Err(PriceNotPositive));
        assert_eq!(read_sol(&with(SOL_USD, 93, bytes)), Err(PublishTimeNotPositive));
        assert_eq!(read_usdc(&with(USDC_USD, 96, bytes)), Err(PublishTimeNotPositive));
    }
    for value in [1, i64::MAX] {
        let bytes = value.to_le_bytes();
        assert_eq!(read_sol(&with(SOL_USD, 73, bytes)).unwrap().price, value);
        assert_eq!(read_usdc(&with(USDC_USD, 208, bytes)).unwrap().price, value);
        assert_eq!(read_sol(&with(SOL_USD, 93, bytes)).unwrap().publish_time, value);
        assert_eq!(read_usdc(&with(USDC_USD, 96, bytes)).unwrap().publish_time, value);
    }
}

#[test]
fn a_confidence_is_read_up_to_the_largest_price() {
    for confidence in [0, 1, i64::MAX as u64] {
        let bytes = confidence.to_le_bytes();
        assert_eq!(read_sol(&with(SOL_USD, 81, bytes)).unwrap().confidence, confidence);
        assert_eq!(read_usdc(&with(USDC_USD, 216, bytes)).unwrap().confidence, confidence);
    }
    for confidence in [i64::MAX as u64 + 1, u64::MAX] {
        let bytes = confidence.to_le_bytes();
        assert_eq!(read_sol(&with(SOL_USD, 81, bytes)), Err(ConfidenceOutOfRange));
        assert_eq!(read_usdc(&with(USDC_USD, 216, bytes)), Err(ConfidenceOutOfRange));
    }
}

#[test]
fn accounts_cut_short_or_drawn_out_are_refused() {
    for length in 0..134 {
        // Below 8 bytes there is not even a discriminator.
        let error = if length < 8 { NotAPriceUpdate } else { WrongOracleLength };
        assert_eq!(read_sol(&SOL_USD[..length]), Err(error), "{length} bytes");
    }
    for length in 0..3312 {
        assert_eq!(read_usdc(&USDC_USD[..length]), Err(WrongOracleLength), "{length} bytes");
    }
    for extra in [1, 8, 10_240] {
        let longer = [SOL_USD.as_slice(), &vec![0; extra]].concat();
        assert_eq!(read_sol(&longer), Err(WrongOracleLength));
        let longer = [USDC_USD.as_slice(), &vec![0; extra]].concat();
        assert_eq!(read_usdc(&longer), Err(WrongOracleLength));
    }
}

#[test]
fn each_kind_refuses_the_other_kinds_bytes() {
    assert_eq!(read_sol(USDC_USD), Err(NotAPriceUpdate));
    assert_eq!(read_usdc(SOL_USD), Err(WrongOracleLength));
}

#[test]
fn the_last_byte_of_a_fully_verified_update_says_nothing() {
    // It may hold what a longer, partially verified update left there.
    assert_eq!(read_sol(&with(SOL_USD, 133, [0xab])), Ok(SOL_USD_SAYS));
}
