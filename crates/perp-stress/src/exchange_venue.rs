//! The exchange in memory as a place to trade: the only module that calls its operations for the population.

use crate::boundary::serve;
use crate::market::{atoms, listing, pool, CAP, CONFIDENCE_BPS, POOL, QUOTE_DECIMALS, SLOTS_IN_TWO_SECONDS};
use crate::variant::Terms;
use crate::venue::{BadDebt, Fill, Gauge, Liquidation, Refused, Standing, Venue};
use perp_candles::UsdPrice;
use perp_engine::market::measured_margin::measured_margin_ceil;
use perp_engine::market::solvency::{net_asset_value, solvency};
use perp_engine::operations::liquidity::boundary_after;
use perp_engine::operations::position::{LiquidationOrder, LiquidationReason, Order, TradePlan};
use perp_engine::risk::margin::maintenance_margin_ceil;
use perp_engine::state::{Market, PoolParameters, Position, PriceLimit};
use perp_engine::units::{Atoms, Clock, Ppm, QuoteX40, SignedSize, Size, Timestamp, X40_PER_ATOM};
use perp_engine::EngineError;
use perp_exchange::{Exchange, Listing, Refusal};

/// The index of the market everybody trades in.
pub const MARKET: u16 = 0;
/// The account that liquidates and settles.
pub const KEEPER: usize = 0;
/// Closes as much as is allowed, for any bounty.
pub const ALL: LiquidationOrder = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };

/// An exchange with one market, and each trader's account.
#[derive(Clone, Debug)]
pub struct ExchangeVenue {
    /// The exchange.
    pub exchange: Exchange,
    base_unit: f64,
    price: f64,
    accounts: Vec<usize>,
    /// When the oracle last printed.
    printed: i64,
    /// Accounts with a claim.
    creditors: Vec<usize>,
}

/// An amount in dollars.
pub fn usd(atoms: Atoms) -> f64 {
    atoms.get() as f64 / 1e6
}

/// An exact amount in dollars.
pub fn exact_usd(amount: QuoteX40) -> f64 {
    amount.get() as f64 / X40_PER_ATOM as f64 / 1e6
}

/// An exchange with the pool's cash, and each listing as a market with its backing, a first price and its own insurance.
///
/// # Panics
/// Where the engine refuses what it is set up with: the benchmark's parameters are no longer its own.
pub fn stage(markets: &[(Listing, UsdPrice, Atoms)], start: i64) -> Exchange {
    let parameters = pool();
    let epoch = parameters.epoch_seconds;
    // The last boundary at or before the start serves the liquidity, for which the queue takes nothing.
    let next = boundary_after(Timestamp::new(start + 1), epoch).expect("a time in range").get();
    let boundary = next - i64::from(epoch);
    let asked = Timestamp::new(boundary - i64::from(parameters.deposit_notice));
    let free = PoolParameters { queue_fee: Ppm::ZERO, ..parameters };
    let mut exchange = Exchange::new(free, QUOTE_DECIMALS, Clock { now: asked, slot: 1_000 }).expect("a pool");
    let provider = exchange.add_provider();
    exchange.request_liquidity_deposit(provider, atoms(POOL), PriceLimit::None).expect("a request");
    let indices: Vec<u16> = markets.iter().map(|(listing, ..)| exchange.list(listing).expect("a market")).collect();
    pass(&mut exchange, boundary);
    serve(&mut exchange, |_| None).expect("a deposit");
    exchange.pool.parameters = parameters;
    pass(&mut exchange, start);
    for (index, (_, price, insurance)) in indices.into_iter().zip(markets) {
        exchange.allocate_backing(index, None).expect("backing");
        print(&mut exchange, index, *price, start);
        if !insurance.is_zero() {
            exchange.fund_insurance(Some(index), *insurance).expect("insurance");
        }
    }
    exchange
}

/// Time passes until `now`.
pub fn pass(exchange: &mut Exchange, now: i64) {
    let seconds = u32::try_from(now - exchange.clock.now.get()).expect("time runs forwards");
    exchange.wait(seconds, u64::from(seconds) * SLOTS_IN_TWO_SECONDS / 2).expect("a time in range");
}

