//! An exchange whose markets are in one risk group, and accounts that hold positions without having traded.

use perp_engine::fixtures::{at, grouped_parameters, pool_parameters, usdc, NOW, PRICE, SOL};
use perp_engine::operations::position::{LiquidationOrder, LiquidationPlan};
use perp_engine::state::{Account, Parameters, Position, RecentPrices};
use perp_engine::units::{Atoms, Ppm, Price, QuoteX40, Side, Size, Timestamp};
use perp_engine::EngineError;
use perp_exchange::quotes::AccountHealth;
use perp_exchange::{Exchange, Listing, Refusal};

/// SOL in a group, without spread, impact, fee, funding and measured margin, so that a position loses only what its price does.
pub fn plain() -> Parameters {
    Parameters {
        impact_limit: Ppm::ZERO,
        taker_fee: Ppm::ZERO,
        taker_fee_rebalancing: Ppm::ZERO,
        volatility: Ppm::ZERO,
        measured_weight: Ppm::ZERO,
        funding_velocity: 0,
        carry_rate: 0,
        carry_surge: 0,
        ..grouped_parameters()
    }
}

/// A position as a test writes it: SOL in thousandths, short below zero, entered at so many ppm of the price, in the market of that number.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    pub market: u16,
    pub size: i64,
    pub entry: u64,
}

#[derive(Clone)]
pub struct Stage {
    pub exchange: Exchange,
}

impl Stage {
    /// Markets with these parameters, SOL at $250 in each, and so many dollars of backing.
    pub fn of(markets: &[(Parameters, u64)]) -> Self {
        let mut exchange = Exchange::new(pool_parameters(), 6, at(0)).unwrap();
        for (parameters, backing) in markets {
            let listing = Listing { parameters: *parameters, base_decimals: 9, target_backing: Atoms::ZERO };
            let index = exchange.list(&listing).unwrap();
            let mut market = *exchange.market(index).unwrap();
            market.ledger.backing = usdc(*backing);
            market.ledger.funding_time = Timestamp::new(NOW);
            exchange.put_market(market);
        }
        let mut stage = Self { exchange };
        for market in 0..markets.len() {
            stage.publish(market as u16, PRICE);
        }
        stage
    }

    /// The market's only price, of now.
    pub fn publish(&mut self, market: u16, price: u64) {
        let now = self.exchange.clock.now;
        let mut state = *self.exchange.market(market).unwrap();
        state.price.price = Price::new(price);
        (state.price.published, state.price.newest_published) = (now, now);
        state.recent = RecentPrices::default();
        state.recent.record(Price::new(price), now);
        self.exchange.put_market(state);
    }

    /// An account with so many atoms and these positions. The markets' sums have them, and as much on the other side, so that what a market
    /// could pay everybody does not depend on its price.
    pub fn holding(&mut self, atoms: u64, held: &[Held]) -> usize {
        let mut account = Account { balance: Atoms::new(atoms), ..Account::opened(None) };
        for (slot, held) in account.positions.iter_mut().zip(held) {
            let size = Size::new(held.size.unsigned_abs() * (SOL / 1_000));
            let side = if held.size < 0 { Side::Short } else { Side::Long };
            let mut market = *self.exchange.market(held.market).unwrap();
            let entry_price = u128::from(market.price.price.get()) * u128::from(held.entry) / 1_000_000;
            let entry = i128::from(size.get()) * i128::try_from(entry_price).unwrap();
            for totals in &mut market.ledger.sides {
                totals.open_interest = totals.open_interest.checked_add(size).unwrap();
                totals.entry_notional = totals.entry_notional.get().checked_add(QuoteX40::new(entry)).unwrap().into();
            }
            self.exchange.put_market(market);
            *slot = Position {
                size: size.on(side).unwrap(),
                entry_notional: QuoteX40::new(entry).into(),
                ..Position::empty_in(held.market)
            };
        }
        self.exchange.add_account(account)
    }

    pub fn account(&self, account: usize) -> &Account {
        self.exchange.account(account).unwrap()
    }

    pub fn health(&self, account: usize) -> AccountHealth {
        self.exchange.health(self.account(account)).unwrap()
    }

    /// Somebody else closes as much of a position as `most` base units.
    pub fn liquidate(&mut self, account: usize, market: u16, most: u64) -> Result<LiquidationPlan, EngineError> {
        let by = self.exchange.add_account(Account::opened(None));
        let order = LiquidationOrder { max_size: Size::new(most), min_bounty: Atoms::ZERO };
        rule(self.exchange.liquidate(by, account, market, &order, None))
    }
}

/// What the engine says, where nothing is missing.
pub fn rule<T>(result: Result<T, Refusal>) -> Result<T, EngineError> {
    result.map_err(|refusal| match refusal {
        Refusal::Rule(rule) => rule,
        other => panic!("{other}"),
    })
}
