use super::*;
use crate::fixtures::at;
use StatusAuthority::{Guardian, RiskAdmin};

mod any_sequence;

fn order(status: Status, seconds: u32, authority: StatusAuthority) -> StatusOrder {
    StatusOrder { status, seconds, authority }
}

/// The exchange once the status is set, so many seconds later.
fn set(
    exchange: &ExchangeState,
    (status, seconds): (Status, u32),
    authority: StatusAuthority,
    seconds_later: i64,
) -> Result<ExchangeState, EngineError> {
    plan_exchange_status(exchange, &order(status, seconds, authority), at(seconds_later))
}

fn own(exchange: &ExchangeState, seconds_later: i64) -> Status {
    exchange.own_status(at(seconds_later).now)
}

/// What is left for the risk admin of pauses and of reduce-only.
fn left(exchange: &ExchangeState, seconds_later: i64) -> (u64, u64) {
    let now = at(seconds_later).now;
    let pauses = exchange.pause.allowance.left(&PAUSES, RiskAdmin, now).unwrap();
    (pauses, exchange.reduce_only.allowance.left(&REDUCTIONS, RiskAdmin, now).unwrap())
}

#[test]
fn every_status_ends_by_itself_whoever_sets_it() {
    for authority in [RiskAdmin, Guardian] {
        let limited = set(&ExchangeState::default(), (Status::ReduceOnly, 1_000), authority, 0).unwrap();
        let paused = set(&limited, (Status::Paused, 100), authority, 0).unwrap();
        assert_eq!((own(&paused, 99), own(&paused, 100), own(&paused, 1_000)), {
            (Status::Paused, Status::ReduceOnly, Status::Active)
        });
    }
}

#[test]
fn active_lifts_both_and_returns_what_did_not_come_to_pass() {
    let limited = set(&ExchangeState::default(), (Status::ReduceOnly, 1_000), RiskAdmin, 0).unwrap();
    let paused = set(&limited, (Status::Paused, 100), RiskAdmin, 0).unwrap();
    // 480 − 220 and 36 000 − 1000 are left; after 40 s 60 of the pause return and 960 of reduce-only, and ⌊40 · 6600 /
    // 259 200⌋ = 1 has come back.
    assert_eq!(left(&paused, 0), (260, 35_000));
    let lifted = set(&paused, (Status::Active, 0), RiskAdmin, 40).unwrap();
    assert_eq!((own(&lifted, 40), left(&lifted, 40)), (Status::Active, (320, 35_961)));
    // The grace is not lifted.
    assert_eq!(lifted.session(at(159)).status, Status::ReduceOnly);
    let again = set(&lifted, (Status::Active, 0), RiskAdmin, 100).unwrap();
    assert_eq!((again.session(at(159)).status, again.session(at(160)).status), (Status::ReduceOnly, Status::Active));
}

#[test]
fn reduce_only_ends_a_pause_and_a_pause_leaves_reduce_only() {
    let paused = set(&ExchangeState::default(), (Status::Paused, 300), RiskAdmin, 0).unwrap();
    let limited = set(&paused, (Status::ReduceOnly, 500), RiskAdmin, 10).unwrap();
    assert_eq!((own(&limited, 10), limited.pause.until), (Status::ReduceOnly, at(10).now));
    assert_eq!((own(&limited, 509), own(&limited, 510)), (Status::ReduceOnly, Status::Active));
}

#[test]
fn a_guardian_only_tightens() {
    let limited = set(&ExchangeState::default(), (Status::ReduceOnly, 1_000), RiskAdmin, 0).unwrap();
    let paused = set(&limited, (Status::Paused, 60), RiskAdmin, 0).unwrap();
    let only = Err(EngineError::GuardianOnlyTightens);
    for (exchange, wanted) in [
        (&ExchangeState::default(), (Status::Active, 0)),
        (&limited, (Status::Active, 0)),
        (&limited, (Status::ReduceOnly, 1_000)),
        (&paused, (Status::ReduceOnly, 10_000)),
        (&paused, (Status::Paused, 60)),
    ] {
        assert_eq!(set(exchange, wanted, Guardian, 0), only, "{wanted:?}");
    }
    // The same for longer is stricter.
    assert_eq!(set(&limited, (Status::ReduceOnly, 1_001), Guardian, 0).unwrap().reduce_only.until, at(1_001).now);
    assert_eq!(set(&paused, (Status::Paused, 61), Guardian, 30), {
        // 480 − 180 + 30 is left of pauses, of which 240 are the lower half: 181 do not fit into 90. A second comes back in
        // 2160, counted from the charge.
        let ready = (181 - 90) * 2_160;
        Err(EngineError::StatusAllowance { wanted: 181, left: 90, ready: at(ready).now.get() })
    });
}

#[test]
fn attack_pausing_for_no_time_is_charged_for_its_grace() {
    // Four of them use up 480 s, and nobody can increase for four graces; the fifth is refused, by whatever role.
    let mut exchange = ExchangeState::default();
    for pause in 0..4 {
        exchange = set(&exchange, (Status::Paused, 0), RiskAdmin, pause).unwrap();
        assert_eq!((own(&exchange, pause), exchange.session(at(pause)).status), (Status::Active, Status::ReduceOnly));
    }
    let refused = set(&exchange, (Status::Paused, 0), RiskAdmin, 4);
    assert!(matches!(refused, Err(EngineError::StatusAllowance { wanted: 120, left: 0, .. })), "{refused:?}");
    assert_eq!(exchange.session(at(3 + 120)).status, Status::Active);
}

#[test]
fn attack_lifting_and_pausing_again_gains_no_second() {
    // Whoever pauses for 200 s and lifts after 1 s has spent 121 of 480: three times, and 117 are left.
    let mut exchange = ExchangeState::default();
    for begin in [0, 10, 20] {
        exchange = set(&exchange, (Status::Paused, 200), RiskAdmin, begin).unwrap_or(exchange);
        exchange = set(&exchange, (Status::Active, 0), RiskAdmin, begin + 1).unwrap();
    }
    // The third did not fit: 480 − 242 = 238 of 320.
    assert_eq!(left(&exchange, 21).0, 238);
}

#[test]
fn attack_a_second_pause_within_the_grace_of_the_first_continues_it() {
    // Else a pause right after a pause would take the new price for one that owners had time to answer to.
    let first = set(&ExchangeState::default(), (Status::Paused, 60), RiskAdmin, 0).unwrap();
    assert_eq!(first.pause_began, at(0).now);
    let second = set(&first, (Status::Paused, 60), RiskAdmin, 60 + 119).unwrap();
    assert_eq!((second.pause_began, second.pause.until), (at(0).now, at(239).now));
    let prolonged = set(&first, (Status::Paused, 100), RiskAdmin, 30).unwrap();
    assert_eq!((prolonged.pause_began, prolonged.pause.until), (at(0).now, at(130).now));
    // After a whole grace it is one of its own.
    let later = set(&first, (Status::Paused, 60), RiskAdmin, 180).unwrap();
    assert_eq!(later.pause_began, at(180).now);
}
