//! An armed order that nobody but its owner can fill, whenever he likes, at a price that he knows: it waits for an order of his that nobody
//! can execute, and that he alone can kill.

use crate::venue::{cents, listed, next_price, reducing, sol, Venue, DOLLAR};
use perp_engine::operations::orders::{NewOrder, OrderOutcome, ORDER_TIP_LAMPORTS};
use perp_engine::operations::position::{LiquidationOrder, Order};
use perp_engine::units::{Atoms, SignedSize, Size};
use perp_engine::EngineError;
use perp_exchange::Refusal;

const OWNER: usize = 0;
const STRANGER: usize = 1;
const DUST: usize = 0;
const LARGE: usize = 1;

/// Sells one base unit of a long position: its fee of an atom frees no margin, so that no fill is admitted.
fn dust() -> NewOrder {
    reducing(next_price(SignedSize::new(-1)))
}

fn rule(refusal: &Refusal) -> EngineError {
    refusal.rule().unwrap()
}

/// Everything that anybody can do about it.
fn strangers_try(venue: &mut Venue) {
    let refused = venue.execute(OWNER, LARGE).map(|_| ()).unwrap_err();
    assert_eq!(rule(&refused), EngineError::EarlierOrderArmed { place: 0 });
    let refused = venue.execute(OWNER, DUST).map(|_| ()).unwrap_err();
    assert!(matches!(rule(&refused), EngineError::ReductionWorsensHealth { .. }), "{refused:?}");
    assert_eq!(rule(&venue.exchange.sweep_order(OWNER, DUST, None).unwrap_err()), EngineError::OrderAlive);
    assert!(venue.arm(OWNER, DUST).is_err() && venue.arm(OWNER, LARGE).is_err());
    let all = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };
    assert!(venue.exchange.liquidate(STRANGER, OWNER, 0, &all, None).is_err());
    let _ = venue.exchange.settle_pnl(OWNER, 0, None, None);
    let _ = venue.exchange.settle_funding(OWNER, 0);
}

/// $100 000, 0.5 SOL long. Placed at once: the dust, and so many SOL at the next price. Within fifteen seconds of its moment the price moves
/// by so many cents. What the owner gains by then, without what the half SOL does.
fn round(thousandths: i64, moved: i64) -> i128 {
    let mut venue = Venue::sol(&[100_000, 10]);
    venue.trade(OWNER, sol(500)).unwrap();
    venue.next(25_000);
    let before = venue.worth(OWNER);
    venue.place(OWNER, &[dust(), next_price(sol(thousandths))]).unwrap();
    let lamports = venue.exchange.order_lamports;
    assert_eq!(lamports, 2 * ORDER_TIP_LAMPORTS);
    let from = venue.exchange.orders_of(OWNER).unwrap().order(LARGE).unwrap().fills_from.get() - venue.from;
    while venue.now() < from {
        venue.next(25_000);
    }
    strangers_try(&mut venue);
    for second in 1..=15 {
        venue.next(25_000 + moved * second / 15);
        strangers_try(&mut venue);
    }
    if moved * thousandths > 0 {
        // One transaction in the last second.
        venue.trade(OWNER, sol(-500)).unwrap();
        assert!(matches!(venue.execute(OWNER, LARGE).unwrap(), OrderOutcome::Filled(_)));
    } else {
        // Nothing at all: the lamports of both go home.
        venue.next(25_000 + moved);
        let home: u64 = (0..2).map(|slot| venue.exchange.sweep_order(OWNER, slot, None).unwrap()).sum();
        assert_eq!(home, lamports);
    }
    venue.check();
    let half_a_sol = i128::from(moved) * 10_000 / 2;
    venue.worth(OWNER) - before - half_a_sol
}

#[test]
fn finding_an_order_behind_dust_is_filled_by_its_owner_alone_and_only_where_it_won() {
    // A thousand SOL, $250 000; $5 for or against it.
    for thousandths in [1_000_000i64, -1_000_000] {
        let sign = thousandths.signum();
        let (won, lost) = (round(thousandths, sign * 500), round(thousandths, -sign * 500));
        std::println!("{thousandths}: won {}, lost {}", cents(won), cents(lost));
        // $5 000 less 4 bp of fee, and nothing.
        assert!(won > 4_850_000_000, "{won}");
        assert!(lost.abs() < 10_000, "{lost}");
    }
}

