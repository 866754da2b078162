//! The postings every operation is made of, on one account's slot and its market. Cash moves only here; each function
//! conserves every atom between the balance, the market's backing, claims reserve, insurance and fees.

use crate::error::EngineError;
use crate::market::claims::{unfunded_ceil, FULL_CLAIM_FACTOR};
use crate::market::Ready;
use crate::state::counters::{count, count_signed};
use crate::state::{Account, AccountCounters, AccountKind, Market, MarketLedger, Position};
use crate::units::products::{funding_owed, part_of_quote_floor, share_floor};
use crate::units::{Atoms, Ppm, QuoteX40, Side, SignedAtoms, Size, Timestamp};

#[cfg(test)]
mod tests;

/// One slot of an account, with the account's balance and the slot's market, while an operation works on them. A plan
/// holds it; applying the plan stores its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// The slot's place in its account.
    pub slot: usize,
    /// The account's balance.
    pub balance: Atoms,
    /// What the account has seen.
    pub counters: AccountCounters,
    /// The slot.
    pub position: Position,
    /// The slot's market.
    pub market: MarketLedger,
}

/// What settling a slot moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Funding received, negative where paid.
    pub funding: SignedAtoms,
    /// Claim paid out of the claims reserve.
    pub redeemed: Atoms,
    /// Debt paid from the balance, once everything else is done.
    pub repaid: Atoms,
}

impl Settled {
    /// Nothing moved.
    pub const NOTHING: Self = Self { funding: SignedAtoms::ZERO, redeemed: Atoms::ZERO, repaid: Atoms::ZERO };
}

impl MarketLedger {
    /// Claims no cash is set aside for.
    pub fn unfunded_claims(&self) -> Result<Atoms, EngineError> {
        self.claims.checked_sub(self.claims_reserve)
    }

    /// Cash the market can pay a profit with now: its backing, or nothing while claims wait or not all could be paid.
    pub fn payable(&self) -> Result<Atoms, EngineError> {
        Ok(if !self.is_short() && self.unfunded_claims()?.is_zero() { self.backing } else { Atoms::ZERO })
    }

    /// The part of the position's claim that no cash is set aside for: `⌈claim · P / P_i⌉`, nothing once its round is
    /// over.
    pub fn unfunded_part_ceil(&self, position: &Position) -> Result<Atoms, EngineError> {
        if position.claim.is_zero() || position.claim_round != self.claim_round {
            return Ok(Atoms::ZERO);
        }
        unfunded_ceil(position.claim, self.claim_factor, position.claim_factor)
    }

    /// Returns what the claims reserve holds above the claims and starts a new round once all claims are funded: those of the
    /// old round are then worth their face.
    pub(crate) fn close_claim_round_if_funded(&mut self) -> Result<(), EngineError> {
        if self.claims_reserve > self.claims {
            self.backing = self.backing.checked_add(self.claims_reserve.checked_sub(self.claims)?)?;
            self.claims_reserve = self.claims;
        }
        if self.claims_reserve == self.claims && self.claim_factor != FULL_CLAIM_FACTOR {
            self.begin_claim_round()?;
        }
        Ok(())
    }

    /// Every claim so far is funded in full.
    pub(crate) fn begin_claim_round(&mut self) -> Result<(), EngineError> {
        self.claim_factor = FULL_CLAIM_FACTOR;
        self.claim_round = self.claim_round.checked_add(1).ok_or(EngineError::Overflow)?;
        Ok(())
    }
}

impl Ledger {
    /// Opens the slot of `market` in which the account holds something.
    ///
    /// # Errors
    /// [`EngineError::NoPosition`].
    pub fn open(account: &Account, market: &Market) -> Result<Self, EngineError> {
        let slot = account.slot_of(market.index).ok_or(EngineError::NoPosition)?;
        Self::at(slot, account, market)
    }

