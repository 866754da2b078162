//! A small exchange for attackers: one market with a crowd that stands still, and accounts of the attackers' own.

use crate::boundary::{serve, Served};
use crate::exchange_venue::{pass, print, stage, usd, ALL, MARKET};
use crate::market::{atoms, dollars, listing, price, CAP, CONFIDENCE_BPS};
use crate::population::LONG_SHARE;
use crate::variant::Terms;
use perp_engine::operations::liquidity::boundary_after;
use perp_engine::operations::position::{LiquidationOrder, LiquidationPlan, Order};
use perp_engine::state::PriceLimit;
use perp_engine::units::{Atoms, SignedSize, Timestamp};
use perp_exchange::{Exchange, Refusal};

/// The provider that is the attacker; the other one has the rest of the pool.
pub const ATTACKER: usize = 1;

/// An exchange, one or more markets, and what the attackers have paid in and got out.
#[derive(Clone, Debug)]
pub struct Arena {
    /// The exchange.
    pub exchange: Exchange,
    /// Of each market, the price that its oracle printed last.
    prices: Vec<f64>,
    /// What went in so far, less what came out.
    invested: f64,
    /// Whether the oracles have been silent since they last printed; else nobody posted what they printed.
    is_silent: bool,
}

/// A refusal, whatever its reason.
pub type Attempted<T> = Result<T, Refusal>;

impl Arena {
    /// The benchmark's market at this price. Its crowd's longs fill a part of the cap, its shorts as much less as the population's,
    /// and both have all the collateral anybody could ask for.
    pub fn new(terms: &Terms, start: i64, at: f64, fill: f64) -> Self {
        Self::with_markets(start, &[(at, CAP, *terms)], fill)
    }

    /// A market for each price, cap and terms; the crowd is in the first.
    pub fn with_markets(start: i64, markets: &[(f64, f64, Terms)], fill: f64) -> Self {
        let listed = |(at, cap, terms): &(f64, f64, Terms)| {
            (listing(terms, price(*at), *cap), price(*at), atoms(terms.insurance * cap))
        };
        let listings: Vec<_> = markets.iter().map(listed).collect();
        let mut exchange = stage(&listings, start);
        exchange.add_provider();
        let mut arena =
            Self { exchange, prices: markets.iter().map(|(at, ..)| *at).collect(), invested: 0.0, is_silent: false };
        for side in [1.0, -(1.0 / LONG_SHARE - 1.0)] {
            let notional = side * fill * CAP;
            if notional.abs() >= 1_000.0 {
                let account = arena.account(2.0 * notional.abs());
                arena.trade(account, MARKET, notional).expect("the crowd's own trade");
            }
        }
        arena.invested = 0.0;
        arena
    }

    /// Opens an account with so much collateral.
    pub fn account(&mut self, collateral: f64) -> usize {
        let account = self.exchange.open_account(None).expect("an account");
        self.deposit(account, collateral);
        account
    }

    /// Pays collateral in.
    pub fn deposit(&mut self, account: usize, collateral: f64) {
        if self.exchange.deposit(account, atoms(collateral)).is_ok() {
            self.invested += usd(atoms(collateral));
        }
    }

    /// An order for a notional in dollars at the last price; negative sells.
    pub fn trade(&mut self, account: usize, market: u16, notional: f64) -> Attempted<()> {
        let decimals = self.exchange.market(market)?.base_decimals;
        let units = notional / self.prices[usize::from(market)] * 10f64.powi(decimals.into());
        self.exchange.trade(account, market, &Order::at_any_price(SignedSize::new(units as i64)), None).map(|_| ())
    }

    /// Opens an account with a position and as little collateral as it takes, and returns its number.
    pub fn leveraged(&mut self, market: u16, notional: f64) -> Attempted<usize> {
        let account = self.account(0.05 * notional.abs());
        match self.trade_with_least(account, market, notional) {
            Ok(()) => Ok(account),
            Err(refusal) => {
                self.cash_out(account);
                Err(refusal)
            }
        }
    }

    /// An order by an account that pays in no more than the order takes.
    pub fn trade_with_least(&mut self, account: usize, market: u16, notional: f64) -> Attempted<()> {
        for _ in 0..400 {
            match self.trade(account, market, notional) {
                Err(Refusal::Rule(perp_engine::EngineError::InitialMargin { .. })) => {
                    self.deposit(account, 0.0025 * notional.abs());
                }
                other => return other,
            }
        }
        Err(Refusal::NoAccount { account })
    }

    /// The signed size of an account's position, in base units.
    fn held(&self, account: usize, market: u16) -> i64 {
        let positions = self.exchange.accounts()[account].positions;
        positions.iter().find(|held| held.is_occupied() && held.market == market).map_or(0, |held| held.size.get())
    }

    /// Whether an account holds a position.
    pub fn is_open(&self, account: usize, market: u16) -> bool {
        self.held(account, market) != 0
    }

    /// Closes a position, as far as there is one.
    pub fn close(&mut self, account: usize, market: u16) -> Attempted<()> {
        let held = self.held(account, market);
        if held == 0 {
            return Ok(());
        }
        let order = Order { reduce_only: true, ..Order::at_any_price(SignedSize::new(-held)) };
        self.exchange.trade(account, market, &order, None).map(|_| ())
    }

