use super::counters::count_one;
use super::{Status, StoredStatus};
use crate::session::Session;
use crate::units::{Clock, Timestamp};
use bytemuck::{Pod, Zeroable};

/// An exchange as the engine reads and writes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct ExchangeState {
    /// The exchange's own status; the stricter of it and a market's applies.
    pub status: StoredStatus,
    /// End of the last pause that somebody lifted.
    pub resumed_at: Timestamp,
    /// Events of the exchange so far that name no market and no margin account.
    pub sequence: u64,
    /// Zero; room for what is added later.
    pub reserved: [u64; 8],
}

const _: () = assert!(core::mem::size_of::<ExchangeState>() == 96);

impl ExchangeState {
    /// The number of the exchange's next event.
    pub fn next_event(&mut self) -> u64 {
        count_one(&mut self.sequence);
        self.sequence
    }

    /// The exchange as an operation finds it at `clock`.
    pub fn session(&self, clock: Clock) -> Session {
        let status = self.status.in_force(clock.now);
        Session { status, resumed_at: self.resumed_at.max(self.status.pause_ended_at(clock.now)), clock }
    }

    /// Stores a status. The end of a pause, whether somebody lifts it or it has ended by itself, is kept.
    pub fn set_status(&mut self, status: StoredStatus, clock: Clock) {
        let Session { status: before, resumed_at, .. } = self.session(clock);
        self.resumed_at = if before == Status::Paused { clock.now } else { resumed_at };
        self.status = status;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::at;

    fn exchange(status: StoredStatus) -> ExchangeState {
        ExchangeState { status, ..ExchangeState::default() }
    }

    /// Paused until so many seconds later, then active.
    fn paused_until(seconds_later: i64) -> StoredStatus {
        StoredStatus {
            until: at(seconds_later).now,
            current: Status::Paused as u8,
            ..StoredStatus::permanent(Status::Active)
        }
    }

    #[test]
    fn an_exchange_that_was_never_paused_has_no_pause_to_drop() {
        let exchange = exchange(StoredStatus::permanent(Status::ReduceOnly));
        let session = exchange.session(at(5));
        let expected = Session { status: Status::ReduceOnly, resumed_at: Timestamp::NEVER, clock: at(5) };
        assert_eq!(session, expected);
    }

    #[test]
    fn a_pause_that_somebody_lifts_ends_at_that_moment() {
        let mut exchange = exchange(StoredStatus::permanent(Status::Paused));
        assert_eq!(exchange.session(at(600)).status, Status::Paused);
        exchange.set_status(StoredStatus::permanent(Status::Active), at(600));
        let session = exchange.session(at(700));
        assert_eq!((session.status, session.resumed_at), (Status::Active, at(600).now));
    }

    #[test]
    fn a_pause_that_ends_by_itself_ended_at_its_end_however_late_somebody_looks() {
        let mut exchange = exchange(paused_until(600));
        let during = exchange.session(at(599));
        assert_eq!((during.status, during.resumed_at), (Status::Paused, Timestamp::NEVER));
        let after = exchange.session(at(1_000));
        assert_eq!((after.status, after.resumed_at), (Status::Active, at(600).now));
        // The next status would erase when it ended: it is kept.
        exchange.set_status(StoredStatus::permanent(Status::ReduceOnly), at(1_000));
        assert_eq!(exchange.session(at(1_001)).resumed_at, at(600).now);
        // And a status that is no pause keeps the end of the last one.
        exchange.set_status(StoredStatus::permanent(Status::Active), at(2_000));
        assert_eq!(exchange.session(at(2_001)).resumed_at, at(600).now);
    }

    #[test]
    fn of_two_pauses_the_later_end_counts() {
        let mut exchange = exchange(StoredStatus::permanent(Status::Paused));
        exchange.set_status(paused_until(900), at(300));
        assert_eq!(exchange.session(at(899)).status, Status::Paused);
        assert_eq!(exchange.session(at(900)).resumed_at, at(900).now);
        exchange.set_status(StoredStatus::permanent(Status::Active), at(950));
        assert_eq!(exchange.session(at(950)).resumed_at, at(900).now);
    }

    #[test]
    fn events_are_numbered_from_one() {
        let mut exchange = ExchangeState::default();
        assert_eq!((exchange.next_event(), exchange.next_event(), exchange.sequence), (1, 2, 2));
    }
}
