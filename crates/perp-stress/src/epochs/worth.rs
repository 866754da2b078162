//! What the pool is worth to somebody who knows every account.

use crate::exchange_venue::{exact_usd, usd, MARKET};
use perp_engine::market::solvency::net_asset_value;
use perp_engine::state::{Account, Market, Position};
use perp_engine::units::products::unrealized_profit;
use perp_engine::units::{Price, QuoteX40};
use perp_exchange::Exchange;

/// The pool at a moment, in dollars.
#[derive(Clone, Copy, Debug)]
pub struct Worth {
    /// Its cash and what its market is worth when every winner is paid, every loser pays as far as his account can, and the market's
    /// own insurance pays for the rest as far as it can.
    pub value: f64,
    /// What losers cannot pay.
    pub bad_debt: f64,
}

/// What the pool is worth at the market's price.
///
/// # Panics
/// Where the market is out of the engine's range.
pub fn worth(exchange: &Exchange) -> Worth {
    let market = exchange.market(MARKET).expect("the market that was listed");
    let unpaid = |account: &Account| {
        let owed: f64 = account.occupied().map(|(_, position)| owed(position, market)).sum();
        (owed - usd(account.balance)).max(0.0)
    };
    let bad_debt: f64 = exchange.accounts().iter().map(unpaid).sum();
    let face = exact_usd(net_asset_value(&market.ledger, market.price.price).expect("a market in range"));
    let borne = (bad_debt - usd(market.ledger.insurance)).max(0.0);
    Worth { value: usd(exchange.pool.cash) + (face - borne).max(0.0), bad_debt }
}

/// Profit of a position at a price that is not settled yet, in dollars.
///
/// # Panics
/// Where it is out of the engine's range.
pub fn unrealized(position: &Position, price: Price) -> f64 {
    exact_usd(unrealized_profit(position.size, position.entry_notional.get(), price).expect("a position in range"))
}

/// Funding that a position owes and has not paid yet, in dollars; negative where it is to receive.
pub fn pending(position: &Position, market: &Market) -> f64 {
    let Some(side) = position.size.side() else { return 0.0 };
    let index = market.ledger.side(side).funding_index.get() - position.funding_index.get();
    let units = position.size.get().unsigned_abs();
    exact_usd(QuoteX40::new(i128::from(units) * i128::from(index)))
}

/// What whoever holds a position owes the market, in dollars; negative where the market owes him.
fn owed(position: &Position, market: &Market) -> f64 {
    let profit = unrealized(position, market.price.price);
    usd(position.debt) - usd(position.claim) + pending(position, market) - profit
}
