use crate::access::{check_exchange, check_risk_admin};
use crate::context;
use crate::errors::refused;
use crate::events::{log, BackingTargetSet};
use crate::state::{Exchange, Market};
use anchor_lang::prelude::*;
use perp_engine::operations::market::plan_set_backing_target;
use perp_engine::units::Atoms;

/// Accounts of `set_backing_target`.
#[derive(Accounts)]
pub struct SetBackingTarget<'info> {
    /// Admin or risk admin.
    pub authority: Signer<'info>,
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
}

impl SetBackingTarget<'_> {
    /// # Errors
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch),
    /// [`MissingRole`](crate::errors::ExchangeError::MissingRole).
    pub fn validate(&self) -> Result<()> {
        let Self { authority, exchange, market } = self;
        check_exchange(exchange, &market.load()?.exchange)?;
        check_risk_admin(&*exchange.load()?, authority.key)
    }
}

/// Sets what a market's backing is moved to.
pub fn set_backing_target(ctx: Context<SetBackingTarget>, target: u64) -> Result<()> {
    let accounts = ctx.accounts;
    let mut market = accounts.market.load_mut()?;
    let before = market.state.target_backing;

    market.state.target_backing = plan_set_backing_target(Atoms::new(target)).map_err(refused)?;

    log(&BackingTargetSet {
        exchange: accounts.exchange.key(),
        time: context::now()?,
        market: accounts.market.key(),
        market_index: market.state.index,
        market_sequence: market.state.next_event(),
        authority: accounts.authority.key(),
        before: before.get(),
        after: target,
    })?;
    Ok(())
}
