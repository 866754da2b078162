//! Liquidation: part or all of one position is closed against its market at the index, and the penalty is split
//! between the caller, the market's insurance and its backing.

use crate::error::EngineError;
use crate::ledger::{Ledger, Settled};
use crate::margin::maintenance_margin_ceil;
use crate::portfolio::{maintenance_with, Health, Portfolio};
use crate::price::{require_price, Action};
use crate::state::{Market, Parameters};
use crate::status::Status;
use crate::units::products::{mul_div_ceil, mul_div_floor, notional, share_floor, wide_product};
use crate::units::{Atoms, Clock, Ppm, Price, SignedAtoms, Size, PPM};

#[cfg(test)]
mod tests;

/// What the liquidator asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiquidationOrder {
    /// Largest size to close.
    pub max_size: Size,
    pub min_bounty: Atoms,
}

/// The penalty and where it went; the parts add up to what was collected, and the rest of the penalty is debt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Penalty {
    pub charged: Atoms,
    pub collected: Atoms,
    pub bounty: Atoms,
    pub insurance: Atoms,
    pub backing: Atoms,
}

/// The account's slot and the market's books after a liquidation, and what happened. The bounty has left the books: the
/// caller's account gets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiquidationPlan {
    pub slot: usize,
    pub ledger: Ledger,
    pub closed: Size,
    pub realised: SignedAtoms,
    pub funding: SignedAtoms,
    /// Claim paid out of the pot before the position is reduced.
    pub redeemed: Atoms,
    /// Debt paid from the balance after it.
    pub repaid: Atoms,
    pub penalty: Penalty,
    pub before: Health,
    pub after: Health,
}

/// Plans the liquidation of the account's position in `market`, whose price and funding are up to date.
///
/// A part is closed only if that helps: `E′ − MM′ ≥ E − MM`. Parts of a few atoms may not, because rounding takes more
/// than the margin they free; nor may any part of a position whose profit its market cannot pay, because as a claim it may
/// count for less than it did. All of a position can always be closed, or there would be no way to liquidate it: where the
/// part that would restore the margin does not help, an order for the whole position closes the whole.
///
/// # Errors
/// [`EngineError::NotLiquidatable`] at or above the maintenance margin, [`EngineError::LegStale`] where any leg's price
/// is too old to judge, [`EngineError::MarketUnusable`] where this market's price closes nothing,
/// [`EngineError::BountyTooSmall`], [`EngineError::NoPosition`], [`EngineError::WouldWorsenHealth`] where closing a part
/// would cost the account more than it relieves it: close more, or all.
pub fn plan_liquidation(
    portfolio: &Portfolio<'_>,
    market: &Market,
    order: LiquidationOrder,
    status: Status,
    clock: Clock,
) -> Result<LiquidationPlan, EngineError> {
    let account = portfolio.account;
    status.and(market.status.in_force(clock.now)).allows_reducing()?;
    let price = require_price(market, Action::Liquidate, portfolio.reference)?;
    let slot = account.slot_of(market.index).ok_or(EngineError::NoPosition)?;
    let position = account.positions[slot];
    if position.size.is_zero() {
        return Err(EngineError::NoPosition);
    }
    if order.max_size.is_zero() {
        return Err(EngineError::SizeOutOfRange);
    }

    let mut ledger = Ledger { balance: account.balance, position, books: market.books };
    let rest = portfolio.maintenance_except(Some(slot), Action::Liquidate)?;
    // In a market short of money settling lowers what the rest counts for: it must not be what makes this possible.
    check_liquidatable(maintenance_with(rest, ledger.balance, &ledger.position, &ledger.books, market)?)?;
    let Settled { funding, redeemed } = ledger.settle()?;
    let before = maintenance_with(rest, ledger.balance, &ledger.position, &ledger.books, market)?;
    check_liquidatable(before)?;

    let close = |closed| {
        let mut ledger = ledger;
        let value = notional(closed, price)?;
        let realised = ledger.reduce(closed, value)?;
        let penalty = charge_penalty(&mut ledger, before, value.amount_floor()?, &market.parameters)?;
        let repaid = ledger.repay_debt()?;
        let after = maintenance_with(rest, ledger.balance, &ledger.position, &ledger.books, market)?;
        Ok(LiquidationPlan { slot, ledger, closed, realised, funding, redeemed, repaid, penalty, before, after })
    };
    let size = position.size.size();
    let mut plan = close(size_to_close_floor(before, size, price, order.max_size, &market.parameters)?)?;
    if plan.closed < size && plan.after.surplus() < before.surplus() {
        if order.max_size < size {
            return Err(EngineError::WouldWorsenHealth { equity: plan.after.equity, margin: plan.after.margin });
        }
        plan = close(size)?;
    }
    if plan.penalty.bounty < order.min_bounty {
        return Err(EngineError::BountyTooSmall { bounty: plan.penalty.bounty });
    }
    Ok(plan)
}

