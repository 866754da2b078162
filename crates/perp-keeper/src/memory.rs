//! What a keeper remembers of its jobs: which are on their way, which are left alone and until when.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use perp_client::jobs::Task;
use solana_pubkey::Pubkey;

use crate::config::{milliseconds, Pace};
use crate::decision::Verdict;
use crate::outcome::Outcome;

/// How long a job is left alone at most that was won, or that a price has overtaken, where nothing is seen to have changed.
const UNTIL_SEEN: Duration = Duration::from_secs(5);
/// What has failed in vain is looked at again so much later, whatever was forgotten since.
const FORGOTTEN: Duration = Duration::from_secs(3_600);

/// What a job was planned on, as far as it tells whether the job has become another. Each number is of content: what comes back to what
/// it was is the same again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Basis {
    /// Of what the job is about; none where that is not known.
    pub subject: Option<u64>,
    /// Of the prices that it is judged at.
    pub prices: u64,
}

/// Jobs on their way, and jobs to be left alone.
#[derive(Debug, Default)]
pub struct Memory {
    flying: BTreeSet<Task>,
    holds: BTreeMap<Task, Hold>,
}

#[derive(Clone, Copy, Debug)]
struct Hold {
    until: Instant,
    unless: Unless,
    basis: Basis,
    is_hopeless: bool,
    failures: u32,
}

/// What ends a hold before its time.
#[derive(Clone, Copy, Debug)]
enum Unless {
    Nothing,
    /// A change of what the job is about.
    Changed,
    /// That, or a new price.
    Priced,
}

impl Hold {
    fn holds(&self, basis: Basis, now: Instant) -> bool {
        let has_changed = self.basis.subject.is_some() && self.basis.subject != basis.subject;
        let is_over = match self.unless {
            Unless::Nothing => false,
            Unless::Changed => has_changed,
            Unless::Priced => has_changed || self.basis.prices != basis.prices,
        };
        now < self.until && !is_over
    }
}

impl Memory {
    /// Whether a job may be sent that is planned on this. One liquidation of an account is on its way at a time: it may leave nothing to
    /// do for another.
    pub fn judge(&self, task: &Task, basis: Basis, now: Instant) -> Option<Verdict> {
        if self.flying.contains(task) || self.is_being_liquidated(task) {
            return Some(Verdict::InFlight);
        }
        let hold = self.holds.get(task).filter(|hold| hold.holds(basis, now))?;
        Some(if hold.is_hopeless {
            Verdict::Hopeless
        } else {
            Verdict::Waiting { for_the_next: hold.until.duration_since(now), failures: hold.failures }
        })
    }

    fn is_being_liquidated(&self, task: &Task) -> bool {
        matches!(task, Task::Liquidate { account, .. } if self.liquidates(account))
    }

    /// Whether a liquidation of this account is on its way.
    pub fn liquidates(&self, account: &Pubkey) -> bool {
        let of = |market| Task::Liquidate { account: *account, market };
        self.flying.range(of(0)..=of(u16::MAX)).next().is_some()
    }

    /// A job is sent: it is registered before it is broadcast.
    pub fn sent(&mut self, task: Task) {
        self.flying.insert(task);
    }

    /// How many are on their way.
    pub fn flying(&self) -> usize {
        self.flying.len()
    }

