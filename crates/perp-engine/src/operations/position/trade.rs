//! Trading: one order, filled at once against the market's backing.

use self::admission::{admit_armed, admit_increase, check_debts, Reduction};
use crate::error::EngineError;
use crate::ledger::{Ledger, Settled};
use crate::market::fill::{quote_at, Fill};
use crate::market::price::{confidence_of_ceil, require_certain, require_clock, require_price, spread_ceil, PriceUse};
use crate::market::solvency::solvency;
use crate::market::Ready;
use crate::risk::portfolio::{Health, Portfolio};
use crate::state::counters::{count_exact, count_one};
use crate::state::{Account, Market};
use crate::units::products::{notional, part_of_quote_floor, wide_product};
use crate::units::{
    Price, QuoteX40, Side, SignedAtoms, SignedSize, Size, Timestamp, MAX_OPEN_NOTIONAL, MAX_OPEN_PRICE,
};

mod admission;
#[cfg(test)]
mod tests;

/// A market order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// Signed size: positive buys.
    pub size: SignedSize,
    /// Worst acceptable average price, any number but zero: a forgotten bound must not pass for none.
    pub acceptable_price: Price,
    /// Shrinks to the position and never opens one.
    pub reduce_only: bool,
}

impl Order {
    /// An order at any price: the largest for a buy, the smallest for a sale.
    pub const fn at_any_price(size: SignedSize) -> Self {
        let acceptable_price = if size.get() < 0 { Price::new(1) } else { Price::new(u64::MAX) };
        Self { size, acceptable_price, reduce_only: false }
    }
}

/// The account's slot and its market after the trade, and what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TradePlan {
    /// What applying the plan stores.
    pub ledger: Ledger,
    /// The order's terms.
    pub fill: Fill,
    /// Signed size that was filled.
    pub size: SignedSize,
    /// What it was bought or sold for.
    pub notional: QuoteX40,
    /// Size of the old position that was closed.
    pub closed: Size,
    /// Size that was opened.
    pub opened: Size,
    /// Profit realized, negative for a loss.
    pub realized: SignedAtoms,
    /// What settling the slot moved before the order, and the debt paid after it.
    pub settled: Settled,
    /// What admitted it, after the order: adverse equity and initial margin where it increases, else equity and the margin of
    /// all notionals.
    pub after: Health,
}

impl TradePlan {
    /// Stores the plan.
    pub fn apply(&self, account: &mut Account, market: &mut Ready<'_>) {
        self.ledger.apply(account, market);
    }
}

/// An order split into what it closes and what it opens.
#[derive(Clone, Copy, Debug)]
struct Split {
    order: SignedSize,
    side: Side,
    closed: Size,
    opened: Size,
}

impl Split {
    const fn price_use(&self) -> PriceUse {
        if self.opened.is_zero() {
            PriceUse::Reduce
        } else {
            PriceUse::Increase
        }
    }
}

fn split(position: SignedSize, order: &Order) -> Result<Split, EngineError> {
    let side = order.size.side().ok_or(EngineError::SizeOutOfRange)?;
    let opposite = position.side() == Some(side.opposite());
    let closed = if opposite { order.size.size().min(position.size()) } else { Size::ZERO };
    if order.reduce_only {
        if closed.is_zero() {
            return Err(EngineError::ReduceOnlyViolated);
        }
        return Ok(Split { order: closed.on(side)?, side, closed, opened: Size::ZERO });
    }
    Ok(Split { order: order.size, side, closed, opened: order.size.size().checked_sub(closed)? })
}

/// Plans a market order on `market`. `portfolio` holds the markets of the account's other positions.
///
/// The admission rule: risk-increasing (a flip is, as a whole) needs adverse equity at least the initial margin, no debt
/// anywhere, and a market that can bear it. Reducing must not worsen `equity / maintenance margin` nor end below zero.
/// Closing a whole leg is always possible with non-negative equity: its cost is capped so that it worsens nothing.
///
/// # Errors
/// Any rule above, by name; also [`EngineError::AcceptablePriceZero`], [`EngineError::PriceBoundExceeded`],
/// [`EngineError::BelowMinimumPosition`], [`EngineError::OpenInterestCap`], [`EngineError::SameSlotReduction`];
/// [`EngineError::OrderArmed`] where it increases and an order of the account is armed: it could take that one's margin, and enter a market
/// that whoever fills it does not name.
pub fn plan_trade(portfolio: &Portfolio<'_>, market: &Ready<'_>, order: &Order) -> Result<TradePlan, EngineError> {
    if order.acceptable_price == Price::ZERO {
        return Err(EngineError::AcceptablePriceZero);
    }
    let plan = plan_trade_now(portfolio, market, order)?;
    if !plan.opened.is_zero() {
        portfolio.account.require_not_armed(market.clock().now)?;
    }
    Ok(plan)
}

