//! The worked example of the specification.

use super::*;

/// A reading of so many cents ± $0.05, the one before it a second earlier.
fn cents(price: i64, seconds: i64) -> OracleReading {
    reading(price * FEED / 100, 5_000_000, seconds).with_previous(at(seconds - 1).now.get())
}

#[test]
fn an_entry_with_a_stop_and_a_target_from_beginning_to_end() {
    let mut world = World::with(2_000);
    world.market.parameters.volatility = Ppm::new(800_000);
    world.market.parameters.impact_limit = Ppm::new(4_000);
    let child = |order: NewOrder| NewOrder { group: 1, parent: Some(0), ..reducing(order) };
    let entry = NewOrder { acceptable_price: price(256), ..above(252, sol(20)) };
    let plan = world.place(0, &[entry, child(below(245, sol(-20))), child(above(265, sol(-20)))]).unwrap();
    assert_eq!(plan.paid, 120_000);

    // $252.10 arms it at 40 s. It needs 5 % of $5042; trading at once would cost $1 of confidence, 1.6 / √31 557 600 of $5042, $1.43605, of
    // volatility, $0.00252 of impact and $2.0168 of fee.
    world.arm(40, 0, Some(cents(25_210, 40))).unwrap();
    assert_eq!((world.order(0).fills_from, world.order(0).margin_held), (at(43).now, Atoms::new(256_555_376)));

    // The reading of 43 s says $252.50: $5050, $1 of confidence, 0.00001 SOL of impact, 4 bp of fee.
    world.post(cents(25_400, 44), 44);
    let bought = world.filled(45, 0, cents(25_250, 43));
    assert_eq!(
        (bought.notional.to_atoms_floor(), bought.fill.fee),
        (Ok(Atoms::new(5_051_002_525)), Atoms::new(2_020_000))
    );
    assert_eq!([1, 2].map(|slot| world.order(slot).position), [1, 1]);

    // $244.90 meets the stop at 300 s; at 303 s the price is $244.40: $4888 less $1, and 2 bp.
    world.arm(300, 1, Some(cents(24_490, 300))).unwrap();
    let plan = world.execute(304, 1, cents(24_440, 303)).unwrap();
    let OrderOutcome::Filled(sold) = plan.0 else { panic!("{plan:?}") };
    assert_eq!((sold.realized.get(), sold.fill.fee), (-164_002_526, Atoms::new(977_600)));
    assert_eq!(plan.1, OrderLamports { tip: 40_000, returned: 40_000 });
    // 2000 − 2.02 − 164.002526 − 0.9776
    assert_eq!((world.account.balance, world.book.is_empty()), (Atoms::new(1_832_999_874), true));
}
