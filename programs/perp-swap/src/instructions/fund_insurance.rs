use crate::errors::{refused, ExchangeError};
use crate::events::InsuranceFunded;
use crate::state::{Exchange, Market, Pool};
use crate::token::Transfer;
use anchor_lang::prelude::*;
use perp_engine::insurance::{plan_fund_market_insurance, plan_fund_shared_insurance};
use perp_engine::units::Atoms;

#[derive(Accounts)]
pub struct FundInsurance<'info> {
    pub funder: Signer<'info>,
    #[account(
        has_one = pool @ ExchangeError::ExchangeMismatch,
        has_one = vault @ ExchangeError::WrongVault,
        has_one = quote_mint @ ExchangeError::WrongMint,
        has_one = token_program @ ExchangeError::WrongTokenProgram
    )]
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut)]
    pub pool: AccountLoader<'info, Pool>,
    /// The market whose insurance is funded; none for the shared insurance.
    #[account(mut, has_one = exchange @ ExchangeError::ExchangeMismatch)]
    pub market: Option<AccountLoader<'info, Market>>,
    /// CHECK: the token program checks mint, balance and that the funder may spend it.
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

/// Gives tokens to a market's insurance or the shared one. They do not come back to the giver.
pub fn fund_insurance(ctx: Context<FundInsurance>, amount: Atoms) -> Result<()> {
    let accounts = ctx.accounts;
    let decimals = accounts.exchange.load()?.quote_decimals;
    Transfer {
        token_program: &accounts.token_program,
        mint: &accounts.quote_mint,
        from: &accounts.source,
        to: &accounts.vault,
        authority: &accounts.funder,
    }
    .by_user(amount.get(), decimals)?;
    let (before, after) = match &accounts.market {
        Some(market) => {
            let mut market = market.load_mut()?;
            let before = market.state.books.insurance;
            market.state.books = plan_fund_market_insurance(&market.state, amount).map_err(refused)?;
            (before, market.state.books.insurance)
        }
        None => {
            let mut pool = accounts.pool.load_mut()?;
            let before = pool.state.insurance;
            pool.state = plan_fund_shared_insurance(&pool.state, amount).map_err(refused)?;
            (before, pool.state.insurance)
        }
    };
    emit!(InsuranceFunded {
        exchange: accounts.exchange.key(),
        market: accounts.market.as_ref().map(|market| market.key()),
        funder: accounts.funder.key(),
        before: before.get(),
        after: after.get(),
    });
    Ok(())
}
