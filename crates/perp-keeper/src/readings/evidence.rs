//! Readings that show more than a price: the first after a silence of the feed, and one of an outage that was none.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use perp_client::jobs::{shows, PostedPrice, PostedPrices, Shown};
use perp_engine::oracle::OracleReading;
use perp_engine::units::Timestamp;
use perp_exchange::Exchange;
use solana_pubkey::Pubkey;

use super::{Posted, Tried, Wanted};

/// Between two readings that are looked at: a silence is longer, so that none lies between them.
const STEP: i64 = 60;
/// How old the first reading after a silence may be: where it becomes the market's price its grace is over by then, and where there is a
/// newer one it does not enter any more.
const NEWEST_OF_USE: i64 = 120;
const OLDER_OF_USE: i64 = 15;
/// How long an account is left open after its reading was last of use: what names it may still be on its way.
const CLOSED_AFTER: Duration = Duration::from_secs(10);
/// How long it takes at most until a reading that was posted to a market's own account is seen there.
const UNTIL_SEEN: Duration = Duration::from_secs(5);

/// What to ask for, and what of it to post.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Seconds whose first readings are to be known.
    pub asked: BTreeSet<Wanted>,
    /// Those whose reading shows something.
    pub found: BTreeSet<Wanted>,
}

impl Search {
    /// Looks for proofs of silences and for readings that undo ends, as far as `told` goes. `own` are the readings in the markets' own
    /// price accounts: such a market takes no other account, and its own takes newer readings alone.
    pub fn of(
        exchange: &Exchange,
        own: &BTreeMap<u16, PostedPrice>,
        told: &BTreeMap<Wanted, OracleReading>,
        (silences, ends): (bool, bool),
    ) -> Self {
        let (mut search, now) = (Self::default(), exchange.clock.now.get());
        for market in exchange.markets() {
            let (published, settlement) = (market.price.published.get(), &market.settlement);
            let own = own.get(&market.index);
            if settlement.has_begun() {
                if ends && !settlement.outage_since.is_never() && exchange.clock.now < settlement.closes_from() {
                    let newest = own.map_or(published, |own| published.max(own.reading.publish_time()));
                    let from = newest.max(settlement.outage_since.get()).saturating_add(1);
                    search.walk(exchange, market.index, from..=settlement.moved_at.get(), Shown::Life, told);
                }
                continue;
            }
            // Either the market has had no price for long, or it had none for long before those that it has.
            let (grace, is_old) = (&market.grace, now.saturating_sub(published) > STEP);
            let (since, of_use) =
                if is_old { (published, NEWEST_OF_USE) } else { (grace.silent_since.get(), OLDER_OF_USE) };
            let was_silent = is_old || published.saturating_sub(since) > STEP;
            if silences && own.is_none() && since > 0 && was_silent && exchange.clock.now >= grace.until {
                // Questions are the same for a minute.
                let earliest = now.saturating_sub(of_use).div_euclid(STEP).saturating_sub(1).saturating_mul(STEP);
                let from = since.saturating_add(1).max(earliest);
                search.walk(exchange, market.index, from..=now, Shown::Silence, told);
            }
        }
        search
    }

    fn walk(
        &mut self,
        exchange: &Exchange,
        market: u16,
        seconds: std::ops::RangeInclusive<i64>,
        what: Shown,
        told: &BTreeMap<Wanted, OracleReading>,
    ) {
        let mut second = *seconds.start();
        while seconds.contains(&second) {
            let wanted = (market, Timestamp::new(second));
            self.asked.insert(wanted);
            let Some(reading) = told.get(&wanted) else { return };
            if shows(exchange, market, reading) == Some(what) {
                self.found.insert(wanted);
                return;
            }
            second = second.max(reading.publish_time()).saturating_add(STEP);
        }
    }
}