/// The oracle prints a price, the one before it at `previous`, and funding accrues.
pub fn print(exchange: &mut Exchange, market: u16, price: UsdPrice, previous: i64) {
    let reading = price.reading(CONFIDENCE_BPS, exchange.clock.now.get()).expect("a reading");
    exchange.update_price(market, &reading.with_previous(previous)).expect("a price in range");
}

fn filled(plan: &TradePlan) -> Fill {
    Fill { notional: exact_usd(plan.fill.index_notional), spread: exact_usd(plan.fill.spread) }
}

impl ExchangeVenue {
    /// A market of the benchmark's size on these terms that lists at this price, for so many traders.
    pub fn new(terms: &Terms, start: i64, price: UsdPrice, traders: usize) -> Self {
        let listing = listing(terms, price, CAP);
        let mut exchange = stage(&[(listing, price, atoms(terms.insurance * CAP))], start);
        exchange.open_account(None).expect("the keeper's account");
        let accounts = (0..traders).map(|_| exchange.open_account(None).expect("an account")).collect();
        Self {
            exchange,
            base_unit: 10f64.powi(-i32::from(listing.base_decimals)),
            price: crate::market::dollars(price),
            accounts,
            printed: start,
            creditors: Vec::new(),
        }
    }

    fn market(&self) -> &Market {
        self.exchange.market(MARKET).expect("the market that was listed")
    }

    fn position(&self, trader: usize) -> Option<&Position> {
        let account = &self.exchange.accounts()[self.accounts[trader]];
        account.positions.iter().find(|position| position.is_occupied() && !position.size.is_zero())
    }

    /// Takes everything out of an account that has no position any more. One that holds a claim waits for it, and its trader
    /// goes on with another.
    fn leave(&mut self, trader: usize) {
        let account = self.accounts[trader];
        let state = &self.exchange.accounts()[account];
        let (balance, holds) = (state.balance, state.occupied().next().is_some());
        if !balance.is_zero() {
            self.exchange.withdraw(account, balance).ok();
        }
        if holds {
            self.creditors.push(account);
            self.accounts[trader] = self.exchange.open_account(None).expect("an account");
        }
    }
}

impl Venue for ExchangeVenue {
    fn publish(&mut self, now: i64, price: Option<UsdPrice>) {
        if now > self.exchange.clock.now.get() {
            pass(&mut self.exchange, now);
        }
        match price {
            Some(price) => {
                print(&mut self.exchange, MARKET, price, self.printed);
                self.printed = now;
                self.price = crate::market::dollars(price);
            }
            // Refused until the price is old enough, and once it is reported.
            None => {
                self.exchange.report_oracle_outage(MARKET).ok();
            }
        }
    }

    fn open(&mut self, trader: usize, long: bool, notional: f64, collateral: f64) -> Result<Fill, Refused> {
        let account = self.accounts[trader];
        let units = (notional / self.price / self.base_unit) as i64;
        let order = Order::at_any_price(SignedSize::new(if long { units } else { -units }));
        let mut posted = collateral;
        self.exchange.deposit(account, atoms(posted)).map_err(|_| Refused)?;
        loop {
            match self.exchange.trade(account, MARKET, &order, None) {
                Ok(plan) => return Ok(filled(&plan)),
                // What is asked for beyond the notional itself no collateral brings.
                Err(Refusal::Rule(EngineError::InitialMargin { .. })) if posted < 1.2 * notional => {
                    let more = 0.05 * posted;
                    posted += more;
                    self.exchange.deposit(account, atoms(more)).map_err(|_| Refused)?;
                }
                Err(_) => {
                    let balance = self.exchange.accounts()[account].balance;
                    self.exchange.withdraw(account, balance).expect("a flat account's balance");
                    return Err(Refused);
                }
            }
        }
    }

    fn top_up(&mut self, trader: usize) {
        let account = self.accounts[trader];
        let health = self.exchange.health(&self.exchange.accounts()[account]);
        if let Ok(health) = health {
            let missing = u64::try_from(-health.initial.surplus()).unwrap_or(0);
            if missing > 0 {
                self.exchange.deposit(account, Atoms::new(missing)).expect("collateral");
            }
        }
    }