    /// Opens the slot of `market`, or a free one for it that is taken at `now`.
    ///
    /// # Errors
    /// [`EngineError::IsolatedToAnotherMarket`], [`EngineError::IsolatedMarket`], [`EngineError::NoFreePosition`].
    pub fn open_or_take(account: &Account, market: &Market, now: Timestamp) -> Result<Self, EngineError> {
        if market.parameters.isolated_only != 0 && account.kind != AccountKind::Isolated as u8 {
            return Err(EngineError::IsolatedMarket { market: market.index });
        }
        let slot = account.slot_for(market.index)?;
        let mut ledger = Self::at(slot, account, market)?;
        if !ledger.position.is_occupied() {
            ledger.position = Position { opened_at: now, ..Position::empty_in(market.index) };
        }
        Ok(ledger)
    }

    fn at(slot: usize, account: &Account, market: &Market) -> Result<Self, EngineError> {
        let position = *account.positions.get(slot).ok_or(EngineError::NoPosition)?;
        Ok(Self { slot, balance: account.balance, counters: account.counters, position, market: market.ledger })
    }

    /// Stores the slot, the balance and the market's ledger; a slot with nothing left in it is freed.
    pub fn apply(&self, account: &mut Account, market: &mut Ready<'_>) {
        self.apply_to(account, market.ledger_mut());
    }

    /// Stores what an operation changed that needs no refreshed market.
    pub(crate) fn apply_to(&self, account: &mut Account, market: &mut MarketLedger) {
        account.balance = self.balance;
        account.counters = self.counters;
        if let Some(position) = account.positions.get_mut(self.slot) {
            *position = self.position.cleared_if_empty();
        }
        *market = self.market;
    }

    /// `LOSS`: sets off the account's claim on this market, then takes cash, then leaves a debt.
    /// Returns the cash collected.
    pub fn loss(&mut self, amount: Atoms) -> Result<Atoms, EngineError> {
        self.redeem_claim()?;
        let set_off = amount.min(self.position.claim);
        if !set_off.is_zero() {
            self.position.claim = self.position.claim.checked_sub(set_off)?;
            self.market.claims = self.market.claims.checked_sub(set_off)?;
            self.market.close_claim_round_if_funded()?;
        }
        let rest = amount.checked_sub(set_off)?;
        let cash = rest.min(self.balance);
        self.balance = self.balance.checked_sub(cash)?;
        self.market.backing = self.market.backing.checked_add(cash)?;
        let owed = rest.checked_sub(cash)?;
        self.position.debt = self.position.debt.checked_add(owed)?;
        self.market.debts = self.market.debts.checked_add(owed)?;
        Ok(cash)
    }

    /// `GAIN`: pays off the account's debt to this market, then pays cash from the backing while no claim waits
    /// unfunded, and leaves a claim for the rest.
    pub fn gain(&mut self, amount: Atoms) -> Result<(), EngineError> {
        self.redeem_claim()?;
        let repaid = amount.min(self.position.debt);
        self.position.debt = self.position.debt.checked_sub(repaid)?;
        self.market.debts = self.market.debts.checked_sub(repaid)?;
        let rest = amount.checked_sub(repaid)?;
        let cash = rest.min(self.market.payable()?);
        self.market.backing = self.market.backing.checked_sub(cash)?;
        self.balance = self.balance.checked_add(cash)?;
        let claim = rest.checked_sub(cash)?;
        if !claim.is_zero() {
            self.position.claim = self.position.claim.checked_add(claim)?;
            self.position.claim_factor = self.market.claim_factor;
            self.position.claim_round = self.market.claim_round;
            self.market.claims = self.market.claims.checked_add(claim)?;
        }
        Ok(())
    }

    /// Pays debt to this market from the balance, then what others paid of one: that goes to the market's insurance. Returns
    /// what was paid.
    pub fn repay_debt(&mut self) -> Result<Atoms, EngineError> {
        let paid = self.balance.min(self.position.debt);
        self.balance = self.balance.checked_sub(paid)?;
        self.market.backing = self.market.backing.checked_add(paid)?;
        self.position.debt = self.position.debt.checked_sub(paid)?;
        self.market.debts = self.market.debts.checked_sub(paid)?;
        if self.position.recoverable.is_zero() {
            return Ok(paid);
        }
        let recovered = self.balance.min(self.position.recoverable);
        self.balance = self.balance.checked_sub(recovered)?;
        self.market.insurance = self.market.insurance.checked_add(recovered)?;
        self.position.recoverable = self.position.recoverable.checked_sub(recovered)?;
        paid.checked_add(recovered)
    }

