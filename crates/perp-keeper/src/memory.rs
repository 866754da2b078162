//! What a keeper remembers of its jobs: which are on their way, which are left alone and until when.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use perp_client::jobs::Task;

use crate::config::{milliseconds, Pace};
use crate::decision::Verdict;
use crate::outcome::Outcome;

/// How long a job that was won is left alone unless what it is about is seen to have changed.
const UNTIL_SEEN: Duration = Duration::from_secs(5);
/// How long a transaction may still land of which nobody knows what became: a blockhash is good for about a minute.
const MAY_LAND: Duration = Duration::from_secs(90);
/// What has failed in vain is looked at again so much later, whatever was forgotten since.
const FORGOTTEN: Duration = Duration::from_secs(3_600);

/// Jobs on their way, and jobs to be left alone.
#[derive(Debug, Default)]
pub struct Memory {
    flying: BTreeSet<Task>,
    holds: BTreeMap<Task, Hold>,
}

#[derive(Clone, Copy, Debug)]
struct Hold {
    until: Instant,
    /// The sequence number of what the job is about, where a change of it ends the hold.
    unless_changed: Option<u64>,
    is_hopeless: bool,
    failures: u32,
}

impl Memory {
    /// Whether a job may be sent, given the sequence number of what it is about.
    pub fn judge(&self, task: &Task, sequence: Option<u64>, now: Instant) -> Option<Verdict> {
        if self.flying.contains(task) {
            return Some(Verdict::InFlight);
        }
        let hold = self.holds.get(task)?;
        let has_changed = hold.unless_changed.is_some() && hold.unless_changed != sequence;
        if now >= hold.until || has_changed {
            return None;
        }
        Some(if hold.is_hopeless {
            Verdict::Hopeless
        } else {
            Verdict::Waiting { for_the_next: hold.until.duration_since(now), failures: hold.failures }
        })
    }

    /// A job is sent: it is registered before it is broadcast.
    pub fn sent(&mut self, task: Task) {
        self.flying.insert(task);
    }

    /// How many are on their way.
    pub fn flying(&self) -> usize {
        self.flying.len()
    }

    /// What became of a job that was planned on this sequence number of what it is about.
    pub fn settled(&mut self, task: Task, outcome: Outcome, sequence: Option<u64>, now: Instant, pace: &Pace) {
        self.flying.remove(&task);
        let failures = match outcome {
            Outcome::Won => 0,
            _ => self.holds.get(&task).map_or(0, |hold| hold.failures).saturating_add(1),
        };
        let doubled = |first: u64| {
            let factor = 1u64.checked_shl(failures.saturating_sub(1)).unwrap_or(u64::MAX);
            milliseconds(first.saturating_mul(factor).min(pace.most_backoff_ms))
        };
        let (wait, unless_changed, is_hopeless) = match outcome {
            Outcome::Won => (UNTIL_SEEN, sequence, false),
            Outcome::Outcompeted => (doubled(pace.contention_ms), None, false),
            // What is planned on the state that is read next is another job.
            Outcome::Stale => (doubled(pace.backoff_ms), sequence, false),
            Outcome::Healthy | Outcome::NotYet | Outcome::Expired | Outcome::Unreachable => {
                (doubled(pace.backoff_ms), None, false)
            }
            Outcome::Unknown => (MAY_LAND, sequence, false),
            Outcome::Refused => (FORGOTTEN, sequence, true),
        };
        if outcome == Outcome::Won && sequence.is_none() {
            self.holds.remove(&task);
        } else {
            self.holds.insert(task, Hold { until: now + wait, unless_changed, is_hopeless, failures });
        }
    }

    /// Forgets what is over. A failure counts for as long as its wait once more.
    pub fn tidy(&mut self, now: Instant, pace: &Pace) {
        let longest = milliseconds(pace.most_backoff_ms);
        self.holds.retain(|_, hold| now < hold.until + longest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASK: Task = Task::FundClaims { market: 3 };

    fn after(ms: u64, begun: Instant) -> Instant {
        begun + milliseconds(ms)
    }

    #[test]
    fn what_is_on_its_way_is_not_sent_again() {
        let (mut memory, now) = (Memory::default(), Instant::now());
        assert_eq!(memory.judge(&TASK, Some(1), now), None);
        memory.sent(TASK);
        assert_eq!(memory.judge(&TASK, Some(2), now), Some(Verdict::InFlight));
        assert_eq!(memory.flying(), 1);
    }

    #[test]
    fn what_was_won_waits_until_its_change_is_seen() {
        let (mut memory, now, pace) = (Memory::default(), Instant::now(), Pace::default());
        memory.sent(TASK);
        memory.settled(TASK, Outcome::Won, Some(7), now, &pace);
        assert!(matches!(memory.judge(&TASK, Some(7), now), Some(Verdict::Waiting { failures: 0, .. })));
        assert_eq!(memory.judge(&TASK, Some(8), now), None);
        // Should it not be heard of, five seconds later.
        assert_eq!(memory.judge(&TASK, Some(7), after(5_000, now)), None);
    }

    #[test]
    fn waits_double_up_to_the_longest_and_begin_anew_after_a_success() {
        let (mut memory, now) = (Memory::default(), Instant::now());
        let pace = Pace { contention_ms: 400, most_backoff_ms: 3_000, ..Pace::default() };
        // 400, 800, 1600, then no longer than 3000.
        for wait in [400, 800, 1_600, 3_000, 3_000] {
            memory.settled(TASK, Outcome::Outcompeted, Some(1), now, &pace);
            // A change does not end it: others are quicker all the same.
            let before = memory.judge(&TASK, Some(2), after(wait - 1, now));
            assert!(matches!(before, Some(Verdict::Waiting { .. })), "{wait}");
            assert_eq!(memory.judge(&TASK, Some(2), after(wait, now)), None, "{wait}");
        }
        memory.settled(TASK, Outcome::Won, None, now, &pace);
        memory.settled(TASK, Outcome::Outcompeted, Some(1), now, &pace);
        assert_eq!(memory.judge(&TASK, Some(1), after(400, now)), None);
    }

    #[test]
    fn what_cannot_succeed_is_not_tried_again_before_something_changes() {
        let (mut memory, now, pace) = (Memory::default(), Instant::now(), Pace::default());
        memory.settled(TASK, Outcome::Refused, Some(7), now, &pace);
        assert_eq!(memory.judge(&TASK, Some(7), after(3_599_999, now)), Some(Verdict::Hopeless));
        assert_eq!(memory.judge(&TASK, Some(8), now), None);
    }

    #[test]
    fn failures_are_forgotten_some_time_after_the_last_wait() {
        let (mut memory, now) = (Memory::default(), Instant::now());
        let pace = Pace { backoff_ms: 500, most_backoff_ms: 2_000, ..Pace::default() };
        memory.settled(TASK, Outcome::NotYet, None, now, &pace);
        memory.tidy(after(2_499, now), &pace);
        memory.settled(TASK, Outcome::NotYet, None, after(2_499, now), &pace);
        assert!(matches!(memory.judge(&TASK, None, after(3_498, now)), Some(Verdict::Waiting { failures: 2, .. })));
        memory.tidy(after(5_499, now), &pace);
        memory.settled(TASK, Outcome::NotYet, None, after(5_499, now), &pace);
        assert!(matches!(memory.judge(&TASK, None, after(5_500, now)), Some(Verdict::Waiting { failures: 1, .. })));
    }
}
