//! A margin account that is not on chain, among those that are: what it would do if it were.

use crate::error::Refusal;
use crate::exchange::Exchange;
use perp_engine::state::{Account, Market, Position};
use perp_engine::units::products::funding_owed;
use perp_engine::EngineError;

#[cfg(test)]
mod tests;

impl Exchange {
    /// Adds a margin account that the exchange's accounts do not know, one on paper, as if it had always been there: its positions,
    /// claims and debts become part of what its markets sum up, its cash part of the vault's. So it trades against the real market,
    /// with itself in it. What it would have paid into the backing, or taken from it, is not there.
    ///
    /// # Errors
    /// [`Refusal::NoMarket`]; [`EngineError::Overflow`] where the sums leave their range. Then nothing has changed.
    pub fn add_guest(&mut self, account: Account) -> Result<usize, Refusal> {
        let vault = self.vault.checked_add(account.balance)?;
        let markets = account
            .occupied()
            .map(|(_, position)| {
                let mut market = *self.market(position.market)?;
                join(&mut market, position)?;
                Ok(market)
            })
            .collect::<Result<alloc::vec::Vec<_>, Refusal>>()?;
        self.vault = vault;
        for market in markets {
            self.put_market(market);
        }
        Ok(self.add_account(account))
    }
}

/// The sums of a market with one position more.
fn join(market: &mut Market, position: &Position) -> Result<(), EngineError> {
    let ledger = &mut market.ledger;
    if let Some(side) = position.size.side() {
        let (size, totals) = (position.size.size(), ledger.side_mut(side));
        totals.open_interest = totals.open_interest.checked_add(size)?;
        totals.entry_notional = totals.entry_notional.get().checked_add(position.entry_notional.get())?.into();
        let checkpoint = funding_owed(size, position.funding_index)?;
        totals.funding_checkpoint = totals.funding_checkpoint.get().checked_add(checkpoint)?.into();
    }
    ledger.claims = ledger.claims.checked_add(position.claim)?;
    // A claim of an earlier round is funded in full.
    let funded = position.claim.checked_sub(ledger.unfunded_part_ceil(position)?)?;
    ledger.claims_reserve = ledger.claims_reserve.checked_add(funded)?;
    ledger.debts = ledger.debts.checked_add(position.debt)?;
    Ok(())
}