/// The same whatever is armed.
///
/// # Errors
/// Those of [`plan_trade`] but [`EngineError::AcceptablePriceZero`] and [`EngineError::OrderArmed`].
pub(crate) fn plan_trade_now(
    portfolio: &Portfolio<'_>,
    market: &Ready<'_>,
    order: &Order,
) -> Result<TradePlan, EngineError> {
    let clock = market.clock();
    let ledger = Ledger::open_or_take(portfolio.account, market, clock.now)?;
    let split = split(ledger.position.size, order)?;
    let price_use = split.price_use();
    require_trading(market, price_use)?;
    let price = require_price(market, price_use, portfolio.reference)?;
    if !split.closed.is_zero() && ledger.position.last_increase_slot == clock.slot {
        return Err(EngineError::SameSlotReduction);
    }
    fill_order(
        portfolio,
        market,
        ledger,
        split,
        order.acceptable_price,
        FillPrice { price, newest: price, spread: None },
    )
}

/// What an order is filled at, besides impact and fee.
#[derive(Clone, Copy, Debug)]
struct FillPrice {
    price: Price,
    /// The market's newest.
    newest: Price,
    /// The spread of one base unit that the fill is charged; `None` for the market's, which goes by the price's age.
    spread: Option<Price>,
}

/// What the reading of a moment that nobody knew says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadingPrice {
    /// The price of the fill.
    pub price: Price,
    /// Its confidence.
    pub confidence: Price,
    /// The market's newest price, or the reading's where that is newer.
    pub newest: Price,
}

/// Plans an order at a reading's price that nobody knew when the order was bound to it: nobody chose it, so that it pays of the spread
/// what the oracle's confidence is, whatever the market's newest price is by now. Capacity is that at the newest, and so is margin, of
/// which an increase leaves the part that is the maintenance margin's of the initial one. A position increased in this very slot is
/// reduced all the same: its owner cannot have known the price then, and could else keep the order from being filled.
///
/// # Errors
/// Those of [`plan_trade`] but [`EngineError::SameSlotReduction`], [`EngineError::AcceptablePriceZero`] and
/// [`EngineError::PriceStale`].
// A frame of its own: a program's is 4096 bytes.
#[inline(never)]
pub(crate) fn plan_trade_at(
    portfolio: &Portfolio<'_>,
    market: &Ready<'_>,
    order: &Order,
    at: ReadingPrice,
) -> Result<TradePlan, EngineError> {
    let ReadingPrice { price, confidence, newest } = at;
    let ledger = Ledger::open_or_take(portfolio.account, market, market.clock().now)?;
    let split = split(ledger.position.size, order)?;
    let price_use = split.price_use();
    require_trading(market, price_use)?;
    require_clock(market, portfolio.reference)?;
    if price_use == PriceUse::Increase {
        // A reduction asks no more than that it is a price.
        require_certain(price, confidence, market.parameters.max_confidence_to_increase)?;
    }
    let spread = Some(confidence_of_ceil(confidence, &market.parameters)?);
    fill_order(portfolio, market, ledger, split, order.acceptable_price, FillPrice { price, newest, spread })
}

/// Whether the market trades at all, and for this use.
fn require_trading(market: &Ready<'_>, price_use: PriceUse) -> Result<(), EngineError> {
    match price_use {
        PriceUse::Increase => market.status().allows_increasing()?,
        _ => market.status().allows_reducing()?,
    }
    require_not_ended(market, market.clock().now)
}

/// Whether the market has neither ended nor is about to.
///
/// # Errors
/// [`EngineError::MarketSettled`], [`EngineError::SettlementDue`].
pub(crate) fn require_not_ended(market: &Market, now: Timestamp) -> Result<(), EngineError> {
    if market.settlement.has_begun() {
        return Err(EngineError::MarketSettled);
    }
    if market.settlement.is_due(now) {
        return Err(EngineError::SettlementDue);
    }
    Ok(())
}

