//! What the owner of an armed order cannot do once its price is known.

use super::*;

/// A buy of 100 SOL at the next price, armed at 0 s: $1250 of margin and $10 of fee.
fn armed(balance: u64) -> World {
    let mut world = World::with(balance);
    world.place(0, &[next_price(sol(100))]).unwrap();
    world
}

/// The price of 3 s is $5 above that at which the market is by 9 s: filling loses $500.
const KNOWN: i64 = 255;

#[test]
fn attack_cancelling_or_replacing_an_armed_order() {
    let mut world = armed(10_000);
    let refused = EngineError::OrderArmed { until: at(18).now.get() };
    assert_eq!(world.cancel(4, 0), Err(refused));
    assert_eq!(world.replace(4, &[0], &[next_price(sol(1))]), Err(refused));
    assert_eq!(world.sweep(18, 0), Err(EngineError::OrderAlive));
    world.filled(9, 0, dollars(KNOWN, 3));
    assert_eq!(world.size(), 100);
}

#[test]
fn attack_withdrawing_what_an_armed_order_needs() {
    let world = armed(1_300);
    let taken = plan_withdrawal(&world.account, usdc(1_300), at(9).now).map(|_| ());
    assert_eq!(taken, Err(EngineError::OrderArmed { until: at(18).now.get() }));
    // Nor is it taken by the way of positions.
    let mut world = World::holding(10_000, 10);
    world.place(1, &[next_price(sol(10))]).unwrap();
    let taken = world.planned(9, None, |_, portfolio, _| {
        let session = session(Status::Active, World::clock(9));
        crate::operations::account::plan_margined_withdrawal(portfolio, usdc(1), &session).map(|_| ())
    });
    assert_eq!(taken, Err(EngineError::OrderArmed { until: at(19).now.get() }));
}

#[test]
fn attack_depositing_only_if_the_price_pleases() {
    // An account without the margin arms nothing: else its owner could pay it in once the price is known.
    let refused = World::with(1_259).place(0, &[next_price(sol(100))]);
    assert!(matches!(refused, Err(EngineError::InitialMargin { .. })), "{refused:?}");
    assert!(World::with(1_260).place(0, &[next_price(sol(100))]).is_ok());
}

#[test]
fn attack_using_the_margin_elsewhere() {
    // 50 SOL more need $625, which is there now, and would not be for the order.
    let mut world = armed(1_800);
    assert_eq!(world.trade(4, sol(50)), Err(EngineError::OrderArmed { until: at(18).now.get() }));
    world.filled(9, 0, dollars(KNOWN, 3));
    // Once nothing is armed any more it may.
    world.account.balance = usdc(10_000);
    world.post(dollars(250, 9), 9);
    assert!(world.trade(9, sol(50)).is_ok());
}

#[test]
fn attack_keeping_an_order_from_filling_by_an_increase_in_every_slot() {
    // A short of 100 SOL, closed at the next price. Its owner would add a base unit in the slot of each attempt.
    for order in [next_price(sol(100)), reducing(next_price(sol(100)))] {
        let mut world = World::holding(10_000, -100);
        world.place(1, &[order]).unwrap();
        world.post(dollars(250, 8), 8);
        assert_eq!(world.trade(9, base(-1)), Err(EngineError::OrderArmed { until: at(19).now.get() }));
        world.filled(9, 0, dollars(KNOWN, 4));
        assert_eq!(world.size(), 0);
    }
    // He reduces instead, so that less than a position would be left, or would be on the other side: just the position is closed.
    // 100.1 of 101 or 99.9 of 100 are left, 0.1 more or less than what the order is for: $25.
    for (held, order, own) in [(-101, 100, 900), (-100, 100, 100), (101, -100, -900), (100, -100, -100)] {
        let mut world = World::holding(10_000, held);
        world.place(1, &[next_price(sol(order))]).unwrap();
        world.post(dollars(250, 8), 8);
        world.trade(9, base(own * 1_000_000)).unwrap();
        let plan = world.filled(9, 0, dollars(KNOWN, 4));
        assert_eq!((plan.opened, world.account.positions[0].size), (Size::ZERO, SignedSize::ZERO));
    }
}

