//! An exchange whose feeds speak once a second, and people who act on it.

use perp_engine::fixtures::{at, pool_parameters, sol_parameters, usdc};
use perp_engine::operations::orders::{NewOrder, OrderOutcome, ORDER_TIP_LAMPORTS};
use perp_engine::operations::position::{LiquidationOrder, Order};
use perp_engine::oracle::OracleReading;
use perp_engine::state::{OrderTrigger, Parameters, PriceLimit};
use perp_engine::units::{Atoms, Ppm, Price, SignedSize, Size, Timestamp};
use perp_engine::EngineError;
use perp_exchange::{Exchange, Listing, Refusal};

pub const DOLLAR: i64 = 100_000_000;
pub const SOL: i64 = 1_000_000_000;

#[derive(Clone, Debug)]
pub struct Venue {
    pub exchange: Exchange,
    /// What each feed says, second by second from `from` on, in 10^-8 dollars.
    pub path: Vec<Vec<i64>>,
    pub confidence: Vec<u64>,
    pub from: i64,
}

/// A price in dollars and cents as the engine counts one of SOL.
pub fn price(cents: i64) -> Price {
    Price::new((i128::from(cents) * (1 << 40) / 100_000) as u64)
}

pub fn sol(thousandths: i64) -> SignedSize {
    SignedSize::new(thousandths * SOL / 1_000)
}

