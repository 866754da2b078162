//! What meets an order, and what does not.

use super::*;
use crate::units::SignedAtoms;

/// A buy of 10 SOL at $240 or below, placed at 0 s.
fn waiting() -> World {
    let mut world = World::with(10_000);
    world.place(0, &[below(240, sol(10))]).unwrap();
    world
}

#[test]
fn an_order_by_price_is_armed_by_a_reading_at_its_trigger() {
    let mut world = waiting();
    assert_eq!(world.arm(5, 0, Some(dollars(241, 5))), Err(EngineError::OrderNotMet));
    let plan = world.arm(6, 0, Some(dollars(240, 6))).unwrap();
    // 6 + 2 + 1. It needs 5 % of $2400, and 4 bp.
    assert!(plan.is_armed());
    assert_eq!((world.order(0).fills_from, world.order(0).margin_held), (at(9).now, Atoms::new(120_960_000)));
    assert_eq!(world.account.armed_until, at(24).now);
    let armed = EngineError::OrderArmed { until: at(24).now.get() };
    assert_eq!(world.arm(7, 0, Some(dollars(230, 7))), Err(armed));
}

#[test]
fn it_fills_from_the_newest_time_that_is_known() {
    // The clock says 6 s, the reading 8 s: the true time is 8 s or later.
    let mut world = waiting();
    world.arm(6, 0, Some(dollars(240, 8))).unwrap();
    assert_eq!(world.order(0).fills_from, at(11).now);
    // A reading too wide to be a price shows the time as well.
    let mut world = waiting();
    world.post(reading(240 * FEED, 10 * 240 * FEED as u64, 8), 6);
    world.arm(6, 0, Some(dollars(240, 6))).unwrap();
    assert_eq!(world.order(0).fills_from, at(11).now);
}

#[test]
fn attack_no_order_is_armed_by_an_old_a_wide_or_an_out_of_bounds_reading() {
    let mut world = waiting();
    world.market.parameters.max_confidence_valid = Ppm::new(15_000);
    let not_met = Err(EngineError::OrderNotMet);
    // Of the second in which it was placed, or before.
    assert_eq!(world.clone().arm(1, 0, Some(dollars(200, 0))), not_met);
    assert_eq!(world.clone().arm(1, 0, Some(dollars(200, -1))), not_met);
    // 6 s old; a trade takes 5 s.
    world.post(dollars(239, 17), 17);
    assert_eq!(world.clone().arm(17, 0, Some(dollars(239, 11))), not_met);
    assert!(world.clone().arm(17, 0, Some(dollars(239, 12))).is_ok());
    // $239 ± $3.60 is 1.5063 %.
    let wide = |confidence| reading(239 * FEED, confidence, 18);
    assert_eq!(world.clone().arm(18, 0, Some(wide(360_000_000))), not_met);
    assert!(world.clone().arm(18, 0, Some(wide(100_000_000))).is_ok());
    // The second source says $250, and the first's price may be 2 % from it.
    (world.market.parameters.second_max_deviation, world.market.parameters.second_max_age) = (Ppm::new(20_000), 60);
    (world.market.second_price.price, world.market.second_price.published) = (price(250), at(18).now);
    assert_eq!(world.clone().arm(18, 0, Some(dollars(239, 18))), not_met);
    // From too far ahead of the clock.
    assert_eq!(waiting().arm(5, 0, Some(dollars(200, 8))), not_met);
    assert_eq!(waiting().arm(5, 0, None), not_met);
}

#[test]
fn an_order_that_may_increase_is_armed_only_where_it_could_be_filled_now() {
    // 10 SOL at $240: 5 % of $2400 and the fee of $0.96.
    let mut world = waiting();
    world.account.balance = Atoms::new(120_960_000);
    assert!(world.clone().arm(6, 0, Some(dollars(240, 6))).is_ok());
    world.account.balance = Atoms::new(120_959_999);
    let (equity, required) = (SignedAtoms::new(119_999_999), Atoms::new(120_000_000));
    assert_eq!(world.clone().arm(6, 0, Some(dollars(240, 6))), Err(EngineError::InitialMargin { equity, required }));
    // Whatever else a trade would be refused for.
    world.account.balance = usdc(10_000);
    world.market.parameters.open_interest_cap = Size::new(9 * SOL);
    let capped = world.arm(6, 0, Some(dollars(240, 6)));
    assert_eq!(capped, Err(EngineError::OpenInterestCap { cap: Size::new(9 * SOL) }));
}

#[test]
fn several_armed_orders_need_the_margin_of_all_of_them() {
    // Two of 10 SOL: $120.96 each.
    let armed = |atoms| {
        let mut world = World::with(0);
        world.place(0, &[below(240, sol(10)), below(240, sol(10))]).unwrap();
        world.account.balance = Atoms::new(atoms);
        world.arm(6, 0, Some(dollars(240, 6))).unwrap();
        world.arm(6, 1, None.or(Some(dollars(240, 6)))).is_ok()
    };
    assert_eq!([241_920_000, 241_919_999].map(armed), [true, false]);
}

