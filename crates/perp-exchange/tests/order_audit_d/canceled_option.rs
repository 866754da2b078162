//! An armed order that its owner fills or lets an honest keeper cancel, once he has seen four more seconds of prices: it shares a group with
//! a small close that was armed before it, and that one waits for dust. In five seconds nobody but the owner, by closing the small position,
//! can end the waiting; from then on whoever fills orders in their turn fills the small close, and the group cancels the large order.

use crate::venue::{bounded, cents, listed, next_price, reducing, sol, Venue, DOLLAR, SOL};
use perp_engine::operations::orders::{NewOrder, OrderOutcome};
use perp_engine::operations::position::Order;
use perp_engine::state::Parameters;
use perp_engine::units::{Price, SignedSize};
use perp_engine::EngineError;
use perp_exchange::Refusal;

const OWNER: usize = 0;
/// Where the large orders are.
const LARGE: u16 = 0;
/// Where the owner has half a SOL.
const SMALL: u16 = 1;
const ALL: SignedSize = SignedSize::new(i64::MIN);

/// What stands before the small close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// Nothing: the close fills at once, and the large order never.
    Nothing,
    /// Sales of one base unit, which nobody can execute.
    Dust,
}

fn dust() -> NewOrder {
    reducing(next_price(SignedSize::new(-1)))
}

fn grouped(order: NewOrder) -> NewOrder {
    NewOrder { group: 1, ..order }
}

/// The account's armed orders in their turn.
fn in_turn(venue: &Venue, account: usize) -> Vec<usize> {
    let now = venue.exchange.clock.now;
    let book = venue.exchange.orders_of(account).unwrap();
    let mut armed: Vec<_> = book.occupied().filter(|(_, order)| order.is_armed(now).unwrap()).collect();
    armed.sort_by_key(|(_, order)| (order.fills_from, order.number));
    armed.into_iter().map(|(slot, _)| slot).collect()
}

/// Honest keepers: they execute everything that can be executed, in turn, whether it pays or not.
pub fn keep(venue: &mut Venue, account: usize) {
    while in_turn(venue, account).into_iter().any(|slot| venue.execute(account, slot).is_ok()) {}
}

fn trade(venue: &mut Venue, account: usize, market: u16, size: SignedSize) {
    venue.exchange.trade(account, market, &Order::at_any_price(size), None).unwrap();
}

fn size_in(venue: &Venue, account: usize, market: u16) -> i64 {
    let state = venue.exchange.account(account).unwrap();
    state.slot_of(market).map_or(0, |slot| state.positions[slot].size.get())
}

/// Arms everything, and waits for the moment. The place of the large order, and its second.
fn arm(venue: &mut Venue, account: usize, large: NewOrder, before: Before) -> (usize, i64) {
    let close = grouped(reducing(next_price(ALL)));
    // One of dust in a hundred is admitted by how a margin is rounded, two of one reading are not.
    let orders = [dust(), dust(), close];
    let orders = if before == Before::Dust { &orders[..] } else { &orders[2..] };
    venue.exchange.place_orders(account, SMALL, &[], orders, None).unwrap();
    venue.exchange.place_orders(account, LARGE, &[], &[grouped(large)], None).unwrap();
    let book = venue.exchange.orders_of(account).unwrap();
    let (place, order) = book.occupied().max_by_key(|(_, order)| order.number).unwrap();
    (place, order.fills_from.get() - venue.from)
}

/// The owner's transaction: closes half a SOL, so that all before the large order are dead, and fills that.
fn exercise(venue: &mut Venue, account: usize, place: usize) {
    let small = size_in(venue, account, SMALL);
    trade(venue, account, SMALL, SignedSize::new(-small));
    assert!(matches!(venue.execute(account, place).unwrap(), OrderOutcome::Filled(_)));
    let dead: Vec<usize> = venue.exchange.orders_of(account).unwrap().occupied().map(|(slot, _)| slot).collect();
    for slot in dead {
        venue.exchange.sweep_order(account, slot, None).unwrap();
    }
}

/// A second in which both feeds speak.
fn next(venue: &mut Venue, feed: i64) {
    venue.next_at(feed);
}

