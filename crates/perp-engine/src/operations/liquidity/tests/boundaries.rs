//! When boundaries are.

use super::*;
use crate::units::Timestamp;
use proptest::prelude::*;

const HOUR: u32 = 3_600;

fn after(seconds: i64, epoch: u32) -> Result<i64, EngineError> {
    boundary_after(Timestamp::new(seconds), epoch).map(Timestamp::get)
}

#[test]
fn boundaries_are_the_whole_multiples_of_an_epoch_since_1970() {
    // 498 612 · 3600 s; the hour before it is 3600 s earlier.
    let hour = 1_795_003_200;
    assert_eq!(after(hour, HOUR), Ok(hour));
    assert_eq!(after(hour + 1, HOUR), Ok(hour + 3_600));
    assert_eq!((after(hour - 1, HOUR), after(hour - 3_599, HOUR)), (Ok(hour), Ok(hour)));
    assert_eq!(after(hour - 3_600, HOUR), Ok(hour - 3_600));
    assert_eq!(
        (after(0, HOUR), after(1, HOUR), after(-1, HOUR), after(-3_600, HOUR)),
        (Ok(0), Ok(3_600), Ok(0), Ok(-3_600))
    );
}

#[test]
fn there_is_no_boundary_beyond_the_end_of_time_and_none_where_epochs_have_no_length() {
    // 2^63 − 1 = 2 562 047 788 015 215 · 3600 + 1807: the last boundary is so many seconds before the end.
    assert_eq!(after(i64::MAX - 1_807, HOUR), Ok(i64::MAX - 1_807));
    assert_eq!(after(i64::MAX - 1_806, HOUR), Err(EngineError::Overflow));
    assert_eq!(after(1, 0), Err(EngineError::Overflow));
    assert_eq!(next_boundary(Timestamp::new(i64::MAX), HOUR), Err(EngineError::Overflow));
}

#[test]
fn the_next_boundary_is_at_least_a_minute_ahead() {
    let next = |seconds| next_boundary(Timestamp::new(seconds), HOUR).map(Timestamp::get);
    assert_eq!((next(3_600), next(3_601)), (Ok(7_200), Ok(7_200)));
    assert_eq!((next(7_140), next(7_141)), (Ok(7_200), Ok(10_800)));
}

proptest! {
    #[test]
    fn the_boundary_after_any_time_is_the_first_multiple_from_it_on(
        seconds in -(1i64 << 40)..1 << 40, epoch in 600u32..=86_400,
    ) {
        let (boundary, length) = (after(seconds, epoch).unwrap(), i64::from(epoch));
        prop_assert_eq!(boundary % length, 0);
        prop_assert!((seconds..seconds + length).contains(&boundary));
        let next = next_boundary(Timestamp::new(seconds), epoch).unwrap().get();
        prop_assert!((seconds + 60..seconds + 60 + length).contains(&next));
    }
}
