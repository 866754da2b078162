use crate::access::{check_admin, check_exchange};
use crate::context::{refresh, session};
use crate::errors::refused;
use crate::events::{log, MarketDelisted, MarketMoment};
use crate::state::{Exchange, Market};
use anchor_lang::prelude::*;
use perp_engine::operations::market::{apply_delisting, plan_delist_market};

/// Accounts of `delist_market`.
#[derive(Accounts)]
pub struct DelistMarket<'info> {
    /// The admin.
    pub admin: Signer<'info>,
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
}

impl DelistMarket<'_> {
    /// # Errors
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch),
    /// [`MissingRole`](crate::errors::ExchangeError::MissingRole).
    pub fn validate(&self) -> Result<()> {
        let Self { admin, exchange, market } = self;
        check_exchange(exchange, &market.load()?.exchange)?;
        check_admin(&*exchange.load()?, admin.key)
    }
}

/// Announces the end of a market.
pub fn delist_market(ctx: Context<DelistMarket>) -> Result<()> {
    let accounts = ctx.accounts;
    let session = session(&accounts.exchange)?;
    let mut market = accounts.market.load_mut()?;
    let mut ready = refresh(&mut market, None, &session)?;

    let settlement = plan_delist_market(&ready).map_err(refused)?;
    apply_delisting(&mut ready, settlement);

    log(&MarketDelisted {
        exchange: accounts.exchange.key(),
        time: session.clock.now.get(),
        market: accounts.market.key(),
        market_index: ready.index,
        state: MarketMoment::next(&mut ready),
        authority: accounts.admin.key(),
        settles_from: settlement.delisted_from.get(),
    })?;
    Ok(())
}
