//! A search for options: random orders of one owner, who from some second on takes every second the best of some thousand transactions, before
//! and after honest keepers who execute everything in turn at once. What he holds is hedged without cost, so that on a price without a
//! trend nobody gains but by choosing.

use crate::canceled_option::keep;
use crate::venue::{cents, listed, next_price, price, reducing, sol, Venue, DOLLAR, SOL};
use perp_engine::operations::orders::NewOrder;
use perp_engine::operations::position::Order;
use perp_engine::state::{OrderTrigger, Parameters};
use perp_engine::units::{Price, SignedSize, Size};

const OWNER: usize = 0;
/// A second account of his.
const OTHER: usize = 1;
const SECONDS: i64 = 26;

/// An order, the market in which and the second at which it is placed.
#[derive(Clone, Copy, Debug)]
struct Placed {
    at: i64,
    market: u16,
    kind: u8,
    group: u8,
    bound: u8,
    trigger: u8,
    tip: u64,
}

/// What the owner does.
#[derive(Clone, Debug)]
struct Plan {
    held: i64,
    small: i64,
    orders: Vec<Placed>,
    /// From when on he acts, after the first order's second.
    from: i64,
    /// Whether he waits until what he does gains.
    least: i64,
    tolerance: u32,
    /// Whether somebody posts prices.
    posted: bool,
    capped: bool,
}

/// Whether some plans are for markets to which nobody posts but the owner: who trades at a price that is five seconds old gains in a feed as
/// restless as this one, with orders or without.
fn unposted() -> bool {
    std::env::var("AUDIT_UNPOSTED").is_ok()
}

fn plan(rng: &mut fastrand::Rng) -> Plan {
    let orders = (0..rng.usize(2..7))
        .map(|_| Placed {
            at: if rng.u8(0..3) == 0 { rng.i64(0..4) } else { 0 },
            market: rng.u16(0..2),
            kind: [0, 0, 0, 1, 1, 2, 3, 3, 4, 4, 5, 6, 7][rng.usize(0..13)],
            group: [0, 1, 1][rng.usize(0..3)],
            bound: rng.u8(0..8),
            trigger: rng.u8(0..10),
            tip: 40_000 + 40_000 * u64::from(rng.bool()),
        })
        .collect();
    Plan {
        held: rng.i64(-1..2) * 1_000_000,
        small: rng.i64(-1..2) * 500,
        orders,
        from: rng.i64(0..16),
        least: [1, 1_000_000, 50_000_000][rng.usize(0..3)],
        tolerance: [2, 10][rng.usize(0..2)],
        posted: rng.u8(0..4) > 0 || !unposted(),
        capped: rng.u8(0..4) == 0,
    }
}

fn size_in(venue: &Venue, account: usize, market: u16) -> i64 {
    let state = venue.exchange.account(account).unwrap();
    state.slot_of(market).map_or(0, |slot| state.positions[slot].size.get())
}

/// The order as it is placed now; none where it reduces nothing.
fn order(venue: &Venue, placed: &Placed) -> Option<NewOrder> {
    let held = size_in(venue, OWNER, placed.market);
    let feed = venue.said(placed.market, venue.now());
    let large = if placed.market == 0 { 1_000_000 } else { 500 };
    let size = match placed.kind {
        0 => -held.signum(),
        1 => -held,
        2 => -held / 2,
        3 => large * SOL / 1_000,
        4 => -large * SOL / 1_000,
        5 => 2 * large * SOL / 1_000,
        6 => -2 * large * SOL / 1_000,
        _ => SOL / 2,
    };
    if size == 0 {
        return None;
    }
    let order = next_price(SignedSize::new(size));
    let order = if placed.kind < 3 { reducing(order) } else { order };
    let cent = |bp: i64| (feed + feed * bp / 10_000) / (DOLLAR / 100);
    let order = match placed.bound {
        0 => NewOrder { acceptable_price: if size > 0 { Price::new(1) } else { Price::new(u64::MAX) }, ..order },
        1 => NewOrder { acceptable_price: price(cent(5 * size.signum())), ..order },
        2 => NewOrder { acceptable_price: price(cent(-5 * size.signum())), ..order },
        _ => order,
    };
    let order = match placed.trigger {
        0 => NewOrder { trigger: OrderTrigger::AtOrAbove, trigger_price: price(cent(5)), ..order },
        1 => NewOrder { trigger: OrderTrigger::AtOrBelow, trigger_price: price(cent(-5)), ..order },
        _ => order,
    };
    Some(NewOrder { group: placed.group, lamports: placed.tip, ..order })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Close(u16),
    Halve(u16),
    Execute(usize),
    /// The other account buys or sells so many SOL.
    Fill(i64),
    Post,
}

