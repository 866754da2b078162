//! What was last seen, and whether that is good enough to be called alive and ready.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::Serialize;

/// What was last seen.
#[derive(Clone, Debug)]
pub struct Status {
    /// When the keeper began.
    pub begun: Instant,
    /// When it last turned, whether or not that read anything.
    pub turned: Option<Instant>,
    /// When it last read everything.
    pub read: Option<Instant>,
    /// Why it last could not.
    pub reason: Option<String>,
    /// Since when there is no subscription; none while there is one.
    pub quiet_since: Option<Instant>,
    /// Why what was read is too old to act on, where it is.
    pub stale: Option<String>,
    /// Age of each market's price, in seconds.
    pub price_ages: BTreeMap<u16, u64>,
    /// Whether it was asked to end.
    pub is_ending: bool,
}

/// A keeper that has not turned for so long hangs: its longest wait for a node is half a minute.
pub const HANGS: Duration = Duration::from_secs(120);

/// What is in the way of being ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "obstacle", rename_all = "snake_case")]
pub enum Obstacle {
    /// Nothing was read yet.
    Starting,
    /// It was asked to end.
    Ending,
    /// The last read is too old.
    NotRead {
        /// Its age, in seconds.
        age_seconds: u64,
        /// The most.
        limit_seconds: u64,
    },
    /// There is no subscription.
    NoSubscription {
        /// Since how many seconds.
        seconds: u64,
    },
    /// The node's state is too old to act on.
    Stale {
        /// How it is known.
        reason: String,
    },
    /// No wallet holds enough to pay with.
    WalletsLow {
        /// What the fullest holds.
        lamports: u64,
        /// From how many on one pays.
        floor_lamports: u64,
    },
}

impl Status {
    /// Nothing was seen yet.
    pub const fn new(now: Instant) -> Self {
        Self {
            begun: now,
            turned: None,
            read: None,
            reason: None,
            quiet_since: None,
            stale: None,
            price_ages: BTreeMap::new(),
            is_ending: false,
        }
    }

    /// For how long nothing was read.
    pub fn read_age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.read.unwrap_or(self.begun))
    }

    /// For how long there was no subscription.
    pub fn quiet(&self, now: Instant) -> Duration {
        self.quiet_since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }

    /// Whether it turns.
    pub fn is_alive(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.turned.unwrap_or(self.begun)) < HANGS
    }

    /// What is in the way of being ready. `low` is what the fullest wallet holds where none may pay.
    pub fn obstacles(
        &self,
        now: Instant,
        read_limit: Duration,
        low: Option<u64>,
        floor_lamports: u64,
    ) -> Vec<Obstacle> {
        let mut obstacles = Vec::new();
        if self.is_ending {
            obstacles.push(Obstacle::Ending);
        }
        let age = self.read_age(now);
        if self.read.is_none() {
            obstacles.push(Obstacle::Starting);
        } else if age > read_limit {
            obstacles.push(Obstacle::NotRead { age_seconds: age.as_secs(), limit_seconds: read_limit.as_secs() });
        }
        if self.quiet_since.is_some() {
            obstacles.push(Obstacle::NoSubscription { seconds: self.quiet(now).as_secs() });
        }
        if let Some(reason) = &self.stale {
            obstacles.push(Obstacle::Stale { reason: reason.clone() });
        }
        if let Some(lamports) = low {
            obstacles.push(Obstacle::WalletsLow { lamports, floor_lamports });
        }
        obstacles
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(15);

    fn after(begun: Instant, seconds: u64) -> Instant {
        begun + Duration::from_secs(seconds)
    }

    #[test]
    fn it_is_ready_once_it_has_read_and_until_a_read_is_missing() {
        let begun = Instant::now();
        let mut status = Status::new(begun);
        assert_eq!(status.obstacles(begun, LIMIT, None, 0), [Obstacle::Starting]);
        status.read = Some(begun);
        assert_eq!(status.obstacles(after(begun, 15), LIMIT, None, 0), []);
        let late = Obstacle::NotRead { age_seconds: 16, limit_seconds: 15 };
        assert_eq!(status.obstacles(after(begun, 16), LIMIT, None, 0), [late]);
    }

    #[test]
    fn everything_that_is_in_the_way_is_named() {
        let begun = Instant::now();
        let mut status = Status::new(begun);
        status.read = Some(after(begun, 9));
        status.quiet_since = Some(after(begun, 3));
        status.stale = Some("the node's clock is 40 s behind".into());
        status.is_ending = true;
        let expected = [
            Obstacle::Ending,
            Obstacle::NoSubscription { seconds: 7 },
            Obstacle::Stale { reason: "the node's clock is 40 s behind".into() },
            Obstacle::WalletsLow { lamports: 7, floor_lamports: 10 },
        ];
        assert_eq!(status.obstacles(after(begun, 10), LIMIT, Some(7), 10), expected);
    }

    #[test]
    fn it_is_alive_as_long_as_it_turns() {
        let begun = Instant::now();
        let mut status = Status::new(begun);
        assert!(status.is_alive(after(begun, 119)) && !status.is_alive(after(begun, 120)));
        status.turned = Some(after(begun, 100));
        assert!(status.is_alive(after(begun, 219)) && !status.is_alive(after(begun, 220)));
    }
}
