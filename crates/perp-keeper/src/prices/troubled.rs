//! Feeds or markets with which something does not work.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::{Duration, Instant};

use crate::journal::Journal;

/// The first and the longest wait before what was tried in vain is tried again.
const WAIT_FIRST: Duration = Duration::from_secs(1);
const WAIT_LAST: Duration = Duration::from_secs(60);

/// What is left out so that it keeps nobody from the rest, each until it is its turn to be tried by itself. What is wrong with one is told
/// when it begins, and that it is over when it is.
#[derive(Debug)]
pub struct Troubled<K> {
    /// What they are, as in the record.
    kind: &'static str,
    each: BTreeMap<K, Tried>,
    /// Of trying one by one what does not go together, where nothing came of it.
    apart: Option<Tried>,
}

#[derive(Clone, Copy, Debug)]
struct Tried {
    again: Instant,
    wait: Duration,
}

impl Tried {
    fn after(before: Option<Self>, now: Instant) -> Self {
        let wait = before.map_or(WAIT_FIRST, |before| (2 * before.wait).min(WAIT_LAST));
        Self { again: now + wait, wait }
    }
}

impl<K: Copy + Ord + Display> Troubled<K> {
    /// None yet, of this kind.
    pub const fn none(kind: &'static str) -> Self {
        Self { kind, each: BTreeMap::new(), apart: None }
    }

    /// Which of these may go together, and which are to be tried each by itself at this moment.
    pub fn divide(&self, all: &[K], now: Instant) -> (Vec<K>, Vec<K>) {
        let (troubled, sound): (Vec<K>, Vec<K>) = all.iter().copied().partition(|one| self.each.contains_key(one));
        let due = troubled.into_iter().filter(|one| self.each.get(one).is_some_and(|tried| tried.again <= now));
        (sound, due.collect())
    }

    /// Something did not work with it: it is left out, twice as long each time.
    pub fn failed(&mut self, one: K, reason: &impl Display, now: Instant) {
        let before = self.each.insert(one, Tried::after(self.each.get(&one).copied(), now));
        if before.is_none() {
            Journal::left_out(self.kind, &one, Some(&reason.to_string()));
        }
    }

    /// It works.
    pub fn mended(&mut self, one: K) {
        if self.each.remove(&one).is_some() {
            Journal::left_out(self.kind, &one, None);
        }
    }

    /// Whether what does not go together may be tried one by one.
    pub fn may_part(&self, now: Instant) -> bool {
        self.apart.is_none_or(|tried| tried.again <= now)
    }

    /// Whether anything came of trying one by one, or of all together. Where nothing did it is none of them in particular, and they are not
    /// tried so again soon.
    pub fn parted(&mut self, came: bool, now: Instant) {
        self.apart = (!came).then(|| Tried::after(self.apart, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_trouble_is_left_out_and_tried_by_itself_after_waits_that_double() {
        let (mut troubled, mut now) = (Troubled::none("market"), Instant::now());
        let (fine, dead) = (1, 2);
        let divide = |troubled: &Troubled<u16>, now| troubled.divide(&[fine, dead], now);
        assert_eq!(divide(&troubled, now), (vec![fine, dead], vec![]));
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            troubled.failed(dead, &"the server does not have it", now);
            now += Duration::from_secs(seconds);
            assert_eq!(divide(&troubled, now - Duration::from_millis(1)), (vec![fine], vec![]), "{seconds}");
            assert_eq!(divide(&troubled, now), (vec![fine], vec![dead]), "{seconds}");
        }
        troubled.mended(dead);
        assert_eq!(divide(&troubled, now), (vec![fine, dead], vec![]));
        // It begins anew.
        troubled.failed(dead, &"once more", now);
        assert_eq!(divide(&troubled, now + Duration::from_secs(1)), (vec![fine], vec![dead]));
    }

    #[test]
    fn where_none_works_they_are_not_tried_one_by_one_each_time() {
        let (mut troubled, now) = (Troubled::<u16>::none("market"), Instant::now());
        let second = Duration::from_secs(1);
        assert!(troubled.may_part(now));
        troubled.parted(false, now);
        assert_eq!([now, now + second].map(|at| troubled.may_part(at)), [false, true]);
        troubled.parted(false, now);
        assert_eq!([now + second, now + 2 * second].map(|at| troubled.may_part(at)), [false, true]);
        troubled.parted(true, now);
        assert!(troubled.may_part(now));
    }
}
