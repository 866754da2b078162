//! What only reduces: it belongs to a position, shrinks with it, survives its reductions and dies with it.

use super::Story;
use perp_engine::operations::orders::NewOrder;
use perp_swap::errors::ExchangeError;
use perp_tests::world::orders::{above, below, next_price, reducing, TIP};
use perp_tests::{assert_refused, Backend, SOL};

crate::on_both_backends!(
    one_cancels_the_other,
    an_entry_brings_its_stop_and_its_target_in_one_transaction,
    protection_survives_a_reduction_and_shrinks_with_its_position,
    protection_dies_with_its_position_and_protects_no_other,
    what_only_reduces_opens_nothing,
);

/// A stop at $240 and a target at $260 for all of a long, of one group.
fn stop_and_target() -> [NewOrder; 2] {
    [below(240, i64::MIN), above(260, i64::MIN)].map(|order| NewOrder { group: 1, ..reducing(order) })
}

fn one_cancels_the_other(backend: Backend) {
    let mut story = Story::with_a_long(backend);
    story.place(&stop_and_target());
    let (keeper, owner) = (story.lamports(story.keeper), story.lamports(story.trader.signer));
    story.fills(1, 261.0, 262.5);
    assert_eq!((story.size(), story.resting()), (0, 0));
    // The target's tip is the keeper's, the stop's goes home.
    assert_eq!(story.lamports(story.keeper), keeper + TIP);
    assert_eq!(story.lamports(story.trader.signer), owner + TIP);
}

fn an_entry_brings_its_stop_and_its_target_in_one_transaction(backend: Backend) {
    let mut story = Story::begin(backend);
    let [stop, target] = stop_and_target().map(|order| NewOrder { parent: Some(0), ..order });
    story.place(&[above(252, 10 * SOL), stop, target]);
    // Without a position they sleep, whatever the price.
    story.world.wait(1);
    story.world.publish(0, 239.0);
    assert_refused(story.world.arm(story.trader, 1), ExchangeError::OrderAsleep);
    story.fills(0, 252.0, 250.0);
    let woken = [1, 2].map(|slot| story.world.order(&story.trader.margin_account, slot));
    let number = story.world.position(&story.trader.margin_account, 0).number;
    assert_eq!(woken.map(|order| (order.parent, order.position)), [(0, number); 2]);
    story.fills(1, 239.0, 234.375);
    // As a stop by itself: −156.250 625 and 0.468 75 of fee, after 1 of the entry's.
    assert_eq!((story.size(), story.balance()), (0, 10_000_000_000 - 1_000_000 - 156_250_625 - 468_750));
    assert_eq!(story.resting(), 0);
}

fn protection_survives_a_reduction_and_shrinks_with_its_position(backend: Backend) {
    let mut story = Story::with_a_long(backend);
    story.place(&[reducing(below(240, -8 * SOL))]);
    story.world.later_at(1, 0, 250.0);
    story.world.trade(story.trader, 0, -5 * SOL).unwrap();
    // Nothing adds to what it protects until it is filled: no trade, and another order fills after it.
    story.place(&[below(240, 20 * SOL)]);
    story.world.later_at(1, 0, 239.0);
    story.world.arm(story.trader, 0).unwrap();
    story.world.arm(story.trader, 1).unwrap();
    assert_refused(story.world.trade(story.trader, 0, SOL), ExchangeError::OrderArmed);
    assert_eq!(story.world.order(&story.trader.margin_account, 0).armed_size.get(), 5 * SOL as u64);
    story.world.to_fill(story.trader, 0, 239.0);
    story.world.execute(story.keeper, story.trader, 0).unwrap();
    assert_eq!((story.size(), story.resting()), (0, 1));
}

fn protection_dies_with_its_position_and_protects_no_other(backend: Backend) {
    let mut story = Story::with_a_long(backend);
    story.place(&stop_and_target());
    let owner = story.lamports(story.trader.signer);
    story.world.later_at(1, 0, 250.0);
    story.world.close_position(story.trader, 0).unwrap();
    story.buys_at_the_next_price(10 * SOL, 250.0);
    // What is open now is another position.
    story.world.wait(1);
    story.world.publish(0, 239.0);
    assert_refused(story.world.arm(story.trader, 0), ExchangeError::OrderDead);
    for slot in [0, 1] {
        story.world.sweep(story.trader, None, slot).unwrap();
    }
    // Both tips came home; that of the order in between was the keeper's.
    assert_eq!((story.size(), story.resting()), (10 * SOL, 0));
    assert_eq!(story.lamports(story.trader.signer), owner - TIP + 2 * TIP);
}

fn what_only_reduces_opens_nothing(backend: Backend) {
    let mut story = Story::begin(backend);
    let alone = reducing(next_price(-10 * SOL));
    assert_refused(story.world.place(story.trader, 0, &[alone]), ExchangeError::NoPosition);
    let mut story = Story::with_a_long(backend);
    let same_side = reducing(next_price(10 * SOL));
    assert_refused(story.world.place(story.trader, 0, &[same_side]), ExchangeError::ReduceOnlyViolated);
    // 40 SOL are asked for, and ten are there.
    story.place(&[reducing(next_price(-40 * SOL))]);
    story.world.to_fill(story.trader, 0, 250.0);
    story.world.execute(story.keeper, story.trader, 0).unwrap();
    assert_eq!((story.size(), story.resting()), (0, 0));
}
