//! The liquidity providers and the pool: requests, the boundary that serves them, their payment, cash for the markets.

pub mod allocate_backing;
pub mod close_epoch;
pub mod pay_liquidity_request;
pub mod request_liquidity_deposit;
pub mod request_liquidity_withdrawal;
pub mod value_market;

pub use allocate_backing::*;
pub use close_epoch::*;
pub use pay_liquidity_request::*;
pub use request_liquidity_deposit::*;
pub use request_liquidity_withdrawal::*;
pub use value_market::*;

use crate::errors::refused;
use crate::state::{EpochRecord, Exchange, Pool};
use anchor_lang::prelude::*;
use anchor_lang::system_program;
use perp_engine::error::EngineError;
use perp_engine::operations::liquidity::{valuation_lamports, RequestPlan, PAYMENT_LAMPORTS};
use perp_engine::state::{ExchangeState, PriceLimit};
use perp_engine::Session;

/// The limit of this number.
///
/// # Errors
/// [`UnknownPriceLimit`](crate::errors::ExchangeError::UnknownPriceLimit).
fn price_limit(number: u8) -> Result<PriceLimit> {
    PriceLimit::from_number(number).ok_or_else(|| refused(EngineError::UnknownPriceLimit))
}

/// Rent of the record that a closed epoch needs.
fn record_rent() -> Result<u64> {
    Ok(Rent::get()?.minimum_balance(EpochRecord::SPACE))
}

/// Plans a request with what it pays for valuations, and stores it in the pool and the exchange.
fn queue(
    pool: &mut Pool,
    exchange: &mut Exchange,
    session: &Session,
    plan: impl FnOnce(&perp_engine::state::Pool, &ExchangeState, u64) -> core::result::Result<RequestPlan, EngineError>,
) -> Result<RequestPlan> {
    let lamports = valuation_lamports(exchange.market_count, record_rent()?).map_err(refused)?;
    let plan = plan(&pool.state, &exchange.state, lamports).map_err(refused)?;
    plan.apply(&mut pool.state, &mut pool.queue, &mut exchange.state, exchange.market_count, session.clock)
        .map_err(refused)?;
    Ok(plan)
}

/// Moves what a request pays, for its payment and for valuations, into its account, to which its rent has gone already.
fn pay_in<'info>(
    system_program: &AccountInfo<'info>,
    owner: &AccountInfo<'info>,
    request: &AccountInfo<'info>,
    plan: &RequestPlan,
) -> Result<()> {
    let lamports = plan.waiting.lamports.checked_add(PAYMENT_LAMPORTS);
    let lamports = lamports.ok_or_else(|| refused(EngineError::Overflow))?;
    let accounts = system_program::Transfer { from: owner.clone(), to: request.clone() };
    system_program::transfer(CpiContext::new(*system_program.key, accounts), lamports)
}

/// Moves lamports between accounts, the first of which is the program's. No other program may be called afterwards: it would miss
/// them.
fn move_lamports(from: &AccountInfo<'_>, to: &AccountInfo<'_>, lamports: u64) -> Result<()> {
    from.sub_lamports(lamports)?;
    to.add_lamports(lamports)?;
    Ok(())
}
