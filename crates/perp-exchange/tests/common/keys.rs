//! What the keys of all roles, stolen together, can cost: every sequence of their instructions up to a depth, each with the arguments
//! that do most harm, and what was lost after a day, three days and thirty.
//!
//! Prices stand still but for those of markets that the keys list: these are the thief's. Nobody else acts: users keep their positions,
//! providers stay, the guardian, stolen too, cancels nothing. Whoever falls below his margin is liquidated by the thief.

use super::markets::{test_markets, thin_perp};
use perp_engine::fixtures::{at, pool_parameters, usdc, USDC};
use perp_engine::market::solvency::net_asset_value;
use perp_engine::operations::governance::Tightening;
use perp_engine::operations::position::{LiquidationOrder, Order};
use perp_engine::oracle::OracleReading;
use perp_engine::parameters::check_change;
use perp_engine::state::{
    Parameters, PoolParameters, PriceLimit, ProposalKind, Role, Status, StatusAuthority, StatusOrder,
};
use perp_engine::units::{Atoms, Ppm, SignedSize, Size};
use perp_exchange::{Change, Exchange, Listing};

const LISTED: u16 = 3;
const THIEF: usize = 6;
const USERS: std::ops::Range<usize> = 0..6;
const HOUR: u32 = 3_600;
/// A day, three days and thirty, in hours.
pub const HORIZONS: [u32; 3] = [24, 72, 720];

/// An instruction that only a role sends, with what does most harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// `propose_listing`: a market whose price is the thief's, as large as one may begin.
    List,
    /// `propose_parameters` of the last market: all caps as much larger as one proposal makes them.
    Grow,
    /// `propose_parameters` of SOL-PERP: margins of all of the notional.
    Margins,
    /// The same: the fees, the penalty and the spread as high as they may be together.
    Costs,
    /// The same: all fees for the protocol.
    Fees,
    /// The same: the least that its prices may be, and nothing for the measured margin.
    Loosen,
    /// `propose_oracle` of SOL-PERP.
    Oracle,
    /// `propose_pool_parameters`: the queue's fee, the longest notice, no hysteresis.
    Pool,
    /// `propose_insurance`: as much as may go.
    Insurance,
    /// `propose_role`: the guardian's.
    Roles,
    /// `withdraw_protocol_fees` of every market.
    WithdrawFees,
    /// `delist_market` of SOL-PERP.
    Delist,
    /// `set_exchange_status`: paused for as long as goes.
    Pause,
    /// `set_exchange_status`: reduce-only for as long as goes.
    ReduceOnly,
    /// `set_market_status`: the same for SOL-PERP.
    ReduceOnlyMarket,
    /// `set_backing_target`: everything that may go into the last market.
    Place,
    /// `set_backing_target`: nothing in SOL-PERP.
    TakeBack,
    /// `tighten_market` of SOL-PERP: caps of next to nothing.
    Tighten,
}

/// Every instruction of every role. `cancel_proposal` undoes one of these and takes nothing.
pub const ACTS: [Act; 18] = [
    Act::List,
    Act::Grow,
    Act::Margins,
    Act::Costs,
    Act::Fees,
    Act::Loosen,
    Act::Oracle,
    Act::Pool,
    Act::Insurance,
    Act::Roles,
    Act::WithdrawFees,
    Act::Delist,
    Act::Pause,
    Act::ReduceOnly,
    Act::ReduceOnlyMarket,
    Act::Place,
    Act::TakeBack,
    Act::Tighten,
];

/// Who has lost what, in atoms; below zero a gain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loss {
    /// Equity of the users' accounts, with what markets owe them at face.
    pub users: i128,
    /// What the pool has, and its markets if every loser pays.
    pub providers: i128,
    /// Insurance of the markets and of all of them together.
    pub insurance: i128,
    /// What is the thief's, beyond what he put in, protocol fees apart.
    pub stolen: i128,
}

/// The most of each, over all sequences, and the sequence.
#[derive(Clone, Debug, Default)]
pub struct Worst {
    pub users: (i128, Vec<Act>),
    pub providers: (i128, Vec<Act>),
    pub insurance: (i128, Vec<Act>),
    pub stolen: (i128, Vec<Act>),
    /// Sequences that were lived to the end.
    pub sequences: u64,
}

impl Worst {
    fn take(&mut self, loss: &Loss, acts: &[Act]) {
        self.sequences += 1;
        for (worst, lost) in [
            (&mut self.users, loss.users),
            (&mut self.providers, loss.providers),
            (&mut self.insurance, loss.insurance),
            (&mut self.stolen, loss.stolen),
        ] {
            if lost > worst.0 {
                *worst = (lost, acts.to_vec());
            }
        }
    }
}

