use crate::access::{check_exchange, check_pool, check_share_mint, check_token_program};
use crate::context::{keep, session};
use crate::errors::{refused, require, ExchangeError};
use crate::events::{log, LiquidityPaid};
use crate::lamports::move_lamports;
use crate::state::{EpochRecord, Exchange, LiquidityRequest, Pool};
use crate::token::{check_associated, Transfer};
use anchor_lang::prelude::*;
use perp_engine::operations::liquidity::{plan_pay_request, PAYMENT_LAMPORTS};
use perp_engine::state::{ClosedEpoch, RequestKind};
use perp_engine::units::Atoms;
use perp_engine::EngineError;

/// Accounts of `pay_liquidity_request`.
#[derive(Accounts)]
pub struct PayLiquidityRequest<'info> {
    /// Anybody; receives what lies in the request's account for it once nothing of the request is left.
    #[account(mut)]
    pub caller: Signer<'info>,
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The exchange's pool.
    #[account(mut)]
    pub pool: AccountLoader<'info, Pool>,
    /// The record of the closed epoch to which the request belongs.
    #[account(mut)]
    pub record: AccountLoader<'info, EpochRecord>,
    /// The request.
    #[account(mut)]
    pub request: AccountLoader<'info, LiquidityRequest>,
    /// The request's owner; receives its rent and what of its lamports was not spent.
    /// CHECK: the request names its address.
    #[account(mut)]
    pub owner: UncheckedAccount<'info>,
    /// The owner's associated token account for what is paid: shares where a deposit was accepted or a withdrawal was not, and
    /// tokens otherwise. Anybody can create it.
    /// CHECK: its address is derived from the request's owner and the mint.
    #[account(mut)]
    pub destination: UncheckedAccount<'info>,
    /// The exchange's share escrow where shares are paid, its vault where tokens are.
    /// CHECK: its address is the exchange's.
    #[account(mut)]
    pub source: UncheckedAccount<'info>,
    /// The exchange's share mint where shares are paid, its quote mint where tokens are.
    /// CHECK: its address is the exchange's.
    pub mint: UncheckedAccount<'info>,
    /// Program that owns both mints.
    /// CHECK: its address is the exchange's.
    pub token_program: UncheckedAccount<'info>,
}

impl PayLiquidityRequest<'_> {
    /// # Errors
    /// [`ExchangeError::ExchangeMismatch`], [`ExchangeError::NotTheRequester`],
    /// [`ExchangeError::WrongVault`], [`ExchangeError::WrongMint`], [`ExchangeError::WrongShareEscrow`],
    /// [`ExchangeError::WrongShareMint`], [`ExchangeError::WrongTokenProgram`], those of [`check_associated`].
    pub fn validate(&self) -> Result<()> {
        let Self { caller: _, exchange, pool, record, request, owner, destination, source, mint, token_program } = self;
        let stored = exchange.load()?;
        let (record, request) = (record.load()?, request.load()?);
        check_pool(&stored, pool.as_ref().key)?;
        check_exchange(exchange, &record.exchange)?;
        check_exchange(exchange, &request.exchange)?;
        require(request.owner == *owner.key, ExchangeError::NotTheRequester)?;
        check_token_program(&stored, token_program.key)?;
        if pays_shares(&record.state, &request) {
            require(stored.share_escrow == *source.key, ExchangeError::WrongShareEscrow)?;
            check_share_mint(&stored, mint.key)?;
        } else {
            require(stored.vault == *source.key, ExchangeError::WrongVault)?;
            require(stored.quote_mint == *mint.key, ExchangeError::WrongMint)?;
        }
        check_associated(destination.key, &request.owner, mint.key, token_program.key)
    }
}

/// Whether the request is paid in shares: one that was not accepted gets back what it brought.
fn pays_shares(closed: &ClosedEpoch, request: &LiquidityRequest) -> bool {
    let limit = request.state.price_limit();
    match kind_of(request) {
        RequestKind::Deposit => closed.deposits_accepted.contains(limit),
        RequestKind::Withdrawal => !closed.withdrawals_accepted.contains(limit),
    }
}

fn kind_of(request: &LiquidityRequest) -> RequestKind {
    if request.kind == RequestKind::Deposit as u8 {
        RequestKind::Deposit
    } else {
        RequestKind::Withdrawal
    }
}

/// Pays a request what its boundary made of it.
pub fn pay_liquidity_request(ctx: Context<PayLiquidityRequest>) -> Result<()> {
    let accounts = ctx.accounts;
    let session = session(&accounts.exchange)?;
    let exchange = accounts.exchange.load()?;
    let mut pool = accounts.pool.load_mut()?;
    let mut record = accounts.record.load_mut()?;
    let mut request = accounts.request.load_mut()?;
    let kind = kind_of(&request);
    // With the last request what rounding has left returns to the pool's cash.
    keep(&mut pool, &exchange, &session)?;
    let before = pool.state;

    let plan = plan_pay_request(&before, &record.state, &request.state, kind).map_err(refused)?;
    pool.state = plan.pool;
    record.state = plan.closed;
    if let Some(left) = plan.request_left {
        request.state = left;
    }

    // The record's rent is for that of the next boundary, so that nobody gains by being paid last.
    let passed_on = if plan.closed.requests == 0 {
        accounts.record.as_ref().lamports().checked_sub(plan.lamports).ok_or(refused(EngineError::Overflow))?
    } else {
        0
    };
    pool.queue.add_lamports(passed_on).map_err(refused)?;

    log(&LiquidityPaid {
        exchange: accounts.exchange.key(),
        time: session.clock.now.get(),
        pool_sequence: pool.state.next_event(),
        request: accounts.request.key(),
        owner: request.owner,
        caller: accounts.caller.key(),
        kind,
        boundary: plan.closed.boundary.get(),
        tokens: plan.tokens.get(),
        shares: plan.shares.get(),
        left: plan.request_left.map_or(Atoms::ZERO, |left| left.amount).get(),
        lamports: plan.lamports,
        passed_on,
        requests_left: plan.closed.requests,
        pool_cash_before: before.cash.get(),
        pool_cash_after: plan.pool.cash.get(),
        escrow_before: before.escrow.get(),
        escrow_after: plan.pool.escrow.get(),
        payable_before: before.payable.get(),
        payable_after: plan.pool.payable.get(),
    })?;
    // What is worth nothing needs no token account.
    let paid = plan.tokens.max(plan.shares);
    if !paid.is_zero() {
        Transfer {
            token_program: &accounts.token_program,
            mint: &accounts.mint,
            from: &accounts.source,
            to: &accounts.destination,
            authority: accounts.exchange.as_ref(),
        }
        .by_exchange(&exchange, paid)?;
    }
    drop((pool, record, request));
    if plan.request_left.is_none() {
        move_lamports(accounts.request.as_ref(), &accounts.caller, PAYMENT_LAMPORTS)?;
        move_lamports(accounts.record.as_ref(), &accounts.owner, plan.lamports)?;
        accounts.request.close(accounts.owner.to_account_info())?;
    }
    if plan.closed.requests == 0 {
        accounts.record.close(accounts.pool.to_account_info())?;
    }
    Ok(())
}
