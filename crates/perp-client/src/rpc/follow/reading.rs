//! When everything is read, and what came of it.

use std::time::{Duration, Instant};

use crate::rpc::FetchError;

/// How long the first read may take.
pub(super) const FIRST_READ: Duration = Duration::from_secs(120);
/// How often everything is read while there is no subscription.
const READ_WITHOUT: Duration = Duration::from_secs(1);
/// How often everything is read besides: nodes do not tell of accounts that are closed, nor of blocks that are given up.
const READ_ANYWAY: Duration = Duration::from_secs(300);
/// The first and the longest wait after a read that failed, or that told of an earlier slot than one before.
const RETRY_FIRST: Duration = Duration::from_millis(200);
const RETRY_LAST: Duration = Duration::from_secs(30);
/// How long after something is told of an earlier slot everything is read.
const DOUBT: Duration = Duration::from_secs(1);
/// How long a node may tell of an earlier slot until it is held for one that was set back.
const BEHIND: Duration = Duration::from_secs(5);

/// The state of reading everything.
pub(super) struct Reading {
    is_asked: bool,
    /// Something may have been missed since everything was last asked for.
    must_read: bool,
    /// Not before.
    retry_at: Option<Instant>,
    wait: Duration,
    read_at: Option<Instant>,
    failure: Option<String>,
    behind_since: Option<Instant>,
    incomplete_since: Option<Instant>,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            is_asked: false,
            must_read: true,
            retry_at: None,
            wait: RETRY_FIRST,
            read_at: None,
            failure: None,
            behind_since: None,
            incomplete_since: None,
        }
    }
}

impl Reading {
    pub(super) fn has_read(&self) -> bool {
        self.read_at.is_some()
    }

    pub(super) fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    pub(super) fn incomplete_since(&self) -> Option<Instant> {
        self.incomplete_since
    }

    /// Something may have been missed.
    pub(super) fn missed(&mut self) {
        self.must_read = true;
        self.incomplete_since.get_or_insert_with(Instant::now);
    }

    /// Something was told of an earlier slot than what is known. Most nodes are late then, and some never say another slot: what it is
    /// worth everything that is read a moment later tells.
    pub(super) fn doubted(&mut self, now: Instant) {
        self.missed();
        self.retry_at.get_or_insert(now + DOUBT);
    }

    /// Whether everything is to be asked for.
    pub(super) fn is_due(&self, is_live: bool, now: Instant) -> bool {
        if self.is_asked || self.retry_at.is_some_and(|retry_at| now < retry_at) {
            return false;
        }
        let Some(read_at) = self.read_at else { return true };
        let since = now.saturating_duration_since(read_at);
        match (self.must_read, is_live) {
            (true, true) => true,
            (true, false) => since >= READ_WITHOUT,
            (false, _) => since >= READ_ANYWAY,
        }
    }

    /// Everything is asked for: a gap from here on is one that reading does not close.
    pub(super) fn asked(&mut self, is_live: bool) {
        (self.is_asked, self.must_read, self.retry_at) = (true, !is_live, None);
    }

    /// It could not be read. The error is returned where nothing is known yet, and kept in words else.
    pub(super) fn failed(&mut self, error: FetchError, now: Instant) -> Result<(), FetchError> {
        (self.is_asked, self.failure) = (false, Some(error.to_string()));
        self.missed();
        if self.read_at.is_none() {
            // Whoever asks for the first time waits between two attempts as long as it likes.
            return Err(error);
        }
        self.later(now);
        Ok(())
    }

    /// It was read; returns whether it counts: a node that is behind does for a while not.
    pub(super) fn done(&mut self, is_behind: bool, is_live: bool, now: Instant) -> bool {
        (self.is_asked, self.failure) = (false, None);
        if is_behind {
            let since = *self.behind_since.get_or_insert(now);
            if now.saturating_duration_since(since) < BEHIND {
                self.missed();
                self.later(now);
                // Often enough to see it catch up.
                self.wait = self.wait.min(READ_WITHOUT);
                return false;
            }
        }
        (self.behind_since, self.wait) = (None, RETRY_FIRST);
        self.read_at = Some(now);
        self.must_read |= !is_live;
        if !self.must_read {
            self.incomplete_since = None;
        }
        true
    }

    fn later(&mut self, now: Instant) {
        self.retry_at = Some(now + self.wait);
        self.wait = (2 * self.wait).min(RETRY_LAST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::accounts::garbled;

    fn after(begun: Instant, milliseconds: u64) -> Instant {
        begun + Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_node_that_stays_behind_was_set_back() {
        let (mut reading, begun) = (Reading::default(), Instant::now());
        assert!(reading.done(false, true, begun));
        assert!(!reading.done(true, true, after(begun, 1_000)));
        assert!(reading.incomplete_since().is_some());
        // It has caught up, and falls behind again.
        assert!(reading.done(false, true, after(begun, 2_000)));
        assert!(!reading.done(true, true, after(begun, 4_000)));
        assert!(!reading.done(true, true, after(begun, 8_999)));
        assert!(reading.done(true, true, after(begun, 9_000)));
    }

    #[test]
    fn what_fails_is_tried_again_ever_later() {
        let (mut reading, begun) = (Reading::default(), Instant::now());
        // The first error is told to whoever asks, who may try again at once.
        assert!(reading.failed(garbled("nothing"), begun).is_err());
        assert!(reading.is_due(true, begun));
        assert!(reading.done(false, true, begun));
        // After 0.2, 0.4 and 0.8 s, and at last every 30 s.
        let mut now = begun;
        for wait in [200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000] {
            reading.asked(true);
            reading.failed(garbled("nothing"), now).unwrap();
            assert!(!reading.is_due(true, after(now, wait - 1)), "{wait}");
            assert!(reading.is_due(true, after(now, wait)), "{wait}");
            now = after(now, wait);
        }
        reading.asked(true);
        assert!(reading.done(false, true, now));
        // Then every five minutes.
        reading.asked(true);
        assert!(reading.done(false, true, now));
        assert!(!reading.is_due(true, after(now, 299_999)) && reading.is_due(true, after(now, 300_000)));
    }

    #[test]
    fn a_gap_while_it_is_read_is_one_that_reading_does_not_close() {
        let (mut reading, now) = (Reading::default(), Instant::now());
        reading.asked(true);
        reading.missed();
        assert!(reading.done(false, true, now));
        assert!(reading.incomplete_since().is_some() && reading.is_due(true, now));
        reading.asked(true);
        assert!(!reading.is_due(true, now));
        assert!(reading.done(false, true, now));
        assert!(reading.incomplete_since().is_none() && !reading.is_due(true, now));
    }
}
