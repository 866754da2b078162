use crate::access::{check_custody, check_exchange, check_owner};
use crate::context;
use crate::errors::refused;
use crate::events::{log, Deposited};
use crate::state::{Exchange, MarginAccount};
use crate::token::Transfer;
use anchor_lang::prelude::*;
use perp_engine::operations::account::plan_deposit;
use perp_engine::units::Atoms;

/// Accounts of `deposit`.
#[derive(Accounts)]
pub struct Deposit<'info> {
    /// The margin account's owner, who may spend what `source` holds.
    pub owner: Signer<'info>,
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The margin account.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// Token account that pays.
    /// CHECK: the token program checks mint, balance and that the owner may spend it.
    #[account(mut)]
    pub source: UncheckedAccount<'info>,
    /// The exchange's vault.
    /// CHECK: its address is the exchange's.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// The exchange's quote mint.
    /// CHECK: its address is the exchange's.
    pub quote_mint: UncheckedAccount<'info>,
    /// Program that owns the quote mint.
    /// CHECK: its address is the exchange's.
    pub token_program: UncheckedAccount<'info>,
}

impl Deposit<'_> {
    /// # Errors
    /// Those of [`check_custody`], [`NotTheOwner`](crate::errors::ExchangeError::NotTheOwner),
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch).
    pub fn validate(&self) -> Result<()> {
        let Self { owner, exchange, margin_account, source: _, vault, quote_mint, token_program } = self;
        check_custody(&*exchange.load()?, vault.key, quote_mint.key, token_program.key)?;
        let account = margin_account.load()?;
        check_owner(&account, owner.key)?;
        check_exchange(exchange, &account.exchange)
    }
}

/// Puts collateral in.
pub fn deposit(ctx: Context<Deposit>, amount: u64) -> Result<()> {
    let accounts = ctx.accounts;
    let mut account = accounts.margin_account.load_mut()?;
    let before = account.state.balance;

    let plan = plan_deposit(&account.state, Atoms::new(amount)).map_err(refused)?;
    plan.apply(&mut account.state);

    log(&Deposited {
        exchange: account.exchange,
        time: context::now()?,
        account: accounts.margin_account.key(),
        owner: account.owner,
        account_sequence: account.state.next_event(),
        amount,
        balance_before: before.get(),
        balance_after: plan.balance.get(),
    })?;
    Transfer {
        token_program: &accounts.token_program,
        mint: &accounts.quote_mint,
        from: &accounts.source,
        to: &accounts.vault,
        authority: &accounts.owner,
    }
    .by_user(plan.amount, accounts.exchange.load()?.quote_decimals)
}
