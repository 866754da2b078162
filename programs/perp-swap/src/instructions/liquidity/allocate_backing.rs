use crate::access::{check_exchange, check_pool};
use crate::context::{keep, refresh, session};
use crate::errors::refused;
use crate::events::{log, BackingAllocated, MarketMoment};
use crate::state::{Exchange, Market, Pool};
use anchor_lang::prelude::*;
use perp_engine::operations::liquidity::plan_allocate_backing;

/// Accounts of `allocate_backing`.
#[derive(Accounts)]
pub struct AllocateBacking<'info> {
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The exchange's pool.
    #[account(mut)]
    pub pool: AccountLoader<'info, Pool>,
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// The market's price account; without it the market is valued at the last valid price.
    /// CHECK: the oracle reader checks owner, address, layout and feed against the market's binding.
    pub oracle: Option<UncheckedAccount<'info>>,
}

impl AllocateBacking<'_> {
    /// # Errors
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch).
    pub fn validate(&self) -> Result<()> {
        let Self { exchange, pool, market, oracle: _ } = self;
        check_pool(&*exchange.load()?, pool.as_ref().key)?;
        check_exchange(exchange, &market.load()?.exchange)
    }
}

/// Moves cash between the pool and a market's backing, toward the market's target.
pub fn allocate_backing(ctx: Context<AllocateBacking>) -> Result<()> {
    let accounts = ctx.accounts;
    let session = session(&accounts.exchange)?;
    let mut pool = accounts.pool.load_mut()?;
    let mut market = accounts.market.load_mut()?;
    keep(&mut pool, &*accounts.exchange.load()?, &session)?;
    let mut ready = refresh(&mut market, accounts.oracle.as_deref(), &session)?;
    let (backing_before, pool_cash_before) = (ready.ledger.backing, pool.state.cash);

    let plan = plan_allocate_backing(&pool.state, &ready, &session).map_err(refused)?;
    plan.apply(&mut pool.state, &mut ready);

    log(&BackingAllocated {
        exchange: accounts.exchange.key(),
        time: session.clock.now.get(),
        market: accounts.market.key(),
        market_index: ready.index,
        state: MarketMoment::next(&mut ready),
        pool_sequence: pool.state.next_event(),
        moved: plan.moved.get(),
        backing_before: backing_before.get(),
        backing_after: ready.ledger.backing.get(),
        pool_cash_before: pool_cash_before.get(),
        pool_cash_after: pool.state.cash.get(),
    })?;
    Ok(())
}
