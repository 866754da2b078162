use super::{store, Content};
use crate::access::{check_exchange, check_risk_admin};
use crate::arguments::MarketParameters;
use crate::context;
use crate::errors::{refused, require, ExchangeError};
use crate::state::{Exchange, Market, Proposal};
use anchor_lang::prelude::*;
use perp_engine::operations::governance::plan_propose_parameters;
use perp_engine::state::{Parameters, ProposalKind};

/// Accounts of `propose_parameters`.
#[derive(Accounts)]
#[instruction(market_index: u16)]
pub struct ProposeParameters<'info> {
    /// Admin or risk admin; pays for the account.
    #[account(mut)]
    pub proposer: Signer<'info>,
    /// The exchange.
    #[account(mut)]
    pub exchange: AccountLoader<'info, Exchange>,
    /// The market.
    pub market: AccountLoader<'info, Market>,
    /// The proposal.
    #[account(
        init,
        payer = proposer,
        space = Proposal::SPACE,
        seeds = [Proposal::SEED, exchange.key().as_ref(), &[ProposalKind::Parameters as u8], &market_index.to_le_bytes()],
        bump
    )]
    pub proposal: AccountLoader<'info, Proposal>,
    /// The system program.
    pub system_program: Program<'info, System>,
}

impl ProposeParameters<'_> {
    /// # Errors
    /// [`ExchangeError::MissingRole`], [`ExchangeError::ExchangeMismatch`], [`ExchangeError::WrongMarketIndex`].
    pub fn validate(&self, market_index: u16) -> Result<()> {
        let Self { proposer, exchange, market, proposal: _, system_program: _ } = self;
        check_risk_admin(&*exchange.load()?, proposer.key)?;
        let market = market.load()?;
        check_exchange(exchange, &market.exchange)?;
        require(market.state.index == market_index, ExchangeError::WrongMarketIndex)
    }
}

/// Proposes another set of a market's parameters.
pub fn propose_parameters(ctx: Context<ProposeParameters>, parameters: MarketParameters) -> Result<()> {
    let accounts = ctx.accounts;
    let now = context::clock()?.now;

    let proposal = {
        let market = accounts.market.load()?;
        // Those of the second source change with the oracle.
        let parameters = Parameters {
            second_max_deviation: market.state.parameters.second_max_deviation,
            second_max_age: market.state.parameters.second_max_age,
            ..Parameters::from(parameters)
        };
        plan_propose_parameters(&market.state, &parameters, now).map_err(refused)?
    };
    let bump = ctx.bumps.proposal;
    store(&accounts.exchange, &accounts.proposal, accounts.proposer.key, bump, &proposal, &Content::NONE)
}
