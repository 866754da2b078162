use crate::access::check_exchange;
use crate::context::{refresh, session};
use crate::errors::refused;
use crate::events::{log, MarketMoment, SettlementBegun};
use crate::state::{Exchange, Market};
use anchor_lang::prelude::*;
use perp_engine::operations::market::plan_begin_settlement;

/// Accounts of `begin_settlement`.
#[derive(Accounts)]
pub struct BeginSettlement<'info> {
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
}

impl BeginSettlement<'_> {
    /// # Errors
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch).
    pub fn validate(&self) -> Result<()> {
        let Self { exchange, market } = self;
        check_exchange(exchange, &market.load()?.exchange)
    }
}

/// Moves a market to settlement at its final price.
pub fn begin_settlement(ctx: Context<BeginSettlement>) -> Result<()> {
    let accounts = ctx.accounts;
    let session = session(&accounts.exchange)?;
    let mut market = accounts.market.load_mut()?;
    let mut ready = refresh(&mut market, None, &session)?;

    let plan = plan_begin_settlement(&ready).map_err(refused)?;
    plan.apply(&mut ready);

    log(&SettlementBegun {
        exchange: accounts.exchange.key(),
        time: session.clock.now.get(),
        market: accounts.market.key(),
        market_index: ready.index,
        state: MarketMoment::next(&mut ready),
        price: plan.settlement.price.get(),
        outage_since: plan.settlement.outage_since.get(),
        closes_from: plan.settlement.closes_from().get(),
    })?;
    Ok(())
}