#[test]
fn attack_letting_another_of_its_group_take_it_out() {
    // What is armed fills at its own reading, whatever of its group has filled before: in another market as well.
    let mut world = World::with(100_000);
    let grouped = |order: NewOrder| NewOrder { group: 1, ..order };
    world.place(0, &[grouped(next_price(sol(100)))]).unwrap();
    world.place(1, &[grouped(next_price(sol(1)))]).unwrap();
    world.place(1, &[grouped(above(250, sol(1)))]).unwrap();
    world.arm(4, 2, Some(dollars(250, 4))).unwrap();
    for later in [1, 2] {
        assert_eq!(world.execute(9, later, dollars(250, 8)), Err(EngineError::EarlierOrderArmed { place: 0 }));
    }
    // It expires no more either, and takes none of the others with it, which are armed as well.
    assert_eq!(world.execute(9, 0, dollars(KNOWN, 3)).unwrap().1, OrderLamports { tip: TIP, returned: 0 });
    world.filled(9, 1, dollars(250, 4));
    world.filled(9, 2, dollars(250, 7));
    assert_eq!(world.size(), 102);
}

#[test]
fn attack_an_option_on_an_order_behind_one_that_nobody_can_fill() {
    // Half a SOL, and a sale of one unit of it, which costs more than it frees: nobody fills that, and its owner ends it when he likes by
    // closing the position. Behind it 1 000 SOL at the next price.
    let mut world = World::holding(100_000, 1);
    world.place(0, &[reducing(next_price(base(-1))), next_price(sol(1_000))]).unwrap();
    world.post(dollars(250, 3), 7);
    let attempt = |seconds, place| {
        let mut world = world;
        world.execute(seconds, place, dollars(KNOWN, 3)).map(|(outcome, _)| outcome)
    };
    assert!(matches!(attempt(7, 0), Err(EngineError::ReductionWorsensHealth { .. })));
    assert_eq!(attempt(7, 1).map(drop), Err(EngineError::EarlierOrderArmed { place: 0 }));
    // Five seconds after its reading it keeps nobody from it any more, for ten seconds.
    for seconds in [8, 18] {
        assert!(matches!(attempt(seconds, 1), Ok(OrderOutcome::Filled(_))), "{seconds}");
    }
}

#[test]
fn attack_filling_an_order_twice() {
    let mut world = armed(100_000);
    world.filled(9, 0, dollars(KNOWN, 3));
    assert_eq!(world.execute(9, 0, dollars(KNOWN, 3)), Err(EngineError::NoOrder));
    // Nor a slice.
    let mut world = World::with(100_000);
    world.place(0, &[NewOrder { slices: 2, seconds_between: 60, lamports: 2 * TIP, ..next_price(sol(10)) }]).unwrap();
    world.filled(9, 0, dollars(KNOWN, 3));
    assert_eq!(world.execute(9, 0, dollars(KNOWN, 3)), Err(EngineError::OrderNotArmed));
    assert_eq!((world.size(), world.book.lamports()), (10, Ok(TIP)));
}

#[test]
fn attack_selling_at_a_known_price_what_is_bought_after_it() {
    // 10 SOL are sold at the price of 3 s, $300, while the market is still told $250: 90 more are not bought at that.
    let mut world = World::holding(100_000, 10);
    world.place(0, &[reducing(next_price(base(i64::MIN)))]).unwrap();
    assert_eq!(world.trade(4, sol(90)), Err(EngineError::OrderArmed { until: at(18).now.get() }));
    let plan = world.filled(4, 0, dollars(300, 3));
    assert_eq!((plan.closed, world.size()), (Size::new(10 * SOL), 0));
}

