use super::{Scratch, ViewMarket};
use crate::context::{refresh, session};
use crate::errors::{refused, require, ExchangeError};
use crate::views::FundingView;
use anchor_lang::prelude::*;
use perp_engine::market::forecast::Ahead;

/// The longest time ahead, a week: the engine accrues hour by hour.
pub const MAX_FORECAST_SECONDS: u32 = 7 * 86_400;

/// Where funding is heading.
pub fn view_funding(ctx: Context<ViewMarket>, seconds: u32) -> Result<FundingView> {
    require(seconds <= MAX_FORECAST_SECONDS, ExchangeError::ForecastTooLong)?;
    let accounts = ctx.accounts;
    let session = session(&accounts.exchange)?;
    let mut scratch = Scratch::of(&accounts.market)?;
    let market = scratch.market()?;
    refresh(market, accounts.oracle.as_deref(), &session)?;
    FundingView::of(&mut Ahead::new(&mut market.state, &session).map_err(refused)?, seconds)
}