/// What is searched for, what was heard of it, and in which accounts it lies.
#[derive(Debug, Default)]
pub struct Evidence(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    search: Search,
    told: BTreeMap<Wanted, OracleReading>,
    tried: BTreeMap<Wanted, Tried>,
    /// With the moment at which it was last of use.
    posted: BTreeMap<Wanted, (Posted, Instant)>,
}

impl Evidence {
    /// What is searched for from now on.
    pub fn want(&self, search: Search, now: Instant) {
        let mut state = self.lock();
        state.told.retain(|wanted, _| search.asked.contains(wanted));
        state.tried.retain(|wanted, _| search.asked.contains(wanted));
        for (wanted, (_, last)) in &mut state.posted {
            if search.found.contains(wanted) {
                *last = now;
            }
        }
        state.search = search;
    }

    /// The first readings of seconds that were asked for.
    pub fn told(&self) -> BTreeMap<Wanted, OracleReading> {
        self.lock().told.clone()
    }

    /// What lies in accounts of the operator's and is of use.
    pub fn posted(&self) -> PostedPrices {
        let state = self.lock();
        let mut posted = PostedPrices::new();
        for (wanted, (found, _)) in state.posted.iter().filter(|(wanted, _)| state.search.found.contains(*wanted)) {
            posted.entry(wanted.0).or_default().push(found.price);
        }
        posted
    }

    /// Whose first reading is not known, of those that may be asked for at this moment.
    pub(super) fn questions(&self, at: Instant) -> Vec<Wanted> {
        let state = self.lock();
        let is_open = |wanted: &&Wanted| !state.told.contains_key(*wanted) && state.may_try(wanted, at);
        state.search.asked.iter().filter(is_open).copied().collect()
    }

    /// What is to be posted, of that which may be tried at this moment.
    pub(super) fn due(&self, at: Instant) -> Vec<(Wanted, OracleReading)> {
        let state = self.lock();
        let is_due = |wanted: &&Wanted| !state.posted.contains_key(*wanted) && state.may_try(wanted, at);
        let found = state.search.found.iter().filter(is_due);
        found.filter_map(|wanted| Some((*wanted, *state.told.get(wanted)?))).collect()
    }

    pub(super) fn tell(&self, wanted: Wanted, reading: OracleReading) {
        let mut state = self.lock();
        state.tried.remove(&wanted);
        state.told.insert(wanted, reading);
    }

    /// It could not be had, or posted; says whether that is the first time.
    pub(super) fn failed(&self, wanted: Wanted, at: Instant) -> bool {
        let mut state = self.lock();
        let tried = Tried::after(state.tried.get(&wanted), at);
        state.tried.insert(wanted, tried).is_none()
    }

    /// It lies in an account of the operator's; in the market's own without one.
    pub(super) fn put(&self, wanted: Wanted, posted: Option<Posted>, at: Instant) {
        let mut state = self.lock();
        match posted {
            Some(posted) => drop(state.posted.insert(wanted, (posted, at))),
            None => drop(state.tried.insert(wanted, Tried { again: at + UNTIL_SEEN, wait: UNTIL_SEEN })),
        }
    }

    /// Accounts whose readings are of no use any more; all of them at the end.
    pub(super) fn over(&self, all: bool, at: Instant) -> Vec<(Wanted, Posted)> {
        let state = self.lock();
        let is_over = |last: Instant| all || at.saturating_duration_since(last) >= CLOSED_AFTER;
        let over = state.posted.iter().filter(|(_, (_, last))| is_over(*last));
        over.map(|(wanted, (posted, _))| (*wanted, *posted)).collect()
    }

    pub(super) fn closed(&self, wanted: &Wanted, account: &Pubkey) {
        self.lock().posted.retain(|of, (posted, _)| of != wanted || posted.price.account != *account);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn may_try(&self, wanted: &Wanted, at: Instant) -> bool {
        self.tried.get(wanted).is_none_or(|tried| tried.again <= at)
    }
}

#[cfg(test)]
mod tests;