/// What every fill comes to, once the order may be filled at that price.
fn fill_order(
    portfolio: &Portfolio<'_>,
    market: &Ready<'_>,
    mut ledger: Ledger,
    split: Split,
    acceptable_price: Price,
    at: FillPrice,
) -> Result<TradePlan, EngineError> {
    let Split { order: size, side, closed, opened } = split;
    let increases = !opened.is_zero();
    let newest = at.newest;
    let mut settled = ledger.settle()?;
    let (debt_before, ledger_before) = (ledger.position.owed(), ledger.market);
    let reduction = if increases { None } else { Some(Reduction::of(portfolio, &ledger, market, at.price)?) };
    let market_spread = || spread_ceil(market, portfolio.reference);
    let mut fill = quote_at(market, size, at.price, || at.spread.map_or_else(market_spread, Ok))?;
    let closes_whole = !increases && closed == ledger.position.size.size();
    if let Some(reduction) = reduction.filter(|_| closes_whole) {
        fill = fill.capped(reduction.closing_cost_cap_floor()?)?;
    }
    let total = fill.notional(side)?;
    check_acceptable_price(acceptable_price, side, size.size(), total)?;

    let closing = part_of_quote_floor(total, closed, size.size())?;
    let mut realized = SignedAtoms::ZERO;
    if !closed.is_zero() {
        realized = ledger.reduce(closed, closing)?;
    }
    if increases {
        ledger.increase(side, opened, total.checked_sub(closing)?, market.clock().slot)?;
    }
    ledger.charge_fee(fill.fee, market.parameters.protocol_share)?;
    settled.repaid = ledger.repay_debt()?;
    count_fill(&mut ledger, &fill)?;

    // What a reduction leaves is judged by the price that nobody chose, as its health is.
    check_sizes(&ledger, market, if increases { newest } else { at.price }, side, increases)?;
    let after = match reduction {
        None => {
            check_debts(portfolio, &ledger, debt_before)?;
            let after = match at.spread {
                None => admit_increase(portfolio, &ledger, market, fill.unit_spread)?,
                Some(_) => admit_armed(portfolio, &ledger, market, newest)?,
            };
            let parameters = &market.parameters;
            solvency(&ledger.market, parameters, newest)?.admits(|| solvency(&ledger_before, parameters, newest))?;
            after
        }
        Some(reduction) => {
            let after = reduction.health(&ledger, market)?;
            if !closes_whole {
                reduction.admit(&ledger, market, after)?;
            }
            after
        }
    };
    Ok(TradePlan { ledger, fill, size, notional: total, closed, opened, realized, settled, after })
}

fn count_fill(ledger: &mut Ledger, fill: &Fill) -> Result<(), EngineError> {
    let counters = &mut ledger.market.counters;
    count_one(&mut counters.trades);
    count_exact(&mut counters.volume, fill.index_notional);
    count_exact(&mut counters.spread, fill.spread);
    count_exact(&mut counters.impact, fill.impact()?);
    Ok(())
}

fn check_acceptable_price(acceptable: Price, side: Side, size: Size, total: QuoteX40) -> Result<(), EngineError> {
    // Any number may be a bound: one that no fill can reach is none.
    let at_bound =
        i128::try_from(wide_product(size.get(), acceptable.get())).map_or(QuoteX40::new(i128::MAX), QuoteX40::new);
    let worse = match side {
        Side::Long => total > at_bound,
        // A sale may fetch less than the smallest price there is, down to nothing: that one is no bound.
        Side::Short => acceptable > Price::new(1) && total < at_bound,
    };
    if worse {
        let average = total.get().checked_div(i128::from(size.get())).and_then(|average| u64::try_from(average).ok());
        return Err(EngineError::PriceBoundExceeded {
            average: average.map_or(Price::new(u64::MAX), Price::new),
            acceptable,
        });
    }
    Ok(())
}

fn check_sizes(
    ledger: &Ledger,
    market: &Ready<'_>,
    price: Price,
    side: Side,
    increases: bool,
) -> Result<(), EngineError> {
    let left = ledger.position.size.size();
    let minimum = market.parameters.minimum_position;
    if !left.is_zero() && notional(left, price)?.to_atoms_floor()? < minimum {
        return Err(EngineError::BelowMinimumPosition { minimum });
    }
    if !increases {
        return Ok(());
    }
    if price.get() > MAX_OPEN_PRICE {
        return Err(EngineError::PriceTooHighToIncrease);
    }
    let cap = market.parameters.open_interest_cap;
    let interest = ledger.market.side(side).open_interest;
    if interest > cap {
        return Err(EngineError::OpenInterestCap { cap });
    }
    if notional(interest, price)?.to_atoms_ceil()?.get() > MAX_OPEN_NOTIONAL {
        return Err(EngineError::SideNotionalTooLarge);
    }
    Ok(())
}
