//! A busy exchange, recorded: what many traders, keepers and oracles do, mixed as on a market, to be replayed at full speed.

use fastrand::Rng;
use perp_engine::fixtures::{at, pool_parameters, sol_parameters, usdc, SOL};
use perp_engine::operations::position::{LiquidationOrder, Order};
use perp_engine::oracle::OracleReading;
use perp_engine::state::{Position, PriceLimit};
use perp_engine::units::{Atoms, SignedSize, Size};
use perp_exchange::{Exchange, Listing, Operation};

/// What happens next.
#[derive(Clone, Debug)]
pub enum Event {
    /// A second passes.
    Second,
    /// Somebody does something.
    Operation(Operation),
}

/// How many operations took place and how many were refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub done: u32,
    pub refused: u32,
}

/// Replays what was recorded.
pub fn replay(exchange: &mut Exchange, events: &[Event]) -> Counts {
    let mut counts = Counts::default();
    for event in events {
        match event {
            Event::Second => exchange.wait(1, 2).expect("time has an end far away"),
            Event::Operation(operation) => match exchange.execute(operation) {
                Ok(_) => counts.done += 1,
                Err(_) => counts.refused += 1,
            },
        }
    }
    counts
}

/// What an oracle says of a price in 10^-8 dollars, published now.
pub fn reading(exchange: &Exchange, price: i64) -> OracleReading {
    OracleReading::new(price, price.unsigned_abs() / 10_000, -8, exchange.clock.now.get()).expect("a price above zero")
}

/// $250.
pub const FIRST_PRICE: i64 = 25_000_000_000;

/// An exchange with a pool of $100 million shared by `markets`, and `accounts` with $10 000 each.
pub fn exchange(markets: u16, accounts: usize) -> Exchange {
    let mut exchange = Exchange::new(pool_parameters(), 6, at(0)).expect("parameters that go together");
    let listing = Listing {
        parameters: sol_parameters(),
        base_decimals: 9,
        target_backing: usdc(80_000_000 / u64::from(markets)),
    };
    for _ in 0..markets {
        exchange.list(&listing).expect("parameters that go together");
    }
    let provider = exchange.add_provider();
    let amount = usdc(100_000_000);
    let request = exchange.request_liquidity_deposit(provider, amount, PriceLimit::None).expect("a deposit");
    let ahead = exchange.state.boundary.seconds_since(exchange.clock.now).expect("a boundary ahead");
    exchange.wait(u32::try_from(ahead).expect("an epoch"), 2 * ahead).expect("time has an end far away");
    for market in 0..markets {
        exchange.value_market(market, None).expect("a market without positions");
    }
    exchange.close_epoch().expect("a boundary at which every market is valued");
    exchange.pay_liquidity_request(request).expect("liquidity");
    for market in 0..markets {
        exchange.update_price(market, &reading(&exchange, FIRST_PRICE)).expect("a price");
        exchange.allocate_backing(market, None).expect("backing");
    }
    exchange.fund_insurance(None, usdc(100_000)).expect("insurance");
    for _ in 0..accounts {
        let account = exchange.open_account(None).expect("an account");
        exchange.deposit(account, usdc(10_000)).expect("collateral");
    }
    exchange
}

/// Records `count` operations of an exchange that begins as `start`: of a hundred about 30 prices, 45 trades, 14 settlements,
/// and the rest collateral, liquidations, funding and keepers' work. A price falls by a fifth now and then.
pub fn record(start: &Exchange, count: usize, seed: u64) -> Vec<Event> {
    let mut recorder = Recorder {
        exchange: start.clone(),
        prices: vec![FIRST_PRICE; usize::from(start.market_count)],
        rng: Rng::with_seed(seed),
        events: Vec::with_capacity(count + count / 16),
        left: count,
    };
    while recorder.left > 0 {
        recorder.second();
    }
    recorder.events
}

struct Recorder {
    exchange: Exchange,
    prices: Vec<i64>,
    rng: Rng,
    events: Vec<Event>,
    left: usize,
}

