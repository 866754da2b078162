//! Entering and leaving the pool when it suits.

use super::arena::Arena;
use super::{places, Played, Tally};
use crate::exchange_venue::{usd, MARKET};
use crate::market::dollars;
use crate::path::{PricePath, TICK};
use perp_engine::units::Atoms;
use perp_exchange::ExecutedRequest;

const FILL: f64 = 0.6;
/// What the attacker puts into the pool, in dollars.
const SHARE: f64 = 690_000.0;
const TRIES: usize = 400;
const DAY: i64 = 86_400;
const WORST: usize = 2 * 3_600 / TICK as usize;

/// A ripe request is executed at the cached price or at the next one, whichever is better, against what the shares are worth if
/// every loser pays, and against executing it at the next one always.
pub fn timing(path: &PricePath, seed: u64) -> Vec<Played> {
    let start = dollars(path.ticks[0]);
    let worst = path.wildest(WORST);
    let anywhere = places(path, 2, TRIES, seed);
    let within: Vec<usize> =
        anywhere.iter().map(|place| worst + place % WORST.min(path.ticks.len() - 2 - worst)).collect();
    let mut played = Vec::new();
    for (when, places) in [("at random", &anywhere), ("in the worst two hours", &within)] {
        let [mut exits, mut chosen_exits, mut entries, mut chosen_entries]: [Tally; 4] = Default::default();
        let mut leaving = Arena::new(path.start, start, FILL);
        let entered = leaving.request_deposit(SHARE).and_then(|request| {
            leaving.next(60, start);
            leaving.execute(request)
        });
        let Ok(exit) = entered.and_then(|_| leaving.request_withdrawal()) else { continue };
        leaving.next(DAY, start);
        for place in places {
            let prices = [dollars(path.ticks[*place]), dollars(path.ticks[*place + 1])];
            let [cached, fresh] = executed(&leaving, exit, prices, |arena, executed| match executed {
                // What was paid, less what the shares were worth at the true price.
                ExecutedRequest::Withdrawal(plan) => usd(plan.paid) - arena.share_before * arena.worth,
                ExecutedRequest::Deposit(_) => 0.0,
            });
            add(&mut exits, &mut chosen_exits, cached, fresh);

            let mut entering = Arena::new(path.start, prices[0], FILL);
            entering.next(1, prices[0]);
            let Ok(entry) = entering.request_deposit(SHARE) else { continue };
            entering.next(60, prices[0]);
            let [cached, fresh] = executed(&entering, entry, prices, |arena, executed| match executed {
                // What the new shares are worth, the money that bought them included, less that money.
                ExecutedRequest::Deposit(_) => arena.share_after * (arena.worth + SHARE) - SHARE,
                ExecutedRequest::Withdrawal(_) => 0.0,
            });
            add(&mut entries, &mut chosen_entries, cached, fresh);
        }
        for (name, tally) in [
            ("exit, against its worth", exits),
            ("exit, against the next price", chosen_exits),
            ("entry, against its worth", entries),
            ("entry, against the next price", chosen_entries),
        ] {
            played.push(Played { variant: format!("{name}, {when}"), tally, hours: None });
        }
    }
    played
}

fn add(worth: &mut Tally, choice: &mut Tally, cached: Option<f64>, fresh: Option<f64>) {
    if let (Some(cached), Some(fresh)) = (cached, fresh) {
        worth.add(cached.max(fresh));
        choice.add((cached - fresh).max(0.0));
    }
}

/// The pool around an execution.
struct Around {
    share_before: f64,
    share_after: f64,
    /// Of the pool at the true price, before.
    worth: f64,
}

/// The profit of executing a request at the older of two prices, when the newer is known, and at the newer.
fn executed(
    arena: &Arena,
    request: u64,
    [cached, fresh]: [f64; 2],
    profit: impl Fn(&Around, &ExecutedRequest) -> f64,
) -> [Option<f64>; 2] {
    let mut before = arena.clone();
    before.next(TICK, cached);
    let mut truth = before.clone();
    truth.next(TICK, fresh);
    let worth = truth.pool_value();
    // The old price is at its oldest, just before the new one is printed.
    before.wait(TICK);
    [before, truth].map(|mut arena| {
        let open = arena.exchange.request(request).ok()?.request.amount;
        let share_before = open.get() as f64 / arena.exchange.pool.shares.get() as f64;
        let executed = arena.execute(request).ok()?;
        Some(profit(&Around { share_before, share_after: arena.share(), worth }, &executed))
    })
}

/// Somebody else's ripe exit is executed before the losers are settled: those who stay gain what the leaver does not get. After
/// settling them there is less to gain.
pub fn settling(path: &PricePath, seed: u64) -> Vec<Played> {
    let later = 4 * 3_600 / TICK as usize;
    let [mut unsettled, mut settled]: [Tally; 2] = Default::default();
    for place in places(path, later, TRIES, seed) {
        let prices = [dollars(path.ticks[place]), dollars(path.ticks[place + later])];
        let mut arena = Arena::new(path.start, prices[0], FILL);
        let leaver = arena.request_deposit(SHARE).and_then(|request| {
            arena.next(60, prices[0]);
            arena.execute(request)
        });
        let Ok(exit) = leaver.and_then(|_| arena.request_withdrawal()) else { continue };
        arena.next(DAY, prices[1]);
        let shares = arena.exchange.request(exit).map_or(Atoms::ZERO, |open| open.request.amount);
        let part = shares.get() as f64 / arena.exchange.pool.shares.get() as f64;
        for (tally, settle) in [(&mut unsettled, false), (&mut settled, true)] {
            let mut arena = arena.clone();
            if settle {
                // The crowd: one account a side.
                for account in [0, 1] {
                    arena.exchange.settle_pnl(account, MARKET, None).ok();
                }
            }
            let worth = part * arena.pool_value();
            if let Ok(ExecutedRequest::Withdrawal(plan)) = arena.execute(exit) {
                tally.add(worth - usd(plan.paid));
            }
        }
    }
    [("losers unsettled, gain of who stays", unsettled), ("losers settled, gain of who stays", settled)]
        .map(|(variant, tally)| Played { variant: variant.into(), tally, hours: None })
        .into()
}