/// An exchange in the thief's hand.
#[derive(Clone)]
struct Stolen {
    exchange: Exchange,
    hours: u32,
    /// What the thief has put in, less what he has taken out.
    put_in: i128,
    /// Protocol fees that were taken out.
    fees: i128,
    prices: Vec<i64>,
}

/// The worst of every sequence of at most `depth` instructions at each of the horizons.
pub fn enumerate(depth: usize) -> [Worst; 3] {
    let founded = Stolen::founded();
    HORIZONS.map(|horizon| {
        let mut worst = Worst::default();
        // What a time without any decision costs everybody, in funding and carry, is none of theirs.
        let control = founded.clone().lived_until(horizon).sums();
        descend(&founded, horizon, depth, &mut Vec::new(), &control, &mut worst);
        worst
    })
}

fn descend(now: &Stolen, horizon: u32, depth: usize, acts: &mut Vec<Act>, control: &Sums, worst: &mut Worst) {
    let mut end = now.clone().lived_until(horizon);
    end.rob();
    worst.take(&end.sums().lost_since(control), acts);
    if depth == 0 {
        return;
    }
    for act in ACTS {
        let mut next = now.clone();
        if !next.act(act) {
            continue;
        }
        acts.push(act);
        // At once, and once what was decided is in force, as far as there is time.
        descend(&next, horizon, depth - 1, acts, control, worst);
        if !next.exchange.proposals().is_empty() {
            next.outwait(horizon);
            if next.hours < horizon {
                descend(&next, horizon, depth - 1, acts, control, worst);
            }
        }
        acts.pop();
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sums {
    users: i128,
    providers: i128,
    insurance: i128,
    thief: i128,
}

impl Sums {
    fn lost_since(&self, control: &Self) -> Loss {
        Loss {
            users: control.users - self.users,
            providers: control.providers - self.providers,
            insurance: control.insurance - self.insurance,
            stolen: self.thief - control.thief,
        }
    }
}

impl Stolen {
    /// $5 million of liquidity, $800 000 of shared insurance, six users with $20 000 each at 2 to 18 times that.
    fn founded() -> Self {
        let mut exchange = Exchange::new(pool_parameters(), 6, at(0)).unwrap();
        for market in test_markets() {
            exchange.list(&market.listing).unwrap();
        }
        exchange.add_provider();
        let first = exchange.request_liquidity_deposit(0, usdc(5_000_000), PriceLimit::None).unwrap();
        let ahead = exchange.state.boundary.seconds_since(exchange.clock.now).unwrap();
        exchange.wait(u32::try_from(ahead).unwrap(), 2 * ahead).unwrap();
        for market in 0..LISTED {
            exchange.value_market(market, None).unwrap();
        }
        exchange.close_epoch().unwrap();
        exchange.pay_liquidity_request(first).unwrap();
        exchange.fund_insurance(None, usdc(800_000)).unwrap();
        let prices = test_markets().map(|market| market.price).to_vec();
        let mut stolen = Self { exchange, hours: 0, put_in: 0, fees: 0, prices };
        stolen.say_prices();
        for market in 0..LISTED {
            stolen.exchange.fund_insurance(Some(market), usdc(20_000)).unwrap();
            stolen.exchange.allocate_backing(market, None).unwrap();
        }
        for _ in 0..=THIEF {
            stolen.exchange.open_account(None).unwrap();
        }
        // Leverage and market of each; opposite ones keep the skew small.
        for (user, (market, times)) in USERS.zip([(0, 18), (0, -12), (0, -5), (1, 8), (1, -8), (2, 2)]) {
            stolen.exchange.deposit(user, usdc(20_000)).unwrap();
            let decimals = stolen.exchange.market(market).unwrap().base_decimals;
            let cents = i128::from(20_000 * times) * 100_000_000 * 10i128.pow(u32::from(decimals));
            let size = i64::try_from(cents / i128::from(stolen.prices[usize::from(market)])).unwrap();
            let order = Order::at_any_price(SignedSize::new(size));
            stolen.exchange.trade(user, market, &order, None).unwrap();
        }
        stolen.put_in(usdc(1_000_000));
        stolen
    }

    fn put_in(&mut self, amount: Atoms) {
        self.exchange.deposit(THIEF, amount).unwrap();
        self.put_in += i128::from(amount.get());
    }

    fn say_prices(&mut self) {
        for (market, price) in (0..).zip(self.prices.clone()) {
            let now = self.exchange.clock.now.get();
            let reading = OracleReading::new(price, 0, -8, now).unwrap().with_previous(now - 1);
            if self.exchange.update_funding(market, Some(&reading)).is_err() {
                let _ = self.exchange.update_price(market, &reading);
            }
        }
    }

    /// An hour, and everything that anybody can do then: what is ripe is put in force, backing is moved, whoever is below his margin
    /// is liquidated.
    fn live_an_hour(&mut self) {
        self.exchange.wait(HOUR, 7_200).unwrap();
        self.hours += 1;
        self.say_prices();
        self.work();
    }

    fn work(&mut self) {
        let waiting: Vec<_> = self.exchange.proposals().keys().copied().collect();
        for (kind, subject) in waiting {
            let now = self.exchange.clock.now.get();
            let reading = (kind == ProposalKind::Oracle).then(|| {
                let price = self.prices[usize::from(subject)];
                OracleReading::new(price, 0, -8, now).unwrap()
            });
            if let Ok(Some(listed)) = self.exchange.apply_proposal(kind, subject, reading.as_ref()) {
                self.prices.push(thin_perp().price);
                assert_eq!(usize::from(listed) + 1, self.prices.len());
                self.say_prices();
            }
        }
        for market in 0..self.exchange.market_count {
            let _ = self.exchange.allocate_backing(market, None);
            let _ = self.exchange.begin_settlement(market);
        }
        let all = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };
        for user in USERS {
            for market in 0..LISTED {
                let _ = self.exchange.liquidate(THIEF, user, market, &all, None);
            }
        }
    }

    /// Until nothing waits any more.
    fn outwait(&mut self, horizon: u32) {
        while self.hours < horizon && !self.exchange.proposals().is_empty() {
            self.live_an_hour();
        }
    }

    fn lived_until(mut self, horizon: u32) -> Self {
        // Every hour, also where nothing is decided any more: funding accrues over an hour at most.
        while self.hours < horizon {
            self.live_an_hour();
        }
        self
    }

    /// In every market that the keys have listed the thief makes the price: he buys as much as it bears, lets it rise tenfold, takes
    /// what it has, and does so again.
    fn rob(&mut self) {
        for market in LISTED..self.exchange.market_count {
            let _ = self.exchange.allocate_backing(market, None);
            // As much as the market bears, by halves.
            let cap = self.exchange.market(market).unwrap().parameters.open_interest_cap.get();
            let mut size = i64::try_from(cap.min(1 << 50)).unwrap();
            while size > 1_000 {
                let order = Order::at_any_price(SignedSize::new(size));
                if self.exchange.trade(THIEF, market, &order, None).is_err() {
                    size /= 2;
                }
                if self.exchange.accounts()[THIEF].slot_of(market).is_some() && size > 1_000 {
                    size /= 2;
                }
            }
            for _ in 0..3 {
                self.exchange.wait(5, 10).unwrap();
                self.prices[usize::from(market)] *= 10;
                self.say_prices();
                let _ = self.exchange.settle_pnl(THIEF, market, None, None);
                let _ = self.exchange.fund_claims(market);
                let _ = self.exchange.redeem_claim(THIEF, market);
                let _ = self.exchange.allocate_backing(market, None);
            }
        }
    }

    fn sums(&self) -> Sums {
        let price = |market: u16| self.exchange.market(market).unwrap().price.price;
        let worth = |account: usize| {
            let state = &self.exchange.accounts()[account];
            let mut worth = i128::from(state.balance.get());
            for (_, position) in state.occupied() {
                let market = self.exchange.market(position.market).unwrap();
                worth += perp_engine::risk::margin::face_value(position, market).unwrap().get() >> 40;
            }
            worth
        };
        let mut providers = i128::from(self.exchange.pool.cash.get());
        let mut insurance = i128::from(self.exchange.pool.insurance.get());
        for market in self.exchange.markets() {
            // A market is liable for no more than it has.
            providers += (net_asset_value(&market.ledger, price(market.index)).unwrap().get() >> 40).max(0);
            insurance += i128::from(market.ledger.insurance.get());
        }
        // A claim on a market that is empty is nothing to the thief.
        let thief = i128::from(self.exchange.accounts()[THIEF].balance.get()) - self.put_in;
        Sums { users: USERS.map(worth).sum(), providers, insurance, thief }
    }

    /// Sends it; whether it changed anything.
    fn act(&mut self, act: Act) -> bool {
        let before = self.exchange.clone();
        self.send(act);
        self.exchange.markets() != before.markets()
            || self.exchange.pool != before.pool
            || self.exchange.proposals() != before.proposals()
            || self.exchange.state != before.state
    }

    fn send(&mut self, act: Act) {
        let sol = self.exchange.market(0).unwrap().parameters;
        let last = self.exchange.market_count - 1;
        let status = |status, seconds| StatusOrder { status, seconds, authority: StatusAuthority::RiskAdmin };
        let change = match act {
            Act::List => {
                let listing = thin_perp().listing;
                let parameters =
                    Parameters { backing_cap: Ppm::new(10_000), shared_draw_limit: Atoms::ZERO, ..listing.parameters };
                Change::Listing(Listing { parameters, target_backing: usdc(5_000_000), ..listing })
            }
            Act::Grow => {
                let from = self.exchange.market(last).unwrap().parameters;
                let cap = Size::new(from.open_interest_cap.get().saturating_mul(2).min(1 << 50));
                let backing_cap = Ppm::new((from.backing_cap.get() + 10_000).min(1_000_000));
                let to = Parameters { open_interest_cap: cap, backing_cap, ..from };
                Change::Parameters { market: last, parameters: to }
            }
            Act::Margins => Change::Parameters {
                market: 0,
                parameters: Parameters {
                    base_margin: Ppm::ONE,
                    maintenance_fraction: Ppm::ONE,
                    measured_limit: Ppm::ONE,
                    stress_move: Ppm::ONE,
                    ..sol
                },
            },
            Act::Costs => Change::Parameters { market: 0, parameters: dearest(sol) },
            Act::Fees => Change::Parameters { market: 0, parameters: Parameters { protocol_share: Ppm::ONE, ..sol } },
            Act::Loosen => Change::Parameters {
                market: 0,
                parameters: Parameters {
                    measured_weight: Ppm::ZERO,
                    spread_confidence: Ppm::ZERO,
                    spread_volatility: Ppm::ZERO,
                    spread_measured: Ppm::ZERO,
                    spread_drift: Ppm::ZERO,
                    taker_fee: Ppm::ZERO,
                    taker_fee_rebalancing: Ppm::ZERO,
                    ..sol
                },
            },
            Act::Oracle => Change::Oracle { market: 0, second_max_deviation: Ppm::new(1), second_max_age: 3_600 },
            Act::Pool => Change::PoolParameters(PoolParameters {
                minimum_request: Atoms::new(1_000 * USDC),
                deposit_notice: 86_400,
                queue_fee: Ppm::new(1_000),
                hysteresis: Ppm::ZERO,
                shared_draw_share: Ppm::ZERO,
                ..self.exchange.pool.parameters
            }),
            Act::Insurance => Change::Insurance { amount: usdc(50_000) },
            Act::Roles => Change::Role { role: Role::Guardian, holder: 9 },
            Act::WithdrawFees => {
                for market in 0..self.exchange.market_count {
                    if let Ok(amount) = self.exchange.withdraw_protocol_fees(market) {
                        self.fees += i128::from(amount.get());
                    }
                }
                return;
            }
            Act::Delist => {
                let _ = self.exchange.delist_market(0);
                return;
            }
            Act::Pause => {
                let _ = self.exchange.set_exchange_status(&status(Status::Paused, 360));
                return;
            }
            Act::ReduceOnly => {
                let _ = self.exchange.set_exchange_status(&status(Status::ReduceOnly, 36_000));
                return;
            }
            Act::ReduceOnlyMarket => {
                let _ = self.exchange.set_market_status(0, &status(Status::ReduceOnly, 36_000));
                return;
            }
            Act::Place => {
                self.exchange.set_backing_target(last, usdc(5_000_000)).unwrap();
                let _ = self.exchange.allocate_backing(last, None);
                return;
            }
            Act::TakeBack => {
                self.exchange.set_backing_target(0, Atoms::ZERO).unwrap();
                let _ = self.exchange.allocate_backing(0, None);
                return;
            }
            Act::Tighten => {
                let now = Tightening::of(&sol);
                let to = Tightening { open_interest_cap: Size::new(1), open_interest_low: Size::ZERO, ..now };
                let _ = self.exchange.tighten_market(0, &to);
                return;
            }
        };
        let _ = self.exchange.propose(&change);
    }
}

/// As dear as it may be: what closing costs, and what a liquidation takes, as far as the rules of a market let it with its margins.
fn dearest(from: Parameters) -> Parameters {
    let mut to = from;
    for step in (1..=60).map(|step| step * 500) {
        let raise = |ppm: Ppm| Ppm::new(ppm.get() + step);
        for next in [
            Parameters { penalty: raise(from.penalty), ..to },
            Parameters { taker_fee: raise(from.taker_fee), taker_fee_rebalancing: raise(from.taker_fee), ..to },
            Parameters { impact_limit: raise(from.impact_limit), ..to },
            Parameters { spread_volatility: Ppm::new(from.spread_volatility.get() + 100 * step), ..to },
        ] {
            if check_change(&from, &next).is_ok() {
                to = next;
            }
        }
    }
    to
}
