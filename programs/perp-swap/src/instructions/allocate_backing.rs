use crate::context::{bring_up_to_date, clock};
use crate::errors::{refused, ExchangeError};
use crate::events::BackingAllocated;
use crate::state::{Exchange, Market, Pool};
use anchor_lang::prelude::*;
use perp_engine::liquidity::plan_allocate_backing;

#[derive(Accounts)]
pub struct AllocateBacking<'info> {
    #[account(has_one = pool @ ExchangeError::ExchangeMismatch)]
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut)]
    pub pool: AccountLoader<'info, Pool>,
    #[account(mut, has_one = exchange @ ExchangeError::ExchangeMismatch)]
    pub market: AccountLoader<'info, Market>,
    /// CHECK: owner, address, layout and feed are checked against the market's binding by the oracle reader.
    pub oracle: Option<UncheckedAccount<'info>>,
}

/// Moves cash between the pool and a market's backing toward the market's target, for anybody.
pub fn allocate_backing(ctx: Context<AllocateBacking>) -> Result<()> {
    let accounts = ctx.accounts;
    let clock = clock()?;
    let standing = accounts.exchange.load()?.standing(clock.now);
    let mut pool = accounts.pool.load_mut()?;
    let mut market = accounts.market.load_mut()?;
    bring_up_to_date(&mut market, accounts.oracle.as_deref(), standing, clock)?;
    let (backing_before, pool_cash_before) = (market.state.books.backing, pool.state.cash);
    let plan = plan_allocate_backing(&pool.state, &market.state, standing.status, clock).map_err(refused)?;
    pool.state = plan.pool;
    market.state.books = plan.books;
    emit!(BackingAllocated {
        market: accounts.market.key(),
        moved: plan.moved.get(),
        backing_before: backing_before.get(),
        backing_after: plan.books.backing.get(),
        pool_cash_before: pool_cash_before.get(),
        pool_cash_after: plan.pool.cash.get(),
    });
    Ok(())
}
