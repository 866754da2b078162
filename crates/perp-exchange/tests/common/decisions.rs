//! Random decisions between random trades: whoever was healthy before a decision is healthy after it at the same prices, but for one
//! point of notional a day, beginning a day after it was proposed.

use super::markets::{test_markets, TestMarket};
use fastrand::Rng;
use perp_engine::fixtures::{at, pool_parameters, usdc, USDC};
use perp_engine::operations::governance::Tightening;
use perp_engine::operations::position::{LiquidationOrder, Order};
use perp_engine::oracle::OracleReading;
use perp_engine::risk::portfolio::Health;
use perp_engine::state::{
    Account, Canceller, Parameters, PoolParameters, PriceLimit, ProposalKind, Role, Status, StatusAuthority,
    StatusOrder,
};
use perp_engine::units::products::notional;
use perp_engine::units::{Atoms, Ppm, SignedSize, Size};
use perp_exchange::{Change, Exchange, Listing, Refusal};
use std::collections::BTreeMap;

const ACCOUNTS: usize = 10;
const MOST_MARKETS: u16 = 6;
const HOUR: u32 = 3_600;
const DAY: i64 = 86_400;
/// One point of notional.
const POINT_PPM: i128 = 10_000;

/// What was done and found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Steps of all kinds.
    pub steps: u64,
    /// Trades that were filled.
    pub trades: u64,
    /// Decisions that took place, by what they are.
    pub decisions: BTreeMap<&'static str, u64>,
    /// Accounts with positions whose health was compared across a decision.
    pub compared: u64,
    /// Of those that were healthy before, how many were not after it: by less than a step's share.
    pub pushed: u64,
    /// Days that were lived twice, with and without decisions.
    pub days: u64,
    /// Accounts with positions compared over such a day.
    pub lived: u64,
    /// The most that a day of decisions has cost an account, in ppm of its notional.
    pub worst_day_ppm: i128,
}

impl Found {
    /// Takes in what another search found.
    #[allow(dead_code)] // the test runs one
    pub fn add(&mut self, other: &Self) {
        self.steps += other.steps;
        self.trades += other.trades;
        for (name, count) in &other.decisions {
            *self.decisions.entry(name).or_default() += count;
        }
        self.compared += other.compared;
        self.pushed += other.pushed;
        self.days += other.days;
        self.lived += other.lived;
        self.worst_day_ppm = self.worst_day_ppm.max(other.worst_day_ppm);
    }
}

/// An exchange on which people trade and roles decide.
pub struct Decisions {
    exchange: Exchange,
    /// Prices in 10^-8 dollars.
    prices: Vec<i64>,
    rng: Rng,
    /// When each market's parameters last took a step, the last day's.
    taken: BTreeMap<u16, Vec<i64>>,
    pub found: Found,
}

impl Decisions {
    pub fn new(seed: u64) -> Self {
        let mut exchange = Exchange::new(pool_parameters(), 6, at(0)).unwrap();
        for TestMarket { listing, .. } in test_markets() {
            exchange.list(&listing).unwrap();
        }
        exchange.add_provider();
        let prices = test_markets().map(|market| market.price).to_vec();
        let mut decisions =
            Self { exchange, prices, rng: Rng::with_seed(seed), taken: BTreeMap::new(), found: Found::default() };
        decisions.open();
        decisions
    }

    fn open(&mut self) {
        let first = self.exchange.request_liquidity_deposit(0, usdc(5_000_000), PriceLimit::None).unwrap();
        let ahead = self.exchange.state.boundary.seconds_since(self.exchange.clock.now).unwrap();
        self.wait(u32::try_from(ahead).unwrap());
        for market in 0..3 {
            self.exchange.value_market(market, None).unwrap();
        }
        self.exchange.close_epoch().unwrap();
        self.exchange.pay_liquidity_request(first).unwrap();
        self.exchange.fund_insurance(None, usdc(800_000)).unwrap();
        for market in 0..3 {
            self.exchange.set_backing_target(market, usdc(1_000_000)).unwrap();
            self.exchange.allocate_backing(market, None).unwrap();
        }
        for account in 0..ACCOUNTS {
            let account = self.exchange.open_account((account >= 8).then_some(2)).unwrap();
            self.exchange.deposit(account, usdc(20_000)).unwrap();
        }
        self.publish();
    }

