//! Whoever settles traders for the queue's fee just before a boundary.

use super::worth::{pending, unrealized};
use crate::exchange_venue::{usd, KEEPER, MARKET};
use perp_engine::units::{Atoms, Timestamp};
use perp_exchange::Exchange;
use std::collections::BTreeMap;

/// Profit or loss that is not worth a transaction, in dollars: a basis point of it is a tenth of a cent.
pub const DUST: f64 = 10.0;
/// What the queue pays for a settlement, as a part of it.
pub const REWARD: f64 = 1e-4;

/// What settling came to, in dollars.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settling {
    /// Positions settled.
    pub positions: usize,
    /// Profits and losses that became cash.
    pub moved: f64,
    /// What the queue would pay for it with enough set apart.
    pub asked: f64,
    /// What it paid.
    pub paid: f64,
}

/// Settles every position with more than dust unsettled of its profit, or of its funding where `with_funding`, losers first and each by
/// size, with so much set apart for it.
///
/// # Panics
/// Where the engine refuses to.
pub fn settle(exchange: &mut Exchange, apart: Atoms, with_funding: bool) -> Settling {
    // What an earlier boundary's requests have paid.
    let pool = &mut exchange.pool;
    pool.settling = pool.settling.checked_add(apart).expect("an amount in range");
    exchange.vault = exchange.vault.checked_add(apart).expect("an amount in range");
    let before = exchange.pool.settling;
    let is_worth_it = |held: &Held| held.profit.abs() > DUST || with_funding && held.funding.abs() > DUST;
    let mut open: Vec<Held> = positions(exchange).filter(is_worth_it).collect();
    open.sort_by(|a, b| {
        let losers_first = (a.profit > 0.0).cmp(&(b.profit > 0.0));
        losers_first.then(b.profit.abs().total_cmp(&a.profit.abs())).then(a.identity.cmp(&b.identity))
    });
    let mut settling = Settling::default();
    for held in open {
        let plan = exchange.settle_pnl(held.identity.0, MARKET, None, Some(KEEPER)).expect("a position to settle");
        settling.positions += 1;
        settling.moved += usd(plan.profit.magnitude()) + usd(plan.settled.funding.magnitude());
    }
    settling.asked = REWARD * settling.moved;
    settling.paid = usd(before) - usd(exchange.pool.settling);
    settling
}

/// Which position it is: its account, when it was opened, and its size.
type Identity = (usize, Timestamp, i64);

/// A position and what of it is not settled, in dollars.
struct Held {
    identity: Identity,
    profit: f64,
    funding: f64,
}

/// Every position at the market's price.
fn positions(exchange: &Exchange) -> impl Iterator<Item = Held> + '_ {
    let market = exchange.market(MARKET).expect("the market that was listed");
    exchange.accounts().iter().enumerate().flat_map(move |(account, state)| {
        let open = state.occupied().filter(|(_, position)| !position.size.is_zero());
        open.map(move |(_, position)| Held {
            identity: (account, position.opened_at, position.size.get()),
            profit: unrealized(position, market.price.price),
            funding: pending(position, market),
        })
    })
}

/// What is settled where traders are settled before every boundary: of each position the profit as it was then.
#[derive(Clone, Debug, Default)]
pub struct Kept(BTreeMap<Identity, f64>);

impl Kept {
    /// Settles everybody again and returns what that moved, in dollars.
    pub fn settle(&mut self, exchange: &Exchange) -> f64 {
        let mut moved = 0.0;
        let next = positions(exchange).map(|Held { identity, profit, .. }| {
            let before = self.0.get(&identity).copied().unwrap_or(0.0);
            let change = (profit - before).abs();
            if change <= DUST {
                return (identity, before);
            }
            moved += change;
            (identity, profit)
        });
        let next = next.collect();
        self.0 = next;
        moved
    }
}
