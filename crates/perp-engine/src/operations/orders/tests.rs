//! SOL-PERP without spread, impact and funding at $250, future tolerance 2 s: an order armed at `t` fills from `t + 3` on, within 15 s.

use super::*;
use crate::error::EngineError;
use crate::fixtures::{at, base, publish, reading, session, sol_market, usdc, SOL};
use crate::market::Ready;
use crate::operations::account::plan_withdrawal;
use crate::operations::position::{plan_liquidation, plan_trade, LiquidationOrder, Order, TradePlan};
use crate::oracle::OracleReading;
use crate::risk::portfolio::Portfolio;
use crate::state::{Account, Market, OrderBook, OrderTrigger, RestingOrder, Status};
use crate::units::{Atoms, Clock, Ppm, Price, SignedSize, Size, Timestamp};
use bytemuck::Zeroable;

mod armed_attacks;
mod arming;
mod attacks;
mod by_time;
mod example;
mod filling;
mod placing;
mod properties;
mod protection;
mod together;

/// Dollars in the feed's unit, 10^-8 dollars.
const FEED: i64 = 100_000_000;
/// A tip that is just enough.
const TIP: u64 = ORDER_TIP_LAMPORTS;

/// One account with its orders in one market.
#[derive(Clone, Copy, Debug)]
struct World {
    market: Market,
    account: Account,
    book: OrderBook,
}

/// SOL-PERP in which nothing but the fee of 4 bp, 2 bp where it lowers the skew, costs anything.
fn plain_market() -> Market {
    let mut market = sol_market();
    market.ledger.backing = usdc(1_000_000);
    let parameters = &mut market.parameters;
    (parameters.funding_velocity, parameters.carry_rate, parameters.carry_surge) = (0, 0, 0);
    (parameters.volatility, parameters.spread_measured, parameters.spread_drift) = (Ppm::ZERO, Ppm::ZERO, Ppm::ZERO);
    (parameters.impact_limit, parameters.measured_weight) = (Ppm::ZERO, Ppm::ZERO);
    parameters.future_tolerance = 2;
    market
}

/// A reading of so many dollars, the one before it a second earlier.
fn dollars(price: i64, seconds: i64) -> OracleReading {
    reading(price * FEED, 0, seconds).with_previous(at(seconds - 1).now.get())
}

/// The market's unit of a price in dollars.
fn price(dollars: u64) -> Price {
    Price::new(dollars * (1 << 40) / 1_000)
}

fn sol(amount: i64) -> SignedSize {
    base(amount * 1_000_000_000)
}

/// An order by time, at once.
fn next_price(size: SignedSize) -> NewOrder {
    NewOrder {
        size,
        trigger: OrderTrigger::AtTime,
        trigger_price: Price::ZERO,
        trailing: Ppm::ZERO,
        acceptable_price: Order::at_any_price(size).acceptable_price,
        reduce_only: false,
        active_from: Timestamp::NEVER,
        expires: Timestamp::NEVER,
        slices: 1,
        seconds_between: 0,
        group: 0,
        parent: None,
        lamports: TIP,
    }
}

/// An order that waits for the price to fall to so many dollars.
fn below(dollars: u64, size: SignedSize) -> NewOrder {
    NewOrder { trigger: OrderTrigger::AtOrBelow, trigger_price: price(dollars), ..next_price(size) }
}

/// An order that waits for the price to rise to so many dollars.
fn above(dollars: u64, size: SignedSize) -> NewOrder {
    NewOrder { trigger: OrderTrigger::AtOrAbove, trigger_price: price(dollars), ..next_price(size) }
}

/// The same, which only reduces.
fn reducing(order: NewOrder) -> NewOrder {
    NewOrder { reduce_only: true, ..order }
}

impl World {
    /// `balance` dollars and no order.
    fn with(balance: u64) -> Self {
        let account = Account { balance: usdc(balance), ..Account::zeroed() };
        Self { market: plain_market(), account, book: OrderBook::default() }
    }

    /// `balance` dollars once so many SOL are bought at $250.
    fn holding(balance: u64, amount: i64) -> Self {
        let mut world = Self::with(100_000);
        world.trade(0, sol(amount)).unwrap();
        world.account.balance = usdc(balance);
        world
    }

    fn clock(seconds: i64) -> Clock {
        Clock { slot: u64::try_from(1_000 + 3 * seconds).unwrap(), ..at(seconds) }
    }

    /// What is planned on a copy of the market, refreshed with the reading, which is kept.
    fn planned<T>(
        &mut self,
        seconds: i64,
        reading: Option<OracleReading>,
        plan: impl FnOnce(&mut OrderBook, &Portfolio<'_>, &Ready<'_>) -> T,
    ) -> T {
        self.planned_beside(None, seconds, reading, plan)
    }

