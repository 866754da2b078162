use super::{check_proposal, tell_applied};
use crate::access::check_pool;
use crate::context::session;
use crate::errors::refused;
use crate::state::{Exchange, Pool, Proposal};
use anchor_lang::prelude::*;
use perp_engine::operations::governance::plan_apply_pool_parameters;

/// Accounts of `apply_pool_parameters`.
#[derive(Accounts)]
pub struct ApplyPoolParameters<'info> {
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The exchange's pool.
    #[account(mut)]
    pub pool: AccountLoader<'info, Pool>,
    /// The proposal.
    #[account(mut)]
    pub proposal: AccountLoader<'info, Proposal>,
    /// Who paid for the proposal's account; receives its rent once it is gone.
    /// CHECK: the proposal names its address.
    #[account(mut)]
    pub proposer: UncheckedAccount<'info>,
}

impl ApplyPoolParameters<'_> {
    /// # Errors
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch),
    /// [`NotTheProposer`](crate::errors::ExchangeError::NotTheProposer).
    pub fn validate(&self) -> Result<()> {
        let Self { exchange, pool, proposal, proposer } = self;
        check_pool(&*exchange.load()?, pool.as_ref().key)?;
        check_proposal(exchange, proposal, proposer.key)
    }
}

/// Puts the pool's proposed parameters in force.
pub fn apply_pool_parameters(ctx: Context<ApplyPoolParameters>) -> Result<()> {
    let accounts = ctx.accounts;
    let session = session(&accounts.exchange)?;
    let mut pool = accounts.pool.load_mut()?;

    let proposed = accounts.proposal.load()?.state;
    pool.state.parameters = plan_apply_pool_parameters(&proposed, &pool.state, &session).map_err(refused)?;

    tell_applied(&accounts.exchange, &accounts.proposal, pool.state.next_event(), false, 1)?;
    accounts.proposal.close(accounts.proposer.to_account_info())
}
