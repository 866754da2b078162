//! One position's part in its account's health, term by term, and what it would lose if its market had to share a shortage now.

use super::margin::{Leg, LegHealth, LegValue};
use super::portfolio::Portfolio;
use crate::error::EngineError;
use crate::market::price::spread_ceil;
use crate::market::solvency::Coverage;
use crate::units::{Atoms, Price, QuoteX40, SignedSize};

#[cfg(test)]
mod tests;

/// What a position comes to, and what it adds to its account's equity and margins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LegTerms {
    /// Its slot.
    pub slot: usize,
    /// Index of its market.
    pub market: u16,
    /// Signed size.
    pub size: SignedSize,
    /// What it was bought or sold for, exactly.
    pub entry_notional: QuoteX40,
    /// The market's last good price.
    pub price: Price,
    /// The lower end of the range in which the account counts the price; zero without a size.
    pub low: Price,
    /// The upper end.
    pub high: Price,
    /// Notional at the last good price, rounded up.
    pub notional: Atoms,
    /// Unrealized profit at that price, exactly.
    pub profit: QuoteX40,
    /// Funding owed and not settled, exactly; negative where it is owed to the position.
    pub funding_owed: QuoteX40,
    /// What the market owes of profits that it could not pay.
    pub claim: Atoms,
    /// What of that no cash is set aside for.
    pub claim_unfunded: Atoms,
    /// What the account owes for its dealings in the market.
    pub debt: Atoms,
    /// What the market promises the position at the last good price beyond what that owes it, exactly.
    pub promised: QuoteX40,
    /// Its part in equity and maintenance margin, as if it were the only position in its market's risk group.
    pub maintenance: LegHealth,
    /// Its part in adverse equity and initial margin, likewise.
    pub initial: LegValue,
}

impl LegTerms {
    /// What of the promise would not be paid if the market were wound up now and shared what it has among all that it owes.
    ///
    /// # Errors
    /// [`EngineError::Overflow`].
    pub fn shortage_ceil(&self, coverage: &Coverage) -> Result<Atoms, EngineError> {
        unpaid_ceil(self.promised, coverage)
    }
}

fn unpaid_ceil(promised: QuoteX40, coverage: &Coverage) -> Result<Atoms, EngineError> {
    let promised = promised.to_atoms_ceil()?;
    promised.checked_sub(coverage.paid_floor(promised)?)
}

impl Portfolio<'_> {
    /// What the position in a slot comes to, counted as a liquidation and as a withdrawal count it.
    ///
    /// # Errors
    /// [`EngineError::NoPosition`], [`EngineError::Overflow`].
    pub fn terms(&self, slot: usize) -> Result<LegTerms, EngineError> {
        let leg = self.legs().find(|(place, ..)| *place == slot);
        let (_, position, market) = leg.ok_or(EngineError::NoPosition)?;
        let price = market.price.price;
        let (maintenance, range) = self.maintenance_of(position, market)?;
        let initial = self.initial_leg(position, &market.ledger, market, || spread_ceil(market, self.reference))?;
        let (low, high) = range.map_or((Price::ZERO, Price::ZERO), |range| (range.low, range.high));
        let leg = Leg::of(position, &market.ledger, market, price)?;
        Ok(LegTerms {
            slot,
            market: market.index,
            size: position.size,
            entry_notional: position.entry_notional.get(),
            price,
            low,
            high,
            notional: leg.value(),
            profit: leg.profit(),
            funding_owed: leg.funding(),
            claim: position.claim,
            claim_unfunded: market.ledger.unfunded_part_ceil(position)?,
            debt: position.owed(),
            promised: leg.promised(position, &market.ledger)?,
            maintenance,
            initial,
        })
    }

    /// What all of the account's positions together would lose in a shortage now: see [`LegTerms::shortage_ceil`].
    ///
    /// # Errors
    /// [`EngineError::Overflow`].
    pub fn shortage_ceil(&self) -> Result<Atoms, EngineError> {
        let mut lost = Atoms::ZERO;
        for (_, position, market) in self.legs() {
            let (ledger, price) = (&market.ledger, market.price.price);
            let promised = Leg::of(position, ledger, market, price)?.promised(position, ledger)?;
            // Whoever is owed nothing loses nothing.
            if promised > QuoteX40::ZERO {
                let coverage = Coverage::of(ledger, &market.parameters, price)?;
                lost = lost.checked_add(unpaid_ceil(promised, &coverage)?)?;
            }
        }
        Ok(lost)
    }
}
