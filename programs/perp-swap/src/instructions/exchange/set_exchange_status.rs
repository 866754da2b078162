use crate::access::status_authority;
use crate::context;
use crate::errors::refused;
use crate::events::{log, ExchangeStatusSet};
use crate::state::Exchange;
use anchor_lang::prelude::*;
use perp_engine::operations::exchange::permitted_status;
use perp_engine::state::Status;

/// Accounts of `set_exchange_status`.
#[derive(Accounts)]
pub struct SetExchangeStatus<'info> {
    /// Admin, risk admin or guardian.
    pub authority: Signer<'info>,
    /// The exchange.
    #[account(mut)]
    pub exchange: AccountLoader<'info, Exchange>,
}

impl SetExchangeStatus<'_> {
    /// # Errors
    /// [`MissingRole`](crate::errors::ExchangeError::MissingRole).
    pub fn validate(&self) -> Result<()> {
        let Self { authority, exchange } = self;
        status_authority(&*exchange.load()?, authority.key).map(|_| ())
    }
}

/// Sets the exchange's own status.
pub fn set_exchange_status(ctx: Context<SetExchangeStatus>, status: Status) -> Result<()> {
    let clock = context::clock()?;
    let authority = ctx.accounts.authority.key();
    let mut exchange = ctx.accounts.exchange.load_mut()?;
    let role = status_authority(&exchange, &authority)?;
    let before = exchange.state.status.in_force(clock.now);

    let stored = permitted_status(&exchange.state.status, status, role, clock.now).map_err(refused)?;
    exchange.state.set_status(stored, clock);

    log(&ExchangeStatusSet {
        exchange: ctx.accounts.exchange.key(),
        time: clock.now.get(),
        exchange_sequence: exchange.state.next_event(),
        authority,
        before,
        after: status,
        until: stored.until.get(),
    })?;
    Ok(())
}
