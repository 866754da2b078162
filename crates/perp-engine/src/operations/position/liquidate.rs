//! Liquidation: part or all of one position is closed against its market at the index, and the penalty is split
//! between the caller, the market's insurance and its backing.

use crate::error::EngineError;
use crate::ledger::{Ledger, Settled};
use crate::market::price::{require_price, PriceUse};
use crate::market::range::PriceRange;
use crate::market::Ready;
use crate::operations::position::settle_pnl::{settle_profit, settlement_range};
use crate::risk::group::Relief;
use crate::risk::margin::Leg;
use crate::risk::portfolio::{maintenance_leg, Health, MaintenanceSums, Portfolio, Touched};
use crate::state::counters::{count, count_exact, count_one};
use crate::state::Account;
use crate::units::products::notional;
use crate::units::{Atoms, Ppm, Price, QuoteX40, SignedAtoms, Size};
#[cfg(feature = "idl-build")]
use anchor_lang::{AnchorDeserialize, AnchorSerialize};
#[cfg(not(feature = "idl-build"))]
use borsh::{BorshDeserialize, BorshSerialize};
use penalty::{
    bounty_share_floor, charge_penalty, charge_settlement, penalty_rate_ceil, shallowest_bounty_ceil, Charge,
};
use sizing::size_to_close_floor;

mod penalty;
mod sizing;
#[cfg(test)]
mod tests;

pub use penalty::Penalty;
pub(crate) use sizing::closing_slope;

/// What the liquidator asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiquidationOrder {
    /// Largest size to close.
    pub max_size: Size,
    /// Least bounty; zero for any, which some liquidations cannot pay.
    pub min_bounty: Atoms,
}

/// Why a position was closed or settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "idl-build", derive(AnchorSerialize, AnchorDeserialize))]
#[cfg_attr(not(feature = "idl-build"), derive(BorshSerialize, BorshDeserialize))]
#[borsh(use_discriminant = false)]
#[repr(u8)]
pub enum LiquidationReason {
    /// Prices moved against the account.
    Price = 0,
    /// Without the funding that the position has paid the account would be healthy.
    Funding = 1,
    /// With the listed margin the account would be healthy: measured volatility raised it.
    Volatility = 2,
    /// The account was healthy only by profit that its market had not paid: it was settled.
    Unsettled = 3,
    /// The market has ended.
    Settlement = 4,
}

