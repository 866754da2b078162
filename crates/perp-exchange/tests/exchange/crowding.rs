//! What many orders open that fill at one moment, against as many trades.

use crate::orders::at_once;
use perp_engine::fixtures::{at, pool_parameters, sol_parameters, usdc, NOW, SOL};
use perp_engine::operations::orders::OrderOutcome;
use perp_engine::operations::position::{LiquidationOrder, Order};
use perp_engine::oracle::OracleReading;
use perp_engine::state::{Parameters, ORDER_SLOTS};
use perp_engine::units::{Atoms, Clock, Price, SignedSize, Size};
use perp_exchange::{Exchange, Listing};

/// A reading of so many cents, the one before it a second earlier.
fn cents(price: i64, seconds: i64) -> OracleReading {
    OracleReading::new(price * 1_000_000, 0, -8, NOW + seconds).unwrap().with_previous(NOW + seconds - 1)
}

fn sol(amount: i64) -> i64 {
    amount * 1_000_000_000
}

/// SOL-PERP as listed at $250, with $3 million of backing and a clock that may be ahead by two seconds; `money` dollars on as many accounts
/// for each of two sides.
#[derive(Clone)]
struct Crowd {
    exchange: Exchange,
    sides: [Vec<usize>; 2],
}

impl Crowd {
    fn of(accounts: u64, money: u64) -> Self {
        let mut exchange = Exchange::new(pool_parameters(), 6, at(0)).unwrap();
        let parameters = Parameters { future_tolerance: 2, ..sol_parameters() };
        exchange.list(&Listing { parameters, base_decimals: 9, target_backing: usdc(0) }).unwrap();
        let mut market = *exchange.market(0).unwrap();
        market.ledger.backing = usdc(3_000_000);
        exchange.put_market(market);
        exchange.update_price(0, &cents(25_000, 0)).unwrap();
        let mut open = |_| {
            let account = exchange.open_account(None).unwrap();
            exchange.deposit(account, usdc(money / accounts)).unwrap();
            exchange.open_orders(account).unwrap();
            account
        };
        let sides = [(0..accounts).map(&mut open).collect(), (0..accounts).map(&mut open).collect()];
        Self { exchange, sides }
    }

    fn to(&mut self, seconds: i64) {
        self.exchange.clock = Clock { slot: 1_000 + 3 * seconds.unsigned_abs(), ..at(seconds) };
    }

    /// One long and one short after the other, each as large as it can be. Says how much is open then on each side, in whole SOL.
    fn by_trades(mut self) -> (i64, Self) {
        let mut total = 0;
        for (long, short) in self.sides[0].clone().into_iter().zip(self.sides[1].clone()) {
            let (size, after) = self.most(|mut crowd, size| {
                for (account, size) in [(long, size), (short, -size)] {
                    crowd.exchange.trade(account, 0, &Order::at_any_price(SignedSize::new(size)), None).ok()?;
                }
                Some(crowd)
            });
            (total, self) = (total + size, after);
        }
        (total, self)
    }

    /// Every account has as many orders as it has places armed before the first of all fills.
    fn by_orders(mut self, size: i64) -> Option<Self> {
        let places = i64::try_from(ORDER_SLOTS).unwrap();
        for (accounts, sign) in self.sides.clone().iter().zip([1, -1]) {
            for account in accounts {
                let orders = [at_once(sign * size / places); ORDER_SLOTS];
                self.exchange.place_orders(*account, 0, &[], &orders, None).ok()?;
            }
        }
        self.to(4);
        for slot in 0..ORDER_SLOTS {
            for (long, short) in self.sides[0].clone().into_iter().zip(self.sides[1].clone()) {
                for account in [long, short] {
                    let done = self.exchange.execute_order(account, slot, 0, &cents(25_000, 3)).unwrap();
                    matches!(done.plan.outcome, OrderOutcome::Filled(_)).then_some(())?;
                }
            }
        }
        Some(self)
    }

    /// The most that is opened so, in whole SOL, and what is there then.
    fn most(&self, open: impl Fn(Self, i64) -> Option<Self>) -> (i64, Self) {
        let (mut low, mut high) = (1, 100_000);
        while low + 1 < high {
            let middle = (low + high) / 2;
            *(if open(self.clone(), sol(middle)).is_some() { &mut low } else { &mut high }) = middle;
        }
        (low, open(self.clone(), sol(low)).unwrap())
    }

    /// What all of them gain by a gap to that price, bounties included, in atoms: the longs are liquidated, the shorts close.
    fn gain(mut self, money: u64, gap: i64) -> i64 {
        let keeper = self.exchange.open_account(None).unwrap();
        self.to(6);
        self.exchange.update_price(0, &cents(gap, 6)).unwrap();
        let all = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };
        for account in &self.sides[0] {
            let _ = self.exchange.liquidate(keeper, *account, 0, &all, None);
        }
        for account in &self.sides[1] {
            let close = Order { reduce_only: true, ..Order::at_any_price(SignedSize::new(i64::MAX)) };
            self.exchange.trade(*account, 0, &Order { acceptable_price: Price::new(u64::MAX), ..close }, None).unwrap();
        }
        let worth = |account: &usize| {
            let account = self.exchange.account(*account).unwrap();
            let position = account.positions[0];
            let value = i128::from(position.size.get()) * i128::from(gap) * 10_000 / i128::from(SOL);
            let profit = if position.size.is_zero() { 0 } else { value - (position.entry_notional.get().get() >> 40) };
            i64::try_from(i128::from(account.balance.get() + position.claim.get()) + profit).unwrap()
        };
        let after: i64 = self.sides.iter().flatten().chain([&keeper]).map(worth).sum();
        after - i64::try_from(2 * usdc(money).get()).unwrap()
    }
}

#[test]
fn attack_orders_that_fill_at_one_moment_leave_the_pool_no_more_than_trades() {
    const MONEY: u64 = 1_720_000;
    for accounts in [1, 4] {
        let crowd = Crowd::of(accounts, MONEY);
        let (traded, by_trades) = crowd.clone().by_trades();
        let (ordered, by_orders) = crowd.most(Crowd::by_orders);
        let ordered = ordered * i64::try_from(accounts).unwrap();
        // One account opens as much by orders as by a trade, several a tenth more at most: each fills by the part of its margin that is the
        // maintenance margin's, asked of all before it.
        assert!(ordered * 10 <= traded * 11, "{accounts}: {ordered} by orders, {traded} by trades");
        // A gap of a tenth: what the shorts win is what the longs lose, who pay the penalty besides.
        let gains = [by_trades, by_orders].map(|crowd| crowd.gain(MONEY, 22_500));
        assert!(gains.iter().all(|gain| *gain < 0), "{accounts}: {gains:?}");
    }
}
