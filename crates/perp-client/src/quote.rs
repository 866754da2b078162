//! Previews: what the program would do, with every number, before a transaction is sent.
//!
//! They plan with the engine on fetched state exactly as the program does, so they agree with it to the atom as long as
//! nothing changes in between. Prices that a verb is to be handed are taken into the [`Snapshot`] first.

use crate::health::{health, liquidation_price, AccountHealth};
use crate::snapshot::{QuoteError, Snapshot};
use perp_engine::bankruptcy::{begin_bankruptcy, BankruptcyPlan};
use perp_engine::liquidation::{plan_liquidation, LiquidationOrder, LiquidationPlan};
use perp_engine::liquidity::{pool_value_ceil, pool_value_floor, Valuation};
use perp_engine::state::{Account, Market, Pool};
use perp_engine::trade::{plan_trade, Order, TradePlan};
use perp_engine::units::{Atoms, Price, Timestamp};
use perp_engine::withdrawal::{needs_markets, plan_margined_withdrawal, plan_withdrawal, WithdrawalPlan};
use perp_engine::EngineError;
use perp_swap::state::Standing;

/// A trade as it would be filled, and the account after it.
#[derive(Clone, Debug)]
pub struct TradePreview {
    pub plan: TradePlan,
    pub account: Account,
    pub market: Market,
    /// The error says why the account cannot be judged, though it can trade: another leg's price may be too old.
    pub health: Result<AccountHealth, QuoteError>,
    pub liquidation_price: Result<Option<Price>, QuoteError>,
}

/// What a market order would do.
///
/// # Errors
/// The refusal of [`plan_trade`] with its numbers, or [`QuoteError::MarketMissing`].
pub fn preview_trade(
    snapshot: &Snapshot,
    account: &Account,
    market: u16,
    order: &Order,
) -> Result<TradePreview, QuoteError> {
    let mut touched = snapshot.touched(market)?;
    let portfolio = snapshot.portfolio(account, Some(&touched))?;
    let plan = plan_trade(&portfolio, &touched, order, snapshot.standing.status, snapshot.clock)?;
    let mut after = *account;
    plan.ledger.apply(plan.slot, &mut after, &mut touched);
    let later = snapshot.clone().with_market(touched);
    Ok(TradePreview {
        plan,
        account: after,
        market: touched,
        health: health(&later, &after),
        liquidation_price: liquidation_price(&later, &after, market),
    })
}

/// What a withdrawal would do.
///
/// # Errors
/// The refusal of [`plan_withdrawal`] or [`plan_margined_withdrawal`], or [`QuoteError::MarketMissing`].
pub fn preview_withdrawal(snapshot: &Snapshot, account: &Account, amount: Atoms) -> Result<WithdrawalPlan, QuoteError> {
    if !needs_markets(account) {
        return Ok(plan_withdrawal(account, amount)?);
    }
    let portfolio = snapshot.portfolio(account, None)?;
    Ok(plan_margined_withdrawal(&portfolio, amount, snapshot.standing.status, snapshot.clock)?)
}

/// What a liquidation of the account's position in `market` would do.
///
/// # Errors
/// The refusal of [`plan_liquidation`], as [`EngineError::NotLiquidatable`], or [`QuoteError::MarketMissing`].
pub fn preview_liquidation(
    snapshot: &Snapshot,
    account: &Account,
    market: u16,
    order: LiquidationOrder,
) -> Result<LiquidationPlan, QuoteError> {
    let touched = snapshot.touched(market)?;
    let portfolio = snapshot.portfolio(account, Some(&touched))?;
    Ok(plan_liquidation(&portfolio, &touched, order, snapshot.standing.status, snapshot.clock)?)
}

/// A bankruptcy as it would be resolved in one market, and what it leaves.
#[derive(Clone, Debug)]
pub struct BankruptcyPreview {
    pub plan: BankruptcyPlan,
    pub account: Account,
    /// The markets it changes: the one that is owed, and those in which the account had a slot besides.
    pub markets: Vec<Market>,
}

/// What resolving the account's bankruptcy in `market` would do.
///
/// # Errors
/// The refusal of [`begin_bankruptcy`], or [`QuoteError::MarketMissing`].
pub fn preview_bankruptcy(
    snapshot: &Snapshot,
    pool: &Pool,
    account: &Account,
    market: u16,
) -> Result<BankruptcyPreview, QuoteError> {
    let (mut account, mut owed) = (*account, *snapshot.market(market)?);
    let mut bankruptcy = begin_bankruptcy(&account, &owed, snapshot.standing.status, snapshot.clock)?;
    let mut markets = Vec::new();
    for (slot, position) in account.positions.iter_mut().enumerate() {
        if slot == bankruptcy.slot || !position.is_occupied() {
            continue;
        }
        let mut other = *snapshot.market(position.market)?;
        let set_off = bankruptcy.set_off(position, &other)?;
        other.books = set_off.books;
        *position = set_off.position.or_freed();
        markets.push(other);
    }
    let plan = bankruptcy.finish(pool, snapshot.clock)?;
    plan.ledger.apply(plan.slot, &mut account, &mut owed);
    markets.push(owed);
    Ok(BankruptcyPreview { plan, account, markets })
}

/// What the pool is worth at least and at most: shares are sold at the first and bought at the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolValue {
    pub lower: Atoms,
    /// The error says why nobody can deposit at present.
    pub upper: Result<Atoms, EngineError>,
}

/// What the pool is worth. The snapshot holds every market of the exchange: `market_count` of them.
///
/// # Errors
/// The refusal of [`pool_value_floor`], or [`QuoteError::MarketMissing`].
pub fn pool_value(snapshot: &Snapshot, pool: &Pool, market_count: u16) -> Result<PoolValue, QuoteError> {
    let markets = (0..market_count).map(|index| snapshot.market(index)).collect::<Result<Vec<_>, _>>()?;
    let Standing { status, resumed_at } = snapshot.standing;
    let valuation = Valuation { status, resumed_at, clock: snapshot.clock, published_from: Timestamp::NEVER };
    Ok(PoolValue {
        lower: pool_value_floor(pool, &markets, &valuation)?,
        upper: pool_value_ceil(pool, &markets, &valuation),
    })
}

#[cfg(test)]
mod tests;
