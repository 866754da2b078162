use super::check_request;
use crate::access::{check_pool, check_share_mint, check_token_program};
use crate::context::{session, Markets};
use crate::errors::{refused, require, ExchangeError};
use crate::events::{log, LiquidityDeposited};
use crate::state::{Exchange, LiquidityRequest, Pool};
use crate::token::Shares;
use anchor_lang::prelude::*;
use perp_engine::operations::liquidity::plan_execute_deposit;
use perp_engine::state::RequestKind;

/// Accounts of `execute_liquidity_deposit`.
#[derive(Accounts)]
pub struct ExecuteLiquidityDeposit<'info> {
    /// Anybody; receives the request's rent and tip.
    #[account(mut)]
    pub executor: Signer<'info>,
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The exchange's pool.
    #[account(mut)]
    pub pool: AccountLoader<'info, Pool>,
    /// The request.
    #[account(mut, close = executor)]
    pub request: AccountLoader<'info, LiquidityRequest>,
    /// Token account that receives the shares: the one the request names.
    /// CHECK: the request names its address; the token program checks that it holds the share mint.
    #[account(mut)]
    pub destination: UncheckedAccount<'info>,
    /// The exchange's share mint.
    /// CHECK: its address is the exchange's.
    #[account(mut)]
    pub share_mint: UncheckedAccount<'info>,
    /// Program that owns the quote mint.
    /// CHECK: its address is the exchange's.
    pub token_program: UncheckedAccount<'info>,
}

impl ExecuteLiquidityDeposit<'_> {
    /// # Errors
    /// [`ExchangeError::ExchangeMismatch`], [`ExchangeError::WrongShareMint`], [`ExchangeError::WrongTokenProgram`],
    /// [`ExchangeError::WrongDestination`], [`ExchangeError::RequestOfOtherKind`].
    pub fn validate(&self) -> Result<()> {
        let Self { executor: _, exchange, pool, request, destination, share_mint, token_program } = self;
        let stored = exchange.load()?;
        check_pool(&stored, pool.as_ref().key)?;
        check_share_mint(&stored, share_mint.key)?;
        check_token_program(&stored, token_program.key)?;
        let request = request.load()?;
        check_request(exchange, &request, RequestKind::Deposit)?;
        require(request.destination == *destination.key, ExchangeError::WrongDestination)
    }
}

/// Executes a deposit at prices published after it.
pub fn execute_liquidity_deposit<'info>(ctx: Context<'info, ExecuteLiquidityDeposit<'info>>) -> Result<()> {
    let accounts = ctx.accounts;
    let session = session(&accounts.exchange)?;
    let exchange = accounts.exchange.load()?;
    let request = accounts.request.load()?;
    let mut pool = accounts.pool.load_mut()?;
    let before = pool.state;

    let plan = {
        let markets = Markets::load(ctx.remaining_accounts, accounts.exchange.as_ref().key)?;
        let markets: Vec<_> = markets.states().collect();
        plan_execute_deposit(&before, &markets, exchange.market_count, &request.state, &session).map_err(refused)?
    };
    pool.state = plan.pool;

    log(&LiquidityDeposited {
        exchange: accounts.exchange.key(),
        time: session.clock.now.get(),
        pool_sequence: pool.state.next_event(),
        request: accounts.request.key(),
        owner: request.owner,
        executor: accounts.executor.key(),
        amount: plan.deposited.get(),
        shares: plan.shares_out.get(),
        pool_value: plan.value.get(),
        pool_cash_before: before.cash.get(),
        pool_cash_after: plan.pool.cash.get(),
        shares_before: before.shares.get(),
        shares_after: plan.pool.shares.get(),
    })?;
    Shares {
        token_program: &accounts.token_program,
        mint: &accounts.share_mint,
        account: &accounts.destination,
        authority: accounts.exchange.as_ref(),
    }
    .mint(&exchange, plan.shares_out)
}
