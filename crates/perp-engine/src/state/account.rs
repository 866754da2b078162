use super::counters::{count_one, AccountCounters};
use super::DelegateLimits;
use crate::error::EngineError;
use crate::units::{Atoms, FundingIndex, SignedAtoms, SignedSize, StoredQuoteX40, Timestamp};
#[cfg(feature = "idl-build")]
use anchor_lang::{AnchorDeserialize, AnchorSerialize};
#[cfg(not(feature = "idl-build"))]
use borsh::{BorshDeserialize, BorshSerialize};
use bytemuck::{Pod, Zeroable};

/// Positions one account can hold.
pub const MAX_POSITIONS: usize = 12;

/// How an account's positions share its balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "idl-build", derive(AnchorSerialize, AnchorDeserialize))]
#[cfg_attr(not(feature = "idl-build"), derive(BorshSerialize, BorshDeserialize))]
#[repr(u8)]
#[borsh(use_discriminant = false)]
pub enum AccountKind {
    /// All positions share the balance.
    Cross = 0,
    /// The account is bound to one market; nothing else can draw on its balance.
    Isolated = 1,
}

impl AccountKind {
    /// The kind a stored byte stands for; `None` where no version of the program wrote it.
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
    /// Signed size, in base units; positive is long.
    pub size: SignedSize,
    /// Cost basis of the open size, exactly: what it was bought (long) or sold (short) for. Never negative.
    pub entry_notional: StoredQuoteX40,
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
    /// The market's claim round in which `claim` arose.
    pub claim_round: u32,
    /// The side's deleveraging round at which the position was last counted.
    pub deleveraging_round: u32,
    /// When the slot was taken.
    pub opened_at: Timestamp,
    /// Σ profit realized since the slot was taken, negative for a loss.
    pub realized: SignedAtoms,
    /// Σ funding received since the slot was taken, negative where paid.
    pub funding: SignedAtoms,
    /// Σ fees charged since the slot was taken.
    pub fees: Atoms,
    /// Index of the market within its exchange.
    pub market: u16,
    /// 1 where the slot is occupied.
    pub occupied: u8,
    /// Zero; aligns what follows.
    pub padding: [u8; 5],
    /// When the position last paid for the settlement of its profit.
    pub settlement_paid_at: Timestamp,
    /// What others paid of the account's debt to this market while it had claims without cash: owed to the market's insurance
    /// out of those.
    pub recoverable: Atoms,
    /// Which of the positions ever opened in the market this is, from 1 up; says nothing while there is no size.
    pub number: u64,
    /// Zero; room for what is added later.
    pub reserved: [u64; 1],
}

impl Position {
    /// Whether the slot is taken.
    pub const fn is_occupied(&self) -> bool {
        self.occupied == 1
    }

    /// What the account owes for its dealings in this market: a debt to the market, and what others paid of one.
    pub const fn owed(&self) -> Atoms {
        // A slot owes either: what others paid is no debt any more, and nothing is increased while it is owed.
        if self.debt.is_zero() {
            self.recoverable
        } else {
            self.debt
        }
    }

    /// Whether nothing is left in the slot, so that it can be freed.
    pub const fn is_empty(&self) -> bool {
        self.size.is_zero() && self.claim.is_zero() && self.owed().is_zero()
    }

    /// An occupied slot of `market` with nothing in it.
    pub fn empty_in(market: u16) -> Self {
        Self { market, occupied: 1, ..Self::zeroed() }
    }

    /// The slot as it is stored: zeroed once nothing is left in it.
    pub fn cleared_if_empty(self) -> Self {
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
    /// [`AccountKind`] as a byte: 0 for cross, 1 for isolated.
    pub kind: u8,
    /// 1 while the account of its resting orders is open.
    pub orders_open: u8,
    /// Zero; aligns what follows.
    pub padding: [u8; 4],
    /// The only market an isolated account trades.
    pub isolated_market: u16,
    /// Events of the account so far: the number each of them carries.
    pub sequence: u64,
    /// What the account has seen since it was opened.
    pub counters: AccountCounters,
    /// Until when nothing is withdrawn and no trade increases anything: an order is armed, whose margin stays here, and whoever fills it
    /// has named the account's markets.
    pub armed_until: Timestamp,
    /// What its delegate may do at most.
    pub delegate: DelegateLimits,
    /// Zero; room for what is added later.
    pub reserved: [u64; 1],
    /// The account's slots.
    pub positions: [Position; MAX_POSITIONS],
}

impl Account {
    /// An empty account: isolated to a market, or cross where it names none.
    pub fn opened(isolated_market: Option<u16>) -> Self {
        let kind = if isolated_market.is_some() { AccountKind::Isolated } else { AccountKind::Cross };
        Self { kind: kind as u8, isolated_market: isolated_market.unwrap_or(0), ..Self::zeroed() }
    }

    /// The number of the account's next event.
    pub fn next_event(&mut self) -> u64 {
        count_one(&mut self.sequence);
        self.sequence
    }

    /// Whether the account holds nothing and owes nothing, and has no account of orders, so that it can be closed.
    pub fn is_empty(&self) -> bool {
        self.balance.is_zero() && self.orders_open == 0 && self.positions.iter().all(|position| !position.is_occupied())
    }

