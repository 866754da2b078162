use crate::error::EngineError;
use bytemuck::{Pod, Zeroable};

/// Unix time in seconds; zero stands for "never".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// What has not happened.
    pub const NEVER: Self = Self(0);

    /// That many seconds since 1970.
    pub const fn new(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Whether it stands for "never".
    pub const fn is_never(self) -> bool {
        self.0 == 0
    }

    /// Seconds from `earlier` to `self`, zero where `earlier` is later.
    ///
    /// # Errors
    /// [`EngineError::Overflow`] beyond 2^63 − 1 seconds, for no two times in range.
    pub fn seconds_since(self, earlier: Self) -> Result<u64, EngineError> {
        if self <= earlier {
            return Ok(0);
        }
        // The difference is above zero unless it leaves 64 bits.
        u64::try_from(self.0.wrapping_sub(earlier.0)).map_err(|_| EngineError::Overflow)
    }

    /// So many seconds later.
    ///
    /// # Errors
    /// [`EngineError::Overflow`] at the end of time.
    pub fn after(self, seconds: u32) -> Result<Self, EngineError> {
        self.0.checked_add(i64::from(seconds)).map(Self).ok_or(EngineError::Overflow)
    }
}

/// The cluster's clock as an instruction sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Unix time.
    pub now: Timestamp,
    /// The cluster's slot.
    pub slot: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_counted_from_the_earlier_time_on() {
        let time = Timestamp::new;
        assert_eq!((time(70).seconds_since(time(10)), time(10).seconds_since(time(10))), (Ok(60), Ok(0)));
        assert_eq!((time(10).seconds_since(time(70)), Timestamp::NEVER.seconds_since(time(i64::MAX))), (Ok(0), Ok(0)));
        assert_eq!(time(i64::MAX).seconds_since(Timestamp::NEVER), Ok(i64::MAX.unsigned_abs()));
        assert_eq!(time(i64::MAX).seconds_since(time(-1)), Err(EngineError::Overflow));
        assert_eq!(time(i64::MAX).seconds_since(time(i64::MIN)), Err(EngineError::Overflow));
        assert_eq!(time(i64::MIN).seconds_since(time(i64::MAX)), Ok(0));
    }
}
