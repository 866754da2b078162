//! The readings that orders need, and those that show more than a price: which are wanted, and in which accounts those lie that were
//! posted.
//!
//! An order is met by one reading and fills at another, and both have to lie in an account. The thread that looks says what it wants and
//! plans with what is there; another asks the price server, posts, and closes the accounts once their readings are of no use any more.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use perp_client::jobs::{PostedPrice, PostedPrices};
use perp_engine::oracle::OracleReading;
use perp_engine::state::FILL_SECONDS;
use perp_engine::units::Timestamp;
use perp_updates::Receiver;
use solana_pubkey::Pubkey;

mod bringer;
mod evidence;
mod needs;

pub use bringer::Bringer;
pub use evidence::{Evidence, Search};
pub use needs::{needs, Needs};

/// Seconds after the last in which a reading can be handed in until its account is closed: what names it may still be on its way.
const CLOSED_AFTER: i64 = 10;
/// The first and the longest wait before a reading that could not be had is asked for again.
const WAIT_FIRST: Duration = Duration::from_millis(250);
const WAIT_LAST: Duration = Duration::from_secs(4);

/// A market and the time from which on a reading counts: the first that is published then or later is the one.
pub type Wanted = (u16, Timestamp);

/// A reading that lies in an account of the operator's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The account and the reading.
    pub price: PostedPrice,
    /// Through which it was posted.
    pub receiver: Receiver,
    /// Who may close the account.
    pub payer: Pubkey,
}

/// What is wanted and what is there.
#[derive(Debug, Default)]
pub struct Readings(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    now: Timestamp,
    wanted: BTreeMap<Wanted, u64>,
    watched: BTreeSet<u16>,
    latest: BTreeMap<u16, OracleReading>,
    posted: BTreeMap<Wanted, Posted>,
    tried: BTreeMap<Wanted, Tried>,
}

/// One that could not be had.
#[derive(Clone, Copy, Debug)]
struct Tried {
    again: Instant,
    wait: Duration,
}

impl Tried {
    /// Once more in vain: waits double.
    fn after(before: Option<&Self>, at: Instant) -> Self {
        let wait = before.map_or(WAIT_FIRST, |tried| (2 * tried.wait).min(WAIT_LAST));
        Self { again: at + wait, wait }
    }
}

impl Readings {
    /// What is wanted from now on, by what it pays in lamports, and the markets whose newest readings are; as of the chain's time.
    pub fn want(&self, now: Timestamp, wanted: BTreeMap<Wanted, u64>, watched: BTreeSet<u16>) {
        let mut state = self.lock();
        state.latest.retain(|market, _| watched.contains(market));
        state.tried.retain(|wanted, _| is_of_use(wanted, now));
        (state.now, state.wanted, state.watched) = (now, wanted, watched);
    }

    /// The newest readings that the server has told of, and that nobody has posted for that.
    pub fn latest(&self) -> BTreeMap<u16, OracleReading> {
        self.lock().latest.clone()
    }

    /// What lies in accounts and is of use yet.
    pub fn posted(&self) -> PostedPrices {
        let state = self.lock();
        let mut posted = PostedPrices::new();
        for (wanted, found) in state.posted.iter().filter(|(wanted, _)| is_of_use(wanted, state.now)) {
            posted.entry(wanted.0).or_default().push(found.price);
        }
        posted
    }

    /// The markets whose newest readings are wanted.
    fn watched(&self) -> BTreeSet<u16> {
        self.lock().watched.clone()
    }

    fn tell_latest(&self, latest: BTreeMap<u16, OracleReading>) {
        self.lock().latest = latest;
    }

    /// What is wanted, is not there, and may be asked for at this moment.
    fn due(&self, at: Instant) -> BTreeMap<Wanted, u64> {
        let state = self.lock();
        let is_due = |wanted: &Wanted| {
            !state.posted.contains_key(wanted) && state.tried.get(wanted).is_none_or(|tried| tried.again <= at)
        };
        state.wanted.iter().filter(|(wanted, _)| is_due(wanted)).map(|(wanted, worth)| (*wanted, *worth)).collect()
    }

    /// It lies in an account. Whatever else is wanted of its market waits until somebody has planned with it: it may be what that was for.
    fn put(&self, wanted: Wanted, posted: Posted) {
        let mut state = self.lock();
        state.posted.insert(wanted, posted);
        state.wanted.retain(|(market, _), _| *market != wanted.0);
    }