    /// The slots up to the last occupied one: positions take the first free slot, so that most accounts have few.
    pub fn slots(&self) -> &[Position] {
        let free = self.positions.iter().rev().take_while(|position| !position.is_occupied()).count();
        self.positions.get(..MAX_POSITIONS.saturating_sub(free)).unwrap_or_default()
    }

    /// Occupied slots in order.
    pub fn occupied(&self) -> impl Iterator<Item = (usize, &Position)> + Clone {
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

    /// Whether a slot holds an open position. Without one the account needs no price, and a withdrawal no markets.
    pub fn has_open_position(&self) -> bool {
        self.positions.iter().any(|position| !position.size.is_zero())
    }

    /// Whether no slot holds an open position; claims and debts may be there.
    ///
    /// # Errors
    /// [`EngineError::PositionsOpen`].
    pub fn require_no_position(&self) -> Result<(), EngineError> {
        if self.has_open_position() {
            return Err(EngineError::PositionsOpen);
        }
        Ok(())
    }

    /// Whether no order is armed, as far as the account knows.
    ///
    /// # Errors
    /// [`EngineError::OrderArmed`].
    pub fn require_not_armed(&self, now: Timestamp) -> Result<(), EngineError> {
        if now <= self.armed_until {
            return Err(EngineError::OrderArmed { until: self.armed_until.get() });
        }
        Ok(())
    }

    /// Whether the account owes nothing in any slot but `except`.
    ///
    /// # Errors
    /// [`EngineError::DebtOutstanding`] with the first debt.
    pub fn require_no_debt(&self, except: Option<usize>) -> Result<(), EngineError> {
        match self.occupied().find(|(slot, position)| Some(*slot) != except && !position.owed().is_zero()) {
            Some((_, position)) => Err(EngineError::DebtOutstanding { market: position.market, debt: position.owed() }),
            None => Ok(()),
        }
    }
}

const _: () = assert!(core::mem::size_of::<Position>() == 144);
const _: () = assert!(core::mem::size_of::<Account>() == 136 + 144 * MAX_POSITIONS);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{base, usdc};

    fn debt(market: u16) -> Position {
        Position { debt: usdc(1), ..Position::empty_in(market) }
    }

    #[test]
    fn an_account_opens_empty_and_bound_to_the_market_it_names() {
        assert_eq!(Account::opened(None), Account::zeroed());
        let isolated = Account::opened(Some(7));
        assert_eq!((AccountKind::from_byte(isolated.kind), isolated.isolated_market), (Some(AccountKind::Isolated), 7));
        assert!(isolated.is_empty());
        assert_eq!((AccountKind::from_byte(0), AccountKind::from_byte(2)), (Some(AccountKind::Cross), None));
        assert_eq!((isolated.slot_for(7), Account::opened(None).slot_for(3)), (Ok(0), Ok(0)));
        assert_eq!(isolated.slot_for(0), Err(EngineError::IsolatedToAnotherMarket { bound_to: 7 }));
    }

    #[test]
    fn a_slot_is_found_by_its_market_and_a_free_one_is_the_first() {
        let mut account = Account::opened(None);
        (account.positions[0], account.positions[2]) = (debt(9), debt(4));
        assert_eq!((account.slot_of(4), account.slot_of(5)), (Some(2), None));
        assert_eq!((account.slot_for(4), account.slot_for(5)), (Ok(2), Ok(1)));
        assert!(account.occupied().map(|(slot, position)| (slot, position.market)).eq([(0, 9), (2, 4)]));
    }

    #[test]
    fn the_slots_end_with_the_last_occupied_one() {
        let mut account = Account::opened(None);
        assert_eq!(account.slots(), []);
        account.positions[0] = debt(9);
        assert_eq!(account.slots(), [debt(9)]);
        // A free slot before an occupied one is among them.
        account.positions[2] = debt(4);
        assert_eq!(account.slots(), [debt(9), Position::zeroed(), debt(4)]);
        account.positions[MAX_POSITIONS - 1] = debt(7);
        assert_eq!(account.slots(), account.positions);
        account.positions = [Position::zeroed(); MAX_POSITIONS];
        assert_eq!(account.slots(), []);
    }

    #[test]
    fn debts_are_found_in_every_slot_but_the_one_excepted() {
        let mut account = Account::opened(None);
        (account.positions[0], account.positions[2]) = (debt(9), debt(4));
        let owed = |market| Err(EngineError::DebtOutstanding { market, debt: usdc(1) });
        assert_eq!((account.require_no_debt(None), account.require_no_debt(Some(0))), (owed(9), owed(4)));
        account.positions[2].debt = Atoms::ZERO;
        assert_eq!(account.require_no_debt(Some(0)), Ok(()));
    }

    #[test]
    fn a_slot_is_freed_once_nothing_is_left_in_it() {
        let seen = Position { fees: usdc(3), realized: SignedAtoms::new(-5), ..Position::empty_in(2) };
        assert_eq!(seen.cleared_if_empty(), Position::zeroed());
        for kept in [
            Position { size: base(-1), ..seen },
            Position { claim: Atoms::new(1), ..seen },
            Position { debt: Atoms::new(1), ..seen },
        ] {
            assert_eq!(kept.cleared_if_empty(), kept);
        }
    }

    #[test]
    fn events_are_numbered_from_one() {
        let mut account = Account::opened(None);
        assert_eq!((account.next_event(), account.next_event(), account.sequence), (1, 2, 2));
        // Numbering them leaves the account as empty as it was.
        assert!(account.is_empty());
    }
}
