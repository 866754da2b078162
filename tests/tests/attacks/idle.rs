//! Time over which nothing accrues: pauses of no length, and markets that nobody is in.

use crate::world;
use perp_engine::state::Status;
use perp_tests::{DAY, SOL, USDC};

#[test]
fn attack_a_pause_of_no_length_erases_no_funding() {
    // What a long owes after an hour, with and without four pauses that end as they begin.
    let owed = |pauses: bool| {
        let mut world = world();
        let (trader, admin) = (world.trader(200_000 * USDC), world.admin);
        world.trade(trader, 0, 8_000 * SOL).unwrap();
        for _ in 0..4 {
            world.wait(450);
            if pauses {
                world.set_exchange_status(admin, Status::Paused, 0).unwrap();
            }
            world.later_at(450, 0, 250.0);
        }
        let ledger = world.market(0).state.ledger;
        (ledger.sides[0].funding_index, ledger.funding_rate, ledger.funding_time.get() - world.now)
    };
    let without = owed(false);
    assert!(without.0.get() > 0 && without.2 == 0);
    assert_eq!(owed(true), without);
}

#[test]
fn attack_a_rate_from_before_a_long_silence_charges_nobody_who_comes_after_it() {
    let mut world = world();
    let whale = world.trader(1_000_000 * USDC);
    world.trade(whale, 0, 20_000 * SOL).unwrap();
    for _ in 0..48 {
        world.later_at(3_600, 0, 250.0);
    }
    world.close_position(whale, 0).unwrap();
    let rate = world.market(0).state.ledger.funding_rate;
    assert!(rate > 0);
    // Thirty days without a price and without open interest. Then somebody opens a position of 1 000 and keeps it for an hour.
    world.wait(30 * DAY);
    let lone = world.trader(1_000 * USDC);
    world.publish(0, 250.0);
    world.trade(lone, 0, 4 * SOL).unwrap();
    assert_eq!(world.market(0).state.ledger.funding_rate, 0, "it has fallen meanwhile");
    let before = world.balance(&lone.margin_account);
    world.later_at(3_600, 0, 250.0);
    world.settle_funding(lone.margin_account, 0).unwrap();
    let paid = before - world.balance(&lone.margin_account);
    // 4 of the cap's 100 000 pay 5 % · 0.00004 a year of carry; at the old rate it would be cents and more.
    assert!(paid <= 10, "{paid} atoms");
}
