//! What deposits and withdrawals of liquidity share.

use crate::errors::{refused, ExchangeError};
use crate::state::LiquidityRequest;
use anchor_lang::prelude::*;
use anchor_lang::system_program::{transfer, Transfer};
use perp_engine::state::RequestKind;
use perp_engine::units::Atoms;

/// A request to put liquidity in or take it out.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestArguments {
    /// Any number the owner has no open request with; part of the request's address.
    pub nonce: u64,
    /// Tokens to deposit, or shares to withdraw.
    pub amount: Atoms,
    /// Fewest shares, or tokens, that must come out for the whole amount.
    pub minimum_output: Atoms,
    /// Lamports for whoever executes the request, on top of its rent.
    pub tip: u64,
}

pub fn require_kind(request: &LiquidityRequest, kind: RequestKind) -> Result<()> {
    if request.kind == kind as u8 {
        return Ok(());
    }
    Err(refused(ExchangeError::RequestOfOtherKind))
}

/// Moves the tip into the request's account, to which its rent has gone already.
pub fn pay_tip<'info>(
    system_program: &AccountInfo<'info>,
    owner: &AccountInfo<'info>,
    request: &AccountInfo<'info>,
    tip: u64,
) -> Result<()> {
    if tip == 0 {
        return Ok(());
    }
    transfer(CpiContext::new(*system_program.key, Transfer { from: owner.clone(), to: request.clone() }), tip)
}
