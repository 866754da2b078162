//! The oracle reader against the two accounts as they stood on mainnet, every way of corrupting
//! them, and forgeries.
//!
//! Bytes are corrupted and judged by the offsets of Pyth's published layouts, written down once
//! more here, so that neither the reader nor the SDKs behind it testify for themselves.

use anchor_lang::prelude::{pubkey, Pubkey};
use perp_client::oracle_account::{legacy_account, pull_account, LegacyTemplateError};
use perp_engine::oracle::OracleReading;
use perp_swap::oracle::{
    read_oracle, validate_binding, OracleBinding, OracleError, OracleKind, COMPATIBLE_RECEIVER,
    CORE_RECEIVER, LEGACY_DEVNET, LEGACY_MAINNET,
};
use proptest::prelude::*;
use OracleError::*;

const SOL_USD: &[u8; 134] =
    include_bytes!("../data/pyth/7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE.bin");
const SOL_USD_ADDRESS: Pubkey = pubkey!("7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE");
const SOL_USD_FEED: [u8; 32] = [
    0xef, 0x0d, 0x8b, 0x6f, 0xda, 0x2c, 0xeb, 0xa4, 0x1d, 0xa1, 0x5d, 0x40, 0x95, 0xd1, 0xda, 0x39,
    0x2a, 0x0d, 0x2f, 0x8e, 0xd0, 0xc6, 0xc7, 0xbc, 0x0f, 0x4c, 0xfa, 0xc8, 0xc2, 0x80, 0xb5, 0x6d,
];
const SOL_USD_READING: OracleReading = OracleReading {
    price: 14_061_593_700,
    confidence: 13_793_699,
    exponent: -8,
    publish_time: 1_720_533_480,
};

const USDC_USD: &[u8; 3312] =
    include_bytes!("../data/pyth/Gnt27xtC473ZT2Mw5u8wZ68Z3gULkSTb5DuxJy7eJotD.bin");
const USDC_USD_ADDRESS: Pubkey = pubkey!("Gnt27xtC473ZT2Mw5u8wZ68Z3gULkSTb5DuxJy7eJotD");
const USDC_USD_READING: OracleReading = OracleReading {
    price: 100_000_750,
    confidence: 24_249,
    exponent: -8,
    publish_time: 1_701_981_042,
};

/// SOL-PERP as it is listed: any account of the Core receiver that holds the feed.
fn sol_binding() -> OracleBinding {
    OracleBinding {
        kind: OracleKind::Pull,
        owner: CORE_RECEIVER,
        account: Pubkey::default(),
        feed_id: SOL_USD_FEED,
    }
}

fn usdc_binding() -> OracleBinding {
    OracleBinding {
        kind: OracleKind::LegacyPush,
        owner: LEGACY_MAINNET,
        account: USDC_USD_ADDRESS,
        feed_id: [0; 32],
    }
}

fn read_sol(data: &[u8]) -> Result<OracleReading, OracleError> {
    read_oracle(&SOL_USD_ADDRESS, &CORE_RECEIVER, data, &sol_binding())
}

fn read_usdc(data: &[u8]) -> Result<OracleReading, OracleError> {
    read_oracle(&USDC_USD_ADDRESS, &LEGACY_MAINNET, data, &usdc_binding())
}

/// `account` with `field` written at `offset`.
fn with<const N: usize>(account: &[u8], offset: usize, field: [u8; N]) -> Vec<u8> {
    let mut bytes = account.to_vec();
    bytes[offset..offset + N].copy_from_slice(&field);
    bytes
}

fn field<const N: usize>(account: &[u8], offset: usize) -> [u8; N] {
    account[offset..offset + N].try_into().unwrap()
}

/// The rules on the numbers themselves, as the design states them.
fn judge_ranges(reading: OracleReading) -> Result<OracleReading, OracleError> {
    match reading {
        r if r.exponent < -18 || r.exponent > 0 => Err(ExponentOutOfRange),
        r if r.price < 1 => Err(PriceNotPositive),
        r if r.confidence > 9_223_372_036_854_775_807 => Err(ConfidenceOutOfRange),
        r if r.publish_time < 1 => Err(PublishTimeNotPositive),
        r => Ok(r),
    }
}

