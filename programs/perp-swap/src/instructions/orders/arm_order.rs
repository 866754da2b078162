use super::order_at;
use crate::access::{check_exchange, check_orders};
use crate::context::{refresh, refresh_anywhere, session, Markets};
use crate::errors::refused;
use crate::events::{log, ArmingOutcome, MarketMoment, OrderArmed, OrderMoment};
use crate::state::{Exchange, MarginAccount, Market, Orders};
use anchor_lang::prelude::*;
use perp_engine::operations::orders::plan_arm_order;
use perp_engine::risk::portfolio::Portfolio;

/// Accounts of `arm_order`.
#[derive(Accounts)]
pub struct ArmOrder<'info> {
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The margin account.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// The account of its orders.
    #[account(mut)]
    pub orders: AccountLoader<'info, Orders>,
    /// The order's market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// Any account of the market's oracle program that holds the reading by which the order is met; none for an order by time.
    /// CHECK: the oracle reader checks owner, layout and feed against the market's binding, and a legacy account's address.
    pub oracle: Option<UncheckedAccount<'info>>,
}

impl ArmOrder<'_> {
    /// # Errors
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch),
    /// [`WrongOrders`](crate::errors::ExchangeError::WrongOrders).
    pub fn validate(&self) -> Result<()> {
        let Self { exchange, margin_account, orders, market, oracle: _ } = self;
        check_exchange(exchange, &margin_account.load()?.exchange)?;
        check_exchange(exchange, &market.load()?.exchange)?;
        check_orders(orders, margin_account.as_ref().key)
    }
}

/// Arms an order that is met, or moves the trigger of one that trails.
pub fn arm_order<'info>(accounts: &ArmOrder<'info>, others: &'info [AccountInfo<'info>], slot: u8) -> Result<()> {
    let session = session(&accounts.exchange)?;
    let mut account = accounts.margin_account.load_mut()?;
    let mut orders = accounts.orders.load_mut()?;
    let mut market = accounts.market.load_mut()?;
    let (mut ready, reading) = match &accounts.oracle {
        Some(oracle) => {
            let (ready, reading) = refresh_anywhere(&mut market, oracle, &session)?;
            (ready, Some(reading))
        }
        None => (refresh(&mut market, None, &session)?, None),
    };

    let plan = {
        let others = Markets::load(others, &account.exchange)?;
        let portfolio =
            Portfolio::new(&account.state, Some(&ready), others.states(), session.clock).map_err(refused)?;
        plan_arm_order(&orders.state, usize::from(slot), &portfolio, &ready, reading.as_ref()).map_err(refused)?
    };
    plan.apply(&mut orders.state, &mut account.state).map_err(refused)?;

    log(&OrderArmed {
        exchange: account.exchange,
        time: session.clock.now.get(),
        account: accounts.margin_account.key(),
        owner: account.owner,
        account_sequence: account.state.next_event(),
        market: accounts.market.key(),
        market_index: ready.index,
        state: MarketMoment::next(&mut ready),
        outcome: if plan.is_armed() { ArmingOutcome::Armed } else { ArmingOutcome::Moved },
        order: OrderMoment::of(slot, order_at(&orders.state, slot)?),
        armed_until: account.state.armed_until.get(),
    })
}
