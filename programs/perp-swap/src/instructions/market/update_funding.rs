use crate::access::check_exchange;
use crate::context::{refresh, session};
use crate::errors::refused;
use crate::events::{log, FundingUpdated, MarketMoment};
use crate::state::{Exchange, Market};
use anchor_lang::prelude::*;

/// Accounts of `update_funding`.
#[derive(Accounts)]
pub struct UpdateFunding<'info> {
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// The market's price account; without it funding accrues at the last valid price.
    /// CHECK: the oracle reader checks owner, address, layout and feed against the market's binding.
    pub oracle: Option<UncheckedAccount<'info>>,
}

impl UpdateFunding<'_> {
    /// # Errors
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch).
    pub fn validate(&self) -> Result<()> {
        let Self { exchange, market, oracle: _ } = self;
        check_exchange(exchange, &market.load()?.exchange)
    }
}

/// Accrues funding and carry up to now.
pub fn update_funding(ctx: Context<UpdateFunding>) -> Result<()> {
    let accounts = ctx.accounts;
    let session = session(&accounts.exchange)?;
    let mut market = accounts.market.load_mut()?;
    let [long_before, short_before] = market.state.ledger.sides.map(|side| side.funding_index);

    let mut ready = refresh(&mut market, accounts.oracle.as_deref(), &session)?;
    let (_, rate_before) = ready.accrual().done(&ready, session.clock).map_err(refused)?;

    log(&FundingUpdated {
        exchange: accounts.exchange.key(),
        time: session.clock.now.get(),
        market: accounts.market.key(),
        market_index: ready.index,
        state: MarketMoment::next(&mut ready),
        rate_before,
        long_index_before: long_before.get(),
        short_index_before: short_before.get(),
    })?;
    Ok(())
}
