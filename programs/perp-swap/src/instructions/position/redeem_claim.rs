use crate::access::check_exchange;
use crate::context::session;
use crate::errors::refused;
use crate::events::{log, ClaimRedeemed};
use crate::state::{Exchange, MarginAccount, Market};
use anchor_lang::prelude::*;
use perp_engine::operations::position::plan_redeem_claim;

/// Accounts of `redeem_claim`.
#[derive(Accounts)]
pub struct RedeemClaim<'info> {
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The margin account.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// The market that owes the claim.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
}

impl RedeemClaim<'_> {
    /// # Errors
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch).
    pub fn validate(&self) -> Result<()> {
        let Self { exchange, margin_account, market } = self;
        check_exchange(exchange, &margin_account.load()?.exchange)?;
        check_exchange(exchange, &market.load()?.exchange)
    }
}

/// Pays out what is funded of a margin account's claim.
pub fn redeem_claim(ctx: Context<RedeemClaim>) -> Result<()> {
    let accounts = ctx.accounts;
    let session = session(&accounts.exchange)?;
    let mut account = accounts.margin_account.load_mut()?;
    let mut market = accounts.market.load_mut()?;
    let balance_before = account.state.balance;

    market.state.keep_at_boundary(None, &session).map_err(refused)?;
    let plan = plan_redeem_claim(&account.state, &market.state).map_err(refused)?;
    plan.apply(&mut account.state, &mut market.state);

    log(&ClaimRedeemed {
        exchange: account.exchange,
        time: session.clock.now.get(),
        account: accounts.margin_account.key(),
        owner: account.owner,
        account_sequence: account.state.next_event(),
        market: accounts.market.key(),
        market_index: market.state.index,
        market_sequence: market.state.next_event(),
        redeemed: plan.redeemed.get(),
        left: plan.ledger.position.claim.get(),
        balance_before: balance_before.get(),
        balance_after: account.state.balance.get(),
    })?;
    Ok(())
}
