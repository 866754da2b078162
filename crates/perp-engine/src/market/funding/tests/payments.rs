//! Who pays and receives how much.

use super::*;
use crate::fixtures::{SOL, USDC};

#[test]
fn payers_pay_what_receivers_and_the_backing_get() {
    // A rate of 2^29 for 8 s at a price of 2^40: 2^(29 + 3 + 40 − 60) = 4096 per base unit.
    // 1000 longs owe 4 096 000; 3000 shorts are owed ⌊4096 · 1/3⌋ = 1365 each, 4 095 000; the backing keeps 1000.
    let market = market_with(1_000, 3_000, 1 << 29);
    let accrued = after(&market, 8);
    assert_eq!(indices(&accrued.ledger), [4_096, -1_365]);
    assert_eq!(pending_funding(&accrued.ledger).unwrap().get(), 1_000);
    assert_eq!((accrued.seconds, accrued.rate_before), (8, 1 << 29));

    // Three times as many payers as receivers: each receiver gets the payers' rate, the backing two thirds.
    let accrued = after(&market_with(3_000, 1_000, 1 << 29), 8);
    assert_eq!(indices(&accrued.ledger), [4_096, -4_096]);
    assert_eq!(pending_funding(&accrued.ledger).unwrap().get(), 4_096 * 2_000);

    // Shorts pay a negative rate.
    let accrued = after(&market_with(3_000, 1_000, -(1 << 29)), 8);
    assert_eq!(indices(&accrued.ledger), [-1_365, 4_096]);
}

#[test]
fn with_nobody_to_receive_the_backing_keeps_all_and_with_nobody_to_pay_nobody_receives() {
    let accrued = after(&market_with(1_000, 0, 1 << 29), 8);
    assert_eq!(indices(&accrued.ledger), [4_096, 0]);
    assert_eq!(pending_funding(&accrued.ledger).unwrap().get(), 4_096_000);

    let accrued = after(&market_with(0, 1_000, 1 << 29), 8);
    assert_eq!(indices(&accrued.ledger), [0, 0]);
    assert_eq!(accrued.ledger.funding_time, at(8).now);
}

#[test]
fn what_is_below_one_unit_is_carried() {
    // 2^17 · 2^40 / 2^60 = 2^-3 a second: nothing for seven seconds, one in the eighth.
    let mut market = market_with(1_000, 1_000, 1 << 17);
    for second in 1..8 {
        market.ledger = after(&market, second).ledger;
        assert_eq!(indices(&market.ledger), [0, 0]);
    }
    assert_eq!(market.ledger.funding_fraction, 7 << 58);
    market.ledger = after(&market, 8).ledger;
    assert_eq!(indices(&market.ledger), [1, -1]);
    assert_eq!(market.ledger.funding_fraction, 0);
}

#[test]
fn both_sides_pay_carry_in_proportion_to_their_open_interest() {
    let mut market = market_with(1_000, 500, 0);
    market.parameters.open_interest_cap = Size::new(2_000);
    market.parameters.carry_rate = 1 << 30;
    // Longs at half the cap: 2^29 · 8 s · 2^40 / 2^60 = 4096 each; shorts at a quarter: 2048.
    let accrued = after(&market, 8);
    assert_eq!(indices(&accrued.ledger), [4_096, 2_048]);
    assert_eq!(pending_funding(&accrued.ledger).unwrap().get(), 4_096 * 1_000 + 2_048 * 500);

    // A cap lowered to a tenth of the longs does not raise the rate above its full value: 2^30 · 8 · 2^40 / 2^60 = 8192.
    market.parameters.open_interest_cap = Size::new(100);
    assert_eq!(indices(&after(&market, 8).ledger), [8_192, 8_192]);
}

#[test]
fn an_hour_at_the_largest_rate_costs_a_thousandth() {
    // 1 SOL long at $250 and 0.1 % an hour: $0.25.
    let mut market = sol_market();
    market.parameters.carry_rate = 0;
    set_side(&mut market, LONG, SOL, 250 * USDC);
    market.ledger.funding_rate = i64::try_from(market.parameters.funding_rate_cap).unwrap();
    market.parameters.funding_velocity = 0;
    let accrued = after(&market, 3_600);
    let owed = pending_funding(&accrued.ledger).unwrap();
    assert_eq!(owed.to_atoms_ceil().unwrap().get(), 250_000);
    assert!(owed.to_atoms_floor().unwrap().get() >= 249_999);
}

#[test]
fn half_an_hour_of_full_skew_moves_the_rate_as_the_velocity_says() {
    // Full skew is 0.4 % · 20 000 000 SOL = 80 000 SOL: 9.6 % a day per day for 1800 s is 0.2 % a day, and half of
    // that on average over a 48th of a day costs 0.2 % / 96 of $250 · 80 000 = $20 000 000: $416.67.
    let mut market = sol_market();
    set_side(&mut market, LONG, 80_000 * SOL, 20_000_000 * USDC);
    market.parameters.carry_rate = 0;
    let accrued = after(&market, 1_800);
    let owed = pending_funding(&accrued.ledger).unwrap().to_atoms_floor().unwrap().get();
    assert!((416_660_000..=416_670_000).contains(&owed), "{owed}");
}

#[test]
fn one_accrual_covers_at_most_the_cap() {
    let market = market_with(1_000, 3_000, 1 << 29);
    let accrued = after(&market, 5 * 3_600);
    assert_eq!(accrued.seconds, 3_600);
    assert_eq!(indices(&accrued.ledger), indices(&after(&market, 3_600).ledger));
    // What is beyond it is gone, not charged by the next accrual.
    assert_eq!(accrued.ledger.funding_time, at(5 * 3_600).now);
}

#[test]
fn time_that_stands_still_or_runs_backwards_changes_nothing() {
    let market = market_with(1_000, 3_000, 1 << 29);
    for seconds in [0, -1, -3_600] {
        let unchanged = (Ok((0, 1 << 29)), market.ledger);
        assert_eq!(attempt(&market, seconds), unchanged);
    }
}

#[test]
fn the_first_accrual_only_starts_the_clock() {
    let mut market = market_with(1_000, 3_000, 1 << 29);
    market.ledger.funding_time = Timestamp::NEVER;
    let accrued = after(&market, 20);
    assert_eq!(accrued.seconds, 0);
    assert_eq!(accrued.ledger, MarketLedger { funding_time: at(20).now, ..market.ledger });
}
