use super::{bit, Numbers};
use crate::access::{check_exchange, check_orders, check_receiver};
use crate::context::{refresh_anywhere, session, size_in, Markets};
use crate::errors::refused;
use crate::events::{record, ExecutionOutcome, MarketMoment, OrderExecuted, OrderFill, OrderMoment};
use crate::lamports::{move_lamports, that_go_home};
use crate::state::{Exchange, MarginAccount, Market, Orders};
use anchor_lang::prelude::*;
use perp_engine::market::Ready;
use perp_engine::operations::orders::{plan_execute_order, ExecutionPlan, OrderLamports, OrderOutcome};
use perp_engine::oracle::OracleReading;
use perp_engine::risk::portfolio::Portfolio;
use perp_engine::state::OrderBook;
use perp_engine::units::{Atoms, SignedSize};

/// Accounts of `execute_order`.
#[event_cpi]
#[derive(Accounts)]
pub struct ExecuteOrder<'info> {
    /// Anybody; receives what the order pays for it.
    #[account(mut)]
    pub caller: Signer<'info>,
    /// The margin account's owner, who receives what is left of orders that are over.
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
    /// The order's market.
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// Any account of the market's oracle program that holds the reading at which the order fills.
    /// CHECK: the oracle reader checks owner, layout and feed against the market's binding, and a legacy account's address.
    pub oracle: UncheckedAccount<'info>,
}

impl ExecuteOrder<'_> {
    /// # Errors
    /// [`ExchangeMismatch`](crate::errors::ExchangeError::ExchangeMismatch),
    /// [`WrongReceiver`](crate::errors::ExchangeError::WrongReceiver),
    /// [`WrongOrders`](crate::errors::ExchangeError::WrongOrders).
    pub fn validate(&self) -> Result<()> {
        let Self {
            caller: _,
            owner,
            exchange,
            margin_account,
            orders,
            market,
            oracle: _,
            event_authority: _,
            program: _,
        } = self;
        let account = margin_account.load()?;
        check_exchange(exchange, &account.exchange)?;
        check_exchange(exchange, &market.load()?.exchange)?;
        check_receiver(&account, owner.key)?;
        check_orders(orders, margin_account.as_ref().key)
    }
}

/// Fills an armed order, or finds that it comes to nothing.
pub fn execute_order<'info>(
    accounts: &ExecuteOrder<'info>,
    others: &'info [AccountInfo<'info>],
    slot: u8,
) -> Result<()> {
    let OrderLamports { tip, returned } = executed(accounts, others, slot)?;
    let ExecuteOrder { caller, owner, orders, .. } = accounts;
    move_lamports(orders.as_ref(), caller, tip)?;
    move_lamports(orders.as_ref(), owner, returned)
}

/// Stores the plan, and tells of it.
#[inline(never)]
fn executed<'info>(
    accounts: &ExecuteOrder<'info>,
    others: &'info [AccountInfo<'info>],
    slot: u8,
) -> Result<OrderLamports> {
    let session = session(&accounts.exchange)?;
    let mut account = accounts.margin_account.load_mut()?;
    let mut orders = accounts.orders.load_mut()?;
    let mut market = accounts.market.load_mut()?;
    let (mut ready, reading) = refresh_anywhere(&mut market, &accounts.oracle, &session)?;
    let before = Numbers::of(&orders.state);

    let plan = planned(&account, &orders.state, &ready, &reading, others, slot)?;
    let balance_before = account.state.balance;
    let size_before = match &plan.outcome {
        OrderOutcome::Filled(trade) => size_in(&account.state, trade.ledger.slot),
        OrderOutcome::Disarmed | OrderOutcome::Forfeited { .. } => SignedSize::ZERO,
    };
    let mut lamports = plan.apply(&mut orders.state, &mut account.state, &mut ready).map_err(refused)?;
    lamports.returned = that_go_home(&accounts.owner, lamports.returned)?;

    let slices_left = orders.state.order(usize::from(slot)).map_or(0, |order| order.slices);
    let account_sequence = account.state.next_event();
    let ending = Ending {
        time: session.clock.now.get(),
        owner: account.owner,
        account_sequence,
        state: MarketMoment::next(&mut ready),
        slot,
        published: reading.publish_time(),
        size_before,
        slices_left,
        removed: before.changes(&orders.state).removed & !bit(u32::from(slot)),
        lamports,
        balances: [balance_before, account.state.balance],
    };
    ending.tell(accounts, &plan, account.exchange, ready.index)?;
    Ok(lamports)
}

