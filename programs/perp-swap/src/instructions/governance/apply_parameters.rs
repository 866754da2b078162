use super::{check_proposal, tell_applied};
use crate::access::check_exchange;
use crate::context::{refresh, session};
use crate::errors::refused;
use crate::state::{Exchange, Market, Proposal};
use anchor_lang::prelude::*;
use perp_engine::operations::governance::plan_apply_parameters;

/// Accounts of `apply_parameters`.
#[derive(Accounts)]
pub struct ApplyParameters<'info> {
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// The market's price account; without it the last valid price counts.
    /// CHECK: the oracle reader checks owner, address, layout and feed against the market's binding.
    pub oracle: Option<UncheckedAccount<'info>>,
    /// The proposal.
    #[account(mut)]
    pub proposal: AccountLoader<'info, Proposal>,
    /// Who paid for the proposal's account; receives its rent once it is gone.
    /// CHECK: the proposal names its address.
    #[account(mut)]
    pub proposer: UncheckedAccount<'info>,
}

impl ApplyParameters<'_> {
    /// # Errors
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch),
    /// [`NotTheProposer`](crate::errors::ExchangeError::NotTheProposer).
    pub fn validate(&self) -> Result<()> {
        let Self { exchange, market, oracle: _, proposal, proposer } = self;
        check_exchange(exchange, &market.load()?.exchange)?;
        check_proposal(exchange, proposal, proposer.key)
    }
}

/// Takes the next step of a change of a market's parameters.
pub fn apply_parameters(ctx: Context<ApplyParameters>) -> Result<()> {
    let accounts = ctx.accounts;
    let session = session(&accounts.exchange)?;
    let mut market = accounts.market.load_mut()?;
    let mut ready = refresh(&mut market, accounts.oracle.as_deref(), &session)?;

    let proposed = accounts.proposal.load()?.state;
    let plan = plan_apply_parameters(&proposed, &ready, &session).map_err(refused)?;
    plan.apply(&mut ready);
    if let Some(left) = plan.left {
        accounts.proposal.load_mut()?.state = left;
    }

    let steps = proposed.steps.checked_add(1).ok_or(ProgramError::ArithmeticOverflow)?;
    tell_applied(&accounts.exchange, &accounts.proposal, ready.next_event(), plan.left.is_some(), steps)?;
    if plan.left.is_none() {
        accounts.proposal.close(accounts.proposer.to_account_info())?;
    }
    Ok(())
}
