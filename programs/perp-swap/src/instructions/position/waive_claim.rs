use crate::access::{check_exchange, check_owner};
use crate::context::session;
use crate::errors::refused;
use crate::events::{log, ClaimWaived};
use crate::state::{Exchange, MarginAccount, Market};
use anchor_lang::prelude::*;
use perp_engine::operations::position::plan_waive_claim;

/// Accounts of `waive_claim`.
#[derive(Accounts)]
pub struct WaiveClaim<'info> {
    /// The margin account's owner.
    pub owner: Signer<'info>,
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The margin account.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// The market that owes the claim.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
}

impl WaiveClaim<'_> {
    /// # Errors
    /// [`NotTheOwner`](crate::errors::ExchangeError::NotTheOwner),
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch).
    pub fn validate(&self) -> Result<()> {
        let Self { owner, exchange, margin_account, market } = self;
        let account = margin_account.load()?;
        check_owner(&account, owner.key)?;
        check_exchange(exchange, &account.exchange)?;
        check_exchange(exchange, &market.load()?.exchange)
    }
}

/// Redeems what is funded of a margin account's claim and gives up the rest.
pub fn waive_claim(ctx: Context<WaiveClaim>) -> Result<()> {
    let accounts = ctx.accounts;
    let session = session(&accounts.exchange)?;
    let mut account = accounts.margin_account.load_mut()?;
    let mut market = accounts.market.load_mut()?;
    let balance_before = account.state.balance;

    market.state.keep_at_boundary(None, &session).map_err(refused)?;
    let plan = plan_waive_claim(&account.state, &market.state).map_err(refused)?;
    plan.apply(&mut account.state, &mut market.state);

    log(&ClaimWaived {
        exchange: account.exchange,
        time: session.clock.now.get(),
        account: accounts.margin_account.key(),
        owner: account.owner,
        account_sequence: account.state.next_event(),
        market: accounts.market.key(),
        market_index: market.state.index,
        market_sequence: market.state.next_event(),
        redeemed: plan.redeemed.get(),
        waived: plan.waived.get(),
        balance_before: balance_before.get(),
        balance_after: account.state.balance.get(),
    })?;
    Ok(())
}
