use crate::access::check_owner;
use crate::context;
use crate::errors::{refused, require, ExchangeError};
use crate::events::{log, ClaimWaived};
use crate::state::{MarginAccount, Market};
use anchor_lang::prelude::*;
use perp_engine::operations::position::plan_waive_claim;

/// Accounts of `waive_claim`.
#[derive(Accounts)]
pub struct WaiveClaim<'info> {
    /// The margin account's owner.
    pub owner: Signer<'info>,
    /// The margin account.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// The market that owes the claim.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
}

impl WaiveClaim<'_> {
    /// # Errors
    /// [`ExchangeError::NotTheOwner`], [`ExchangeError::ExchangeMismatch`].
    pub fn validate(&self) -> Result<()> {
        let Self { owner, margin_account, market } = self;
        let account = margin_account.load()?;
        check_owner(&account, owner.key)?;
        require(account.exchange == market.load()?.exchange, ExchangeError::ExchangeMismatch)
    }
}

/// Redeems what is funded of a margin account's claim and gives up the rest.
pub fn waive_claim(ctx: Context<WaiveClaim>) -> Result<()> {
    let accounts = ctx.accounts;
    let mut account = accounts.margin_account.load_mut()?;
    let mut market = accounts.market.load_mut()?;
    let balance_before = account.state.balance;

    let plan = plan_waive_claim(&account.state, &market.state).map_err(refused)?;
    plan.apply(&mut account.state, &mut market.state);

    log(&ClaimWaived {
        exchange: account.exchange,
        time: context::now()?,
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
