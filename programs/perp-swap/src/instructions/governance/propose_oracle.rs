use super::{store, Content};
use crate::access::{check_exchange, check_risk_admin};
use crate::arguments::OracleSource;
use crate::context;
use crate::errors::{denied, refused, require, ExchangeError};
use crate::state::{Exchange, Market, Proposal};
use anchor_lang::prelude::*;
use perp_accounts::check_rebinding;
use perp_accounts::oracle::OracleBinding;
use perp_engine::operations::governance::plan_propose_oracle;
use perp_engine::state::ProposalKind;
use perp_engine::units::Ppm;

/// Accounts of `propose_oracle`.
#[derive(Accounts)]
#[instruction(market_index: u16)]
pub struct ProposeOracle<'info> {
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
        seeds = [Proposal::SEED, exchange.key().as_ref(), &[ProposalKind::Oracle as u8], &market_index.to_le_bytes()],
        bump
    )]
    pub proposal: AccountLoader<'info, Proposal>,
    /// The system program.
    pub system_program: Program<'info, System>,
}

impl ProposeOracle<'_> {
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

/// Proposes to read a market's price from other accounts of the same feed, or to bound it by another second source.
pub fn propose_oracle(
    ctx: Context<ProposeOracle>,
    oracle: OracleSource,
    second_oracle: Option<OracleSource>,
    second_max_deviation: u32,
    second_max_age: u32,
) -> Result<()> {
    let accounts = ctx.accounts;
    let now = context::clock()?.now;
    let oracle = OracleBinding::from(oracle);
    let second_oracle = second_oracle.map(OracleBinding::from);
    if let Some(second) = &second_oracle {
        second.validate_second(&oracle).map_err(|rule| denied(rule.into()))?;
    }
    require(second_oracle.is_some() == (second_max_age > 0), ExchangeError::SecondOracleParameters)?;

    let proposal = {
        let market = accounts.market.load()?;
        check_rebinding(&market.oracle, &oracle).map_err(|rule| denied(rule.into()))?;
        plan_propose_oracle(&market.state, Ppm::new(second_max_deviation), second_max_age, now).map_err(refused)?
    };
    let content = Content { oracle, second_oracle: second_oracle.unwrap_or(OracleBinding::NONE), ..Content::NONE };
    let bump = ctx.bumps.proposal;
    store(&accounts.exchange, &accounts.proposal, accounts.proposer.key, bump, &proposal, &content)
}
