//! What the two accounts say, and what is left to others to judge.

use perp_oracle::write::pull_account;

use crate::{read_sol, read_usdc, with, SOL_USD, SOL_USD_FEED, SOL_USD_SAYS, USDC_USD, USDC_USD_SAYS};

#[test]
fn sol_usd_reads_as_it_stood_on_mainnet() {
    // 14061593700 · 10^-8 = 140.61593700, ± 0.13793699, on 9 July 2024 at 13:58:00
    assert_eq!(read_sol(SOL_USD), Ok(SOL_USD_SAYS));
}

#[test]
fn usdc_usd_reads_as_it_stood_on_mainnet() {
    // 100000750 · 10^-8 = 1.00000750, ± 0.00024249, on 7 December 2023 at 20:30:42
    assert_eq!(read_usdc(USDC_USD), Ok(USDC_USD_SAYS));
}

#[test]
fn a_legacy_price_is_dated_by_its_timestamp_and_a_pulled_one_by_its_publish_time() {
    // last slot 32, valid slot 40, previous slot 176, publish slot 232
    for slot_offset in [32, 40, 176, 232] {
        let moved = with(USDC_USD, slot_offset, u64::MAX.to_le_bytes());
        assert_eq!(read_usdc(&moved), Ok(USDC_USD_SAYS));
    }
    let reposted = with(SOL_USD, 125, u64::MAX.to_le_bytes());
    assert_eq!(read_sol(&reposted), Ok(SOL_USD_SAYS));
}

#[test]
fn a_confidence_wider_than_the_price_is_read_and_left_to_the_market_to_judge() {
    // Bitcoin on 20 September 2021: 5402 ± 21623
    let printed = pull_account(SOL_USD_FEED, 540_200_000_000, 2_162_300_000_000, -8, 1_632_175_200, 1);
    let reading = read_sol(&printed).unwrap();
    assert_eq!((reading.price, reading.confidence), (540_200_000_000, 2_162_300_000_000));
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
        assert_eq!(read_usdc(account), Ok(USDC_USD_SAYS));
    }
    for start in 0..8 {
        memory.0[start..start + 134].copy_from_slice(SOL_USD);
        assert_eq!(read_sol(&memory.0[start..start + 134]), Ok(SOL_USD_SAYS));
    }
}
