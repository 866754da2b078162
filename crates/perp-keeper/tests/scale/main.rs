//! Many accounts in a crash, in a small form: `cargo run -p perp-keeper --example scale` plays the large one.

#[path = "../common/mod.rs"]
mod common;
mod planted;
mod run;

use run::{run, Plan};

/// 200 accounts of which every tenth falls, in twenty seconds.
const SMALL: Plan =
    Plan { accounts: 200, fragile: 20, seconds: 20, lost_percent: 0, keepers: 1, gaps: 0, gap_seconds: 0 };

#[test]
fn whoever_falls_is_liquidated_and_nobody_else() {
    let measured = run(&SMALL);
    println!("{measured}");
    assert_eq!((measured.below, measured.wronged, measured.lost), (0, 0, (0, 0)), "{measured}\n{}", measured.record);
    assert_eq!(measured.liquidated, 20, "{measured}\n{}", measured.record);
}

#[test]
fn with_a_third_lost_two_keepers_and_a_node_that_goes_away_it_comes_to_the_same() {
    let measured = run(&Plan { lost_percent: 30, keepers: 2, gaps: 2, gap_seconds: 3, ..SMALL });
    println!("{measured}");
    assert_eq!((measured.below, measured.wronged, measured.lost), (0, 0, (0, 0)), "{measured}\n{}", measured.record);
    assert!(measured.liquidated == 20 && measured.handed_in.1 > 0, "{measured}\n{}", measured.record);
}
