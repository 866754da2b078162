//! Liquidation: part or all of one position is closed against its market at the index, and the penalty is split
//! between the caller, the market's insurance and its backing.

use crate::error::EngineError;
use crate::ledger::{Ledger, Settled};
use crate::market::measured_margin::measured_margin_ceil;
use crate::market::price::{require_price, PriceUse};
use crate::market::Ready;
use crate::risk::margin::maintenance_margin_ceil;
use crate::risk::portfolio::{maintenance_with, Health, Portfolio, Sums};
use crate::state::counters::{count, count_exact, count_one};
use crate::state::{Account, Market, Parameters};
use crate::units::products::{mul_div_ceil, mul_div_floor, notional, share_floor, wide_product};
use crate::units::{Atoms, Ppm, Price, QuoteX40, SignedAtoms, Size, PPM};

#[cfg(test)]
mod tests;

/// What the liquidator asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiquidationOrder {
    /// Largest size to close.
    pub max_size: Size,
    /// Least bounty; zero for any, which some liquidations cannot pay.
    pub min_bounty: Atoms,
}

/// The penalty and where it went; the parts add up to what was collected, and the rest of the penalty is debt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Penalty {
    /// The penalty.
    pub charged: Atoms,
    /// What of it was cash.
    pub collected: Atoms,
    /// The liquidator's part.
    pub bounty: Atoms,
    /// The market's insurance's part.
    pub insurance: Atoms,
    /// The backing's part.
    pub backing: Atoms,
}

/// The account's slot and its market after a liquidation, and what happened. The bounty has left the market: the
/// liquidator's account gets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiquidationPlan {
    /// What applying the plan stores.
    pub ledger: Ledger,
    /// Size closed.
    pub closed: Size,
    /// What it was closed for, at the index.
    pub notional: QuoteX40,
    /// Profit realized, negative for a loss.
    pub realized: SignedAtoms,
    /// What settling the slot moved before, and the debt paid after it.
    pub settled: Settled,
    /// The penalty and where it went.
    pub penalty: Penalty,
    /// Equity and maintenance margin once the slot was settled.
    pub before: Health,
    /// Equity and maintenance margin after it.
    pub after: Health,
}

impl LiquidationPlan {
    /// Stores the plan and credits the bounty to the liquidator's account.
    ///
    /// # Errors
    /// [`EngineError::Overflow`] where the liquidator's balance would exceed 2^62 atoms.
    pub fn apply(
        &self,
        account: &mut Account,
        liquidator: &mut Account,
        market: &mut Ready<'_>,
    ) -> Result<(), EngineError> {
        liquidator.balance = liquidator.balance.checked_add(self.penalty.bounty)?;
        count(&mut liquidator.counters.bounties, self.penalty.bounty);
        self.ledger.apply(account, market);
        Ok(())
    }
}

/// Plans the liquidation of the account's position in `market`.
///
/// A part is closed only if that helps: `E′ − MM′ ≥ E − MM`. Parts of a few atoms may not, because rounding takes more
/// than the margin they free; nor may any part of a position whose profit its market cannot pay, because as a claim it may
/// count for less than it did. All of a position can always be closed, or there would be no way to liquidate it: where the
/// part that would restore the margin does not help, an order for the whole position closes the whole.
///
/// # Errors
/// [`EngineError::NotLiquidatable`] at or above the maintenance margin, [`EngineError::LegStale`] where any leg's price
/// is too old to judge, [`EngineError::MarketUnusable`] where this market's price closes nothing,
/// [`EngineError::BountyTooSmall`], [`EngineError::NoPosition`], [`EngineError::LiquidationWorsensHealth`] where closing a
/// part would cost the account more than it relieves it: close more, or all.
// A frame of its own: a program's is 4096 bytes.
#[inline(never)]
pub fn plan_liquidation(
    portfolio: &Portfolio<'_>,
    market: &Ready<'_>,
    order: &LiquidationOrder,
) -> Result<LiquidationPlan, EngineError> {
    market.status().allows_reducing()?;
    let price = require_price(market, PriceUse::Liquidate, portfolio.reference)?;
    let mut ledger = Ledger::open(portfolio.account, market)?;
    let size = ledger.position.size.size();
    if size.is_zero() {
        return Err(EngineError::NoPosition);
    }
    if order.max_size.is_zero() {
        return Err(EngineError::SizeOutOfRange);
    }

    let rest = portfolio.rest(Some(ledger.slot), PriceUse::Liquidate, false)?.maintenance;
    // In a market short of money settling lowers what the rest counts for: it must not be what makes this possible.
    let mut before = health(rest, &ledger, market)?;
    check_liquidatable(before)?;
    let unsettled = ledger;
    let settled = ledger.settle()?;
    // Also where it moved less than an atom: in a market short of money that changes what it can pay.
    if ledger != unsettled {
        before = health(rest, &ledger, market)?;
        check_liquidatable(before)?;
    }

    let account = Judged { rest, before, settled };
    close_what_helps(&ledger, &account, market, price, order)
}

