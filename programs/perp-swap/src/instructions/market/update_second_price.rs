use crate::access::check_exchange;
use crate::context::{read_oracle, session};
use crate::errors::{refused, require, ExchangeError};
use crate::events::{log, SecondPriceUpdated};
use crate::state::{Exchange, Market};
use anchor_lang::prelude::*;
use perp_engine::operations::market::plan_update_second_price;

/// Accounts of `update_second_price`.
#[derive(Accounts)]
pub struct UpdateSecondPrice<'info> {
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// The price account of the market's second oracle.
    /// CHECK: the oracle reader checks owner, address, layout and feed against the market's second binding.
    pub second_oracle: UncheckedAccount<'info>,
}

impl UpdateSecondPrice<'_> {
    /// # Errors
    /// [`ExchangeError::ExchangeMismatch`], [`ExchangeError::NoSecondOracle`].
    pub fn validate(&self) -> Result<()> {
        let Self { exchange, market, second_oracle: _ } = self;
        let market = market.load()?;
        check_exchange(exchange, &market.exchange)?;
        require(market.state.has_second_source(), ExchangeError::NoSecondOracle)
    }
}

/// Keeps what the second oracle says where that is newer. Nothing else of the market changes.
pub fn update_second_price(ctx: Context<UpdateSecondPrice>) -> Result<()> {
    let session = session(&ctx.accounts.exchange)?;
    let mut market = ctx.accounts.market.load_mut()?;

    let reading = read_oracle(&market.second_oracle, &ctx.accounts.second_oracle)?;
    let plan = plan_update_second_price(&market.state, &reading, session.clock).map_err(refused)?;
    // What bounds the price at a boundary is what was said until then.
    market.state.keep_at_boundary(Some(reading.publish_time()), &session).map_err(refused)?;
    market.state.second_price = plan.second_price;

    log(&SecondPriceUpdated {
        exchange: market.exchange,
        time: session.clock.now.get(),
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