/// What a 134-byte account must say to SOL-PERP, from the layout alone.
fn judge_pull(account: &[u8]) -> Result<OracleReading, OracleError> {
    if field::<8>(account, 0) != [0x22, 0xf1, 0x23, 0x63, 0x9d, 0x7e, 0xf4, 0xcd] {
        return Err(NotAPriceUpdate);
    }
    match account[40] {
        0 => return Err(PartiallyVerified),
        1 => {}
        _ => return Err(InvalidVerification),
    }
    if field::<32>(account, 41) != SOL_USD_FEED {
        return Err(WrongFeedId);
    }
    judge_ranges(OracleReading {
        price: i64::from_le_bytes(field(account, 73)),
        confidence: u64::from_le_bytes(field(account, 81)),
        exponent: i32::from_le_bytes(field(account, 89)),
        publish_time: i64::from_le_bytes(field(account, 93)),
    })
}

/// What a 3312-byte account with at most one corrupted field must say to a USDC market, from the
/// layout alone.
fn judge_legacy(account: &[u8]) -> Result<OracleReading, OracleError> {
    let word = |offset| u32::from_le_bytes(field(account, offset));
    match () {
        () if word(0) != 0xa1b2_c3d4 => Err(WrongMagic),
        () if word(4) != 2 => Err(WrongVersion),
        () if word(8) != 3 => Err(NotAPriceAccount),
        // 3312, or 240 + 96 for each of the 17 publishers = 1872
        () if word(12) != 3312 && word(12) != 1872 => Err(WrongUsedSize),
        () if word(16) != 1 => Err(WrongPriceType),
        () if word(224) > 4 => Err(InvalidStatus),
        () if word(224) != 1 => Err(NotTrading),
        () if word(228) != 0 => Err(CorporateAction),
        () => judge_ranges(OracleReading {
            price: i64::from_le_bytes(field(account, 208)),
            confidence: u64::from_le_bytes(field(account, 216)),
            exponent: i32::from_le_bytes(field(account, 20)),
            publish_time: i64::from_le_bytes(field(account, 96)),
        }),
    }
}

// What the accounts say

#[test]
fn sol_usd_reads_as_it_stood_on_mainnet() {
    // 14061593700 · 10^-8 = 140.61593700, ± 0.13793699, on 9 July 2024 at 13:58:00
    assert_eq!(read_sol(SOL_USD), Ok(SOL_USD_READING));
}

#[test]
fn usdc_usd_reads_as_it_stood_on_mainnet() {
    // 100000750 · 10^-8 = 1.00000750, ± 0.00024249, on 7 December 2023 at 20:30:42
    assert_eq!(read_usdc(USDC_USD), Ok(USDC_USD_READING));
}

#[test]
fn a_legacy_price_is_dated_by_its_timestamp_and_a_pulled_one_by_its_publish_time() {
    // last slot 32, valid slot 40, previous slot 176, publish slot 232
    for slot_offset in [32, 40, 176, 232] {
        let moved = with(USDC_USD, slot_offset, u64::MAX.to_le_bytes());
        assert_eq!(read_usdc(&moved), Ok(USDC_USD_READING));
    }
    let reposted = with(SOL_USD, 125, u64::MAX.to_le_bytes());
    assert_eq!(read_sol(&reposted), Ok(SOL_USD_READING));
}

#[test]
fn a_confidence_wider_than_the_price_is_read_and_left_to_the_market_to_judge() {
    // Bitcoin on 20 September 2021: 5402 ± 21623
    let printed = pull_account(
        SOL_USD_FEED,
        540_200_000_000,
        2_162_300_000_000,
        -8,
        1_632_175_200,
        1,
    );
    let reading = read_sol(&printed).unwrap();
    assert_eq!(
        (reading.price, reading.confidence),
        (540_200_000_000, 2_162_300_000_000)
    );
}

#[test]
fn a_time_in_the_future_is_read_and_left_to_the_clock_to_judge() {
    let ahead = with(SOL_USD, 93, i64::MAX.to_le_bytes());
    assert_eq!(read_sol(&ahead).unwrap().publish_time, i64::MAX);
    let ahead = with(USDC_USD, 96, i64::MAX.to_le_bytes());
    assert_eq!(read_usdc(&ahead).unwrap().publish_time, i64::MAX);
}