/// A standard normal number.
fn normal(rng: &mut fastrand::Rng) -> f64 {
    (-2.0 * (1.0 - rng.f64()).ln()).sqrt() * (core::f64::consts::TAU * rng.f64()).cos()
}

struct Walk {
    rng: fastrand::Rng,
    feed: f64,
    /// Basis points per root of a second.
    sigma: f64,
}

impl Walk {
    fn step(&mut self, venue: &mut Venue) {
        self.feed *= 1.0 + self.sigma * 1e-4 * normal(&mut self.rng);
        self.feed = self.feed.clamp(150.0 * DOLLAR as f64, 400.0 * DOLLAR as f64);
        venue.next_at(self.feed as i64);
    }
}

/// Keepers who execute whatever can be, every second.
fn keep(venue: &mut Venue) {
    for account in [0, 1] {
        for slot in 0..16 {
            if venue.exchange.orders_of(account).unwrap().order(slot).is_ok() {
                let _ = venue.execute(account, slot);
            }
        }
    }
}

/// One who buys with one account and sells with another at one moment, a thousand SOL each, again and again, among keepers who execute
/// whatever they can every second: what he has at the end, and how often one was worth filling.
fn straddles(sigma: f64, rounds: u32, tolerance: u32, behind_dust: bool) -> (i128, u32) {
    let mut venue = Venue::new(&[(listed(tolerance), 3_000_000)], &[1_000_000, 1_000_000]);
    let mut walk = Walk { rng: fastrand::Rng::with_seed(11), feed: 250.0 * DOLLAR as f64, sigma };
    let mut exercised = 0;
    for _ in 0..rounds {
        if !(200.0..320.0).contains(&(walk.feed / DOLLAR as f64)) {
            let back = 250.0 * DOLLAR as f64;
            while (walk.feed - back).abs() > 0.01 * back {
                walk.feed += (back - walk.feed).clamp(-0.005 * walk.feed, 0.005 * walk.feed);
                venue.next_at(walk.feed as i64);
            }
            for _ in 0..1_200 {
                walk.step(&mut venue);
            }
        }
        for account in [0, 1] {
            if venue.size(account) == 0 {
                venue.trade(account, sol(1_000)).unwrap();
            }
        }
        walk.step(&mut venue);
        for (account, size) in [(0, 1_000_000), (1, -1_000_000)] {
            // One filled in a hundred is admitted by how the margin is rounded, two of one reading are not.
            let orders = [dust(), dust(), next_price(sol(size))];
            venue.place(account, if behind_dust { &orders } else { &orders[2..] }).unwrap();
        }
        let (book, large) = (venue.exchange.orders_of(0).unwrap(), if behind_dust { 2 } else { 0 });
        let from = book.order(large).unwrap().fills_from.get() - venue.from;
        let until = if behind_dust { from + 15 } else { from + 1 };
        while venue.now() < until {
            walk.step(&mut venue);
            keep(&mut venue);
        }
        let known = venue.said(0, from) as f64;
        let moved = (venue.said(0, venue.now()) as f64 - known) / known * 1e4;
        if behind_dust {
            // 4 bp of fee and 0.25 of impact to open, 2 bp to close.
            for (account, gains) in [(0, moved), (1, -moved)] {
                if gains > 6.5 && venue.exchange.orders_of(account).unwrap().order(2).is_ok() {
                    let all = SignedSize::new(-venue.size(account));
                    venue.exchange.trade(account, 0, &Order::at_any_price(all), None).unwrap();
                    assert!(matches!(venue.execute(account, 2).unwrap(), OrderOutcome::Filled(_)));
                    exercised += 1;
                }
            }
        }
        walk.step(&mut venue);
        for account in [0, 1] {
            let cancel: Vec<u8> =
                venue.exchange.orders_of(account).unwrap().occupied().map(|(slot, _)| slot as u8).collect();
            venue.exchange.place_orders(account, 0, &cancel, &[], None).unwrap();
            if venue.size(account).abs() > 10_000_000_000 {
                let all = if venue.size(account) > 0 { i64::MIN } else { i64::MAX };
                venue.place(account, &[reducing(next_price(SignedSize::new(all)))]).unwrap();
            }
        }
        for _ in 0..tolerance + 2 {
            walk.step(&mut venue);
            keep(&mut venue);
        }
    }
    venue.check();
    (venue.worth(0) + venue.worth(1) - 2_000_000_000_000, exercised)
}