    /// Pays out the funded part of the claim: `claim − ⌈claim · P / P_i⌉`, all of it once its round is over. Where nothing is
    /// funded nothing changes, `P_i` included. Returns what was paid.
    pub fn redeem_claim(&mut self) -> Result<Atoms, EngineError> {
        let (position, ledger) = (&mut self.position, &mut self.market);
        let unfunded = ledger.unfunded_part_ceil(position)?;
        let paid = position.claim.checked_sub(unfunded)?;
        if paid.is_zero() {
            return Ok(Atoms::ZERO);
        }
        position.claim = unfunded;
        position.claim_factor = ledger.claim_factor;
        position.claim_round = ledger.claim_round;
        ledger.claims_reserve = ledger.claims_reserve.checked_sub(paid)?;
        ledger.claims = ledger.claims.checked_sub(paid)?;
        self.balance = self.balance.checked_add(paid)?;
        ledger.close_claim_round_if_funded()?;
        Ok(paid)
    }

    /// Gives up the claim, whose funded part is redeemed: the market owes that much less. Returns how much it was.
    pub fn waive_claim(&mut self) -> Result<Atoms, EngineError> {
        let waived = self.position.claim;
        self.position.claim = Atoms::ZERO;
        self.market.claims = self.market.claims.checked_sub(waived)?;
        self.market.close_claim_round_if_funded()?;
        Ok(waived)
    }

    /// What every operation on a position begins with: redeems what is funded of its claim and settles its funding.
    // A frame of its own: a program's is 4096 bytes.
    #[inline(never)]
    pub fn settle(&mut self) -> Result<Settled, EngineError> {
        // Settling funding redeems too, without saying how much: so it comes second, and what is redeemed after it is the
        // remainder of a round it has closed.
        let redeemed = self.redeem_claim()?;
        let funding = self.settle_funding()?;
        let redeemed = redeemed.checked_add(self.redeem_claim()?)?;
        Ok(Settled { funding, redeemed, repaid: Atoms::ZERO })
    }

    /// Settles the position's funding: what it owes rounds up, what it is owed rounds down. Returns what the account
    /// received, negative where it paid.
    pub fn settle_funding(&mut self) -> Result<SignedAtoms, EngineError> {
        let Some(side) = self.position.size.side() else { return Ok(SignedAtoms::ZERO) };
        let totals = self.market.side_mut(side);
        let change = totals.funding_index.checked_sub(self.position.funding_index)?;
        if change.get() == 0 {
            return Ok(SignedAtoms::ZERO);
        }
        let owed = funding_owed(self.position.size.size(), change)?;
        self.position.funding_index = totals.funding_index;
        totals.funding_checkpoint = totals.funding_checkpoint.get().checked_add(owed)?.into();
        let received = if owed.is_negative() {
            let received = owed.checked_neg()?.to_atoms_floor()?;
            self.gain(received)?;
            received.signed()?
        } else {
            let paid = owed.to_atoms_ceil()?;
            self.loss(paid)?;
            paid.signed()?.checked_neg()?
        };
        count_signed(&mut self.counters.funding, received);
        count_signed(&mut self.position.funding, received);
        Ok(received)
    }

    /// Adds `size` bought or sold for `notional` to the position, whose funding is settled.
    pub fn increase(&mut self, side: Side, size: Size, notional: QuoteX40, slot: u64) -> Result<(), EngineError> {
        if self.position.size.is_zero() {
            self.market.positions_opened = self.market.positions_opened.checked_add(1).ok_or(EngineError::Overflow)?;
            self.position.number = self.market.positions_opened;
        }
        let totals = self.market.side_mut(side);
        let position = &mut self.position;
        position.size = position.size.checked_add(size.on(side)?)?;
        position.entry_notional = position.entry_notional.get().checked_add(notional)?.into();
        position.funding_index = totals.funding_index;
        position.deleveraging_round = totals.deleveraging_round;
        position.last_increase_slot = slot;
        totals.open_interest = totals.open_interest.checked_add(size)?;
        totals.entry_notional = totals.entry_notional.get().checked_add(notional)?.into();
        let checkpoint = funding_owed(size, totals.funding_index)?;
        totals.funding_checkpoint = totals.funding_checkpoint.get().checked_add(checkpoint)?.into();
        Ok(())
    }

