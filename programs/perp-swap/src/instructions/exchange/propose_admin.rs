use crate::access::check_admin;
use crate::context;
use crate::errors::refused;
use crate::events::{log, AdminProposed};
use crate::state::Exchange;
use anchor_lang::prelude::*;

/// Accounts of `propose_admin`.
#[derive(Accounts)]
pub struct ProposeAdmin<'info> {
    /// The admin.
    pub admin: Signer<'info>,
    /// The exchange.
    #[account(mut)]
    pub exchange: AccountLoader<'info, Exchange>,
}

impl ProposeAdmin<'_> {
    /// # Errors
    /// [`MissingRole`](crate::errors::ExchangeError::MissingRole),
    /// [`FoundingOver`](crate::errors::ExchangeError::FoundingOver).
    pub fn validate(&self) -> Result<()> {
        let Self { admin, exchange } = self;
        let exchange = exchange.load()?;
        check_admin(&exchange, admin.key)?;
        exchange.state.require_founding().map_err(refused)
    }
}

/// First of two steps: the admin names a successor, who must accept.
pub fn propose_admin(ctx: Context<ProposeAdmin>, successor: Pubkey) -> Result<()> {
    let mut exchange = ctx.accounts.exchange.load_mut()?;
    let pending_admin_before = exchange.pending_admin;
    exchange.pending_admin = successor;
    log(&AdminProposed {
        exchange: ctx.accounts.exchange.key(),
        time: context::now()?,
        exchange_sequence: exchange.state.next_event(),
        admin: exchange.admin,
        pending_admin_before,
        pending_admin_after: successor,
    })?;
    Ok(())
}