/// Plans it. The plan lies on the heap: a frame is 4096 bytes.
#[inline(never)]
fn planned<'info>(
    account: &MarginAccount,
    book: &OrderBook,
    market: &Ready<'_>,
    reading: &OracleReading,
    others: &'info [AccountInfo<'info>],
    slot: u8,
) -> Result<Box<ExecutionPlan>> {
    let others = Markets::load(others, &account.exchange)?;
    let portfolio = Portfolio::new(&account.state, Some(market), others.states(), market.clock()).map_err(refused)?;
    match plan_execute_order(book, usize::from(slot), &portfolio, market, reading) {
        Ok(plan) => Ok(Box::new(plan)),
        Err(error) => Err(refused(error)),
    }
}

/// What is told besides the plan.
struct Ending {
    time: i64,
    owner: Pubkey,
    account_sequence: u64,
    state: MarketMoment,
    slot: u8,
    published: i64,
    size_before: SignedSize,
    slices_left: u16,
    removed: u16,
    lamports: OrderLamports,
    /// Before and after.
    balances: [Atoms; 2],
}

impl Ending {
    #[inline(never)]
    fn tell(
        &self,
        accounts: &ExecuteOrder<'_>,
        plan: &ExecutionPlan,
        exchange: Pubkey,
        market_index: u16,
    ) -> Result<()> {
        let (outcome, forfeited) = match &plan.outcome {
            OrderOutcome::Filled(_) => (ExecutionOutcome::Filled, Atoms::ZERO),
            OrderOutcome::Disarmed => (ExecutionOutcome::Disarmed, Atoms::ZERO),
            OrderOutcome::Forfeited { paid } => (ExecutionOutcome::Forfeited, *paid),
        };
        let [balance_before, balance_after] = self.balances;
        let event = OrderExecuted {
            exchange,
            time: self.time,
            account: accounts.margin_account.key(),
            owner: self.owner,
            account_sequence: self.account_sequence,
            market: accounts.market.key(),
            market_index,
            state: self.state,
            caller: accounts.caller.key(),
            outcome,
            order: OrderMoment::of(self.slot, &plan.order),
            published: self.published,
            fill: fill_of(&plan.outcome, self.size_before)?,
            forfeited: forfeited.get(),
            slices_left: self.slices_left,
            removed: self.removed,
            woken_at: plan.woken_at.get(),
            tip: self.lamports.tip,
            returned: self.lamports.returned,
            balance_before: balance_before.get(),
            balance_after: balance_after.get(),
        };
        record(&event, &accounts.event_authority)
    }
}

/// What is told of a fill.
#[inline(never)]
fn fill_of(outcome: &OrderOutcome, size_before: SignedSize) -> Result<Option<OrderFill>> {
    let OrderOutcome::Filled(plan) = outcome else { return Ok(None) };
    Ok(Some(OrderFill {
        size: plan.size.get(),
        notional: plan.notional.get(),
        charge: plan.fill.charge.get(),
        spread: plan.fill.spread.get(),
        impact: plan.fill.impact().map_err(refused)?.get(),
        fee: plan.fill.fee.get(),
        realized: plan.realized.get(),
        funding: plan.settled.funding.get(),
        redeemed: plan.settled.redeemed.get(),
        repaid: plan.settled.repaid.get(),
        size_before: size_before.get(),
        size_after: plan.ledger.position.size.get(),
        position: plan.ledger.position.number,
        equity: plan.after.equity.get(),
        margin: plan.after.margin.get(),
    }))
}
