//! Who may do what, and which accounts belong together.

use crate::errors::{denied, require, ExchangeError};
use anchor_lang::prelude::*;
use perp_accounts::{Exchange, MarginAccount, Orders};
use perp_engine::operations::exchange::StatusAuthority;

/// Whether an account that names the exchange `named` belongs to `exchange`.
///
/// # Errors
/// [`ExchangeError::ExchangeMismatch`].
pub fn check_exchange(exchange: &AccountLoader<'_, Exchange>, named: &Pubkey) -> Result<()> {
    require(exchange.as_ref().key == named, ExchangeError::ExchangeMismatch)
}

/// Whether `pool` is the exchange's.
///
/// # Errors
/// [`ExchangeError::ExchangeMismatch`].
pub fn check_pool(exchange: &Exchange, pool: &Pubkey) -> Result<()> {
    require(exchange.pool == *pool, ExchangeError::ExchangeMismatch)
}

/// Whether the accounts through which quote tokens enter and leave are the exchange's.
///
/// # Errors
/// [`ExchangeError::WrongVault`], [`ExchangeError::WrongMint`], [`ExchangeError::WrongTokenProgram`].
pub fn check_custody(exchange: &Exchange, vault: &Pubkey, quote_mint: &Pubkey, token_program: &Pubkey) -> Result<()> {
    require(exchange.vault == *vault, ExchangeError::WrongVault)?;
    require(exchange.quote_mint == *quote_mint, ExchangeError::WrongMint)?;
    check_token_program(exchange, token_program)
}

/// Whether the accounts in which shares wait to be redeemed are the exchange's.
///
/// # Errors
/// [`ExchangeError::WrongShareMint`], [`ExchangeError::WrongShareEscrow`].
pub fn check_shares(exchange: &Exchange, share_mint: &Pubkey, share_escrow: &Pubkey) -> Result<()> {
    check_share_mint(exchange, share_mint)?;
    require(exchange.share_escrow == *share_escrow, ExchangeError::WrongShareEscrow)
}

/// Whether the mint is that of the exchange's shares.
///
/// # Errors
/// [`ExchangeError::WrongShareMint`].
pub fn check_share_mint(exchange: &Exchange, share_mint: &Pubkey) -> Result<()> {
    require(exchange.share_mint == *share_mint, ExchangeError::WrongShareMint)
}

/// Whether the program is the one that owns the exchange's quote mint.
///
/// # Errors
/// [`ExchangeError::WrongTokenProgram`].
pub fn check_token_program(exchange: &Exchange, token_program: &Pubkey) -> Result<()> {
    require(exchange.token_program == *token_program, ExchangeError::WrongTokenProgram)
}

/// # Errors
/// [`ExchangeError::NotTheOwner`].
pub fn check_owner(account: &MarginAccount, signer: &Pubkey) -> Result<()> {
    require(account.owner == *signer, ExchangeError::NotTheOwner)
}

/// Owner or delegate.
///
/// # Errors
/// [`ExchangeError::NotAuthorized`].
pub fn check_trader(account: &MarginAccount, signer: &Pubkey) -> Result<()> {
    let delegated = account.delegate == *signer && account.delegate != Pubkey::default();
    require(account.owner == *signer || delegated, ExchangeError::NotAuthorized)
}

/// Whether the orders are the margin account's.
///
/// # Errors
/// [`ExchangeError::WrongOrders`].
pub fn check_orders(orders: &AccountLoader<'_, Orders>, margin_account: &Pubkey) -> Result<()> {
    require(orders.load()?.margin_account == *margin_account, ExchangeError::WrongOrders)
}

/// Whether lamports go home.
///
/// # Errors
/// [`ExchangeError::WrongReceiver`].
pub fn check_receiver(account: &MarginAccount, receiver: &Pubkey) -> Result<()> {
    require(account.owner == *receiver, ExchangeError::WrongReceiver)
}

/// # Errors
/// [`ExchangeError::MissingRole`].
pub fn check_admin(exchange: &Exchange, signer: &Pubkey) -> Result<()> {
    require(is_admin(exchange, signer), ExchangeError::MissingRole)
}

/// Admin or risk admin.
///
/// # Errors
/// [`ExchangeError::MissingRole`].
pub fn check_risk_admin(exchange: &Exchange, signer: &Pubkey) -> Result<()> {
    require(is_risk_admin(exchange, signer), ExchangeError::MissingRole)
}

/// Whether the signer is the admin.
pub fn is_admin(exchange: &Exchange, signer: &Pubkey) -> bool {
    exchange.admin == *signer
}

/// Whether the signer is the guardian.
pub fn is_guardian(exchange: &Exchange, signer: &Pubkey) -> bool {
    exchange.guardian == *signer
}

/// Whether the signer is admin or risk admin.
pub fn is_risk_admin(exchange: &Exchange, signer: &Pubkey) -> bool {
    is_admin(exchange, signer) || exchange.risk_admin == *signer
}

/// By which role the signer sets a status.
///
/// # Errors
/// [`ExchangeError::MissingRole`].
pub fn status_authority(exchange: &Exchange, signer: &Pubkey) -> Result<StatusAuthority> {
    if is_risk_admin(exchange, signer) {
        Ok(StatusAuthority::RiskAdmin)
    } else if is_guardian(exchange, signer) {
        Ok(StatusAuthority::Guardian)
    } else {
        Err(denied(ExchangeError::MissingRole))
    }
}
