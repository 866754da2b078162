//! Whoever arms and fills orders chooses nothing, and nobody is harmed by being served.

use super::*;
use crate::market::fill::Fill;
use crate::state::Position;

/// A buy of 10 SOL at $240 or below, placed at 0 s.
fn waiting(balance: u64) -> World {
    let mut world = World::with(balance);
    world.place(0, &[below(240, sol(10))]).unwrap();
    world
}

#[test]
fn attack_one_print_arms_an_order_and_does_not_price_it() {
    // A wick of one second to $200. The entry is filled at what the market is three seconds later.
    let mut world = waiting(10_000);
    world.arm(5, 0, Some(dollars(200, 5))).unwrap();
    world.post(dollars(250, 6), 6);
    let plan = world.filled(8, 0, dollars(250, 8));
    assert_eq!(plan.notional.to_atoms_ceil(), Ok(usdc(2_500)));
}

#[test]
fn attack_a_trailing_stop_raised_by_one_print_and_back_sells_at_the_market() {
    // $250, one print of $300, $250 again: 5 % below $300 is met, and sold at what comes then.
    let mut world = World::holding(10_000, 10);
    let trails = NewOrder { trigger_price: Price::ZERO, trailing: Ppm::new(50_000), ..reducing(below(1, sol(-10))) };
    world.place(0, &[trails]).unwrap();
    world.arm(1, 0, Some(dollars(300, 1))).unwrap();
    assert!(world.arm(2, 0, Some(dollars(250, 2))).unwrap().is_armed());
    let plan = world.filled(6, 0, dollars(251, 5));
    // $10 gained on 10 SOL, but for the atoms that prices round down by.
    assert_eq!(plan.realized.get() / 10, 999_999);
}

#[test]
fn attack_nobody_chooses_the_moment_after_its_price_is_known() {
    // The trigger is met at 5 s and again at 9 s. Whoever arms it at 9 s binds it to 12 s, whatever has been published by then.
    let mut world = waiting(10_000);
    world.post(dollars(240, 5), 5);
    world.post(dollars(235, 9), 9);
    world.arm(9, 0, Some(dollars(240, 5))).unwrap();
    assert_eq!(world.order(0).fills_from, at(12).now);
    for known in [5, 9, 11] {
        let missing = EngineError::NoFillReading { from: at(12).now.get(), until: at(22).now.get() };
        assert_eq!(world.execute(11, 0, dollars(235, known)), Err(missing));
    }
}

#[test]
fn attack_a_clock_that_lags_shows_nobody_the_price() {
    // The clock says 5 s while it is 8 s, three more than the tolerance: the reading of 8 s is public, and 5 + 3 = 8. Whoever hands any
    // reading of 8 s in proves it, and for a minute by the clock nothing is armed or filled.
    let mut world = waiting(10_000);
    world.post(dollars(239, 8), 5);
    let behind = Err(EngineError::ClockBehind { until: at(65).now.get() });
    assert_eq!(world.arm(5, 0, Some(dollars(239, 5))).map(|_| ()), behind);
    // Nor what only reduces.
    let mut world = World::holding(10_000, 10);
    world.place(0, &[reducing(below(240, sol(-10)))]).unwrap();
    world.post(dollars(239, 8), 5);
    assert_eq!(world.arm(5, 0, Some(dollars(239, 5))).map(|_| ()), behind);
    // Armed before, it is not filled at it either.
    let mut world = waiting(10_000);
    world.arm(5, 0, Some(dollars(239, 5))).unwrap();
    let ahead = Err(EngineError::ClockBehind { until: at(8).now.get() });
    assert_eq!(world.execute(5, 0, dollars(239, 8)).map(|_| ()), ahead);
    world.post(dollars(239, 8), 5);
    assert_eq!(world.execute(7, 0, dollars(239, 8)).map(|_| ()), behind);
    // Within the tolerance the newest time that is known counts: a second source of time is anybody's reading.
    let mut world = waiting(10_000);
    world.post(dollars(239, 7), 5);
    world.arm(5, 0, Some(dollars(239, 5))).unwrap();
    assert_eq!(world.order(0).fills_from, at(10).now);
}

