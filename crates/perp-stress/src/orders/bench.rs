//! One market on the exchange in memory, an account with a long position and one with a short, and one with nothing.

use crate::exchange_venue::{exact_usd, pass, print, stage, usd, MARKET};
use crate::market::{atoms, listing, price, CAP, CONFIDENCE_BPS};
use crate::variant::Terms;
use perp_engine::operations::orders::{NewOrder, OrderOutcome, ORDER_TIP_LAMPORTS};
use perp_engine::operations::position::{Order, TradePlan};
use perp_engine::oracle::OracleReading;
use perp_engine::state::OrderTrigger;
use perp_engine::units::{Ppm, Price, SignedSize, Timestamp};
use perp_exchange::Exchange;

/// Notional of everything that is traded, in dollars: its impact is next to nothing.
const SIZE: f64 = 10_000.0;
/// Collateral of an account, in dollars: nobody is ever liquidated.
const COLLATERAL: f64 = 1_000_000.0;
const FREE: usize = 2;

/// A direction of a position or a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Gains by a rise.
    Long,
    /// Gains by a fall.
    Short,
}

impl Side {
    /// 1 for a long, −1 for a short.
    pub fn sign(self) -> f64 {
        match self {
            Self::Long => 1.0,
            Self::Short => -1.0,
        }
    }

    fn account(self) -> usize {
        match self {
            Self::Long => 0,
            Self::Short => 1,
        }
    }
}

/// The market and its accounts.
#[derive(Clone, Debug)]
pub struct Bench {
    exchange: Exchange,
    /// Base units of what is traded.
    size: i64,
}

impl Bench {
    /// A market that opens at so many dollars, a position of each side in it.
    ///
    /// # Panics
    /// Where the engine refuses what it is set up with.
    pub fn new(terms: &Terms, start: i64, dollars: f64) -> Self {
        let listing = listing(terms, price(dollars), CAP);
        let size = (SIZE / dollars * 10f64.powi(listing.base_decimals.into())) as i64;
        let mut exchange = stage(&[(listing, price(dollars), atoms(terms.insurance * CAP))], start);
        for _ in 0..=FREE {
            let account = exchange.open_account(None).expect("an account");
            exchange.deposit(account, atoms(COLLATERAL)).expect("collateral");
            exchange.open_orders(account).expect("orders");
        }
        let mut bench = Self { exchange, size };
        for side in [Side::Long, Side::Short] {
            bench.trade(side.account(), side, dollars);
        }
        bench
    }

    /// A second passes, and the oracle prints a price.
    pub fn next(&mut self, dollars: f64) {
        let now = self.exchange.clock.now.get();
        pass(&mut self.exchange, now + 1);
        print(&mut self.exchange, MARKET, price(dollars), now);
    }

    fn reading(&self, dollars: f64) -> OracleReading {
        let now = self.exchange.clock.now.get();
        price(dollars).reading(CONFIDENCE_BPS, now).expect("a reading").with_previous(now - 1)
    }

    fn signed(&self, side: Side) -> SignedSize {
        SignedSize::new(if side == Side::Long { self.size } else { -self.size })
    }

    fn opposite(side: Side) -> Side {
        if side == Side::Long {
            Side::Short
        } else {
            Side::Long
        }
    }

    fn trade(&mut self, account: usize, side: Side, dollars: f64) -> TradePlan {
        let (order, reading) = (Order::at_any_price(self.signed(side)), self.reading(dollars));
        self.exchange.trade(account, MARKET, &order, Some(&reading)).expect("a trade")
    }

    /// What a fill cost against a price, fee included, in basis points.
    fn cost(&self, plan: &TradePlan, side: Side, dollars: f64) -> f64 {
        let decimals = self.exchange.market(MARKET).expect("the market").base_decimals;
        let worth = self.size as f64 / 10f64.powi(decimals.into()) * dollars;
        (side.sign() * (exact_usd(plan.notional) - worth) + usd(plan.fill.fee)) / worth * 1e4
    }

    /// What closing a position by a trade costs now, in basis points of its worth.
    pub fn close_at_once(&self, side: Side, dollars: f64) -> f64 {
        self.open(side.account(), Self::opposite(side), dollars)
    }

    /// What a trade costs now.
    pub fn open_at_once(&self, side: Side, dollars: f64) -> f64 {
        self.open(FREE, side, dollars)
    }

    fn open(&self, account: usize, side: Side, dollars: f64) -> f64 {
        let mut after = self.clone();
        let plan = after.trade(account, side, dollars);
        self.cost(&plan, side, dollars)
    }

    fn order(&self, side: Side) -> NewOrder {
        let size = self.signed(side);
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
            lamports: ORDER_TIP_LAMPORTS,
        }
    }

    /// Places the stop of a position anew.
    ///
    /// # Panics
    /// Where it is refused.
    pub fn place_stop(&mut self, side: Side, trigger: f64) {
        let account = side.account();
        let market = self.exchange.market(MARKET).expect("the market");
        // From dollars to 2^-40 atoms a base unit.
        let unit = 10f64.powi(i32::from(market.quote_decimals) - i32::from(market.base_decimals)) * 2f64.powi(40);
        let order = NewOrder {
            trigger: if side == Side::Long { OrderTrigger::AtOrBelow } else { OrderTrigger::AtOrAbove },
            trigger_price: Price::new((trigger * unit) as u64),
            reduce_only: true,
            ..self.order(Self::opposite(side))
        };
        let book = self.exchange.orders_of(account).expect("orders");
        let cancel: &[u8] = if book.is_empty() { &[] } else { &[0] };
        self.exchange.place_orders(account, MARKET, cancel, &[order], None).expect("a stop");
    }

    /// What closing by the stop costs against the price that meets it; `next` are the prices up to the one at which it fills.
    ///
    /// # Panics
    /// Where it is not filled.
    pub fn close_by_stop(&self, side: Side, dollars: f64, next: &[f64]) -> f64 {
        let (mut after, account) = (self.clone(), side.account());
        let reading = self.reading(dollars);
        // The market's unit is finer than the oracle's: the price that just meets the trigger here may just miss it there.
        if after.exchange.arm_order(account, 0, MARKET, Some(&reading)).is_err() {
            after.place_stop(side, dollars * (1.0 + side.sign() * 1e-4));
            let now = after.exchange.clock.now.get();
            after.exchange.clock.now = Timestamp::new(now + 1);
            let reading = after.reading(dollars);
            after.exchange.arm_order(account, 0, MARKET, Some(&reading)).expect("a stop that is met");
            after.exchange.clock.now = Timestamp::new(now);
        }
        let plan = after.fill(account, next);
        self.cost(&plan, Self::opposite(side), dollars)
    }

    /// What an order at the next price costs against the price at which it fills, the last of `next`.
    ///
    /// # Panics
    /// Where it is not filled.
    pub fn open_at_the_next_price(&self, side: Side, fill: f64, next: &[f64]) -> f64 {
        let mut after = self.clone();
        after.exchange.place_orders(FREE, MARKET, &[], &[after.order(side)], None).expect("an order");
        let plan = after.fill(FREE, next);
        self.cost(&plan, side, fill)
    }

    fn fill(&mut self, account: usize, next: &[f64]) -> TradePlan {
        for dollars in next {
            self.next(*dollars);
        }
        let reading = self.reading(next[next.len() - 1]);
        let done = self.exchange.execute_order(account, 0, MARKET, &reading).expect("a fill");
        match done.plan.outcome {
            OrderOutcome::Filled(plan) => plan,
            other => panic!("{other:?}"),
        }
    }
}
