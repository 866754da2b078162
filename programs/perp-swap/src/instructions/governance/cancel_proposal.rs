use super::check_proposal;
use crate::access::{check_exchange, is_admin, is_guardian, is_risk_admin};
use crate::context;
use crate::errors::refused;
use crate::events::{log, ProposalCancelled};
use crate::state::{Exchange, Market, Proposal};
use anchor_lang::prelude::*;
use perp_engine::operations::governance::check_cancel;
use perp_engine::state::{Canceller, ProposalKind};

/// Accounts of `cancel_proposal`.
#[derive(Accounts)]
pub struct CancelProposal<'info> {
    /// A role that may propose the same, or the guardian; anybody once nobody can apply it any more.
    pub authority: Signer<'info>,
    /// The exchange.
    #[account(mut)]
    pub exchange: AccountLoader<'info, Exchange>,
    /// The market whose parameters the proposal is about, to show that it is outdated; else none.
    pub market: Option<AccountLoader<'info, Market>>,
    /// The proposal.
    #[account(mut)]
    pub proposal: AccountLoader<'info, Proposal>,
    /// Who paid for the proposal's account; receives its rent once it is gone.
    /// CHECK: the proposal names its address.
    #[account(mut)]
    pub proposer: UncheckedAccount<'info>,
}

impl CancelProposal<'_> {
    /// # Errors
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch),
    /// [`NotTheProposer`](crate::errors::ExchangeError::NotTheProposer).
    pub fn validate(&self) -> Result<()> {
        let Self { authority: _, exchange, market, proposal, proposer } = self;
        if let Some(market) = market {
            check_exchange(exchange, &market.load()?.exchange)?;
        }
        check_proposal(exchange, proposal, proposer.key)
    }

    /// As whom the signer cancels a proposal of this kind.
    fn canceller(&self, kind: u8) -> Result<Canceller> {
        let exchange = self.exchange.load()?;
        let by_risk_admin = kind == ProposalKind::Parameters as u8 || kind == ProposalKind::Oracle as u8;
        let signer = self.authority.key;
        Ok(if is_admin(&exchange, signer) || by_risk_admin && is_risk_admin(&exchange, signer) {
            Canceller::Proposer
        } else if is_guardian(&exchange, signer) {
            Canceller::Guardian
        } else {
            Canceller::Anybody
        })
    }
}

/// Cancels a proposal.
pub fn cancel_proposal(ctx: Context<CancelProposal>) -> Result<()> {
    let accounts = ctx.accounts;
    let now = context::clock()?.now;
    let proposed = accounts.proposal.load()?.state;
    let canceller = accounts.canceller(proposed.kind)?;
    {
        let market = match &accounts.market {
            Some(market) => Some(market.load()?),
            None => None,
        };
        check_cancel(&proposed, canceller, market.as_deref().map(|market| &market.state), now).map_err(refused)?;
    }
    log(&ProposalCancelled {
        exchange: accounts.exchange.key(),
        time: now.get(),
        exchange_sequence: accounts.exchange.load_mut()?.state.next_event(),
        proposal: accounts.proposal.key(),
        authority: accounts.authority.key(),
        kind: proposed.kind,
        subject: proposed.subject,
    })?;
    accounts.proposal.close(accounts.proposer.to_account_info())
}