/// The account's slot and its market after a liquidation, and what happened. The bounty has left the market: the
/// liquidator's account gets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiquidationPlan {
    /// What applying the plan stores.
    pub ledger: Ledger,
    /// Why.
    pub reason: LiquidationReason,
    /// Size closed; zero where settling the position's profit is all that was needed.
    pub closed: Size,
    /// What it was closed for, at the index.
    pub notional: QuoteX40,
    /// Profit realized by closing or settling, negative for a loss.
    pub realized: SignedAtoms,
    /// What settling the slot moved before, and the debt paid after it.
    pub settled: Settled,
    /// The penalty, or the fee for settling, and where it went.
    pub penalty: Penalty,
    /// Equity and the margin demanded once the slot was settled.
    pub before: Health,
    /// Equity and the margin demanded after it.
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
/// The account is judged with every leg at the end of its range that is better for it, and with each winning leg counted as
/// far as its market could pay it now. Where it is healthy only by what its markets have not paid yet, the position's profit
/// is turned into cash and nothing is closed: else one market's unpaid profit would keep the account's losses in others from
/// being closed, for as many accounts as hold it.
///
/// In a market that has ended any position is closed whole at the final price, once the notice is over.
///
/// A part is closed only if that helps: `E′ − MM′ > E − MM`, with what the position requires by itself. Parts of a few atoms may
/// not, because rounding takes more than the margin they free. All of a position can always be closed, or there would be no way to
/// liquidate it: where the part that would restore the margin does not help, an order for the whole position closes the whole.
///
/// Of a risk group the side is closed that asks for more: closing the other would take a hedge away and relieve the account of
/// nothing. What that side has in excess goes first, then both in proportion, one after the other.
///
/// # Errors
/// [`EngineError::NotLiquidatable`] where the account is healthy, or only by the profit of its other positions, which are then
/// to be settled; [`EngineError::PriceStale`], [`EngineError::ClockBehind`] where this market's price closes nothing;
/// [`EngineError::SettlementNotice`] where the market has just ended; [`EngineError::Paused`],
/// [`EngineError::BountyTooSmall`], [`EngineError::NoPosition`],
/// [`EngineError::SmallerSideOfGroup`] where the other side of its risk group comes first;
/// [`EngineError::SizeOutOfRange`], [`EngineError::LiquidationWorsensHealth`] where closing a part would cost the account more
/// than it relieves it: close more, or all.
// A frame of its own: a program's is 4096 bytes.
#[inline(never)]
pub fn plan_liquidation(
    portfolio: &Portfolio<'_>,
    market: &Ready<'_>,
    order: &LiquidationOrder,
) -> Result<LiquidationPlan, EngineError> {
    market.status().allows_reducing()?;
    let mut ledger = Ledger::open(portfolio.account, market)?;
    if ledger.position.size.is_zero() {
        return Err(EngineError::NoPosition);
    }
    if order.max_size.is_zero() {
        return Err(EngineError::SizeOutOfRange);
    }
    if market.settlement.has_begun() {
        return close_settled(ledger, market, portfolio, order);
    }
    let (mut rest, mut range, mut judged) = judge(portfolio, &ledger, market)?;
    let mut health = judged.required(ledger.balance)?;
    if !health.is_below_margin() {
        match bare_health(portfolio, &ledger, market)? {
            // A grace protects no account that has nothing left.
            Some(bare) if bare.health.equity.is_negative() => {
                (rest, range, judged, health) = (bare.rest, bare.range, bare.judged, bare.health);
            }
            _ if judged.required_on_cash(ledger.balance)?.is_below_margin() => {
                let account = Judged { rest, settled: ledger.settle()? };
                return settle_only(ledger, &account, market, portfolio, order);
            }
            _ => return Err(not_liquidatable(health)),
        }
    }
    let reason = reason(health, &judged, &ledger)?;
    let price = require_price(market, PriceUse::Liquidate, portfolio.reference)?;
    let account = Judged { rest, settled: ledger.settle()? };
    // Settling changes nothing of what the account is worth; only another price than it was judged at does.
    let before = if range == PriceRange::point(price) {
        health
    } else {
        account.health(&ledger, market, PriceRange::point(price))?
    };
    close_what_helps(&ledger, &account, before, market, Fill::of(market, price, reason, portfolio)?, order)
}

/// Why an account that is below its margin is.
fn reason(health: Health, judged: &MaintenanceSums, ledger: &Ledger) -> Result<LiquidationReason, EngineError> {
    let missing = health.margin.signed()?.checked_sub(health.equity)?.positive_part();
    let paid = ledger.position.funding.checked_neg()?.positive_part();
    Ok(if missing <= judged.ramped() {
        LiquidationReason::Volatility
    } else if missing <= paid {
        LiquidationReason::Funding
    } else {
        LiquidationReason::Price
    })
}

/// The other positions, the range of the touched one's price, and all of them together.
#[inline(never)]
fn judge(
    portfolio: &Portfolio<'_>,
    ledger: &Ledger,
    market: &Ready<'_>,
) -> Result<(MaintenanceSums, PriceRange, MaintenanceSums), EngineError> {
    let rest = portfolio.judged(Some(Touched::new(ledger.slot, market)))?;
    let range = portfolio.range(market)?;
    Ok((rest, range, rest.with(maintenance_leg(&ledger.position, &ledger.market, market, range)?)?))
}

/// An account at present prices, whatever graces there are.
struct Bare {
    rest: MaintenanceSums,
    range: PriceRange,
    judged: MaintenanceSums,
    health: Health,
}

#[inline(never)]
fn bare_health(portfolio: &Portfolio<'_>, ledger: &Ledger, market: &Ready<'_>) -> Result<Option<Bare>, EngineError> {
    let Some(portfolio) = portfolio.without_graces() else { return Ok(None) };
    let (rest, range, judged) = judge(&portfolio, ledger, market)?;
    Ok(Some(Bare { rest, range, judged, health: judged.required(ledger.balance)? }))
}

