use crate::error::Refusal;
use crate::exchange::Exchange;
use perp_engine::market::price::reference_time;
use perp_engine::risk::portfolio::Portfolio;
use perp_engine::state::{Account, Market, RecentPrices};
use perp_engine::units::products::is_notional_in_range;
use perp_engine::units::{Clock, Price, Side, Timestamp, MAX_PRICE};
use perp_engine::EngineError;

/// What a price of the market makes of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Healthy,
    Liquidatable,
    /// Beyond what the engine's units hold: no market trades there.
    Unpriceable,
}

/// An account, its other markets with funding accrued, and the one whose price is moved.
struct Question<'a> {
    account: &'a Account,
    others: &'a [Market],
    market: &'a Market,
    clock: Clock,
    reference: Timestamp,
}

impl Question<'_> {
    fn at(&self, price: u64) -> Result<Verdict, EngineError> {
        let price = Price::new(price);
        let in_range = |side| is_notional_in_range(self.market.ledger.side(side).open_interest, price);
        if !Side::BOTH.into_iter().all(in_range) {
            return Ok(Verdict::Unpriceable);
        }
        let mut moved = *self.market;
        moved.price.price = price;
        moved.price.published = self.reference;
        moved.price.newest_published = self.reference;
        moved.price.outage_since = Timestamp::NEVER;
        moved.recent = RecentPrices::default();
        moved.recent.record(price, self.reference);
        let portfolio = Portfolio::new(self.account, Some(&moved), self.others, self.clock)?;
        let is_liquidatable = portfolio.maintenance_health()?.is_below_margin();
        Ok(if is_liquidatable { Verdict::Liquidatable } else { Verdict::Healthy })
    }
}

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
        let mut state = *self.market(market)?;
        state.refresh(None, &self.session())?;
        if state.price.published.is_never() {
            return Err(EngineError::PriceStale {
                age: u64::MAX,
                allowed: u64::from(state.parameters.max_age_liquidate),
            }
            .into());
        }
        let position = account.occupied().find(|(_, position)| position.market == market);
        let Some(side) = position.and_then(|(_, position)| position.size.side()) else { return Ok(None) };
        let others = self.accrued_markets(account, Some(market))?;
        let reference = reference_time(self.clock, others.iter().chain([&state]));
        let question = Question { account, others: &others, market: &state, clock: self.clock, reference };

        let mut healthy = state.price.price.get();
        if question.at(healthy)? == Verdict::Liquidatable {
            return Ok(Some(state.price.price));
        }
        let mut beyond = match side {
            Side::Long => 1,
            Side::Short => MAX_PRICE,
        };
        if question.at(beyond)? == Verdict::Healthy {
            return Ok(None);
        }
        while healthy.abs_diff(beyond) > 1 {
            let middle = healthy.midpoint(beyond);
            match question.at(middle)? {
                Verdict::Healthy => healthy = middle,
                Verdict::Liquidatable | Verdict::Unpriceable => beyond = middle,
            }
        }
        Ok((question.at(beyond)? == Verdict::Liquidatable).then_some(Price::new(beyond)))
    }
}
