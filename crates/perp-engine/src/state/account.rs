use crate::error::EngineError;
use crate::units::{Atoms, Base, FundingIndex, StoredRaw};
use bytemuck::{Pod, Zeroable};

/// Positions one account can hold.
pub const MAX_POSITIONS: usize = 12;

/// How an account's positions share its balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum AccountKind {
    /// All positions share the balance.
    Cross = 0,
    /// The account is bound to one market; nothing else can draw on its balance.
    Isolated = 1,
}

impl AccountKind {
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Cross),
            1 => Some(Self::Isolated),
            _ => None,
        }
    }
}

/// One slot of an account: a position in one market and what it and that market owe each other.
///
/// A slot is occupied while it has a size, a claim or a debt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Position {
    /// Signed size.
    pub size: Base,
    /// What the open size was bought (long) or sold (short) for, exactly; never negative.
    pub entry: StoredRaw,
    /// The side's funding index up to which funding is settled.
    pub funding_index: FundingIndex,
    /// Profit the market could not pay yet. Not cash.
    pub claim: Atoms,
    /// The market's claim factor at which `claim` was last counted.
    pub claim_factor: u64,
    /// Loss the account could not pay yet. Not cash.
    pub debt: Atoms,
    /// Slot of the last increase; its owner cannot reduce within it.
    pub last_increase_slot: u64,
    /// The market's claim epoch in which `claim` arose.
    pub claim_epoch: u32,
    /// The side's deleveraging epoch at which the position was last counted.
    pub epoch: u32,
    /// Index of the market within its exchange.
    pub market: u16,
    /// 1 where the slot is occupied.
    pub occupied: u8,
    pub padding: [u8; 5],
    pub reserved: [u64; 4],
}

impl Position {
    pub const fn is_occupied(&self) -> bool {
        self.occupied == 1
    }

    /// Whether nothing is left in the slot, so that it can be freed.
    pub const fn is_empty(&self) -> bool {
        self.size.is_zero() && self.claim.is_zero() && self.debt.is_zero()
    }

    /// An occupied slot of `market` with nothing in it.
    pub fn opened(market: u16) -> Self {
        Self { market, occupied: 1, ..Self::zeroed() }
    }

    /// The slot as it is stored: zeroed once nothing is left in it.
    pub fn or_freed(self) -> Self {
        if self.is_empty() {
            Self::zeroed()
        } else {
            self
        }
    }
}

/// A margin account's money: the part of it the engine reads and writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Account {
    /// Quote balance; cash.
    pub balance: Atoms,
    /// [`AccountKind`] as a byte.
    pub kind: u8,
    pub padding: [u8; 5],
    /// The only market an isolated account trades.
    pub isolated_market: u16,
    pub positions: [Position; MAX_POSITIONS],
}

impl Account {
    /// Whether the account holds nothing and owes nothing, so that it can be closed.
    pub fn is_empty(&self) -> bool {
        self.balance.is_zero() && self.positions.iter().all(|position| !position.is_occupied())
    }

    /// Occupied slots in order.
    pub fn occupied(&self) -> impl Iterator<Item = (usize, &Position)> {
        self.positions.iter().enumerate().filter(|(_, position)| position.is_occupied())
    }

    /// The slot of `market`.
    pub fn slot_of(&self, market: u16) -> Option<usize> {
        self.occupied().find(|(_, position)| position.market == market).map(|(slot, _)| slot)
    }

    /// The slot of `market`, or a free one.
    ///
    /// # Errors
    /// [`EngineError::IsolatedToAnotherMarket`], [`EngineError::NoFreePosition`].
    pub fn slot_for(&self, market: u16) -> Result<usize, EngineError> {
        if self.kind == AccountKind::Isolated as u8 && self.isolated_market != market {
            return Err(EngineError::IsolatedToAnotherMarket { bound_to: self.isolated_market });
        }
        self.slot_of(market)
            .or_else(|| self.positions.iter().position(|position| !position.is_occupied()))
            .ok_or(EngineError::NoFreePosition)
    }

    /// The first debt, if any.
    pub fn debt(&self) -> Option<EngineError> {
        self.occupied()
            .find(|(_, position)| !position.debt.is_zero())
            .map(|(_, position)| EngineError::DebtOutstanding { market: position.market, debt: position.debt })
    }
}

const _: () = assert!(core::mem::size_of::<Position>() == 112);
const _: () = assert!(core::mem::size_of::<Account>() == 16 + 112 * MAX_POSITIONS);
