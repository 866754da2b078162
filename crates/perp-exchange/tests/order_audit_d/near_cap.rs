//! Orders that fail on purpose, behind dust: what they would have lost is measured by the newest price that somebody has told.

use crate::canceled_option::keep;
use crate::venue::{cents, listed, next_price, reducing, sol, Venue, DOLLAR};
use perp_engine::operations::orders::{NewOrder, OrderOutcome};
use perp_engine::operations::position::{LiquidationOrder, Order};
use perp_engine::oracle::OracleReading;
use perp_engine::state::{Parameters, Status, StatusAuthority, StatusOrder};
use perp_engine::units::{Atoms, SignedSize, Size};
use perp_engine::EngineError;
use perp_exchange::Refusal;

const OWNER: usize = 0;
const OTHER: usize = 1;

fn dust() -> NewOrder {
    reducing(next_price(SignedSize::new(-1)))
}

fn trade(venue: &mut Venue, account: usize, thousandths: i64) {
    venue.exchange.trade(account, 0, &Order::at_any_price(sol(thousandths)), None).unwrap();
}

/// A market of 1 100 SOL a side. The owner buys a thousand at the next price, $250, behind dust where he attacks; once that is armed another
/// account of his buys 100.2. Four seconds after the moment the price has moved by so many cents. What he has gained, the
/// 100.2 SOL hedged.
fn round(behind_dust: bool, posted: bool, moved: i64) -> (i128, Option<Atoms>) {
    let parameters = Parameters { open_interest_cap: Size::new(1_100_000_000_000), ..listed(2) };
    let mut venue = Venue::new(&[(parameters, 3_000_000)], &[100_000, 100_000]);
    trade(&mut venue, OWNER, 500);
    venue.next(25_000);
    let worth = venue.worth(OWNER) + venue.worth(OTHER);
    let orders = [dust(), dust(), next_price(sol(1_000_000))];
    venue.place(OWNER, if behind_dust { &orders } else { &orders[2..] }).unwrap();
    let large = if behind_dust { 2 } else { 0 };
    let moment = venue.exchange.orders_of(OWNER).unwrap().order(large).unwrap().fills_from.get() - venue.from;
    trade(&mut venue, OTHER, 100_200);
    while venue.now() < moment {
        venue.next(25_000);
    }
    let mut paid = None;
    for second in 0..=4 {
        if second > 0 {
            let cents = 25_000 + moved * second / 4;
            venue.path[0].push(cents * (DOLLAR / 100));
            venue.second();
            if posted {
                venue.post_all();
            }
        }
        keep(&mut venue, OWNER);
    }
    if venue.exchange.orders_of(OWNER).unwrap().order(large).is_ok() {
        if moved > 0 {
            trade(&mut venue, OTHER, -100_200);
        }
        trade(&mut venue, OWNER, -500);
        match venue.execute(OWNER, large).unwrap() {
            OrderOutcome::Forfeited { paid: all } => paid = Some(all),
            OrderOutcome::Filled(_) => {}
            OrderOutcome::Disarmed => unreachable!(),
        }
    }
    venue.post_all();
    venue.check();
    let held = venue.size(OWNER) / 1_000_000;
    let rest = if held == 500 || held == 1_000_500 { 500 } else { 0 };
    // What was bought at $250 before anything was known is hedged: its part is none of the order's.
    let hedged = (100_200 + rest) * i128::from(moved) * 10;
    (venue.worth(OWNER) + venue.worth(OTHER) - worth - hedged, paid)
}

#[test]
fn finding_dust_makes_its_owner_the_first_to_fail_an_order_near_a_cap() {
    for posted in [false, true] {
        let [up, down, honest] = [round(true, posted, 500), round(true, posted, -500), round(false, posted, 500)];
        std::println!(
            "posted {posted}: up {} down {} paid {:?}; without dust it fails at once for {:?} {}",
            cents(up.0),
            cents(down.0),
            down.1,
            honest.1,
            cents(honest.0)
        );
        assert!(up.0 > 4_300_000_000);
        assert_eq!(down.0 < -4_900_000_000, posted);
    }
}

