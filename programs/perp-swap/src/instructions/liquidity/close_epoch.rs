use super::record_rent;
use crate::access::{check_pool, check_shares, check_token_program};
use crate::context::{keep, session};
use crate::errors::{refused, require, ExchangeError};
use crate::events::{log, EpochClosed};
use crate::lamports::move_lamports;
use crate::state::{EpochRecord, Exchange, Pool, VERSION};
use crate::token::Shares;
use anchor_lang::prelude::*;
use perp_engine::operations::liquidity::plan_close_epoch;

/// Accounts of `close_epoch`.
#[derive(Accounts)]
#[instruction(boundary: i64)]
pub struct CloseEpoch<'info> {
    /// Anybody; advances the record's rent, receives it and what the requests pay for closing.
    #[account(mut)]
    pub closer: Signer<'info>,
    /// The exchange.
    #[account(mut)]
    pub exchange: AccountLoader<'info, Exchange>,
    /// The exchange's pool.
    #[account(mut)]
    pub pool: AccountLoader<'info, Pool>,
    /// The new record of the boundary that the exchange waits for.
    #[account(
        init,
        payer = closer,
        space = EpochRecord::SPACE,
        seeds = [EpochRecord::SEED, exchange.key().as_ref(), &boundary.to_le_bytes()],
        bump
    )]
    pub record: AccountLoader<'info, EpochRecord>,
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
    /// The system program.
    pub system_program: Program<'info, System>,
}

impl CloseEpoch<'_> {
    /// # Errors
    /// Those of [`check_shares`], [`ExchangeError::ExchangeMismatch`], [`ExchangeError::WrongTokenProgram`],
    /// [`ExchangeError::WrongBoundary`].
    pub fn validate(&self, boundary: i64) -> Result<()> {
        let Self { closer: _, exchange, pool, record: _, share_mint, share_escrow, token_program, system_program: _ } =
            self;
        let exchange = exchange.load()?;
        check_pool(&exchange, pool.as_ref().key)?;
        check_shares(&exchange, share_mint.key, share_escrow.key)?;
        check_token_program(&exchange, token_program.key)?;
        require(exchange.state.boundary.get() == boundary, ExchangeError::WrongBoundary)
    }
}

/// Serves every request of the boundary that the exchange waits for.
pub fn close_epoch(ctx: Context<CloseEpoch>, _boundary: i64) -> Result<()> {
    let accounts = ctx.accounts;
    let session = session(&accounts.exchange)?;
    let mut pool = accounts.pool.load_mut()?;
    let pool = &mut *pool;
    keep(pool, &*accounts.exchange.load()?, &session)?;
    let before = pool.state;

    let plan = plan_close_epoch(&before, record_rent()?, &session).map_err(refused)?;
    let next = {
        let state = &mut accounts.exchange.load_mut()?.state;
        plan.apply(&mut pool.state, &mut pool.queue, state).map_err(refused)?;
        state.boundary
    };
    *accounts.record.load_init()? = EpochRecord {
        exchange: accounts.exchange.key(),
        state: plan.closed,
        bump: ctx.bumps.record,
        version: VERSION,
        padding: [0; 6],
        reserved: [0; 4],
    };

    let (closed, after) = (&plan.closed, &plan.pool);
    log(&EpochClosed {
        exchange: accounts.exchange.key(),
        time: session.clock.now.get(),
        pool_sequence: pool.state.next_event(),
        record: accounts.record.key(),
        closer: accounts.closer.key(),
        previous: closed.previous.get(),
        boundary: closed.boundary.get(),
        next: next.get(),
        rest_belongs_from: closed.rest_belongs_from.get(),
        lower: closed.lower.get(),
        upper: closed.upper.get(),
        unsettled: before.epoch.unsettled.get(),
        requests: closed.requests,
        deposits_accepted: closed.deposits_accepted.get(),
        withdrawals_accepted: closed.withdrawals_accepted.get(),
        deposited: closed.deposited.get(),
        issued: closed.issued.get(),
        leaving: closed.leaving.get(),
        redeemed: closed.redeemed.get(),
        paid: closed.paid.get(),
        lamports: plan.lamports,
        lamports_each: closed.lamports_each,
        pool_cash_before: before.cash.get(),
        pool_cash_after: after.cash.get(),
        escrow_before: before.escrow.get(),
        escrow_after: after.escrow.get(),
        payable_before: before.payable.get(),
        payable_after: after.payable.get(),
        settling_before: before.settling.get(),
        settling_after: after.settling.get(),
        shares_before: before.shares.get(),
        shares_after: after.shares.get(),
    })?;
    let shares = Shares {
        token_program: &accounts.token_program,
        mint: &accounts.share_mint,
        account: &accounts.share_escrow,
        authority: accounts.exchange.as_ref(),
    };
    let (minted, burned) = (plan.shares_minted().map_err(refused)?, plan.shares_burned().map_err(refused)?);
    if !minted.is_zero() {
        shares.mint(&*accounts.exchange.load()?, minted)?;
    } else if !burned.is_zero() {
        shares.burn(&*accounts.exchange.load()?, burned)?;
    }
    move_lamports(accounts.pool.as_ref(), &accounts.closer, plan.lamports)?;
    move_lamports(accounts.pool.as_ref(), accounts.record.as_ref(), plan.lamports_kept)
}
