use super::AccountHealth;
use crate::error::Refusal;
use crate::exchange::Exchange;
use crate::portfolio::portfolio;
use alloc::vec::Vec;
use perp_engine::market::price::reference_time;
use perp_engine::risk::liquidation_price::{move_price, search_liquidation_price};
use perp_engine::risk::portfolio::Health;
use perp_engine::state::{Account, Market};
use perp_engine::units::products::mul_div_floor;
use perp_engine::units::{Clock, Price, Timestamp, PPM};
use perp_engine::EngineError;

/// An account, its other markets with funding accrued, and the one whose price is moved.
pub(crate) struct AtPrice<'a> {
    pub account: &'a Account,
    others: Vec<Market>,
    /// The market at its present price, its funding accrued.
    pub market: Market,
    clock: Clock,
    reference: Timestamp,
}

impl<'a> AtPrice<'a> {
    /// # Errors
    /// [`Refusal::NoMarket`]; `PriceStale` where the market never had a price.
    pub fn new(exchange: &Exchange, account: &'a Account, market: u16) -> Result<Self, Refusal> {
        Self::in_market(exchange, account, *exchange.market(market)?)
    }

    /// The same with a market in place of the exchange's.
    pub fn in_market(exchange: &Exchange, account: &'a Account, mut market: Market) -> Result<Self, Refusal> {
        let clock = exchange.clock;
        market.refresh(None, &exchange.session())?;
        if market.price.published.is_never() {
            let allowed = u64::from(market.parameters.max_age_liquidate);
            return Err(EngineError::PriceStale { age: u64::MAX, allowed }.into());
        }
        let others = exchange.accrued_markets(account, Some(market.index))?;
        let reference = reference_time(clock, others.iter().chain([&market]));
        Ok(Self { account, others, market, clock, reference })
    }

    /// Equity and the margin demanded at another price of the market, known for certain and of now; `None` where it is beyond what
    /// the engine's units hold: no market trades there.
    pub fn health(&self, price: Price) -> Result<Option<Health>, EngineError> {
        let mut moved = self.market;
        if !move_price(&mut moved, price, self.reference) {
            return Ok(None);
        }
        let others: Vec<&Market> = self.others.iter().collect();
        portfolio(self.account, Some(&moved), &others, self.clock)?.maintenance_health().map(Some)
    }

    /// Equity, maintenance margin and initial margin with the markets as they stand.
    pub fn account_health(&self) -> Result<AccountHealth, EngineError> {
        let markets: Vec<&Market> = self.others.iter().chain([&self.market]).collect();
        AccountHealth::of(&portfolio(self.account, None, &markets, self.clock)?)
    }

    /// The markets of the account's positions, each with its funding accrued.
    pub fn market_of(&self, index: u16) -> Option<&Market> {
        self.others.iter().chain([&self.market]).find(|market| market.index == index)
    }

    /// The price at which the account becomes liquidatable if nothing else changes, to the last digit: the present one where it
    /// already is, `None` where no price does it or the account has no position there.
    pub fn liquidation_price(&self) -> Result<Option<Price>, EngineError> {
        let position = self.account.occupied().find(|(_, position)| position.market == self.market.index);
        let Some(side) = position.and_then(|(_, position)| position.size.side()) else { return Ok(None) };
        search_liquidation_price(side, self.market.price.price, |price| self.is_liquidatable(price))
    }

    /// Whether that price makes the account liquidatable; `None` where no market trades at it.
    pub fn is_liquidatable(&self, price: Price) -> Result<Option<bool>, EngineError> {
        Ok(self.health(price)?.map(|health| health.is_below_margin()))
    }
}

/// `⌊price · (1 + change)⌋` for a change in ppm; `None` where no market can have that price.
pub(crate) fn changed_floor(price: Price, change: i32) -> Option<Price> {
    let part = i64::try_from(PPM).ok()?.checked_add(i64::from(change))?;
    let part = u64::try_from(part).ok()?;
    Price::checked(mul_div_floor(price.get(), part, PPM).ok()?).ok()
}
