use crate::access::check_owner;
use crate::context;
use crate::events::{log, OrdersOpened};
use crate::state::{MarginAccount, Orders, VERSION};
use anchor_lang::prelude::*;

/// Accounts of `open_orders`.
#[derive(Accounts)]
pub struct OpenOrders<'info> {
    /// The margin account's owner.
    pub owner: Signer<'info>,
    /// Who pays for the account; its rent returns to the owner when it is closed.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// The margin account.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// The new account of its orders.
    #[account(
        init,
        payer = payer,
        space = Orders::SPACE,
        seeds = [Orders::SEED, margin_account.key().as_ref()],
        bump
    )]
    pub orders: AccountLoader<'info, Orders>,
    /// The system program.
    pub system_program: Program<'info, System>,
}

impl OpenOrders<'_> {
    /// # Errors
    /// [`NotTheOwner`](crate::errors::ExchangeError::NotTheOwner).
    pub fn validate(&self) -> Result<()> {
        let Self { owner, payer: _, margin_account, orders: _, system_program: _ } = self;
        check_owner(&*margin_account.load()?, owner.key)
    }
}

/// Opens the account of a margin account's resting orders.
pub fn open_orders(ctx: Context<OpenOrders>) -> Result<()> {
    let accounts = ctx.accounts;
    let mut account = accounts.margin_account.load_mut()?;
    let mut orders = accounts.orders.load_init()?;
    orders.exchange = account.exchange;
    orders.margin_account = accounts.margin_account.key();
    orders.bump = ctx.bumps.orders;
    orders.version = VERSION;
    account.state.orders_open = 1;

    log(&OrdersOpened {
        exchange: account.exchange,
        time: context::now()?,
        account: accounts.margin_account.key(),
        owner: account.owner,
        account_sequence: account.state.next_event(),
        orders: accounts.orders.key(),
    })
}
