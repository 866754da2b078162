//! Who may do what while the exchange or a market is not active.

use crate::error::EngineError;
use crate::units::Timestamp;
#[cfg(feature = "idl-build")]
use anchor_lang::{AnchorDeserialize, AnchorSerialize};
#[cfg(not(feature = "idl-build"))]
use borsh::{BorshDeserialize, BorshSerialize};
use bytemuck::{Pod, Zeroable};

/// Status of the exchange or of a market. The stricter of the two applies.
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
    /// Nothing trades, settles or is liquidated. Deposits, and withdrawals of flat accounts, still work.
    Paused = 2,
}

impl Status {
    /// The status a stored byte stands for; `None` where no version of the program wrote it.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Active),
            1 => Some(Self::ReduceOnly),
            2 => Some(Self::Paused),
            _ => None,
        }
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
/// After it has ended the guardian waits as long again, or a day's pause could be renewed for ever.
pub const GUARDIAN_COOLDOWN_SECONDS: u32 = 86_400;

/// A status as it is stored: the one that was set, and what follows when it ends by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct StoredStatus {
    /// When `current` ends by itself; zero for never.
    pub until: Timestamp,
    /// [`Status`] as a byte: 0 for active, 1 for reduce-only, 2 for paused.
    pub current: u8,
    /// [`Status`] in force from `until` on.
    pub reverts_to: u8,
    /// Zero; aligns what follows.
    pub padding: [u8; 6],
}

const _: () = assert!(core::mem::size_of::<StoredStatus>() == 16);

impl StoredStatus {
    /// A status without end, as admin and risk admin set it.
    pub const fn permanent(status: Status) -> Self {
        Self { until: Timestamp::NEVER, current: status as u8, reverts_to: status as u8, padding: [0; 6] }
    }

    fn has_ended(&self, now: Timestamp) -> bool {
        !self.until.is_never() && now >= self.until
    }

    /// The status in force. An unknown byte counts as [`Status::Paused`].
    pub fn in_force(&self, now: Timestamp) -> Status {
        let byte = if self.has_ended(now) { self.reverts_to } else { self.current };
        Status::from_byte(byte).unwrap_or(Status::Paused)
    }

    /// When a pause that was to end by itself has ended; [`Timestamp::NEVER`] where none has.
    pub fn pause_ended_at(&self, now: Timestamp) -> Timestamp {
        if self.current == Status::Paused as u8 && self.has_ended(now) {
            self.until
        } else {
            Timestamp::NEVER
        }
    }

    /// A guardian's stricter status. It ends within a day of the first step, back to what was in force before it.
    ///
    /// # Errors
    /// [`EngineError::GuardianOnlyTightens`]; [`EngineError::GuardianMustWait`] until a day after its last status ended.
    pub fn restricted(&self, wanted: Status, now: Timestamp) -> Result<Self, EngineError> {
        if wanted <= self.in_force(now) {
            return Err(EngineError::GuardianOnlyTightens);
        }
        let until = if self.until.is_never() {
            now.after(GUARDIAN_STATUS_SECONDS)?
        } else if self.has_ended(now) {
            let ready = self.until.after(GUARDIAN_COOLDOWN_SECONDS)?;
            if now < ready {
                return Err(EngineError::GuardianMustWait { ready: ready.get() });
            }
            now.after(GUARDIAN_STATUS_SECONDS)?
        } else {
            self.until
        };
        let reverts_to = if self.until.is_never() { self.current } else { self.reverts_to };
        Ok(Self { until, current: wanted as u8, reverts_to, padding: [0; 6] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::new(1_800_000_000);

    fn later(seconds: u32) -> Timestamp {
        NOON.after(seconds).unwrap()
    }

    #[test]
    fn a_guardians_pause_ends_within_a_day_and_returns_to_the_admins_status() {
        let set_by_admin = StoredStatus::permanent(Status::ReduceOnly);
        let paused = set_by_admin.restricted(Status::Paused, NOON).unwrap();
        assert_eq!(paused.in_force(later(86_399)), Status::Paused);
        assert_eq!(paused.in_force(later(86_400)), Status::ReduceOnly);
        assert_eq!(paused.pause_ended_at(later(86_400)), later(86_400));
        assert_eq!(paused.pause_ended_at(later(86_399)), Timestamp::NEVER);
    }

    #[test]
    fn attack_a_guardian_cannot_pause_for_ever() {
        let reduce_only = StoredStatus::permanent(Status::Active).restricted(Status::ReduceOnly, NOON).unwrap();
        // A second step within the day does not prolong it.
        let paused = reduce_only.restricted(Status::Paused, later(80_000)).unwrap();
        assert_eq!(paused.until, later(86_400));
        assert_eq!(paused.in_force(later(86_400)), Status::Active);
        // It ended after 86 400 s, and the guardian waits as long again: ready after 172 800 s.
        let ready = later(172_800).get();
        assert_eq!(paused.restricted(Status::Paused, later(172_799)), Err(EngineError::GuardianMustWait { ready }));
        assert!(paused.restricted(Status::Paused, later(172_800)).is_ok());
    }

    #[test]
    fn a_guardian_only_tightens_and_an_unknown_byte_is_a_pause() {
        let reduce_only = StoredStatus::permanent(Status::ReduceOnly);
        assert_eq!(reduce_only.restricted(Status::ReduceOnly, NOON), Err(EngineError::GuardianOnlyTightens));
        assert_eq!(reduce_only.restricted(Status::Active, NOON), Err(EngineError::GuardianOnlyTightens));
        assert_eq!(StoredStatus { current: 9, ..reduce_only }.in_force(NOON), Status::Paused);
    }

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
        assert_eq!([0, 1, 2, 3].map(Status::from_byte), [Some(Active), Some(ReduceOnly), Some(Paused), None]);
    }
}