    fn wait(&mut self, seconds: u32) {
        self.exchange.wait(seconds, 2 * u64::from(seconds) + 1).unwrap();
    }

    fn publish(&mut self) {
        for (market, price) in (0..).zip(self.prices.clone()) {
            say(&mut self.exchange, market, price);
        }
    }

    /// So many steps, and everything that is to hold after each.
    pub fn run(&mut self, steps: u64) {
        for _ in 0..steps {
            self.step();
            self.found.steps += 1;
        }
        self.exchange.check().unwrap();
    }

    fn step(&mut self) {
        let seconds = if self.rng.u8(..4) == 0 { HOUR } else { self.rng.u32(1..900) };
        self.wait(seconds);
        match self.rng.u16(..1_000) {
            0..300 => self.move_prices(),
            300..560 => self.trade(),
            560..600 => self.keep(),
            600..640 => self.move_collateral(),
            640..700 => self.propose(),
            700..960 => self.apply(),
            960..975 => self.tighten(),
            975..985 => self.cancel(),
            985..992 => self.set_status(),
            992..997 => self.set_target(),
            _ => self.live_a_day_twice(),
        }
    }

    fn market(&mut self) -> u16 {
        self.rng.u16(..self.exchange.market_count)
    }

    fn move_prices(&mut self) {
        let market = usize::from(self.market());
        let first = test_markets()[market % 3].price;
        let moved = self.prices[market] / 1_000_000 * self.rng.i64(985_000..1_015_000);
        self.prices[market] = moved.clamp(first / 3, first * 3);
        self.publish();
    }

    fn trade(&mut self) {
        self.publish();
        let (account, market) = (self.rng.usize(..ACCOUNTS), self.market());
        let state = self.exchange.accounts()[account];
        let held = state.slot_of(market).map_or(0, |slot| state.positions[slot].size.get());
        let size = if held != 0 && self.rng.u8(..3) == 0 {
            -held
        } else {
            // Up to twenty times the balance.
            let times = self.rng.u64(1..200);
            let dollars = i128::from(state.balance.get()) * i128::from(times) / 10;
            let decimals = self.exchange.market(market).unwrap().base_decimals;
            let size = dollars * 100 * 10i128.pow(u32::from(decimals)) / i128::from(self.prices[usize::from(market)]);
            let size = i64::try_from(size).unwrap();
            if self.rng.bool() {
                size
            } else {
                -size
            }
        };
        let order = Order::at_any_price(SignedSize::new(size));
        if self.exchange.trade(account, market, &order, None).is_ok() {
            self.found.trades += 1;
        }
    }