pub fn next_price(size: SignedSize) -> NewOrder {
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

pub fn below(cents: i64, size: SignedSize) -> NewOrder {
    NewOrder { trigger: OrderTrigger::AtOrBelow, trigger_price: price(cents), ..next_price(size) }
}

pub fn reducing(order: NewOrder) -> NewOrder {
    NewOrder { reduce_only: true, ..order }
}

pub fn bounded(order: NewOrder, cents: i64) -> NewOrder {
    NewOrder { acceptable_price: price(cents), ..order }
}

impl Venue {
    /// These markets of SOL's kind at $250 with a pool of ten million, and so many accounts with as many dollars each.
    pub fn new(markets: &[(Parameters, u64)], balances: &[u64]) -> Self {
        let mut exchange = Exchange::new(pool_parameters(), 6, at(0)).unwrap();
        for (parameters, target) in markets {
            let listing = Listing { parameters: *parameters, base_decimals: 9, target_backing: usdc(*target) };
            exchange.list(&listing).unwrap();
        }
        exchange.add_provider();
        let request = exchange.request_liquidity_deposit(0, usdc(10_000_000), PriceLimit::None).unwrap();
        let ahead = exchange.state.boundary.seconds_since(exchange.clock.now).unwrap();
        exchange.wait(u32::try_from(ahead).unwrap(), 2 * ahead).unwrap();
        for market in 0..exchange.market_count {
            exchange.value_market(market, None).unwrap();
        }
        exchange.close_epoch().unwrap();
        exchange.pay_liquidity_request(request).unwrap();
        for market in 0..exchange.market_count {
            exchange.allocate_backing(market, None).unwrap();
        }
        for balance in balances {
            let account = exchange.open_account(None).unwrap();
            exchange.open_orders(account).unwrap();
            if *balance > 0 {
                exchange.deposit(account, usdc(*balance)).unwrap();
            }
        }
        let from = exchange.clock.now.get() + 1;
        let path = vec![vec![250 * DOLLAR]; markets.len()];
        let confidence = vec![0; markets.len()];
        let mut venue = Self { exchange, path, confidence, from };
        venue.second();
        venue.post_all();
        venue
    }

    pub fn sol(balances: &[u64]) -> Self {
        Self::new(&[(listed(10), 3_000_000)], balances)
    }

    /// Seconds since the first reading.
    pub fn now(&self) -> i64 {
        self.exchange.clock.now.get() - self.from
    }

    /// What a feed says at a second; the last it has said stands for later ones.
    pub fn said(&self, market: u16, second: i64) -> i64 {
        let path = &self.path[usize::from(market)];
        path[usize::try_from(second.max(0)).unwrap().min(path.len() - 1)]
    }

    pub fn reading(&self, market: u16, second: i64) -> OracleReading {
        let published = self.from + second;
        let confidence = self.confidence[usize::from(market)];
        OracleReading::new(self.said(market, second), confidence, -8, published).unwrap().with_previous(published - 1)
    }

    /// A second passes.
    pub fn second(&mut self) {
        self.exchange.wait(1, 2).unwrap();
    }

    /// The next second, for which the feed of the first market says so many cents.
    pub fn next(&mut self, cents: i64) {
        self.next_at(cents * (DOLLAR / 100));
    }

    /// The same in 10^-8 dollars.
    pub fn next_at(&mut self, feed: i64) {
        let (said, last) = (usize::try_from(self.now() + 1).unwrap(), *self.path[0].last().unwrap());
        self.path[0].resize(said, last);
        self.path[0].push(feed);
        self.second();
        self.post_all();
    }

    pub fn post(&mut self, market: u16) {
        let reading = self.reading(market, self.now());
        self.exchange.update_price(market, &reading).unwrap();
    }

    pub fn post_all(&mut self) {
        for market in 0..self.exchange.market_count {
            self.post(market);
        }
    }

    pub fn trade(&mut self, account: usize, size: SignedSize) -> Result<(), Refusal> {
        self.exchange.trade(account, 0, &Order::at_any_price(size), None).map(|_| ())
    }

    pub fn place(&mut self, account: usize, orders: &[NewOrder]) -> Result<(), Refusal> {
        self.exchange.place_orders(account, 0, &[], orders, None).map(|_| ())
    }

    /// Arms by what the feed says now, or by time.
    pub fn arm(&mut self, account: usize, slot: usize) -> Result<bool, Refusal> {
        let reading = self.reading(0, self.now());
        self.exchange.arm_order(account, slot, 0, Some(&reading)).map(|plan| plan.is_armed())
    }

    /// Hands in the reading of the order's moment, once it is said.
    pub fn execute(&mut self, account: usize, slot: usize) -> Result<OrderOutcome, Refusal> {
        let order = *self.exchange.orders_of(account)?.order(slot)?;
        if order.fills_from.is_never() {
            return Err(Refusal::Rule(EngineError::OrderNotArmed));
        }
        let second = order.fills_from.get() - self.from;
        if second > self.now() {
            return Err(Refusal::Rule(EngineError::OrderNotMet));
        }
        let reading = self.reading(order.market, second);
        self.exchange.execute_order(account, slot, order.market, &reading).map(|done| done.plan.outcome)
    }

    /// Liquidates as much as there is to; what the caller gets.
    pub fn liquidate(&mut self, by: usize, account: usize) -> Option<u64> {
        let all = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };
        self.exchange.liquidate(by, account, 0, &all, None).ok().map(|plan| plan.penalty.bounty.get())
    }

    pub fn size(&self, account: usize) -> i64 {
        let account = self.exchange.account(account).unwrap();
        account.slot_of(0).map_or(0, |slot| account.positions[slot].size.get())
    }

    /// Balance and unrealized profit at what the feeds say now, claims less debts, in atoms.
    pub fn worth(&self, account: usize) -> i128 {
        let state = self.exchange.account(account).unwrap();
        let mut worth = i128::from(state.balance.get());
        for (_, position) in state.occupied() {
            let market = self.exchange.market(position.market).unwrap();
            worth += perp_engine::risk::margin::face_value(position, market).unwrap().get() >> 40;
        }
        worth
    }

    pub fn check(&self) {
        self.exchange.check().unwrap();
    }
}

/// SOL-PERP as it is listed for the local validator, with this tolerance.
pub fn listed(future_tolerance: u32) -> Parameters {
    Parameters { future_tolerance, ..sol_parameters() }
}

/// In dollars and cents.
pub fn cents(atoms: i128) -> String {
    format!("{}{}.{:02}", if atoms < 0 { "-" } else { "" }, atoms.abs() / 1_000_000, atoms.abs() / 10_000 % 100)
}
