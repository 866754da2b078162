use super::check_request;
use crate::access::{check_custody, check_pool, check_shares};
use crate::context::{session, Markets};
use crate::errors::{refused, require, ExchangeError};
use crate::events::{log, LiquidityWithdrawn};
use crate::state::{Exchange, LiquidityRequest, Pool};
use crate::token::{Shares, Transfer};
use anchor_lang::prelude::*;
use perp_engine::operations::liquidity::{plan_execute_withdrawal, Executor};
use perp_engine::state::RequestKind;
use perp_engine::units::Atoms;

/// Accounts of `execute_liquidity_withdrawal`.
#[derive(Accounts)]
pub struct ExecuteLiquidityWithdrawal<'info> {
    /// Anybody; receives the request's rent and tip once nothing of it is left.
    #[account(mut)]
    pub executor: Signer<'info>,
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The exchange's pool.
    #[account(mut)]
    pub pool: AccountLoader<'info, Pool>,
    /// The request.
    #[account(mut)]
    pub request: AccountLoader<'info, LiquidityRequest>,
    /// Token account that receives the tokens: the one the request names.
    /// CHECK: the request names its address; the token program checks that it holds the quote mint.
    #[account(mut)]
    pub destination: UncheckedAccount<'info>,
    /// The exchange's vault.
    /// CHECK: its address is the exchange's.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// The exchange's quote mint.
    /// CHECK: its address is the exchange's.
    pub quote_mint: UncheckedAccount<'info>,
    /// The exchange's share mint.
    /// CHECK: its address is the exchange's.
    #[account(mut)]
    pub share_mint: UncheckedAccount<'info>,
    /// The exchange's share escrow.
    /// CHECK: its address is the exchange's.
    #[account(mut)]
    pub share_escrow: UncheckedAccount<'info>,
    /// Program that owns the quote mint.
    /// CHECK: its address is the exchange's.
    pub token_program: UncheckedAccount<'info>,
}

impl ExecuteLiquidityWithdrawal<'_> {
    /// # Errors
    /// Those of [`check_custody`] and [`check_shares`], [`ExchangeError::ExchangeMismatch`],
    /// [`ExchangeError::WrongDestination`], [`ExchangeError::RequestOfOtherKind`].
    pub fn validate(&self) -> Result<()> {
        let Self {
            executor: _,
            exchange,
            pool,
            request,
            destination,
            vault,
            quote_mint,
            share_mint,
            share_escrow,
            token_program,
        } = self;
        let stored = exchange.load()?;
        check_pool(&stored, pool.as_ref().key)?;
        check_custody(&stored, vault.key, quote_mint.key, token_program.key)?;
        check_shares(&stored, share_mint.key, share_escrow.key)?;
        let request = request.load()?;
        check_request(exchange, &request, RequestKind::Withdrawal)?;
        require(request.destination == *destination.key, ExchangeError::WrongDestination)
    }
}

/// Executes a withdrawal at prices published after it, as far as the pool has cash.
pub fn execute_liquidity_withdrawal<'info>(ctx: Context<'info, ExecuteLiquidityWithdrawal<'info>>) -> Result<()> {
    let accounts = ctx.accounts;
    let session = session(&accounts.exchange)?;
    let exchange = accounts.exchange.load()?;
    let mut request = accounts.request.load_mut()?;
    let mut pool = accounts.pool.load_mut()?;
    let before = pool.state;

    let executor = if request.owner == *accounts.executor.key { Executor::Owner } else { Executor::Anybody };
    let plan = {
        let markets = Markets::load(ctx.remaining_accounts, accounts.exchange.as_ref().key)?;
        let markets: Vec<_> = markets.states().collect();
        plan_execute_withdrawal(&before, &markets, exchange.market_count, &request.state, executor, &session)
            .map_err(refused)?
    };
    pool.state = plan.pool;
    if let Some(left) = plan.request_left {
        request.state = left;
    }

    log(&LiquidityWithdrawn {
        exchange: accounts.exchange.key(),
        time: session.clock.now.get(),
        pool_sequence: pool.state.next_event(),
        request: accounts.request.key(),
        owner: request.owner,
        executor: accounts.executor.key(),
        burned: plan.burned.get(),
        paid: plan.paid.get(),
        left: plan.request_left.map_or(Atoms::ZERO, |left| left.amount).get(),
        pool_value: plan.value.get(),
        pool_cash_before: before.cash.get(),
        pool_cash_after: plan.pool.cash.get(),
        shares_before: before.shares.get(),
        shares_after: plan.pool.shares.get(),
    })?;
    Shares {
        token_program: &accounts.token_program,
        mint: &accounts.share_mint,
        account: &accounts.share_escrow,
        authority: accounts.exchange.as_ref(),
    }
    .burn(&exchange, plan.burned)?;
    Transfer {
        token_program: &accounts.token_program,
        mint: &accounts.quote_mint,
        from: &accounts.vault,
        to: &accounts.destination,
        authority: accounts.exchange.as_ref(),
    }
    .by_exchange(&exchange, plan.paid)?;
    if plan.request_left.is_none() {
        drop(request);
        accounts.request.close(accounts.executor.to_account_info())?;
    }
    Ok(())
}
