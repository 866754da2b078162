//! Trading: one order, filled at once against the market's backing.

use crate::error::EngineError;
use crate::fill::{quote, Fill};
use crate::ledger::{Ledger, Settled};
use crate::margin::adverse_value;
use crate::portfolio::{maintenance_with, Health, Portfolio};
use crate::price::{require_price, Action};
use crate::solvency::solvency;
use crate::state::{Market, Position};
use crate::status::Status;
use crate::units::products::{notional, part_of_atoms_floor, part_of_raw_floor, wide_product};
use crate::units::{Atoms, Base, Clock, Price, Raw, Side, SignedAtoms, Size, MAX_OPEN_NOTIONAL, MAX_OPEN_PRICE};

#[cfg(test)]
mod tests;

/// A market order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// Signed size: positive buys.
    pub size: Base,
    /// Worst acceptable average price; zero for none.
    pub price_bound: Price,
    /// Shrinks to the position and never opens one.
    pub reduce_only: bool,
}

/// The account's slot and the market's books after the trade, and what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TradePlan {
    pub slot: usize,
    pub ledger: Ledger,
    pub fill: Fill,
    pub size: Base,
    /// What the order was bought or sold for.
    pub notional: Raw,
    pub closed: Size,
    pub opened: Size,
    pub realised: SignedAtoms,
    pub funding: SignedAtoms,
    /// Claim paid out of the pot before the order.
    pub redeemed: Atoms,
    /// Debt paid from the balance after it.
    pub repaid: Atoms,
    pub before: Health,
    pub after: Health,
}

/// An order split into what it closes and what it opens.
#[derive(Clone, Copy, Debug)]
struct Split {
    order: Base,
    side: Side,
    closed: Size,
    opened: Size,
}

fn split(position: Base, order: &Order) -> Result<Split, EngineError> {
    let side = order.size.side().ok_or(EngineError::SizeOutOfRange)?;
    let opposite = position.side() == Some(side.opposite());
    let closed = if opposite { order.size.size().min(position.size()) } else { Size::ZERO };
    if order.reduce_only {
        if closed.is_zero() {
            return Err(EngineError::WouldIncrease);
        }
        return Ok(Split { order: closed.on(side)?, side, closed, opened: Size::ZERO });
    }
    Ok(Split { order: order.size, side, closed, opened: order.size.size().minus(closed)? })
}

/// Plans a market order on `market`, whose price and funding are up to date. `portfolio` holds the markets of the
/// account's other positions.
///
/// The admission rule: risk-increasing (a flip is, as a whole) needs adverse equity at least the initial margin, no debt
/// anywhere, and a market that can bear it. Reducing must not worsen `equity / maintenance margin` nor end below zero.
/// Closing a whole leg is always possible with non-negative equity: its cost is capped so that it worsens nothing.
///
/// # Errors
/// Any rule above, by name; also [`EngineError::PriceBoundExceeded`], [`EngineError::BelowMinimumPosition`],
/// [`EngineError::OpenInterestCap`], [`EngineError::IncreasedInThisSlot`].
pub fn plan_trade(
    portfolio: &Portfolio<'_>,
    market: &Market,
    order: &Order,
    status: Status,
    clock: Clock,
) -> Result<TradePlan, EngineError> {
    let account = portfolio.account;
    let slot = account.slot_for(market.index)?;
    let stored = account.positions[slot];
    let position = if stored.is_occupied() { stored } else { Position::opened(market.index) };
    let Split { order: size, side, closed, opened } = split(position.size, order)?;
    let increases = !opened.is_zero();

    let status = status.and(market.status.in_force(clock.now));
    if increases {
        status.allows_increasing()?;
    } else {
        status.allows_reducing()?;
    }
    let action = if increases { Action::Increase } else { Action::Reduce };
    let price = require_price(market, action, portfolio.reference)?;
    if !closed.is_zero() && position.last_increase_slot == clock.slot {
        return Err(EngineError::IncreasedInThisSlot);
    }

    let mut ledger = Ledger { balance: account.balance, position, books: market.books };
    let Settled { funding, redeemed } = ledger.settle()?;
    let rest = portfolio.maintenance_except(Some(slot), Action::OtherLeg)?;
    let before = maintenance_with(rest, ledger.balance, &ledger.position, &ledger.books, market)?;
    let solvency_before = solvency(&ledger.books, &market.parameters, price)?;
    let closes_whole = !increases && closed == position.size.size();
    if !increases && before.equity.is_negative() {
        return Err(EngineError::NegativeEquity { equity: before.equity });
    }

    let mut fill = quote(market, size, portfolio.reference)?;
    if closes_whole {
        fill = fill.capped(closing_cost_cap_floor(before, rest.margin)?)?;
    }
    let total = fill.notional(side)?;
    check_price_bound(order.price_bound, side, size.size(), total)?;

    let closing = part_of_raw_floor(total, closed, size.size())?;
    let mut realised = SignedAtoms::ZERO;
    if !closed.is_zero() {
        realised = ledger.reduce(closed, closing)?;
    }
    if increases {
        ledger.increase(side, opened, total.minus(closing)?, clock.slot)?;
    }
    ledger.charge_fee(fill.fee, market.parameters.protocol_share)?;
    let repaid = ledger.repay_debt()?;

    check_sizes(&ledger, market, price, side, increases)?;
    let after = maintenance_with(rest, ledger.balance, &ledger.position, &ledger.books, market)?;
    if increases {
        admit_increase(portfolio, market, slot, &ledger)?;
        solvency(&ledger.books, &market.parameters, price)?.admits(&solvency_before)?;
    } else if !closes_whole {
        admit_reduction(before, after)?;
    }
    Ok(TradePlan {
        slot,
        ledger,
        fill,
        size,
        notional: total,
        closed,
        opened,
        realised,
        funding,
        redeemed,
        repaid,
        before,
        after,
    })
}

