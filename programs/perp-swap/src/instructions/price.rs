use crate::context::{clock, take_price};
use crate::errors::refused;
use crate::events::{MarkedDark, PriceUpdated};
use crate::state::Market;
use anchor_lang::prelude::*;
use perp_engine::price::plan_mark_dark;

#[derive(Accounts)]
pub struct UpdatePrice<'info> {
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// CHECK: owner, address, layout and feed are checked against the market's binding by the oracle reader.
    pub oracle: UncheckedAccount<'info>,
}

/// Takes the oracle's price into the market's cache. A price that is not newer changes nothing and is no error.
pub fn update_price(ctx: Context<UpdatePrice>) -> Result<()> {
    let clock = clock()?;
    let mut market = ctx.accounts.market.load_mut()?;
    let before = market.state.price.price;
    let plan = take_price(&mut market, &ctx.accounts.oracle, clock)?;
    emit!(PriceUpdated {
        market: ctx.accounts.market.key(),
        outcome: plan.outcome as u8,
        before: before.get(),
        after: plan.cache.price.get(),
        confidence: plan.cache.confidence.get(),
        published: plan.cache.published.get(),
        newest_published: plan.cache.newest_published.get(),
    });
    Ok(())
}

#[derive(Accounts)]
pub struct MarkDark<'info> {
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
}

/// Notes that no good price arrives. A good price takes the mark away; without one the market is dark after its delay.
pub fn mark_dark(ctx: Context<MarkDark>) -> Result<()> {
    let clock = clock()?;
    let mut market = ctx.accounts.market.load_mut()?;
    let dark_since_before = market.state.price.dark_since;
    market.state.price = plan_mark_dark(&market.state, clock).map_err(refused)?;
    emit!(MarkedDark {
        market: ctx.accounts.market.key(),
        published: market.state.price.published.get(),
        dark_since_before: dark_since_before.get(),
        dark_since_after: market.state.price.dark_since.get(),
    });
    Ok(())
}