    /// Takes `size` off the position, whose funding is settled, for `notional`, and realizes the difference to that
    /// part of its entry notional, rounded down.
    ///
    /// # Errors
    /// [`EngineError::NoPosition`], [`EngineError::Overflow`] where `size` exceeds the position.
    pub fn reduce(&mut self, size: Size, notional: QuoteX40) -> Result<SignedAtoms, EngineError> {
        let side = self.position.size.side().ok_or(EngineError::NoPosition)?;
        let position = &mut self.position;
        let entry = part_of_quote_floor(position.entry_notional.get(), size, position.size.size())?;
        let totals = self.market.side_mut(side);
        position.size = position.size.checked_add(size.on(side.opposite())?)?;
        position.entry_notional = position.entry_notional.get().checked_sub(entry)?.into();
        totals.open_interest = totals.open_interest.checked_sub(size)?;
        totals.entry_notional = totals.entry_notional.get().checked_sub(entry)?.into();
        let checkpoint = funding_owed(size, totals.funding_index)?;
        totals.funding_checkpoint = totals.funding_checkpoint.get().checked_sub(checkpoint)?.into();
        let difference = match side {
            Side::Long => notional.checked_sub(entry)?,
            Side::Short => entry.checked_sub(notional)?,
        };
        let profit = difference.to_signed_atoms_floor()?;
        self.realize(profit)?;
        Ok(profit)
    }

    /// Posts a realized profit or loss.
    fn realize(&mut self, profit: SignedAtoms) -> Result<(), EngineError> {
        count_signed(&mut self.counters.realized, profit);
        count_signed(&mut self.position.realized, profit);
        count_signed(&mut self.market.counters.traders_result, profit);
        if profit.is_negative() {
            self.loss(profit.checked_neg()?.positive_part())?;
            Ok(())
        } else {
            self.gain(profit.positive_part())
        }
    }

    /// Charges a fee; of what is collected the protocol's share leaves the backing.
    pub fn charge_fee(&mut self, fee: Atoms, protocol_share: Ppm) -> Result<(), EngineError> {
        let collected = self.loss(fee)?;
        let protocol = share_floor(collected, protocol_share)?;
        count(&mut self.counters.fees, fee);
        count(&mut self.position.fees, fee);
        count(&mut self.market.counters.fees, collected);
        count(&mut self.market.counters.protocol_fees, protocol);
        self.market.backing = self.market.backing.checked_sub(protocol)?;
        self.market.protocol_fees = self.market.protocol_fees.checked_add(protocol)?;
        Ok(())
    }

    /// Takes what an armed order that cannot be filled costs from the balance, as far as it goes, into the market's insurance, which nobody
    /// owns who could have brought it about; the protocol's share leaves it. Returns what was paid.
    pub(crate) fn forfeit(
        balance: &mut Atoms,
        market: &mut MarketLedger,
        amount: Atoms,
        protocol_share: Ppm,
    ) -> Result<Atoms, EngineError> {
        let paid = amount.min(*balance);
        let protocol = share_floor(paid, protocol_share)?;
        *balance = balance.checked_sub(paid)?;
        market.insurance = market.insurance.checked_add(paid.checked_sub(protocol)?)?;
        market.protocol_fees = market.protocol_fees.checked_add(protocol)?;
        count(&mut market.counters.fees, paid);
        count(&mut market.counters.protocol_fees, protocol);
        Ok(paid)
    }

    /// Turns unrealized profit or loss into cash without changing equity: the entry moves by exactly what is posted.
    pub fn shift_entry(&mut self, profit: SignedAtoms) -> Result<(), EngineError> {
        let side = self.position.size.side().ok_or(EngineError::NoPosition)?;
        let exact = QuoteX40::from_atoms(i128::from(profit.get()))?;
        let change = match side {
            Side::Long => exact,
            Side::Short => exact.checked_neg()?,
        };
        self.position.entry_notional = self.position.entry_notional.get().checked_add(change)?.into();
        let totals = self.market.side_mut(side);
        totals.entry_notional = totals.entry_notional.get().checked_add(change)?.into();
        self.realize(profit)
    }
}
