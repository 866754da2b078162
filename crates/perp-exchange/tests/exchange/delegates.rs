//! What a stolen session key can do at worst.

use crate::common::markets::{btc_perp, sol_perp, BTC_PERP, SOL_PERP};
use crate::common::world::{World, MILLION};
use perp_engine::fixtures::{base, usdc, SOL, USDC};
use perp_engine::operations::position::Order;
use perp_engine::oracle::OracleReading;
use perp_engine::state::{Account, DelegateLimits};
use perp_engine::units::{SignedSize, Timestamp};
use perp_engine::EngineError;
use perp_exchange::{Exchange, Refusal};

const OWNER: usize = 0;

/// An exchange with SOL-PERP and BTC-PERP, an owner with $10 000 and a delegate.
struct Desk {
    exchange: Exchange,
    /// In 10^-8 dollars.
    prices: [i64; 2],
}

impl Desk {
    fn new() -> Self {
        let mut world = World::with_liquidity(&[sol_perp(), btc_perp()], 1, 1, MILLION);
        world.deposit(OWNER, 10_000 * USDC).unwrap();
        let mut desk = Self { exchange: world.exchange, prices: [sol_perp().price, btc_perp().price] };
        desk.say_prices();
        let limits = desk.limits();
        desk.exchange.set_delegate_limits(OWNER, &limits).unwrap();
        desk
    }

    /// For an hour, in SOL-PERP alone, up to $20 000, never below $9 000.
    fn limits(&self) -> DelegateLimits {
        DelegateLimits {
            expires: self.exchange.clock.now.after(3_600).unwrap(),
            markets: 1 << SOL_PERP,
            largest_notional: usdc(20_000),
            equity_floor: usdc(9_000),
            limited: 1,
            ..DelegateLimits::default()
        }
    }

    fn wait(&mut self, seconds: u32) {
        self.exchange.wait(seconds, 2 * u64::from(seconds)).unwrap();
    }

    fn say_prices(&mut self) {
        let now = self.exchange.clock.now.get();
        for (market, price) in (0..).zip(self.prices) {
            let reading = OracleReading::new(price, 0, -8, now).unwrap().with_previous(now - 1);
            self.exchange.update_price(market, &reading).unwrap();
        }
    }

    /// The delegate trades a second later.
    fn trade(&mut self, market: u16, size: i64) -> Result<(), EngineError> {
        self.send(market, size, Exchange::trade_as_delegate)
    }

    /// The owner does.
    fn trade_oneself(&mut self, market: u16, size: i64) -> Result<(), EngineError> {
        self.send(market, size, Exchange::trade)
    }

    fn send<T>(
        &mut self,
        market: u16,
        size: i64,
        trade: impl FnOnce(&mut Exchange, usize, u16, &Order, Option<&OracleReading>) -> Result<T, Refusal>,
    ) -> Result<(), EngineError> {
        self.wait(1);
        self.say_prices();
        match trade(&mut self.exchange, OWNER, market, &Order::at_any_price(base(size)), None) {
            Ok(_) => Ok(()),
            Err(Refusal::Rule(rule)) => Err(rule),
            Err(other) => panic!("{other}"),
        }
    }

    fn owner(&self) -> &Account {
        self.exchange.account(OWNER).unwrap()
    }

    fn equity(&self) -> i64 {
        self.exchange.health(self.owner()).unwrap().maintenance.equity.get()
    }
}

fn sol(amount: i64) -> i64 {
    amount * i64::try_from(SOL).unwrap()
}

#[test]
fn attack_a_stolen_session_key_trades_in_no_other_market_no_more_and_no_longer() {
    let mut desk = Desk::new();
    // 80 SOL are $20 000.
    assert_eq!(desk.trade(SOL_PERP, sol(81)), Err(EngineError::DelegateNotional { largest: usdc(20_000) }));
    assert_eq!(desk.trade(BTC_PERP, 1_000_000_000), Err(EngineError::DelegateMarket { market: BTC_PERP }));
    assert_eq!(desk.trade(SOL_PERP, sol(80)), Ok(()));
    // Nor does it get there in two orders, or by turning around.
    assert_eq!(desk.trade(SOL_PERP, sol(1)), Err(EngineError::DelegateNotional { largest: usdc(20_000) }));
    assert_eq!(desk.trade(SOL_PERP, sol(-161)), Err(EngineError::DelegateNotional { largest: usdc(20_000) }));
    desk.wait(3_600);
    let late = desk.trade(SOL_PERP, sol(-80));
    assert!(matches!(late, Err(EngineError::DelegateExpired { .. })), "{late:?}");
    // The owner is bound by nothing of it.
    desk.trade_oneself(SOL_PERP, sol(-80)).unwrap();
}