/// Closes the whole position at the final price of a market that has ended, whatever the account's health, for no penalty and
/// the bounty of a whole close.
// A frame of its own: a program's is 4096 bytes.
#[inline(never)]
fn close_settled(
    mut ledger: Ledger,
    market: &Ready<'_>,
    portfolio: &Portfolio<'_>,
    order: &LiquidationOrder,
) -> Result<LiquidationPlan, EngineError> {
    let closes_from = market.settlement.closes_from();
    if market.clock().now < closes_from {
        return Err(EngineError::SettlementNotice { until: closes_from.get() });
    }
    let (rest, range, judged) = judge(portfolio, &ledger, market)?;
    let before = judged.required(ledger.balance)?;
    let account = Judged { rest, settled: ledger.settle()? };
    let reason = LiquidationReason::Settlement;
    let fill = Fill { price: range.low, rate: Ppm::ZERO, shallowest: Ppm::ONE, reason };
    let plan = close_part(&ledger, &account, before, market, fill, ledger.position.size.size())?;
    if plan.penalty.bounty < order.min_bounty {
        return Err(EngineError::BountyTooSmall { bounty: plan.penalty.bounty });
    }
    Ok(plan)
}

/// An account that may be liquidated: its other positions, and what settling the touched slot moved.
#[derive(Clone, Copy, Debug)]
struct Judged {
    rest: MaintenanceSums,
    settled: Settled,
}

impl Judged {
    /// The account's health with the slot as the ledger has it, in this range of prices.
    #[inline(never)]
    fn health(&self, ledger: &Ledger, market: &Ready<'_>, range: PriceRange) -> Result<Health, EngineError> {
        let leg = maintenance_leg(&ledger.position, &ledger.market, market, range)?;
        self.rest.required_with(&leg, ledger.balance)
    }
}

fn not_liquidatable(health: Health) -> EngineError {
    EngineError::NotLiquidatable { equity: health.equity, maintenance: health.margin }
}

/// Turns the position's profit into cash, as far as its market can pay it, for a fee of the account's own.
// A frame of its own: a program's is 4096 bytes.
#[inline(never)]
fn settle_only(
    mut ledger: Ledger,
    account: &Judged,
    market: &Ready<'_>,
    portfolio: &Portfolio<'_>,
    order: &LiquidationOrder,
) -> Result<LiquidationPlan, EngineError> {
    let range = portfolio.range(market)?;
    let before = account.health(&ledger, market, range)?;
    if ledger.market.payable()?.is_zero() {
        return Err(not_liquidatable(before));
    }
    let realized = settle_profit(&mut ledger, settlement_range(market, portfolio.reference)?)?;
    if realized.positive_part().is_zero() {
        return Err(not_liquidatable(before));
    }
    let mut settled = account.settled;
    settled.repaid = ledger.repay_debt()?;
    let penalty = charge_settlement(&mut ledger, realized.positive_part(), before, market.clock().now)?;
    if penalty.bounty < order.min_bounty {
        return Err(EngineError::BountyTooSmall { bounty: penalty.bounty });
    }
    let after = account.health(&ledger, market, range)?;
    let (closed, notional, reason) = (Size::ZERO, QuoteX40::ZERO, LiquidationReason::Unsettled);
    Ok(LiquidationPlan { ledger, reason, closed, notional, realized, settled, penalty, before, after })
}

/// What the touched position is closed at.
#[derive(Clone, Copy, Debug)]
struct Fill {
    price: Price,
    /// The penalty on the closed notional: at least what trading out would have cost, or provoking one's own liquidation would
    /// be the cheaper way out.
    rate: Ppm,
    /// What of the equity's part in the margin pays no more for going deeper.
    shallowest: Ppm,
    reason: LiquidationReason,
}

impl Fill {
    fn of(
        market: &Ready<'_>,
        price: Price,
        reason: LiquidationReason,
        portfolio: &Portfolio<'_>,
    ) -> Result<Self, EngineError> {
        let rate = penalty_rate_ceil(market, price)?;
        Ok(Self { price, rate, shallowest: shallowest_bounty_ceil(portfolio, rate)?, reason })
    }
}

