use super::counters::count_one;
use super::{Restriction, Status};
use crate::error::EngineError;
use crate::session::Session;
use crate::units::{Clock, Timestamp};
use bytemuck::{Pod, Zeroable};

#[cfg(test)]
mod tests;

/// An exchange as the engine reads and writes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct ExchangeState {
    /// The pause, of all markets at once; its end starts the grace.
    pub pause: Restriction,
    /// When the last pause began; one set during another or in its grace continues it.
    pub pause_began: Timestamp,
    /// The time in which positions in all markets can only be reduced.
    pub reduce_only: Restriction,
    /// The boundary that the exchange waits for, and at which every ledger is kept; zero where no request waits.
    pub boundary: Timestamp,
    /// Events of the exchange so far that name no market and no margin account.
    pub sequence: u64,
    /// When somebody first asked to provide liquidity: from then on nothing is decided without its wait. Zero before.
    pub founded_at: Timestamp,
    /// Zero; room for what is added later.
    pub reserved: [u64; 2],
}

const _: () = assert!(core::mem::size_of::<ExchangeState>() == 96);

impl ExchangeState {
    /// The number of the exchange's next event.
    pub fn next_event(&mut self) -> u64 {
        count_one(&mut self.sequence);
        self.sequence
    }

    /// The status that somebody set and that is in force, whatever grace there is; the stricter of it and a market's
    /// applies.
    pub fn own_status(&self, now: Timestamp) -> Status {
        if self.pause.is_in_force(now) {
            Status::Paused
        } else if self.reduce_only.is_in_force(now) {
            Status::ReduceOnly
        } else {
            Status::Active
        }
    }

    /// Whether nobody has anything to lose yet, so that the admin lists markets at once.
    ///
    /// # Errors
    /// [`EngineError::FoundingOver`].
    pub fn require_founding(&self) -> Result<(), EngineError> {
        if self.founded_at.is_never() {
            Ok(())
        } else {
            Err(EngineError::FoundingOver)
        }
    }

    /// The exchange as an operation finds it at `clock`.
    pub fn session(&self, clock: Clock) -> Session {
        let (pause_began, pause_ended) = (self.pause_began, self.pause.until);
        let (status, boundary) = (self.own_status(clock.now), self.boundary);
        let session = Session { status, pause_began, pause_ended, boundary, clock };
        let at_least = if session.in_grace() { Status::ReduceOnly } else { Status::Active };
        Session { status: session.status.and(at_least), ..session }
    }
}