#[test]
fn a_market_made_to_reduce_only_frees_nobody_from_a_losing_order() {
    // A thousand SOL at the next price, $250; a second after its moment the price is $245, and the guardian who owns it restricts the market.
    let mut left = Vec::new();
    for restricts in [false, true] {
        let mut venue = Venue::sol(&[100_000]);
        let before = venue.worth(OWNER);
        venue.place(OWNER, &[next_price(sol(1_000_000))]).unwrap();
        let from = venue.exchange.orders_of(OWNER).unwrap().order(0).unwrap().fills_from.get() - venue.from;
        while venue.now() < from {
            venue.next(25_000);
        }
        venue.next(24_500);
        if restricts {
            let order = StatusOrder { status: Status::ReduceOnly, seconds: 15, authority: StatusAuthority::Guardian };
            venue.exchange.set_market_status(0, &order).unwrap();
        }
        venue.execute(OWNER, 0).unwrap();
        venue.check();
        left.push(venue.worth(OWNER) - before);
    }
    std::println!("filled {}, restricted {}", cents(left[0]), cents(left[1]));
    assert!(left[0] < -5_000_000_000 && left[1] < -4_999_000_000);
}

/// A clock that lags by so many seconds: the feed says that much more than the clock knows. What an owner behind dust and a group gains by
/// the last second in which nobody else can act, of a thousand SOL and a price that moves by a cent a second from the moment on.
#[test]
fn finding_a_clock_that_lags_lengthens_the_five_seconds() {
    const LAG: i64 = 9;
    let mut venue = Venue::new(&[(listed(10), 3_000_000), (listed(10), 100_000)], &[100_000]);
    venue.exchange.trade(OWNER, 1, &Order::at_any_price(sol(500)), None).unwrap();
    // The feed is nine seconds ahead of the clock, within the tolerance of ten.
    let said = |venue: &Venue| venue.now() + LAG;
    let reading = |venue: &Venue, second: i64, cents: i64| {
        OracleReading::new(cents * (DOLLAR / 100), 0, -8, venue.from + second)
            .unwrap()
            .with_previous(venue.from + second - 1)
    };
    venue.second();
    for market in 0..2 {
        let it = reading(&venue, said(&venue), 25_000);
        venue.exchange.update_price(market, &it).unwrap();
    }
    let grouped = |order: NewOrder| NewOrder { group: 1, ..order };
    let close = grouped(reducing(next_price(SignedSize::new(i64::MIN))));
    venue.exchange.place_orders(OWNER, 1, &[], &[dust(), dust(), close], None).unwrap();
    venue.exchange.place_orders(OWNER, 0, &[], &[grouped(next_price(sol(1_000_000)))], None).unwrap();
    let moment = venue.exchange.orders_of(OWNER).unwrap().order(3).unwrap().fills_from.get() - venue.from;
    let at_moment = reading(&venue, moment, 25_000);
    let mut known_for = 0;
    for _ in 0..40 {
        venue.second();
        if said(&venue) < moment {
            continue;
        }
        // The owner could still fill it in this second, and nobody else can.
        let mut owner = venue.clone();
        owner
            .exchange
            .trade(OWNER, 1, &Order::at_any_price(sol(-500)), Some(&reading(&venue, said(&venue), 25_000)))
            .unwrap();
        let mine = owner.exchange.execute_order(OWNER, 3, 0, &at_moment);
        let theirs = venue.exchange.execute_order(OWNER, 3, 0, &at_moment).map(|_| ());
        match theirs {
            Err(Refusal::Rule(EngineError::EarlierOrderArmed { .. })) if mine.is_ok() => {
                known_for = said(&venue) - moment
            }
            _ => break,
        }
    }
    std::println!("the owner alone can fill it up to {known_for} s after its reading is said");
    assert_eq!(known_for, 4 + LAG);
}