/// The account's health with the slot as the ledger has it.
#[inline(never)]
fn health(rest: Sums, ledger: &Ledger, market: &Ready<'_>) -> Result<Health, EngineError> {
    maintenance_with(rest, ledger.balance, &ledger.position, &ledger.market, market)
}

/// An account that may be liquidated, once the slot is settled.
#[derive(Clone, Copy, Debug)]
struct Judged {
    rest: Sums,
    before: Health,
    settled: Settled,
}

/// Closes the part that restores the margin or, where no part helps and the order allows it, all of the position.
// A frame of its own: a program's is 4096 bytes.
#[inline(never)]
fn close_what_helps(
    ledger: &Ledger,
    account: &Judged,
    market: &Ready<'_>,
    price: Price,
    order: &LiquidationOrder,
) -> Result<LiquidationPlan, EngineError> {
    let size = ledger.position.size.size();
    let part = size_to_close_floor(account.before, size, price, order.max_size, market)?;
    let mut plan = close_part(ledger, account, market, price, part)?;
    if plan.closed < size && plan.after.surplus() < account.before.surplus() {
        if order.max_size < size {
            let Health { equity, margin } = plan.after;
            return Err(EngineError::LiquidationWorsensHealth { equity, margin });
        }
        plan = close_part(ledger, account, market, price, size)?;
    }
    if plan.penalty.bounty < order.min_bounty {
        return Err(EngineError::BountyTooSmall { bounty: plan.penalty.bounty });
    }
    Ok(plan)
}

/// Closes `closed` of the position at the index and charges the penalty.
// A frame of its own: a program's is 4096 bytes.
#[inline(never)]
fn close_part(
    ledger: &Ledger,
    account: &Judged,
    market: &Ready<'_>,
    price: Price,
    closed: Size,
) -> Result<LiquidationPlan, EngineError> {
    let Judged { rest, before, mut settled } = *account;
    let mut ledger = *ledger;
    let notional = notional(closed, price)?;
    let realized = ledger.reduce(closed, notional)?;
    let left = health(rest, &ledger, market)?.equity;
    let penalty = charge_penalty(&mut ledger, before, left, notional.to_atoms_floor()?, &market.parameters)?;
    settled.repaid = ledger.repay_debt()?;
    count_exact(&mut ledger.market.counters.liquidated, notional);
    count_one(&mut ledger.market.counters.liquidations);
    let after = health(rest, &ledger, market)?;
    Ok(LiquidationPlan { ledger, closed, notional, realized, settled, penalty, before, after })
}

fn check_liquidatable(health: Health) -> Result<(), EngineError> {
    if health.is_below_margin() {
        return Ok(());
    }
    Err(EngineError::NotLiquidatable { equity: health.equity, maintenance: health.margin })
}

/// `1 + b`, in ppm.
fn buffered(parameters: &Parameters) -> Result<u64, EngineError> {
    PPM.checked_add(parameters.liquidation_buffer.wide()).ok_or(EngineError::Overflow)
}

/// `⌈(1 + b)·marginal⌉ − penalty`, in ppm: how much nearer to `(1 + b)·MM` closing brings equity, per notional. `None` where
/// it takes away more than it brings.
pub(crate) fn closing_slope(marginal: Ppm, parameters: &Parameters) -> Result<Option<u64>, EngineError> {
    Ok(mul_div_ceil(marginal.wide(), buffered(parameters)?, PPM)?.checked_sub(parameters.penalty.wide()))
}