impl Recorder {
    fn second(&mut self) {
        self.exchange.wait(1, 2).expect("time has an end far away");
        self.events.push(Event::Second);
        for market in 0..self.exchange.market_count {
            if self.rng.u8(..3) == 0 {
                self.price(market);
            }
        }
        for _ in 0..self.rng.u8(5..15) {
            let market = self.rng.u16(..self.exchange.market_count);
            let account = self.rng.usize(..self.exchange.accounts().len());
            match self.rng.u8(..100) {
                0..63 => self.trade(account, market),
                63..73 => self.settle(account, true),
                73..83 => self.settle(account, false),
                83..88 => self.collateral(account),
                88..96 => self.liquidate(account),
                96..98 => self.push(Operation::UpdateFunding { market, reading: None }),
                98 => self.push(Operation::FundClaims { market }),
                _ => self.push(Operation::AllocateBacking { market, reading: None }),
            }
        }
    }

    fn push(&mut self, operation: Operation) {
        if self.left > 0 {
            let _ = self.exchange.execute(&operation);
            self.events.push(Event::Operation(operation));
            self.left -= 1;
        }
    }

    fn reading(&self, market: u16) -> OracleReading {
        reading(&self.exchange, self.prices[usize::from(market)])
    }

    fn price(&mut self, market: u16) {
        let price = &mut self.prices[usize::from(market)];
        // A few basis points a second; a fall of a fifth twice a day; back towards the first price in between.
        let step = self.rng.i64(-500..=500) + (FIRST_PRICE - *price).signum() * 20;
        let step = if self.rng.u32(..40_000) == 0 { -200_000 } else { step };
        *price += *price / 1_000_000 * step;
        let reading = self.reading(market);
        self.push(Operation::UpdatePrice { market, reading });
    }

    /// A position the account has, if it has any.
    fn position(&mut self, account: usize) -> Option<Position> {
        let open: Vec<Position> =
            self.exchange.accounts()[account].occupied().map(|(_, it)| *it).filter(|it| !it.size.is_zero()).collect();
        self.rng.choice(open)
    }

    /// Opens or adds up to threefold the balance, or reduces, closes or turns a position.
    fn trade(&mut self, account: usize, market: u16) {
        let held = self.position(account);
        let (market, size) = match held {
            Some(held) if self.rng.bool() => {
                let size = held.size.get();
                let part = self.rng.i64(1..=4);
                (held.market, if part == 4 { -size } else { -size / 4 * part })
            }
            _ => {
                let dollars = self.exchange.accounts()[account].balance.get() / 1_000_000 * self.rng.u64(1..=30) / 10;
                let size = dollars * SOL / 250;
                let size = i64::try_from(size).expect("a balance of a few thousand dollars");
                (market, if self.rng.bool() { size } else { -size })
            }
        };
        let (order, reading) = (Order::at_any_price(SignedSize::new(size)), Some(self.reading(market)));
        self.push(Operation::Trade { account, market, order, reading });
    }

    fn settle(&mut self, account: usize, profit: bool) {
        if let Some(Position { market, .. }) = self.position(account) {
            let reading = Some(self.reading(market));
            let operation = match profit {
                true => Operation::SettlePnl { account, market, reading, keeper: None },
                false => Operation::SettleFunding { account, market },
            };
            self.push(operation);
        }
    }

    fn collateral(&mut self, account: usize) {
        let amount = usdc(self.rng.u64(1..2_000));
        let operation = match self.rng.bool() {
            true => Operation::Deposit { account, amount },
            false => Operation::Withdraw { account, amount },
        };
        self.push(operation);
    }

    /// As a keeper does: asks first. Sometimes another one was there before.
    fn liquidate(&mut self, account: usize) {
        let Some(Position { market, .. }) = self.position(account) else { return };
        let health = self.exchange.health(&self.exchange.accounts()[account]);
        let liquidatable = health.is_ok_and(|health| health.maintenance.is_below_margin());
        if liquidatable || self.rng.u8(..8) == 0 {
            let liquidator = (account + 1) % self.exchange.accounts().len();
            let order = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };
            let reading = Some(self.reading(market));
            self.push(Operation::Liquidate { liquidator, account, market, order, reading });
        }
        if self.exchange.accounts()[account].positions.iter().any(|position| !position.debt.is_zero()) {
            self.push(Operation::ResolveBankruptcy { account, market });
        }
    }
}