#[test]
fn bytes_read_the_same_at_every_alignment() {
    #[repr(align(8))]
    struct Memory([u8; 3312 + 8]);
    let mut memory = Memory([0; 3312 + 8]);
    for start in 0..8 {
        memory.0[start..start + 3312].copy_from_slice(USDC_USD);
        let account = &memory.0[start..start + 3312];
        assert_eq!(account.as_ptr() as usize % 8, start);
        assert_eq!(read_usdc(account), Ok(USDC_USD_READING));
    }
    for start in 0..8 {
        memory.0[start..start + 134].copy_from_slice(SOL_USD);
        assert_eq!(read_sol(&memory.0[start..start + 134]), Ok(SOL_USD_READING));
    }
}

// Corruption

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
    // Each byte has 255 other values. 8 bytes are the discriminator, 32 the feed id; of
    // verification tags one is partial and 254 are nobody's. Half of the values of a number's
    // topmost byte, 128, make it negative or, a confidence, larger than any price. Of exponents
    // 0xffffff?? the 18 from 0xee (-18) to 0xff (-1) are in range; none of those is with another
    // byte in the upper three.
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
    // Status 0, 2, 3 and 4 are Pyth's own; the other 251 of the first byte and all of the rest are
    // nobody's.
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
    fn count(&mut self, outcome: Result<OracleReading, OracleError>) {
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
    assert_eq!(read_usdc(&early), Ok(USDC_USD_READING));
    // With 33 publishers, one more than there is room for: 240 + 33 · 96 = 3408 is beyond the
    // account.
    let overfull = with(
        &with(USDC_USD, 24, 33_u32.to_le_bytes()),
        12,
        3408_u32.to_le_bytes(),
    );
    assert_eq!(read_usdc(&overfull), Err(WrongUsedSize));
    // A count whose size does not fit a word.
    let absurd = with(&with(USDC_USD, 24, [0xff; 4]), 12, 1872_u32.to_le_bytes());
    assert_eq!(read_usdc(&absurd), Err(WrongUsedSize));
}

#[test]
fn exponents_are_read_from_minus_18_to_0() {
    let exponents = (-40..=40).chain([i32::MIN, i32::MIN + 1, i32::MAX]);
    for exponent in exponents {
        let expected = |reading| {
            if (-18..=0).contains(&exponent) {
                Ok(OracleReading {
                    exponent,
                    ..reading
                })
            } else {
                Err(ExponentOutOfRange)
            }
        };
        let sol = with(SOL_USD, 89, exponent.to_le_bytes());
        assert_eq!(
            read_sol(&sol),
            expected(SOL_USD_READING),
            "exponent {exponent}"
        );
        let usdc = with(USDC_USD, 20, exponent.to_le_bytes());
        assert_eq!(
            read_usdc(&usdc),
            expected(USDC_USD_READING),
            "exponent {exponent}"
        );
    }
}

#[test]
fn a_price_or_a_time_of_zero_or_less_is_refused() {
    for value in [0, -1, -14_061_593_700, i64::MIN] {
        let bytes = value.to_le_bytes();
        assert_eq!(read_sol(&with(SOL_USD, 73, bytes)), Err(PriceNotPositive));
        assert_eq!(
            read_usdc(&with(USDC_USD, 208, bytes)),
            Err(PriceNotPositive)
        );
        assert_eq!(
            read_sol(&with(SOL_USD, 93, bytes)),
            Err(PublishTimeNotPositive)
        );
        assert_eq!(
            read_usdc(&with(USDC_USD, 96, bytes)),
            Err(PublishTimeNotPositive)
        );
    }
    for value in [1, i64::MAX] {
        let bytes = value.to_le_bytes();
        assert_eq!(read_sol(&with(SOL_USD, 73, bytes)).unwrap().price, value);
        assert_eq!(read_usdc(&with(USDC_USD, 208, bytes)).unwrap().price, value);
        assert_eq!(
            read_sol(&with(SOL_USD, 93, bytes)).unwrap().publish_time,
            value
        );
        assert_eq!(
            read_usdc(&with(USDC_USD, 96, bytes)).unwrap().publish_time,
            value
        );
    }
}

