//! Turning a position's unrealized profit or loss into cash, for anybody.

use crate::error::EngineError;
use crate::ledger::{Ledger, Settled};
use crate::market::price::{is_fresh_in, reference_time};
use crate::market::range::{price_range, Moment, PriceRange};
use crate::market::Ready;
use crate::session::Session;
use crate::state::{Account, Market, Pool, Position};
use crate::units::products::{share_floor, unrealized_profit};
use crate::units::{Atoms, Ppm, SignedAtoms, Timestamp};

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

/// What is paid for a settlement: a basis point of it.
pub(super) const SETTLEMENT_FEE: Ppm = Ppm::new(100);
/// How often it is paid for a position at most: a profit that comes and goes is not settled for the fee.
const SETTLEMENT_FEE_SECONDS: u64 = 600;
/// For so long before a boundary the queue pays for settlements: with more a crash moves what shares are worth by more than 1 % in between,
/// with less they do not land. What traders win and lose afterwards is not settled when
/// the pool is valued.
pub const SETTLING_SECONDS: u32 = 6;

/// Whether a settlement of the position is paid for again.
pub(super) fn pays_for_settlement(position: &Position, now: Timestamp) -> Result<bool, EngineError> {
    let paid_at = position.settlement_paid_at;
    Ok(paid_at.is_never() || now.seconds_since(paid_at)? >= SETTLEMENT_FEE_SECONDS)
}

/// What the queue pays for a settlement just before a boundary, and the slot that remembers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettlementReward {
    /// The pool.
    pub pool: Pool,
    /// The plan with the time of the payment in its position.
    pub plan: PnlSettlementPlan,
    /// What whoever settles gets.
    pub reward: Atoms,
}

impl PnlSettlementPlan {
    /// What the queue pays for the settlement: a basis point of profit and funding that moved, in the last [`SETTLING_SECONDS`] before a boundary that the
    /// exchange waits for, as far as fees of requests have been set apart for it. Whoever leaves or enters is then served at a value in
    /// which traders' profits and losses are cash.
    ///
    /// # Errors
    /// [`EngineError::Overflow`].
    pub fn rewarded(&self, pool: &Pool, session: &Session) -> Result<SettlementReward, EngineError> {
        let (now, boundary) = (session.clock.now, session.boundary);
        let soon = now < boundary && now.after(SETTLING_SECONDS)? >= boundary;
        let (mut plan, mut pool) = (*self, *pool);
        let mut reward = Atoms::ZERO;
        if soon && pays_for_settlement(&plan.ledger.position, now)? {
            let moved = plan.profit.magnitude().checked_add(plan.settled.funding.magnitude())?;
            reward = share_floor(moved, SETTLEMENT_FEE)?.min(pool.settling);
        }
        if !reward.is_zero() {
            pool.settling = pool.settling.checked_sub(reward)?;
            plan.ledger.position.settlement_paid_at = now;
        }
        Ok(SettlementReward { pool, plan, reward })
    }
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
