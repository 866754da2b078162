//! The liquidity providers and the pool: requests, their execution and refund, cash for the markets.

pub mod allocate_backing;
pub mod execute_liquidity_deposit;
pub mod execute_liquidity_withdrawal;
pub mod refund_liquidity_deposit;
pub mod refund_liquidity_withdrawal;
pub mod request_liquidity_deposit;
pub mod request_liquidity_withdrawal;

pub use allocate_backing::*;
pub use execute_liquidity_deposit::*;
pub use execute_liquidity_withdrawal::*;
pub use refund_liquidity_deposit::*;
pub use refund_liquidity_withdrawal::*;
pub use request_liquidity_deposit::*;
pub use request_liquidity_withdrawal::*;

use crate::access::check_exchange;
use crate::errors::{require, ExchangeError};
use crate::state::{Exchange, LiquidityRequest};
use anchor_lang::prelude::*;
use anchor_lang::system_program;
use perp_engine::state::RequestKind;

/// Whether a request is of this exchange and this kind.
///
/// # Errors
/// [`ExchangeError::ExchangeMismatch`], [`ExchangeError::RequestOfOtherKind`].
fn check_request(exchange: &AccountLoader<'_, Exchange>, request: &LiquidityRequest, kind: RequestKind) -> Result<()> {
    check_exchange(exchange, &request.exchange)?;
    require(request.kind == kind as u8, ExchangeError::RequestOfOtherKind)
}

/// Moves the tip into the request's account, to which its rent has gone already.
fn pay_tip<'info>(
    system_program: &AccountInfo<'info>,
    owner: &AccountInfo<'info>,
    request: &AccountInfo<'info>,
    tip: u64,
) -> Result<()> {
    if tip == 0 {
        return Ok(());
    }
    let accounts = system_program::Transfer { from: owner.clone(), to: request.clone() };
    system_program::transfer(CpiContext::new(*system_program.key, accounts), tip)
}