#[test]
fn a_confidence_is_read_up_to_the_largest_price() {
    for confidence in [0, 1, i64::MAX as u64] {
        let bytes = confidence.to_le_bytes();
        assert_eq!(
            read_sol(&with(SOL_USD, 81, bytes)).unwrap().confidence,
            confidence
        );
        assert_eq!(
            read_usdc(&with(USDC_USD, 216, bytes)).unwrap().confidence,
            confidence
        );
    }
    for confidence in [i64::MAX as u64 + 1, u64::MAX] {
        let bytes = confidence.to_le_bytes();
        assert_eq!(
            read_sol(&with(SOL_USD, 81, bytes)),
            Err(ConfidenceOutOfRange)
        );
        assert_eq!(
            read_usdc(&with(USDC_USD, 216, bytes)),
            Err(ConfidenceOutOfRange)
        );
    }
}

#[test]
fn accounts_cut_short_or_drawn_out_are_refused() {
    for length in 0..134 {
        // Below 8 bytes there is not even a discriminator.
        let error = if length < 8 {
            NotAPriceUpdate
        } else {
            WrongOracleLength
        };
        assert_eq!(read_sol(&SOL_USD[..length]), Err(error), "{length} bytes");
    }
    for length in 0..3312 {
        assert_eq!(
            read_usdc(&USDC_USD[..length]),
            Err(WrongOracleLength),
            "{length} bytes"
        );
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
    assert_eq!(read_sol(&with(SOL_USD, 133, [0xab])), Ok(SOL_USD_READING));
}

// Attacks

#[test]
fn attack_forged_account_of_another_program() {
    // The attacker's own program writes perfect bytes at an address it controls, or at the very
    // address of the market.
    let mallory = Pubkey::new_unique();
    let everybody_else = [
        mallory,
        Pubkey::default(),
        LEGACY_MAINNET,
        LEGACY_DEVNET,
        CORE_RECEIVER,
        COMPATIBLE_RECEIVER,
    ];
    for owner in everybody_else {
        if owner != CORE_RECEIVER {
            let outcome = read_oracle(&SOL_USD_ADDRESS, &owner, SOL_USD, &sol_binding());
            assert_eq!(outcome, Err(WrongOracleOwner), "{owner}");
        }
        if owner != LEGACY_MAINNET {
            let outcome = read_oracle(&USDC_USD_ADDRESS, &owner, USDC_USD, &usdc_binding());
            assert_eq!(outcome, Err(WrongOracleOwner), "{owner}");
        }
    }
}

#[test]
fn attack_another_feed_of_the_same_program() {
    // Genuine accounts, genuinely owned and verified: they are another asset's.
    let cheap = Pubkey::new_unique();
    let outcome = read_oracle(&cheap, &LEGACY_MAINNET, USDC_USD, &usdc_binding());
    assert_eq!(outcome, Err(WrongOracleAddress));

    let cheap_feed = pull_account([7; 32], 1, 0, -8, 1_720_533_480, 276_582_011);
    assert_eq!(read_sol(&cheap_feed), Err(WrongFeedId));

    // The default key means "any address" for pull accounts; a legacy binding must not inherit
    // that.
    let unbound = OracleBinding {
        account: Pubkey::default(),
        ..usdc_binding()
    };
    let outcome = read_oracle(&cheap, &LEGACY_MAINNET, USDC_USD, &unbound);
    assert_eq!(outcome, Err(WrongOracleAddress));
}

#[test]
fn attack_pull_account_other_than_the_one_bound() {
    let bound = OracleBinding {
        account: SOL_USD_ADDRESS,
        ..sol_binding()
    };
    let outcome = read_oracle(&SOL_USD_ADDRESS, &CORE_RECEIVER, SOL_USD, &bound);
    assert_eq!(outcome, Ok(SOL_USD_READING));
    let chosen = Pubkey::new_unique();
    let outcome = read_oracle(&chosen, &CORE_RECEIVER, SOL_USD, &bound);
    assert_eq!(outcome, Err(WrongOracleAddress));
    // Where no account is bound any address will do.
    let outcome = read_oracle(&chosen, &CORE_RECEIVER, SOL_USD, &sol_binding());
    assert_eq!(outcome, Ok(SOL_USD_READING));
}

#[test]
fn attack_partial_verification_shifts_every_field_after_it() {
    // Tag 0, then the number of signatures, then the same fields one byte later: 134 bytes with
    // none to spare.
    for signatures in 0..=255 {
        let mut partial = SOL_USD[..40].to_vec();
        partial.extend([0, signatures]);
        partial.extend(&SOL_USD[41..133]);
        assert_eq!(partial.len(), 134);
        assert_eq!(
            read_sol(&partial),
            Err(PartiallyVerified),
            "{signatures} signatures"
        );
        // The same with the tag of a full verification: the feed id begins with the number of
        // signatures.
        let shifted = with(&partial, 40, [1]);
        assert_eq!(
            read_sol(&shifted),
            Err(WrongFeedId),
            "{signatures} signatures"
        );
    }
    // Fields left where a full verification has them, under the tag of a partial one.
    assert_eq!(read_sol(&with(SOL_USD, 40, [0])), Err(PartiallyVerified));
    for tag in 2..=255 {
        assert_eq!(
            read_sol(&with(SOL_USD, 40, [tag])),
            Err(InvalidVerification),
            "tag {tag}"
        );
    }
}

#[test]
fn attack_time_weighted_average_in_place_of_a_price() {
    const TWAP_UPDATE: [u8; 8] = [0x68, 0xc0, 0xbc, 0x48, 0xf6, 0xa6, 0x0c, 0x51];
    assert_eq!(
        read_sol(&with(SOL_USD, 0, TWAP_UPDATE)),
        Err(NotAPriceUpdate)
    );
    // As the receiver writes it: 8 + 32 of authority + 32 of feed id + two times, price,
    // confidence, exponent, ratio
    let mut twap = TWAP_UPDATE.to_vec();
    twap.extend([0; 32]);
    twap.extend(SOL_USD_FEED);
    twap.extend(1_720_533_180_i64.to_le_bytes());
    twap.extend(1_720_533_480_i64.to_le_bytes());
    twap.extend(14_061_593_700_i64.to_le_bytes());
    twap.extend(13_793_699_u64.to_le_bytes());
    twap.extend((-8_i32).to_le_bytes());
    twap.extend(0_u32.to_le_bytes());
    assert_eq!(twap.len(), 112);
    assert_eq!(read_sol(&twap), Err(NotAPriceUpdate));
}

#[test]
fn attack_halted_feed_revived_through_its_previous_price() {
    // Trading stopped at 1.00; the aggregate before it was a favourable 2.00. Whatever the status,
    // 2.00 is never read.
    let mut account = with(USDC_USD, 184, 200_000_000_i64.to_le_bytes());
    account = with(&account, 192, 1_u64.to_le_bytes());
    account = with(&account, 200, 1_701_981_099_i64.to_le_bytes());
    for status in 0..=255_u8 {
        let expected = match status {
            1 => Ok(USDC_USD_READING),
            0 | 2..=4 => Err(NotTrading),
            5.. => Err(InvalidStatus),
        };
        assert_eq!(
            read_usdc(&with(&account, 224, [status])),
            expected,
            "status {status}"
        );
    }
    for status in [0x101_u32, 0x1_0001, 0x100_0001] {
        let disguised = with(&account, 224, status.to_le_bytes());
        assert_eq!(
            read_usdc(&disguised),
            Err(InvalidStatus),
            "status {status:#x}"
        );
    }
}

#[test]
fn attack_invalid_enums_among_the_publishers_quotes() {
    // Each quote of 96 bytes has two statuses, 48 and 80 bytes into it, of which no value may
    // matter.
    let mut account = USDC_USD.to_vec();
    for quote in account[240..].chunks_mut(96) {
        quote[48..56].fill(0xff);
        quote[80..88].fill(0xff);
    }
    assert_eq!(read_usdc(&account), Ok(USDC_USD_READING));
}

// Bindings

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
                    let binding = OracleBinding {
                        kind,
                        owner,
                        account,
                        feed_id,
                    };
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
    assert_eq!(
        (OracleKind::LegacyPush as u8, OracleKind::Pull as u8),
        (0, 1)
    );
}

