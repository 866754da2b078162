use crate::context;
use crate::errors::{require, ExchangeError};
use crate::events::{log, AccountOpened};
use crate::state::{Exchange, MarginAccount, VERSION};
use anchor_lang::prelude::*;
use perp_engine::state::Account;

/// Accounts of `open_account`.
#[derive(Accounts)]
#[instruction(sub_account: u16)]
pub struct OpenAccount<'info> {
    /// Who will own the account.
    pub owner: Signer<'info>,
    /// Who pays for the account; its rent returns to the owner when it is closed.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The new margin account.
    #[account(
        init,
        payer = payer,
        space = MarginAccount::SPACE,
        seeds = [MarginAccount::SEED, exchange.key().as_ref(), owner.key().as_ref(), &sub_account.to_le_bytes()],
        bump
    )]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// The system program.
    pub system_program: Program<'info, System>,
}

impl OpenAccount<'_> {
    /// # Errors
    /// [`ExchangeError::NoSuchMarket`].
    pub fn validate(&self, isolated_market: Option<u16>) -> Result<()> {
        let Self { owner: _, payer: _, exchange, margin_account: _, system_program: _ } = self;
        let count = exchange.load()?.market_count;
        require(isolated_market.is_none_or(|market| market < count), ExchangeError::NoSuchMarket)
    }
}

/// Opens a margin account.
pub fn open_account(ctx: Context<OpenAccount>, sub_account: u16, isolated_market: Option<u16>) -> Result<()> {
    let accounts = ctx.accounts;
    let mut account = accounts.margin_account.load_init()?;
    account.exchange = accounts.exchange.key();
    account.owner = accounts.owner.key();
    account.sub_account = sub_account;
    account.bump = ctx.bumps.margin_account;
    account.version = VERSION;
    account.state = Account::opened(isolated_market);

    log(&AccountOpened {
        exchange: account.exchange,
        time: context::now()?,
        account: accounts.margin_account.key(),
        owner: account.owner,
        account_sequence: account.state.next_event(),
        sub_account,
        isolated_market,
    })?;
    Ok(())
}
