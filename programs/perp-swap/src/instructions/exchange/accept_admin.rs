use crate::context;
use crate::errors::{refused, require, ExchangeError};
use crate::events::{log, AdminAccepted};
use crate::state::Exchange;
use anchor_lang::prelude::*;

/// Accounts of `accept_admin`.
#[derive(Accounts)]
pub struct AcceptAdmin<'info> {
    /// The successor the admin has named.
    pub pending_admin: Signer<'info>,
    /// The exchange.
    #[account(mut)]
    pub exchange: AccountLoader<'info, Exchange>,
}

impl AcceptAdmin<'_> {
    /// # Errors
    /// [`ExchangeError::NotThePendingAdmin`], [`ExchangeError::FoundingOver`].
    pub fn validate(&self) -> Result<()> {
        let Self { pending_admin, exchange } = self;
        let exchange = exchange.load()?;
        require(exchange.pending_admin == *pending_admin.key, ExchangeError::NotThePendingAdmin)?;
        exchange.state.require_founding().map_err(refused)
    }
}

/// Second of two steps: the successor becomes admin.
pub fn accept_admin(ctx: Context<AcceptAdmin>) -> Result<()> {
    let mut exchange = ctx.accounts.exchange.load_mut()?;
    let admin_before = exchange.admin;
    exchange.admin = exchange.pending_admin;
    exchange.pending_admin = Pubkey::default();
    log(&AdminAccepted {
        exchange: ctx.accounts.exchange.key(),
        time: context::now()?,
        exchange_sequence: exchange.state.next_event(),
        admin_before,
        admin_after: exchange.admin,
    })?;
    Ok(())
}
