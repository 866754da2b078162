use super::*;
use crate::fixtures::{at, restricted_until};

#[test]
fn an_exchange_that_was_never_paused_has_no_grace() {
    let exchange = ExchangeState { reduce_only: restricted_until(6), ..ExchangeState::default() };
    let never = Timestamp::NEVER;
    let (status, boundary) = (Status::ReduceOnly, never);
    let expected = Session { status, pause_began: never, pause_ended: never, boundary, clock: at(5) };
    assert_eq!(exchange.session(at(5)), expected);
    assert!(!exchange.session(at(5)).in_grace());
    assert_eq!(exchange.session(at(6)).status, Status::Active);
}

#[test]
fn for_two_minutes_after_a_pause_positions_can_only_be_reduced() {
    let exchange = ExchangeState { pause: restricted_until(300), pause_began: at(0).now, ..ExchangeState::default() };
    for (seconds, own, in_force, in_grace) in [
        (299, Status::Paused, Status::Paused, false),
        (300, Status::Active, Status::ReduceOnly, true),
        (419, Status::Active, Status::ReduceOnly, true),
        (420, Status::Active, Status::Active, false),
    ] {
        let session = exchange.session(at(seconds));
        assert_eq!((exchange.own_status(at(seconds).now), session.status), (own, in_force), "{seconds}");
        assert_eq!(session.in_grace(), in_grace, "{seconds}");
        assert_eq!((session.pause_began, session.pause_ended), (at(0).now, at(300).now));
    }
}

#[test]
fn reduce_only_goes_on_after_a_pause() {
    let exchange = ExchangeState {
        pause: restricted_until(300),
        reduce_only: restricted_until(1_000),
        ..ExchangeState::default()
    };
    let own = |seconds| exchange.own_status(at(seconds).now);
    assert_eq!([own(299), own(300), own(999), own(1_000)].map(|status| status as u8), [2, 1, 1, 0]);
}

#[test]
fn events_are_numbered_from_one() {
    let mut exchange = ExchangeState::default();
    assert_eq!((exchange.next_event(), exchange.next_event(), exchange.sequence), (1, 2, 2));
}

#[test]
fn the_boundary_that_is_waited_for_comes_by_the_clock_and_where_there_is_none_never() {
    let exchange = ExchangeState { boundary: at(3_200).now, ..ExchangeState::default() };
    let come = |exchange: &ExchangeState, seconds| exchange.session(at(seconds)).boundary_has_come();
    assert_eq!(exchange.session(at(0)).boundary, at(3_200).now);
    assert_eq!([3_199, 3_200, 1_000_000].map(|seconds| come(&exchange, seconds)), [false, true, true]);
    assert!(!come(&ExchangeState::default(), 1_000_000));
}