#[test]
fn a_delegate_that_only_reduces_opens_nothing() {
    let mut desk = Desk::new();
    desk.trade_oneself(SOL_PERP, sol(200)).unwrap();
    let reducing = DelegateLimits { reduce_only: 1, ..desk.limits() };
    desk.exchange.set_delegate_limits(OWNER, &reducing).unwrap();
    assert_eq!(desk.trade(SOL_PERP, sol(1)), Err(EngineError::DelegateReducesOnly));
    assert_eq!(desk.trade(SOL_PERP, sol(-201)), Err(EngineError::DelegateReducesOnly));
    // However large it is: what reduces is within every limit.
    assert_eq!(desk.trade(SOL_PERP, sol(-50)), Ok(()));
}

/// In and out, again and again, until nothing is admitted any more, with the price where it is: the key costs its owner what is above
/// the floor, and fee and impact of closing what is open then: of $20 000 at most 4 bp and 40 bp, $88.
#[test]
fn attack_a_stolen_session_key_that_churns_costs_no_more_than_what_is_above_the_floor() {
    let mut desk = Desk::new();
    let mut trades = 0;
    while desk.trade(SOL_PERP, sol(80)).is_ok() {
        desk.trade(SOL_PERP, sol(-80)).unwrap();
        trades += 2;
    }
    let refused = desk.trade(SOL_PERP, sol(80));
    assert!(matches!(refused, Err(EngineError::DelegateEquityFloor { .. })), "{refused:?}");
    // Smaller and smaller, to the smallest position of $100.
    for size in [40, 20, 10, 5, 2, 1] {
        while desk.trade(SOL_PERP, sol(size)).is_ok() {
            desk.trade(SOL_PERP, sol(-size)).unwrap();
            trades += 2;
        }
    }
    assert!(trades >= 40, "{trades} trades");
    let left = desk.equity();
    let floor = i64::try_from(9_000 * USDC).unwrap();
    let closing = i64::try_from(20_000 * USDC).unwrap() * (4 + 40) / 10_000;
    assert!(left >= floor - closing && left < floor + i64::try_from(10 * USDC).unwrap(), "{left} is left");
}

/// With prices that move against the position that it leaves open, the largest it may: at a move of 10 % another $2000.
#[test]
fn attack_a_stolen_session_key_leaves_a_position_no_larger_than_it_may() {
    let mut desk = Desk::new();
    desk.trade(SOL_PERP, sol(80)).unwrap();
    desk.wait(60);
    desk.prices[0] -= desk.prices[0] / 10;
    desk.say_prices();
    // $10 000 less $2000, 4 bp of fee and about 4 bp of spread.
    let left = desk.equity();
    let lost = i64::try_from(10_000 * USDC).unwrap() - left;
    let usd = i64::try_from(USDC).unwrap();
    assert!((2_000 * usd..2_030 * usd).contains(&lost), "{lost}");
    // Below its floor it adds nothing, and still closes.
    let more = desk.trade(SOL_PERP, sol(1));
    assert!(matches!(more, Err(EngineError::DelegateEquityFloor { .. })), "{more:?}");
    assert_eq!(desk.trade(SOL_PERP, sol(-80)), Ok(()));
}

#[test]
fn limits_of_nothing_are_none() {
    let mut desk = Desk::new();
    desk.exchange.set_delegate_limits(OWNER, &DelegateLimits::default()).unwrap();
    assert_eq!(desk.trade(SOL_PERP, sol(200)), Ok(()));
    assert_eq!(desk.owner().delegate.expires, Timestamp::NEVER);
    assert_eq!(SignedSize::new(sol(200)), desk.owner().positions[0].size);
}
