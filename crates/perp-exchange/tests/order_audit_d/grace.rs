//! What an order that fails takes from an account that is healthy only by a grace.

use crate::venue::{cents, listed, next_price, sol, Venue, DOLLAR};
use perp_engine::operations::orders::OrderOutcome;
use perp_engine::operations::position::Order;
use perp_engine::oracle::OracleReading;
use perp_engine::units::Atoms;

const OWNER: usize = 0;

/// The next second of the first market, the second one silent.
fn next(venue: &mut Venue, price: i64) {
    let (said, last) = (usize::try_from(venue.now() + 1).unwrap(), *venue.path[0].last().unwrap());
    venue.path[0].resize(said, last);
    venue.path[0].push(price * (DOLLAR / 100));
    venue.second();
    venue.post(0);
}

/// 400 SOL long in a market that falls silent, with so many dollars. 55 s later a thousand SOL are bought in another one at the next price,
/// $250; it is $245 four seconds after. Meanwhile the silent one says so many cents, and proves its silence or does not. What the order
/// takes, and what the account is worth after it, at the prices there are.
fn silent(dollars: u64, says: i64, proved: bool) -> (Option<Atoms>, i128, i128) {
    let mut venue = Venue::new(&[(listed(2), 3_000_000), (listed(2), 1_000_000)], &[dollars]);
    venue.exchange.trade(OWNER, 1, &Order::at_any_price(sol(400_000)), None).unwrap();
    let silent_since = venue.now();
    for _ in 0..55 {
        next(&mut venue, 25_000);
    }
    venue.place(OWNER, &[next_price(sol(1_000_000))]).unwrap();
    let from = venue.exchange.orders_of(OWNER).unwrap().order(0).unwrap().fills_from.get() - venue.from;
    while venue.now() < from {
        next(&mut venue, 25_000);
    }
    for _ in 0..6 {
        next(&mut venue, 24_500);
    }
    let published = venue.from + venue.now();
    let previous = if proved { venue.from + silent_since } else { published - 1 };
    let reading = OracleReading::new(says * (DOLLAR / 100), 0, -8, published).unwrap().with_previous(previous);
    venue.exchange.update_price(1, &reading).unwrap();
    let before = venue.worth(OWNER);
    let taken = match venue.execute(OWNER, 0).unwrap() {
        OrderOutcome::Forfeited { paid } => Some(paid),
        OrderOutcome::Filled(_) => None,
        OrderOutcome::Disarmed => panic!("disarmed"),
    };
    venue.check();
    (taken, before, venue.worth(OWNER))
}

#[test]
fn finding_a_grace_takes_more_than_an_account_owns_and_then_nothing() {
    let mut all = Vec::new();
    for (dollars, says) in [(35_000, 16_750), (35_000, 16_300), (35_000, 16_200)] {
        for proved in [false, true] {
            let (taken, before, after) = silent(dollars, says, proved);
            std::println!(
                "{says} proved {proved}: owned {}, paid {:?}, left {}",
                cents(before),
                taken.map(|it| cents(i128::from(it.get()))),
                cents(after)
            );
            all.push(taken.map(|it| it.get() / 10_000));
        }
    }
    // At the prices there are it owns $130.51 and pays $5 000 by the grace; where it owns nothing it pays nothing, and without the grace no
    // more than it owns. What it cannot pay of its loss in the silent market is that market's.
    assert_eq!(all, [193_051, 500_000, 13_051, 500_000, 0, 0].map(Some));
}
