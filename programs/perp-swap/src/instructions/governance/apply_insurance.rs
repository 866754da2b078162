use super::{check_proposal, tell_applied};
use crate::access::check_pool;
use crate::context::session;
use crate::errors::refused;
use crate::state::{Exchange, Pool, Proposal};
use anchor_lang::prelude::*;
use perp_engine::operations::governance::plan_apply_insurance;

/// Accounts of `apply_insurance`.
#[derive(Accounts)]
pub struct ApplyInsurance<'info> {
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

impl ApplyInsurance<'_> {
    /// # Errors
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch),
    /// [`NotTheProposer`](crate::errors::ExchangeError::NotTheProposer).
    pub fn validate(&self) -> Result<()> {
        let Self { exchange, pool, proposal, proposer } = self;
        check_pool(&*exchange.load()?, pool.as_ref().key)?;
        check_proposal(exchange, proposal, proposer.key)
    }
}

/// Makes the proposed part of the shared insurance the pool's cash.
pub fn apply_insurance(ctx: Context<ApplyInsurance>) -> Result<()> {
    let accounts = ctx.accounts;
    let session = session(&accounts.exchange)?;
    let markets = accounts.exchange.load()?.market_count;
    let mut pool = accounts.pool.load_mut()?;

    let proposed = accounts.proposal.load()?.state;
    let Pool { state, queue, .. } = &mut *pool;
    plan_apply_insurance(&proposed, state, queue, markets, &session).map_err(refused)?;

    tell_applied(&accounts.exchange, &accounts.proposal, pool.state.next_event(), false, 1)?;
    accounts.proposal.close(accounts.proposer.to_account_info())
}