#[test]
fn attack_a_second_source_frees_nobody_from_a_losing_order() {
    // Bought at the reading of 3 s, $255; by 5 s both sources say $250, from which the first may be 1 % away.
    let secured = |second: i64, published: i64| {
        let mut world = armed(10_000);
        let parameters = &mut world.market.parameters;
        (parameters.second_max_deviation, parameters.second_max_age) = (Ppm::new(10_000), 60);
        let clock = World::clock(5);
        let said = dollars(second, published);
        let plan = crate::operations::market::plan_update_second_price(&world.market, &said, clock).unwrap();
        world.market.second_price = plan.second_price;
        world.execute(5, 0, dollars(KNOWN, 3)).map(|(outcome, _)| match outcome {
            OrderOutcome::Filled(plan) => plan.notional.to_atoms_ceil().unwrap(),
            other => panic!("{other:?}"),
        })
    };
    // Borne out, it fills at what it says: 100 · $255.
    assert_eq!(secured(253, 5), Ok(usdc(25_500)));
    // By the second source's newer price it is worth at most 1 % more than that: 100 · $252.50.
    assert_eq!(secured(250, 5), Ok(usdc(25_250)));
    // What the second source did not bear out when it was published is no price: a manipulated one fills nothing.
    let missing = EngineError::NoFillReading { from: at(3).now.get(), until: at(13).now.get() };
    assert_eq!([secured(250, 3), secured(250, 2)], [Err(missing), Err(missing)]);
}

#[test]
fn attack_a_second_source_keeps_no_stop_from_filling() {
    // 100 SOL sold at the $245 of 4 s. At 6 s both sources are at $242, from which 1 % leads to $244.42.
    let mut world = World::holding(1_510, 100);
    let parameters = &mut world.market.parameters;
    (parameters.second_max_deviation, parameters.second_max_age) = (Ppm::new(10_000), 60);
    world.place(0, &[reducing(below(246, sol(-100)))]).unwrap();
    world.arm(1, 0, Some(dollars(246, 1))).unwrap();
    (world.market.second_price.price, world.market.second_price.published) = (price(242), at(6).now);
    let plan = world.filled(6, 0, dollars(245, 4));
    // $24 442 by prices that round down.
    assert_eq!((plan.notional.to_atoms_ceil(), world.size()), (Ok(Atoms::new(24_442_000_000)), 0));
}

#[test]
fn attack_a_market_that_takes_no_reading_charges_nothing_by_an_older_price() {
    // It takes readings of one account alone, which nobody writes: told $250 at 0 s, it does not learn the $256 of the fill. Marked at $250 the
    // position had lost $600 of the $1 249.76 that the fee leaves, and 3 % of $25 000 were asked; at $256 it has lost nothing.
    let mut world = World::with(1_260);
    world.place(0, &[next_price(sol(100))]).unwrap();
    let reading = dollars(256, 3);
    let plan =
        world.planned(4, None, |book, portfolio, market| plan_execute_order(book, 0, portfolio, market, &reading));
    let OrderOutcome::Filled(plan) = plan.unwrap().outcome else { panic!("not filled") };
    assert_eq!((plan.after.equity.get(), plan.after.margin), (1_249_760_000, usdc(768)));
}

#[test]
fn attack_arming_an_order_again_and_again_locks_no_account() {
    // A stranger arms an entry whose bound is always exceeded, as often as it can be. Half of every thirty seconds are the owner's.
    let mut world = World::with(10_000);
    world.place(0, &[NewOrder { acceptable_price: price(200), ..below(260, sol(10)) }]).unwrap();
    let (mut free, mut armed) = (0, 0);
    for seconds in 1..=340 {
        armed += i32::from(world.arm(seconds, 0, Some(dollars(250, seconds))).is_ok());
        let leaves = world.clone().cancel(seconds, 0).is_ok();
        assert_eq!(leaves, plan_withdrawal(&world.account, usdc(1), at(seconds).now).is_ok());
        free += i32::from(leaves);
    }
    // Armed at 1 s, it fills from 4 s, is over after 19 s and rests until 34 s; a reading of 35 s arms it again, 34 s later.
    assert_eq!((armed, free), (10, 10 * 15));
}