const FIRST: Result<(), EngineError> = Err(EngineError::EarlierOrderArmed { place: 0 });

#[test]
fn of_a_group_all_that_are_armed_fill_and_the_others_are_cancelled() {
    // Three SOL of ten each, as two of them are armed and the third is not.
    let stop = NewOrder { group: 3, ..reducing(below(240, sol(-3))) };
    let mut world = World::holding(10_000, 10);
    world.place(0, &[stop, stop, stop]).unwrap();
    world.arm(6, 1, Some(dollars(240, 6))).unwrap();
    world.arm(7, 0, Some(dollars(240, 7))).unwrap();
    assert_eq!(world.execute(10, 0, dollars(240, 10)), Err(EngineError::EarlierOrderArmed { place: 1 }));
    // The third one's lamports go home.
    assert_eq!(world.execute(10, 1, dollars(240, 9)).unwrap().1, OrderLamports { tip: TIP, returned: TIP });
    world.filled(10, 0, dollars(240, 10));
    assert!(world.book.is_empty() && world.account.armed_until.is_never());
    assert_eq!(world.size(), 4);
}

#[test]
fn one_whose_group_has_filled_is_not_armed_again() {
    // Two entries of one group, both armed. The price of the second one's reading is beyond its bound: it is over.
    let entry = NewOrder { group: 3, acceptable_price: price(241), ..below(240, sol(1)) };
    let mut world = World::with(10_000);
    world.place(0, &[entry, entry]).unwrap();
    world.arm(6, 0, Some(dollars(240, 6))).unwrap();
    world.arm(7, 1, Some(dollars(240, 7))).unwrap();
    world.filled(10, 0, dollars(240, 9));
    assert_eq!(world.execute(10, 1, dollars(250, 10)).unwrap().0, OrderOutcome::Disarmed);
    assert_eq!(world.arm(50, 1, Some(dollars(240, 50))).map(drop), Err(EngineError::OrderDead));
    assert_eq!(world.size(), 1);
}

#[test]
fn of_one_market_and_moment_the_one_that_was_placed_first_fills_first() {
    let stop = reducing(below(240, sol(-10)));
    let mut world = World::holding(10_000, 10);
    world.place(0, &[stop, stop]).unwrap();
    world.arm(6, 1, Some(dollars(240, 6))).unwrap();
    world.arm(6, 0, Some(dollars(240, 6))).unwrap();
    assert_eq!(world.execute(9, 1, dollars(240, 9)).map(drop), FIRST);
    assert_eq!(world.execute(13, 1, dollars(240, 9)).map(drop), FIRST);
    // Where nobody fills that one for five seconds it keeps no other from it.
    let mut late = world;
    late.filled(14, 1, dollars(240, 9));
    assert_eq!(world.execute(25, 1, dollars(240, 9)), Err(EngineError::OrderNotArmed));
}

#[test]
fn orders_of_a_market_fill_in_the_order_in_which_they_were_armed() {
    // Else whoever fills them would choose among known prices, or, where one may also open, between none and a short.
    let mut world = World::holding(10_000, 10);
    world.place(1, &[reducing(next_price(sol(-10))), next_price(sol(-10))]).unwrap();
    assert_eq!(world.execute(8, 1, dollars(250, 4)).map(drop), FIRST);
    world.filled(9, 0, dollars(250, 4));
    world.filled(9, 1, dollars(250, 4));
    assert_eq!(world.size(), -10);
    // The other way round the sale closes the position, and what reduces it is dead.
    let mut world = World::holding(10_000, 10);
    world.place(1, &[next_price(sol(-10)), reducing(next_price(sol(-10)))]).unwrap();
    assert_eq!(world.execute(8, 1, dollars(250, 4)).map(drop), FIRST);
    world.filled(9, 0, dollars(250, 4));
    assert_eq!((world.size(), world.execute(9, 1, dollars(250, 4))), (0, Err(EngineError::OrderDead)));
    // Whatever is armed, what reduces all of a position is armed beside it.
    let mut world = World::holding(10_000, 10);
    let all = SignedSize::new(i64::MIN);
    world.place(1, &[next_price(sol(-5)), reducing(next_price(all)), reducing(next_price(all))]).unwrap();
    // What reduces a position reduces nothing that was added after it was armed.
    let mut world = World::holding(10_000, 10);
    world.place(1, &[next_price(sol(10)), reducing(next_price(SignedSize::new(i64::MIN)))]).unwrap();
    world.filled(9, 0, dollars(250, 4));
    world.filled(9, 1, dollars(250, 4));
    assert_eq!(world.size(), 10);
    // One that its reading disarms holds up nothing any longer, nor one whose position is gone.
    let mut world = World::holding(10_000, 10);
    let bounded = NewOrder { acceptable_price: price(239), ..reducing(below(240, sol(-5))) };
    world.place(0, &[bounded, reducing(below(240, sol(-5)))]).unwrap();
    world.arm(6, 0, Some(dollars(240, 6))).unwrap();
    world.arm(7, 1, Some(dollars(239, 7))).unwrap();
    assert_eq!(world.execute(10, 1, dollars(238, 10)).map(drop), FIRST);
    assert_eq!(world.execute(10, 0, dollars(238, 9)).unwrap().0, OrderOutcome::Disarmed);
    world.filled(10, 1, dollars(238, 10));
    assert_eq!(world.size(), 5);
}

