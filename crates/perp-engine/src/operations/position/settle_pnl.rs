//! Turning a position's unrealized profit or loss into cash, for anybody.

use crate::error::EngineError;
use crate::ledger::{Ledger, Settled};
use crate::market::price::{is_fresh_in, reference_time};
use crate::market::range::{price_range, Moment, PriceRange};
use crate::market::Ready;
use crate::state::{Account, Market};
use crate::units::products::unrealized_profit;
use crate::units::{SignedAtoms, Timestamp};

#[cfg(test)]
mod tests;

/// A slot and its market after profit or loss is settled, and what moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PnlSettlementPlan {
    /// What applying the plan stores.
    pub ledger: Ledger,
    /// Profit turned into cash, negative for a loss.
    pub profit: SignedAtoms,
    /// What settling moved besides.
    pub settled: Settled,
}

/// Turns the position's unrealized profit or loss into cash. What the account is worth does not change, here or if the market
/// paid everybody: a profit is settled as far as the market can pay it, so that losers' losses become cash before winners leave.
/// Only in a market that is short it becomes a claim, so that all winners stand alike when claims are funded. While there is no
/// fresh price only what is certain is settled.
///
/// # Errors
/// [`EngineError::Paused`], [`EngineError::NoPosition`].
pub fn plan_settle_pnl(account: &Account, market: &Ready<'_>) -> Result<PnlSettlementPlan, EngineError> {
    market.status().allows_reducing()?;
    let mut ledger = Ledger::open(account, market)?;
    if ledger.position.size.is_zero() {
        return Err(EngineError::NoPosition);
    }
    let mut settled = ledger.settle()?;
    let reference = reference_time(market.clock(), [&**market]);
    let range = settlement_range(market, reference)?;
    let profit = settle_profit(&mut ledger, range)?;
    if is_fresh_in(market, reference) {
        // Before, a gain at a better price may set more of it off.
        settled.repaid = ledger.repay_debt()?;
    }
    Ok(PnlSettlementPlan { ledger, profit, settled })
}

/// All that the market's price may be at whichever moment its account is judged: a loss is settled at the end that is better
/// for it, or one leg told of a second alone would take the cash that another has gained by then.
pub(super) fn settlement_range(market: &Market, reference: Timestamp) -> Result<PriceRange, EngineError> {
    Ok(price_range(market, Moment::Apart, reference)?.with(market.grace.price_at(reference)))
}

/// Posts a profit at the price at which it may be paid, up to what the market can pay or in a short one whole, or else the loss at the end of the
/// range that is better for the position. Returns what was posted.
pub(super) fn settle_profit(ledger: &mut Ledger, range: PriceRange) -> Result<SignedAtoms, EngineError> {
    let size = ledger.position.size;
    let side = size.side().ok_or(EngineError::NoPosition)?;
    let entry = ledger.position.entry_notional.get();
    let gain = unrealized_profit(size, entry, range.settled(side))?;
    let profit = if gain.is_negative() {
        // ⌊loss⌋: the part below one atom stays unrealized.
        let loss = unrealized_profit(size, entry, range.better(side))?.negative_part()?;
        loss.to_atoms_floor()?.signed()?.checked_neg()?
    } else if ledger.market.is_short() {
        gain.to_atoms_floor()?.signed()?
    } else {
        let payable = ledger.position.debt.checked_add(ledger.market.payable()?)?;
        gain.to_atoms_floor()?.min(payable).signed()?
    };
    if profit != SignedAtoms::ZERO {
        ledger.shift_entry(profit)?;
    }
    Ok(profit)
}
