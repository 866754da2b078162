//! Entering and leaving the pool when it suits.

use super::arena::{Arena, Attempted};
use super::{places, Played, Tally};
use crate::exchange_venue::{usd, MARKET};
use crate::market::dollars;
use crate::path::{PricePath, TICK};
use crate::variant::Terms;

const FILL: f64 = 0.6;
/// What the attacker puts into the pool, in dollars.
const SHARE: f64 = 690_000.0;
const TRIES: usize = 400;
const WORST: usize = 2 * 3_600 / TICK as usize;
/// When whoever settles for the queue's fee does, in seconds before a boundary.
const SETTLING: i64 = 25;

/// Profit of a try against what the shares were worth at the boundary, and against what they are worth a tick later.
struct Tried {
    at_once: f64,
    later: f64,
}

/// The pool's boundary as an option on the next price: an entry is asked for at the last moment by somebody who knows the tick that
/// comes next, and only where it makes the shares dearer; an exit is served at a price that nobody knew when it was asked for. Each
/// against what the shares are worth at the boundary if every loser pays, and, for whoever asks without knowing anything, against
/// what they are worth a tick later.
pub fn timing(path: &PricePath, terms: &Terms, seed: u64) -> Vec<Played> {
    let worst = path.wildest(WORST);
    let anywhere = places(path, 3, TRIES, seed);
    let within: Vec<usize> =
        anywhere.iter().map(|place| worst + place % WORST.min(path.ticks.len() - 3 - worst)).collect();
    let mut played = Vec::new();
    for (when, places) in [("at random", &anywhere), ("in the worst two hours", &within)] {
        let [mut exits, mut later_exits, mut entries, mut later_entries]: [Tally; 4] = Default::default();
        let leaving = leaving(path, terms);
        for place in places {
            let prices = [0, 1, 2].map(|later| dollars(path.ticks[place + later]));
            if let Some(tried) = leaving.as_ref().and_then(|arena| exit(arena.clone(), prices)) {
                exits.add(tried.at_once);
                later_exits.add(tried.later);
            }
            if let Some((tried, is_worth_it)) = entry(Arena::new(terms, path.start, prices[0], FILL), prices) {
                later_entries.add(tried.later);
                if is_worth_it {
                    entries.add(tried.at_once);
                }
            }
        }
        for (name, tally) in [
            ("exit, against its worth", exits),
            ("exit, against its worth a tick later", later_exits),
            ("entry before a known tick, against its worth", entries),
            ("entry, against its worth a tick later", later_entries),
        ] {
            played.push(Played { variant: format!("{name}, {when}"), tally, hours: None });
        }
    }
    played
}

/// The attacker has a part of the pool, has asked to leave a day ago, and the boundary is near.
fn leaving(path: &PricePath, terms: &Terms) -> Option<Arena> {
    let start = dollars(path.ticks[0]);
    let mut arena = Arena::new(terms, path.start, start, FILL);
    arena.enter(SHARE).ok()?;
    arena.request_withdrawal().ok()?;
    arena.next(arena.until_boundary() - 2 * TICK, start);
    Some(arena)
}

fn exit(mut arena: Arena, [before, at, after]: [f64; 3]) -> Option<Tried> {
    arena.next(TICK, before);
    arena.next(TICK, at);
    let open = arena.exchange.requests().values().next()?.request.amount;
    let part = open.get() as f64 / arena.exchange.pool.shares.get() as f64;
    let worth = |arena: &Arena| part * arena.pool_value();
    let (at_once, later) = {
        let mut later = arena.clone();
        later.next(TICK, after);
        (worth(&arena), worth(&later))
    };
    let served = arena.serve().ok()?;
    let paid: f64 = served.paid.iter().map(|(_, payment)| usd(payment.tokens)).sum();
    Some(Tried { at_once: paid - at_once, later: paid - later })
}

/// Whether the tick that comes after the last call makes the shares dearer is told too.
fn entry(mut arena: Arena, [before, at, after]: [f64; 3]) -> Option<(Tried, bool)> {
    arena.next(arena.until_last_call(), before);
    let worth = arena.pool_value();
    arena.request_deposit(SHARE).ok()?;
    arena.next(TICK, at);
    let is_worth_it = arena.pool_value() > worth;
    arena.next(arena.until_boundary(), at);
    arena.serve().ok()?;
    let profit = |arena: &Arena| arena.share() * arena.pool_value() - SHARE;
    let at_once = profit(&arena);
    arena.next(TICK, after);
    Some((Tried { at_once, later: profit(&arena) }, is_worth_it))
}

/// Somebody else leaves before the losers are settled: those who stay gain what the leaver does not get. After settling them there is
/// less to gain.
pub fn settling(path: &PricePath, terms: &Terms, seed: u64) -> Vec<Played> {
    let later = 4 * 3_600 / TICK as usize;
    let [mut unsettled, mut settled]: [Tally; 2] = Default::default();
    for place in places(path, later, TRIES, seed) {
        let prices = [dollars(path.ticks[place]), dollars(path.ticks[place + later])];
        let mut arena = Arena::new(terms, path.start, prices[0], FILL);
        if arena.enter(SHARE).and_then(|_| arena.request_withdrawal()).is_err() {
            continue;
        }
        arena.next(arena.until_boundary() - SETTLING, prices[1]);
        for (tally, settle) in [(&mut unsettled, false), (&mut settled, true)] {
            if let Ok(gain) = gain_of_who_stays(arena.clone(), settle) {
                tally.add(gain);
            }
        }
    }
    [("losers unsettled, gain of who stays", unsettled), ("losers settled, gain of who stays", settled)]
        .map(|(variant, tally)| Played { variant: variant.into(), tally, hours: None })
        .into()
}

fn gain_of_who_stays(mut arena: Arena, settle: bool) -> Attempted<f64> {
    if settle {
        // The crowd: one account a side.
        for account in [0, 1] {
            arena.exchange.settle_pnl(account, MARKET, None, None).ok();
        }
    }
    let at = arena.price(MARKET);
    arena.next(arena.until_boundary(), at);
    let shares = arena.exchange.requests().values().map(|open| open.request.amount.get()).sum::<u64>();
    let worth = arena.pool_value() * shares as f64 / arena.exchange.pool.shares.get() as f64;
    let served = arena.serve()?;
    let paid: f64 = served.paid.iter().map(|(_, payment)| usd(payment.tokens)).sum();
    Ok(worth - paid)
}
