use super::{price_limit, queue, request_lamports};
use crate::access::{check_pool, check_shares, check_token_program};
use crate::context::session;
use crate::errors::{require, ExchangeError};
use crate::events::{log, LiquidityRequested};
use crate::lamports::{move_lamports, pay_in};
use crate::state::{Exchange, LiquidityRequest, Pool, VERSION};
use crate::token::Transfer;
use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenAccount;
use perp_engine::operations::liquidity::plan_request_withdrawal;
use perp_engine::state::RequestKind;
use perp_engine::units::Atoms;

/// Accounts of `request_liquidity_withdrawal`.
#[derive(Accounts)]
#[instruction(nonce: u64)]
pub struct RequestLiquidityWithdrawal<'info> {
    /// Who withdraws; pays for the request, its payment and the valuation of every market.
    #[account(mut)]
    pub owner: Signer<'info>,
    /// The exchange.
    #[account(mut)]
    pub exchange: AccountLoader<'info, Exchange>,
    /// The exchange's pool.
    #[account(mut)]
    pub pool: AccountLoader<'info, Pool>,
    /// The new request.
    #[account(
        init,
        payer = owner,
        space = LiquidityRequest::SPACE,
        seeds = [LiquidityRequest::SEED, exchange.key().as_ref(), owner.key().as_ref(), &nonce.to_le_bytes()],
        bump
    )]
    pub request: AccountLoader<'info, LiquidityRequest>,
    /// Token account that gives the shares.
    #[account(mut)]
    pub source: Box<InterfaceAccount<'info, TokenAccount>>,
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
    /// The system program.
    pub system_program: Program<'info, System>,
}

impl RequestLiquidityWithdrawal<'_> {
    /// # Errors
    /// Those of [`check_shares`], [`ExchangeError::ExchangeMismatch`], [`ExchangeError::WrongTokenProgram`],
    /// [`ExchangeError::WrongShareMint`] also where `source` holds something else.
    pub fn validate(&self) -> Result<()> {
        let Self {
            owner: _,
            exchange,
            pool,
            request: _,
            source,
            share_escrow,
            share_mint,
            token_program,
            system_program: _,
        } = self;
        let exchange = exchange.load()?;
        check_pool(&exchange, pool.as_ref().key)?;
        check_shares(&exchange, share_mint.key, share_escrow.key)?;
        check_token_program(&exchange, token_program.key)?;
        require(source.mint == *share_mint.key, ExchangeError::WrongShareMint)
    }
}

/// Escrows shares that are to leave the pool.
pub fn request_liquidity_withdrawal(
    ctx: Context<RequestLiquidityWithdrawal>,
    nonce: u64,
    amount: u64,
    limit: u8,
) -> Result<()> {
    let accounts = ctx.accounts;
    let session = session(&accounts.exchange)?;
    let limit = price_limit(limit)?;
    let mut exchange = accounts.exchange.load_mut()?;
    let mut pool = accounts.pool.load_mut()?;
    let (shares, owned) = (Atoms::new(amount), Atoms::new(accounts.source.amount));

    let plan = queue(&mut pool, &mut exchange, &session, |pool, exchange, lamports| {
        plan_request_withdrawal(pool, exchange, shares, owned, limit, lamports, session.clock)
    })?;
    *accounts.request.load_init()? = LiquidityRequest {
        exchange: accounts.exchange.key(),
        owner: accounts.owner.key(),
        state: plan.request,
        nonce,
        kind: RequestKind::Withdrawal as u8,
        bump: ctx.bumps.request,
        version: VERSION,
        padding: [0; 5],
        reserved: [0; 4],
    };

    let escrow = pool.state.escrow.get();
    log(&LiquidityRequested {
        exchange: accounts.exchange.key(),
        time: session.clock.now.get(),
        pool_sequence: pool.state.next_event(),
        request: accounts.request.key(),
        owner: accounts.owner.key(),
        kind: RequestKind::Withdrawal,
        amount,
        limit,
        belongs_from: plan.request.belongs_from.get(),
        lamports: plan.waiting.lamports,
        boundary_before: session.boundary.get(),
        boundary_after: plan.awaited.get(),
        escrow_before: escrow,
        escrow_after: escrow,
    })?;
    let lamports = request_lamports(&plan)?;
    pay_in(&accounts.system_program, &accounts.owner, accounts.request.as_ref(), lamports)?;
    Transfer {
        token_program: &accounts.token_program,
        mint: &accounts.share_mint,
        from: accounts.source.as_ref().as_ref(),
        to: &accounts.share_escrow,
        authority: &accounts.owner,
    }
    .by_user(plan.request.amount, exchange.quote_decimals)?;
    move_lamports(accounts.request.as_ref(), accounts.pool.as_ref(), plan.waiting.lamports)
}
