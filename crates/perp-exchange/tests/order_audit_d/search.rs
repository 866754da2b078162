//! Random people who do what they can to orders, their own and a stranger's, among keepers who post, arm, fill and liquidate every second.

use crate::venue::{bounded, cents, listed, next_price, reducing, Venue, DOLLAR, SOL};
use perp_engine::operations::orders::{NewOrder, OrderOutcome, ORDER_TIP_LAMPORTS};
use perp_engine::operations::position::{LiquidationOrder, Order};
use perp_engine::oracle::OracleReading;
use perp_engine::risk::margin::face_value;
use perp_engine::state::{Account, OrderTrigger, Parameters, RestingOrder};
use perp_engine::units::{Atoms, Ppm, Price, SignedSize, Size, X40_PER_ATOM};
use perp_exchange::{Exchange, Refusal};
use std::collections::BTreeMap;

const SUBJECT: usize = 0;
/// Accounts of the attacker's.
const OWN: core::ops::Range<usize> = 1..4;
const KEEPER: usize = 4;
const MARKETS: u16 = 3;
const SECONDS: i64 = 120;
/// The market with a second source, which lags.
const SECURED: u16 = 2;

/// One thing that the attacker tries.
#[derive(Clone, Copy, Debug)]
struct Op {
    kind: u8,
    who: usize,
    market: u16,
    a: u64,
    b: u64,
}

fn op(rng: &mut fastrand::Rng) -> Op {
    Op { kind: rng.u8(0..24), who: rng.usize(OWN), market: rng.u16(0..MARKETS), a: rng.u64(..), b: rng.u64(..) }
}

#[derive(Default, Debug)]
struct Census {
    ops: u64,
    done: BTreeMap<String, u64>,
    /// What kept a keeper from filling an armed order though its reading was there.
    blocked: BTreeMap<String, u64>,
    outcomes: BTreeMap<String, u64>,
}

impl Census {
    fn count(map: &mut BTreeMap<String, u64>, name: impl Into<String>) {
        *map.entry(name.into()).or_default() += 1;
    }
}

struct Search {
    venue: Venue,
    census: Census,
    /// Whether the attacker touches orders and positions of the subject.
    hostile: bool,
    /// When each order of the subject's was met first, and how long the longest waited from then until it was filled.
    met_at: BTreeMap<usize, i64>,
    waited: i64,
}

fn name(refusal: &Refusal) -> String {
    refusal.rule().map_or_else(|| format!("{refusal:?}"), |rule| rule.name().to_string())
}

fn part(a: u64, most: u64) -> u64 {
    a % most.max(1)
}

/// The engine's price of a feed's number, for nine decimals.
fn engine_price(feed: i64) -> Price {
    Price::new((i128::from(feed) * (1 << 40) / 100_000_000_000).max(1) as u64)
}

impl Search {
    fn exchange(&mut self) -> &mut Exchange {
        &mut self.venue.exchange
    }

    fn feed(&self, market: u16) -> i64 {
        self.venue.said(market, self.venue.now())
    }

    fn size_worth(&self, market: u16, dollars: u64) -> i64 {
        i64::try_from(i128::from(dollars) * i128::from(SOL) * i128::from(DOLLAR) / i128::from(self.feed(market)))
            .unwrap()
    }

    fn reading(&self, market: u16, second: i64) -> OracleReading {
        self.venue.reading(market, second)
    }

    /// Of the accounts that a hostile one touches.
    fn target(&self, op: &Op) -> usize {
        if self.hostile && op.b % 3 > 0 {
            SUBJECT
        } else {
            op.who
        }
    }

