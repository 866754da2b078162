use crate::access::check_owner;
use crate::context;
use crate::events::{log, DelegateSet};
use crate::state::MarginAccount;
use anchor_lang::prelude::*;
use perp_engine::state::DelegateLimits;

/// Accounts of `set_delegate`.
#[derive(Accounts)]
pub struct SetDelegate<'info> {
    /// The margin account's owner.
    pub owner: Signer<'info>,
    /// The margin account.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
}

impl SetDelegate<'_> {
    /// # Errors
    /// [`NotTheOwner`](crate::errors::ExchangeError::NotTheOwner).
    pub fn validate(&self) -> Result<()> {
        let Self { owner, margin_account } = self;
        check_owner(&*margin_account.load()?, owner.key)
    }
}

/// Names who may trade for the margin account.
pub fn set_delegate(ctx: Context<SetDelegate>, delegate: Pubkey) -> Result<()> {
    let mut account = ctx.accounts.margin_account.load_mut()?;
    let before = account.delegate;
    account.delegate = delegate;
    // Limits belong to the delegate they were set for.
    account.state.delegate = DelegateLimits::default();
    log(&DelegateSet {
        exchange: account.exchange,
        time: context::now()?,
        account: ctx.accounts.margin_account.key(),
        owner: account.owner,
        account_sequence: account.state.next_event(),
        before,
        after: delegate,
    })?;
    Ok(())
}
