//! Resting orders: their account, placing and cancelling, arming, filling and sweeping them.

use crate::error::Refusal;
use crate::exchange::Exchange;
use crate::portfolio::portfolio;
use perp_engine::operations::orders::{
    place_orders, plan_arm_order, plan_execute_order, sweep_order, ArmingPlan, ExecutionPlan, NewOrder, OrderLamports,
    PlacementPlan,
};
use perp_engine::oracle::OracleReading;
use perp_engine::state::{Account, Market, OrderBook};
use perp_engine::EngineError;

/// What an operation on resting orders came to, and everything that it writes, after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrdersAfter<P> {
    /// What was planned, with every number.
    pub plan: P,
    /// The orders after it.
    pub orders: OrderBook,
    /// The account after it.
    pub account: Account,
    /// The market after it.
    pub market: Market,
}

/// What filling an order came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderExecution {
    /// What became of the order.
    pub plan: ExecutionPlan,
    /// Lamports that left the account of the orders.
    pub lamports: OrderLamports,
}

impl Exchange {
    /// Opens the account of a margin account's orders.
    ///
    /// # Errors
    /// [`Refusal::NoAccount`], [`Refusal::OrdersOpen`].
    pub fn open_orders(&mut self, account: usize) -> Result<(), Refusal> {
        let mut state = *self.account(account)?;
        if self.orders.contains_key(&account) {
            return Err(Refusal::OrdersOpen { account });
        }
        state.orders_open = 1;
        state.next_event();
        self.begin_changes();
        self.store_account(account, state);
        self.store_book(account, OrderBook::default(), self.order_lamports);
        Ok(())
    }

    /// Closes the account of a margin account's orders, of which none rests.
    ///
    /// # Errors
    /// [`Refusal::NoAccount`], [`Refusal::NoOrders`], [`Refusal::OrdersNotEmpty`].
    pub fn close_orders(&mut self, account: usize) -> Result<(), Refusal> {
        let mut state = *self.account(account)?;
        if !self.orders_of(account)?.is_empty() {
            return Err(Refusal::OrdersNotEmpty { account });
        }
        state.orders_open = 0;
        state.next_event();
        self.begin_changes();
        self.store_account(account, state);
        self.orders.remove(&account);
        self.changes.orders.push(account);
        Ok(())
    }

    /// What cancelling and placing these orders would do.
    ///
    /// # Errors
    /// Those of [`place_orders`]; [`Refusal::NoMarket`].
    pub fn preview_placement(
        &self,
        account: &Account,
        orders: &OrderBook,
        market: u16,
        cancel: &[u8],
        new: &[NewOrder],
        reading: Option<&OracleReading>,
    ) -> Result<OrdersAfter<PlacementPlan>, Refusal> {
        let (mut after, mut book, mut state) = (*account, *orders, *self.market(market)?);
        let mut ready = state.refresh(reading, &self.session())?;
        let plan = {
            let portfolio = portfolio(account, Some(&ready), &self.others(account, Some(market))?, self.clock)?;
            place_orders(&mut book, &portfolio, &ready, cancel, new)?
        };
        plan.apply(&mut after);
        ready.next_event();
        after.next_event();
        Ok(OrdersAfter { plan, orders: book, account: after, market: state })
    }

    /// Cancels orders and places new ones, in one market, all of them or none. Their lamports come and go.
    ///
    /// # Errors
    /// Those of [`Exchange::preview_placement`]; [`Refusal::NoAccount`], [`Refusal::NoOrders`].
    pub fn place_orders(
        &mut self,
        account: usize,
        market: u16,
        cancel: &[u8],
        new: &[NewOrder],
        reading: Option<&OracleReading>,
    ) -> Result<PlacementPlan, Refusal> {
        let book = self.orders_of(account)?;
        let after = self.preview_placement(self.account(account)?, book, market, cancel, new, reading)?;
        let paid = self.order_lamports.checked_add(after.plan.paid).ok_or(EngineError::Overflow)?;
        let lamports = paid.checked_sub(after.plan.returned).ok_or(EngineError::Overflow)?;
        Ok(self.store_orders(account, after, lamports))
    }