    /// Takes the balance out, as far as the account has neither position nor debt.
    pub fn cash_out(&mut self, account: usize) {
        let balance = self.exchange.accounts()[account].balance;
        if self.exchange.withdraw(account, balance).is_ok() {
            self.invested -= usd(balance);
        }
    }

    /// Liquidates an account's position, if it is below its margin; the bounty is another account's.
    pub fn liquidate(&mut self, liquidator: usize, account: usize, market: u16) -> Option<LiquidationPlan> {
        self.liquidate_part(liquidator, account, market, &ALL)
    }

    /// The same with a largest size.
    pub fn liquidate_part(
        &mut self,
        liquidator: usize,
        account: usize,
        market: u16,
        order: &LiquidationOrder,
    ) -> Option<LiquidationPlan> {
        let plan = self.exchange.liquidate(liquidator, account, market, order, None).ok()?;
        // Refused unless the account is bankrupt.
        self.exchange.resolve_bankruptcy(account, market).ok();
        Some(plan)
    }

    /// So many seconds pass, and the oracle of the first market prints.
    pub fn next(&mut self, seconds: i64, at: f64) {
        self.next_of(seconds, MARKET, at);
    }

    /// So many seconds pass, and the oracle of a market prints.
    pub fn next_of(&mut self, seconds: i64, market: u16, at: f64) {
        self.wait(seconds);
        let now = self.exchange.clock.now.get();
        let posted = self.exchange.market(market).map_or(now, |market| market.price.published.get());
        print(&mut self.exchange, market, price(at), if self.is_silent { posted } else { now - 1 });
        self.is_silent = false;
        self.prices[usize::from(market)] = dollars(price(at));
    }

    /// So many seconds pass in which the oracles are silent.
    pub fn silent(&mut self, seconds: i64) {
        self.wait(seconds);
        self.is_silent = true;
    }

    /// So many seconds pass without a price that anybody posts.
    pub fn wait(&mut self, seconds: i64) {
        let now = self.exchange.clock.now.get();
        pass(&mut self.exchange, now + seconds);
    }

    /// The last price of a market.
    pub fn price(&self, market: u16) -> f64 {
        self.prices[usize::from(market)]
    }

    /// What the attackers have got out beyond what they paid in.
    pub fn profit(&self) -> f64 {
        -self.invested
    }

    /// Asks to buy shares of the pool, at any price.
    pub fn request_deposit(&mut self, amount: f64) -> Attempted<u64> {
        let request = self.exchange.request_liquidity_deposit(ATTACKER, atoms(amount), PriceLimit::None)?;
        self.invested += usd(atoms(amount));
        Ok(request)
    }

    /// Asks to sell all shares of the pool, at any price.
    pub fn request_withdrawal(&mut self) -> Attempted<u64> {
        let shares = self.exchange.provider(ATTACKER)?.shares;
        self.exchange.request_liquidity_withdrawal(ATTACKER, shares, PriceLimit::None)
    }

    /// Seconds until the last moment at which a deposit is asked for that belongs to a boundary.
    pub fn until_last_call(&self) -> i64 {
        let (now, parameters) = (self.exchange.clock.now.get(), self.exchange.pool.parameters);
        let belongs_from = Timestamp::new(now + i64::from(parameters.deposit_notice));
        boundary_after(belongs_from, parameters.epoch_seconds).map_or(0, |boundary| boundary.get() - belongs_from.get())
    }

    /// Seconds until the boundary that the exchange waits for.
    pub fn until_boundary(&self) -> i64 {
        self.exchange.state.boundary.get() - self.exchange.clock.now.get()
    }

    /// Serves the boundary of this moment at the prices that the oracles printed last; what it pays the attacker counts as got out.
    pub fn serve(&mut self) -> Attempted<Served> {
        let now = self.exchange.clock.now.get();
        let requests = self.exchange.requests().clone();
        let prices = &self.prices;
        let served = serve(&mut self.exchange, |market| {
            let reading = price(prices[usize::from(market)]).reading(CONFIDENCE_BPS, now).ok()?;
            Some(reading.with_previous(now - 1))
        })?;
        for (number, payment) in &served.paid {
            if requests.get(number).is_some_and(|open| open.provider == ATTACKER) {
                self.invested -= usd(payment.tokens);
            }
        }
        Ok(served)
    }

    /// The attacker's request for a deposit, served at the next boundary at the price that was printed last.
    pub fn enter(&mut self, amount: f64) -> Attempted<Served> {
        self.request_deposit(amount)?;
        let price = self.price(MARKET);
        self.next(self.until_boundary(), price);
        self.serve()
    }

    /// The attacker's part of the pool's shares.
    pub fn share(&self) -> f64 {
        let shares = self.exchange.provider(ATTACKER).map_or(Atoms::ZERO, |provider| provider.shares);
        shares.get() as f64 / self.exchange.pool.shares.get() as f64
    }

    /// What the pool is worth if every loser pays, in dollars.
    pub fn pool_value(&self) -> f64 {
        let worth = |market: &perp_engine::state::Market| {
            let value = perp_engine::market::solvency::net_asset_value(&market.ledger, market.price.price);
            value.map_or(0.0, crate::exchange_venue::exact_usd)
        };
        usd(self.exchange.pool.cash) + self.exchange.markets().iter().map(worth).sum::<f64>()
    }
}