    /// What became of a job that was planned on this.
    pub fn settled(&mut self, task: Task, outcome: Outcome, basis: Basis, now: Instant, pace: &Pace) {
        self.flying.remove(&task);
        let failures = match outcome {
            // Who was overtaken has made no mistake.
            Outcome::Won | Outcome::Outcompeted | Outcome::Healthy => 0,
            _ => self.holds.get(&task).map_or(0, |hold| hold.failures).saturating_add(1),
        };
        let doubled = |first: u64| {
            let factor = 1u64.checked_shl(failures.saturating_sub(1)).unwrap_or(u64::MAX);
            milliseconds(first.saturating_mul(factor).min(pace.most_backoff_ms))
        };
        let (wait, unless, is_hopeless) = match outcome {
            Outcome::Won => (UNTIL_SEEN, Unless::Changed, false),
            // A change does not end it: others are quicker all the same.
            Outcome::Outcompeted => (milliseconds(pace.contention_ms), Unless::Nothing, false),
            Outcome::Healthy => (UNTIL_SEEN, Unless::Priced, false),
            // What is planned on the state that is read next is another job.
            Outcome::Stale => (doubled(pace.backoff_ms), Unless::Changed, false),
            // A transaction is on its way for as long as it may land, so that this is the end of it.
            Outcome::NotYet | Outcome::Expired | Outcome::Unknown | Outcome::Unreachable => {
                (doubled(pace.backoff_ms), Unless::Nothing, false)
            }
            Outcome::Refused => (FORGOTTEN, Unless::Changed, true),
        };
        if outcome == Outcome::Won && basis.subject.is_none() {
            self.holds.remove(&task);
        } else {
            self.holds.insert(task, Hold { until: now + wait, unless, basis, is_hopeless, failures });
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

    /// Planned on an account of this content, at prices of these.
    fn on(subject: u64, prices: u64) -> Basis {
        Basis { subject: Some(subject), prices }
    }

    #[test]
    fn what_is_on_its_way_is_not_sent_again() {
        let (mut memory, now) = (Memory::default(), Instant::now());
        assert_eq!(memory.judge(&TASK, on(1, 0), now), None);
        memory.sent(TASK);
        assert_eq!(memory.judge(&TASK, on(2, 0), now), Some(Verdict::InFlight));
        assert_eq!(memory.flying(), 1);
    }

    #[test]
    fn of_an_account_one_position_is_liquidated_and_the_next_at_once_after_it() {
        let (mut memory, now, pace) = (Memory::default(), Instant::now(), Pace::default());
        let [account, other] = [Pubkey::new_from_array([1; 32]), Pubkey::new_from_array([2; 32])];
        let of = |account, market| Task::Liquidate { account, market };
        memory.sent(of(account, 3));
        for market in [0, 3, u16::MAX] {
            assert_eq!(memory.judge(&of(account, market), on(1, 0), now), Some(Verdict::InFlight), "{market}");
        }
        assert_eq!(memory.judge(&of(other, 0), on(1, 0), now), None);
        // Whether or not the change of the account has been heard of.
        memory.settled(of(account, 3), Outcome::Won, on(1, 0), now, &pace);
        assert_eq!(memory.judge(&of(account, 0), on(1, 0), now), None);
        assert!(matches!(memory.judge(&of(account, 3), on(1, 0), now), Some(Verdict::Waiting { .. })));
    }

    #[test]
    fn what_was_won_waits_until_its_change_is_seen() {
        let (mut memory, now, pace) = (Memory::default(), Instant::now(), Pace::default());
        memory.sent(TASK);
        memory.settled(TASK, Outcome::Won, on(7, 0), now, &pace);
        assert!(matches!(memory.judge(&TASK, on(7, 1), now), Some(Verdict::Waiting { failures: 0, .. })));
        assert_eq!(memory.judge(&TASK, on(8, 0), now), None);
        // Should it not be heard of, five seconds later.
        assert_eq!(memory.judge(&TASK, on(7, 0), after(5_000, now)), None);
    }

    #[test]
    fn waits_double_up_to_the_longest_and_begin_anew_after_a_success() {
        let (mut memory, now) = (Memory::default(), Instant::now());
        let pace = Pace { backoff_ms: 400, most_backoff_ms: 3_000, ..Pace::default() };
        // 400, 800, 1600, then no longer than 3000.
        for wait in [400, 800, 1_600, 3_000, 3_000] {
            memory.settled(TASK, Outcome::Expired, on(1, 0), now, &pace);
            let before = memory.judge(&TASK, on(2, 0), after(wait - 1, now));
            assert!(matches!(before, Some(Verdict::Waiting { .. })), "{wait}");
            assert_eq!(memory.judge(&TASK, on(2, 0), after(wait, now)), None, "{wait}");
        }
        memory.settled(TASK, Outcome::Won, on(1, 0), now, &pace);
        memory.settled(TASK, Outcome::Expired, on(1, 0), now, &pace);
        assert_eq!(memory.judge(&TASK, on(1, 0), after(400, now)), None);
    }

    #[test]
    fn a_lost_race_is_no_failure() {
        let (mut memory, now) = (Memory::default(), Instant::now());
        let pace = Pace { contention_ms: 400, backoff_ms: 500, ..Pace::default() };
        for _ in 0..9 {
            memory.settled(TASK, Outcome::Outcompeted, on(1, 0), now, &pace);
            // A change does not end it: others are quicker all the same.
            let before = memory.judge(&TASK, on(2, 1), after(399, now));
            assert!(matches!(before, Some(Verdict::Waiting { failures: 0, .. })));
            assert_eq!(memory.judge(&TASK, on(2, 1), after(400, now)), None);
        }
        // Nor does it count as one where something fails later.
        memory.settled(TASK, Outcome::Expired, on(1, 0), now, &pace);
        assert_eq!(memory.judge(&TASK, on(1, 0), after(500, now)), None);
    }

    #[test]
    fn who_is_healthy_again_is_asked_after_at_the_next_price() {
        let (mut memory, now, pace) = (Memory::default(), Instant::now(), Pace::default());
        for _ in 0..9 {
            memory.settled(TASK, Outcome::Healthy, on(1, 5), now, &pace);
            assert!(matches!(memory.judge(&TASK, on(1, 5), after(4_999, now)), Some(Verdict::Waiting { .. })));
            assert_eq!(memory.judge(&TASK, on(1, 6), now), None);
            assert_eq!(memory.judge(&TASK, on(2, 5), now), None);
            // Funding may have brought it back.
            assert_eq!(memory.judge(&TASK, on(1, 5), after(5_000, now)), None);
        }
    }

    #[test]
    fn what_cannot_succeed_is_not_tried_again_before_something_changes() {
        let (mut memory, now, pace) = (Memory::default(), Instant::now(), Pace::default());
        memory.settled(TASK, Outcome::Refused, on(7, 0), now, &pace);
        assert_eq!(memory.judge(&TASK, on(7, 1), after(3_599_999, now)), Some(Verdict::Hopeless));
        assert_eq!(memory.judge(&TASK, on(8, 0), now), None);
        // What has come back to what it was is as hopeless as before.
        assert_eq!(memory.judge(&TASK, on(7, 0), now), Some(Verdict::Hopeless));
    }

    #[test]
    fn failures_are_forgotten_some_time_after_the_last_wait() {
        let (mut memory, now) = (Memory::default(), Instant::now());
        let (pace, basis) = (Pace { backoff_ms: 500, most_backoff_ms: 2_000, ..Pace::default() }, Basis::default());
        memory.settled(TASK, Outcome::NotYet, basis, now, &pace);
        memory.tidy(after(2_499, now), &pace);
        memory.settled(TASK, Outcome::NotYet, basis, after(2_499, now), &pace);
        assert!(matches!(memory.judge(&TASK, basis, after(3_498, now)), Some(Verdict::Waiting { failures: 2, .. })));
        memory.tidy(after(5_499, now), &pace);
        memory.settled(TASK, Outcome::NotYet, basis, after(5_499, now), &pace);
        assert!(matches!(memory.judge(&TASK, basis, after(5_500, now)), Some(Verdict::Waiting { failures: 1, .. })));
    }
}
