use super::{price_limit, queue, request_lamports};
use crate::access::{check_custody, check_pool};
use crate::context::session;
use crate::events::{log, LiquidityRequested};
use crate::lamports::{move_lamports, pay_in};
use crate::state::{Exchange, LiquidityRequest, Pool, VERSION};
use crate::token::Transfer;
use anchor_lang::prelude::*;
use perp_engine::operations::liquidity::plan_request_deposit;
use perp_engine::state::RequestKind;
use perp_engine::units::Atoms;

/// Accounts of `request_liquidity_deposit`.
#[derive(Accounts)]
#[instruction(nonce: u64)]
pub struct RequestLiquidityDeposit<'info> {
    /// Who deposits; pays for the request, its payment and the valuation of every market.
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
    /// Token account that pays.
    /// CHECK: the token program checks mint, balance and that the owner may spend it.
    #[account(mut)]
    pub source: UncheckedAccount<'info>,
    /// The exchange's vault.
    /// CHECK: its address is the exchange's.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// The exchange's quote mint.
    /// CHECK: its address is the exchange's.
    pub quote_mint: UncheckedAccount<'info>,
    /// Program that owns the quote mint.
    /// CHECK: its address is the exchange's.
    pub token_program: UncheckedAccount<'info>,
    /// The system program.
    pub system_program: Program<'info, System>,
}

impl RequestLiquidityDeposit<'_> {
    /// # Errors
    /// Those of [`check_custody`], [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch).
    pub fn validate(&self) -> Result<()> {
        let Self {
            owner: _,
            exchange,
            pool,
            request: _,
            source: _,
            vault,
            quote_mint,
            token_program,
            system_program: _,
        } = self;
        let exchange = exchange.load()?;
        check_pool(&exchange, pool.as_ref().key)?;
        check_custody(&exchange, vault.key, quote_mint.key, token_program.key)
    }
}

/// Escrows tokens that are to enter the pool.
pub fn request_liquidity_deposit(
    ctx: Context<RequestLiquidityDeposit>,
    nonce: u64,
    amount: u64,
    limit: u8,
) -> Result<()> {
    let accounts = ctx.accounts;
    let session = session(&accounts.exchange)?;
    let limit = price_limit(limit)?;
    let mut exchange = accounts.exchange.load_mut()?;
    let mut pool = accounts.pool.load_mut()?;
    let escrow_before = pool.state.escrow;

    let plan = queue(&mut pool, &mut exchange, &session, |pool, exchange, lamports| {
        plan_request_deposit(pool, exchange, Atoms::new(amount), limit, lamports, session.clock)
    })?;
    *accounts.request.load_init()? = LiquidityRequest {
        exchange: accounts.exchange.key(),
        owner: accounts.owner.key(),
        state: plan.request,
        nonce,
        kind: RequestKind::Deposit as u8,
        bump: ctx.bumps.request,
        version: VERSION,
        padding: [0; 5],
        reserved: [0; 4],
    };

    log(&LiquidityRequested {
        exchange: accounts.exchange.key(),
        time: session.clock.now.get(),
        pool_sequence: pool.state.next_event(),
        request: accounts.request.key(),
        owner: accounts.owner.key(),
        kind: RequestKind::Deposit,
        amount,
        limit,
        belongs_from: plan.request.belongs_from.get(),
        lamports: plan.waiting.lamports,
        boundary_before: session.boundary.get(),
        boundary_after: plan.awaited.get(),
        escrow_before: escrow_before.get(),
        escrow_after: pool.state.escrow.get(),
    })?;
    let lamports = request_lamports(&plan)?;
    pay_in(&accounts.system_program, &accounts.owner, accounts.request.as_ref(), lamports)?;
    Transfer {
        token_program: &accounts.token_program,
        mint: &accounts.quote_mint,
        from: &accounts.source,
        to: &accounts.vault,
        authority: &accounts.owner,
    }
    .by_user(plan.request.amount, exchange.quote_decimals)?;
    move_lamports(accounts.request.as_ref(), accounts.pool.as_ref(), plan.waiting.lamports)
}
