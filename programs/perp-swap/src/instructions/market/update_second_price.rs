use crate::context::{clock, read_oracle};
use crate::errors::{refused, require, ExchangeError};
use crate::events::{log, SecondPriceUpdated};
use crate::state::Market;
use anchor_lang::prelude::*;
use perp_engine::operations::market::plan_update_second_price;

/// Accounts of `update_second_price`.
#[derive(Accounts)]
pub struct UpdateSecondPrice<'info> {
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// The price account of the market's second oracle.
    /// CHECK: the oracle reader checks owner, address, layout and feed against the market's second binding.
    pub second_oracle: UncheckedAccount<'info>,
}

impl UpdateSecondPrice<'_> {
    /// # Errors
    /// [`ExchangeError::NoSecondOracle`].
    pub fn validate(&self) -> Result<()> {
        let Self { market, second_oracle: _ } = self;
        require(market.load()?.state.has_second_source(), ExchangeError::NoSecondOracle)
    }
}

/// Keeps what the second oracle says where that is newer. Nothing else of the market changes.
pub fn update_second_price(ctx: Context<UpdateSecondPrice>) -> Result<()> {
    let clock = clock()?;
    let mut market = ctx.accounts.market.load_mut()?;

    let reading = read_oracle(&market.second_oracle, &ctx.accounts.second_oracle)?;
    let plan = plan_update_second_price(&market.state, &reading, clock).map_err(refused)?;
    market.state.second_price = plan.second_price;

    log(&SecondPriceUpdated {
        exchange: market.exchange,
        time: clock.now.get(),
        market: ctx.accounts.market.key(),
        market_index: market.state.index,
        market_sequence: market.state.next_event(),
        outcome: plan.outcome,
        price: plan.second_price.price.get(),
        confidence: plan.second_price.confidence.get(),
        published: plan.second_price.published.get(),
    })?;
    Ok(())
}
