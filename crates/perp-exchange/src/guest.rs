//! A margin account that is not on chain, among those that are: what it would do if it were.

use crate::error::Refusal;
use crate::exchange::Exchange;
use alloc::vec::Vec;
use perp_engine::state::{Market, Position};
use perp_engine::units::products::funding_owed;
use perp_engine::EngineError;

#[cfg(test)]
mod tests;

impl Exchange {
    /// Makes a margin account that the chain does not know, one on paper, part of everything as if it had always been there: its
    /// positions, claims and debts of what its markets sum up, its cash of the vault's. So it trades against the real market, with
    /// itself in it. What it would have paid into the backing, or taken from it, is not there.
    ///
    /// # Errors
    /// [`Refusal::NoAccount`], [`Refusal::NoMarket`]; [`EngineError::Overflow`] where sums leave their range. Then nothing has changed.
    pub fn join(&mut self, account: usize) -> Result<(), Refusal> {
        let state = *self.account(account)?;
        let vault = self.vault.checked_add(state.balance)?;
        let mut markets = Vec::new();
        for (_, position) in state.occupied() {
            let mut market = *self.market(position.market)?;
            add(&mut market, position)?;
            markets.push(market);
        }
        self.vault = vault;
        for market in markets {
            self.put_market(market);
        }
        Ok(())
    }
}

/// The sums of a market with one position more.
fn add(market: &mut Market, position: &Position) -> Result<(), EngineError> {
    let ledger = &mut market.ledger;
    if let Some(side) = position.size.side() {
        let (size, totals) = (position.size.size(), ledger.side_mut(side));
        totals.open_interest = totals.open_interest.checked_add(size)?;
        totals.entry_notional = totals.entry_notional.get().checked_add(position.entry_notional.get())?.into();
        let checkpoint = funding_owed(size, position.funding_index)?;
        totals.funding_checkpoint = totals.funding_checkpoint.get().checked_add(checkpoint)?.into();
    }
    // A claim of an earlier round is funded in full.
    let funded = position.claim.checked_sub(ledger.unfunded_part_ceil(position)?)?;
    ledger.claims = ledger.claims.checked_add(position.claim)?;
    ledger.claims_reserve = ledger.claims_reserve.checked_add(funded)?;
    ledger.debts = ledger.debts.checked_add(position.debt)?;
    Ok(())
}
