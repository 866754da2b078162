//! Which accounts a change can have moved below their margin.
//!
//! An account that is not to be liquidated has room: for each of its positions a trigger, the price up to which all of them
//! together may move against it. Accounts lie ordered by their triggers in each market and side, so that a price asks after
//! those alone whose trigger it has passed. With one position the trigger is the liquidation price; with several each has its
//! part of the same relative move, and while none is passed the account is safe at every combination.
//!
//! Triggers allow for funding and measured margin to grow by so much; a market that has outgrown that gives all its accounts up.
//! Accounts without triggers are asked after every time, so that the set is always that of a full scan, or larger by accounts
//! that the engine then finds healthy.

use std::collections::{BTreeMap, BTreeSet};

use perp_engine::state::{Account, Market};
use perp_engine::units::Side;
use perp_exchange::Exchange;
use solana_pubkey::Pubkey;

mod limits;
#[cfg(test)]
mod tests;
mod triggers;

use limits::{Limits, State};
use triggers::{triggers, Trigger};

/// Accounts of an exchange, ordered by what would move them below their margin.
#[derive(Debug, Default)]
pub struct Watch {
    markets: BTreeMap<u16, Watched>,
    /// Triggers of the accounts that have them.
    triggers: BTreeMap<Pubkey, Vec<Trigger>>,
    /// Accounts with positions and without triggers.
    due: BTreeSet<Pubkey>,
    /// Where among them the next triggers are looked for.
    next: Pubkey,
}

#[derive(Debug, Default)]
struct Watched {
    limits: Option<Limits>,
    /// Passed by prices below.
    longs: BTreeSet<(u64, Pubkey)>,
    /// Passed by prices above.
    shorts: BTreeSet<(u64, Pubkey)>,
}

impl Watched {
    fn side(&mut self, side: Side) -> &mut BTreeSet<(u64, Pubkey)> {
        match side {
            Side::Long => &mut self.longs,
            Side::Short => &mut self.shorts,
        }
    }

    /// Accounts whose triggers this price has passed.
    fn passed(&self, price: u64) -> Vec<Pubkey> {
        let above = |(trigger, _): &&(u64, Pubkey)| *trigger > price;
        let below = |(trigger, _): &&(u64, Pubkey)| *trigger < price;
        let longs = self.longs.iter().rev().take_while(above);
        longs.chain(self.shorts.iter().take_while(below)).map(|(_, address)| *address).collect()
    }

    fn all(&self) -> Vec<Pubkey> {
        self.longs.iter().chain(&self.shorts).map(|(_, address)| *address).collect()
    }
}

impl Watch {
    /// An account was opened, changed or, where there is none, closed.
    pub fn changed(&mut self, address: Pubkey, account: Option<&Account>) {
        self.give_up(address);
        if !account.is_some_and(Account::has_open_position) {
            self.due.remove(&address);
        }
    }

    /// Accounts to ask after on this state: every one that can be liquidated or settled is among them.
    pub fn due(&mut self, exchange: &Exchange) -> &BTreeSet<Pubkey> {
        let session = exchange.session();
        for market in exchange.markets() {
            let watched = self.markets.entry(market.index).or_default();
            let state = State::of(market, &session);
            let holds = matches!((&watched.limits, &state), (Some(limits), Some(state)) if limits.allow(state));
            let gone = if holds {
                watched.passed(market.price.price.get())
            } else {
                watched.limits = state.as_ref().and_then(Limits::around);
                watched.all()
            };
            for address in gone {
                self.give_up(address);
            }
        }
        &self.due
    }

    /// Gives triggers to accounts that are due and have room on this state; looks at most at so many, at others the next time.
    /// `account` finds an account.
    pub fn certify(&mut self, exchange: &Exchange, at_most: usize, account: impl Fn(&Pubkey) -> Option<Account>) {
        let (before, after) = (self.due.range(..self.next), self.due.range(self.next..));
        let some: Vec<Pubkey> = after.chain(before).copied().take(at_most).collect();
        for address in some {
            self.next = address;
            let Some(account) = account(&address).filter(Account::has_open_position) else {
                self.due.remove(&address);
                continue;
            };
            let limits = |market: &Market| self.markets.get(&market.index).and_then(|watched| watched.limits);
            let Some(triggers) = triggers(exchange, &account, limits) else { continue };
            for Trigger { market, side, price } in &triggers {
                self.markets.entry(*market).or_default().side(*side).insert((*price, address));
            }
            self.triggers.insert(address, triggers);
            self.due.remove(&address);
        }
    }

    /// How many accounts have positions, and how many of them are asked after every time.
    pub fn count(&self) -> (usize, usize) {
        (self.triggers.len().saturating_add(self.due.len()), self.due.len())
    }

    /// The account has no triggers any more.
    fn give_up(&mut self, address: Pubkey) {
        for Trigger { market, side, price } in self.triggers.remove(&address).unwrap_or_default() {
            if let Some(watched) = self.markets.get_mut(&market) {
                watched.side(side).remove(&(price, address));
            }
        }
        self.due.insert(address);
    }
}
