//! Orders that are armed or fill at one moment are asked for what trades one after the other are.

use super::*;

/// SOL-PERP whose initial margin grows from 5 % at 100 SOL of open interest to all at 2 000.
fn crowded(balance: u64) -> World {
    let mut world = World::with(balance);
    let parameters = &mut world.market.parameters;
    (parameters.open_interest_low, parameters.open_interest_high) = (Size::new(100 * SOL), Size::new(2_000 * SOL));
    world
}

#[test]
fn what_is_armed_together_is_asked_for_the_open_interest_of_all_of_it() {
    // Two orders of 100 SOL. The first, 5 % of $25 000 and $10. Both: at 200 SOL of open interest 5 % + 95 % · 100 / 1 900 = 10 % of
    // $50 000 and $20, of which the first holds $1 260.
    let mut world = crowded(5_020);
    world.place(0, &[next_price(sol(100)); 2]).unwrap();
    assert_eq!([0, 1].map(|slot| world.order(slot).margin_held), [usdc(1_260), usdc(3_760)]);
    // So is a trade of as much, and no cheaper.
    assert!(crowded(5_020).trade(0, sol(200)).is_ok());
    let refused = [
        crowded(5_019).place(0, &[next_price(sol(100)); 2]).map(|_| ()),
        crowded(5_019).trade(0, sol(200)).map(|_| ()),
    ];
    assert!(refused.iter().all(|refused| matches!(refused, Err(EngineError::InitialMargin { .. }))), "{refused:?}");
    // Those of the other side are another sum.
    let mut world = crowded(2_520);
    world.place(0, &[next_price(sol(100)), next_price(sol(-100))]).unwrap();
    assert_eq!([0, 1].map(|slot| world.order(slot).margin_held), [usdc(1_260); 2]);
}

#[test]
fn what_is_armed_together_is_asked_for_the_size_of_all_of_it() {
    // 5 % at $25 000, growing with the root: 50 000 ppm · 2^32 / 158 114. Twice as much needs 7.0711 % of $50 000, and $20.
    let sized = |atoms| {
        let mut world = World::with(0);
        world.account.balance = Atoms::new(atoms);
        world.market.parameters.size_premium = 1_358_200_000;
        world.place(0, &[next_price(sol(100)); 2]).map(|_| ())
    };
    assert_eq!(sized(3_555_600_000), Ok(()));
    assert!(matches!(sized(3_555_000_000), Err(EngineError::InitialMargin { .. })));
}

#[test]
fn a_fill_is_asked_for_more_the_more_has_filled() {
    // Open interest of 100 SOL, then 380 of somebody else's, then 480: of the initial margin for that, 5 % + 95 % · 380 / 1 900 = 24 %, the
    // maintenance margin's part is 14.4 % of $25 000, $3 600. The fee is $10.
    let left = |atoms: u64| {
        let mut world = crowded(0);
        world.account.balance = usdc(10_000);
        world.place(0, &[next_price(sol(100))]).unwrap();
        world.account.balance = Atoms::new(atoms);
        let long = &mut world.market.ledger.sides[0];
        (long.open_interest, long.entry_notional) = (Size::new(380 * SOL), crate::fixtures::exact(95_000).into());
        world.post(dollars(250, 4), 4);
        world.execute(4, 0, dollars(250, 3)).unwrap().0
    };
    assert!(matches!(left(3_610_000_000), OrderOutcome::Filled(_)));
    // What is over for that has lost nothing yet.
    assert_eq!(left(3_609_999_999), OrderOutcome::Forfeited { paid: Atoms::ZERO });
}

#[test]
fn an_order_that_comes_to_nothing_costs_no_more_than_its_account_owns() {
    // $1 300, and 20 SOL bought at $300 besides: $1 300 − 20 · $60 is what it owns at $240. The order would have lost 100 · $10.
    let mut world = World::with(10_000);
    world.account.positions[1] = crate::state::Position {
        size: sol(20),
        entry_notional: crate::fixtures::exact(6_000).into(),
        ..crate::state::Position::empty_in(1)
    };
    let mut other = Market { index: 1, ..plain_market() };
    publish(&mut other, 1 << 38, 0);
    let order = [next_price(sol(100))];
    let plan = world
        .planned_beside(&other, 0, None, |book, portfolio, market| place_orders(book, portfolio, market, &[], &order));
    plan.unwrap().apply(&mut world.account);
    world.account.balance = usdc(1_300);
    publish(&mut other, (1 << 38) / 25 * 24, 5);
    for (dollar, seconds) in [(250, 3), (240, 5)] {
        world.planned_beside(&other, seconds, Some(dollars(dollar, seconds)), |_, _, _| ());
    }
    let outcome = world.planned_beside(&other, 5, Some(dollars(250, 3)), |book, portfolio, market| {
        plan_execute_order(book, 0, portfolio, market, &dollars(250, 3)).map(|plan| plan.outcome)
    });
    // Less an atom, as prices round down.
    assert_eq!(outcome, Ok(OrderOutcome::Forfeited { paid: Atoms::new(99_999_999) }));
}
