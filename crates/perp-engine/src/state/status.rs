//! Who may do what while the exchange or a market is not active, and how a status is asked for.

use crate::error::EngineError;
#[cfg(feature = "idl-build")]
use anchor_lang::{AnchorDeserialize, AnchorSerialize};
#[cfg(not(feature = "idl-build"))]
use borsh::{BorshDeserialize, BorshSerialize};

/// Status of the exchange or of a market. The stricter of the two applies; only the exchange is ever paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "idl-build", derive(AnchorSerialize, AnchorDeserialize))]
#[cfg_attr(not(feature = "idl-build"), derive(BorshSerialize, BorshDeserialize))]
#[borsh(use_discriminant = false)]
#[repr(u8)]
pub enum Status {
    /// Everything works.
    Active = 0,
    /// Positions can be reduced and liquidated, not increased.
    ReduceOnly = 1,
    /// Nothing trades, settles or is liquidated. Deposits, and withdrawals of flat accounts, still work, and funding
    /// accrues.
    Paused = 2,
}

impl Status {
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

/// By which role a status is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusAuthority {
    /// Admin or risk admin: any status, within the whole allowance.
    RiskAdmin,
    /// Guardian: only what is stricter than before, within the upper half of the allowance.
    Guardian,
}

/// A status as somebody asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusOrder {
    /// What is to be in force.
    pub status: Status,
    /// For how long, from now on. Active has no end, and asks for no length.
    pub seconds: u32,
    /// Who asks.
    pub authority: StatusAuthority,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stricter_status_applies_and_says_what_it_allows() {
        use Status::{Active, Paused, ReduceOnly};
        assert_eq!(
            (Active.and(ReduceOnly), ReduceOnly.and(Active), Paused.and(Active)),
            (ReduceOnly, ReduceOnly, Paused)
        );
        let allowed = |status: Status| (status.allows_reducing(), status.allows_increasing());
        assert_eq!(allowed(Active), (Ok(()), Ok(())));
        assert_eq!(allowed(ReduceOnly), (Ok(()), Err(EngineError::ReduceOnly)));
        assert_eq!(allowed(Paused), (Err(EngineError::Paused), Err(EngineError::Paused)));
    }
}
