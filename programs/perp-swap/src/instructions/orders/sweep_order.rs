use super::{bit, order_at, Numbers};
use crate::access::{check_orders, check_receiver};
use crate::context;
use crate::errors::{refused, require, ExchangeError};
use crate::events::{log, OrderMoment, OrderSwept};
use crate::lamports::{move_lamports, that_go_home};
use crate::state::{MarginAccount, Market, Orders};
use anchor_lang::prelude::*;
use perp_engine::operations::orders::sweep_order as sweep;

/// Accounts of `sweep_order`.
#[derive(Accounts)]
pub struct SweepOrder<'info> {
    /// The margin account's owner, who receives what the order held.
    /// CHECK: the margin account names its address.
    #[account(mut)]
    pub owner: UncheckedAccount<'info>,
    /// The margin account.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// The account of its orders.
    #[account(mut)]
    pub orders: AccountLoader<'info, Orders>,
    /// The order's market, where it is dead because that has ended for good.
    pub market: Option<AccountLoader<'info, Market>>,
}

impl SweepOrder<'_> {
    /// # Errors
    /// [`ExchangeError::WrongReceiver`], [`ExchangeError::WrongOrders`], [`ExchangeError::ExchangeMismatch`].
    pub fn validate(&self) -> Result<()> {
        let Self { owner, margin_account, orders, market } = self;
        let account = margin_account.load()?;
        check_receiver(&account, owner.key)?;
        check_orders(orders, margin_account.as_ref().key)?;
        match market {
            Some(market) => require(market.load()?.exchange == account.exchange, ExchangeError::ExchangeMismatch),
            None => Ok(()),
        }
    }
}

/// Takes a dead order out.
pub fn sweep_order(ctx: Context<SweepOrder>, slot: u8) -> Result<()> {
    let accounts = ctx.accounts;
    let now = context::clock()?.now;
    let mut account = accounts.margin_account.load_mut()?;
    let mut orders = accounts.orders.load_mut()?;
    let before = Numbers::of(&orders.state);
    let order = OrderMoment::of(slot, order_at(&orders.state, slot)?);

    let returned = {
        let market = accounts.market.as_ref().map(AccountLoader::load).transpose()?;
        let market = market.as_deref().map(|market| &market.state);
        sweep(&mut orders.state, usize::from(slot), &account.state, market, now).map_err(refused)?
    };

    let returned = that_go_home(&accounts.owner, returned)?;
    log(&OrderSwept {
        exchange: account.exchange,
        time: now.get(),
        account: accounts.margin_account.key(),
        owner: account.owner,
        account_sequence: account.state.next_event(),
        order,
        removed: before.changes(&orders.state).removed & !bit(u32::from(slot)),
        returned,
    })?;
    move_lamports(accounts.orders.as_ref(), &accounts.owner, returned)
}
