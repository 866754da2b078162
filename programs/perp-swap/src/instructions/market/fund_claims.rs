use crate::access::check_exchange;
use crate::context::session;
use crate::errors::refused;
use crate::events::{log, ClaimsFunded};
use crate::state::{Exchange, Market};
use anchor_lang::prelude::*;
use perp_engine::operations::market::plan_fund_claims;

/// Accounts of `fund_claims`.
#[derive(Accounts)]
pub struct FundClaims<'info> {
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
}

impl FundClaims<'_> {
    /// # Errors
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch).
    pub fn validate(&self) -> Result<()> {
        let Self { exchange, market } = self;
        check_exchange(exchange, &market.load()?.exchange)
    }
}

/// Sets backing aside for the market's claims, pro rata.
pub fn fund_claims(ctx: Context<FundClaims>) -> Result<()> {
    let session = session(&ctx.accounts.exchange)?;
    let mut market = ctx.accounts.market.load_mut()?;
    let before = market.state.ledger.claims_reserve;

    market.state.keep_at_boundary(None, &session).map_err(refused)?;
    let plan = plan_fund_claims(&market.state, session.clock).map_err(refused)?;
    market.state.ledger = plan.ledger;

    log(&ClaimsFunded {
        exchange: market.exchange,
        time: session.clock.now.get(),
        market: ctx.accounts.market.key(),
        market_index: market.state.index,
        market_sequence: market.state.next_event(),
        funded: plan.funded.get(),
        claims_reserve_before: before.get(),
        claims_reserve_after: plan.ledger.claims_reserve.get(),
        claims: plan.ledger.claims.get(),
    })?;
    Ok(())
}
