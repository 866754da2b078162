//! Recorded prices: how far markets moved apart, what that takes from a hedge, and what a liquidator finds.

use super::candles::pairs_in;
use super::recorded::{divergence, followed, steps_beyond};
use super::stage::plain;
use std::path::{Path, PathBuf};

/// The repository's recorded days.
fn recorded_days() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/prices")
}

#[test]
fn the_grouped_fixture_covers_one_and_a_half_times_what_bitcoin_and_ether_diverged() {
    let measured: Vec<(String, u64)> =
        pairs_in(&recorded_days()).iter().map(|(name, pairs)| (name.clone(), divergence(pairs))).collect();
    let days = "5m_2025-04-05_2025-04-10";
    let expected = [
        ("btc-eth", 20_887),
        ("btc-sol", 16_310),
        ("btc-xrp", 25_785),
        ("eth-sol", 18_477),
        ("eth-xrp", 22_788),
        ("sol-xrp", 14_146),
    ];
    assert_eq!(measured, expected.map(|(pair, divergence)| (format!("{pair} {days}"), divergence)));
    let covered = u64::from(plain().group_divergence.get());
    // 3.133 % of 3.2 %: a market that diverges as XRP does asks for more.
    assert!(20_887 * 3 / 2 <= covered && 25_785 * 3 / 2 > covered);
}

#[test]
fn no_step_of_a_crash_day_takes_more_than_a_hedge_asks() {
    for (name, pairs) in pairs_in(&recorded_days()) {
        for sizes in [[100_000, -100_000], [-100_000, 100_000], [100_000, -60_000], [-60_000, 100_000]] {
            let (asked, beyond) = steps_beyond(&pairs, sizes);
            assert_eq!(beyond, 0, "{name}: {sizes:?} ask {asked}");
        }
    }
}

#[test]
fn a_hedge_at_its_initial_margin_is_liquidated_before_its_equity_is_gone() {
    let mut liquidated = 0;
    for (name, pairs) in pairs_in(&recorded_days()) {
        for long in [0, 1] {
            let (some, least) = followed(&pairs, long, 432);
            liquidated += some;
            assert!(least >= 0, "{name}: {least}");
        }
    }
    assert!(liquidated >= 10, "only {liquidated} hedges were liquidated");
}
