//! Resting orders.

use super::trading::check_health;
use super::*;
use crate::common::reference::Touched;
use perp_engine::operations::orders::{ArmingPlan, NewOrder, OrderOutcome, PlacementPlan};
use perp_engine::state::RestingOrder;
use perp_engine::units::Timestamp;
use perp_exchange::OrderExecution;

impl World {
    pub fn open_orders(&mut self, account: usize) -> Result<(), EngineError> {
        let (before, ()) = self.attempt(|exchange| exchange.open_orders(account))?;
        assert!(self.exchange.orders_of(account).unwrap().is_empty());
        self.finish(&before, Kind::OpenOrders);
        Ok(())
    }

    pub fn close_orders(&mut self, account: usize) -> Result<(), EngineError> {
        let (before, ()) = self.attempt(|exchange| exchange.close_orders(account))?;
        assert_eq!(self.exchange.order_lamports, before.order_lamports);
        self.finish(&before, Kind::CloseOrders);
        Ok(())
    }

    /// The account's orders with their places.
    pub fn orders_of(&self, account: usize) -> Vec<(usize, RestingOrder)> {
        match self.exchange.orders_of(account) {
            Ok(book) => book.occupied().map(|(slot, order)| (slot, *order)).collect(),
            Err(_) => Vec::new(),
        }
    }

    /// Every order with its account and place.
    pub fn orders(&self) -> Vec<(usize, usize, RestingOrder)> {
        let accounts = self.exchange.orders().keys().copied();
        accounts
            .flat_map(|account| self.orders_of(account).into_iter().map(move |(slot, order)| (account, slot, order)))
            .collect()
    }

    /// Cancels and places, and what is placed and cancelled is what its lamports say.
    pub fn place_orders(
        &mut self,
        account: usize,
        market: u16,
        cancel: &[u8],
        orders: &[NewOrder],
    ) -> Result<PlacementPlan, EngineError> {
        let reading = self.reading(market);
        let (before, plan) = self.attempt_with(market, &reading, |exchange| {
            exchange.place_orders(account, market, cancel, orders, Some(&reading))
        })?;
        assert_eq!(plan.paid, orders.iter().map(|order| order.lamports).sum::<u64>());
        assert_eq!(self.exchange.order_lamports + plan.returned, before.order_lamports + plan.paid);
        let was = before.orders_of(account).unwrap();
        assert_eq!(self.exchange.orders_of(account).unwrap().sequence, was.sequence + orders.len() as u64);
        self.check_nothing_filled(&before, account, market);
        assert!(self.account(account).armed_until >= before.accounts()[account].armed_until);
        self.finish(&before, if orders.is_empty() { Kind::CancelOrders } else { Kind::PlaceOrders });
        Ok(plan)
    }

    pub fn arm_order(&mut self, account: usize, slot: usize, market: u16) -> Result<ArmingPlan, EngineError> {
        let reading = self.reading(market);
        let (before, plan) =
            self.attempt_with(market, &reading, |exchange| exchange.arm_order(account, slot, market, Some(&reading)))?;
        self.check_nothing_filled(&before, account, market);
        assert!(self.account(account).armed_until >= before.accounts()[account].armed_until);
        if plan.is_armed() {
            // Nobody knows the price yet, however far the clock lags unproved.
            let ahead = plan.order.fills_from.get() - before.clock.now.get();
            assert!(ahead > i64::from(self.market(market).parameters.future_tolerance));
            let (order, state) = (plan.order, self.account(account));
            assert!(state.armed_until >= order.fills_until().unwrap());
            if order.is_reduce_only() {
                assert!(order.armed_size <= order.protected(state).unwrap());
                assert!(order.armed_size <= order.size.size());
            } else {
                self.check_margin_is_held(account, market);
            }
        }
        self.finish(&before, if plan.is_armed() { Kind::ArmOrder } else { Kind::TrailPrice });
        Ok(plan)
    }

    /// Every armed order of an account that may increase has its margin besides what the account needs as it is.
    fn check_margin_is_held(&self, account: usize, market: u16) {
        let now = self.exchange.clock.now;
        let armed = self.orders_of(account).into_iter().filter(|(_, order)| order.is_armed(now).unwrap());
        let held: i128 = armed.map(|(_, order)| i128::from(order.margin_held.get())).sum();
        let health = reference::adverse(&self.exchange, self.account(account), Some(market));
        assert!(health.equity >= health.margin + held, "{held} held of {health:?}");
    }

    /// Neither placing nor arming moves anything but the price and the funding of the market.
    fn check_nothing_filled(&self, before: &Exchange, account: usize, market: u16) {
        let (was, is) = (before.accounts()[account], *self.account(account));
        assert_eq!(is, Account { sequence: is.sequence, armed_until: is.armed_until, ..was });
        let refreshed = World::refreshed(before, market, Some(&self.reading(market)));
        assert_eq!(self.market(market).ledger, refreshed.market(market).unwrap().ledger);
    }