    /// Orders as the attacker places them, mostly for the market's present price.
    fn orders(&self, op: &Op) -> Vec<NewOrder> {
        let account = self.venue.exchange.account(op.who).unwrap();
        let held = account.slot_of(op.market).map_or(0, |slot| account.positions[slot].size.get());
        let reduces = op.a % 3 == 0 && held != 0;
        let dollars = 100 + part(op.a >> 8, 400_000);
        let sign = if op.a & 16 > 0 { 1 } else { -1 };
        let size = if reduces {
            -held / i64::try_from(1 + part(op.a >> 9, 3)).unwrap()
        } else {
            sign * self.size_worth(op.market, dollars)
        };
        // Now and then dust, behind which others wait.
        let size = if reduces && op.b >> 50 & 3 == 0 { size.signum() } else { size };
        let size = SignedSize::new(if size == 0 { 1 } else { size });
        let feed = self.feed(op.market);
        let away =
            |bits: u64, most: i64| feed + feed / 100_000 * (i64::try_from(bits % 201).unwrap() - 100) * most / 100;
        let order = match op.b % 7 {
            0..3 => next_price(size),
            3 => NewOrder { slices: 3, seconds_between: 60, lamports: 3 * ORDER_TIP_LAMPORTS, ..next_price(size) },
            4 => NewOrder {
                trigger: OrderTrigger::AtOrAbove,
                trigger_price: engine_price(away(op.b >> 8, 500)),
                ..next_price(size)
            },
            5 => NewOrder {
                trigger: OrderTrigger::AtOrBelow,
                trigger_price: engine_price(away(op.b >> 8, 500)),
                ..next_price(size)
            },
            _ => NewOrder {
                trigger: OrderTrigger::AtOrBelow,
                trailing: Ppm::new(100 + (op.b >> 8) as u32 % 5_000),
                ..next_price(size)
            },
        };
        let order = if op.b >> 20 & 3 == 0 {
            NewOrder { acceptable_price: engine_price(away(op.b >> 24, 200)), ..order }
        } else {
            order
        };
        let order = NewOrder { reduce_only: reduces, group: (op.b >> 40) as u8 % 3, ..order };
        let mut orders = vec![order];
        if op.b >> 44 & 3 == 0 && !reduces {
            let child = |trigger, by| NewOrder {
                trigger,
                trigger_price: engine_price(away(by, 900)),
                group: 9,
                parent: Some(0),
                ..reducing(next_price(SignedSize::new(-size.get())))
            };
            orders.push(child(OrderTrigger::AtOrAbove, 200));
            orders.push(child(OrderTrigger::AtOrBelow, 0));
        }
        orders
    }

