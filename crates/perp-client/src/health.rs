//! How an account stands, by the engine's own margin rules.

use crate::snapshot::{QuoteError, Snapshot};
use perp_engine::portfolio::Health;
use perp_engine::price::reference_time;
use perp_engine::state::{Account, Market};
use perp_engine::units::{Price, Side, Timestamp, MAX_PRICE};
use perp_engine::EngineError;

/// An account's equity and requirements once `update_funding` has been sent for all its markets. A verb accrues only the
/// market it touches and sees the others as last accrued: what it will do, a preview tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountHealth {
    /// Equity at good prices and maintenance margin: liquidatable when below.
    pub maintenance: Health,
    /// Equity at adverse prices and initial margin. The error says why neither an increase nor a withdrawal is possible at
    /// present.
    pub initial: Result<Health, EngineError>,
}

/// Equity, maintenance margin and initial margin.
///
/// # Errors
/// [`QuoteError`]; [`EngineError::LegStale`] where a price is too old to judge the account by.
pub fn health(snapshot: &Snapshot, account: &Account) -> Result<AccountHealth, QuoteError> {
    let snapshot = snapshot.accrued()?;
    let portfolio = snapshot.portfolio(account, None)?;
    Ok(AccountHealth { maintenance: portfolio.maintenance_health()?, initial: portfolio.initial_health() })
}

/// What a price of the market makes of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Healthy,
    Liquidatable,
    /// Beyond what the engine's units hold: no market trades there.
    Unpriceable,
}

/// The price of `market` at which the account becomes liquidatable if nothing else changes, to one raw unit: the present
/// one where it already is, `None` where no price does it or the account has no position there.
///
/// The engine is asked at each price of a bisection, so that size premium and what the market can pay count by its rules,
/// with all funding accrued.
///
/// # Errors
/// [`QuoteError`]; [`EngineError::LegStale`] where another market's price is too old, [`EngineError::Paused`],
/// [`EngineError::MarketUnusable`] where the market never had a price.
pub fn liquidation_price(snapshot: &Snapshot, account: &Account, market: u16) -> Result<Option<Price>, QuoteError> {
    let snapshot = snapshot.accrued()?;
    let market = *snapshot.market(market)?;
    market.status.in_force(snapshot.clock.now).allows_reducing()?;
    if market.price.published.is_never() {
        return Err(EngineError::MarketUnusable { market: market.index }.into());
    }
    let position = account.slot_of(market.index).and_then(|slot| account.positions[slot].size.side());
    let Some(side) = position else { return Ok(None) };
    let reference = reference_time(snapshot.clock, snapshot.markets());
    let verdict = |price: u64| verdict(&snapshot, account, &market, Price::new(price), reference);

    let mut healthy = market.price.price.get();
    if verdict(healthy)? == Verdict::Liquidatable {
        return Ok(Some(market.price.price));
    }
    let mut beyond = match side {
        Side::Long => 1,
        Side::Short => MAX_PRICE,
    };
    if verdict(beyond)? == Verdict::Healthy {
        return Ok(None);
    }
    while healthy.abs_diff(beyond) > 1 {
        let middle = healthy.midpoint(beyond);
        match verdict(middle)? {
            Verdict::Healthy => healthy = middle,
            Verdict::Liquidatable | Verdict::Unpriceable => beyond = middle,
        }
    }
    Ok((verdict(beyond)? == Verdict::Liquidatable).then_some(Price::new(beyond)))
}

fn verdict(
    snapshot: &Snapshot,
    account: &Account,
    market: &Market,
    price: Price,
    reference: Timestamp,
) -> Result<Verdict, QuoteError> {
    let mut moved = *market;
    moved.price.price = price;
    moved.price.published = reference;
    moved.price.newest_published = reference;
    moved.price.dark_since = Timestamp::NEVER;
    match snapshot.portfolio(account, Some(&moved))?.maintenance_health() {
        Ok(health) if health.is_below_margin() => Ok(Verdict::Liquidatable),
        Ok(_) => Ok(Verdict::Healthy),
        Err(EngineError::Overflow | EngineError::NotionalOutOfRange) => Ok(Verdict::Unpriceable),
        Err(error) => Err(error.into()),
    }
}
