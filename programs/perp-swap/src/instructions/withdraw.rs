use crate::context::{clock, Markets};
use crate::errors::{refused, ExchangeError};
use crate::events::Withdrawn;
use crate::state::{Exchange, MarginAccount};
use crate::token::Transfer;
use anchor_lang::prelude::*;
use perp_engine::portfolio::Portfolio;
use perp_engine::units::Atoms;
use perp_engine::withdrawal::{needs_markets, plan_margined_withdrawal, plan_withdrawal};

#[derive(Accounts)]
pub struct Withdraw<'info> {
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
    /// CHECK: the exchange's vault, by address.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: the token program checks that it holds the quote mint.
    #[account(mut)]
    pub destination: UncheckedAccount<'info>,
    /// CHECK: the exchange's quote mint, by address.
    pub quote_mint: UncheckedAccount<'info>,
    /// CHECK: the program that owns the quote mint, by address.
    pub token_program: UncheckedAccount<'info>,
}

/// Takes collateral out. With open positions, their markets follow the named accounts in the order of the slots.
pub fn withdraw<'info>(ctx: Context<'info, Withdraw<'info>>, amount: Atoms) -> Result<()> {
    let accounts = ctx.accounts;
    let exchange_key = accounts.exchange.key();
    let exchange = accounts.exchange.load()?;
    let (before, after) = {
        let mut account = accounts.margin_account.load_mut()?;
        let before = account.state.balance;
        let plan = if needs_markets(&account.state) {
            let clock = clock()?;
            let markets = Markets::load(ctx.remaining_accounts, &exchange_key)?;
            let portfolio = Portfolio::new(&account.state, None, &markets.states(), clock).map_err(refused)?;
            plan_margined_withdrawal(&portfolio, amount, exchange.standing(clock.now).status, clock)
        } else {
            plan_withdrawal(&account.state, amount)
        }
        .map_err(refused)?;
        account.state.balance = plan.balance;
        (before, plan.balance)
    };
    emit!(Withdrawn {
        account: accounts.margin_account.key(),
        amount: amount.get(),
        balance_before: before.get(),
        balance_after: after.get(),
    });
    Transfer {
        token_program: &accounts.token_program,
        mint: &accounts.quote_mint,
        from: &accounts.vault,
        to: &accounts.destination,
        authority: accounts.exchange.as_ref(),
    }
    .by_exchange(&exchange, amount.get())
}
