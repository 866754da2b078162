//! Roles, statuses and backing targets. No role can touch a user's collateral.

use crate::context::{bring_up_to_date, clock};
use crate::errors::{refused, ExchangeError};
use crate::events::{AdminChanged, BackingTargetSet, ProtocolFeesWithdrawn, RolesSet, StatusSet};
use crate::state::{Exchange, Market, Standing};
use crate::token::Transfer;
use anchor_lang::prelude::*;
use perp_engine::fees::plan_withdraw_protocol_fees;
use perp_engine::status::{Status, StoredStatus};
use perp_engine::units::{Atoms, Timestamp};

#[derive(Accounts)]
pub struct Administer<'info> {
    pub signer: Signer<'info>,
    #[account(mut)]
    pub exchange: AccountLoader<'info, Exchange>,
}

/// First of two steps: the admin names a successor, who must accept.
pub fn propose_admin(ctx: Context<Administer>, successor: Pubkey) -> Result<()> {
    let mut exchange = ctx.accounts.exchange.load_mut()?;
    exchange.require_admin(ctx.accounts.signer.key)?;
    let pending_admin_before = exchange.pending_admin;
    exchange.pending_admin = successor;
    emit!(AdminChanged {
        exchange: ctx.accounts.exchange.key(),
        admin_before: exchange.admin,
        admin_after: exchange.admin,
        pending_admin_before,
        pending_admin_after: successor,
    });
    Ok(())
}

pub fn accept_admin(ctx: Context<Administer>) -> Result<()> {
    let mut exchange = ctx.accounts.exchange.load_mut()?;
    if exchange.pending_admin != *ctx.accounts.signer.key {
        return Err(refused(ExchangeError::NotThePendingAdmin));
    }
    let (admin_before, pending_admin_before) = (exchange.admin, exchange.pending_admin);
    exchange.admin = exchange.pending_admin;
    exchange.pending_admin = Pubkey::default();
    emit!(AdminChanged {
        exchange: ctx.accounts.exchange.key(),
        admin_before,
        admin_after: exchange.admin,
        pending_admin_before,
        pending_admin_after: Pubkey::default(),
    });
    Ok(())
}

pub fn set_roles(ctx: Context<Administer>, risk_admin: Pubkey, guardian: Pubkey) -> Result<()> {
    let mut exchange = ctx.accounts.exchange.load_mut()?;
    exchange.require_admin(ctx.accounts.signer.key)?;
    let (risk_admin_before, guardian_before) = (exchange.risk_admin, exchange.guardian);
    exchange.risk_admin = risk_admin;
    exchange.guardian = guardian;
    emit!(RolesSet {
        exchange: ctx.accounts.exchange.key(),
        risk_admin_before,
        risk_admin_after: risk_admin,
        guardian_before,
        guardian_after: guardian,
    });
    Ok(())
}

/// The status as the signer may set it: admin and risk admin any, without end; the guardian a stricter one for a day.
fn permitted_status(
    exchange: &Exchange,
    signer: &Pubkey,
    stored: StoredStatus,
    wanted: u8,
    now: Timestamp,
) -> Result<StoredStatus> {
    let wanted = Status::from_byte(wanted).ok_or_else(|| refused(ExchangeError::UnknownKind))?;
    if exchange.require_risk_admin(signer).is_ok() {
        return Ok(StoredStatus::lasting(wanted));
    }
    if exchange.guardian != *signer {
        return Err(refused(ExchangeError::NotTheAdmin));
    }
    stored.tightened(wanted, now).map_err(refused)
}

pub fn set_exchange_status(ctx: Context<Administer>, status: u8) -> Result<()> {
    let clock = clock()?;
    let mut exchange = ctx.accounts.exchange.load_mut()?;
    let Standing { status: before, resumed_at } = exchange.standing(clock.now);
    exchange.status = permitted_status(&exchange, ctx.accounts.signer.key, exchange.status, status, clock.now)?;
    exchange.resumed_at = if before == Status::Paused { clock.now } else { resumed_at };
    emit!(StatusSet {
        exchange: ctx.accounts.exchange.key(),
        market: None,
        before: before as u8,
        after: status,
        until: exchange.status.until.get(),
    });
    Ok(())
}

#[derive(Accounts)]
pub struct AdministerMarket<'info> {
    pub signer: Signer<'info>,
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut, has_one = exchange @ ExchangeError::ExchangeMismatch)]
    pub market: AccountLoader<'info, Market>,
}

pub fn set_market_status(ctx: Context<AdministerMarket>, status: u8) -> Result<()> {
    let clock = clock()?;
    let exchange = ctx.accounts.exchange.load()?;
    let mut market = ctx.accounts.market.load_mut()?;
    let before = market.state.status.in_force(clock.now);
    let wanted = permitted_status(&exchange, ctx.accounts.signer.key, market.state.status, status, clock.now)?;
    bring_up_to_date(&mut market, None, exchange.standing(clock.now), clock)?;
    market.state.status = wanted;
    if status == Status::Paused as u8 {
        market.state.paused_at = clock.now;
    }
    emit!(StatusSet {
        exchange: ctx.accounts.exchange.key(),
        market: Some(ctx.accounts.market.key()),
        before: before as u8,
        after: status,
        until: wanted.until.get(),
    });
    Ok(())
}

pub fn set_backing_target(ctx: Context<AdministerMarket>, target: Atoms) -> Result<()> {
    ctx.accounts.exchange.load()?.require_risk_admin(ctx.accounts.signer.key)?;
    let mut market = ctx.accounts.market.load_mut()?;
    let before = market.state.target_backing;
    market.state.target_backing = target.in_range().map_err(refused)?;
    emit!(BackingTargetSet { market: ctx.accounts.market.key(), before: before.get(), after: target.get() });
    Ok(())
}

#[derive(Accounts)]
pub struct WithdrawProtocolFees<'info> {
    pub admin: Signer<'info>,
    #[account(
        has_one = vault @ ExchangeError::WrongVault,
        has_one = quote_mint @ ExchangeError::WrongMint,
        has_one = token_program @ ExchangeError::WrongTokenProgram
    )]
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut, has_one = exchange @ ExchangeError::ExchangeMismatch)]
    pub market: AccountLoader<'info, Market>,
    /// CHECK: the exchange's vault, by address.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: the exchange's quote mint, by address.
    pub quote_mint: UncheckedAccount<'info>,
    /// CHECK: the token program checks that it holds the quote mint.
    #[account(mut)]
    pub destination: UncheckedAccount<'info>,
    /// CHECK: the program that owns the quote mint, by address.
    pub token_program: UncheckedAccount<'info>,
}

pub fn withdraw_protocol_fees(ctx: Context<WithdrawProtocolFees>) -> Result<()> {
    let accounts = ctx.accounts;
    let exchange = accounts.exchange.load()?;
    exchange.require_admin(accounts.admin.key)?;
    let (before, plan) = {
        let mut market = accounts.market.load_mut()?;
        let before = market.state.books.protocol_fees;
        let plan = plan_withdraw_protocol_fees(&market.state).map_err(refused)?;
        market.state.books = plan.books;
        (before, plan)
    };
    emit!(ProtocolFeesWithdrawn {
        market: accounts.market.key(),
        destination: accounts.destination.key(),
        amount: plan.amount.get(),
        before: before.get(),
        after: plan.books.protocol_fees.get(),
    });
    Transfer {
        token_program: &accounts.token_program,
        mint: &accounts.quote_mint,
        from: &accounts.vault,
        to: &accounts.destination,
        authority: accounts.exchange.as_ref(),
    }
    .by_exchange(&exchange, plan.amount.get())
}