// Accounts made for local validators and tests

#[test]
fn a_made_pull_account_is_the_real_one_but_for_poster_and_moving_average() {
    let mut made = pull_account(
        SOL_USD_FEED,
        14_061_593_700,
        13_793_699,
        -8,
        1_720_533_480,
        276_582_011,
    );
    made[8..40].copy_from_slice(&SOL_USD[8..40]);
    made[109..125].copy_from_slice(&SOL_USD[109..125]);
    assert_eq!(made, SOL_USD);
}

#[test]
fn a_made_legacy_account_moves_the_aggregate_into_the_previous_one() {
    let made =
        legacy_account(USDC_USD, 99_990_000, 30_000, -8, 1_701_981_050, 234_590_500).unwrap();
    let expected = OracleReading {
        price: 99_990_000,
        confidence: 30_000,
        exponent: -8,
        publish_time: 1_701_981_050,
    };
    assert_eq!(read_usdc(&made), Ok(expected));

    let number = |offset| i64::from_le_bytes(field(&made, offset));
    assert_eq!(
        [32, 40, 232].map(number),
        [234_590_500, 234_590_446, 234_590_500]
    );
    // Slot, price, confidence and timestamp of the template's aggregate.
    assert_eq!(
        [176, 184, 192, 200].map(number),
        [234_590_446, 100_000_750, 24_249, 1_701_981_042]
    );
    assert_eq!(made[240..], USDC_USD[240..]);
    assert_eq!(made[48..96], USDC_USD[48..96]);
}

