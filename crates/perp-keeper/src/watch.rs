//! Which accounts a change can have moved below their margin.
//!
//! An account that is not to be liquidated has room: for each of its positions a trigger, the price up to which all of them
//! together may move against it. Accounts lie ordered by their triggers in each market and side, so that a price asks after
//! those alone whose trigger it has passed. With one position the trigger is the liquidation price; with several each has its
//! part of the same relative move, and while none is passed the account is safe at every combination.
//!
//! Triggers allow for funding and measured margin to grow by so much; a market that has outgrown that gives all its accounts up.
//! Accounts without triggers are asked after every time, so that the set is always that of a full scan, or larger by accounts
//! that the engine then finds healthy. Whoever has room is given triggers before the engine is asked, which takes less than that.

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
use triggers::{Trigger, Triggers, Worst};

/// Accounts of an exchange, ordered by what would move them below their margin.
#[derive(Debug, Default)]
pub struct Watch {
    markets: BTreeMap<u16, Watched>,
    /// Triggers of the accounts that have them.
    triggers: BTreeMap<Pubkey, Triggers>,
    /// Accounts with positions and without triggers.
    due: BTreeSet<Pubkey>,
}

/// Where an address begins. Triggers are ordered with that alone, to take a quarter of the memory; accounts that begin alike are asked
/// after together.
type Beginning = u64;

#[derive(Debug, Default)]
struct Watched {
    limits: Option<Limits>,
    /// Passed by prices below.
    longs: BTreeSet<(u64, Beginning)>,
    /// Passed by prices above.
    shorts: BTreeSet<(u64, Beginning)>,
}

impl Watched {
    fn side(&mut self, side: Side) -> &mut BTreeSet<(u64, Beginning)> {
        match side {
            Side::Long => &mut self.longs,
            Side::Short => &mut self.shorts,
        }
    }

    /// Accounts whose triggers this price has passed.
    fn passed(&self, price: u64) -> Vec<Beginning> {
        let above = |(trigger, _): &&(u64, Beginning)| *trigger > price;
        let below = |(trigger, _): &&(u64, Beginning)| *trigger < price;
        let longs = self.longs.iter().rev().take_while(above);
        longs.chain(self.shorts.iter().take_while(below)).map(|(_, beginning)| *beginning).collect()
    }

    fn all(&self) -> Vec<Beginning> {
        self.longs.iter().chain(&self.shorts).map(|(_, beginning)| *beginning).collect()
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

    /// Accounts to ask after on this state: every one that can be liquidated or settled is among them. All others have room, and triggers
    /// of this state where they had none. `account` finds an account.
    pub fn due(&mut self, exchange: &Exchange, account: impl Fn(&Pubkey) -> Option<Account>) -> &BTreeSet<Pubkey> {
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
            for beginning in gone {
                let alike: Vec<Pubkey> = self.beginning_with(beginning).map(|(address, _)| *address).collect();
                alike.into_iter().for_each(|address| self.give_up(address));
            }
        }
        self.certify(exchange, account);
        &self.due
    }

    /// Gives triggers to accounts that are due and have room.
    fn certify(&mut self, exchange: &Exchange, account: impl Fn(&Pubkey) -> Option<Account>) {
        if self.due.is_empty() {
            return;
        }
        let limits = |market: &Market| self.markets.get(&market.index).and_then(|watched| watched.limits);
        let (mut worst, mut found) = (Worst::of(exchange, limits), Vec::new());
        for address in std::mem::take(&mut self.due) {
            let Some(account) = account(&address).filter(Account::has_open_position) else { continue };
            let Some(triggers) = worst.triggers(&account) else {
                self.due.insert(address);
                continue;
            };
            for Trigger { market, side, price } in triggers.iter() {
                self.markets.entry(*market).or_default().side(*side).insert((*price, beginning(&address)));
            }
            found.push((address, triggers));
        }
        if found.len() > self.triggers.len() / 4 {
            // Made anew as a whole, it takes little more than half the memory.
            self.triggers.append(&mut found.into_iter().collect());
        } else {
            self.triggers.extend(found);
        }
    }

    /// How many accounts have positions, and how many of them are asked after every time.
    pub fn count(&self) -> (usize, usize) {
        (self.triggers.len().saturating_add(self.due.len()), self.due.len())
    }

    /// The account has no triggers any more.
    fn give_up(&mut self, address: Pubkey) {
        let beginning = beginning(&address);
        if let Some(triggers) = self.triggers.remove(&address) {
            for trigger in triggers.iter() {
                // One that begins alike may have the same.
                if self.beginning_with(beginning).any(|(_, triggers)| triggers.iter().any(|other| other == trigger)) {
                    continue;
                }
                if let Some(watched) = self.markets.get_mut(&trigger.market) {
                    watched.side(trigger.side).remove(&(trigger.price, beginning));
                }
            }
        }
        self.due.insert(address);
    }

    /// Accounts with triggers whose addresses begin so.
    fn beginning_with(&self, beginning: Beginning) -> impl Iterator<Item = (&Pubkey, &Triggers)> {
        let address = |rest: u8| {
            let mut bytes = [rest; 32];
            bytes[..size_of::<Beginning>()].copy_from_slice(&beginning.to_be_bytes());
            Pubkey::new_from_array(bytes)
        };
        self.triggers.range(address(0)..=address(u8::MAX))
    }
}

fn beginning(address: &Pubkey) -> Beginning {
    let mut bytes = [0; size_of::<Beginning>()];
    bytes.copy_from_slice(&address.as_array()[..size_of::<Beginning>()]);
    Beginning::from_be_bytes(bytes)
}
