//! A status that ends by itself, and what is left of the time for which it may be set.

use super::allowance::{Allowance, AllowanceRule};
use super::StatusAuthority;
use crate::error::EngineError;
use crate::units::Timestamp;
use bytemuck::{Pod, Zeroable};

/// A restriction that somebody set, and the allowance it is charged to. There is no byte for it: it is in force until a
/// time that no role could set further away than its allowance reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Restriction {
    /// When it ends, or when the last one ended; zero where there never was one.
    pub until: Timestamp,
    /// What all roles together have spent of the time it may be in force.
    pub allowance: Allowance,
}

const _: () = assert!(core::mem::size_of::<Restriction>() == 24);

impl Restriction {
    /// Whether it is in force: up to, and not at, its end.
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        now < self.until
    }

    /// Ended now, where it is in force; the seconds it did not last are returned, what it cost besides is not.
    ///
    /// # Errors
    /// [`EngineError::Overflow`] where the clock is no time.
    pub(crate) fn lifted(&self, rule: &AllowanceRule, now: Timestamp) -> Result<Self, EngineError> {
        // A clock that runs backwards returns no second that was not charged.
        let unspent = self.until.seconds_since(now.max(self.allowance.spent_at))?;
        Ok(Self { until: self.until.min(now), allowance: self.allowance.returned(unspent, rule, now)? })
    }

    /// In force for so many seconds from now on, in place of what may be in force.
    ///
    /// # Errors
    /// [`EngineError::StatusAllowance`].
    pub(crate) fn imposed(
        &self,
        seconds: u32,
        rule: &AllowanceRule,
        authority: StatusAuthority,
        now: Timestamp,
    ) -> Result<Self, EngineError> {
        let allowance = self.lifted(rule, now)?.allowance.charged(seconds, rule, authority, now)?;
        Ok(Self { until: now.after(seconds)?, allowance })
    }

    /// Imposing it for so many seconds must not make it end sooner: a guardian only prolongs what is in force.
    ///
    /// # Errors
    /// [`EngineError::GuardianOnlyTightens`].
    pub(crate) fn require_prolonged(&self, seconds: u32, now: Timestamp) -> Result<(), EngineError> {
        if self.is_in_force(now) && now.after(seconds)? <= self.until {
            return Err(EngineError::GuardianOnlyTightens);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