/// $100 000 and half a SOL in another market. A thousand SOL are bought at the next price, $250; four seconds later the price has moved by so
/// many cents. What the owner gains.
fn round(before: Before, moved: i64) -> i128 {
    let mut venue = Venue::new(&[(listed(2), 3_000_000), (listed(2), 100_000)], &[100_000]);
    trade(&mut venue, OWNER, SMALL, sol(500));
    next(&mut venue, 250 * DOLLAR);
    let worth = venue.worth(OWNER);
    let (place, moment) = arm(&mut venue, OWNER, next_price(sol(1_000_000)), before);
    while venue.now() < moment {
        next(&mut venue, 250 * DOLLAR);
        keep(&mut venue, OWNER);
    }
    for second in 1..=4 {
        next(&mut venue, (25_000 + moved * second / 4) * DOLLAR / 100);
        keep(&mut venue, OWNER);
        if before == Before::Dust {
            // Nobody can do anything, whatever is tried.
            let blocked = venue.clone().execute(OWNER, place).map(|_| ()).unwrap_err();
            assert!(matches!(blocked, Refusal::Rule(EngineError::EarlierOrderArmed { .. })), "{blocked:?}");
        }
    }
    if before == Before::Dust && moved > 0 {
        exercise(&mut venue, OWNER, place);
    }
    for _ in 0..12 {
        next(&mut venue, (25_000 + moved) * DOLLAR / 100);
        keep(&mut venue, OWNER);
    }
    venue.check();
    venue.worth(OWNER) - worth
}

#[test]
fn finding_a_group_behind_dust_lets_its_owner_choose_whether_an_armed_order_fills() {
    let [nothing, won, lost] = [round(Before::Nothing, 500), round(Before::Dust, 500), round(Before::Dust, -500)];
    std::println!("without dust {}; behind dust: up $5 {}, down $5 {}", cents(nothing), cents(won), cents(lost));
    // $5 000 less 4 bp of $250 000 and impact; else the fee of half a SOL.
    assert!(won > 4_850_000_000 && lost.abs() < 200_000 && nothing.abs() < 200_000);
}

fn normal(rng: &mut fastrand::Rng) -> f64 {
    (-2.0 * (1.0 - rng.f64()).ln()).sqrt() * (core::f64::consts::TAU * rng.f64()).cos()
}

/// A feed that is a Brownian motion in its logarithm, and what a hedge elsewhere, without cost, of the large position has made.
struct Walk {
    rng: fastrand::Rng,
    feed: f64,
    sigma: f64,
    hedge: i128,
    accounts: usize,
}

impl Walk {
    fn step(&mut self, venue: &mut Venue) {
        let last = self.feed as i64;
        let drawn = self.sigma * 1e-4 * normal(&mut self.rng);
        // It turns back at $150 and $400, by as much as it would have gone, so that nobody gains by its turning who does not hold.
        let turned = !(150.0..400.0).contains(&(self.feed / DOLLAR as f64));
        let away = (self.feed > 250.0 * DOLLAR as f64) == (drawn > 0.0);
        self.feed *= 1.0 + if turned && away { -drawn } else { drawn };
        let moved = i128::from(self.feed as i64 - last);
        for account in 0..self.accounts {
            // Atoms: 10^-6 dollars of 10^-8 dollars a SOL of 10^9 units.
            self.hedge -= i128::from(size_in(venue, account, LARGE)) * moved / i128::from(SOL) / 100;
        }
        next(venue, self.feed as i64);
        for account in 0..self.accounts {
            keep(venue, account);
        }
    }
}