#[test]
fn liquidators_gain_five_seconds_at_most() {
    // 100 SOL long with $1 385, the price falls 24 cents a second. Somebody arms what nobody can execute before the stop, in the same second:
    // ten SOL at a moment whose reading is wide.
    let fall = |blocked: bool| {
        let mut venue = Venue::sol(&[1_385, 10]);
        trade(&mut venue, OWNER, 100_000);
        venue.next(25_000);
        let stop = |thousandths: i64| {
            reducing(crate::venue::below(
                24_700,
                if thousandths == 0 { SignedSize::new(i64::MIN) } else { sol(thousandths) },
            ))
        };
        // A base unit of it, and all.
        let orders = [
            NewOrder { size: SignedSize::new(-1), ..stop(1) },
            NewOrder { size: SignedSize::new(-1), ..stop(1) },
            stop(0),
        ];
        venue.place(OWNER, &orders).unwrap();
        let mut filled = None;
        for second in 1..=60 {
            venue.next(25_000 - 24 * second);
            if blocked {
                let _ = venue.arm(OWNER, 0);
                let _ = venue.arm(OWNER, 1);
            }
            let _ = venue.arm(OWNER, 2);
            let all = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };
            let _ = venue.exchange.liquidate(OTHER, OWNER, 0, &all, None);
            if let Ok(OrderOutcome::Filled(_)) = venue.execute(OWNER, 2) {
                filled = Some(second);
            }
        }
        venue.check();
        (venue.worth(OWNER), venue.worth(OTHER) - 10_000_000, filled)
    };
    let (alone, blocked) = (fall(false), fall(true));
    std::println!(
        "alone {} bounty {} {:?}; behind dust of his own {} bounty {} {:?}",
        cents(alone.0),
        cents(alone.1),
        alone.2,
        cents(blocked.0),
        cents(blocked.1),
        blocked.2
    );
}

/// A market of a legacy account, which holds the newest reading alone: a thousand SOL at the next price, behind dust. In the one second in
/// which its reading is there only the owner can fill it; who sees prices two seconds ahead does so where they rise.
#[test]
fn finding_in_a_market_of_a_legacy_account_an_order_behind_dust_is_its_owners_choice() {
    let round = |behind_dust: bool, moved: i64| {
        let mut venue = Venue::new(&[(listed(2), 3_000_000)], &[100_000]);
        trade(&mut venue, OWNER, 500);
        venue.next(25_000);
        let worth = venue.worth(OWNER);
        let orders = [dust(), dust(), next_price(sol(1_000_000))];
        venue.place(OWNER, if behind_dust { &orders } else { &orders[2..] }).unwrap();
        let place = if behind_dust { 2 } else { 0 };
        let moment = venue.exchange.orders_of(OWNER).unwrap().order(place).unwrap().fills_from.get() - venue.from;
        while venue.now() < moment {
            venue.next(25_000);
        }
        // Keepers in that second; its owner, who sees what comes.
        keep(&mut venue, OWNER);
        if behind_dust && moved > 0 {
            trade(&mut venue, OWNER, -500);
            assert!(matches!(venue.execute(OWNER, place).unwrap(), OrderOutcome::Filled(_)));
        }
        for _ in 0..16 {
            venue.next(25_000 + moved);
        }
        venue.check();
        let held = if venue.size(OWNER) % 1_000_000_000_000 == 0 { 0 } else { 5_000 };
        venue.worth(OWNER) - worth - i128::from(moved * held)
    };
    let [up, down, honest] = [round(true, 50), round(true, -50), round(false, -50)];
    std::println!("up 50 cents {}, down {}; without dust down {}", cents(up), cents(down), cents(honest));
    assert!(up > 390_000_000 && down.abs() < 300_000 && honest < -590_000_000);
}