/// What is done where it can be; whether it is.
fn act(venue: &mut Venue, act: Act) -> bool {
    match act {
        Act::Close(market) | Act::Halve(market) => {
            let held = size_in(venue, OWNER, market);
            let size = if matches!(act, Act::Close(_)) { -held } else { -held / 2 };
            size != 0 && venue.exchange.trade(OWNER, market, &Order::at_any_price(SignedSize::new(size)), None).is_ok()
        }
        Act::Execute(slot) => venue.execute(OWNER, slot).is_ok(),
        Act::Fill(thousandths) => venue.exchange.trade(OTHER, 0, &Order::at_any_price(sol(thousandths)), None).is_ok(),
        Act::Post => {
            let reading = venue.reading(0, venue.now());
            venue.exchange.update_price(0, &reading).is_ok()
        }
    }
}

/// What both accounts are worth at what the feeds say now.
fn worth(venue: &Venue) -> i128 {
    let mut venue = venue.clone();
    venue.post_all();
    venue.worth(OWNER) + venue.worth(OTHER)
}

/// The best of all transactions of up to three acts; none where no one gains so much.
fn best(venue: &Venue, least: i64, capped: bool) -> Option<Venue> {
    let slots: Vec<usize> = venue.exchange.orders_of(OWNER).unwrap().occupied().map(|(slot, _)| slot).collect();
    let mut acts = vec![Act::Close(0), Act::Close(1), Act::Halve(0), Act::Post];
    if capped {
        acts.extend([Act::Fill(200_000), Act::Fill(-200_000)]);
    }
    acts.extend(slots.into_iter().map(Act::Execute));
    let mut best: Option<(i128, Venue)> = None;
    let least = worth(venue) + i128::from(least);
    let mut frontier = vec![venue.clone()];
    for _ in 0..3 {
        let mut reached = Vec::new();
        for state in &frontier {
            for it in &acts {
                let mut next = state.clone();
                if act(&mut next, *it) {
                    let left = worth(&next);
                    if left > least && best.as_ref().is_none_or(|(most, _)| left > *most) {
                        best = Some((left, next.clone()));
                    }
                    reached.push(next);
                }
            }
        }
        frontier = reached;
    }
    best.map(|(_, venue)| venue)
}

fn normal(rng: &mut fastrand::Rng) -> f64 {
    (-2.0 * (1.0 - rng.f64()).ln()).sqrt() * (core::f64::consts::TAU * rng.f64()).cos()
}

