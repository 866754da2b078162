use crate::access::{check_exchange, check_risk_admin};
use crate::context::{refresh, session};
use crate::errors::refused;
use crate::events::{log, MarketMoment, MarketTightened};
use crate::state::{Exchange, Market};
use anchor_lang::prelude::*;
use perp_engine::operations::governance::{plan_tighten_market, Tightening};
use perp_engine::units::{Ppm, Size};

/// Accounts of `tighten_market`.
#[derive(Accounts)]
pub struct TightenMarket<'info> {
    /// Admin or risk admin.
    pub authority: Signer<'info>,
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
}

impl TightenMarket<'_> {
    /// # Errors
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch),
    /// [`MissingRole`](crate::errors::ExchangeError::MissingRole).
    pub fn validate(&self) -> Result<()> {
        let Self { authority, exchange, market } = self;
        check_exchange(exchange, &market.load()?.exchange)?;
        check_risk_admin(&*exchange.load()?, authority.key)
    }
}

/// Makes it harder to increase in a market, at once.
pub fn tighten_market(
    ctx: Context<TightenMarket>,
    open_interest_cap: u64,
    open_interest_low: u64,
    max_confidence_to_increase: u32,
) -> Result<()> {
    let accounts = ctx.accounts;
    let session = session(&accounts.exchange)?;
    let mut market = accounts.market.load_mut()?;
    let mut ready = refresh(&mut market, None, &session)?;

    let to = Tightening {
        open_interest_cap: Size::new(open_interest_cap),
        open_interest_low: Size::new(open_interest_low),
        max_confidence_to_increase: Ppm::new(max_confidence_to_increase),
    };
    let plan = plan_tighten_market(&ready, &to).map_err(refused)?;
    plan.apply(&mut ready);

    log(&MarketTightened {
        exchange: accounts.exchange.key(),
        time: session.clock.now.get(),
        market: accounts.market.key(),
        market_index: ready.index,
        state: MarketMoment::next(&mut ready),
        authority: accounts.authority.key(),
        open_interest_cap,
        open_interest_low,
        max_confidence_to_increase,
    })?;
    Ok(())
}
