//! What orders open in several markets at one moment, against as many trades.

use crate::common::markets::THIN;
use crate::orders::at_once;
use perp_engine::fixtures::{at, pool_parameters, sol_parameters, thin_parameters, usdc, NOW};
use perp_engine::operations::orders::{NewOrder, OrderOutcome};
use perp_engine::operations::position::Order;
use perp_engine::oracle::OracleReading;
use perp_engine::state::Parameters;
use perp_engine::units::{Clock, Ppm, SignedSize, Size};
use perp_engine::EngineError;
use perp_exchange::{Exchange, Listing, Refusal};

const UNIT: i64 = 1_000_000_000;

/// A reading of so many cents, the one before it a second earlier.
fn cents(price: i64, seconds: i64) -> OracleReading {
    OracleReading::new(price * 1_000_000, 0, -8, NOW + seconds).unwrap().with_previous(NOW + seconds - 1)
}

#[derive(Clone)]
struct Stage {
    exchange: Exchange,
}

impl Stage {
    /// Markets of these parameters at $250 or what is said, each with $3.5 million of backing, and a tolerance of two seconds.
    fn of(markets: &[(Parameters, u8, i64)]) -> Self {
        let mut exchange = Exchange::new(pool_parameters(), 6, at(0)).unwrap();
        for (parameters, base_decimals, price) in markets {
            let parameters = Parameters { future_tolerance: 2, ..*parameters };
            let index =
                exchange.list(&Listing { parameters, base_decimals: *base_decimals, target_backing: usdc(0) }).unwrap();
            let mut market = *exchange.market(index).unwrap();
            market.ledger.backing = usdc(3_500_000);
            exchange.put_market(market);
            exchange.update_price(index, &cents(*price, 0)).unwrap();
        }
        Self { exchange }
    }

    fn account(&mut self, dollars: u64) -> usize {
        let account = self.exchange.open_account(None).unwrap();
        self.exchange.deposit(account, usdc(dollars)).unwrap();
        self.exchange.open_orders(account).unwrap();
        account
    }

    fn to(&mut self, seconds: i64) {
        self.exchange.clock = Clock { slot: 1_000 + 3 * seconds.unsigned_abs(), ..at(seconds) };
    }

    fn trade(&mut self, account: usize, market: u16, size: i64) -> Result<(), EngineError> {
        match self.exchange.trade(account, market, &Order::at_any_price(SignedSize::new(size)), None) {
            Ok(_) => Ok(()),
            Err(Refusal::Rule(rule)) => Err(rule),
            Err(other) => panic!("{other}"),
        }
    }

    fn place(&mut self, account: usize, market: u16, order: NewOrder) -> Result<(), EngineError> {
        match self.exchange.place_orders(account, market, &[], &[order], None) {
            Ok(_) => Ok(()),
            Err(Refusal::Rule(rule)) => Err(rule),
            Err(other) => panic!("{other}"),
        }
    }

    fn interest(&self, market: u16) -> i64 {
        let sides = &self.exchange.market(market).unwrap().ledger.sides;
        i64::try_from(sides[0].open_interest.get()).unwrap() / UNIT
    }
}

fn frictionless(parameters: Parameters) -> Parameters {
    Parameters {
        impact_limit: Ppm::ZERO,
        taker_fee: Ppm::ZERO,
        taker_fee_rebalancing: Ppm::ZERO,
        volatility: Ppm::ZERO,
        measured_weight: Ppm::ZERO,
        funding_velocity: 0,
        carry_rate: 0,
        carry_surge: 0,
        ..parameters
    }
}

/// Orders that add to positions in markets with a size premium need what trades need that do the same.
#[test]
fn attack_adding_to_two_positions_with_less_margin_than_trades() {
    // 10 % at $10 000, growing with the root of the notional: $8 000 of $40 000, $22 627 of $80 000.
    let thin = Parameters {
        open_interest_low: Size::new(300_000_000 * THIN),
        open_interest_high: Size::new(400_000_000 * THIN),
        open_interest_cap: Size::new(4_000_000 * THIN),
        ..frictionless(thin_parameters())
    };
    let size = 80_000 * i64::try_from(THIN).unwrap();
    let markets = [(thin, 5, 50); 3];
    let opened = |money: u64, by_orders: bool| {
        let mut stage = Stage::of(&markets);
        let account = stage.account(money);
        for market in 0..3 {
            stage.trade(account, market, size)?;
        }
        if !by_orders {
            stage.to(1);
            for market in 0..3 {
                stage.trade(account, market, size)?;
            }
            return Ok(stage);
        }
        for market in 0..3 {
            stage.place(account, market, at_once(size))?;
        }
        stage.to(4);
        for market in 0..3 {
            let done = stage.exchange.execute_order(account, usize::from(market), market, &cents(50, 3)).unwrap();
            assert!(matches!(done.plan.outcome, OrderOutcome::Filled(_)), "{:?}", done.plan.outcome);
        }
        Ok::<_, EngineError>(stage)
    };
    let least = |by_orders| (0..100).map(|step| 24_000 + step * 500).find(|money| opened(*money, by_orders).is_ok());
    assert_eq!(least(true), least(false));
}

