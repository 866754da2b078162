use super::check_request;
use crate::access::{check_pool, check_shares, check_token_program};
use crate::context::clock;
use crate::errors::refused;
use crate::events::{log, LiquidityRefunded};
use crate::state::{Exchange, LiquidityRequest, Pool};
use crate::token::{check_associated, Transfer};
use anchor_lang::prelude::*;
use perp_engine::operations::liquidity::plan_refund_expired;
use perp_engine::state::RequestKind;

/// Accounts of `refund_liquidity_withdrawal`.
#[derive(Accounts)]
pub struct RefundLiquidityWithdrawal<'info> {
    /// Anybody; receives the request's rent and tip.
    #[account(mut)]
    pub caller: Signer<'info>,
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The exchange's pool.
    #[account(mut)]
    pub pool: AccountLoader<'info, Pool>,
    /// The request.
    #[account(mut, close = caller)]
    pub request: AccountLoader<'info, LiquidityRequest>,
    /// The owner's associated token account for shares, which receives the refund.
    /// CHECK: its address is derived from the request's owner and the exchange's share mint.
    #[account(mut)]
    pub destination: UncheckedAccount<'info>,
    /// The exchange's share escrow.
    /// CHECK: its address is the exchange's.
    #[account(mut)]
    pub share_escrow: UncheckedAccount<'info>,
    /// The exchange's share mint.
    /// CHECK: its address is the exchange's.
    pub share_mint: UncheckedAccount<'info>,
    /// Program that owns the quote mint.
    /// CHECK: its address is the exchange's.
    pub token_program: UncheckedAccount<'info>,
}

impl RefundLiquidityWithdrawal<'_> {
    /// # Errors
    /// Those of [`check_shares`] and [`check_associated`],
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch),
    /// [`WrongTokenProgram`](crate::errors::ExchangeError::WrongTokenProgram),
    /// [`RequestOfOtherKind`](crate::errors::ExchangeError::RequestOfOtherKind).
    pub fn validate(&self) -> Result<()> {
        let Self { caller: _, exchange, pool, request, destination, share_escrow, share_mint, token_program } = self;
        let stored = exchange.load()?;
        check_pool(&stored, pool.as_ref().key)?;
        check_shares(&stored, share_mint.key, share_escrow.key)?;
        check_token_program(&stored, token_program.key)?;
        let request = request.load()?;
        check_request(exchange, &request, RequestKind::Withdrawal)?;
        check_associated(destination.key, &request.owner, share_mint.key, token_program.key)
    }
}

/// Refunds the shares of a withdrawal that nobody executed in time.
pub fn refund_liquidity_withdrawal(ctx: Context<RefundLiquidityWithdrawal>) -> Result<()> {
    let accounts = ctx.accounts;
    let clock = clock()?;
    let request = accounts.request.load()?;
    let mut pool = accounts.pool.load_mut()?;
    let escrow_before = pool.state.escrow;

    let plan = plan_refund_expired(&pool.state, &request.state, RequestKind::Withdrawal, clock).map_err(refused)?;
    pool.state = plan.pool;

    log(&LiquidityRefunded {
        exchange: accounts.exchange.key(),
        time: clock.now.get(),
        pool_sequence: pool.state.next_event(),
        request: accounts.request.key(),
        owner: request.owner,
        caller: accounts.caller.key(),
        kind: RequestKind::Withdrawal,
        amount: plan.shares.get(),
        escrow_before: escrow_before.get(),
        escrow_after: pool.state.escrow.get(),
    })?;
    Transfer {
        token_program: &accounts.token_program,
        mint: &accounts.share_mint,
        from: &accounts.share_escrow,
        to: &accounts.destination,
        authority: accounts.exchange.as_ref(),
    }
    .by_exchange(&*accounts.exchange.load()?, plan.shares)
}
