use crate::access::status_authority;
use crate::context;
use crate::errors::refused;
use crate::events::{log, ExchangeStatusSet};
use crate::state::Exchange;
use anchor_lang::prelude::*;
use perp_engine::operations::exchange::{plan_exchange_status, StatusAuthority, StatusOrder};
use perp_engine::state::{Status, PAUSES, REDUCTIONS};
use perp_engine::units::Timestamp;

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

/// Sets the exchange's own status, for so many seconds.
pub fn set_exchange_status(ctx: Context<SetExchangeStatus>, status: Status, seconds: u32) -> Result<()> {
    let clock = context::clock()?;
    let signer = ctx.accounts.authority.key();
    let mut exchange = ctx.accounts.exchange.load_mut()?;
    let authority = status_authority(&exchange, &signer)?;
    let before = exchange.state.own_status(clock.now);

    let order = StatusOrder { status, seconds, authority };
    let state = plan_exchange_status(&exchange.state, &order, clock).map_err(refused)?;
    exchange.state = state;

    let until = match status {
        Status::Active => Timestamp::NEVER,
        Status::ReduceOnly => state.reduce_only.until,
        Status::Paused => state.pause.until,
    };
    let everything = StatusAuthority::RiskAdmin;
    log(&ExchangeStatusSet {
        exchange: ctx.accounts.exchange.key(),
        time: clock.now.get(),
        exchange_sequence: exchange.state.next_event(),
        authority: signer,
        before,
        after: status,
        until: until.get(),
        pause_left: state.pause.allowance.left(&PAUSES, everything, clock.now).map_err(refused)?,
        reduce_only_left: state.reduce_only.allowance.left(&REDUCTIONS, everything, clock.now).map_err(refused)?,
    })?;
    Ok(())
}
