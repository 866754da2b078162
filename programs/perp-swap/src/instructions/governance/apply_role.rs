use super::{check_proposal, tell_applied};
use crate::context;
use crate::errors::{refused, require, ExchangeError};
use crate::state::{Exchange, Proposal};
use anchor_lang::prelude::*;
use perp_engine::operations::governance::plan_apply_role;
use perp_engine::state::Role;
use perp_engine::EngineError;

/// Accounts of `apply_role`.
#[derive(Accounts)]
pub struct ApplyRole<'info> {
    /// Who is named; anybody where nobody is.
    pub holder: Signer<'info>,
    /// The exchange.
    #[account(mut)]
    pub exchange: AccountLoader<'info, Exchange>,
    /// The proposal.
    #[account(mut)]
    pub proposal: AccountLoader<'info, Proposal>,
    /// Who paid for the proposal's account; receives its rent once it is gone.
    /// CHECK: the proposal names its address.
    #[account(mut)]
    pub proposer: UncheckedAccount<'info>,
}

impl ApplyRole<'_> {
    /// # Errors
    /// [`ExchangeError::ExchangeMismatch`], [`ExchangeError::NotTheProposer`], [`ExchangeError::NotTheNamedHolder`].
    pub fn validate(&self) -> Result<()> {
        let Self { holder, exchange, proposal, proposer } = self;
        check_proposal(exchange, proposal, proposer.key)?;
        let named = proposal.load()?.holder;
        require(named == Pubkey::default() || named == *holder.key, ExchangeError::NotTheNamedHolder)
    }
}

/// Takes a role over.
pub fn apply_role(ctx: Context<ApplyRole>) -> Result<()> {
    let accounts = ctx.accounts;
    let now = context::clock()?.now;
    let (proposed, named) = {
        let proposal = accounts.proposal.load()?;
        (proposal.state, proposal.holder)
    };
    let role = Role::ALL.into_iter().find(|role| *role as u16 == proposed.subject);
    let role = role.ok_or_else(|| refused(EngineError::WrongProposal))?;
    plan_apply_role(&proposed, role, now).map_err(refused)?;
    let sequence = {
        let mut exchange = accounts.exchange.load_mut()?;
        match role {
            Role::Admin => exchange.admin = named,
            Role::RiskAdmin => exchange.risk_admin = named,
            Role::Guardian => exchange.guardian = named,
        }
        exchange.state.next_event()
    };
    tell_applied(&accounts.exchange, &accounts.proposal, sequence, false, 1)?;
    accounts.proposal.close(accounts.proposer.to_account_info())
}
