use crate::access::{check_exchange, status_authority};
use crate::context::{refresh, session};
use crate::errors::refused;
use crate::events::{log, MarketMoment, MarketStatusSet};
use crate::state::{Exchange, Market};
use anchor_lang::prelude::*;
use perp_engine::operations::exchange::permitted_status;
use perp_engine::operations::market::apply_market_status;
use perp_engine::state::Status;

/// Accounts of `set_market_status`.
#[derive(Accounts)]
pub struct SetMarketStatus<'info> {
    /// Admin, risk admin or guardian.
    pub authority: Signer<'info>,
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
}

impl SetMarketStatus<'_> {
    /// # Errors
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch),
    /// [`MissingRole`](crate::errors::ExchangeError::MissingRole).
    pub fn validate(&self) -> Result<()> {
        let Self { authority, exchange, market } = self;
        check_exchange(exchange, &market.load()?.exchange)?;
        status_authority(&*exchange.load()?, authority.key).map(|_| ())
    }
}

/// Sets a market's own status, after funding has accrued under the old one.
pub fn set_market_status(ctx: Context<SetMarketStatus>, status: Status) -> Result<()> {
    let accounts = ctx.accounts;
    let session = session(&accounts.exchange)?;
    let role = status_authority(&*accounts.exchange.load()?, accounts.authority.key)?;
    let mut market = accounts.market.load_mut()?;
    let mut ready = refresh(&mut market, None, &session)?;
    let before = ready.status.in_force(session.clock.now);

    let stored = permitted_status(&ready.status, status, role, session.clock.now).map_err(refused)?;
    apply_market_status(&mut ready, stored);

    log(&MarketStatusSet {
        exchange: accounts.exchange.key(),
        time: session.clock.now.get(),
        market: accounts.market.key(),
        market_index: ready.index,
        state: MarketMoment::next(&mut ready),
        authority: accounts.authority.key(),
        before,
        after: status,
        until: stored.until.get(),
    })?;
    Ok(())
}