/// One who holds nothing or a thousand SOL in each of two accounts, long in one and short in the other. Every round he puts an order behind
/// dust that would enter or leave, and fills it where that was worth more than its fee. What he has gained at the end, hedged, in atoms a
/// round and account, and how many he filled.
fn rounds(sigma: f64, number: u32, before: Before, parameters: Parameters) -> (i128, u32) {
    let mut venue = Venue::new(&[(parameters, 3_000_000), (listed(2), 100_000)], &[1_000_000, 1_000_000]);
    let mut walk = Walk { rng: fastrand::Rng::with_seed(7), feed: 250.0 * DOLLAR as f64, sigma, hedge: 0, accounts: 2 };
    let start = venue.worth(0) + venue.worth(1);
    let mut filled = 0;
    for _ in 0..number {
        for account in 0..2 {
            if size_in(&venue, account, SMALL) == 0 {
                trade(&mut venue, account, SMALL, sol(500));
            }
        }
        walk.step(&mut venue);
        let mut armed = Vec::new();
        for (account, sign) in [(0usize, 1i64), (1, -1)] {
            let held = size_in(&venue, account, LARGE);
            let large = if held == 0 {
                next_price(sol(sign * 1_000_000))
            } else {
                reducing(next_price(SignedSize::new(-held)))
            };
            let (place, moment) = arm(&mut venue, account, large, before);
            armed.push((account, place, moment, large.size.get().signum(), if held == 0 { 4.5 } else { 2.5 }));
        }
        let moment = armed[0].2;
        while venue.now() < moment + 4 {
            walk.step(&mut venue);
        }
        let known = venue.said(LARGE, moment) as f64;
        let moved = (venue.said(LARGE, venue.now()) as f64 - known) / known * 1e4;
        if before == Before::Dust {
            for (account, place, _, sign, least) in armed {
                if moved * sign as f64 > least {
                    exercise(&mut venue, account, place);
                    filled += 1;
                }
            }
        }
        while venue.now() < moment + 16 {
            walk.step(&mut venue);
        }
        for account in 0..2 {
            let left: Vec<usize> =
                venue.exchange.orders_of(account).unwrap().occupied().map(|(slot, _)| slot).collect();
            for slot in left {
                venue.exchange.sweep_order(account, slot, None).unwrap();
            }
        }
    }
    venue.check();
    (venue.worth(0) + venue.worth(1) - start + walk.hedge, filled)
}

fn number() -> u32 {
    std::env::var("AUDIT_ROUNDS").ok().and_then(|it| it.parse().ok()).unwrap_or(300u32)
}

#[test]
fn finding_options_behind_dust_win_among_honest_keepers() {
    for sigma in [1.42, 5.0, 20.0] {
        for before in [Before::Dust, Before::Nothing] {
            let number = number();
            let (gained, filled) = rounds(sigma, number, before, listed(2));
            let each = gained / i128::from(2 * number);
            std::println!(
                "{sigma} bp per root of a second, {before:?}: {} an order of $250 000, {filled} of {} filled",
                cents(each),
                2 * number
            );
            assert_eq!(gained > 0, before == Before::Dust);
        }
    }
}

/// The same without dust: twelve reduce-only sales of the half SOL at no price that there is, armed a second after one another, the first
/// sixteen seconds before. Keepers who execute at most so many orders of an account that pay nothing, each with a reading of its own.
fn ladder(unpaid: usize, moved: i64) -> (i128, usize) {
    let mut venue = Venue::new(&[(listed(2), 3_000_000), (listed(2), 100_000)], &[100_000]);
    trade(&mut venue, OWNER, SMALL, sol(500));
    next(&mut venue, 250 * DOLLAR);
    let worth = venue.worth(OWNER);
    let void = NewOrder { acceptable_price: Price::new(u64::MAX), ..reducing(next_price(ALL)) };
    for _ in 0..12 {
        venue.exchange.place_orders(OWNER, SMALL, &[], &[void], None).unwrap();
        next(&mut venue, 250 * DOLLAR);
    }
    let (place, moment) = arm(&mut venue, OWNER, next_price(sol(1_000_000)), Before::Nothing);
    let mut spent = 0;
    let mut keep = |venue: &mut Venue| {
        // Worth it only where all that stands before is few.
        let waiting = in_turn(venue, OWNER);
        let in_time = venue.now() < moment + 5;
        if in_time && waiting.len() > unpaid + 2 {
            return;
        }
        for slot in waiting {
            if venue.execute(OWNER, slot) == Ok(OrderOutcome::Disarmed) {
                spent += 1;
            }
        }
    };
    while venue.now() < moment {
        next(&mut venue, 250 * DOLLAR);
        keep(&mut venue);
    }
    for second in 1..=4 {
        next(&mut venue, (25_000 + moved * second / 4) * DOLLAR / 100);
        keep(&mut venue);
    }
    if venue.exchange.orders_of(OWNER).unwrap().order(place).is_ok() && moved > 0 {
        exercise(&mut venue, OWNER, place);
    }
    for _ in 0..20 {
        next(&mut venue, (25_000 + moved) * DOLLAR / 100);
        keep(&mut venue);
    }
    venue.check();
    (venue.worth(OWNER) - worth, spent)
}

