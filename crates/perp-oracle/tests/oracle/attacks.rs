//! Accounts an attacker would like a market to take for its price.

use anchor_lang::prelude::Pubkey;
use perp_accounts::oracle::OracleError::*;
use perp_accounts::oracle::{OracleBinding, COMPATIBLE_RECEIVER, CORE_RECEIVER, LEGACY_DEVNET, LEGACY_MAINNET};
use perp_oracle::write::pull_account;

use crate::{
    read, read_sol, read_usdc, sol_binding, usdc_binding, with, SOL_USD, SOL_USD_ADDRESS, SOL_USD_FEED, SOL_USD_SAYS,
    USDC_USD, USDC_USD_ADDRESS, USDC_USD_SAYS,
};

#[test]
fn attack_forged_account_of_another_program() {
    // The attacker's own program writes perfect bytes at an address it controls, or at the very address of the market.
    let mallory = Pubkey::new_unique();
    let everybody_else =
        [mallory, Pubkey::default(), LEGACY_MAINNET, LEGACY_DEVNET, CORE_RECEIVER, COMPATIBLE_RECEIVER];
    for owner in everybody_else {
        if owner != CORE_RECEIVER {
            let outcome = read(&SOL_USD_ADDRESS, &owner, SOL_USD, &sol_binding());
            assert_eq!(outcome, Err(WrongOracleOwner), "{owner}");
        }
        if owner != LEGACY_MAINNET {
            let outcome = read(&USDC_USD_ADDRESS, &owner, USDC_USD, &usdc_binding());
            assert_eq!(outcome, Err(WrongOracleOwner), "{owner}");
        }
    }
}

#[test]
fn attack_another_feed_of_the_same_program() {
    // Genuine accounts, genuinely owned and verified: they are another asset's.
    let cheap = Pubkey::new_unique();
    let outcome = read(&cheap, &LEGACY_MAINNET, USDC_USD, &usdc_binding());
    assert_eq!(outcome, Err(WrongOracleAddress));

    let cheap_feed = pull_account([7; 32], 1, 0, -8, 1_720_533_480, 276_582_011);
    assert_eq!(read_sol(&cheap_feed), Err(WrongFeedId));

    // The default key means "any address" for pull accounts; a legacy binding must not inherit that.
    let unbound = OracleBinding { account: Pubkey::default(), ..usdc_binding() };
    let outcome = read(&cheap, &LEGACY_MAINNET, USDC_USD, &unbound);
    assert_eq!(outcome, Err(WrongOracleAddress));
}

#[test]
fn attack_pull_account_other_than_the_one_bound() {
    let bound = OracleBinding { account: SOL_USD_ADDRESS, ..sol_binding() };
    let outcome = read(&SOL_USD_ADDRESS, &CORE_RECEIVER, SOL_USD, &bound);
    assert_eq!(outcome, Ok(SOL_USD_SAYS));
    let chosen = Pubkey::new_unique();
    let outcome = read(&chosen, &CORE_RECEIVER, SOL_USD, &bound);
    assert_eq!(outcome, Err(WrongOracleAddress));
    // Where no account is bound any address will do.
    let outcome = read(&chosen, &CORE_RECEIVER, SOL_USD, &sol_binding());
    assert_eq!(outcome, Ok(SOL_USD_SAYS));
}

#[test]
fn attack_partial_verification_shifts_every_field_after_it() {
    // Tag 0, then the number of signatures, then the same fields one byte later: 134 bytes with none to spare.
    for signatures in 0..=255 {
        let mut partial = SOL_USD[..40].to_vec();
        partial.extend([0, signatures]);
        partial.extend(&SOL_USD[41..133]);
        assert_eq!(partial.len(), 134);
        assert_eq!(read_sol(&partial), Err(PartiallyVerified), "{signatures} signatures");
        // The same with the tag of a full verification: the feed id begins with the number of signatures.
        let shifted = with(&partial, 40, [1]);
        assert_eq!(read_sol(&shifted), Err(WrongFeedId), "{signatures} signatures");
    }
    // Fields left where a full verification has them, under the tag of a partial one.
    assert_eq!(read_sol(&with(SOL_USD, 40, [0])), Err(PartiallyVerified));
    for tag in 2..=255 {
        assert_eq!(read_sol(&with(SOL_USD, 40, [tag])), Err(InvalidVerification), "tag {tag}");
    }
}

#[test]
fn attack_time_weighted_average_in_place_of_a_price() {
    const TWAP_UPDATE: [u8; 8] = [0x68, 0xc0, 0xbc, 0x48, 0xf6, 0xa6, 0x0c, 0x51];
    assert_eq!(read_sol(&with(SOL_USD, 0, TWAP_UPDATE)), Err(NotAPriceUpdate));
    // As the receiver writes it: 8 + 32 of authority + 32 of feed id + two times, price, confidence, exponent, ratio
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
    // Trading stopped at 1.00; the aggregate before it was a favorable 2.00. Whatever the status, 2.00 is never read.
    let mut account = with(USDC_USD, 184, 200_000_000_i64.to_le_bytes());
    account = with(&account, 192, 1_u64.to_le_bytes());
    account = with(&account, 200, 1_701_981_099_i64.to_le_bytes());
    for status in 0..=255_u8 {
        let expected = match status {
            1 => Ok(USDC_USD_SAYS),
            0 | 2..=4 => Err(NotTrading),
            5.. => Err(InvalidStatus),
        };
        assert_eq!(read_usdc(&with(&account, 224, [status])), expected, "status {status}");
    }
    for status in [0x101_u32, 0x1_0001, 0x100_0001] {
        let disguised = with(&account, 224, status.to_le_bytes());
        assert_eq!(read_usdc(&disguised), Err(InvalidStatus), "status {status:#x}");
    }
}

#[test]
fn attack_invalid_enums_among_the_publishers_quotes() {
    // Each quote of 96 bytes has two statuses, 48 and 80 bytes into it, of which no value may matter.
    let mut account = USDC_USD.to_vec();
    for quote in account[240..].chunks_mut(96) {
        quote[48..56].fill(0xff);
        quote[80..88].fill(0xff);
    }
    assert_eq!(read_usdc(&account), Ok(USDC_USD_SAYS));
}
