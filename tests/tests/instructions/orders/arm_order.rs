use crate::expected::{account_sequence, event, moment, says, world};
use perp_client::instructions::{Authority, TargetMarket};
use perp_engine::operations::orders::NewOrder;
use perp_engine::state::Status;
use perp_engine::units::{Ppm, SignedSize};
use perp_swap::errors::ExchangeError;
use perp_swap::events::{ArmingOutcome, OrderArmed, OrderMoment};
use perp_tests::world::orders::{above, below, next_price, price, reducing};
use perp_tests::{assert_refused, World, SOL, USDC};

/// A trader with 1 000, of which an order rests.
fn resting(order: NewOrder) -> (World, Authority) {
    let mut world = world(1);
    let trader = world.trader(1_000 * USDC);
    world.open_orders(trader).unwrap();
    if order.reduce_only {
        world.trade(trader, 0, SOL).unwrap();
    }
    world.place(trader, 0, &[order]).unwrap();
    (world, trader)
}

#[test]
fn an_order_that_is_met_is_armed_at_a_reading_that_lies_anywhere() {
    let (mut world, trader) = resting(below(240, SOL));
    world.wait(2);
    world.publish(0, 239.0);
    let elsewhere = world.posted(0);
    world.publish(0, 250.0);
    let arming = world.arming(&trader.margin_account, TargetMarket::with_oracle(0, elsewhere), 0);
    let sequence = account_sequence(&mut world, trader);
    let done = world.send(&arming);
    let order = world.order(&trader.margin_account, 0);
    let expected = OrderArmed {
        exchange: world.addresses.exchange,
        time: world.now,
        account: trader.margin_account,
        owner: trader.signer,
        account_sequence: sequence + 1,
        market: world.addresses.market(0),
        market_index: 0,
        state: moment(&mut world, 0, 2),
        outcome: ArmingOutcome::Armed,
        order: OrderMoment::of(0, &order),
        armed_until: world.now + 26,
    };
    says(done, expected);
    assert_eq!(order.fills_from.get(), world.now + 11);
    // The market knows what it was told.
    assert!((world.cached_price(0) - 239.0).abs() < 1e-6);
    assert_refused(world.arm(trader, 0), ExchangeError::OrderArmed);
}

#[test]
fn the_trigger_of_an_order_that_trails_moves_with_the_price() {
    let trails = NewOrder { trailing: Ppm::new(40_000), ..reducing(below(0, i64::MIN)) };
    let (mut world, trader) = resting(trails);
    // 4 % below $275 are $264.
    for (dollars, outcome, best) in
        [(250.0, ArmingOutcome::Moved, 250), (275.0, ArmingOutcome::Moved, 275), (264.0, ArmingOutcome::Armed, 275)]
    {
        world.wait(1);
        world.publish(0, dollars);
        let event = event!(world.arm(trader, 0), OrderArmed);
        assert_eq!((event.outcome, event.order.best), (outcome, price(best).get()));
    }
    // Until it is filled nothing is withdrawn.
    assert_refused(world.withdraw(trader, USDC), ExchangeError::OrderArmed);
}

#[test]
fn a_price_short_of_the_trigger_an_old_one_and_a_wide_one_meet_nothing() {
    let (mut world, trader) = resting(below(240, SOL));
    let placed = world.now;
    world.wait(20);
    for (price, confidence, time) in [
        (240.5, 0.0, placed + 20),
        // As old as the order; sixteen seconds old; with 2 % of confidence, half a percent too much to be good.
        (239.0, 0.0, placed),
        (239.0, 0.0, placed + 4),
        (239.0, 4.8, placed + 20),
    ] {
        world.publish_with(0, price, confidence, time);
        assert_refused(world.arm(trader, 0), ExchangeError::OrderNotMet);
    }
    let unread = world.arming(&trader.margin_account, TargetMarket::at_cached_price(0), 0);
    assert_refused(world.send(&unread), ExchangeError::OrderNotMet);
    world.publish(0, 240.0);
    world.arm(trader, 0).unwrap();
}

#[test]
fn what_cannot_be_filled_now_is_not_armed() {
    let (mut world, trader) = resting(below(240, 1_000 * SOL));
    world.wait(1);
    world.publish(0, 239.0);
    assert_refused(world.arm(trader, 0), ExchangeError::InitialMargin);
    world.replace(trader, 0, &[0], &[below(240, SOL)]).unwrap();
    world.wait(1);
    world.publish(0, 239.0);
    let risk_admin = world.risk_admin;
    world.set_exchange_status(risk_admin, Status::ReduceOnly, 60).unwrap();
    assert_refused(world.arm(trader, 0), ExchangeError::ReduceOnly);
    world.set_exchange_status(risk_admin, Status::Paused, 60).unwrap();
    assert_refused(world.arm(trader, 0), ExchangeError::Paused);
    assert_refused(world.arm(trader, 1), ExchangeError::NoOrder);
    let beyond = world.arming(&trader.margin_account, world.target(0), 16);
    assert_refused(world.send(&beyond), ExchangeError::NoOrder);
}

#[test]
fn of_a_group_all_that_are_armed_fill_in_their_turn() {
    let grouped = |order: NewOrder| NewOrder { group: 1, ..order };
    let (mut world, trader) = resting(grouped(below(260, SOL)));
    let keeper = world.key();
    world.place(trader, 0, &[grouped(above(240, SOL))]).unwrap();
    world.wait(1);
    world.publish(0, 250.0);
    // In one second all of them: the one that was placed first is first.
    world.arm(trader, 1).unwrap();
    world.place(trader, 0, &[grouped(next_price(SOL))]).unwrap();
    world.arm(trader, 0).unwrap();
    world.to_fill(trader, 0, 250.0);
    for later in [1, 2] {
        assert_refused(world.execute(keeper, trader, later), ExchangeError::EarlierOrderArmed);
    }
    for place in [0, 1, 2] {
        world.execute(keeper, trader, place).unwrap();
    }
    assert!(world.orders(&trader.margin_account).state.is_empty());
    assert_eq!(world.position(&trader.margin_account, 0).size, SignedSize::new(3 * SOL));
}
