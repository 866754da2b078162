use super::{bit, Numbers};
use crate::access::{check_exchange, check_orders, check_receiver, check_trader};
use crate::arguments::OrderTerms;
use crate::context::{refresh, session, Markets};
use crate::errors::refused;
use crate::events::{log, MarketMoment, OrderMoment, OrderPlaced, OrdersPlaced};
use crate::lamports::{move_lamports, pay_in, that_go_home};
use crate::state::{Exchange, MarginAccount, Market, Orders};
use anchor_lang::prelude::*;
use perp_engine::operations::account::check_delegated_orders;
use perp_engine::operations::orders::{place_orders as place, NewOrder};
use perp_engine::risk::portfolio::Portfolio;
use perp_engine::state::OrderBook;

/// Accounts of `place_orders`.
#[derive(Accounts)]
pub struct PlaceOrders<'info> {
    /// Owner or delegate of the margin account; pays the lamports that new orders hold.
    #[account(mut)]
    pub trader: Signer<'info>,
    /// The margin account's owner, who receives what cancelled orders held.
    /// CHECK: the margin account names its address.
    #[account(mut)]
    pub owner: UncheckedAccount<'info>,
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The margin account.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// The account of its orders.
    #[account(mut)]
    pub orders: AccountLoader<'info, Orders>,
    /// The market of the new orders; where none is placed any.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// The market's price account; without it an order by time that is due is tried at the last valid price.
    /// CHECK: the oracle reader checks owner, address, layout and feed against the market's binding.
    pub oracle: Option<UncheckedAccount<'info>>,
    /// The system program.
    pub system_program: Program<'info, System>,
}

impl PlaceOrders<'_> {
    /// # Errors
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch),
    /// [`NotAuthorized`](crate::errors::ExchangeError::NotAuthorized),
    /// [`WrongReceiver`](crate::errors::ExchangeError::WrongReceiver),
    /// [`WrongOrders`](crate::errors::ExchangeError::WrongOrders).
    pub fn validate(&self) -> Result<()> {
        let Self { trader, owner, exchange, margin_account, orders, market, oracle: _, system_program: _ } = self;
        let account = margin_account.load()?;
        check_exchange(exchange, &account.exchange)?;
        check_exchange(exchange, &market.load()?.exchange)?;
        check_trader(&account, trader.key)?;
        check_receiver(&account, owner.key)?;
        check_orders(orders, margin_account.as_ref().key)
    }
}

/// Cancels orders and places new ones.
pub fn place_orders<'info>(
    ctx: Context<'info, PlaceOrders<'info>>,
    cancel: Vec<u8>,
    orders: Vec<OrderTerms>,
) -> Result<()> {
    let accounts = ctx.accounts;
    let new: Vec<NewOrder> = orders.into_iter().map(NewOrder::from).collect();
    let (mut paid, mut returned) = placed(accounts, ctx.remaining_accounts, &cancel, &new)?;
    // Who cancels and places at once pays the difference.
    if accounts.trader.key == accounts.owner.key {
        let difference = paid.abs_diff(returned);
        (paid, returned) = if paid > returned { (difference, 0) } else { (0, difference) };
    }
    let orders = accounts.orders.as_ref();
    if paid > 0 {
        pay_in(&accounts.system_program, &accounts.trader, orders, paid)?;
    }
    move_lamports(orders, &accounts.owner, returned)
}

/// Stores the plan, and tells of it. Returns the lamports that come in and those that go home.
#[inline(never)]
fn placed<'info>(
    accounts: &PlaceOrders<'info>,
    others: &'info [AccountInfo<'info>],
    cancel: &[u8],
    new: &[NewOrder],
) -> Result<(u64, u64)> {
    let session = session(&accounts.exchange)?;
    let mut account = accounts.margin_account.load_mut()?;
    let mut orders = accounts.orders.load_mut()?;
    let mut market = accounts.market.load_mut()?;
    let mut ready = refresh(&mut market, accounts.oracle.as_deref(), &session)?;
    let before = Numbers::of(&orders.state);
    if account.owner != *accounts.trader.key {
        let limits = &account.state.delegate;
        check_delegated_orders(limits, &orders.state, ready.index, cancel, new, session.clock.now).map_err(refused)?;
    }

    let plan = {
        let others = Markets::load(others, &account.exchange)?;
        let portfolio =
            Portfolio::new(&account.state, Some(&ready), others.states(), session.clock).map_err(refused)?;
        place(&mut orders.state, &portfolio, &ready, cancel, new).map_err(refused)?
    };
    plan.apply(&mut account.state);

    let changes = before.changes(&orders.state);
    let returned = that_go_home(&accounts.owner, plan.returned)?;
    let placed = OrdersPlaced {
        exchange: account.exchange,
        time: session.clock.now.get(),
        account: accounts.margin_account.key(),
        owner: account.owner,
        account_sequence: account.state.next_event(),
        market: accounts.market.key(),
        market_index: ready.index,
        state: MarketMoment::next(&mut ready),
        trader: accounts.trader.key(),
        placed: changes.placed,
        removed: changes.removed,
        paid: plan.paid,
        returned,
        armed_until: account.state.armed_until.get(),
    };
    log(&placed)?;
    tell(&placed, &orders.state)?;
    Ok((plan.paid, returned))
}

/// Tells of every new order.
#[inline(never)]
fn tell(placed: &OrdersPlaced, book: &OrderBook) -> Result<()> {
    let OrdersPlaced { exchange, time, account, owner, account_sequence, .. } = *placed;
    for (slot, order) in (0u8..).zip(&book.orders).filter(|(slot, _)| placed.placed & bit(u32::from(*slot)) != 0) {
        log(&OrderPlaced { exchange, time, account, owner, account_sequence, order: OrderMoment::of(slot, order) })?;
    }
    Ok(())
}
