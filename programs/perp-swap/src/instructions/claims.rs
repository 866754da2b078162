use crate::errors::{refused, ExchangeError};
use crate::events::{ClaimRedeemed, ClaimsFunded};
use crate::state::{MarginAccount, Market};
use anchor_lang::prelude::*;
use perp_engine::settlement::{plan_fund_claims, plan_redeem_claim};

#[derive(Accounts)]
pub struct FundClaims<'info> {
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
}

/// Sets backing aside for the market's claims, pro rata. Works in every status.
pub fn fund_claims(ctx: Context<FundClaims>) -> Result<()> {
    let mut market = ctx.accounts.market.load_mut()?;
    let before = market.state.books;
    let plan = plan_fund_claims(&market.state).map_err(refused)?;
    market.state.books = plan.books;
    emit!(ClaimsFunded {
        market: ctx.accounts.market.key(),
        funded: plan.funded.get(),
        pot_before: before.pot.get(),
        pot_after: plan.books.pot.get(),
        claims: plan.books.claims.get(),
    });
    Ok(())
}

#[derive(Accounts)]
pub struct RedeemClaim<'info> {
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    #[account(
        mut,
        constraint = market.load()?.exchange == margin_account.load()?.exchange @ ExchangeError::ExchangeMismatch
    )]
    pub market: AccountLoader<'info, Market>,
}

/// Pays an account what is funded of its claim, for anybody. Works in every status.
pub fn redeem_claim(ctx: Context<RedeemClaim>) -> Result<()> {
    let accounts = ctx.accounts;
    let mut account = accounts.margin_account.load_mut()?;
    let mut market = accounts.market.load_mut()?;
    let plan = plan_redeem_claim(&account.state, &market.state).map_err(refused)?;
    let balance_before = account.state.balance;
    plan.ledger.apply(plan.slot, &mut account.state, &mut market.state);
    emit!(ClaimRedeemed {
        account: accounts.margin_account.key(),
        market: accounts.market.key(),
        redeemed: plan.redeemed.get(),
        left: plan.ledger.position.claim.get(),
        balance_before: balance_before.get(),
        balance_after: account.state.balance.get(),
    });
    Ok(())
}