/// How much to close: enough to restore `(1 + b)·MM`, at most `max_size` and the position; what would leave less than
/// the minimum position closes whole.
///
/// Closing `n` of notional lowers MM by at most `marginal · n` and equity by `penalty · n`, so
/// `n = ((1 + b)·MM − E) / ((1 + b)·marginal − penalty)` overshoots by no more than `2·(1 + b)` ppm of the position, the
/// rounding of two fractions to whole ppm.
fn size_to_close_floor(
    before: Health,
    position: Size,
    price: Price,
    max_size: Size,
    market: &Market,
) -> Result<Size, EngineError> {
    let parameters = &market.parameters;
    let value = notional(position, price)?.to_atoms_ceil()?;
    let buffered = buffered(parameters)?;
    let slope =
        closing_slope(maintenance_margin_ceil(value, measured_margin_ceil(market)?, parameters)?.marginal, parameters)?;
    let target = Atoms::new(mul_div_floor(before.margin.get(), buffered, PPM)?);
    let shortfall = target.signed()?.checked_sub(before.equity)?.positive_part();

    // Above the position's value the quotient only says "all of it"; the comparison avoids the division's range.
    // Without equity no part restores anything, nor where closing costs as much as it relieves.
    let bankrupt = before.equity.positive_part().is_zero();
    let wanted = match slope {
        Some(slope) if !bankrupt && wide_product(shortfall.get(), PPM) < wide_product(value.get(), slope) => {
            let close_value = Atoms::new(mul_div_floor(shortfall.get(), PPM, slope)?);
            Size::new(mul_div_floor(position.get(), close_value.get(), value.get())?.max(1))
        }
        _ => position,
    };
    let size = wanted.min(max_size).min(position);
    let left = position.checked_sub(size)?;
    if notional(left, price)?.to_atoms_floor()? < parameters.minimum_position {
        return Ok(position);
    }
    Ok(size)
}

/// Bounty's share of the penalty: grows with the depth `(MM − E)/MM`, because a share that grew with time would reward
/// waiting.
fn bounty_share_floor(before: Health, parameters: &Parameters) -> Result<Ppm, EngineError> {
    let equity = before.equity.positive_part().min(before.margin);
    let depth = mul_div_floor(before.margin.checked_sub(equity)?.get(), PPM, before.margin.get().max(1))?;
    let (low, high) = (parameters.bounty_share_min, parameters.bounty_share_max);
    let range = high.wide().checked_sub(low.wide()).ok_or(EngineError::Overflow)?;
    let share = low.wide().checked_add(mul_div_floor(range, depth, PPM)?).ok_or(EngineError::Overflow)?;
    u32::try_from(share).map(Ppm::new).map_err(|_| EngineError::Overflow)
}

/// Charges `⌊closed · rate⌋`, at most the equity that the close found and left, and splits what is collected: bounty, then insurance,
/// the rest stays in the backing. The penalty rounds down so that a liquidation never leaves the account less healthy.
fn charge_penalty(
    ledger: &mut Ledger,
    before: Health,
    left: SignedAtoms,
    closed_value: Atoms,
    parameters: &Parameters,
) -> Result<Penalty, EngineError> {
    let most = before.equity.min(left).positive_part();
    let charged = share_floor(closed_value, parameters.penalty)?.min(most);
    let collected = ledger.loss(charged)?;
    let bounty = share_floor(charged, bounty_share_floor(before, parameters)?)?.min(collected);
    let nominal_backing = share_floor(charged, parameters.backing_share)?;
    let nominal_insurance = charged.saturating_sub(bounty).saturating_sub(nominal_backing);
    let insurance = nominal_insurance.min(collected.checked_sub(bounty)?);
    let backing = collected.checked_sub(bounty)?.checked_sub(insurance)?;
    let market = &mut ledger.market;
    market.backing = market.backing.checked_sub(bounty)?.checked_sub(insurance)?;
    market.insurance = market.insurance.checked_add(insurance)?;
    count(&mut ledger.counters.penalties, charged);
    count(&mut market.counters.bounties, bounty);
    count(&mut market.counters.penalties_to_insurance, insurance);
    count(&mut market.counters.penalties, backing);
    Ok(Penalty { charged, collected, bounty, insurance, backing })
}
