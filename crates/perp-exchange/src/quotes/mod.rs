//! What an account may ask: how it stands, where it is liquidated, how much it can trade, what the pool is worth. The
//! engine is asked; nothing is computed a second time.

pub(crate) mod at_price;
mod health;
mod largest_order;
mod largest_withdrawal;
mod liquidation_price;
mod market_quote;
mod order_quote;
mod pool_quote;
mod position_quote;
mod providing;
mod standing;
#[cfg(test)]
mod tests;

pub use health::AccountHealth;
pub use market_quote::{MarketQuote, RateAhead};
pub use order_quote::{OrderQuote, OrderState};
pub use pool_quote::RequestQuote;
pub use position_quote::PositionQuote;
pub use providing::{Earned, MarketExposure, Providing};
pub use standing::{Receipt, Standing};

use crate::error::Refusal;
use crate::exchange::Exchange;
use alloc::vec::Vec;
use perp_engine::oracle::OracleReading;
use perp_engine::state::{Account, Market};

impl Exchange {
    /// Takes a reading into a market's cache for what is asked afterwards, as `update_prices` would. One that is refused
    /// leaves everything as it was.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn ingest_price(&mut self, market: u16, reading: &OracleReading) -> Result<(), Refusal> {
        let mut state = *self.market(market)?;
        perp_engine::market::price::plan_price(&state, reading, self.clock)?.apply(&mut state);
        self.put_market(state);
        Ok(())
    }

    /// The markets of the account's slots in their order, but for `target`, with their funding accrued up to now at their
    /// cached prices.
    ///
    /// # Errors
    /// [`Refusal::NoMarket`].
    pub(crate) fn accrued_markets(&self, account: &Account, target: Option<u16>) -> Result<Vec<Market>, Refusal> {
        let session = self.session();
        let mut markets = Vec::with_capacity(account.occupied().count());
        for market in self.others(account, target)? {
            let mut market = *market;
            market.refresh(None, &session)?;
            markets.push(market);
        }
        Ok(markets)
    }
}
