use super::{check_proposal, tell_applied};
use crate::access::check_exchange;
use crate::context::{read_oracle, refresh, session};
use crate::errors::{denied, refused};
use crate::state::{Exchange, Market, Proposal};
use anchor_lang::prelude::*;
use perp_accounts::check_rebinding;
use perp_engine::operations::governance::{apply_oracle as apply, plan_apply_oracle};

/// Accounts of `apply_oracle`.
#[derive(Accounts)]
pub struct ApplyOracle<'info> {
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The market, whose price was taken in before.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// A price account of the other oracle.
    /// CHECK: the oracle reader checks owner, address, layout and feed against the proposed binding.
    pub oracle: UncheckedAccount<'info>,
    /// The proposal.
    #[account(mut)]
    pub proposal: AccountLoader<'info, Proposal>,
    /// Who paid for the proposal's account; receives its rent once it is gone.
    /// CHECK: the proposal names its address.
    #[account(mut)]
    pub proposer: UncheckedAccount<'info>,
}

impl ApplyOracle<'_> {
    /// # Errors
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch),
    /// [`NotTheProposer`](crate::errors::ExchangeError::NotTheProposer).
    pub fn validate(&self) -> Result<()> {
        let Self { exchange, market, oracle: _, proposal, proposer } = self;
        check_exchange(exchange, &market.load()?.exchange)?;
        check_proposal(exchange, proposal, proposer.key)
    }
}

/// Binds a market to the oracle that was proposed.
pub fn apply_oracle(ctx: Context<ApplyOracle>) -> Result<()> {
    let accounts = ctx.accounts;
    let session = session(&accounts.exchange)?;
    let mut market = accounts.market.load_mut()?;
    let (proposed, oracle, second_oracle) = {
        let proposal = accounts.proposal.load()?;
        (proposal.state, proposal.oracle, proposal.second_oracle)
    };
    check_rebinding(&market.oracle, &oracle).map_err(|rule| denied(rule.into()))?;
    let reading = read_oracle(&oracle, &accounts.oracle)?;
    let sequence = {
        let mut ready = refresh(&mut market, None, &session)?;
        let parameters = plan_apply_oracle(&proposed, &ready, &reading, &session).map_err(refused)?;
        apply(&mut ready, parameters);
        ready.next_event()
    };
    market.oracle = oracle;
    market.second_oracle = second_oracle;

    tell_applied(&accounts.exchange, &accounts.proposal, sequence, false, 1)?;
    accounts.proposal.close(accounts.proposer.to_account_info())
}
