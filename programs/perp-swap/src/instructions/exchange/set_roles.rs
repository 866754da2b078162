use crate::access::check_admin;
use crate::context;
use crate::errors::refused;
use crate::events::{log, RolesSet};
use crate::state::Exchange;
use anchor_lang::prelude::*;

/// Accounts of `set_roles`.
#[derive(Accounts)]
pub struct SetRoles<'info> {
    /// The admin.
    pub admin: Signer<'info>,
    /// The exchange.
    #[account(mut)]
    pub exchange: AccountLoader<'info, Exchange>,
}

impl SetRoles<'_> {
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

/// Names risk admin and guardian.
pub fn set_roles(ctx: Context<SetRoles>, risk_admin: Pubkey, guardian: Pubkey) -> Result<()> {
    let mut exchange = ctx.accounts.exchange.load_mut()?;
    let (risk_admin_before, guardian_before) = (exchange.risk_admin, exchange.guardian);
    exchange.risk_admin = risk_admin;
    exchange.guardian = guardian;
    log(&RolesSet {
        exchange: ctx.accounts.exchange.key(),
        time: context::now()?,
        exchange_sequence: exchange.state.next_event(),
        risk_admin_before,
        risk_admin_after: risk_admin,
        guardian_before,
        guardian_after: guardian,
    })?;
    Ok(())
}
