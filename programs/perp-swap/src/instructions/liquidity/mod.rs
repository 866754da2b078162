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

/// What a request pays into its account, for its payment and for valuations, besides its rent.
fn request_lamports(plan: &RequestPlan) -> Result<u64> {
    let lamports = plan.waiting.lamports.checked_add(PAYMENT_LAMPORTS);
    lamports.ok_or_else(|| refused(EngineError::Overflow))
}
