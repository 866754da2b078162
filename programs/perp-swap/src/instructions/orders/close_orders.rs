use crate::access::{check_orders, check_owner};
use crate::context;
use crate::errors::{require, ExchangeError};
use crate::events::{log, OrdersClosed};
use crate::state::{MarginAccount, Orders};
use anchor_lang::prelude::*;

/// Accounts of `close_orders`.
#[derive(Accounts)]
pub struct CloseOrders<'info> {
    /// The margin account's owner, who receives the rent.
    #[account(mut)]
    pub owner: Signer<'info>,
    /// The margin account.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// The account of its orders.
    #[account(mut, close = owner)]
    pub orders: AccountLoader<'info, Orders>,
}

impl CloseOrders<'_> {
    /// # Errors
    /// [`ExchangeError::NotTheOwner`], [`ExchangeError::WrongOrders`].
    pub fn validate(&self) -> Result<()> {
        let Self { owner, margin_account, orders } = self;
        check_owner(&*margin_account.load()?, owner.key)?;
        check_orders(orders, margin_account.as_ref().key)
    }
}

/// Closes the account of a margin account's resting orders.
pub fn close_orders(ctx: Context<CloseOrders>) -> Result<()> {
    let accounts = ctx.accounts;
    let mut account = accounts.margin_account.load_mut()?;

    require(accounts.orders.load()?.state.is_empty(), ExchangeError::OrdersNotEmpty)?;
    account.state.orders_open = 0;

    log(&OrdersClosed {
        exchange: account.exchange,
        time: context::now()?,
        account: accounts.margin_account.key(),
        owner: account.owner,
        account_sequence: account.state.next_event(),
        orders: accounts.orders.key(),
    })
}
