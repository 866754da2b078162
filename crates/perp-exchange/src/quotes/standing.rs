use super::at_price::AtPrice;
use super::position_quote::average_price;
use super::{AccountHealth, PositionQuote};
use crate::error::Refusal;
use crate::exchange::Exchange;
use crate::operations::After;
use crate::sizing::leverage::positions_notional;
use crate::sizing::Leverage;
use perp_engine::operations::position::{Order, TradePlan};
use perp_engine::state::{Account, Market};
use perp_engine::units::products::mul_div_ceil;
use perp_engine::units::{Atoms, Price, PPM};
use perp_engine::EngineError;

/// How an account stands, and its position in one market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Cash.
    pub balance: Atoms,
    /// Equity and requirements, with all funding accrued.
    pub health: AccountHealth,
    /// Notional of all positions over equity.
    pub leverage: Leverage,
    /// The position; `None` without one.
    pub position: Option<PositionQuote>,
}

impl AtPrice<'_> {
    pub(crate) fn standing(&self) -> Result<Standing, EngineError> {
        let health = self.account_health()?;
        let notional = positions_notional(self.account, |market| self.market_of(market))?;
        Ok(Standing {
            balance: self.account.balance,
            health,
            leverage: Leverage { notional, behind: health.maintenance.equity },
            position: self.position_quote()?,
        })
    }
}

/// What an order would come to, and how the account stands before and after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// What was planned, with the account and the market after it.
    pub after: After<TradePlan>,
    /// What a base unit is bought or sold for on average, rounded down.
    pub average_price: Price,
    /// Spread, impact and fee together, in atoms rounded up.
    pub cost: Atoms,
    /// That as a part of the notional at the index, in ppm rounded up.
    pub cost_part: u64,
    /// How the account stands.
    pub standing: Standing,
    /// How it stands after the order.
    pub standing_after: Standing,
}

impl Exchange {
    /// How an account stands, and its position in `market`.
    ///
    /// # Errors
    /// [`Refusal::NoMarket`]; `PriceStale` where the market never had a price.
    pub fn standing(&self, account: &Account, market: u16) -> Result<Standing, Refusal> {
        self.standing_in(account, self.market(market)?)
    }

    /// The same with a market in place of the exchange's, such as what a preview leaves.
    ///
    /// # Errors
    /// Those of [`Exchange::standing`].
    pub fn standing_in(&self, account: &Account, market: &Market) -> Result<Standing, Refusal> {
        Ok(AtPrice::in_market(self, account, *market)?.standing()?)
    }

    /// What an order at the market's cached price would come to.
    ///
    /// # Errors
    /// Those of [`Exchange::preview_trade`] and of [`Exchange::standing`].
    pub fn receipt(&self, account: &Account, market: u16, order: &Order) -> Result<Receipt, Refusal> {
        let standing = self.standing(account, market)?;
        let after = self.preview_trade(account, market, order, None)?;
        let standing_after = self.standing_in(&after.account, &after.market)?;
        let plan = &after.plan;
        let cost = plan.fill.cost_ceil()?;
        let index = plan.fill.index_notional.to_atoms_floor()?.get();
        Ok(Receipt {
            average_price: average_price(plan.notional.get(), plan.size.size().get()),
            cost,
            cost_part: if index == 0 { 0 } else { mul_div_ceil(cost.get(), PPM, index)? },
            standing,
            standing_after,
            after,
        })
    }
}
