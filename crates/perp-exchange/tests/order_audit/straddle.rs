//! What armed orders are worth to an owner who alone hands the readings in: the least tip is the same for every size.

use crate::venue::{cents, listed, next_price, reducing, sol, Venue, DOLLAR};
use perp_engine::units::SignedSize;

/// A thousand SOL, a quarter of a million dollars.
const SIZE: i64 = 1_000_000;

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
        // Near where it began, so that sizes stay what they are in dollars.
        self.feed = self.feed.clamp(150.0 * DOLLAR as f64, 400.0 * DOLLAR as f64);
        venue.next_at(self.feed as i64);
    }
}

/// One who buys with one account and sells with another at the same moment, again and again; what he has at the end, in atoms, and how often
/// one of both was worth filling. With keepers both are filled at once.
fn rounds(sigma: f64, rounds: u32, tolerance: u32, keepers: bool) -> (i128, u32) {
    let mut venue = Venue::new(&[(listed(tolerance), 3_000_000)], &[3_000_000, 3_000_000]);
    let mut walk = Walk { rng: fastrand::Rng::with_seed(7), feed: 250.0 * DOLLAR as f64, sigma };
    let mut exercised = 0;
    for _ in 0..rounds {
        // A walk that has gone far begins anew.
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
        for (account, size) in [(0, SIZE), (1, -SIZE)] {
            if venue.place(account, &[next_price(sol(size))]).is_err() {
                return (i128::MIN, exercised);
            }
        }
        let from = venue.exchange.orders_of(0).unwrap().order(0).unwrap().fills_from.get() - venue.from;
        while venue.now() < if keepers { from } else { from + 15 } {
            walk.step(&mut venue);
        }
        let known = venue.said(0, from) as f64;
        let moved = (venue.said(0, venue.now()) as f64 - known) / known * 1e4;
        let mut filled = Vec::new();
        // 4 bp of fee and 0.25 of impact to open, 2 bp to close.
        for (account, gains) in [(0, moved), (1, -moved)] {
            if (keepers || gains > 6.5) && venue.execute(account, 0).is_ok() {
                filled.push(account);
            }
        }
        exercised += u32::from(!keepers && !filled.is_empty());
        walk.step(&mut venue);
        for account in [0, 1] {
            if !venue.exchange.orders_of(account).unwrap().is_empty() {
                venue.exchange.place_orders(account, 0, &[0], &[], None).unwrap();
            }
        }
        for account in filled {
            let all = if venue.size(account) > 0 { i64::MIN } else { i64::MAX };
            venue.place(account, &[reducing(next_price(SignedSize::new(all)))]).unwrap();
        }
        for _ in 0..tolerance + 2 {
            walk.step(&mut venue);
            for account in [0, 1] {
                let _ = venue.execute(account, 0);
            }
        }
        assert_eq!([venue.size(0), venue.size(1)], [0, 0]);
    }
    venue.check();
    (venue.worth(0) + venue.worth(1) - 6_000_000_000_000, exercised)
}

#[test]
fn finding_an_owner_who_alone_hands_readings_in_has_a_straddle_for_nothing() {
    let number = std::env::var("AUDIT_ROUNDS").ok().and_then(|it| it.parse().ok()).unwrap_or(1_000u32);
    for tolerance in [2, 10] {
        for sigma in [1.42, 5.0, 10.0, 20.0] {
            for keepers in [false, true] {
                let (gained, exercised) = rounds(sigma, number, tolerance, keepers);
                assert_eq!(gained > 0, !keepers);
                std::println!(
                    "tolerance {tolerance} s, {sigma} bp per root of a second, keepers {keepers}: {} a round of $250 000 a side, {exercised} of {number} filled",
                    cents(gained / i128::from(number))
                );
            }
        }
    }
}
