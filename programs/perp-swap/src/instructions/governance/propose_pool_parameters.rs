use super::{store, Content};
use crate::access::{check_admin, check_pool};
use crate::arguments::LiquidityParameters;
use crate::context;
use crate::errors::refused;
use crate::state::{Exchange, Pool, Proposal};
use anchor_lang::prelude::*;
use perp_engine::operations::governance::plan_propose_pool_parameters;
use perp_engine::state::{PoolParameters, ProposalKind};

/// Accounts of `propose_pool_parameters`.
#[derive(Accounts)]
pub struct ProposePoolParameters<'info> {
    /// The admin; pays for the account.
    #[account(mut)]
    pub proposer: Signer<'info>,
    /// The exchange.
    #[account(mut)]
    pub exchange: AccountLoader<'info, Exchange>,
    /// The exchange's pool.
    pub pool: AccountLoader<'info, Pool>,
    /// The proposal.
    #[account(
        init,
        payer = proposer,
        space = Proposal::SPACE,
        seeds = [Proposal::SEED, exchange.key().as_ref(), &[ProposalKind::PoolParameters as u8], &[0; 2]],
        bump
    )]
    pub proposal: AccountLoader<'info, Proposal>,
    /// The system program.
    pub system_program: Program<'info, System>,
}

impl ProposePoolParameters<'_> {
    /// # Errors
    /// [`MissingRole`](crate::errors::ExchangeError::MissingRole),
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch).
    pub fn validate(&self) -> Result<()> {
        let Self { proposer, exchange, pool, proposal: _, system_program: _ } = self;
        let exchange = exchange.load()?;
        check_admin(&exchange, proposer.key)?;
        check_pool(&exchange, pool.as_ref().key)
    }
}

/// Proposes another set of the pool's parameters.
pub fn propose_pool_parameters(ctx: Context<ProposePoolParameters>, parameters: LiquidityParameters) -> Result<()> {
    let accounts = ctx.accounts;
    let now = context::clock()?.now;

    let parameters = PoolParameters::from(parameters);
    let proposal = plan_propose_pool_parameters(&accounts.pool.load()?.state, &parameters, now).map_err(refused)?;
    let bump = ctx.bumps.proposal;
    store(&accounts.exchange, &accounts.proposal, accounts.proposer.key, bump, &proposal, &Content::NONE)
}