    /// What arming the order would do.
    ///
    /// # Errors
    /// Those of [`plan_arm_order`]; [`Refusal::NoMarket`].
    pub fn preview_arming(
        &self,
        account: &Account,
        orders: &OrderBook,
        slot: usize,
        market: u16,
        reading: Option<&OracleReading>,
    ) -> Result<OrdersAfter<ArmingPlan>, Refusal> {
        let (mut after, mut book, mut state) = (*account, *orders, *self.market(market)?);
        let mut ready = state.refresh(reading, &self.session())?;
        let plan = {
            let portfolio = portfolio(account, Some(&ready), &self.others(account, Some(market))?, self.clock)?;
            plan_arm_order(orders, slot, &portfolio, &ready, reading)?
        };
        plan.apply(&mut book, &mut after)?;
        ready.next_event();
        after.next_event();
        Ok(OrdersAfter { plan, orders: book, account: after, market: state })
    }

    /// Arms an order that is met, or moves the trigger of one that trails.
    ///
    /// # Errors
    /// Those of [`Exchange::preview_arming`]; [`Refusal::NoAccount`], [`Refusal::NoOrders`].
    pub fn arm_order(
        &mut self,
        account: usize,
        slot: usize,
        market: u16,
        reading: Option<&OracleReading>,
    ) -> Result<ArmingPlan, Refusal> {
        let after = self.preview_arming(self.account(account)?, self.orders_of(account)?, slot, market, reading)?;
        Ok(self.store_orders(account, after, self.order_lamports))
    }

    /// What filling the armed order at this reading would do.
    ///
    /// # Errors
    /// Those of [`plan_execute_order`]; [`Refusal::NoMarket`].
    pub fn preview_execution(
        &self,
        account: &Account,
        orders: &OrderBook,
        slot: usize,
        market: u16,
        reading: &OracleReading,
    ) -> Result<OrdersAfter<OrderExecution>, Refusal> {
        let (mut after, mut book, mut state) = (*account, *orders, *self.market(market)?);
        let mut ready = state.refresh(Some(reading), &self.session())?;
        let plan = {
            let portfolio = portfolio(account, Some(&ready), &self.others(account, Some(market))?, self.clock)?;
            plan_execute_order(orders, slot, &portfolio, &ready, reading)?
        };
        let lamports = plan.apply(&mut book, &mut after, &mut ready)?;
        ready.next_event();
        after.next_event();
        Ok(OrdersAfter { plan: OrderExecution { plan, lamports }, orders: book, account: after, market: state })
    }

    /// Fills an armed order at the reading of its moment.
    ///
    /// # Errors
    /// Those of [`Exchange::preview_execution`]; [`Refusal::NoAccount`], [`Refusal::NoOrders`].
    pub fn execute_order(
        &mut self,
        account: usize,
        slot: usize,
        market: u16,
        reading: &OracleReading,
    ) -> Result<OrderExecution, Refusal> {
        let after = self.preview_execution(self.account(account)?, self.orders_of(account)?, slot, market, reading)?;
        let OrderLamports { tip, returned } = after.plan.lamports;
        let left = self.order_lamports.checked_sub(tip).ok_or(EngineError::Overflow)?;
        let lamports = left.checked_sub(returned).ok_or(EngineError::Overflow)?;
        Ok(self.store_orders(account, after, lamports))
    }

    /// Takes a dead order out, for anybody; `market` is named where it has ended. Returns the lamports that go home.
    ///
    /// # Errors
    /// Those of [`sweep_order`]; [`Refusal::NoAccount`], [`Refusal::NoOrders`], [`Refusal::NoMarket`].
    pub fn sweep_order(&mut self, account: usize, slot: usize, market: Option<u16>) -> Result<u64, Refusal> {
        let (mut state, mut book) = (*self.account(account)?, *self.orders_of(account)?);
        let market = market.map(|market| self.market(market)).transpose()?;
        let returned = sweep_order(&mut book, slot, &state, market, self.clock.now)?;
        let lamports = self.order_lamports.checked_sub(returned).ok_or(EngineError::Overflow)?;
        state.next_event();
        self.begin_changes();
        self.store_account(account, state);
        self.store_book(account, book, lamports);
        Ok(returned)
    }

    fn store_orders<P>(&mut self, account: usize, after: OrdersAfter<P>, lamports: u64) -> P {
        self.begin_changes();
        self.store_account(account, after.account);
        self.store_market(after.market);
        self.store_book(account, after.orders, lamports);
        after.plan
    }

    fn store_book(&mut self, account: usize, book: OrderBook, lamports: u64) {
        self.order_lamports = lamports;
        self.orders.insert(account, book);
        self.changes.orders.push(account);
    }
}