    fn close(&mut self, trader: usize) -> Result<Fill, Refused> {
        let size = self.position(trader).ok_or(Refused)?.size.get();
        let order = Order { reduce_only: true, ..Order::at_any_price(SignedSize::new(-size)) };
        let plan = self.exchange.trade(self.accounts[trader], MARKET, &order, None).map_err(|_| Refused)?;
        self.leave(trader);
        Ok(filled(&plan))
    }

    fn maintenance(&self) -> f64 {
        let market = self.market();
        // Without a size premium it is the same part of every notional.
        let million = atoms(1e6);
        let measured = measured_margin_ceil(market).expect("a market in range");
        let maintenance = maintenance_margin_ceil(million, measured, &market.parameters).expect("a notional in range");
        usd(maintenance.margin) / usd(million)
    }

    fn standing(&self, trader: usize) -> Option<Standing> {
        let position = self.position(trader)?;
        let balance = usd(self.exchange.accounts()[self.accounts[trader]].balance);
        let size = position.size.get() as f64 * self.base_unit;
        let side = position.size.side()?;
        let index = self.market().ledger.side(side).funding_index.get() - position.funding_index.get();
        let units = position.size.get().unsigned_abs();
        let funding = exact_usd(QuoteX40::new(i128::from(units) * i128::from(index)));
        let entry = exact_usd(position.entry_notional.get());
        let equity = balance + usd(position.claim) - usd(position.debt) - funding
            + if size > 0.0 { size * self.price - entry } else { entry + size * self.price };
        Some(Standing { size, price: self.price, equity, balance })
    }

    fn is_below_margin(&self, trader: usize) -> bool {
        let accounts = self.exchange.accounts();
        let (account, keeper) = (&accounts[self.accounts[trader]], &accounts[KEEPER]);
        self.exchange.preview_liquidation(account, keeper, MARKET, &ALL, None).is_ok()
    }

    fn liquidate(&mut self, trader: usize) -> Option<Liquidation> {
        let before = self.standing(trader)?;
        let account = self.accounts[trader];
        let plan = self.exchange.liquidate(KEEPER, account, MARKET, &ALL, None).ok()?;
        if plan.reason == LiquidationReason::Unsettled {
            // Its profit was turned into cash, and nothing closed.
            return None;
        }
        let whole = self.position(trader).is_none();
        let mut bad_debt = BadDebt::default();
        if whole {
            // Where cash is set aside for a claim, that comes first.
            self.exchange.redeem_claim(account, MARKET).ok();
            if let Ok(plan) = self.exchange.resolve_bankruptcy(account, MARKET) {
                bad_debt = BadDebt {
                    own_insurance: usd(plan.paid_by_insurance),
                    shared_insurance: usd(plan.paid_by_shared_insurance),
                    written_off: usd(plan.written_off),
                };
            }
            self.leave(trader);
        }
        Some(Liquidation { reason: plan.reason, notional: exact_usd(plan.notional), whole, before, bad_debt })
    }

    fn keep(&mut self) {
        self.exchange.fund_claims(MARKET).ok();
        let exchange = &mut self.exchange;
        self.creditors.retain(|account| {
            exchange.redeem_claim(*account, MARKET).ok();
            let state = exchange.accounts()[*account];
            let waits = state.occupied().next().is_some();
            if !waits && !state.balance.is_zero() {
                exchange.withdraw(*account, state.balance).expect("a flat account's balance");
            }
            waits
        });
        self.exchange.allocate_backing(MARKET, None).ok();
    }

    fn gauge(&self) -> Gauge {
        let market = self.market();
        let (ledger, price) = (&market.ledger, market.price.price);
        let solvency = solvency(ledger, &market.parameters, price).expect("a market in range");
        let value = net_asset_value(ledger, price).expect("a market in range");
        let [long, short] = [&ledger.sides[0], &ledger.sides[1]].map(|side| side.open_interest.get() as f64);
        Gauge {
            coverage: match solvency.liabilities {
                Atoms::ZERO => 1.0,
                liabilities => (usd(solvency.assets) / usd(liabilities)).min(1.0),
            },
            claims: usd(ledger.claims) - usd(ledger.claims_reserve),
            skew: (long - short) * self.base_unit,
            providers: usd(self.exchange.pool.cash) + exact_usd(value),
        }
    }

    fn check(&self) -> Result<(), String> {
        self.exchange.check().map_err(|violation| format!("{violation:?}"))
    }
}
