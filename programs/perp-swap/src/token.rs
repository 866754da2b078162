//! The three token movements of the exchange, and which quote mints it takes.

use crate::errors::{denied, require, ExchangeError};
use anchor_lang::prelude::*;
use anchor_lang::solana_program::program::invoke_signed_unchecked;
use anchor_spl::associated_token::get_associated_token_address_with_program_id;
use anchor_spl::token_2022::spl_token_2022::extension::{BaseStateWithExtensions, ExtensionType, StateWithExtensions};
use anchor_spl::token_2022::spl_token_2022::instruction::transfer_checked;
use anchor_spl::token_2022::spl_token_2022::state::{Account as TokenAccount, Mint};
use anchor_spl::token_interface::{self, Burn, MintTo};
use perp_accounts::Exchange;
use perp_engine::units::{Atoms, QUOTE_DECIMALS};

/// Signer seeds of the exchange, the authority over vault, shares and share escrow.
fn seeds(exchange: &Exchange) -> [&[u8]; 4] {
    [Exchange::SEED, exchange.creator.as_ref(), &exchange.name, std::slice::from_ref(&exchange.bump)]
}

/// Accounts of one transfer of quote tokens or shares, which have the same decimals.
pub struct Transfer<'a, 'info> {
    /// The exchange's token program.
    pub token_program: &'a AccountInfo<'info>,
    /// Mint of what is transferred.
    pub mint: &'a AccountInfo<'info>,
    /// Token account that pays.
    pub from: &'a AccountInfo<'info>,
    /// Token account that receives.
    pub to: &'a AccountInfo<'info>,
    /// Who may spend what is in `from`.
    pub authority: &'a AccountInfo<'info>,
}

impl Transfer<'_, '_> {
    /// Signed by a user; the token program checks mint, balance and authority of the user's account.
    pub fn by_user(&self, amount: Atoms, decimals: u8) -> Result<()> {
        self.send(amount, decimals, &[])
    }

    /// Signed by the exchange, the authority over vault and share escrow.
    pub fn by_exchange(&self, exchange: &Exchange, amount: Atoms) -> Result<()> {
        self.send(amount, exchange.quote_decimals, &[&seeds(exchange)])
    }

    /// # Errors
    /// [`ExchangeError::TransferToItself`] from an account to itself: one of the two is the exchange's, which would
    /// credit or debit tokens that did not move.
    fn send(&self, amount: Atoms, decimals: u8, signer: &[&[&[u8]]]) -> Result<()> {
        let Self { token_program, mint, from, to, authority } = *self;
        require(from.key != to.key, ExchangeError::TransferToItself)?;
        let [program, from_key, mint_key, to_key, authority_key] =
            [token_program, from, mint, to, authority].map(|account| account.key);
        let instruction =
            transfer_checked(program, from_key, mint_key, to_key, authority_key, &[], amount.get(), decimals)?;
        // What `invoke_signed` asks after it has looked for each account of the instruction among those passed: that
        // nobody here holds what the call may change, or changes what it reads.
        for account in [from, to] {
            account.try_borrow_mut_lamports()?;
            account.try_borrow_mut_data()?;
        }
        for account in [mint, authority] {
            account.try_borrow_lamports()?;
            account.try_borrow_data()?;
        }
        let accounts = [from, mint, to, authority].map(AccountInfo::clone);
        Ok(invoke_signed_unchecked(&instruction, &accounts, signer)?)
    }
}

/// Accounts through which liquidity shares come into being and cease to exist.
pub struct Shares<'a, 'info> {
    /// The exchange's token program.
    pub token_program: &'a AccountInfo<'info>,
    /// The exchange's share mint.
    pub mint: &'a AccountInfo<'info>,
    /// Token account whose shares change.
    pub account: &'a AccountInfo<'info>,
    /// The exchange.
    pub authority: &'a AccountInfo<'info>,
}

impl Shares<'_, '_> {
    /// Mints shares, signed by the exchange.
    pub fn mint(&self, exchange: &Exchange, amount: Atoms) -> Result<()> {
        let accounts = MintTo { mint: self.mint.clone(), to: self.account.clone(), authority: self.authority.clone() };
        let signer = &[&seeds(exchange)[..]];
        token_interface::mint_to(CpiContext::new_with_signer(*self.token_program.key, accounts, signer), amount.get())
    }

    /// Burns shares of the escrow, signed by the exchange.
    pub fn burn(&self, exchange: &Exchange, amount: Atoms) -> Result<()> {
        let accounts = Burn { mint: self.mint.clone(), from: self.account.clone(), authority: self.authority.clone() };
        let signer = &[&seeds(exchange)[..]];
        token_interface::burn(CpiContext::new_with_signer(*self.token_program.key, accounts, signer), amount.get())
    }
}

/// What a token account holds.
///
/// # Errors
/// The token program's where it is none.
pub fn held(account: &AccountInfo<'_>) -> Result<Atoms> {
    let data = account.try_borrow_data()?;
    Ok(Atoms::new(StateWithExtensions::<TokenAccount>::unpack(&data)?.base.amount))
}

/// Whether a token account is the one that anybody can create for `owner`: no owner can then keep an instruction from
/// others by closing it.
///
/// # Errors
/// [`ExchangeError::NotTheAssociatedAccount`].
pub fn check_associated(account: &Pubkey, owner: &Pubkey, mint: &Pubkey, token_program: &Pubkey) -> Result<()> {
    let expected = get_associated_token_address_with_program_id(owner, mint, token_program);
    require(*account == expected, ExchangeError::NotTheAssociatedAccount)
}

/// Extensions that only describe a mint. Every other one could tax, hook, freeze, pause, seize or hide transfers, and
/// an unknown one might.
const HARMLESS_EXTENSIONS: [ExtensionType; 2] = [ExtensionType::MetadataPointer, ExtensionType::TokenMetadata];

/// Whether a mint is fit for collateral: a plain SPL Token mint, or a Token-2022 mint without harmful extensions, with
/// decimals that suit an exchange.
///
/// # Errors
/// [`ExchangeError::MintHasRefusedExtension`], [`ExchangeError::MintNotSupported`].
pub fn check_collateral(mint: &AccountInfo<'_>) -> Result<()> {
    let data = mint.try_borrow_data()?;
    let state = StateWithExtensions::<Mint>::unpack(&data)?;
    let extensions = state.get_extension_types().map_err(|_| denied(ExchangeError::MintHasRefusedExtension))?;
    let harmless = extensions.iter().all(|extension| HARMLESS_EXTENSIONS.contains(extension));
    require(harmless, ExchangeError::MintHasRefusedExtension)?;
    require(QUOTE_DECIMALS.contains(&state.base.decimals), ExchangeError::MintNotSupported)
}
