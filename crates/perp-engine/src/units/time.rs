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
    pub fn seconds_since(self, earlier: Self) -> Result<u64, EngineError> {
        let seconds = self.0.checked_sub(earlier.0).ok_or(EngineError::Overflow)?;
        Ok(u64::try_from(seconds).unwrap_or(0))
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
