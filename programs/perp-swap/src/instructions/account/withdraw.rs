use crate::access::{check_custody, check_exchange, check_owner};
use crate::context::{session, Markets};
use crate::errors::refused;
use crate::events::{log, Withdrawn};
use crate::state::{Exchange, MarginAccount};
use crate::token::Transfer;
use anchor_lang::prelude::*;
use perp_engine::operations::account::{plan_margined_withdrawal, plan_withdrawal, WithdrawalPlan};
use perp_engine::risk::portfolio::Portfolio;
use perp_engine::units::Atoms;
use perp_engine::Session;

/// Accounts of `withdraw`.
#[derive(Accounts)]
pub struct Withdraw<'info> {
    /// The margin account's owner.
    pub owner: Signer<'info>,
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The margin account.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// The exchange's vault.
    /// CHECK: its address is the exchange's.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// Token account that receives, of any owner.
    /// CHECK: the token program checks that it holds the quote mint.
    #[account(mut)]
    pub destination: UncheckedAccount<'info>,
    /// The exchange's quote mint.
    /// CHECK: its address is the exchange's.
    pub quote_mint: UncheckedAccount<'info>,
    /// Program that owns the quote mint.
    /// CHECK: its address is the exchange's.
    pub token_program: UncheckedAccount<'info>,
}

impl Withdraw<'_> {
    /// # Errors
    /// Those of [`check_custody`], [`NotTheOwner`](crate::errors::ExchangeError::NotTheOwner),
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch).
    pub fn validate(&self) -> Result<()> {
        let Self { owner, exchange, margin_account, vault, destination: _, quote_mint, token_program } = self;
        check_custody(&*exchange.load()?, vault.key, quote_mint.key, token_program.key)?;
        let account = margin_account.load()?;
        check_owner(&account, owner.key)?;
        check_exchange(exchange, &account.exchange)
    }
}

/// Takes collateral out.
pub fn withdraw<'info>(ctx: Context<'info, Withdraw<'info>>, amount: u64) -> Result<()> {
    let accounts = ctx.accounts;
    let session = session(&accounts.exchange)?;
    let mut account = accounts.margin_account.load_mut()?;
    let before = account.state.balance;

    let plan = plan(&account, Atoms::new(amount), ctx.remaining_accounts, &session)?;
    plan.apply(&mut account.state);

    log(&Withdrawn {
        exchange: account.exchange,
        time: session.clock.now.get(),
        account: accounts.margin_account.key(),
        owner: account.owner,
        account_sequence: account.state.next_event(),
        destination: accounts.destination.key(),
        amount,
        balance_before: before.get(),
        balance_after: plan.balance.get(),
    })?;
    Transfer {
        token_program: &accounts.token_program,
        mint: &accounts.quote_mint,
        from: &accounts.vault,
        to: &accounts.destination,
        authority: accounts.exchange.as_ref(),
    }
    .by_exchange(&*accounts.exchange.load()?, plan.amount)
}

/// An account without open positions needs no market: none of those passed is even looked at.
fn plan<'info>(
    account: &MarginAccount,
    amount: Atoms,
    markets: &'info [AccountInfo<'info>],
    session: &Session,
) -> Result<WithdrawalPlan> {
    if !account.state.has_open_position() {
        return plan_withdrawal(&account.state, amount, session.clock.now).map_err(refused);
    }
    let markets = Markets::load(markets, &account.exchange)?;
    let portfolio = Portfolio::new(&account.state, None, markets.states(), session.clock).map_err(refused)?;
    plan_margined_withdrawal(&portfolio, amount, session).map_err(refused)
}