    /// It could not be had; says whether that is the first time.
    fn failed(&self, wanted: Wanted, at: Instant) -> bool {
        let mut state = self.lock();
        let tried = Tried::after(state.tried.get(&wanted), at);
        state.tried.insert(wanted, tried).is_none()
    }

    /// Whether it could not be had before.
    fn has_failed(&self, wanted: &Wanted) -> bool {
        self.lock().tried.contains_key(wanted)
    }

    /// Accounts whose readings are of no use any more; all of them at the end.
    fn over(&self, all: bool) -> Vec<(Wanted, Posted)> {
        let state = self.lock();
        let is_over = |wanted: &Wanted| all || !is_within(wanted, state.now, CLOSED_AFTER);
        state.posted.iter().filter(|(wanted, _)| is_over(wanted)).map(|(wanted, posted)| (*wanted, *posted)).collect()
    }

    fn closed(&self, wanted: &Wanted, account: &Pubkey) {
        self.lock().posted.retain(|of, posted| of != wanted || posted.price.account != *account);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether anything can be done with a reading of that time: an order is met by a younger one, and fills until then.
fn is_of_use(wanted: &Wanted, now: Timestamp) -> bool {
    is_within(wanted, now, 0)
}

fn is_within((_, second): &Wanted, now: Timestamp, more: i64) -> bool {
    now.get() <= second.get().saturating_add(i64::from(FILL_SECONDS)).saturating_add(more)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::new(second)
    }

    fn posted(second: i64) -> Posted {
        let reading = OracleReading::new(14_000_000_000, 0, -8, second).unwrap().with_previous(second - 1);
        let price = PostedPrice { account: Pubkey::new_unique(), reading };
        Posted { price, receiver: Receiver::Core, payer: Pubkey::new_unique() }
    }

    #[test]
    fn a_reading_is_planned_with_for_as_long_as_it_fills_and_closed_later() {
        let (readings, wanted) = (Readings::default(), (0, at(100)));
        readings.want(at(100), BTreeMap::from([(wanted, 40_000)]), BTreeSet::new());
        let begun = Instant::now();
        assert_eq!(readings.due(begun), BTreeMap::from([(wanted, 40_000)]));
        readings.put(wanted, posted(100));
        assert_eq!(readings.due(begun), BTreeMap::new());
        // It fills until 15 s later; ten more are left for what is on its way.
        for (now, planned, over) in [(115, 1, 0), (116, 0, 0), (125, 0, 0), (126, 0, 1)] {
            readings.want(at(now), BTreeMap::new(), BTreeSet::new());
            let found = readings.posted().values().map(Vec::len).sum::<usize>();
            assert_eq!((found, readings.over(false).len()), (planned, over), "{now}");
        }
        let account = readings.over(true)[0].1.price.account;
        readings.closed(&wanted, &account);
        assert_eq!(readings.over(true), []);
    }

    #[test]
    fn a_reading_that_cannot_be_had_is_asked_for_again_after_waits_that_double() {
        let (readings, wanted) = (Readings::default(), (0, at(100)));
        readings.want(at(100), BTreeMap::from([(wanted, 1)]), BTreeSet::new());
        let mut now = Instant::now();
        let mut firsts = Vec::new();
        for wait in [250, 500, 1_000, 2_000, 4_000, 4_000] {
            firsts.push(readings.failed(wanted, now));
            now += Duration::from_millis(wait);
            assert_eq!(readings.due(now - Duration::from_millis(1)).len(), 0, "{wait}");
            assert_eq!(readings.due(now).len(), 1, "{wait}");
        }
        assert_eq!(firsts, [true, false, false, false, false, false]);
    }

    #[test]
    fn newest_readings_of_markets_that_nobody_watches_are_forgotten() {
        let readings = Readings::default();
        readings.want(at(100), BTreeMap::new(), BTreeSet::from([0, 1]));
        readings.tell_latest([0, 1].map(|market| (market, posted(100).price.reading)).into());
        readings.want(at(101), BTreeMap::new(), BTreeSet::from([1]));
        assert_eq!(readings.latest().into_keys().collect::<Vec<_>>(), [1]);
    }
}
