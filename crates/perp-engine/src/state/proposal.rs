//! A decision that waits: what is to replace what, and from when on anybody may put it in force.

use super::{Parameters, PoolParameters};
use crate::error::EngineError;
use crate::units::{Atoms, Timestamp};
#[cfg(feature = "idl-build")]
use anchor_lang::{AnchorDeserialize, AnchorSerialize};
#[cfg(not(feature = "idl-build"))]
use borsh::{BorshDeserialize, BorshSerialize};
use bytemuck::{Pod, Zeroable};

/// How long a decision waits: a day.
pub const WAIT_SECONDS: u32 = 86_400;
/// How long a change of an oracle and a listing wait: two days, longer than it takes to leave the pool.
pub const LONG_WAIT_SECONDS: u32 = 172_800;
/// A decision that nobody has put in force so long after it was ripe has lapsed: one that loosens must not lie ready for a crash.
pub const LAPSE_SECONDS: u32 = 604_800;
/// Least time between two steps of a change that moves slowly.
pub const STEP_SECONDS: u32 = 3_600;

/// What a proposal is about. Of each there is one at a time for the same market, role, or pool, at one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "idl-build", derive(AnchorSerialize, AnchorDeserialize))]
#[cfg_attr(not(feature = "idl-build"), derive(BorshSerialize, BorshDeserialize))]
#[borsh(use_discriminant = false)]
#[repr(u8)]
pub enum ProposalKind {
    /// Another set of parameters of a market.
    Parameters = 0,
    /// Other accounts from which a market's price is read.
    Oracle = 1,
    /// Another set of the pool's parameters.
    PoolParameters = 2,
    /// A market under the next index.
    Listing = 3,
    /// Another holder of a role.
    Role = 4,
    /// Shared insurance that becomes the pool's cash.
    Insurance = 5,
}

impl ProposalKind {
    /// The kind a stored byte stands for; `None` where no version of the program wrote it.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Parameters),
            1 => Some(Self::Oracle),
            2 => Some(Self::PoolParameters),
            3 => Some(Self::Listing),
            4 => Some(Self::Role),
            5 => Some(Self::Insurance),
            _ => None,
        }
    }

    /// How long it waits, in seconds.
    pub const fn wait_seconds(self) -> u32 {
        match self {
            Self::Oracle | Self::Listing => LONG_WAIT_SECONDS,
            Self::Parameters | Self::PoolParameters | Self::Role | Self::Insurance => WAIT_SECONDS,
        }
    }
}

/// The roles, in the order of their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "idl-build", derive(AnchorSerialize, AnchorDeserialize))]
#[cfg_attr(not(feature = "idl-build"), derive(BorshSerialize, BorshDeserialize))]
#[borsh(use_discriminant = false)]
#[repr(u8)]
pub enum Role {
    /// Proposes everything, delists, takes out protocol fees.
    Admin = 0,
    /// Proposes parameters and oracles, sets statuses and targets, tightens.
    RiskAdmin = 1,
    /// Makes statuses stricter and cancels proposals.
    Guardian = 2,
}

impl Role {
    /// Every role, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::Admin, Self::RiskAdmin, Self::Guardian];

    /// Where this role stands in a list of all.
    pub const fn of<T: Copy>(self, [admin, risk_admin, guardian]: [T; 3]) -> T {
        match self {
            Self::Admin => admin,
            Self::RiskAdmin => risk_admin,
            Self::Guardian => guardian,
        }
    }
}

/// Who cancels a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Canceller {
    /// A role that may propose the same.
    Proposer,
    /// The guardian.
    Guardian,
    /// Whoever clears away what nobody can apply any more.
    Anybody,
}

/// A decision that waits, as it is stored. What its kind does not need is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Proposal {
    /// When it was proposed.
    pub proposed_at: Timestamp,
    /// From when on anybody may apply it, or take its next step.
    pub ripe_from: Timestamp,
    /// `parameter_changes` of the market that it was written for, as of its last step.
    pub replaces: u64,
    /// Shared insurance that becomes the pool's cash.
    pub amount: Atoms,
    /// Where the backing of a listed market is moved to.
    pub target_backing: Atoms,
    /// The market's parameters in the end; of a change of oracle those of the second source alone.
    pub parameters: Parameters,
    /// The pool's parameters.
    pub pool_parameters: PoolParameters,
    /// Steps taken.
    pub steps: u32,
    /// Index of the market, or the number of the [`Role`].
    pub subject: u16,
    /// [`ProposalKind`] as a byte.
    pub kind: u8,
    /// Base decimals of a listed market.
    pub base_decimals: u8,
    /// Zero; room for what is added later.
    pub reserved: [u64; 4],
}

const _: () = assert!(core::mem::size_of::<Proposal>() == 40 + 272 + 72 + 8 + 32);

impl Proposal {
    /// One of this kind about nothing yet, that waits from now on.
    pub(crate) fn waiting(kind: ProposalKind, subject: u16, now: Timestamp) -> Result<Self, EngineError> {
        let ripe_from = now.after(kind.wait_seconds())?;
        Ok(Self { kind: kind as u8, subject, proposed_at: now, ripe_from, ..Self::default() })
    }

    /// When it lapses where nobody applies it, or takes its next step.
    ///
    /// # Errors
    /// [`EngineError::Overflow`] at the end of time.
    pub fn lapses_at(&self) -> Result<Timestamp, EngineError> {
        self.ripe_from.after(LAPSE_SECONDS)
    }

    /// Whether it is of this kind, about this, ripe and not lapsed.
    ///
    /// # Errors
    /// [`EngineError::WrongProposal`], [`EngineError::ProposalNotRipe`], [`EngineError::ProposalLapsed`].
    pub(crate) fn require_ripe(&self, kind: ProposalKind, subject: u16, now: Timestamp) -> Result<(), EngineError> {
        if self.kind != kind as u8 || self.subject != subject {
            return Err(EngineError::WrongProposal);
        }
        if now < self.ripe_from {
            return Err(EngineError::ProposalNotRipe { from: self.ripe_from.get() });
        }
        let lapses = self.lapses_at()?;
        if now >= lapses {
            return Err(EngineError::ProposalLapsed { at: lapses.get() });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposal_is_ripe_for_seven_days() {
        let now = Timestamp::new(1_000);
        let proposal = Proposal::waiting(ProposalKind::Role, 2, now).unwrap();
        let at = |seconds: i64| proposal.require_ripe(ProposalKind::Role, 2, Timestamp::new(1_000 + seconds));
        assert_eq!(at(86_399), Err(EngineError::ProposalNotRipe { from: 87_400 }));
        assert_eq!((at(86_400), at(86_400 + 604_799)), (Ok(()), Ok(())));
        assert_eq!(at(86_400 + 604_800), Err(EngineError::ProposalLapsed { at: 692_200 }));
        let other = proposal.require_ripe(ProposalKind::Role, 1, proposal.ripe_from);
        assert_eq!(other, Err(EngineError::WrongProposal));
    }

    #[test]
    fn oracles_and_listings_wait_for_two_days_and_everything_else_for_one() {
        for byte in 0..6 {
            let kind = ProposalKind::from_byte(byte).unwrap();
            let long = matches!(kind, ProposalKind::Oracle | ProposalKind::Listing);
            assert_eq!(kind.wait_seconds(), if long { 172_800 } else { 86_400 });
        }
        assert_eq!(ProposalKind::from_byte(6), None);
    }
}