#[test]
fn attack_the_order_in_which_orders_are_filled_moves_no_price() {
    // Two accounts buy 100 and 50 SOL at the same moment. Impact: G(100) = 0.00025 SOL, G(150) = 0.0005625: whoever fills them decides
    // who of both pays the larger part, both pay G(150), and both are charged on $250.
    let fills = |first: i64, second: i64| {
        let mut market = plain_market();
        market.parameters.impact_limit = Ppm::new(4_000);
        [first, second].map(|amount| {
            let mut world = World { market, ..World::with(10_000) };
            world.place(0, &[next_price(sol(amount))]).unwrap();
            let fill = world.filled(4, 0, dollars(250, 3)).fill;
            market.ledger = world.market.ledger;
            fill
        })
    };
    let impact = |fills: [Fill; 2]| fills.map(|fill| fill.impact().unwrap().to_atoms_ceil().unwrap().get());
    assert_eq!(impact(fills(100, 50)), [62_500, 78_125]);
    assert_eq!(impact(fills(50, 100)), [15_625, 125_000]);
    let notionals =
        [fills(100, 50), fills(50, 100)].map(|[one, other]| one.index_notional.get() + other.index_notional.get());
    assert_eq!(notionals[0], notionals[1]);
}

#[test]
fn attack_dust_orders_cost_their_owner_and_nobody_else() {
    // An order of a base unit opens nothing. One that reduces by a base unit frees no margin for its atom of fee, is not filled, and is
    // void: whoever fills orders tries it before he sends it.
    let dust = World::with(10_000).place(0, &[next_price(base(1))]);
    assert_eq!(dust, Err(EngineError::BelowMinimumPosition { minimum: usdc(100) }));
    let mut world = World::holding(10_000, 10);
    world.place(0, &[reducing(next_price(base(-1)))]).unwrap();
    let refused = world.execute(4, 0, dollars(250, 3));
    assert!(matches!(refused, Err(EngineError::ReductionWorsensHealth { .. })), "{refused:?}");
    assert_eq!((world.sweep(19, 0), world.account.balance), (Ok(TIP), usdc(10_000)));
}

#[test]
fn attack_racing_a_liquidation_fills_no_more_than_it_leaves() {
    // 100 SOL at $250 and $950: at $247 the equity of $650 is below 3 % of $24 700, $741.
    let mut world = World::holding(950, 100);
    world.place(0, &[reducing(below(248, base(i64::MIN)))]).unwrap();
    world.arm(5, 0, Some(dollars(247, 5))).unwrap();
    let closed = world.liquidate(8, dollars(247, 8)).unwrap();
    let left = 100 * SOL - closed.get();
    assert!(closed.get() > 0 && left > 0, "{closed:?}");
    let plan = world.filled(9, 0, dollars(247, 8));
    assert_eq!((plan.closed.get(), world.account.positions[0]), (left, Position::default()));
    // Where the order was first there is nothing to liquidate.
    let mut world = World::holding(950, 100);
    world.place(0, &[reducing(below(248, base(i64::MIN)))]).unwrap();
    world.arm(5, 0, Some(dollars(247, 5))).unwrap();
    world.filled(8, 0, dollars(247, 8));
    assert_eq!(world.liquidate(8, dollars(247, 8)), Err(EngineError::NoPosition));
}

#[test]
fn attack_a_liquidation_that_takes_all_leaves_a_dead_order() {
    let mut world = World::holding(400, 100);
    world.place(0, &[reducing(below(248, sol(-50)))]).unwrap();
    world.arm(5, 0, Some(dollars(246, 5))).unwrap();
    // At $246.10 equity of $10 is gone but for a part of the penalty: all is closed.
    assert_eq!(world.liquidate(8, reading(24_610_000_000, 0, 8)), Ok(Size::new(100 * SOL)));
    assert_eq!(world.execute(9, 0, dollars(246, 8)), Err(EngineError::OrderDead));
    assert_eq!(world.sweep(9, 0), Ok(TIP));
}

