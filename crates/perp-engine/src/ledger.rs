//! The postings every verb is made of, on one account's slot and its market. Cash moves only here; each function
//! conserves every atom between the balance, the market's backing, pot, insurance and fees.

use crate::claims::{unfunded_ceil, FULL_CLAIM_FACTOR};
use crate::error::EngineError;
use crate::state::{Account, Books, Market, Position};
use crate::units::products::{funding_owed, part_of_raw_floor, share_floor};
use crate::units::{Atoms, Base, Ppm, Raw, Side, SignedAtoms, Size};

#[cfg(test)]
mod tests;

/// A balance, a position and its market's books while a verb works on them. A plan returns it; applying the plan
/// stores its three parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ledger {
    pub balance: Atoms,
    pub position: Position,
    pub books: Books,
}

/// What settling a position's funding and claim moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Funding received, negative where paid.
    pub funding: SignedAtoms,
    /// Claim paid out of the pot.
    pub redeemed: Atoms,
}

impl Books {
    /// Claims no cash is set aside for.
    pub fn unfunded_claims(&self) -> Result<Atoms, EngineError> {
        self.claims.minus(self.pot)
    }

    /// The part of the position's claim that no cash is set aside for: `⌈claim · P / P_i⌉`, nothing once its epoch is
    /// over.
    pub fn unfunded_part_ceil(&self, position: &Position) -> Result<Atoms, EngineError> {
        if position.claim.is_zero() || position.claim_epoch != self.claim_epoch {
            return Ok(Atoms::ZERO);
        }
        unfunded_ceil(position.claim, self.claim_factor, position.claim_factor)
    }

    /// Returns what the pot holds above the claims and starts a new epoch once all claims are funded: those of the
    /// old epoch are then worth their face.
    pub(crate) fn close_claim_epoch_if_funded(&mut self) -> Result<(), EngineError> {
        if self.pot > self.claims {
            self.backing = self.backing.plus(self.pot.minus(self.claims)?)?;
            self.pot = self.claims;
        }
        if self.pot == self.claims && self.claim_factor != FULL_CLAIM_FACTOR {
            self.begin_claim_epoch()?;
        }
        Ok(())
    }

    /// Every claim so far is funded in full.
    pub(crate) fn begin_claim_epoch(&mut self) -> Result<(), EngineError> {
        self.claim_factor = FULL_CLAIM_FACTOR;
        self.claim_epoch = self.claim_epoch.checked_add(1).ok_or(EngineError::Overflow)?;
        Ok(())
    }
}

impl Ledger {
    /// `LOSS`: sets off the account's claim on this market, then takes cash, then leaves a debt.
    /// Returns the cash collected.
    pub fn loss(&mut self, amount: Atoms) -> Result<Atoms, EngineError> {
        self.redeem_claim()?;
        let set_off = amount.min(self.position.claim);
        if !set_off.is_zero() {
            self.position.claim = self.position.claim.minus(set_off)?;
            self.books.claims = self.books.claims.minus(set_off)?;
            self.books.close_claim_epoch_if_funded()?;
        }
        let rest = amount.minus(set_off)?;
        let cash = rest.min(self.balance);
        self.balance = self.balance.minus(cash)?;
        self.books.backing = self.books.backing.plus(cash)?;
        let owed = rest.minus(cash)?;
        self.position.debt = self.position.debt.plus(owed)?;
        self.books.debts = self.books.debts.plus(owed)?;
        Ok(cash)
    }

    /// `GAIN`: pays off the account's debt to this market, then pays cash from the backing while no claim waits
    /// unfunded, and leaves a claim for the rest.
    pub fn gain(&mut self, amount: Atoms) -> Result<(), EngineError> {
        self.redeem_claim()?;
        let repaid = amount.min(self.position.debt);
        self.position.debt = self.position.debt.minus(repaid)?;
        self.books.debts = self.books.debts.minus(repaid)?;
        let rest = amount.minus(repaid)?;
        let cash = rest.min(self.payable()?);
        self.books.backing = self.books.backing.minus(cash)?;
        self.balance = self.balance.plus(cash)?;
        let claim = rest.minus(cash)?;
        if !claim.is_zero() {
            self.position.claim = self.position.claim.plus(claim)?;
            self.position.claim_factor = self.books.claim_factor;
            self.position.claim_epoch = self.books.claim_epoch;
            self.books.claims = self.books.claims.plus(claim)?;
        }
        Ok(())
    }

    /// Cash the market can pay a profit with now: its backing, or nothing while claims wait.
    pub fn payable(&self) -> Result<Atoms, EngineError> {
        Ok(if self.books.unfunded_claims()?.is_zero() { self.books.backing } else { Atoms::ZERO })
    }

    /// Pays debt to this market from the balance. Returns what was paid.
    pub fn repay_debt(&mut self) -> Result<Atoms, EngineError> {
        let paid = self.balance.min(self.position.debt);
        self.balance = self.balance.minus(paid)?;
        self.books.backing = self.books.backing.plus(paid)?;
        self.position.debt = self.position.debt.minus(paid)?;
        self.books.debts = self.books.debts.minus(paid)?;
        Ok(paid)
    }