/// Every account has one order armed in each of many markets before the first of all fills.
#[test]
fn attack_filling_crowded_markets_from_accounts_of_many_markets() {
    for count in [1u16, 4] {
        let markets = vec![(sol_parameters(), 9, 25_000); usize::from(count)];
        let accounts = 10;
        // Size of one order, in whole SOL.
        let run = |size: i64| {
            let mut stage = Stage::of(&markets);
            // 5 % and 4 bp for each market, and what the impact costs.
            let money = u64::try_from(size * i64::from(count) * 250 * 52 / 1_000).unwrap();
            let sides = [0, 1].map(|_| (0..accounts).map(|_| stage.account(money)).collect::<Vec<_>>());
            for (side, sign) in sides.iter().zip([1, -1]) {
                for account in side {
                    for market in 0..count {
                        stage.place(*account, market, at_once(sign * size * UNIT)).ok()?;
                    }
                }
            }
            stage.to(4);
            for market in 0..count {
                for (long, short) in sides[0].iter().zip(&sides[1]) {
                    for account in [*long, *short] {
                        let slot = usize::from(market);
                        let done = stage.exchange.execute_order(account, slot, market, &cents(25_000, 3)).unwrap();
                        if !matches!(done.plan.outcome, OrderOutcome::Filled(_)) {
                            return None;
                        }
                    }
                }
            }
            Some((stage, 2 * accounts * money))
        };
        let most = (1..100).map(|step| step * 100).take_while(|size| run(*size).is_some()).last().unwrap();
        let (stage, money) = run(most).unwrap();
        let by_orders = stage.interest(0);
        // As much money, by trades of accounts of one market each, each as large as it can be.
        let mut trades = Stage::of(&markets[..1]);
        let each = money / u64::from(count) / 2 / accounts;
        for _ in 0..accounts {
            let pair = [trades.account(each), trades.account(each)];
            let (mut low, mut high) = (0, 100_000 * UNIT);
            while high - low > UNIT {
                let middle = (low + high) / 2;
                let mut tried = trades.clone();
                let fits = tried.trade(pair[0], 0, middle).is_ok() && tried.trade(pair[1], 0, -middle).is_ok();
                if fits {
                    low = middle
                } else {
                    high = middle
                }
            }
            if low > 0 {
                trades.trade(pair[0], 0, low).unwrap();
                trades.trade(pair[1], 0, -low).unwrap();
            }
        }
        // An account that fills is asked for less than one that trades, and for that of every market that it has filled before.
        let by_trades = trades.interest(0);
        assert!(by_orders * 10 <= by_trades * 12, "{count}: {by_orders} by orders, {by_trades} by trades");
    }
}

/// The same in two markets, of which the first is told no price for sixteen seconds after its fills: its legs then count at the better end,
/// but for what they gain there.
#[test]
fn attack_filling_a_crowded_market_while_another_is_told_no_price() {
    let accounts = 10;
    let run = |sizes: [i64; 2], withheld: bool| {
        let mut stage = Stage::of(&[(sol_parameters(), 9, 25_000); 2]);
        let money = u64::try_from((sizes[0] + sizes[1]) * 250 * 52 / 1_000).unwrap();
        let sides = [0, 1].map(|_| (0..accounts).map(|_| stage.account(money)).collect::<Vec<_>>());
        for market in [0, 1] {
            stage.to(i64::from(market));
            stage.exchange.update_price(market, &cents(25_000, i64::from(market))).unwrap();
            for (side, sign) in sides.iter().zip([1, -1]) {
                for account in side {
                    stage.place(*account, market, at_once(sign * sizes[usize::from(market)] * UNIT)).ok()?;
                }
            }
        }
        for market in [0, 1u16] {
            let reading = cents(25_000, 3 + i64::from(market));
            stage.to(if market == 1 { 19 } else { 4 });
            // Else both markets are told a price every second.
            if market == 1 && !withheld {
                for second in 4..20 {
                    stage.to(second);
                    for told in [0, 1] {
                        stage.exchange.update_price(told, &cents(25_000, second)).unwrap();
                    }
                }
            }
            for (long, short) in sides[0].iter().zip(&sides[1]) {
                for account in [*long, *short] {
                    let done = stage.exchange.execute_order(account, usize::from(market), market, &reading).unwrap();
                    if !matches!(done.plan.outcome, OrderOutcome::Filled(_)) {
                        return None;
                    }
                }
            }
        }
        Some(())
    };
    let most = |withheld| (1..60).map(|size| [size * 80; 2]).take_while(|sizes| run(*sizes, withheld).is_some()).last();
    let (withheld, told) = (most(true), most(false));
    assert!(withheld <= told, "{withheld:?} where it is withheld, else {told:?}");
}
