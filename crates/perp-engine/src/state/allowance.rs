//! How long all roles together may restrict an exchange or a market: a bucket that every restriction fills and that leaks.
//!
//! Over any 72 hours no more goes in than what the bucket holds and what leaks out of it meanwhile. Nothing but time empties
//! it: neither naming other roles nor lifting a restriction, which returns only the seconds it did not last.

use crate::error::EngineError;
use crate::state::StatusAuthority;
use crate::units::Timestamp;
use bytemuck::{Pod, Zeroable};

/// The window over which restrictions are bounded: 72 hours.
pub const ALLOWANCE_WINDOW_SECONDS: u32 = 259_200;
/// After a pause nobody can increase for so long, so that owners can act before anything new happens to them.
pub const PAUSE_GRACE_SECONDS: u32 = 120;

/// What an [`Allowance`] holds, and how fast it comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AllowanceRule {
    /// Seconds that can be spent at once.
    pub capacity: u32,
    /// Seconds that come back in 72 hours.
    pub refill: u32,
    /// Seconds that every restriction costs besides its length, also one of no length.
    pub besides: u32,
}

/// Pauses of the exchange: in any 72 hours at most 600 s, the grace after each included.
pub const PAUSES: AllowanceRule = AllowanceRule { capacity: 480, refill: 120, besides: PAUSE_GRACE_SECONDS };
/// Times in which positions can only be reduced, of the exchange and of each market: in any 72 hours at most 42 600 s.
pub const REDUCTIONS: AllowanceRule = AllowanceRule { capacity: 36_000, refill: 6_600, besides: 0 };

impl AllowanceRule {
    /// How much a role may have spent at most, in parts of a second.
    fn limit(&self, authority: StatusAuthority) -> Result<u64, EngineError> {
        let whole = parts(u64::from(self.capacity))?;
        Ok(match authority {
            StatusAuthority::RiskAdmin => whole,
            StatusAuthority::Guardian => whole >> 1,
        })
    }
}

/// The most that can be spent in any 72 hours.
const fn most(rule: &AllowanceRule) -> u32 {
    match rule.capacity.checked_add(rule.refill) {
        Some(most) => most,
        None => u32::MAX,
    }
}

// Ten minutes without reducing. A day without increasing: under the exchange's own restriction, under the market's, in
// pauses with their graces, and 600 s in which a feed that came back has its own grace.
const _: () = assert!(most(&PAUSES) == 600);
const _: () = assert!(2 * most(&REDUCTIONS) + most(&PAUSES) + 600 == 86_400);
// It leaks more slowly than a restriction passes: what is spent and what still runs together never exceed the capacity.
const _: () = assert!(0 < REDUCTIONS.refill && REDUCTIONS.refill < ALLOWANCE_WINDOW_SECONDS);
const _: () = assert!(0 < PAUSES.refill && PAUSES.refill < ALLOWANCE_WINDOW_SECONDS);

/// Parts in which allowances are counted: in this unit what comes back in a second is a whole number, the rule's refill.
const PARTS_PER_SECOND: u64 = ALLOWANCE_WINDOW_SECONDS as u64;

/// Seconds in the unit of [`Allowance::spent`].
fn parts(seconds: u64) -> Result<u64, EngineError> {
    seconds.checked_mul(PARTS_PER_SECOND).ok_or(EngineError::Overflow)
}

/// What is spent of an allowance. Zeroed memory is one of which nothing is spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Allowance {
    /// What was spent as of `spent_at`, in 1/259 200 of a second: what comes back in a second is then a whole number, and
    /// looking often or once comes to the same.
    pub spent: u64,
    /// When `spent` was last computed.
    pub spent_at: Timestamp,
}

const _: () = assert!(core::mem::size_of::<Allowance>() == 16);

impl Allowance {
    /// The allowance with what has come back up to `now`. It never moves back in time.
    fn as_of(&self, rule: &AllowanceRule, now: Timestamp) -> Result<Self, EngineError> {
        let passed = now.seconds_since(self.spent_at)?;
        // Where the product has no room, more than everything has come back.
        let spent =
            passed.checked_mul(u64::from(rule.refill)).and_then(|back| self.spent.checked_sub(back)).unwrap_or(0);
        Ok(Self { spent, spent_at: self.spent_at.max(now) })
    }

    /// Whole seconds that the role may spend at `now`.
    ///
    /// # Errors
    /// [`EngineError::Overflow`] where the clock is no time.
    pub fn left(&self, rule: &AllowanceRule, authority: StatusAuthority, now: Timestamp) -> Result<u64, EngineError> {
        let spent = self.as_of(rule, now)?.spent;
        // The risk admin may have spent more than a guardian's limit.
        Ok(rule.limit(authority)?.saturating_sub(spent) / PARTS_PER_SECOND)
    }

    /// After a restriction of so many seconds is imposed.
    ///
    /// # Errors
    /// [`EngineError::StatusAllowance`].
    pub(crate) fn charged(
        &self,
        seconds: u32,
        rule: &AllowanceRule,
        authority: StatusAuthority,
        now: Timestamp,
    ) -> Result<Self, EngineError> {
        let before = self.as_of(rule, now)?;
        let wanted = u64::from(seconds).checked_add(u64::from(rule.besides)).ok_or(EngineError::Overflow)?;
        let cost = parts(wanted)?;
        let spent = before.spent.checked_add(cost).ok_or(EngineError::Overflow)?;
        let limit = rule.limit(authority)?;
        if let Some(missing) = spent.checked_sub(limit).filter(|missing| *missing > 0) {
            let left = before.left(rule, authority, now)?;
            // What exceeds the whole of it never comes back.
            let ready = match u32::try_from(missing.div_ceil(u64::from(rule.refill))) {
                Ok(wait) if cost <= limit => before.spent_at.after(wait)?,
                _ => Timestamp::NEVER,
            };
            return Err(EngineError::StatusAllowance { wanted, left, ready: ready.get() });
        }
        Ok(Self { spent, ..before })
    }

    /// After so many seconds of a restriction will not come to pass.
    pub(crate) fn returned(&self, seconds: u64, rule: &AllowanceRule, now: Timestamp) -> Result<Self, EngineError> {
        let before = self.as_of(rule, now)?;
        Ok(Self { spent: before.spent.saturating_sub(parts(seconds)?), ..before })
    }
}

#[cfg(test)]
mod tests;
