//! The three token movements of the exchange.

use crate::errors::{refused, ExchangeError};
use crate::exchange_seeds;
use crate::state::Exchange;
use anchor_lang::prelude::*;
use anchor_spl::token_2022::spl_token_2022::extension::{BaseStateWithExtensions, ExtensionType, StateWithExtensions};
use anchor_spl::token_2022::spl_token_2022::state::Mint;
use anchor_spl::token_interface::{self, Burn, MintTo, TransferChecked};

/// Accounts of one transfer of quote tokens.
pub struct Transfer<'a, 'info> {
    pub token_program: &'a AccountInfo<'info>,
    pub mint: &'a AccountInfo<'info>,
    pub from: &'a AccountInfo<'info>,
    pub to: &'a AccountInfo<'info>,
    pub authority: &'a AccountInfo<'info>,
}

impl<'info> Transfer<'_, 'info> {
    /// # Errors
    /// [`ExchangeError::WrongVault`] from an account to itself: one of the two is the exchange's, which would credit or
    /// debit tokens that did not move.
    fn accounts(&self) -> Result<TransferChecked<'info>> {
        if self.from.key == self.to.key {
            return Err(refused(ExchangeError::WrongVault));
        }
        Ok(TransferChecked {
            from: self.from.clone(),
            mint: self.mint.clone(),
            to: self.to.clone(),
            authority: self.authority.clone(),
        })
    }

    /// Signed by a user; the token program checks mint, balance and authority of the user's account.
    pub fn by_user(&self, amount: u64, decimals: u8) -> Result<()> {
        token_interface::transfer_checked(CpiContext::new(*self.token_program.key, self.accounts()?), amount, decimals)
    }

    /// Signed by the exchange, the vault's authority.
    pub fn by_exchange(&self, exchange: &Exchange, amount: u64) -> Result<()> {
        token_interface::transfer_checked(
            CpiContext::new_with_signer(*self.token_program.key, self.accounts()?, exchange_seeds!(exchange)),
            amount,
            exchange.quote_decimals,
        )
    }
}

/// Mints liquidity shares, signed by the exchange.
pub fn mint_shares<'info>(
    exchange: &Exchange,
    token_program: &AccountInfo<'info>,
    mint: &AccountInfo<'info>,
    to: &AccountInfo<'info>,
    authority: &AccountInfo<'info>,
    amount: u64,
) -> Result<()> {
    let accounts = MintTo { mint: mint.clone(), to: to.clone(), authority: authority.clone() };
    token_interface::mint_to(
        CpiContext::new_with_signer(*token_program.key, accounts, exchange_seeds!(exchange)),
        amount,
    )
}

/// Burns escrowed liquidity shares, signed by the exchange.
pub fn burn_shares<'info>(
    exchange: &Exchange,
    token_program: &AccountInfo<'info>,
    mint: &AccountInfo<'info>,
    from: &AccountInfo<'info>,
    authority: &AccountInfo<'info>,
    amount: u64,
) -> Result<()> {
    let accounts = Burn { mint: mint.clone(), from: from.clone(), authority: authority.clone() };
    token_interface::burn(CpiContext::new_with_signer(*token_program.key, accounts, exchange_seeds!(exchange)), amount)
}

/// Extensions that only describe a mint. Every other one could tax, hook, freeze, pause, seize or hide transfers, and
/// an unknown one might.
const HARMLESS_EXTENSIONS: [ExtensionType; 2] = [ExtensionType::MetadataPointer, ExtensionType::TokenMetadata];

/// Decimals of the quote token. Every posting rounds by up to one atom, which is a cent where a token has two decimals and
/// anybody may settle another's funding every second; and 2^62 atoms must be more than anybody can deposit: with nine
/// decimals they are 4.6 billion tokens.
const DECIMALS: core::ops::RangeInclusive<u8> = 6..=9;

/// Decimals of a mint fit for collateral: a plain SPL Token mint, or a Token-2022 mint without harmful extensions.
///
/// # Errors
/// [`ExchangeError::MintHasRefusedExtension`], [`ExchangeError::MintNotSupported`].
pub fn collateral_decimals(mint: &AccountInfo<'_>) -> Result<u8> {
    let data = mint.try_borrow_data()?;
    let state = StateWithExtensions::<Mint>::unpack(&data).map_err(|_| refused(ExchangeError::MintNotSupported))?;
    let extensions = state.get_extension_types().map_err(|_| refused(ExchangeError::MintHasRefusedExtension))?;
    if extensions.iter().any(|extension| !HARMLESS_EXTENSIONS.contains(extension)) {
        return Err(refused(ExchangeError::MintHasRefusedExtension));
    }
    if !DECIMALS.contains(&state.base.decimals) {
        return Err(refused(ExchangeError::MintNotSupported));
    }
    Ok(state.base.decimals)
}