/// Closes the part that restores the margin or, where no part helps and the order allows it, all of the position.
// A frame of its own: a program's is 4096 bytes.
#[inline(never)]
fn close_what_helps(
    ledger: &Ledger,
    account: &Judged,
    before: Health,
    market: &Ready<'_>,
    fill: Fill,
    order: &LiquidationOrder,
) -> Result<LiquidationPlan, EngineError> {
    let size = ledger.position.size.size();
    let relief = relief(ledger, account, before, market, fill.price)?;
    let part = size_to_close_floor(before, size, fill.price, fill.rate, order.max_size, market, relief)?;
    // A plan is large: it stays where it was made.
    let mut plan = close_part(ledger, account, before, market, fill, part);
    if let Ok(LiquidationPlan { ledger: closed_ledger, closed, after, .. }) = &plan {
        if *closed < size && !helps((ledger, before), (closed_ledger, *after), relief, market, fill.price)? {
            if order.max_size < size {
                let Health { equity, margin } = *after;
                return Err(EngineError::LiquidationWorsensHealth { equity, margin });
            }
            plan = close_part(ledger, account, before, market, fill, size);
        }
    }
    match &plan {
        Ok(LiquidationPlan { penalty, .. }) if penalty.bounty < order.min_bounty => {
            Err(EngineError::BountyTooSmall { bounty: penalty.bounty })
        }
        _ => plan,
    }
}

/// What closing relieves in a risk group where the account is on both sides; `None` elsewhere, and where the other side's price can no
/// longer be told: then this one is closed as if it stood alone.
///
/// # Errors
/// [`EngineError::SmallerSideOfGroup`] while there is equity to lose.
// A frame of its own: a program's is 4096 bytes.
#[inline(never)]
fn relief(
    ledger: &Ledger,
    account: &Judged,
    before: Health,
    market: &Ready<'_>,
    price: Price,
) -> Result<Option<Relief>, EngineError> {
    if market.parameters.risk_group == 0 {
        return Ok(None);
    }
    let leg = maintenance_leg(&ledger.position, &ledger.market, market, PriceRange::point(price))?;
    let Some(relief) = account.rest.relief_with(&leg)? else { return Ok(None) };
    let Relief { asked, other, other_is_frozen, .. } = relief;
    if asked >= other {
        return Ok(Some(relief));
    }
    if other_is_frozen || before.equity.positive_part().is_zero() {
        return Ok(None);
    }
    Err(EngineError::SmallerSideOfGroup { asked, other })
}

/// Whether a part that was closed did the account good: in a group, where the other side is to follow, by what the position requires
/// itself.
// A frame of its own: a program's is 4096 bytes.
#[inline(never)]
fn helps(
    (ledger, before): (&Ledger, Health),
    (closed, after): (&Ledger, Health),
    relief: Option<Relief>,
    market: &Ready<'_>,
    price: Price,
) -> Result<bool, EngineError> {
    if relief.is_none() {
        return Ok(after.surplus() > before.surplus());
    }
    let surplus = |ledger: &Ledger, equity| {
        let leg = maintenance_leg(&ledger.position, &ledger.market, market, PriceRange::point(price))?;
        Ok(Health { equity, margin: leg.required }.surplus())
    };
    Ok(surplus(closed, after.equity)? > surplus(ledger, before.equity)?)
}

/// Closes `closed` of the position at the index and charges the penalty.
// A frame of its own: a program's is 4096 bytes.
#[inline(never)]
fn close_part(
    ledger: &Ledger,
    account: &Judged,
    before: Health,
    market: &Ready<'_>,
    fill: Fill,
    closed: Size,
) -> Result<LiquidationPlan, EngineError> {
    let mut ledger = *ledger;
    let mut settled = account.settled;
    let notional = notional(closed, fill.price)?;
    let realized = ledger.reduce(closed, notional)?;
    // What follows changes what the position owes and is owed, not the position.
    let leg = Leg::of(&ledger.position, &ledger.market, market, fill.price)?;
    let health = |ledger: &Ledger| {
        let leg = leg.maintenance(&ledger.position, &ledger.market, market, fill.price)?;
        account.rest.required_with(&leg, ledger.balance)
    };
    let most = before.equity.min(health(&ledger)?.equity).positive_part();
    let charge = Charge { closed: notional.to_atoms_floor()?, rate: fill.rate, most };
    let share = bounty_share_floor(before, fill.shallowest, &market.parameters)?;
    let penalty = charge_penalty(&mut ledger, charge, share, &market.parameters)?;
    settled.repaid = ledger.repay_debt()?;
    count_exact(&mut ledger.market.counters.liquidated, notional);
    count_one(&mut ledger.market.counters.liquidations);
    let after = health(&ledger)?;
    let reason = fill.reason;
    Ok(LiquidationPlan { ledger, reason, closed, notional, realized, settled, penalty, before, after })
}