    pub fn execute_order(&mut self, account: usize, slot: usize, market: u16) -> Result<OrderExecution, EngineError> {
        let reading = self.reading(market);
        let (before, done) =
            self.attempt_with(market, &reading, |exchange| exchange.execute_order(account, slot, market, &reading))?;
        let order = *before.orders_of(account).unwrap().order(slot).unwrap();
        let left = self.exchange.order_lamports + done.lamports.tip + done.lamports.returned;
        assert_eq!(left, before.order_lamports);
        // Nothing but what is left keeps the account from withdrawing.
        let armed = self.orders_of(account).into_iter().map(|(_, order)| order);
        let armed = armed.filter(|order| !order.fills_from.is_never());
        let until = armed.map(|order| order.fills_until().unwrap()).max().unwrap_or(Timestamp::NEVER);
        assert_eq!(self.account(account).armed_until, until);
        let kind = match &done.plan.outcome {
            OrderOutcome::Filled(plan) => {
                self.check_order_fill(&before, account, market, &order, plan, &reading);
                self.tally.trade(account, market, plan);
                assert_eq!(done.lamports.tip, order.tip());
                if order.is_reduce_only() {
                    Kind::FillProtection
                } else {
                    Kind::FillOrder
                }
            }
            OrderOutcome::Disarmed => {
                self.check_nothing_filled(&before, account, market);
                assert_eq!(done.lamports.tip, 0);
                Kind::DisarmOrder
            }
            OrderOutcome::Forfeited { paid } => {
                let (was, is) = (before.accounts()[account], self.account(account));
                assert!(!order.is_reduce_only());
                // What the fill would have lost by now, as far as there is balance.
                let state = self.market(market);
                let fell = price_of(&reading, state) - i128::from(state.price.price.get());
                let lost = (fell * i128::from(order.size.get())).max(0);
                let owned = reference::judged(
                    &World::refreshed(&before, market, Some(&reading)),
                    &was,
                    Touched::InRange(market),
                );
                let owned = owned.demanded().equity.max(0);
                let due = reference::ceil_div(lost, X40_PER_ATOM).min(was.balance.get().into()).min(owned);
                assert_eq!(i128::from(paid.get()), due);
                assert_eq!((was.balance.get() - is.balance.get(), was.positions), (paid.get(), is.positions));
                self.tally.forfeit(account, *paid);
                Kind::ForfeitOrder
            }
        };
        self.finish(&before, kind);
        Ok(done)
    }

    /// Filled at the reading's price, its confidence and the impact; and protection only ever takes away.
    fn check_order_fill(
        &self,
        before: &Exchange,
        account: usize,
        market: u16,
        order: &RestingOrder,
        plan: &TradePlan,
        reading: &OracleReading,
    ) {
        let state = self.market(market);
        let price = price_of(reading, state);
        let size = i128::from(plan.size.size().get());
        let worse = (plan.notional.get() - size * price) * i128::from(plan.size.get().signum());
        assert_eq!(worse, plan.fill.charge.get());
        let confidence = reference::ceil_div(
            i128::from(reading.confidence()) * X40_PER_ATOM,
            10i128.pow(u32::from(state.base_decimals) + 2),
        );
        let weight = i128::from(state.parameters.spread_confidence.get());
        let spread = size * reference::ceil_div(weight * confidence, i128::from(PPM));
        let (was, is) = (before.accounts()[account], self.account(account));
        let held = was.slot_of(market).map_or(0, |slot| was.positions[slot].size.get());
        let left = self.size(account, market);
        let closes_whole = plan.opened.is_zero() && left == 0;
        assert!(plan.fill.spread.get() == spread || (closes_whole && plan.fill.spread.get() < spread));
        if order.is_reduce_only() {
            assert!(plan.opened.is_zero() && plan.closed > Size::ZERO);
            assert!(left.unsigned_abs() < held.unsigned_abs() && left.signum() * held.signum() >= 0);
            assert!(plan.closed <= order.armed_size || left == 0, "what was added later is reduced");
            let slot = was.slot_of(market).unwrap();
            assert_eq!(was.positions[slot].number, order.position);
            assert!(left == 0 || is.positions[slot].number == order.position);
        } else if !plan.opened.is_zero() {
            let health = reference::after_fill(&self.exchange, is, market).demanded();
            check_health(plan.after, health);
            assert!(!health.is_below_margin(), "an order left {health:?}");
        }
    }

    /// The market is named where the order is dead because that has ended.
    pub fn sweep_order(&mut self, account: usize, slot: usize, market: Option<u16>) -> Result<u64, EngineError> {
        let (before, returned) = self.attempt(|exchange| exchange.sweep_order(account, slot, market))?;
        assert_eq!(self.exchange.order_lamports + returned, before.order_lamports);
        self.finish(&before, Kind::SweepOrder);
        Ok(returned)
    }
}

/// The reading's price in 2^-40 atoms a base unit, rounded down.
fn price_of(reading: &OracleReading, market: &Market) -> i128 {
    let (price, power) = (i128::from(reading.price()), u32::from(market.base_decimals) + 2);
    reference::floor_div(price * X40_PER_ATOM, 10i128.pow(power))
}
