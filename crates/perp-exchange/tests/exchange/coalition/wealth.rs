//! What the coalition owns, at what there is to be had for it.

use super::{COALITION, PROVIDER};
use crate::common::reference::{face_equity_x40, market_value_x40, recoverable_x40, slot_x40};
use crate::common::world::World;
use crate::steps::MARKETS;
use perp_engine::units::X40_PER_ATOM;
use std::collections::BTreeMap;

/// What the pool can have at best once everybody has paid what they can, in 2^-40 atoms: a loss beyond an account's means is
/// nobody's asset. In which of its markets it is missing depends on which it pays first; a market that cannot pay its winners
/// is worth nothing either way. So the best is one of the orders that let some markets go and pay the others.
pub fn collectible(world: &World) -> i128 {
    let exchange = &world.exchange;
    let worth_if_abandoned = |abandoned: u16| {
        let mut values: Vec<i128> = exchange.markets().iter().map(market_value_x40).collect();
        for account in exchange.accounts() {
            // What insurances may take of an account is nothing its markets have.
            let mut missing = (-face_equity_x40(exchange, account) - recoverable_x40(account)).max(0);
            let (first, last): (Vec<_>, Vec<_>) =
                account.occupied().map(|(_, position)| position).partition(|it| abandoned & (1 << it.market) != 0);
            for position in first.into_iter().chain(last) {
                let part = missing.min((-slot_x40(exchange, position)).max(0));
                values[usize::from(position.market)] -= part;
                missing -= part;
            }
        }
        values.into_iter().map(|value| value.max(0)).sum::<i128>()
    };
    let best = (0..1 << MARKETS).map(worth_if_abandoned).max().unwrap();
    i128::from(exchange.pool.cash.get()) * X40_PER_ATOM + best
}

/// What whoever leaves the pool is paid too much for at most, in 2^-40 atoms: the value of a whole side nets its winners with
/// losses that nobody can collect. A known limit; a position that has gained nothing must not add to it.
pub fn netted(world: &World) -> i128 {
    let exchange = &world.exchange;
    let mut sides = BTreeMap::<(u16, bool), (i128, i128)>::new();
    for account in exchange.accounts() {
        let missing = (-face_equity_x40(exchange, account) - recoverable_x40(account)).max(0);
        for (_, position) in account.occupied() {
            let value = slot_x40(exchange, position);
            let (won, lost) = sides.entry((position.market, position.size.get() > 0)).or_default();
            *won += value.max(0);
            *lost += missing.min((-value).max(0));
        }
    }
    sides.into_values().map(|(won, lost)| won.min(lost)).sum()
}

/// What the coalition owns: accounts (none below zero, for nobody pays for an account he can leave behind), shares at
/// what the pool can collect, tokens on their way and what it took out; in 2^-40 atoms.
pub fn wealth(world: &World, taken_out: i128) -> i128 {
    let accounts = COALITION.iter().map(|&member| face_equity_x40(&world.exchange, world.account(member)).max(0));
    let (tokens, shares) = world.coming_to(PROVIDER);
    let tokens = tokens + taken_out + i128::from(world.paid_out(PROVIDER));
    let shares = shares + i128::from(world.shares(PROVIDER));
    let value = collectible(world);
    let all = i128::from(world.exchange.pool.shares.get());
    // ⌊value / all⌋ · shares and the rest, without a product beyond 127 bits.
    let shares_worth = if all == 0 { 0 } else { value / all * shares + value % all * shares / all };
    accounts.sum::<i128>() + tokens * X40_PER_ATOM + shares_worth
}
