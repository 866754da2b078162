use crate::errors::{refused, ExchangeError};
use crate::events::Deposited;
use crate::state::{Exchange, MarginAccount};
use crate::token::Transfer;
use anchor_lang::prelude::*;
use perp_engine::deposit::plan_deposit;
use perp_engine::units::Atoms;

#[derive(Accounts)]
pub struct Deposit<'info> {
    pub owner: Signer<'info>,
    #[account(
        has_one = vault @ ExchangeError::WrongVault,
        has_one = quote_mint @ ExchangeError::WrongMint,
        has_one = token_program @ ExchangeError::WrongTokenProgram
    )]
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(
        mut,
        has_one = owner @ ExchangeError::NotTheOwner,
        has_one = exchange @ ExchangeError::ExchangeMismatch
    )]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// CHECK: the token program checks mint, balance and that the owner may spend it.
    #[account(mut)]
    pub source: UncheckedAccount<'info>,
    /// CHECK: the exchange's vault, by address.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: the exchange's quote mint, by address.
    pub quote_mint: UncheckedAccount<'info>,
    /// CHECK: the program that owns the quote mint, by address.
    pub token_program: UncheckedAccount<'info>,
}

/// Adds collateral. Works in every status.
pub fn deposit(ctx: Context<Deposit>, amount: Atoms) -> Result<()> {
    let accounts = ctx.accounts;
    let (before, after) = {
        let mut account = accounts.margin_account.load_mut()?;
        let before = account.state.balance;
        account.state.balance = plan_deposit(&account.state, amount).map_err(refused)?;
        (before, account.state.balance)
    };
    let decimals = accounts.exchange.load()?.quote_decimals;
    Transfer {
        token_program: &accounts.token_program,
        mint: &accounts.quote_mint,
        from: &accounts.source,
        to: &accounts.vault,
        authority: &accounts.owner,
    }
    .by_user(amount.get(), decimals)?;
    emit!(Deposited {
        account: accounts.margin_account.key(),
        amount: amount.get(),
        balance_before: before.get(),
        balance_after: after.get(),
    });
    Ok(())
}