#[test]
fn an_order_that_may_increase_counts_as_an_opening() {
    // A long of 100 SOL with $1 590, and a sale of as many, which closes it today. Would it count as that, fifteen more could be armed with
    // no margin for what they open.
    let mut world = World::holding(1_590, 100);
    world.place(1, &[below(240, sol(-100))]).unwrap();
    // $1200 for the position at $240, of which $590 are left; 5 % of $24 000 and 2 bp for the order.
    let (equity, required) = (SignedAtoms::new(589_999_999), Atoms::new(2_404_800_000));
    assert_eq!(world.arm(6, 0, Some(dollars(240, 6))), Err(EngineError::InitialMargin { equity, required }));
    // Nor is it armed where the market only reduces, in which a sale of a base unit would keep it from being filled.
    let mut world = World::holding(10_000, 100);
    world.place(1, &[below(240, sol(-100))]).unwrap();
    world.market.reduce_only = crate::fixtures::restricted_until(60);
    assert_eq!(world.arm(6, 0, Some(dollars(240, 6))), Err(EngineError::ReduceOnly));
}

#[test]
fn an_order_trails_the_best_price_that_anybody_shows() {
    // 10 SOL bought at $250 and sold 4 % below the highest price.
    let mut world = World::holding(10_000, 10);
    let trails = NewOrder { trigger_price: Price::ZERO, trailing: Ppm::new(40_000), ..reducing(below(1, sol(-10))) };
    world.place(0, &[trails]).unwrap();
    for (dollar, seconds) in [(250, 1), (260, 2), (275, 3)] {
        assert!(!world.arm(seconds, 0, Some(dollars(dollar, seconds))).unwrap().is_armed());
        assert_eq!(world.order(0).best, price(u64::try_from(dollar).unwrap()));
    }
    // $275 less 4 % is $264. A reading from before the best price is no return from it.
    assert_eq!(world.arm(4, 0, Some(dollars(265, 4))), Err(EngineError::OrderNotMet));
    assert_eq!(world.arm(4, 0, Some(dollars(260, 2))), Err(EngineError::OrderNotMet));
    assert!(world.arm(4, 0, Some(dollars(263, 4))).unwrap().is_armed());
    // A short's mirror image: bought 4 % above the lowest.
    let mut world = World::holding(10_000, -10);
    let trails = NewOrder { trigger: OrderTrigger::AtOrAbove, size: sol(10), acceptable_price: price(500), ..trails };
    world.place(0, &[trails]).unwrap();
    for (dollar, seconds) in [(250, 1), (225, 2)] {
        assert!(!world.arm(seconds, 0, Some(dollars(dollar, seconds))).unwrap().is_armed());
    }
    assert_eq!(world.arm(4, 0, Some(dollars(233, 3))), Err(EngineError::OrderNotMet));
    assert!(world.arm(4, 0, Some(dollars(235, 4))).unwrap().is_armed());
}

#[test]
fn an_expired_order_is_not_armed_and_an_armed_one_does_not_expire() {
    let mut world = World::with(10_000);
    world.place(0, &[NewOrder { expires: at(10).now, ..below(240, sol(10)) }; 2]).unwrap();
    world.arm(10, 0, Some(dollars(240, 10))).unwrap();
    assert_eq!(world.arm(11, 1, Some(dollars(240, 11))), Err(EngineError::OrderDead));
    assert_eq!((world.sweep(11, 0), world.sweep(11, 1)), (Err(EngineError::OrderAlive), Ok(TIP)));
    world.filled(14, 0, dollars(239, 13));
    assert_eq!(world.size(), 10);
}

#[test]
fn orders_on_both_sides_of_a_market_need_one_place() {
    // Positions in eleven markets, one place is left. A buy and a sale of the twelfth market may both fill: they share that place.
    let mut world = World::with(1_000_000);
    world.market.index = 11;
    let others: [Market; 11] = core::array::from_fn(|index| {
        let mut market = plain_market();
        market.index = u16::try_from(index).unwrap();
        market
    });
    for (place, market) in (0u16..).zip(&others) {
        let mut position = crate::state::Position::empty_in(place);
        position.claim = usdc(1);
        world.account.positions[usize::from(place)] = position;
        assert_eq!(market.index, place);
    }
    let clock = World::clock(0);
    let place = |world: &mut World, order: NewOrder| {
        let market = world.market.refresh(None, &session(Status::Active, clock)).unwrap();
        let portfolio = Portfolio::new(&world.account, Some(&market), others.iter(), clock).unwrap();
        place_orders(&mut world.book, &portfolio, &market, &[], &[order])
    };
    place(&mut world, next_price(sol(10))).unwrap();
    assert_eq!(place(&mut world, next_price(sol(10))).map(|_| ()), Ok(()), "the same side");
    assert_eq!(place(&mut world, next_price(sol(-10))).map(|_| ()), Ok(()), "the other side");
}