/// `⌊E · (MM − MM′) / MM⌋`: what closing a leg may cost without lowering `E / MM`; all equity where nothing else demands
/// margin.
fn closing_cost_cap_floor(before: Health, margin_after: Atoms) -> Result<Atoms, EngineError> {
    let equity = before.equity.positive_part();
    if before.margin.is_zero() {
        return Ok(equity);
    }
    part_of_atoms_floor(equity, before.margin.minus(margin_after)?, before.margin)
}

fn check_price_bound(bound: Price, side: Side, size: Size, total: Raw) -> Result<(), EngineError> {
    if bound == Price::ZERO {
        return Ok(());
    }
    // Any number may be a bound: one that no fill can reach is none.
    let at_bound = i128::try_from(wide_product(size.get(), bound.get())).map_or(Raw::new(i128::MAX), Raw::new);
    let worse = match side {
        Side::Long => total > at_bound,
        Side::Short => total < at_bound,
    };
    if worse {
        return Err(EngineError::PriceBoundExceeded);
    }
    Ok(())
}

fn check_sizes(ledger: &Ledger, market: &Market, price: Price, side: Side, increases: bool) -> Result<(), EngineError> {
    let left = ledger.position.size.size();
    let minimum = market.parameters.minimum_position;
    if !left.is_zero() && notional(left, price)?.amount_floor()? < minimum {
        return Err(EngineError::BelowMinimumPosition { minimum });
    }
    if !increases {
        return Ok(());
    }
    if price.get() > MAX_OPEN_PRICE {
        return Err(EngineError::PriceOutOfRange);
    }
    let cap = market.parameters.open_interest_cap;
    let interest = ledger.books.side(side).open_interest;
    if interest > cap {
        return Err(EngineError::OpenInterestCap { cap });
    }
    if notional(interest, price)?.amount_ceil()?.get() > MAX_OPEN_NOTIONAL {
        return Err(EngineError::NotionalOutOfRange);
    }
    Ok(())
}

fn admit_increase(portfolio: &Portfolio<'_>, market: &Market, slot: usize, ledger: &Ledger) -> Result<(), EngineError> {
    if !ledger.position.debt.is_zero() {
        return Err(EngineError::DebtOutstanding { market: market.index, debt: ledger.position.debt });
    }
    for (leg, position, other) in portfolio.legs() {
        if leg != slot && !position.debt.is_zero() {
            return Err(EngineError::DebtOutstanding { market: other.index, debt: position.debt });
        }
    }
    let touched = adverse_value(&ledger.position, &ledger.books, market, portfolio.reference)?;
    let health = portfolio
        .adverse_except(Some(slot))?
        .with(touched.equity, touched.margin)?
        .with(ledger.balance.raw()?, Atoms::ZERO)?
        .health()?;
    if health.is_below_margin() {
        return Err(EngineError::InitialMargin { equity: health.equity, required: health.margin });
    }
    Ok(())
}

/// `E′ ≥ 0` and `E′ · MM ≥ E · MM′`.
fn admit_reduction(before: Health, after: Health) -> Result<(), EngineError> {
    let refused = EngineError::WouldWorsenHealth { equity: after.equity, margin: after.margin };
    if after.equity.is_negative() {
        return Err(refused);
    }
    let product = |equity: SignedAtoms, margin: Atoms| {
        i128::from(equity.get()).checked_mul(i128::from(margin.get())).ok_or(EngineError::Overflow)
    };
    if product(after.equity, before.margin)? < product(before.equity, after.margin)? {
        return Err(refused);
    }
    Ok(())
}
