//! A stop that a stranger keeps from being armed.

use crate::venue::{below, bounded, cents, reducing, sol, Venue};
use perp_engine::operations::orders::OrderOutcome;
use perp_engine::units::SignedSize;
use perp_engine::EngineError;
use perp_exchange::Refusal;

const VICTIM: usize = 0;
const ATTACKER: usize = 1;
/// Sells at $248 or below, but at $247.50 or better.
const LIMIT: usize = 0;
/// Sells at $247 or below, at any price.
const STOP: usize = 1;

/// 100 SOL long at $250 with $1 500: liquidated near $242.70.
fn protected() -> Venue {
    let mut venue = Venue::sol(&[1_500, 10]);
    venue.trade(VICTIM, sol(100_000)).unwrap();
    venue.next(25_000);
    let all = SignedSize::new(i64::MIN);
    let orders = [reducing(bounded(below(24_800, all), 24_750)), reducing(below(24_700, all))];
    venue.place(VICTIM, &orders).unwrap();
    venue
}

/// Who keeps the victim's orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keepers {
    /// Fill for the tip, and let what would only be disarmed lapse, as perp-keeper does.
    ForTips,
    /// Disarm for nothing as soon as they can.
    ForNothing,
}

/// $250 falls by so many cents a second to the end. The attacker arms the limit where he attacks, and liquidates.
fn fall(by: i64, seconds: i64, attacks: bool, keepers: Keepers) -> (i128, i128, Option<i64>) {
    let mut venue = protected();
    let mut filled_at = None;
    for second in 1..=seconds {
        let now = 25_000 - by * second;
        venue.next(now);
        if attacks {
            let _ = venue.arm(VICTIM, LIMIT);
        }
        venue.liquidate(ATTACKER, VICTIM);
        let would_fill = matches!(venue.clone().execute(VICTIM, LIMIT), Ok(OrderOutcome::Filled(_)));
        if would_fill || keepers == Keepers::ForNothing {
            let _ = venue.execute(VICTIM, LIMIT);
        }
        // Nobody but the attacker arms an order that would not fill.
        let _ = venue.arm(VICTIM, STOP);
        if let Ok(OrderOutcome::Filled(_)) = venue.execute(VICTIM, STOP) {
            filled_at.get_or_insert(second);
        }
        venue.check();
    }
    (venue.worth(VICTIM), venue.worth(ATTACKER) - 10_000_000, filled_at)
}

#[test]
fn finding_whoever_liquidates_keeps_a_stop_from_being_armed_by_arming_what_will_not_fill() {
    for keepers in [Keepers::ForTips, Keepers::ForNothing] {
        let (left, _, stopped) = fall(24, 45, false, keepers);
        let (attacked, bounty, late) = fall(24, 45, true, keepers);
        std::println!(
            "{keepers:?}: left {} stopped {stopped:?}; attacked {} bounty {} stopped {late:?}",
            cents(left),
            cents(attacked),
            cents(bounty)
        );
        assert_eq!(stopped, Some(24));
        match keepers {
            Keepers::ForTips => assert!(late.is_none() && bounty > 37_000_000 && left - attacked > 520_000_000),
            Keepers::ForNothing => assert!(late == Some(31) && left - attacked > 160_000_000),
        }
    }
}

#[test]
fn finding_two_orders_that_will_not_fill_keep_a_stop_from_being_armed_for_ever() {
    // Two more sells that may increase, met at $246 and no better than $246.90: armed by turns.
    let mut venue = Venue::sol(&[10_000, 10]);
    venue.trade(VICTIM, sol(100_000)).unwrap();
    venue.next(25_000);
    let blockers = [bounded(below(24_700, sol(-10_000)), 24_690); 2];
    venue.place(VICTIM, &blockers).unwrap();
    venue.place(VICTIM, &[reducing(below(24_650, SignedSize::new(i64::MIN)))]).unwrap();
    let (mut armings, mut refused) = (0, 0);
    for second in 0..600 {
        venue.next(24_600);
        for (slot, offset) in [(0, 0), (1, 21)] {
            if second >= offset {
                armings += i32::from(venue.arm(VICTIM, slot).is_ok());
            }
        }
        let stop = venue.arm(VICTIM, 2);
        refused += i32::from(stop == Err(Refusal::Rule(EngineError::OrderGroupArmed)));
    }
    std::println!("{armings} armings, the stop refused in {refused} of 600 seconds");
    assert_eq!((armings, refused), (29, 600));
}
