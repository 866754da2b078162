use super::*;
use crate::fixtures::{at, restricted_until};
use crate::state::{PAUSES, REDUCTIONS};
use StatusAuthority::RiskAdmin;

fn left(restriction: &Restriction, rule: &AllowanceRule, seconds_later: i64) -> u64 {
    restriction.allowance.left(rule, RiskAdmin, at(seconds_later).now).unwrap()
}

#[test]
fn it_is_in_force_up_to_its_end_and_never_was_in_new_memory() {
    let imposed = Restriction::default().imposed(600, &REDUCTIONS, RiskAdmin, at(0).now).unwrap();
    assert_eq!(imposed.until, at(600).now);
    assert!(imposed.is_in_force(at(599).now) && !imposed.is_in_force(at(600).now));
    assert!(!Restriction::default().is_in_force(at(0).now));
}

#[test]
fn lifting_returns_the_seconds_it_did_not_last_and_not_what_it_cost_besides() {
    // 200 s of pause cost 320 of 480. Lifted after 50 s, 150 return: 310 are left.
    let paused = Restriction::default().imposed(200, &PAUSES, RiskAdmin, at(0).now).unwrap();
    assert_eq!(left(&paused, &PAUSES, 0), 160);
    let lifted = paused.lifted(&PAUSES, at(50).now).unwrap();
    assert_eq!((lifted.until, left(&lifted, &PAUSES, 50)), (at(50).now, 310));
    // Lifting what is lifted, or has ended by itself, returns nothing and does not move its end.
    let again = lifted.lifted(&PAUSES, at(60).now).unwrap();
    assert_eq!((again.until, left(&again, &PAUSES, 60)), (at(50).now, 310));
    let ended = paused.lifted(&PAUSES, at(200).now).unwrap();
    assert_eq!((ended.until, left(&ended, &PAUSES, 200)), (at(200).now, 160));
}

#[test]
fn imposing_it_anew_takes_the_place_of_what_runs() {
    // Of 1000 s 900 return after 100; 5000 are charged: 36 000 − 100 − 5000, and 2 have come back.
    let first = Restriction::default().imposed(1_000, &REDUCTIONS, RiskAdmin, at(0).now).unwrap();
    let second = first.imposed(5_000, &REDUCTIONS, RiskAdmin, at(100).now).unwrap();
    assert_eq!((second.until, left(&second, &REDUCTIONS, 100)), (at(5_100).now, 30_902));
}

#[test]
fn attack_lifting_under_a_clock_that_runs_backwards_returns_no_more_than_was_charged() {
    let imposed = Restriction::default().imposed(1_000, &REDUCTIONS, RiskAdmin, at(5_000).now).unwrap();
    let lifted = imposed.lifted(&REDUCTIONS, at(0).now).unwrap();
    assert_eq!((lifted.until, left(&lifted, &REDUCTIONS, 5_000)), (at(0).now, 36_000));
    let spent = imposed.imposed(35_000, &REDUCTIONS, RiskAdmin, at(5_000).now).unwrap();
    assert_eq!(left(&spent.lifted(&REDUCTIONS, at(0).now).unwrap(), &REDUCTIONS, 5_000), 36_000);
}

#[test]
fn prolonging_what_runs_ends_later() {
    let running = restricted_until(600);
    let prolonged = |seconds, now| running.require_prolonged(seconds, at(now).now);
    assert_eq!(prolonged(500, 100), Err(EngineError::GuardianOnlyTightens));
    assert_eq!((prolonged(501, 100), prolonged(0, 600)), (Ok(()), Ok(())));
}
