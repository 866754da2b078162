//! The exchange as an operation finds it.

use crate::state::Status;
use crate::units::{Clock, Timestamp};

/// What of the exchange bears on every market: its status in force, the end of its last pause, and the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// The exchange's status in force.
    pub status: Status,
    /// When its last pause ended: no funding accrues for the time before.
    pub resumed_at: Timestamp,
    /// When that is.
    pub clock: Clock,
}