#[test]
fn finding_twelve_orders_that_pay_nobody_do_as_dust_does() {
    for unpaid in [12, 6] {
        let (won, lost) = (ladder(unpaid, 500), ladder(unpaid, -500));
        std::println!(
            "keepers who execute {unpaid} for nothing: up $5 {} ({}), down $5 {} ({})",
            cents(won.0),
            won.1,
            cents(lost.0),
            lost.1
        );
        assert!(lost.0.abs() < 200_000);
        assert_eq!(won.0 > 4_850_000_000, unpaid < 12);
    }
}

/// Whoever comes first once five seconds are over: A buys a thousand SOL at the next price, E closes half a SOL, armed after A and of its
/// group. Dust before both. Rational keepers fill what pays more; those who go by turn fill A.
fn bribed(tip: u64, moved: i64) -> i128 {
    let mut venue = Venue::new(&[(listed(2), 3_000_000)], &[100_000]);
    trade(&mut venue, OWNER, LARGE, sol(500));
    next(&mut venue, 250 * DOLLAR);
    let worth = venue.worth(OWNER);
    let close = NewOrder { lamports: tip, ..grouped(reducing(next_price(ALL))) };
    venue.place(OWNER, &[dust(), dust(), grouped(next_price(sol(1_000_000))), close]).unwrap();
    let moment = venue.exchange.orders_of(OWNER).unwrap().order(2).unwrap().fills_from.get() - venue.from;
    while venue.now() < moment + 15 {
        let passed = (venue.now() + 1 - moment).clamp(0, 4);
        next(&mut venue, (25_000 + moved * passed / 4) * DOLLAR / 100);
        let book = venue.exchange.orders_of(OWNER).unwrap();
        let mut orders: Vec<_> = book.occupied().map(|(slot, order)| (order.tip(), order.number, slot)).collect();
        orders.sort_by_key(|(tip, number, _)| (core::cmp::Reverse(*tip), *number));
        for (_, _, slot) in orders {
            let _ = venue.execute(OWNER, slot);
        }
        if venue.now() == moment + 4 && moved > 0 {
            trade(&mut venue, OWNER, LARGE, sol(-500));
            assert!(matches!(venue.execute(OWNER, 2).unwrap(), OrderOutcome::Filled(_)));
        }
    }
    venue.check();
    venue.worth(OWNER) - worth - i128::from(if moved > 0 { moved } else { 0 }) * 5_000
}

#[test]
fn finding_a_tip_decides_which_of_a_group_fills_once_five_seconds_are_over() {
    let all: Vec<i128> =
        [(400_000, 500), (400_000, -500), (40_000, -500)].map(|(tip, moved)| bribed(tip, moved)).into();
    std::println!("up {}, down {}; down without a larger tip {}", cents(all[0]), cents(all[1]), cents(all[2]));
    assert!(all[0] > 4_850_000_000 && all[1] > -3_000_000 && all[2] < -5_000_000_000);
}

#[test]
fn bounds_are_none_of_it() {
    // What decides is the group: the same behind dust, without one, fills five seconds after its reading.
    let mut venue = Venue::new(&[(listed(2), 3_000_000)], &[100_000]);
    trade(&mut venue, OWNER, LARGE, sol(500));
    next(&mut venue, 250 * DOLLAR);
    venue.place(OWNER, &[dust(), dust(), bounded(next_price(sol(1_000_000)), 26_000)]).unwrap();
    let moment = venue.exchange.orders_of(OWNER).unwrap().order(2).unwrap().fills_from.get() - venue.from;
    while venue.now() < moment + 5 {
        assert!(venue.size(OWNER) == SOL / 2);
        next(&mut venue, 250 * DOLLAR);
        keep(&mut venue, OWNER);
    }
    assert!(venue.size(OWNER) > 1_000 * SOL);
}
