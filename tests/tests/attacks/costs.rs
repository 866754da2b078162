//! Ways to trade, or to leave, for less than it costs everybody else; and prints that make it cost more.

use crate::{world, BACKEND};
use perp_client::events::Event;
use perp_client::instructions::Authority;
use perp_engine::operations::position::LiquidationOrder;
use perp_engine::units::{Atoms, Size};
use perp_swap::events::Traded;
use perp_tests::{listing, Ran, World, SOL, USDC};

fn traded(done: Ran) -> Traded {
    match done.unwrap().event() {
        Event::Traded(event) => event,
        other => panic!("{other:?}"),
    }
}

/// All markets print these prices now.
fn print(world: &mut World, prices: &[f64]) {
    for (market, price) in (0..).zip(prices) {
        world.publish(market, *price);
        world.update_price(market).unwrap();
    }
}

/// Both close their positions of the same size in the first market in the same second: what fee and spread take of each.
fn costs_of_closing(world: &mut World, accounts: [Authority; 2]) -> [(u64, i128); 2] {
    accounts.map(|account| {
        let event = traded(world.close_position(account, 0));
        assert!(event.fee > 0 && event.spread > 0, "{event:?}");
        (event.fee, event.spread)
    })
}

#[test]
fn attack_a_winner_closes_for_no_less_beside_a_small_leg() {
    let mut world = world();
    let accounts = [world.trader(10_000 * USDC), world.trader(10_000 * USDC)];
    for account in accounts {
        world.trade(account, 0, 400 * SOL).unwrap();
    }
    // One of them has a leg of 250 besides. Both have won 10 000, more than their positions demand: if closing could cost no more
    // than what it relieves beyond its own profit, that would be nothing.
    world.trade(accounts[1], 1, SOL).unwrap();
    world.wait(60);
    print(&mut world, &[275.0, 250.0]);
    let [without, with] = costs_of_closing(&mut world, accounts);
    assert_eq!(with, without);
    // 2 bp of 110 000.
    assert_eq!(with.0, 22 * USDC);
}

#[test]
fn attack_unpaid_profit_elsewhere_closes_no_loser_for_nothing() {
    let mut world = world();
    let accounts = [world.trader(110_000 * USDC), world.trader(300_000 * USDC)];
    for account in accounts {
        for market in [0, 1] {
            world.trade(account, market, 4_000 * SOL).unwrap();
        }
    }
    // 4 000 · 27 are lost in one market and won and not paid in the other. By its cash the first account has next to nothing
    // left, which caps no cost of closing $892 000: it is worth as much as before.
    world.wait(60);
    print(&mut world, &[223.0, 277.0]);
    assert!(world.balance(&accounts[0].margin_account) < 110_000 * USDC);
    let [poor, rich] = costs_of_closing(&mut world, accounts);
    assert_eq!(poor, rich);
    // 2 bp of 892 000, and the spread is more.
    assert_eq!(poor.0, 178_400_000);
    assert!(poor.1 >> 40 > 178_400_000);
}

#[test]
fn attack_an_own_liquidation_is_no_cheaper_way_out_of_a_market_that_moves() {
    let mut world = world();
    let [owner, trader, accomplice] = [600, 2_000, 0].map(|deposit| world.trader(deposit * USDC));
    for account in [owner, trader] {
        world.trade(account, 0, 40 * SOL).unwrap();
    }
    // A minute in which the price falls by 4.8 % makes trading dear.
    world.later_at(60, 0, 238.0);
    let one = Size::new(SOL.unsigned_abs());
    let order = LiquidationOrder { max_size: one, min_bounty: Atoms::ZERO };
    let done = world.liquidate_order(accomplice, owner.margin_account, 0, &order);
    let Event::Liquidated(event) = done.unwrap().event() else { panic!() };
    assert_eq!(event.closed, one.get());
    let sold = traded(world.trade(trader, 0, -SOL));
    // Owner and accomplice together have paid what the bounty leaves of the penalty; the other one spread, impact and fee.
    let (together, alone) = (event.penalty - event.bounty, sold.fee + u64::try_from(sold.charge >> 40).unwrap());
    assert!(together >= alone, "{together} and {alone}");
    // 238 · (2 bp of fee and more than 10 bp of spread).
    assert!(alone > 285_000, "{alone}");
}

/// The spread of a purchase of a SOL as a part of its price, in hundredths of a basis point.
fn spread(world: &mut World, trader: Authority) -> i128 {
    let event = traded(world.trade(trader, 0, SOL));
    event.spread * 1_000_000 / (i128::from(event.size) * i128::from(event.state.index_price))
}

#[test]
fn attack_one_print_makes_trading_dear_for_minutes_and_within_a_limit() {
    // A print of half as much again or of half, after silences of different lengths, and the right price a second later.
    for (silence, wrong) in [(1, 375.0), (15, 375.0), (60, 375.0), (60, 125.0), (300, 375.0), (3_600, 375.0)] {
        let mut world = World::with_market(BACKEND, listing::parameters());
        let trader = world.trader(1_000_000 * USDC);
        for _ in 0..60 {
            world.later_at(1, 0, 250.0);
        }
        let calm = spread(&mut world, trader);
        // 2 · 80 % · √(1 s): 2.848 bp.
        assert_eq!(calm, 284);
        world.wait(silence - 1);
        world.later_at(1, 0, wrong);
        let at_once = spread(&mut world, trader);
        world.later_at(1, 0, 250.0);
        let after = spread(&mut world, trader);
        for _ in 0..16 {
            world.later_at(15, 0, 250.0);
        }
        let later = spread(&mut world, trader);
        let figures = format!("{silence} s, {wrong}: {at_once}, {after}, {later} of {calm}");
        assert!(at_once <= 12 * calm && after <= 12 * calm && later <= 6 * calm, "{figures}");
        assert!(at_once > calm, "{figures}");
    }
}