#[test]
fn attack_withholding_the_price_of_another_position_makes_no_order_fail() {
    // 100 SOL besides in a market told $250 at 10 s. At 26 s that may be $212.50 or $287.50 for who would increase; a fill counts on the
    // better, as whoever would liquidate.
    let mut world = World::with(2_700);
    let mut other = Market { index: 1, ..plain_market() };
    publish(&mut other, 1 << 38, 10);
    world.account.positions[1] =
        Position { size: sol(100), entry_notional: crate::fixtures::exact(25_000).into(), ..Position::empty_in(1) };
    publish(&mut world.market, 1 << 38, 10);
    let order = [next_price(sol(100))];
    let plan = world
        .planned_beside(&other, 10, None, |book, portfolio, market| place_orders(book, portfolio, market, &[], &order));
    plan.unwrap().apply(&mut world.account);
    let attempt = |other: &Market| {
        let reading = dollars(250, 13);
        let mut world = world;
        publish(&mut world.market, 1 << 38, 14);
        world.planned_beside(other, 26, Some(reading), |book, portfolio, market| {
            plan_execute_order(book, 0, portfolio, market, &reading).map(|plan| plan.outcome)
        })
    };
    assert!(matches!(attempt(&other), Ok(OrderOutcome::Filled(_))));
    publish(&mut other, 1 << 38, 26);
    assert!(matches!(attempt(&other), Ok(OrderOutcome::Filled(_))));
    // With every price known and the other one lower, the margin is not there indeed; what has lost nothing costs nothing.
    publish(&mut other, (1 << 38) / 100 * 50, 26);
    assert_eq!(attempt(&other), Ok(OrderOutcome::Forfeited { paid: Atoms::ZERO }));
}

#[test]
fn attack_a_bound_market_shows_nobody_the_price_either() {
    // As above, in a market that takes readings of one account alone: the reading of 8 s lies in another one, and the market does not learn
    // it. The clock says 5 s, the order is armed and filled within that second.
    let mut world = waiting(10_000);
    world.arm(5, 0, Some(dollars(239, 5))).unwrap();
    let reading = dollars(239, 8);
    let filled =
        world.planned(5, None, |book, portfolio, market| plan_execute_order(book, 0, portfolio, market, &reading));
    assert_eq!(filled.map(|_| ()), Err(EngineError::ClockBehind { until: at(8).now.get() }));
}

#[test]
fn attack_proving_a_silence_frees_nobody_from_a_losing_order() {
    // The feed was silent from 10 s to 99 s, and the market took in what it said a second later. So nobody has proved the silence to it. The
    // reading of 99 s, fresh until 114 s, does so, and for two minutes the market only reduces: its owner keeps it until he knows that he
    // bought at $255 what is at $250.
    let mut world = World::with(10_000);
    world.post(dollars(250, 10), 10);
    world.post(dollars(250, 100), 100);
    world.place(101, &[next_price(sol(100))]).unwrap();
    assert_eq!(world.order(0).fills_from, at(104).now);
    let (reading, known) = (dollars(255, 104), 105);
    world.post(dollars(250, known), known);
    let mut honest = world;
    let (outcome, _) = honest.execute(known, 0, reading).unwrap();
    assert!(matches!(outcome, OrderOutcome::Filled(_)), "nobody keeps it from being filled");
    let silent = reading_of_silence(99, 10);
    world.post(silent, known);
    let lost = match world.execute(known, 0, reading).map(|(outcome, _)| outcome) {
        Ok(OrderOutcome::Forfeited { paid }) => paid,
        Ok(OrderOutcome::Filled(_)) => usdc(500),
        other => panic!("its owner has it for nothing: {other:?}"),
    };
    assert_eq!(lost, usdc(500));
}

/// A reading of $250 whose predecessor is of another second.
fn reading_of_silence(published: i64, previous: i64) -> OracleReading {
    dollars(250, published).with_previous(at(previous).now.get())
}
