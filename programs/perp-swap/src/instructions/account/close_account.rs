use crate::access::check_owner;
use crate::context;
use crate::errors::refused;
use crate::events::{log, AccountClosed};
use crate::state::MarginAccount;
use anchor_lang::prelude::*;
use perp_engine::operations::account::check_closable;

/// Accounts of `close_account`.
#[derive(Accounts)]
pub struct CloseAccount<'info> {
    /// The margin account's owner, who receives its rent.
    #[account(mut)]
    pub owner: Signer<'info>,
    /// The margin account.
    #[account(mut, close = owner)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
}

impl CloseAccount<'_> {
    /// # Errors
    /// [`NotTheOwner`](crate::errors::ExchangeError::NotTheOwner).
    pub fn validate(&self) -> Result<()> {
        let Self { owner, margin_account } = self;
        check_owner(&*margin_account.load()?, owner.key)
    }
}

/// Closes a margin account that holds nothing and owes nothing.
pub fn close_account(ctx: Context<CloseAccount>) -> Result<()> {
    let mut account = ctx.accounts.margin_account.load_mut()?;

    check_closable(&account.state).map_err(refused)?;

    log(&AccountClosed {
        exchange: account.exchange,
        time: context::now()?,
        account: ctx.accounts.margin_account.key(),
        owner: account.owner,
        account_sequence: account.state.next_event(),
    })?;
    Ok(())
}
