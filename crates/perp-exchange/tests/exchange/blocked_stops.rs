//! Stops that somebody would keep from filling, by arming what will not fill.

mod venue;

use perp_engine::operations::orders::OrderOutcome;
use perp_engine::units::SignedSize;
use perp_engine::EngineError;
use perp_exchange::Refusal;
use venue::{below, bounded, reducing, sol, Venue};

const VICTIM: usize = 0;
const ATTACKER: usize = 1;
/// All of a long.
const ALL: SignedSize = SignedSize::new(i64::MIN);

/// Fills a stop for its tip, and so executes before what was armed before it.
fn fill(venue: &mut Venue, slot: usize) -> bool {
    loop {
        match venue.execute(VICTIM, slot) {
            Ok(OrderOutcome::Filled(_)) => return true,
            Err(Refusal::Rule(EngineError::EarlierOrderArmed { place })) => {
                let earlier = usize::try_from(place).unwrap();
                if venue.execute(VICTIM, earlier).is_err() {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

/// 100 SOL long at $250 with $1 500, liquidated near $242.70; a stop at $248 at no less than $247.50, and one at $247 at any price. The price
/// falls by 24 cents a second. The attacker arms the first where he attacks, and liquidates. What both have at the end, and when the stop
/// filled.
fn fall(attacks: bool) -> (i128, i128, Option<i64>) {
    const BOUNDED: usize = 0;
    const STOP: usize = 1;
    let mut venue = Venue::sol(&[1_500, 10]);
    venue.trade(VICTIM, sol(100_000)).unwrap();
    venue.next(25_000);
    venue.place(VICTIM, &[reducing(bounded(below(24_800, ALL), 24_750)), reducing(below(24_700, ALL))]).unwrap();
    let mut filled_at = None;
    for second in 1..=45 {
        venue.next(25_000 - 24 * second);
        if attacks {
            let _ = venue.arm(VICTIM, BOUNDED);
        }
        venue.liquidate(ATTACKER, VICTIM);
        let _ = venue.arm(VICTIM, STOP);
        if fill(&mut venue, STOP) {
            filled_at.get_or_insert(second);
        }
        venue.check();
    }
    (venue.worth(VICTIM), venue.worth(ATTACKER), filled_at)
}

#[test]
fn attack_arming_what_will_not_fill_keeps_no_stop_from_filling() {
    // $246.88 arms it in the thirteenth second, and it fills at what the feed says eleven seconds later. Where arming another kept it from
    // that, the victim had $526 less, and who liquidated him $38 more.
    let alone = fall(false);
    assert_eq!(alone.2, Some(24));
    assert_eq!(fall(true), alone);
}

#[test]
fn attack_orders_armed_by_turns_keep_no_stop_from_filling() {
    // Two sales that are met at $246 and bound by $246.90: armed by turns they kept the stop from being armed in each of 600 seconds.
    let mut venue = Venue::sol(&[10_000, 10]);
    venue.trade(VICTIM, sol(100_000)).unwrap();
    venue.next(25_000);
    venue.place(VICTIM, &[bounded(below(24_700, sol(-10_000)), 24_690); 2]).unwrap();
    venue.place(VICTIM, &[reducing(below(24_650, ALL))]).unwrap();
    let mut filled_at = None;
    for second in 1..60 {
        venue.next(24_600);
        for (slot, offset) in [(0, 1), (1, 22)] {
            if second >= offset {
                let _ = venue.arm(VICTIM, slot);
            }
        }
        let _ = venue.arm(VICTIM, 2);
        if fill(&mut venue, 2) {
            filled_at.get_or_insert(second);
        }
    }
    assert_eq!((filled_at, venue.size(VICTIM)), (Some(12), 0));
}
