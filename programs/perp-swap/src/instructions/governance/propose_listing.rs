use super::{store, Content};
use crate::access::check_admin;
use crate::arguments::{check_name, check_oracles, MarketParameters, OracleSource};
use crate::context;
use crate::errors::{refused, require, ExchangeError};
use crate::state::{Exchange, Proposal};
use anchor_lang::prelude::*;
use perp_accounts::oracle::OracleBinding;
use perp_engine::operations::governance::{plan_propose_listing, Listing};
use perp_engine::state::{Parameters, ProposalKind};
use perp_engine::units::{Atoms, MAX_BASE_DECIMALS};

/// Accounts of `propose_listing`.
#[derive(Accounts)]
#[instruction(index: u16)]
pub struct ProposeListing<'info> {
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
        seeds = [Proposal::SEED, exchange.key().as_ref(), &[ProposalKind::Listing as u8], &index.to_le_bytes()],
        bump
    )]
    pub proposal: AccountLoader<'info, Proposal>,
    /// The system program.
    pub system_program: Program<'info, System>,
}

impl ProposeListing<'_> {
    /// # Errors
    /// [`ExchangeError::MissingRole`], [`ExchangeError::WrongMarketIndex`], [`ExchangeError::DecimalsOutOfRange`],
    /// [`ExchangeError::NameNotText`].
    pub fn validate(&self, index: u16, symbol: &[u8], base_decimals: u8) -> Result<()> {
        let Self { proposer, exchange, proposal: _, system_program: _ } = self;
        let exchange = exchange.load()?;
        check_admin(&exchange, proposer.key)?;
        require(index == exchange.market_count, ExchangeError::WrongMarketIndex)?;
        require(base_decimals <= MAX_BASE_DECIMALS, ExchangeError::DecimalsOutOfRange)?;
        check_name(symbol)
    }
}

/// Proposes to list a market under the next index.
#[allow(clippy::too_many_arguments)] // a listing has as many
pub fn propose_listing(
    ctx: Context<ProposeListing>,
    index: u16,
    symbol: [u8; 16],
    base_decimals: u8,
    oracle: OracleSource,
    second_oracle: Option<OracleSource>,
    parameters: MarketParameters,
    target_backing: u64,
) -> Result<()> {
    let accounts = ctx.accounts;
    let now = context::clock()?.now;
    let (oracle, second_oracle) = check_oracles(oracle, second_oracle)?;
    let parameters = Parameters::from(parameters);
    require(second_oracle.is_some() == (parameters.second_max_age > 0), ExchangeError::SecondOracleParameters)?;

    let listing = Listing { parameters, base_decimals, target_backing: Atoms::new(target_backing) };
    let proposal = plan_propose_listing(&listing, index, now).map_err(refused)?;
    let second_oracle = second_oracle.unwrap_or(OracleBinding::NONE);
    let content = Content { oracle, second_oracle, symbol, ..Content::NONE };
    let bump = ctx.bumps.proposal;
    store(&accounts.exchange, &accounts.proposal, accounts.proposer.key, bump, &proposal, &content)
}
