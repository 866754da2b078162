//! Orders that a stranger makes come to nothing for next to nothing.

use crate::venue::{below, cents, listed, next_price, sol, Venue};
use perp_engine::operations::orders::{NewOrder, OrderOutcome, ORDER_TIP_LAMPORTS};
use perp_engine::units::Atoms;

const VICTIM: usize = 0;
const ATTACKER: usize = 1;
const CROWD: usize = 2;

/// A market with $400 000 to pay for a move of 15 % against a crowd that is so many thousandths of a SOL short.
fn nearly_full(crowd: i64) -> Venue {
    let mut venue = Venue::new(&[(listed(10), 400_000)], &[100_000, 100_000, 1_000_000]);
    venue.trade(CROWD, sol(-crowd)).unwrap();
    venue.next(25_000);
    venue
}

/// The victim stops and reverses: 1 000 SOL long, sells 2 000 at $247 or below. What both have once the price is $237.
fn stop_and_reverse(attacked: bool) -> (i128, i128, i64) {
    let mut venue = nearly_full(8_500_000);
    venue.trade(VICTIM, sol(1_000_000)).unwrap();
    venue.next(25_000);
    venue.place(VICTIM, &[below(24_700, sol(-2_000_000))]).unwrap();
    for now in [24_900, 24_800, 24_700] {
        venue.next(now);
    }
    assert!(venue.arm(VICTIM, 0).unwrap());
    for _ in 0..11 {
        venue.next(24_700);
    }
    if attacked {
        // As much as the market bears besides.
        let mut most = 0;
        for step in [800_000i64, 400_000, 200_000, 100_000, 50_000, 25_000, 12_500] {
            if venue.clone().trade(ATTACKER, sol(-most - step)).is_ok() {
                most += step;
            }
        }
        venue.trade(ATTACKER, sol(-most)).unwrap();
        std::println!("the attacker sells {} thousandths of a SOL", most);
    }
    let outcome = venue.execute(VICTIM, 0).unwrap();
    match outcome {
        OrderOutcome::Filled(_) => assert!(!attacked),
        OrderOutcome::Forfeited { paid } => assert!(attacked && paid == Atoms::ZERO),
        OrderOutcome::Disarmed => panic!("disarmed"),
    }
    venue.next(24_700);
    if attacked {
        let back = perp_engine::units::SignedSize::new(-venue.size(ATTACKER));
        venue.trade(ATTACKER, back).unwrap();
    }
    for step in 1..=40 {
        venue.next(24_700 - 25 * step);
    }
    venue.check();
    (venue.worth(VICTIM) - 100_000_000_000, venue.worth(ATTACKER) - 100_000_000_000, venue.size(VICTIM))
}

#[test]
fn finding_a_stop_that_reverses_is_lost_whole_where_what_it_opens_does_not_fit() {
    let (left, _, size) = stop_and_reverse(false);
    let (attacked, cost, kept) = stop_and_reverse(true);
    std::println!(
        "filled: {} with {size}; lost: {} with {kept}; the attacker {}",
        cents(left),
        cents(attacked),
        cents(cost)
    );
    assert!(size < 0 && kept > 0);
}

#[test]
fn finding_an_order_in_slices_is_over_with_all_its_slices_once_one_does_not_fit() {
    let mut venue = nearly_full(9_700_000);
    let slices =
        NewOrder { slices: 100, seconds_between: 60, lamports: 100 * ORDER_TIP_LAMPORTS, ..next_price(sol(-100_000)) };
    venue.place(VICTIM, &[slices]).unwrap();
    for _ in 0..11 {
        venue.next(25_000);
    }
    let mut most = 0;
    for step in [800_000i64, 400_000, 200_000, 100_000, 50_000, 25_000, 12_500] {
        if venue.clone().trade(ATTACKER, sol(-most - step)).is_ok() {
            most += step;
        }
    }
    venue.trade(ATTACKER, sol(-most)).unwrap();
    assert_eq!(venue.execute(VICTIM, 0).unwrap(), OrderOutcome::Forfeited { paid: Atoms::ZERO });
    assert!(venue.exchange.orders_of(VICTIM).unwrap().is_empty());
    venue.next(25_000);
    let back = perp_engine::units::SignedSize::new(-venue.size(ATTACKER));
    venue.trade(ATTACKER, back).unwrap();
    std::println!("100 slices are over; the attacker {}", cents(venue.worth(ATTACKER) - 100_000_000_000));
}
