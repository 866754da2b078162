//! A stop of all that sells a tenth, and is over.

use crate::venue::{below, bounded, cents, reducing, sol, Venue};
use perp_engine::operations::orders::{NewOrder, OrderOutcome};
use perp_engine::units::SignedSize;

const VICTIM: usize = 0;
const STOP: usize = 0;
const ENTRY: usize = 1;

/// 10 SOL long with $3 000; a stop of all at $247, and 90 SOL more to be bought at $248. The price falls through both. The stranger arms the
/// stop in the second in which it is met first, before the entry has filled; else it is armed once the entry has.
fn fall(at_once: bool) -> (i64, bool, i128) {
    let mut venue = Venue::sol(&[3_000]);
    venue.trade(VICTIM, sol(10_000)).unwrap();
    venue.next(25_000);
    let all = SignedSize::new(i64::MIN);
    let stop = NewOrder { group: 1, ..reducing(below(24_700, all)) };
    venue.place(VICTIM, &[stop, bounded(below(24_800, sol(90_000)), 24_800)]).unwrap();
    let mut price = 24_800;
    for second in 0..60 {
        venue.next(price);
        let _ = venue.arm(VICTIM, ENTRY);
        if at_once || second > 12 {
            let _ = venue.arm(VICTIM, STOP);
        }
        let _ = venue.execute(VICTIM, ENTRY).map(|outcome| assert!(matches!(outcome, OrderOutcome::Filled(_))));
        let _ = venue.execute(VICTIM, STOP).map(|outcome| assert!(matches!(outcome, OrderOutcome::Filled(_))));
        // $247 in the fifth second.
        price -= 20;
        price = price.max(24_300);
    }
    venue.check();
    (venue.size(VICTIM), venue.exchange.orders_of(VICTIM).unwrap().is_empty(), venue.worth(VICTIM) - 3_000_000_000)
}

#[test]
fn finding_a_stop_of_all_armed_before_an_entry_fills_is_over_and_leaves_the_entry_unprotected() {
    let (late, _, alone) = fall(false);
    let (left, empty, attacked) = fall(true);
    std::println!(
        "armed after the entry filled: {late} {}; before: {left}, orders gone {empty}, {}",
        cents(alone),
        cents(attacked)
    );
    assert_eq!((late, left, empty), (0, 90_000_000_000, true));
}
