use super::{store, Content};
use crate::access::check_admin;
use crate::context;
use crate::errors::{refused, require, ExchangeError};
use crate::state::{Exchange, Proposal};
use anchor_lang::prelude::*;
use perp_engine::operations::governance::plan_propose_role;
use perp_engine::state::{ProposalKind, Role};

/// Accounts of `propose_role`.
#[derive(Accounts)]
#[instruction(role: Role)]
pub struct ProposeRole<'info> {
    /// The admin; pays for the account.
    #[account(mut)]
    pub proposer: Signer<'info>,
    /// The exchange.
    #[account(mut)]
    pub exchange: AccountLoader<'info, Exchange>,
    /// The proposal.
    #[account(
        init,
        payer = proposer,
        space = Proposal::SPACE,
        seeds = [Proposal::SEED, exchange.key().as_ref(), &[ProposalKind::Role as u8], &[role as u8, 0]],
        bump
    )]
    pub proposal: AccountLoader<'info, Proposal>,
    /// The system program.
    pub system_program: Program<'info, System>,
}

impl ProposeRole<'_> {
    /// # Errors
    /// [`ExchangeError::MissingRole`], [`ExchangeError::AdminWithoutHolder`].
    pub fn validate(&self, role: Role, holder: &Pubkey) -> Result<()> {
        let Self { proposer, exchange, proposal: _, system_program: _ } = self;
        check_admin(&*exchange.load()?, proposer.key)?;
        require(role != Role::Admin || *holder != Pubkey::default(), ExchangeError::AdminWithoutHolder)
    }
}

/// Proposes that another holds a role.
pub fn propose_role(ctx: Context<ProposeRole>, role: Role, holder: Pubkey) -> Result<()> {
    let accounts = ctx.accounts;
    let proposal = plan_propose_role(role, context::clock()?.now).map_err(refused)?;
    let content = Content { holder, ..Content::NONE };
    let bump = ctx.bumps.proposal;
    store(&accounts.exchange, &accounts.proposal, accounts.proposer.key, bump, &proposal, &content)
}
