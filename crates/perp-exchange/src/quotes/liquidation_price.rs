use super::at_price::AtPrice;
use crate::error::Refusal;
use crate::exchange::Exchange;
use perp_engine::state::{Account, Market};
use perp_engine::units::{Price, Side, MAX_PRICE};

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
        self.liquidation_price_in(account, self.market(market)?)
    }

    /// The same with a market in place of the exchange's, such as what a preview leaves.
    ///
    /// # Errors
    /// Those of [`Exchange::liquidation_price`].
    pub fn liquidation_price_in(&self, account: &Account, market: &Market) -> Result<Option<Price>, Refusal> {
        let question = AtPrice::in_market(self, account, *market)?;
        let position = account.occupied().find(|(_, position)| position.market == market.index);
        let Some(side) = position.and_then(|(_, position)| position.size.side()) else { return Ok(None) };
        let price = question.market.price.price;

        let mut healthy = price.get();
        if question.is_liquidatable(price)? == Some(true) {
            return Ok(Some(price));
        }
        let mut beyond = match side {
            Side::Long => 1,
            Side::Short => MAX_PRICE,
        };
        if question.is_liquidatable(Price::new(beyond))? == Some(false) {
            return Ok(None);
        }
        while healthy.abs_diff(beyond) > 1 {
            let middle = healthy.midpoint(beyond);
            match question.is_liquidatable(Price::new(middle))? {
                Some(false) => healthy = middle,
                Some(true) | None => beyond = middle,
            }
        }
        Ok((question.is_liquidatable(Price::new(beyond))? == Some(true)).then_some(Price::new(beyond)))
    }
}
