//! Who may do what while the exchange or a market is not active.

use crate::error::EngineError;
use crate::units::Timestamp;

/// Status of the exchange or of a market. The stricter of the two applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Status {
    Active = 0,
    /// Positions can be reduced and liquidated, not increased.
    ReduceOnly = 1,
    /// Nothing trades, settles or is liquidated. Deposits, and withdrawals of flat accounts, still work.
    Paused = 2,
}

impl Status {
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Active),
            1 => Some(Self::ReduceOnly),
            2 => Some(Self::Paused),
            _ => None,
        }
    }

    /// The status in force: a stored one whose time is over counts as [`Status::Active`]; an unknown byte as
    /// [`Status::Paused`].
    pub fn in_force(byte: u8, until: Timestamp, now: Timestamp) -> Self {
        if !until.is_never() && now >= until {
            return Self::Active;
        }
        Self::from_byte(byte).unwrap_or(Self::Paused)
    }

    /// The stricter of two.
    pub fn and(self, other: Self) -> Self {
        self.max(other)
    }

    /// # Errors
    /// [`EngineError::Paused`].
    pub fn allows_reducing(self) -> Result<(), EngineError> {
        match self {
            Self::Paused => Err(EngineError::Paused),
            Self::Active | Self::ReduceOnly => Ok(()),
        }
    }

    /// # Errors
    /// [`EngineError::Paused`], [`EngineError::ReduceOnly`].
    pub fn allows_increasing(self) -> Result<(), EngineError> {
        match self {
            Self::Paused => Err(EngineError::Paused),
            Self::ReduceOnly => Err(EngineError::ReduceOnly),
            Self::Active => Ok(()),
        }
    }
}

/// A guardian's status ends by itself within a day.
pub const GUARDIAN_STATUS_SECONDS: u32 = 86_400;
