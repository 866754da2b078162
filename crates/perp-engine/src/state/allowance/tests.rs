use super::*;
use crate::fixtures::at;
use proptest::prelude::*;
use StatusAuthority::{Guardian, RiskAdmin};

const HOURS_72: i64 = 259_200;

fn left(allowance: &Allowance, rule: &AllowanceRule, seconds_later: i64) -> u64 {
    allowance.left(rule, RiskAdmin, at(seconds_later).now).unwrap()
}

#[test]
fn a_new_allowance_is_whole_and_the_guardian_has_its_upper_half() {
    let new = Allowance::default();
    for (rule, whole) in [(PAUSES, 480), (REDUCTIONS, 36_000)] {
        assert_eq!(new.left(&rule, RiskAdmin, at(0).now), Ok(whole));
        assert_eq!(new.left(&rule, Guardian, at(0).now), Ok(whole / 2));
    }
}

#[test]
fn what_is_spent_comes_back_over_72_hours_a_window_and_no_further_than_the_whole() {
    // 480 spent; 120 come back in 72 hours, one in 2160 s; the whole in four windows.
    let spent = Allowance::default().charged(360, &PAUSES, RiskAdmin, at(0).now).unwrap();
    for (seconds, expected) in
        [(0, 0), (2_159, 0), (2_160, 1), (HOURS_72, 120), (4 * HOURS_72 - 1, 479), (4 * HOURS_72, 480), (1 << 40, 480)]
    {
        assert_eq!(left(&spent, &PAUSES, seconds), expected, "{seconds}");
    }
    // 6600 in 72 hours are eleven in 432 s: the first after ⌈259200/6600⌉ = 40 s.
    let spent = Allowance::default().charged(36_000, &REDUCTIONS, RiskAdmin, at(0).now).unwrap();
    for (seconds, expected) in [(39, 0), (40, 1), (431, 10), (432, 11), (HOURS_72, 6_600)] {
        assert_eq!(left(&spent, &REDUCTIONS, seconds), expected, "{seconds}");
    }
}

#[test]
fn what_is_not_there_is_refused_with_what_is_left_and_when_there_is_enough() {
    // A pause of 300 s costs 420: 60 are left, and the next of no length, 120, is 60 short: 60 · 2160 = 129 600 s.
    let once = Allowance::default().charged(300, &PAUSES, RiskAdmin, at(0).now).unwrap();
    let ready = at(129_600).now;
    let refused = Err(EngineError::StatusAllowance { wanted: 120, left: 60, ready: ready.get() });
    assert_eq!(once.charged(0, &PAUSES, RiskAdmin, at(0).now), refused);
    // Asked again a second before, 59 more have come back, and it is the same time that is named.
    let refused = Err(EngineError::StatusAllowance { wanted: 120, left: 119, ready: ready.get() });
    assert_eq!(once.charged(0, &PAUSES, RiskAdmin, at(129_599).now), refused);
    assert_eq!(once.charged(0, &PAUSES, RiskAdmin, ready).map(|spent| left(&spent, &PAUSES, 129_600)), Ok(0));
    // What exceeds the whole is never there.
    for seconds in [361, u32::MAX] {
        let wanted = u64::from(seconds) + 120;
        let refused = Err(EngineError::StatusAllowance { wanted, left: 480, ready: 0 });
        assert_eq!(Allowance::default().charged(seconds, &PAUSES, RiskAdmin, at(0).now), refused);
    }
}

#[test]
fn attack_a_guardian_does_not_reach_into_the_lower_half() {
    // 240 of 480: one pause of 120 s, or two of none. What the risk admin spent counts as well.
    let new = Allowance::default();
    let once = new.charged(0, &PAUSES, Guardian, at(0).now).unwrap();
    let twice = once.charged(0, &PAUSES, Guardian, at(0).now).unwrap();
    assert_eq!(left(&twice, &PAUSES, 0), 240);
    let refused = Err(EngineError::StatusAllowance { wanted: 120, left: 0, ready: at(259_200).now.get() });
    assert_eq!(twice.charged(0, &PAUSES, Guardian, at(0).now), refused);
    assert!(twice.charged(120, &PAUSES, RiskAdmin, at(0).now).is_ok());
    assert!(new.charged(120, &PAUSES, Guardian, at(0).now).is_ok());
    let refused = Err(EngineError::StatusAllowance { wanted: 241, left: 240, ready: 0 });
    assert_eq!(new.charged(121, &PAUSES, Guardian, at(0).now), refused);

    assert!(new.charged(18_000, &REDUCTIONS, Guardian, at(0).now).is_ok());
    assert!(new.charged(18_001, &REDUCTIONS, Guardian, at(0).now).is_err());
    assert!(new.charged(36_000, &REDUCTIONS, RiskAdmin, at(0).now).is_ok());
}

#[test]
fn attack_a_clock_that_runs_backwards_brings_nothing_back() {
    let spent = Allowance::default().charged(36_000, &REDUCTIONS, RiskAdmin, at(1_000).now).unwrap();
    let looked = spent.charged(0, &REDUCTIONS, RiskAdmin, at(0).now).unwrap();
    assert_eq!(looked, spent);
    assert_eq!(left(&looked, &REDUCTIONS, 1_000), 0);
}

proptest! {
    /// Looking at every step or only at the end leaves the same to the last part of a second, and charges and returns
    /// between add up.
    #[test]
    fn looking_often_or_once_comes_to_the_same(steps in proptest::collection::vec((0i64..5_000, 0u32..400), 1..80)) {
        for rule in [PAUSES, REDUCTIONS] {
            let (mut looked, mut once, mut now) = (Allowance::default(), Allowance::default(), 0);
            for (wait, seconds) in &steps {
                now += wait;
                looked = looked.returned(0, &rule, at(now).now).unwrap();
                if let Ok(charged) = once.charged(*seconds, &rule, RiskAdmin, at(now).now) {
                    once = charged;
                    looked = looked.charged(*seconds, &rule, RiskAdmin, at(now).now).unwrap();
                }
                prop_assert_eq!(looked.as_of(&rule, at(now).now), once.as_of(&rule, at(now).now));
            }
        }
    }
}