/// Which of his orders filled, and what the owner has gained, hedged; idle he only places them.
fn play(plan: &Plan, path: &[i64], idle: bool) -> i128 {
    let cap = if plan.capped { 1_100_000_000_000 } else { 100_000_000_000_000 };
    let parameters = Parameters { open_interest_cap: Size::new(cap), ..listed(plan.tolerance) };
    let mut venue = Venue::new(&[(parameters, 3_000_000), (listed(plan.tolerance), 100_000)], &[400_000, 400_000]);
    for (market, size) in [(0, plan.held), (1, plan.small)] {
        if size != 0 {
            venue.exchange.trade(OWNER, market, &Order::at_any_price(sol(size)), None).unwrap();
        }
    }
    let first = venue.now() + 1;
    let moment = first + i64::from(plan.tolerance) + 1;
    let (mut hedge, mut last) = (0i128, venue.said(0, venue.now()));
    let start = worth(&venue);
    for (second, feed) in path.iter().enumerate().take((moment - first + SECONDS) as usize) {
        for account in [OWNER, OTHER] {
            hedge -= i128::from(size_in(&venue, account, 0)) * i128::from(feed - last) / i128::from(SOL) / 100;
        }
        last = *feed;
        let said = usize::try_from(venue.now() + 1).unwrap();
        let before = *venue.path[0].last().unwrap();
        venue.path[0].resize(said, before);
        venue.path[0].push(*feed);
        venue.second();
        venue.post(1);
        if plan.posted || venue.now() < moment {
            venue.post(0);
        }
        for placed in plan.orders.iter().filter(|placed| placed.at == second as i64) {
            if let Some(order) = order(&venue, placed) {
                let _ = venue.exchange.place_orders(OWNER, placed.market, &[], &[order], None);
            }
        }
        for slot in 0..16 {
            let Ok(order) = venue.exchange.orders_of(OWNER).unwrap().order(slot).copied() else { continue };
            let reading = venue.reading(order.market, venue.now());
            let _ = venue.exchange.arm_order(OWNER, slot, order.market, Some(&reading));
        }
        let mine = !idle && venue.now() >= moment + plan.from;
        for turn in 0..2 {
            // In the second in which keepers may act as well he is second.
            if turn == 0 {
                keep(&mut venue, OWNER);
            } else if mine {
                if let Some(after) = best(&venue, plan.least, plan.capped) {
                    venue = after;
                }
            }
        }
    }
    venue.check();
    worth(&venue) - start + hedge
}

fn paths(number: usize, sigma: f64, rng: &mut fastrand::Rng) -> Vec<Vec<i64>> {
    let mut all = Vec::new();
    for _ in 0..number {
        let drawn: Vec<f64> = (0..60).map(|_| sigma * 1e-4 * normal(rng)).collect();
        for sign in [1.0, -1.0] {
            let mut feed = 250.0 * DOLLAR as f64;
            all.push(
                drawn
                    .iter()
                    .map(|it| {
                        feed *= 1.0 + sign * it;
                        feed as i64
                    })
                    .collect(),
            );
        }
    }
    all
}

#[test]
fn a_search_for_options() {
    let of = |name: &str, otherwise: u64| std::env::var(name).ok().and_then(|it| it.parse().ok()).unwrap_or(otherwise);
    let (plans, first, seconds) = (of("AUDIT_PLANS", 20), of("AUDIT_SEED", 0), of("AUDIT_SECONDS", 600));
    let began = std::time::Instant::now();
    let mut found = Vec::new();
    let mut tried = 0;
    for seed in first..first + plans {
        if began.elapsed().as_secs() > seconds {
            break;
        }
        tried += 1;
        let mut rng = fastrand::Rng::with_seed(seed);
        let plan = plan(&mut rng);
        let some = paths(2, 20.0, &mut rng);
        let gained: i128 = some.iter().map(|path| play(&plan, path, false)).sum();
        if gained < 0 {
            continue;
        }
        let more = paths(15, 20.0, &mut rng);
        if mean_of(&more, &plan, false).0 < 10_000_000 {
            continue;
        }
        // Most of these were lucky.
        let others = paths(100, 20.0, &mut rng);
        let ((gained, error), (idle, _)) = (mean_of(&others, &plan, false), mean_of(&others, &plan, true));
        if gained > 3 * error {
            found.push((gained, error, idle, seed, plan));
        }
    }
    found.sort_by_key(|it| core::cmp::Reverse(it.0));
    std::println!("{tried} plans, {} with a gain", found.len());
    for (gained, error, idle, seed, plan) in found.iter().take(of("AUDIT_SHOWN", 12) as usize) {
        std::println!("seed {seed}: {} ± {} a round, idle {}: {plan:?}", cents(*gained), cents(*error), cents(*idle));
    }
}

/// What the plan gains in the mean, and its standard error.
fn mean_of(paths: &[Vec<i64>], plan: &Plan, idle: bool) -> (i128, i128) {
    let gained: Vec<f64> = paths.iter().map(|path| play(plan, path, idle) as f64).collect();
    let mean = gained.iter().sum::<f64>() / gained.len() as f64;
    let variance = gained.iter().map(|it| (it - mean) * (it - mean)).sum::<f64>() / gained.len() as f64;
    (mean as i128, (variance / gained.len() as f64).sqrt() as i128)
}