#[test]
fn a_template_that_is_no_legacy_price_is_refused_by_name() {
    let refusal = legacy_account(SOL_USD, 1, 1, -8, 1, 1).unwrap_err();
    assert_eq!(refusal, LegacyTemplateError(WrongOracleLength));
    assert!(refusal.to_string().contains("WrongOracleLength"));
}

// Whatever the bytes

fn any_binding() -> impl Strategy<Value = OracleBinding> {
    prop_oneof![Just(sol_binding()), Just(usdc_binding())]
}

/// Reads and checks what every reading promises. The owner and the address are the binding's own,
/// so that the bytes are reached.
fn read_whatever(data: &[u8], binding: &OracleBinding) -> Result<OracleReading, OracleError> {
    let outcome = read_oracle(&binding.account, &binding.owner, data, binding);
    if let Ok(reading) = outcome {
        assert_eq!(judge_ranges(reading), Ok(reading));
    }
    outcome
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn random_bytes_never_panic(
        data in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..300),
            prop::collection::vec(any::<u8>(), 134),
            prop::collection::vec(any::<u8>(), 3312),
        ],
        binding in any_binding(),
    ) {
        prop_assert!(read_whatever(&data, &binding).is_err());
    }

    #[test]
    fn random_mutations_of_a_pull_account_are_read_for_what_they_say(
        changes in prop::collection::vec((8_usize..134, any::<u8>()), 1..12),
    ) {
        let mut data = SOL_USD.to_vec();
        for (offset, value) in changes {
            data[offset] = value;
        }
        prop_assert_eq!(read_whatever(&data, &sol_binding()), judge_pull(&data));
    }

    #[test]
    fn random_mutations_of_a_legacy_account_are_refused_or_read_for_what_they_say(
        changes in prop::collection::vec((0_usize..240, any::<u8>()), 1..12),
        cut in prop::option::weighted(0.2, 0_usize..3312),
    ) {
        let mut data = USDC_USD.to_vec();
        for (offset, value) in changes {
            data[offset] = value;
        }
        data.truncate(cut.unwrap_or(3312));
        match read_whatever(&data, &usdc_binding()) {
            Ok(reading) => prop_assert_eq!(judge_legacy(&data), Ok(reading)),
            Err(_) => prop_assert!(cut.is_some() || judge_legacy(&data).is_err()),
        }
    }

    #[test]
    fn made_accounts_read_back_as_made(
        price in 1..=i64::MAX,
        confidence in 0..=i64::MAX as u64,
        exponent in -18..=0,
        publish_time in 1..=i64::MAX,
        slot in any::<u64>(),
        feed_id in any::<[u8; 32]>(),
    ) {
        let expected = Ok(OracleReading { price, confidence, exponent, publish_time });
        let pull = pull_account(feed_id, price, confidence, exponent, publish_time, slot);
        let binding = OracleBinding { feed_id, ..sol_binding() };
        prop_assert_eq!(read_whatever(&pull, &binding), expected);
        let legacy = legacy_account(USDC_USD, price, confidence, exponent, publish_time, slot);
        prop_assert_eq!(read_whatever(&legacy.unwrap(), &usdc_binding()), expected);
    }
}