    fn attack(&mut self, op: &Op) {
        let now = self.venue.now();
        let target = self.target(op);
        let (who, market) = (op.who, op.market);
        let sign = if op.a & 1 > 0 { 1 } else { -1 };
        let result: Result<(), Refusal> = match op.kind {
            0..3 => {
                let dollars = 100 + part(op.a >> 4, if op.b % 4 == 0 { 3_000_000 } else { 100_000 });
                let order = Order::at_any_price(SignedSize::new(sign * self.size_worth(market, dollars)));
                self.exchange().trade(who, market, &order, None).map(|_| ())
            }
            3 | 4 => {
                let account = *self.venue.exchange.account(who).unwrap();
                let held = account.slot_of(market).map_or(0, |slot| account.positions[slot].size.get());
                let size = -held / i64::try_from(1 + op.a % 2).unwrap();
                if size == 0 {
                    return;
                }
                self.exchange().trade(who, market, &Order::at_any_price(SignedSize::new(size)), None).map(|_| ())
            }
            5 => {
                // From one own account to another.
                let amount = Atoms::new(part(op.a, self.venue.exchange.account(who).unwrap().balance.get()));
                let to = OWN.start + op.b as usize % OWN.len();
                self.exchange().withdraw(who, amount).and_then(|_| self.exchange().deposit(to, amount)).map(|_| ())
            }
            6..9 => {
                let orders = self.orders(op);
                let cancel: Vec<u8> = if op.a >> 60 == 0 { vec![(op.a % 16) as u8] } else { Vec::new() };
                self.exchange().place_orders(who, market, &cancel, &orders, None).map(|_| ())
            }
            9..12 => {
                let slot = (op.a % 6) as usize;
                let Ok(order) = self.venue.exchange.orders_of(target).unwrap().order(slot).copied() else { return };
                let reading = self.reading(order.market, (now - part(op.a >> 32, 6) as i64).max(0));
                self.exchange().arm_order(target, slot, order.market, Some(&reading)).map(|_| ())
            }
            12..15 => {
                let slot = (op.a % 6) as usize;
                return self.execute("attacker", target, slot);
            }
            15 => {
                let slot = (op.a % 16) as u8;
                self.exchange().place_orders(who, market, &[slot], &[], None).map(|_| ())
            }
            16 => self.exchange().sweep_order(target, (op.a % 6) as usize, None).map(|_| ()),
            17 => self.exchange().settle_pnl(target, market, None, None).map(|_| ()),
            18 => {
                let all = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };
                if target == who {
                    return;
                }
                self.exchange().liquidate(who, target, market, &all, None).map(|_| ())
            }
            19 | 20 => {
                let reading = self.reading(market, (now - part(op.a, 12) as i64).max(0));
                self.exchange().update_price(market, &reading).map(|_| ())
            }
            21 => self.second(part(op.a, 20) as i64),
            22 => self.exchange().settle_funding(target, market).map(|_| ()),
            _ => match op.a % 4 {
                0 => self.exchange().fund_claims(market).map(|_| ()),
                1 => self.exchange().allocate_backing(market, None).map(|_| ()),
                2 => self.exchange().resolve_bankruptcy(target, market).map(|_| ()),
                _ => self.exchange().redeem_claim(target, market).map(|_| ()),
            },
        };
        self.finish(&format!("op{}", op.kind), &result);
    }

    fn finish(&mut self, kind: &str, result: &Result<(), Refusal>) {
        self.census.ops += 1;
        Census::count(&mut self.census.done, format!("{kind} {}", result.as_ref().map_or_else(name, |()| "ok".into())));
        if result.is_ok() {
            self.venue.check();
        }
    }

    /// The second source says what the first said so many seconds before, lagging two.
    fn second(&mut self, ago: i64) -> Result<(), Refusal> {
        let at = (self.venue.now() - ago).max(0);
        let said = self.venue.said(SECURED, at - 2);
        let reading = OracleReading::new(said, 0, -8, self.venue.from + at).unwrap();
        self.exchange().update_second_price(SECURED, &reading).map(|_| ())
    }

    /// Hands in the reading of the order's moment, and compares what its owner has by it.
    fn execute(&mut self, by: &str, account: usize, slot: usize) {
        let now = self.venue.now();
        let Ok(order) = self.venue.exchange.orders_of(account).unwrap().order(slot).copied() else { return };
        let second = order.fills_from.get() - self.venue.from;
        if order.fills_from.is_never() || second > now || now > second + 15 {
            return;
        }
        let before = *self.venue.exchange.account(account).unwrap();
        let reading = self.reading(order.market, second);
        let result = self.exchange().execute_order(account, slot, order.market, &reading);
        self.finish(&format!("{by} executes"), &result.as_ref().map(|_| ()).map_err(|refusal| *refusal));
        match result {
            Ok(done) => {
                self.compare(account, &before, &order, &done.plan.outcome);
                let what = match done.plan.outcome {
                    OrderOutcome::Filled(_) => "filled",
                    OrderOutcome::Disarmed => "disarmed",
                    OrderOutcome::Forfeited { .. } => "forfeited",
                };
                let whose = if account == SUBJECT { "subject" } else { "attacker" };
                Census::count(&mut self.census.outcomes, format!("{whose} {what} by {by}"));
                if account == SUBJECT && matches!(done.plan.outcome, OrderOutcome::Filled(_)) {
                    if let Some(met_at) = self.met_at.remove(&slot) {
                        self.waited = self.waited.max(now - met_at);
                    }
                }
            }
            Err(refusal) => {
                let whose = if account == SUBJECT { "subject" } else { "attacker" };
                let kind = if order.is_reduce_only() { "reduces" } else { "increases" };
                Census::count(
                    &mut self.census.blocked,
                    format!("{whose} {kind} {} in {}", name(&refusal), order.market),
                );
            }
        }
    }

    /// What an account is worth at what its markets say now, in 2^-40 atoms.
    fn worth(&self, account: &Account) -> i128 {
        let mut worth = i128::from(account.balance.get()) * X40_PER_ATOM;
        for (_, position) in account.occupied() {
            worth += face_value(position, self.venue.exchange.market(position.market).unwrap()).unwrap().get();
        }
        worth
    }

    /// No execution leaves more than the size at the price of the fill, marked at the newest, less charge and fee.
    fn compare(&self, account: usize, before: &Account, order: &RestingOrder, outcome: &OrderOutcome) {
        let gained = self.worth(self.venue.exchange.account(account).unwrap()) - self.worth(before);
        let newest = i128::from(self.venue.exchange.market(order.market).unwrap().price.price.get());
        let atoms = 4 * X40_PER_ATOM;
        match outcome {
            OrderOutcome::Filled(plan) => {
                let size = i128::from(plan.size.get());
                let marked = size * newest - size.signum() * plan.fill.index_notional.get();
                let expected = marked - plan.fill.charge.get() - i128::from(plan.fill.fee.get()) * X40_PER_ATOM;
                assert!((gained - expected).abs() <= atoms, "{gained} of {expected}: {plan:?}");
                assert!(plan.fill.charge.get() >= 0);
            }
            OrderOutcome::Disarmed => assert!(gained.abs() <= atoms, "{gained}"),
            OrderOutcome::Forfeited { paid } => {
                let paid = i128::from(paid.get()) * X40_PER_ATOM;
                assert!((gained + paid).abs() <= atoms, "{gained} {paid}");
            }
        }
    }

    /// What keepers do in a second: post, liquidate, arm what would fill, fill.
    fn keep(&mut self) {
        for market in 0..MARKETS {
            let reading = self.reading(market, self.venue.now());
            self.exchange().update_price(market, &reading).unwrap();
        }
        if self.venue.now() % 3 == 0 {
            let _ = self.second(0);
        }
        let all = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };
        for account in [SUBJECT].into_iter().chain(OWN) {
            for market in 0..MARKETS {
                let result = self.exchange().liquidate(KEEPER, account, market, &all, None).map(|_| ());
                if result.is_ok() {
                    self.finish("keeper liquidates", &result);
                }
            }
            for slot in 0..16 {
                let Ok(order) = self.venue.exchange.orders_of(account).unwrap().order(slot).copied() else { continue };
                let feed = engine_price(self.feed(order.market));
                let buys = order.size.get() > 0;
                let acceptable = if buys { feed <= order.acceptable_price } else { feed >= order.acceptable_price };
                let fills = order.fills_from.get() - self.venue.from;
                let armed = !order.fills_from.is_never() && self.venue.now() <= fills + 15;
                if account == SUBJECT
                    && order.is_reduce_only()
                    && order.protected(self.venue.exchange.account(account).unwrap()).is_some()
                {
                    let beyond = if order.trigger == OrderTrigger::AtOrBelow as u8 {
                        feed <= order.trigger_price
                    } else {
                        feed >= order.trigger_price
                    };
                    if beyond && acceptable {
                        self.met_at.entry(slot).or_insert(self.venue.now());
                    }
                }
                if armed && fills <= self.venue.now() {
                    let reading = self.reading(order.market, fills);
                    let (state, book) = (
                        self.venue.exchange.account(account).unwrap(),
                        self.venue.exchange.orders_of(account).unwrap(),
                    );
                    let preview = self.venue.exchange.preview_execution(state, book, slot, order.market, &reading);
                    // What would only be disarmed pays nothing.
                    if !matches!(&preview, Ok(after) if after.plan.plan.outcome == OrderOutcome::Disarmed) {
                        self.execute("keeper", account, slot);
                    }
                } else if !armed && acceptable {
                    let reading = self.reading(order.market, self.venue.now());
                    let result = self.exchange().arm_order(account, slot, order.market, Some(&reading)).map(|_| ());
                    if result.is_ok() {
                        self.finish("keeper arms", &result);
                    }
                }
            }
        }
    }
}

