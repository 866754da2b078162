use crate::access::{check_exchange, status_authority};
use crate::context::{refresh, session};
use crate::errors::refused;
use crate::events::{log, MarketMoment, MarketStatusSet};
use crate::state::{Exchange, Market};
use anchor_lang::prelude::*;
use perp_engine::operations::exchange::{StatusAuthority, StatusOrder};
use perp_engine::operations::market::{apply_market_status, plan_market_status};
use perp_engine::state::{Status, REDUCTIONS};
use perp_engine::units::Timestamp;

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

/// Sets a market's own status, for so many seconds, after funding has accrued.
pub fn set_market_status(ctx: Context<SetMarketStatus>, status: Status, seconds: u32) -> Result<()> {
    let accounts = ctx.accounts;
    let session = session(&accounts.exchange)?;
    let now = session.clock.now;
    let authority = status_authority(&*accounts.exchange.load()?, accounts.authority.key)?;
    let mut market = accounts.market.load_mut()?;
    let mut ready = refresh(&mut market, None, &session)?;
    let before = ready.own_status(now);

    let order = StatusOrder { status, seconds, authority };
    let restriction = plan_market_status(&ready, &order, now).map_err(refused)?;
    apply_market_status(&mut ready, restriction);

    let until = if status == Status::Active { Timestamp::NEVER } else { restriction.until };
    let left = restriction.allowance.left(&REDUCTIONS, StatusAuthority::RiskAdmin, now).map_err(refused)?;
    log(&MarketStatusSet {
        exchange: accounts.exchange.key(),
        time: now.get(),
        market: accounts.market.key(),
        market_index: ready.index,
        state: MarketMoment::next(&mut ready),
        authority: accounts.authority.key(),
        before,
        after: status,
        until: until.get(),
        reduce_only_left: left,
    })?;
    Ok(())
}
