//! The exchange as an operation finds it.

use crate::error::EngineError;
use crate::state::{Market, Status, PAUSE_GRACE_SECONDS};
use crate::units::{Clock, Timestamp};

/// What of the exchange bears on every market: its status in force, its last pause, and the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// The exchange's status in force, at least reduce-only in the grace after a pause.
    pub status: Status,
    /// When its last pause began; zero where there never was one. One that was set during another, or in its grace,
    /// continues that one: from here on nobody could act for a whole grace.
    pub pause_began: Timestamp,
    /// When its last pause ended, or will end; zero where there never was one.
    pub pause_ended: Timestamp,
    /// The boundary that the exchange waits for; zero where no request waits.
    pub boundary: Timestamp,
    /// When that is.
    pub clock: Clock,
}

impl Session {
    /// Whether the boundary that the exchange waits for has come by the clock.
    pub fn boundary_has_come(&self) -> bool {
        !self.boundary.is_never() && self.clock.now >= self.boundary
    }

    /// Whether nothing is to be valued that was kept for the boundary that the exchange waits for, of `market` where it is about one.
    ///
    /// # Errors
    /// [`EngineError::BoundaryOpen`].
    pub fn require_no_open_boundary(&self, market: Option<&Market>) -> Result<(), EngineError> {
        let boundary = self.boundary;
        // A reading from ahead of the clock may have had the market kept already.
        let kept = market.is_some_and(|market| market.at_boundary.boundary == boundary) && !boundary.is_never();
        if kept || self.boundary_has_come() {
            return Err(EngineError::BoundaryOpen { boundary: boundary.get() });
        }
        Ok(())
    }

    /// Whether a pause ended less than [`PAUSE_GRACE_SECONDS`] ago.
    pub fn in_grace(&self) -> bool {
        let Ok(grace_ends) = self.pause_ended.after(PAUSE_GRACE_SECONDS) else { return false };
        (self.pause_ended..grace_ends).contains(&self.clock.now)
    }
}