fn normal(rng: &mut fastrand::Rng) -> f64 {
    (-2.0 * (1.0 - rng.f64()).ln()).sqrt() * (core::f64::consts::TAU * rng.f64()).cos()
}

/// Three markets: SOL as listed with little backing, the same with larger margins of a thin market, and one with a second source.
fn markets(tolerance: u32) -> [(Parameters, u64); 3] {
    let listed = listed(tolerance);
    let thin = Parameters {
        base_margin: Ppm::new(100_000),
        penalty: Ppm::new(30_000),
        impact_limit: Ppm::new(10_000),
        impact_scale: Size::new(400_000 * SOL as u64),
        open_interest_cap: Size::new(20_000 * SOL as u64),
        open_interest_low: Size::new(500 * SOL as u64),
        open_interest_high: Size::new(10_000 * SOL as u64),
        stress_move: Ppm::new(300_000),
        ..listed
    };
    let secured = Parameters { second_max_deviation: Ppm::new(5_000), second_max_age: 60, ..listed };
    [(listed, 400_000), (thin, 100_000), (secured, 400_000)]
}

/// An episode: what the subject and the attacker have at its end, in 2^-40 atoms, and how long a protective order of the subject waited.
fn episode(seed: u64, hostile: bool, census: &mut Census) -> (i128, i128, i64) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let tolerance = [2, 10][rng.usize(0..2)];
    let mut venue = Venue::new(&markets(tolerance), &[5_000, 200_000, 200_000, 200_000, 0]);
    let sigma = [1.42, 5.0, 20.0][rng.usize(0..3)];
    let mut feed = [250.0 * DOLLAR as f64; 3];
    let mut paths: Vec<Vec<i64>> = venue.path.clone();
    for _ in 0..SECONDS + 30 {
        let common = normal(&mut rng);
        for (market, path) in paths.iter_mut().enumerate() {
            let own = if market == 1 { 3.0 * normal(&mut rng) } else { common };
            let jump = if rng.u32(0..200) == 0 { 60.0 * normal(&mut rng) } else { 0.0 };
            feed[market] *= 1.0 + (sigma * own + jump) * 1e-4;
            path.push(feed[market] as i64);
        }
    }
    venue.path = paths;
    let leverage = rng.u64(3..19);
    let long = rng.bool();
    let scripts: Vec<Vec<Op>> = (0..SECONDS).map(|_| (0..rng.usize(0..9)).map(|_| op(&mut rng)).collect()).collect();
    let sign = if long { 1 } else { -1 };
    let mut search = Search { venue, census: Census::default(), hostile, met_at: BTreeMap::new(), waited: 0 };
    search.venue.second();
    search.venue.post_all();
    let size = sign * search.size_worth(0, 5_000 * leverage);
    search.exchange().trade(SUBJECT, 0, &Order::at_any_price(SignedSize::new(size)), None).unwrap();
    search.venue.second();
    search.venue.post_all();
    let feed = search.feed(0);
    let at = |bp: i64| engine_price(feed + sign * feed / 10_000 * bp);
    let cent = |bp: i64| (feed + sign * feed / 10_000 * bp) / (DOLLAR / 100);
    let (worse, better) = if long {
        (OrderTrigger::AtOrBelow, OrderTrigger::AtOrAbove)
    } else {
        (OrderTrigger::AtOrAbove, OrderTrigger::AtOrBelow)
    };
    let all = SignedSize::new(if long { i64::MIN } else { i64::MAX });
    let orders = [
        reducing(bounded(NewOrder { trigger: worse, trigger_price: at(-20), ..next_price(all) }, cent(-25))),
        reducing(NewOrder { trigger: worse, trigger_price: at(-40), group: 1, ..next_price(all) }),
        reducing(NewOrder { trigger: better, trigger_price: at(60), group: 1, ..next_price(all) }),
        bounded(
            NewOrder { trigger: worse, trigger_price: at(-10), ..next_price(SignedSize::new(size / 4)) },
            cent(-10),
        ),
    ];
    search.exchange().place_orders(SUBJECT, 0, &[], &orders, None).unwrap();
    let everything = |search: &Search, accounts: core::ops::Range<usize>| {
        accounts.map(|account| search.worth(search.venue.exchange.account(account).unwrap())).sum::<i128>()
    };
    let attackers = everything(&search, OWN);
    for script in scripts {
        search.venue.second();
        for op in &script {
            search.attack(op);
        }
        search.keep();
    }
    search.venue.check();
    let Census { ops, done, blocked, outcomes } = core::mem::take(&mut search.census);
    census.ops += ops;
    for (map, from) in [(&mut census.done, done), (&mut census.blocked, blocked), (&mut census.outcomes, outcomes)] {
        from.into_iter().for_each(|(name, number)| *map.entry(name).or_default() += number);
    }
    let subject = search.worth(search.venue.exchange.account(SUBJECT).unwrap());
    (subject, everything(&search, OWN) - attackers, search.waited)
}

