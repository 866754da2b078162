use super::{check_proposal, tell_applied};
use crate::context;
use crate::errors::{denied, refused, require, ExchangeError};
use crate::events::{log, MarketCreated};
use crate::state::{Exchange, Market, Proposal, VERSION};
use anchor_lang::prelude::*;
use perp_engine::operations::governance::plan_apply_listing;

/// Accounts of `apply_listing`.
#[derive(Accounts)]
#[instruction(index: u16)]
pub struct ApplyListing<'info> {
    /// Anybody; pays for the market's account.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// The exchange.
    #[account(mut)]
    pub exchange: AccountLoader<'info, Exchange>,
    /// The new market.
    #[account(
        init,
        payer = payer,
        space = Market::SPACE,
        seeds = [Market::SEED, exchange.key().as_ref(), &index.to_le_bytes()],
        bump
    )]
    pub market: AccountLoader<'info, Market>,
    /// The proposal.
    #[account(mut)]
    pub proposal: AccountLoader<'info, Proposal>,
    /// Who paid for the proposal's account; receives its rent once it is gone.
    /// CHECK: the proposal names its address.
    #[account(mut)]
    pub proposer: UncheckedAccount<'info>,
    /// The system program.
    pub system_program: Program<'info, System>,
}

impl ApplyListing<'_> {
    /// # Errors
    /// [`ExchangeError::ExchangeMismatch`], [`ExchangeError::NotTheProposer`], [`ExchangeError::WrongMarketIndex`].
    pub fn validate(&self, index: u16) -> Result<()> {
        let Self { payer: _, exchange, market: _, proposal, proposer, system_program: _ } = self;
        check_proposal(exchange, proposal, proposer.key)?;
        require(index == exchange.load()?.market_count, ExchangeError::WrongMarketIndex)
    }
}

/// Lists the market that was proposed.
pub fn apply_listing(ctx: Context<ApplyListing>, index: u16) -> Result<()> {
    let accounts = ctx.accounts;
    let now = context::clock()?.now;
    let sequence = {
        let proposal = accounts.proposal.load()?;
        let mut exchange = accounts.exchange.load_mut()?;
        let mut market = accounts.market.load_init()?;
        let listing = plan_apply_listing(&proposal.state, index, now).map_err(refused)?;
        listing.begin(index, exchange.quote_decimals, &mut market.state);
        exchange.market_count = index.checked_add(1).ok_or_else(|| denied(ExchangeError::TooManyMarkets))?;
        market.exchange = accounts.exchange.key();
        market.oracle = proposal.oracle;
        market.second_oracle = proposal.second_oracle;
        market.symbol = proposal.symbol;
        market.bump = ctx.bumps.market;
        market.version = VERSION;
        log(&MarketCreated {
            exchange: accounts.exchange.key(),
            time: now.get(),
            market: accounts.market.key(),
            market_index: index,
            market_sequence: market.state.next_event(),
            symbol: market.symbol,
            base_decimals: market.state.base_decimals,
            target_backing: market.state.target_backing.get(),
        })?;
        exchange.state.next_event()
    };
    tell_applied(&accounts.exchange, &accounts.proposal, sequence, false, 1)?;
    accounts.proposal.close(accounts.proposer.to_account_info())
}
