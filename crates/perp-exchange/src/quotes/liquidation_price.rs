use super::at_price::AtPrice;
use crate::error::Refusal;
use crate::exchange::Exchange;
use perp_engine::state::Account;
use perp_engine::units::Price;

impl Exchange {
    /// The price of `market` at which the account becomes liquidatable if nothing else changes, to the last digit: the
    /// present one where it already is, `None` where no price does it or the account has no position there.
    ///
    /// The engine is asked at each price of a bisection, so that size premium and what the market can pay count by its
    /// rules, with all funding accrued.
    ///
    /// # Errors
    /// [`Refusal::NoMarket`]; `PriceStale` where this one never had a price.
    pub fn liquidation_price(&self, account: &Account, market: u16) -> Result<Option<Price>, Refusal> {
        Ok(AtPrice::new(self, account, market)?.liquidation_price()?)
    }
}