#[test]
fn finding_straddles_behind_dust_win_among_keepers_who_fill_whatever_they_can() {
    let number = std::env::var("AUDIT_ROUNDS").ok().and_then(|it| it.parse().ok()).unwrap_or(400u32);
    for tolerance in [2, 10] {
        for sigma in [1.42, 5.0, 20.0] {
            for behind_dust in [true, false] {
                let (gained, exercised) = straddles(sigma, number, tolerance, behind_dust);
                std::println!(
                    "tolerance {tolerance} s, {sigma} bp per root of a second, behind dust {behind_dust}: {} a round of $250 000 a side, {exercised} filled by their owner in {number} rounds",
                    cents(gained / i128::from(number))
                );
                assert_eq!(gained > 0, behind_dust);
            }
        }
    }
}

#[test]
fn finding_dust_of_another_market_and_one_group_lets_an_owner_choose_whether_a_close_fills() {
    // A thousand SOL long in one market, half a SOL in another; a sale of all at the next price behind dust there, of one group. Its moment
    // says $250. Where the price is $5 higher fifteen seconds later it lapses, where it is $5 lower it fills at $250.
    let mut left = Vec::new();
    for moved in [500i64, -500] {
        let mut venue = Venue::new(&[(listed(10), 3_000_000), (listed(10), 100_000)], &[100_000, 10]);
        venue.trade(OWNER, sol(1_000_000)).unwrap();
        venue.exchange.trade(OWNER, 1, &Order::at_any_price(sol(500)), None).unwrap();
        venue.next(25_000);
        let before = venue.worth(OWNER);
        let grouped = |order: NewOrder| NewOrder { group: 1, ..order };
        venue.exchange.place_orders(OWNER, 1, &[], &[grouped(dust())], None).unwrap();
        venue.place(OWNER, &[grouped(reducing(next_price(SignedSize::new(i64::MIN))))]).unwrap();
        let from = venue.exchange.orders_of(OWNER).unwrap().order(LARGE).unwrap().fills_from.get() - venue.from;
        while venue.now() < from {
            venue.next(25_000);
        }
        for second in 0..=15 {
            if second > 0 {
                venue.next(25_000 + moved * second / 15);
            }
            let refused = venue.execute(OWNER, LARGE).map(|_| ()).unwrap_err();
            assert_eq!(rule(&refused), EngineError::EarlierOrderArmed { place: 0 });
            assert!(venue.execute(OWNER, DUST).is_err());
        }
        if moved < 0 {
            venue.exchange.trade(OWNER, 1, &Order::at_any_price(sol(-500)), None).unwrap();
            assert!(matches!(venue.execute(OWNER, LARGE).unwrap(), OrderOutcome::Filled(_)));
        }
        venue.check();
        left.push(venue.worth(OWNER) - before);
    }
    std::println!("up: {}, down: {}", cents(left[0]), cents(left[1]));
    assert!(left[0] > 4_990_000_000 && left[1] > -100_000_000, "{left:?}");
}

#[test]
fn finding_a_guardian_with_an_armed_order_keeps_it_from_filling_for_nothing() {
    use perp_engine::state::{Status, StatusAuthority, StatusOrder};
    // A thousand SOL at the next price, $250; seconds after its moment the price is $245. Keepers are a second late.
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
            for _ in 0..15 {
                assert_eq!(rule(&venue.execute(OWNER, 0).map(|_| ()).unwrap_err()), EngineError::ReduceOnly);
                venue.next(24_500);
            }
            assert_eq!(venue.exchange.sweep_order(OWNER, 0, None), Ok(ORDER_TIP_LAMPORTS));
        } else {
            assert!(matches!(venue.execute(OWNER, 0).unwrap(), OrderOutcome::Filled(_)));
        }
        venue.check();
        left.push(venue.worth(OWNER) - before);
    }
    std::println!("filled {}, restricted {}", cents(left[0]), cents(left[1]));
    assert!(left[0] < -5_000_000_000 && left[1] == 0);
}
