//! Risk groups: markets whose prices move together. Of an account's longs and shorts in one group only one side can lose much at a
//! time, and the other side earns then, as far as its markets can pay.

use crate::error::EngineError;
use crate::units::products::{mul_div_floor, share_floor};
use crate::units::{Atoms, Ppm, Side, PPM};

#[cfg(test)]
mod tests;

/// Risk groups that an exchange may have, numbered from one.
pub const MAX_RISK_GROUPS: u32 = 8;

/// What a position does in its market's risk group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hedge {
    /// The position's side.
    pub side: Side,
    /// What its market could still pay it of a move by its own margin, at most that margin, in atoms rounded down.
    pub earns: Atoms,
    /// The market's credit, in ppm.
    pub credit: Ppm,
    /// Whether its price can no longer be told: the market's oracle is dead, or it has ended.
    pub frozen: bool,
}

/// The longs or the shorts of an account in one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SideSums {
    required: Atoms,
    required_on_cash: Atoms,
    earns: Atoms,
    frozen: bool,
}

impl SideSums {
    const EMPTY: Self =
        Self { required: Atoms::ZERO, required_on_cash: Atoms::ZERO, earns: Atoms::ZERO, frozen: false };
}

/// An account's positions in one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GroupSums {
    /// `[long, short]`.
    sides: [SideSums; 2],
    /// The smallest of its markets.
    credit: Ppm,
}

impl GroupSums {
    /// No position.
    pub const EMPTY: Self = Self { sides: [SideSums::EMPTY; 2], credit: Ppm::ONE };

    /// With one more position, which requires so much by itself, and so much while nothing that its market has not paid is cash.
    pub fn with(self, hedge: &Hedge, required: Atoms, required_on_cash: Atoms) -> Result<Self, EngineError> {
        let mut sums = self;
        sums.credit = sums.credit.min(hedge.credit);
        let side = hedge.side.of_mut(&mut sums.sides);
        side.required = side.required.checked_add(required)?;
        side.required_on_cash = side.required_on_cash.checked_add(required_on_cash)?;
        side.earns = side.earns.checked_add(hedge.earns)?;
        side.frozen |= hedge.frozen;
        Ok(sums)
    }

    /// What the group requires: the most that its scenarios lose. The side that loses, less its credit's part of what the other side
    /// earns then.
    pub fn required_ceil(&self) -> Result<Atoms, EngineError> {
        let [long, short] = self.asked_ceil(|side| side.required)?;
        Ok(long.max(short))
    }

    /// The same while nothing that markets have not paid is cash.
    pub fn required_on_cash_ceil(&self) -> Result<Atoms, EngineError> {
        let [long, short] = self.asked_ceil(|side| side.required_on_cash)?;
        Ok(long.max(short))
    }

    /// What `[longs, shorts]` ask while they lose.
    fn asked_ceil(&self, required: impl Fn(&SideSums) -> Atoms) -> Result<[Atoms; 2], EngineError> {
        let [long, short] = &self.sides;
        let asks = |side: &SideSums, other: &SideSums| {
            Ok(required(side).saturating_sub(share_floor(other.earns, self.credit)?))
        };
        Ok([asks(long, short)?, asks(short, long)?])
    }

    /// Whether no position is on that side.
    pub fn is_empty_on(&self, side: Side) -> bool {
        side.of(&self.sides).required.is_zero()
    }

    /// What closing on `side` relieves.
    pub fn relief(&self, side: Side) -> Result<Relief, EngineError> {
        let [long, short] = self.asked_ceil(|side| side.required)?;
        let (asked, other) = match side {
            Side::Long => (long, short),
            Side::Short => (short, long),
        };
        let (this, opposite) = (side.of(&self.sides), side.opposite().of(&self.sides));
        Ok(Relief {
            asked,
            other,
            other_is_frozen: opposite.frozen,
            earns_all: this.earns >= this.required,
            other_earns_all: opposite.earns >= opposite.required,
            credit: self.credit,
        })
    }
}

/// What a group's sides ask, seen from the one on which a position is to be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Relief {
    /// What this side asks.
    pub asked: Atoms,
    /// What the other side asks.
    pub other: Atoms,
    /// Whether a position of the other side cannot be closed: its price can no longer be told.
    pub other_is_frozen: bool,
    /// Whether this side's markets can pay all that it requires.
    earns_all: bool,
    /// Whether the other side's can.
    other_earns_all: bool,
    credit: Ppm,
}

impl Relief {
    /// How much of this side's margin is in excess of the other's: closing it relieves the account of all of it. Where this side earns
    /// less then, the other asks for the credit's part of that more.
    pub fn excess_floor(&self) -> Result<Atoms, EngineError> {
        let more = self.asked.saturating_sub(self.other);
        if !self.earns_all {
            return Ok(more);
        }
        let each = PPM.checked_add(self.credit.wide()).ok_or(EngineError::Overflow)?;
        mul_div_floor(more.get(), PPM, each).map(Atoms::new)
    }

    /// What of a margin that is closed on both sides, the excess apart, the account is relieved of, in ppm: all but the credit where the
    /// other side earns less then.
    pub fn relieved(&self) -> Result<u64, EngineError> {
        let lost = if self.other_earns_all { self.credit.wide() } else { 0 };
        PPM.checked_sub(lost).ok_or(EngineError::Overflow)
    }
}

/// An account's positions in every group but the one of the position that an operation is about, and those beside that one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Groups {
    touched: u32,
    beside: GroupSums,
    others: [GroupSums; MAX_RISK_GROUPS as usize],
}

impl Groups {
    /// No position yet; `touched` is the group in which the operation takes place, zero for none.
    pub const fn around(touched: u32) -> Self {
        Self { touched, beside: GroupSums::EMPTY, others: [GroupSums::EMPTY; MAX_RISK_GROUPS as usize] }
    }

    /// Counts a position in that group.
    pub fn add(
        &mut self,
        group: u32,
        hedge: &Hedge,
        required: Atoms,
        required_on_cash: Atoms,
    ) -> Result<(), EngineError> {
        let sums = if group == self.touched {
            &mut self.beside
        } else {
            let place = group.checked_sub(1).and_then(|place| usize::try_from(place).ok());
            place.and_then(|place| self.others.get_mut(place)).ok_or(EngineError::Overflow)?
        };
        *sums = sums.with(hedge, required, required_on_cash)?;
        Ok(())
    }

    /// The positions beside the touched one.
    pub const fn beside(&self) -> GroupSums {
        self.beside
    }

    /// The other groups.
    pub fn others(&self) -> &[GroupSums] {
        &self.others
    }
}
