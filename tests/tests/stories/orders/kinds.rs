//! Limits, stops, targets, orders that trail, orders by time.

use super::Story;
use perp_engine::operations::orders::NewOrder;
use perp_engine::units::Ppm;
use perp_swap::errors::ExchangeError;
use perp_tests::world::orders::{above, below, next_price, price, reducing, TIP};
use perp_tests::{assert_refused, Backend, SOL};

crate::on_both_backends!(
    a_limit_buys_at_its_price_or_better,
    a_limit_waits_on_where_the_price_has_left_it,
    a_stop_closes_what_is_left_of_its_position,
    a_target_takes_the_profit,
    a_stop_that_trails_follows_the_best_price,
    a_next_price_order_fills_at_a_price_that_nobody_knew,
    slices_fill_one_after_another,
    a_ladder_is_placed_at_once_and_filled_rung_by_rung,
);

fn limit(dollars: u64, size: i64) -> NewOrder {
    NewOrder { acceptable_price: price(dollars), ..below(dollars, size) }
}

fn a_limit_buys_at_its_price_or_better(backend: Backend) {
    let mut story = Story::begin(backend);
    story.place(&[limit(245, 10 * SOL)]);
    story.waits(0, 246.0);
    story.fills(0, 244.0, 234.375);
    // 10 · 234.375 = 2 343.75, and 10² / (2 · 20 000 000) · 234.375 = 0.000 585 94 of impact; 4 bps of it are 0.937 5.
    let entry = story.world.position(&story.trader.margin_account, 0).entry_notional.get();
    assert_eq!(entry.to_atoms_floor().unwrap().get(), 2_343_750_585);
    assert_eq!((story.size(), story.balance(), story.resting()), (10 * SOL, 9_999_062_500, 0));
}

fn a_limit_waits_on_where_the_price_has_left_it(backend: Backend) {
    let mut story = Story::begin(backend);
    story.place(&[limit(245, 10 * SOL)]);
    // One print arms, and does not price: at $246 the order is worth more than it may be.
    story.fills(0, 244.0, 246.0);
    assert_eq!((story.size(), story.balance(), story.resting()), (0, 10_000_000_000, 1));
    // Half a minute after that moment it is met again.
    let rests = story.world.order(&story.trader.margin_account, 0).active_from.get() - story.world.now;
    assert_eq!(rests, 30);
    story.waits(0, 244.0);
    story.world.wait(rests);
    story.fills(0, 244.0, 244.0);
    assert_eq!((story.size(), story.resting()), (10 * SOL, 0));
}

fn a_stop_closes_what_is_left_of_its_position(backend: Backend) {
    let mut story = Story::with_a_long(backend);
    story.place(&[reducing(below(240, i64::MIN))]);
    story.waits(0, 241.0);
    story.fills(0, 239.0, 234.375);
    // 10 · 234.375 = 2 343.75, the market balanced again: no impact. −156.250 625, and 2 bps: 0.468 75.
    assert_eq!((story.size(), story.balance()), (0, 9_999_000_000 - 156_250_625 - 468_750));
}

fn a_target_takes_the_profit(backend: Backend) {
    let mut story = Story::with_a_long(backend);
    let target = NewOrder { acceptable_price: price(260), ..reducing(above(260, -10 * SOL)) };
    story.place(&[target]);
    story.waits(0, 259.0);
    story.fills(0, 261.0, 265.625);
    // 2 656.25 − 2 500.000 625, and 2 bps of 2 656.25.
    assert_eq!((story.size(), story.balance()), (0, 9_999_000_000 + 156_249_375 - 531_250));
}

fn a_stop_that_trails_follows_the_best_price(backend: Backend) {
    let mut story = Story::with_a_long(backend);
    let trails = NewOrder { trailing: Ppm::new(40_000), ..reducing(below(0, i64::MIN)) };
    story.place(&[trails]);
    // The best price so far is $275: the stop is 4 % below, at $264.
    for (dollars, best) in [(250.0, 250), (275.0, 275)] {
        story.world.wait(1);
        story.world.publish(0, dollars);
        story.world.arm(story.trader, 0).unwrap();
        let order = story.world.order(&story.trader.margin_account, 0);
        assert_eq!((order.best, order.fills_from.is_never()), (price(best), true));
    }
    story.waits(0, 264.5);
    story.fills(0, 263.5, 265.625);
    // By then the price is back: as a target.
    assert_eq!((story.size(), story.balance()), (0, 9_999_000_000 + 156_249_375 - 531_250));
}

fn a_next_price_order_fills_at_a_price_that_nobody_knew(backend: Backend) {
    let mut story = Story::begin(backend);
    story.place(&[next_price(10 * SOL)]);
    let armed_at = story.world.now;
    assert_eq!(story.world.order(&story.trader.margin_account, 0).fills_from.get(), armed_at + 3);
    // Neither what is printed before that moment fills it, nor what is not the first print after it.
    for (published, previous) in [(2, 1), (5, 4)] {
        story.world.set_time(armed_at + published);
        story.world.publish_after(0, 250.0, armed_at + published, armed_at + previous);
        let done = story.world.execute(story.keeper, story.trader, 0);
        assert_refused(done, ExchangeError::NoFillReading);
    }
    story.world.publish_after(0, 252.0, armed_at + 4, armed_at + 1);
    story.world.execute(story.keeper, story.trader, 0).unwrap();
    // 4 bps of 2 520
    assert_eq!((story.size(), story.balance()), (10 * SOL, 10_000_000_000 - 1_008_000));
}

fn slices_fill_one_after_another(backend: Backend) {
    let mut story = Story::begin(backend);
    story.place(&[NewOrder { slices: 3, seconds_between: 60, lamports: 3 * TIP, ..next_price(2 * SOL) }]);
    let began = story.world.now;
    let before = story.lamports(story.keeper);
    for slice in 1..=3 {
        story.world.to_fill(story.trader, 0, 250.0);
        story.world.execute(story.keeper, story.trader, 0).unwrap();
        assert_eq!((story.size(), story.lamports(story.keeper)), (slice * 2 * SOL, before + slice as u64 * TIP));
        if slice < 3 {
            // Not before a minute has passed since the moment of the last.
            assert_refused(story.world.arm(story.trader, 0), ExchangeError::OrderNotMet);
            story.world.wait(60);
            story.world.publish(0, 250.0);
            story.world.arm(story.trader, 0).unwrap();
        }
    }
    // 3 + 60 + 3 + 60 + 3
    assert_eq!((story.world.now - began, story.resting()), (129, 0));
}

fn a_ladder_is_placed_at_once_and_filled_rung_by_rung(backend: Backend) {
    let mut story = Story::begin(backend);
    story.place(&[248, 246, 244, 242].map(|dollars| limit(dollars, SOL)));
    assert_eq!(story.resting(), 4);
    story.fills(0, 247.0, 247.0);
    assert_eq!((story.size(), story.resting()), (SOL, 3));
    story.waits(1, 246.5);
    // Two are met by the same print, and fill at the same one: at one moment the order placed first is first.
    story.world.wait(1);
    story.world.publish(0, 243.0);
    for slot in [2, 1] {
        story.world.arm(story.trader, slot).unwrap();
    }
    story.world.to_fill(story.trader, 1, 243.0);
    let ahead = story.world.execute(story.keeper, story.trader, 2);
    assert_refused(ahead, ExchangeError::EarlierOrderArmed);
    for slot in [1, 2] {
        story.world.execute(story.keeper, story.trader, slot).unwrap();
    }
    assert_eq!((story.size(), story.resting()), (3 * SOL, 1));
}
