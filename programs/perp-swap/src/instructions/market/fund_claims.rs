use crate::context::clock;
use crate::errors::refused;
use crate::events::{log, ClaimsFunded};
use crate::state::Market;
use anchor_lang::prelude::*;
use perp_engine::operations::market::plan_fund_claims;

/// Accounts of `fund_claims`.
#[derive(Accounts)]
pub struct FundClaims<'info> {
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
}

impl FundClaims<'_> {
    /// # Errors
    /// None: anybody may fund the claims on any market.
    pub fn validate(&self) -> Result<()> {
        let Self { market: _ } = self;
        Ok(())
    }
}

/// Sets backing aside for the market's claims, pro rata.
pub fn fund_claims(ctx: Context<FundClaims>) -> Result<()> {
    let clock = clock()?;
    let mut market = ctx.accounts.market.load_mut()?;
    let before = market.state.ledger.claims_reserve;

    let plan = plan_fund_claims(&market.state, clock).map_err(refused)?;
    market.state.ledger = plan.ledger;

    log(&ClaimsFunded {
        exchange: market.exchange,
        time: clock.now.get(),
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