fn check_liquidatable(health: Health) -> Result<(), EngineError> {
    if health.is_below_margin() {
        return Ok(());
    }
    Err(EngineError::NotLiquidatable { equity: health.equity, maintenance: health.margin })
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
    parameters: &Parameters,
) -> Result<Size, EngineError> {
    let value = notional(position, price)?.amount_ceil()?;
    let buffered = PPM.checked_add(parameters.liquidation_buffer.wide()).ok_or(EngineError::Overflow)?;
    let marginal = maintenance_margin_ceil(value, parameters)?.marginal;
    let slope = mul_div_ceil(marginal.wide(), buffered, PPM)?.checked_sub(parameters.penalty.wide());
    let target = Atoms::new(mul_div_floor(before.margin.get(), buffered, PPM)?);
    let shortfall = target.signed()?.minus(before.equity)?.positive_part();

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
    let left = position.minus(size)?;
    if notional(left, price)?.amount_floor()? < parameters.minimum_position {
        return Ok(position);
    }
    Ok(size)
}

/// Bounty's share of the penalty: grows with the depth `(MM − E)/MM`, because a share that grew with time would reward
/// waiting.
fn bounty_share_floor(before: Health, parameters: &Parameters) -> Result<Ppm, EngineError> {
    let equity = before.equity.positive_part().min(before.margin);
    let depth = mul_div_floor(before.margin.minus(equity)?.get(), PPM, before.margin.get().max(1))?;
    let (low, high) = (parameters.bounty_share_min, parameters.bounty_share_max);
    let range = high.wide().checked_sub(low.wide()).ok_or(EngineError::Overflow)?;
    let share = low.wide().checked_add(mul_div_floor(range, depth, PPM)?).ok_or(EngineError::Overflow)?;
    u32::try_from(share).map(Ppm::new).map_err(|_| EngineError::Overflow)
}

/// Charges `⌊closed · rate⌋`, at most the equity left, and splits what is collected: bounty, then insurance, the rest
/// stays in the backing. The penalty rounds down so that a liquidation never leaves the account less healthy.
fn charge_penalty(
    ledger: &mut Ledger,
    before: Health,
    closed_value: Atoms,
    parameters: &Parameters,
) -> Result<Penalty, EngineError> {
    let charged = share_floor(closed_value, parameters.penalty)?.min(before.equity.positive_part());
    let collected = ledger.loss(charged)?;
    let bounty = share_floor(charged, bounty_share_floor(before, parameters)?)?.min(collected);
    let nominal_backing = share_floor(charged, parameters.backing_share)?;
    let nominal_insurance = charged.excess_over(bounty).excess_over(nominal_backing);
    let insurance = nominal_insurance.min(collected.minus(bounty)?);
    let books = &mut ledger.books;
    books.backing = books.backing.minus(bounty)?.minus(insurance)?;
    books.insurance = books.insurance.plus(insurance)?;
    let backing = collected.minus(bounty)?.minus(insurance)?;
    Ok(Penalty { charged, collected, bounty, insurance, backing })
}