    /// Pays out the funded part of the claim: `claim − ⌈claim · P / P_i⌉`, all of it once its epoch is over.
    /// Returns what was paid.
    pub fn redeem_claim(&mut self) -> Result<Atoms, EngineError> {
        let (position, books) = (&mut self.position, &mut self.books);
        let unfunded = books.unfunded_part_ceil(position)?;
        let paid = position.claim.minus(unfunded)?;
        if paid.is_zero() {
            return Ok(Atoms::ZERO);
        }
        position.claim = unfunded;
        position.claim_factor = books.claim_factor;
        position.claim_epoch = books.claim_epoch;
        books.pot = books.pot.minus(paid)?;
        books.claims = books.claims.minus(paid)?;
        self.balance = self.balance.plus(paid)?;
        books.close_claim_epoch_if_funded()?;
        Ok(paid)
    }

    /// What every verb on a position begins with: redeems what is funded of its claim and settles its funding.
    pub fn settle(&mut self) -> Result<Settled, EngineError> {
        // Funding redeems too, without saying how much: so it comes second, and what is redeemed then is the remainder of an
        // epoch it has closed.
        let redeemed = self.redeem_claim()?;
        let funding = self.settle_funding()?;
        Ok(Settled { funding, redeemed: redeemed.plus(self.redeem_claim()?)? })
    }

    /// Settles the position's funding: what it owes rounds up, what it is owed rounds down. Returns what the account
    /// received, negative where it paid.
    pub fn settle_funding(&mut self) -> Result<SignedAtoms, EngineError> {
        let Some(side) = self.position.size.side() else { return Ok(SignedAtoms::ZERO) };
        let book = self.books.side_mut(side);
        let change = book.funding_index.minus(self.position.funding_index)?;
        if change.get() == 0 {
            return Ok(SignedAtoms::ZERO);
        }
        let owed = funding_owed(self.position.size.size(), change)?;
        self.position.funding_index = book.funding_index;
        book.size_index = book.size_index.get().plus(owed)?.into();
        if owed.is_negative() {
            let received = owed.negated()?.amount_floor()?;
            self.gain(received)?;
            received.signed()
        } else {
            let paid = owed.amount_ceil()?;
            self.loss(paid)?;
            SignedAtoms::ZERO.minus(paid.signed()?)
        }
    }

    /// Adds `size` bought or sold for `notional` to the position, whose funding is settled.
    pub fn increase(&mut self, side: Side, size: Size, notional: Raw, slot: u64) -> Result<(), EngineError> {
        let book = self.books.side_mut(side);
        let position = &mut self.position;
        position.size = position.size.plus(size.on(side)?)?;
        position.entry = position.entry.get().plus(notional)?.into();
        position.funding_index = book.funding_index;
        position.epoch = book.epoch;
        position.last_increase_slot = slot;
        book.open_interest = book.open_interest.plus(size)?;
        book.entry = book.entry.get().plus(notional)?.into();
        book.size_index = book.size_index.get().plus(funding_owed(size, book.funding_index)?)?.into();
        Ok(())
    }

    /// Takes `size` off the position, whose funding is settled, for `notional`, and realises the difference to that
    /// part of its entry, rounded down.
    ///
    /// # Errors
    /// [`EngineError::NoPosition`], [`EngineError::Overflow`] where `size` exceeds the position.
    pub fn reduce(&mut self, size: Size, notional: Raw) -> Result<SignedAtoms, EngineError> {
        let side = self.position.size.side().ok_or(EngineError::NoPosition)?;
        let position = &mut self.position;
        let entry = part_of_raw_floor(position.entry.get(), size, position.size.size())?;
        let book = self.books.side_mut(side);
        position.size = position.size.plus(size.on(side.opposite())?)?;
        position.entry = position.entry.get().minus(entry)?.into();
        book.open_interest = book.open_interest.minus(size)?;
        book.entry = book.entry.get().minus(entry)?.into();
        book.size_index = book.size_index.get().minus(funding_owed(size, book.funding_index)?)?.into();
        let difference = match side {
            Side::Long => notional.minus(entry)?,
            Side::Short => entry.minus(notional)?,
        };
        let profit = difference.atoms_floor()?;
        self.realise(profit)?;
        Ok(profit)
    }

    /// Posts a realised profit or loss.
    fn realise(&mut self, profit: SignedAtoms) -> Result<(), EngineError> {
        if profit.is_negative() {
            self.loss(SignedAtoms::ZERO.minus(profit)?.positive_part())?;
            Ok(())
        } else {
            self.gain(profit.positive_part())
        }
    }

    /// Charges a fee; of what is collected the protocol's share leaves the backing.
    pub fn charge_fee(&mut self, fee: Atoms, protocol_share: Ppm) -> Result<(), EngineError> {
        let collected = self.loss(fee)?;
        let protocol = share_floor(collected, protocol_share)?;
        self.books.backing = self.books.backing.minus(protocol)?;
        self.books.protocol_fees = self.books.protocol_fees.plus(protocol)?;
        Ok(())
    }

    /// Turns unrealised profit or loss into cash without changing equity: the entry moves by exactly what is posted.
    pub fn shift_entry(&mut self, size: Base, profit: SignedAtoms) -> Result<(), EngineError> {
        let side = size.side().ok_or(EngineError::NoPosition)?;
        let raw = Raw::from_atoms(i128::from(profit.get()))?;
        let change = match side {
            Side::Long => raw,
            Side::Short => raw.negated()?,
        };
        self.position.entry = self.position.entry.get().plus(change)?.into();
        let book = self.books.side_mut(side);
        book.entry = book.entry.get().plus(change)?.into();
        self.realise(profit)
    }
}

impl Ledger {
    /// Stores the three parts; a slot with nothing left in it is freed.
    pub fn apply(&self, slot: usize, account: &mut Account, market: &mut Market) {
        account.balance = self.balance;
        account.positions[slot] = self.position.or_freed();
        market.books = self.books;
    }
}
