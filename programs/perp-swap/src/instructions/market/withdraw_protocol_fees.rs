use crate::access::{check_admin, check_custody, check_exchange};
use crate::context;
use crate::errors::refused;
use crate::events::{log, ProtocolFeesWithdrawn};
use crate::state::{Exchange, Market};
use crate::token::Transfer;
use anchor_lang::prelude::*;
use perp_engine::operations::market::plan_withdraw_protocol_fees;

/// Accounts of `withdraw_protocol_fees`.
#[derive(Accounts)]
pub struct WithdrawProtocolFees<'info> {
    /// The exchange's admin.
    pub admin: Signer<'info>,
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// The exchange's vault.
    /// CHECK: its address is the exchange's.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// The exchange's quote mint.
    /// CHECK: its address is the exchange's.
    pub quote_mint: UncheckedAccount<'info>,
    /// Token account that receives the fees, of any owner.
    /// CHECK: the token program checks that it holds the quote mint.
    #[account(mut)]
    pub destination: UncheckedAccount<'info>,
    /// Program that owns the quote mint.
    /// CHECK: its address is the exchange's.
    pub token_program: UncheckedAccount<'info>,
}

impl WithdrawProtocolFees<'_> {
    /// # Errors
    /// Those of [`check_custody`], [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch),
    /// [`MissingRole`](crate::errors::ExchangeError::MissingRole).
    pub fn validate(&self) -> Result<()> {
        let Self { admin, exchange, market, vault, quote_mint, destination: _, token_program } = self;
        let stored = exchange.load()?;
        check_custody(&stored, vault.key, quote_mint.key, token_program.key)?;
        check_exchange(exchange, &market.load()?.exchange)?;
        check_admin(&stored, admin.key)
    }
}

/// Takes out the protocol's part of a market's fees.
pub fn withdraw_protocol_fees(ctx: Context<WithdrawProtocolFees>) -> Result<()> {
    let accounts = ctx.accounts;
    let mut market = accounts.market.load_mut()?;
    let before = market.state.ledger.protocol_fees;

    let plan = plan_withdraw_protocol_fees(&market.state).map_err(refused)?;
    market.state.ledger = plan.ledger;

    log(&ProtocolFeesWithdrawn {
        exchange: accounts.exchange.key(),
        time: context::now()?,
        market: accounts.market.key(),
        market_index: market.state.index,
        market_sequence: market.state.next_event(),
        destination: accounts.destination.key(),
        amount: plan.amount.get(),
        before: before.get(),
        after: plan.ledger.protocol_fees.get(),
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