    /// The same beside another market in which the account has a position.
    fn planned_beside<'m, T>(
        &mut self,
        other: impl Into<Option<&'m Market>>,
        seconds: i64,
        reading: Option<OracleReading>,
        plan: impl FnOnce(&mut OrderBook, &Portfolio<'_>, &Ready<'_>) -> T,
    ) -> T {
        let clock = Self::clock(seconds);
        let market = self.market.refresh(reading.as_ref(), &session(Status::Active, clock)).unwrap();
        let portfolio = Portfolio::new(&self.account, Some(&market), other.into(), clock).unwrap();
        plan(&mut self.book, &portfolio, &market)
    }

    /// Takes a reading in, as anybody may.
    fn post(&mut self, reading: OracleReading, seconds: i64) {
        self.planned(seconds, Some(reading), |_, _, _| ());
    }

    fn trade(&mut self, seconds: i64, size: SignedSize) -> Result<TradePlan, EngineError> {
        let plan = self
            .planned(seconds, None, |_, portfolio, market| plan_trade(portfolio, market, &Order::at_any_price(size)))?;
        plan.ledger.apply_to(&mut self.account, &mut self.market.ledger);
        Ok(plan)
    }

    fn place(&mut self, seconds: i64, orders: &[NewOrder]) -> Result<PlacementPlan, EngineError> {
        self.replace(seconds, &[], orders)
    }

    fn replace(&mut self, seconds: i64, cancel: &[u8], orders: &[NewOrder]) -> Result<PlacementPlan, EngineError> {
        let plan = self
            .planned(seconds, None, |book, portfolio, market| place_orders(book, portfolio, market, cancel, orders))?;
        plan.apply(&mut self.account);
        Ok(plan)
    }

    fn arm(&mut self, seconds: i64, slot: usize, reading: Option<OracleReading>) -> Result<ArmingPlan, EngineError> {
        let plan = self.planned(seconds, reading, |book, portfolio, market| {
            plan_arm_order(book, slot, portfolio, market, reading.as_ref())
        })?;
        plan.apply(&mut self.book, &mut self.account).unwrap();
        Ok(plan)
    }

    fn execute(
        &mut self,
        seconds: i64,
        slot: usize,
        reading: OracleReading,
    ) -> Result<(OrderOutcome, OrderLamports), EngineError> {
        let plan = self.planned(seconds, Some(reading), |book, portfolio, market| {
            plan_execute_order(book, slot, portfolio, market, &reading)
        })?;
        let session = session(Status::Active, Self::clock(seconds));
        let mut market = self.market.refresh(None, &session).unwrap();
        let lamports = plan.apply(&mut self.book, &mut self.account, &mut market).unwrap();
        Ok((plan.outcome, lamports))
    }

    /// Executes an order that fills.
    fn filled(&mut self, seconds: i64, slot: usize, reading: OracleReading) -> TradePlan {
        match self.execute(seconds, slot, reading).unwrap().0 {
            OrderOutcome::Filled(plan) => plan,
            other => panic!("{other:?}"),
        }
    }

    fn sweep(&mut self, seconds: i64, slot: usize) -> Result<u64, EngineError> {
        sweep_order(&mut self.book, slot, &self.account, None, at(seconds).now)
    }

    fn cancel(&mut self, seconds: i64, slot: usize) -> Result<u64, EngineError> {
        cancel_order(&mut self.book, slot, at(seconds).now)
    }

    fn liquidate(&mut self, seconds: i64, reading: OracleReading) -> Result<Size, EngineError> {
        let all = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };
        let plan =
            self.planned(seconds, Some(reading), |_, portfolio, market| plan_liquidation(portfolio, market, &all))?;
        plan.ledger.apply_to(&mut self.account, &mut self.market.ledger);
        Ok(plan.closed)
    }

    /// Size of the position in whole SOL.
    fn size(&self) -> i64 {
        self.account.positions[0].size.get() / 1_000_000_000
    }

    fn order(&self, slot: usize) -> RestingOrder {
        *self.book.order(slot).unwrap()
    }
}

#[test]
fn a_withdrawal_waits_for_an_armed_order_that_may_increase() {
    let mut world = World::with(10_000);
    world.place(0, &[next_price(sol(10))]).unwrap();
    // Armed at 0 s it may be filled up to 0 + 3 + 15.
    let take =
        |world: &World, seconds| plan_withdrawal(&world.account, usdc(1), at(seconds).now).map(|plan| plan.amount);
    let armed = Err(EngineError::OrderArmed { until: at(18).now.get() });
    assert_eq!([0, 18, 19].map(|seconds| take(&world, seconds)), [armed, armed, Ok(usdc(1))]);
}