#[test]
fn random_people_at_orders() {
    let episodes = std::env::var("AUDIT_EPISODES").ok().and_then(|it| it.parse().ok()).unwrap_or(200u64);
    let first = std::env::var("AUDIT_SEED").ok().and_then(|it| it.parse().ok()).unwrap_or(0u64);
    let (mut hostile, mut peaceful) = (Census::default(), Census::default());
    let mut differences = Vec::new();
    for seed in first..first + episodes {
        let (left, gained, waited) = episode(seed, true, &mut hostile);
        let (left_alone, gained_alone, waited_alone) = episode(seed, false, &mut peaceful);
        differences.push((left - left_alone, gained - gained_alone, waited, waited_alone, seed, gained));
    }
    std::println!("{} and {} operations", hostile.ops, peaceful.ops);
    for (name, number) in hostile.outcomes.iter().chain(&hostile.blocked) {
        std::println!("  {name}: {number}");
    }
    std::println!("without an attacker at the subject's orders:");
    for (name, number) in peaceful.outcomes.iter().chain(&peaceful.blocked) {
        std::println!("  {name}: {number}");
    }
    if std::env::var("AUDIT_ALL").is_ok() {
        for (name, number) in &hostile.done {
            std::println!("    {name}: {number}");
        }
    }
    let mean = |pick: fn(&(i128, i128, i64, i64, u64, i128)) -> i128| {
        differences.iter().map(pick).sum::<i128>() / i128::try_from(differences.len()).unwrap() / X40_PER_ATOM
    };
    std::println!(
        "the subject {}, the attacker {} in the mean, of {} at all",
        cents(mean(|it| it.0)),
        cents(mean(|it| it.1)),
        cents(mean(|it| it.5))
    );
    let waits = |pick: fn(&(i128, i128, i64, i64, u64, i128)) -> i64| {
        let waited: Vec<i64> = differences.iter().map(pick).filter(|it| *it > 0).collect();
        (waited.iter().sum::<i64>() / (waited.len().max(1) as i64), waited.iter().max().copied(), waited.len())
    };
    std::println!("longest waits: mean, most, of how many: {:?}, alone {:?}", waits(|it| it.2), waits(|it| it.3));
    differences.sort_by_key(|it| it.1);
    for it in differences.iter().rev().take(8) {
        std::println!(
            "seed {}: the attacker {} more, the subject {}; waited {} and {}",
            it.4,
            cents(it.1 / X40_PER_ATOM),
            cents(it.0 / X40_PER_ATOM),
            it.2,
            it.3
        );
    }
    differences.sort_by_key(|it| it.0);
    for it in differences.iter().take(8) {
        std::println!("seed {}: the subject {} less; waited {} and {}", it.4, cents(-it.0 / X40_PER_ATOM), it.2, it.3);
    }
    differences.sort_by_key(|it| it.5);
    for it in differences.iter().rev().take(5) {
        std::println!("seed {}: the attacker gains {}", it.4, cents(it.5 / X40_PER_ATOM));
    }
}