    /// Whoever is to be liquidated is, so that trading goes on.
    fn keep(&mut self) {
        self.publish();
        let all = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };
        for account in 0..ACCOUNTS {
            for market in 0..self.exchange.market_count {
                let by = if account == 0 { 1 } else { 0 };
                let _ = self.exchange.liquidate(by, account, market, &all, None);
                let _ = self.exchange.settle_pnl(account, market, None, None);
                let _ = self.exchange.resolve_bankruptcy(account, market);
            }
        }
    }

    fn move_collateral(&mut self) {
        self.publish();
        let account = self.rng.usize(..ACCOUNTS);
        let balance = self.exchange.accounts()[account].balance.get();
        if balance < 10_000 * USDC {
            self.exchange.deposit(account, usdc(10_000)).unwrap();
        } else {
            let _ = self.exchange.withdraw(account, Atoms::new(self.rng.u64(1..=balance)));
        }
    }

    fn propose(&mut self) {
        let market = self.market();
        let now = self.exchange.market(market).unwrap().parameters;
        let (name, change) = match self.rng.u8(..20) {
            0 => ("propose oracle", {
                let bounded = self.rng.bool();
                let second_max_deviation = Ppm::new(if bounded { 50_000 } else { 0 });
                Change::Oracle { market, second_max_deviation, second_max_age: if bounded { 600 } else { 0 } }
            }),
            1 => ("propose pool", {
                let parameters = self.exchange.pool.parameters;
                let hysteresis = Ppm::new(self.rng.u32(..100_000));
                Change::PoolParameters(PoolParameters { hysteresis, ..parameters })
            }),
            2 if self.exchange.market_count < MOST_MARKETS => ("propose listing", {
                let like = test_markets()[usize::from(self.exchange.market_count % 3)].listing;
                let parameters =
                    Parameters { backing_cap: Ppm::new(10_000), shared_draw_limit: Atoms::ZERO, ..like.parameters };
                Change::Listing(Listing { parameters, target_backing: usdc(40_000), ..like })
            }),
            3 => ("propose role", {
                let role = Role::ALL[self.rng.usize(..3)];
                Change::Role { role, holder: self.rng.u64(1..9) }
            }),
            4 => ("propose insurance", Change::Insurance { amount: usdc(self.rng.u64(1..30_000)) }),
            _ => ("propose parameters", Change::Parameters { market, parameters: self.mutated(now) }),
        };
        self.decide(name, None, |exchange| exchange.propose(&change));
    }

    /// Some parameters changed, often so that the whole still holds together.
    fn mutated(&mut self, from: Parameters) -> Parameters {
        let mut best = from;
        for _ in 0..self.rng.u8(3..12) {
            let mut next = best;
            self.mutate(&mut next);
            if perp_engine::parameters::check_change(&from, &next).is_ok() {
                best = next;
            }
        }
        best
    }

    fn mutate(&mut self, parameters: &mut Parameters) {
        // From nothing to twice as much, or by a little.
        let factor = if self.rng.bool() { self.rng.u64(0..2_000) } else { self.rng.u64(900..1_100) };
        let part = |ppm: &mut Ppm| *ppm = Ppm::new(u32::try_from(u64::from(ppm.get()) * factor / 1_000).unwrap());
        let size = |size: &mut Size| *size = Size::new((u128::from(size.get()) * u128::from(factor) / 1_000) as u64);
        let rate = |rate: &mut u64| *rate = (u128::from(*rate) * u128::from(factor) / 1_000) as u64;
        match self.rng.u8(..32) {
            0 => size(&mut parameters.open_interest_cap),
            1 => size(&mut parameters.impact_scale),
            2 => size(&mut parameters.open_interest_low),
            3 => size(&mut parameters.open_interest_high),
            4 => rate(&mut parameters.size_premium),
            5 => rate(&mut parameters.funding_velocity),
            6 => rate(&mut parameters.funding_rate_cap),
            7 => rate(&mut parameters.carry_rate),
            8 => rate(&mut parameters.carry_surge),
            9..12 => part(&mut parameters.base_margin),
            12..14 => part(&mut parameters.maintenance_fraction),
            14 => parameters.volatility_margin = Ppm::new(self.rng.u32(..150_000)),
            15 => part(&mut parameters.measured_weight),
            16 => part(&mut parameters.measured_limit),
            17 => part(&mut parameters.ramp_down),
            18 => part(&mut parameters.max_price_step),
            19 => part(&mut parameters.penalty),
            20 => part(&mut parameters.bounty_share_max),
            21 => part(&mut parameters.impact_limit),
            22 => part(&mut parameters.taker_fee),
            23 => part(&mut parameters.taker_fee_rebalancing),
            24 => part(&mut parameters.spread_confidence),
            25 => part(&mut parameters.spread_volatility),
            26 => part(&mut parameters.spread_measured),
            27 => part(&mut parameters.spread_drift),
            28 => part(&mut parameters.volatility),
            29 => part(&mut parameters.stress_move),
            30 => part(&mut parameters.liquidation_buffer),
            _ => part(&mut parameters.max_confidence_to_increase),
        }
    }

    /// Whatever is ripe is put in force, or one of it, before its time as well.
    fn apply(&mut self) {
        self.publish();
        let waiting: Vec<_> = self.exchange.proposals().keys().copied().collect();
        if self.rng.u8(..6) == 0 {
            for (kind, subject) in waiting {
                self.apply_one(kind, subject);
            }
        } else if let Some((kind, subject)) = self.rng.choice(waiting) {
            self.apply_one(kind, subject);
        }
    }

    fn apply_one(&mut self, kind: ProposalKind, subject: u16) {
        let now = self.exchange.clock.now;
        let proposal = self.exchange.proposal(kind, subject).unwrap().proposal;
        let reading = match self.prices.get(usize::from(subject)) {
            Some(price) if kind == ProposalKind::Oracle => Some(reading(*price, now.get())),
            _ => None,
        };
        let name = match kind {
            ProposalKind::Parameters => "step of parameters",
            ProposalKind::Oracle => "other oracle",
            ProposalKind::PoolParameters => "other pool parameters",
            ProposalKind::Listing => "market listed",
            ProposalKind::Role => "role handed over",
            ProposalKind::Insurance => "insurance to the pool",
        };
        let stepped = (kind == ProposalKind::Parameters).then_some(subject);
        let done =
            self.decide(name, stepped, |exchange| exchange.apply_proposal(kind, subject, reading.as_ref()).map(drop));
        if !done {
            // What nobody can apply any more makes room.
            let _ = self.exchange.cancel_proposal(kind, subject, Canceller::Anybody);
            return;
        }
        // Nothing takes effect before its wait, nor after it has lapsed.
        let waited = now.seconds_since(proposal.proposed_at).unwrap();
        assert!(waited >= u64::from(kind.wait_seconds()) && now < proposal.lapses_at().unwrap());
        if kind == ProposalKind::Listing {
            self.prices.push(test_markets()[usize::from(subject % 3)].price);
        }
        if let Some(market) = stepped {
            let taken = self.taken.entry(market).or_default();
            taken.retain(|then| now.get() - then <= DAY);
            taken.push(now.get());
            assert!(taken.len() <= 25, "{} steps in a day", taken.len());
        }
    }

    fn tighten(&mut self) {
        let market = self.market();
        let now = Tightening::of(&self.exchange.market(market).unwrap().parameters);
        let part = self.rng.u64(700..=1_000);
        let less = |ppm: Ppm| Ppm::new(u32::try_from(u64::from(ppm.get()) * part / 1_000).unwrap());
        let to = match self.rng.u8(..3) {
            0 => Tightening { open_interest_cap: Size::new(now.open_interest_cap.get() / 1_000 * part), ..now },
            1 => Tightening { max_confidence_to_increase: less(now.max_confidence_to_increase), ..now },
            _ => Tightening { open_interest_low: Size::new(now.open_interest_low.get() / 1_000 * part), ..now },
        };
        self.decide("tightening", None, |exchange| exchange.tighten_market(market, &to));
    }

    fn cancel(&mut self) {
        let waiting: Vec<_> = self.exchange.proposals().keys().copied().collect();
        let Some((kind, subject)) = self.rng.choice(waiting) else { return };
        let by = [Canceller::Proposer, Canceller::Guardian, Canceller::Anybody][self.rng.usize(..3)];
        self.decide("cancelled", None, |exchange| exchange.cancel_proposal(kind, subject, by));
    }

    fn set_status(&mut self) {
        let status = if self.rng.bool() { Status::Active } else { Status::ReduceOnly };
        let order = StatusOrder { status, seconds: self.rng.u32(..600), authority: StatusAuthority::RiskAdmin };
        let market = self.market();
        self.decide("status", None, |exchange| exchange.set_market_status(market, &order));
    }

    fn set_target(&mut self) {
        let market = self.market();
        let target = usdc(self.rng.u64(200_000..1_500_000));
        self.decide("target", None, |exchange| exchange.set_backing_target(market, target));
        let _ = self.exchange.allocate_backing(market, None);
    }

    /// A decision at unchanged prices, and what it does to everybody's health: nothing, but for a step of a market's parameters, which
    /// raises the requirement by at most 320 ppm of the notional there.
    fn decide(
        &mut self,
        name: &'static str,
        stepped: Option<u16>,
        decision: impl FnOnce(&mut Exchange) -> Result<(), Refusal>,
    ) -> bool {
        let before = self.exchange.clone();
        match decision(&mut self.exchange) {
            Ok(()) => {}
            Err(Refusal::Rule(_) | Refusal::ProposalOpen { .. }) => {
                assert!(self.exchange == before, "{name} was refused and changed something");
                return false;
            }
            Err(other) => panic!("{name}: {other}"),
        }
        *self.found.decisions.entry(name).or_default() += 1;
        for account in before.accounts() {
            if !account.has_open_position() {
                continue;
            }
            self.found.compared += 1;
            let (was, is) = (health(&before, account), health(&self.exchange, account));
            let Some(market) = stepped else {
                assert_eq!(was, is, "{name}");
                continue;
            };
            assert_eq!(was.equity, is.equity);
            let held = notional_of(&before, account, Some(market));
            // Of each fraction rounded up once more, and each margin.
            let allowed = held * 320 / 1_000_000 + 3;
            let rise = i128::from(is.margin.get()) - i128::from(was.margin.get());
            assert!(rise <= allowed, "{name} raised a requirement by {rise} of {allowed}");
            if was.surplus() >= 0 && is.surplus() < 0 {
                self.found.pushed += 1;
                assert!(-is.surplus() <= allowed);
            }
        }
        true
    }

    /// The next day with prices as they are and nobody trading, once with every decision that can be put in force as fast as it can,
    /// and once without any. What an account has left above its requirement differs by at most one point of its notional.
    fn live_a_day_twice(&mut self) {
        self.publish();
        let (mut decided, mut control) = (self.exchange.clone(), self.exchange.clone());
        // Prices are said every minute around each hour, as measured margins need; all of it in both.
        let tightenings = self.rng.bool();
        for hour in 0..24 {
            for exchange in [&mut decided, &mut control] {
                exchange.wait(HOUR, 7_200).unwrap();
                for (market, price) in (0..).zip(&self.prices) {
                    say(exchange, market, *price);
                }
            }
            let waiting: Vec<_> = decided.proposals().keys().copied().collect();
            for (kind, subject) in waiting {
                if matches!(kind, ProposalKind::Parameters | ProposalKind::PoolParameters | ProposalKind::Insurance) {
                    let _ = decided.apply_proposal(kind, subject, None);
                }
            }
            if tightenings && hour == 0 {
                for market in 0..decided.market_count {
                    let now = Tightening::of(&decided.market(market).unwrap().parameters);
                    let cap = decided.market(market).unwrap().ledger.sides.map(|side| side.open_interest.get());
                    let cap = cap[0].max(cap[1]).max(1_000);
                    let to = Tightening { open_interest_cap: now.open_interest_cap.min(Size::new(cap)), ..now };
                    let _ = decided.tighten_market(market, &to);
                }
            }
        }
        self.found.days += 1;
        for account in self.exchange.accounts() {
            if !account.has_open_position() {
                continue;
            }
            self.found.lived += 1;
            let (with, without) = (health(&decided, account), health(&control, account));
            let held = notional_of(&self.exchange, account, None);
            let cost = without.surplus() - with.surplus();
            let allowed = held * POINT_PPM / 1_000_000 + 100;
            assert!(cost <= allowed, "a day of decisions cost {cost} of {allowed}");
            if held > 0 {
                self.found.worst_day_ppm = self.found.worst_day_ppm.max(cost * 1_000_000 / held);
            }
        }
    }
}

fn reading(price: i64, publish_time: i64) -> OracleReading {
    let at = u64::try_from(price).unwrap();
    OracleReading::new(price, at / 5_000, -8, publish_time).unwrap().with_previous(publish_time - 1)
}

fn say(exchange: &mut Exchange, market: u16, price: i64) {
    let reading = reading(price, exchange.clock.now.get());
    if exchange.update_funding(market, Some(&reading)).is_err() {
        let _ = exchange.update_price(market, &reading);
    }
}

fn health(exchange: &Exchange, account: &Account) -> Health {
    exchange.health(account).unwrap().maintenance
}

/// What an account holds in a market, or in all, in atoms.
fn notional_of(exchange: &Exchange, account: &Account, market: Option<u16>) -> i128 {
    let positions = account.occupied().filter(|(_, position)| market.is_none_or(|market| position.market == market));
    positions
        .map(|(_, position)| {
            let price = exchange.market(position.market).unwrap().price.price;
            i128::from(notional(position.size.size(), price).unwrap().to_atoms_ceil().unwrap().get())
        })
        .sum()
}
