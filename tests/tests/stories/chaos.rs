//! Many people do whatever comes to their minds, in three markets whose prices go anywhere, under a guardian and an
//! admin who pause and hand over as it pleases them. After every instruction the world checks the books and the
//! exchange in memory holds the same as the one on chain; every refusal must be a rule with a name; every instruction
//! of the program goes through; the events tell all of it; and in the end everybody gets out.

mod asking;
mod ending;
mod leaving;
mod orders;
mod roles;

use crate::history::History;
use crate::in_memory::follow;
use anchor_lang::prelude::Pubkey;
use anchor_lang::Discriminator;
use perp_client::errors::explain;
use perp_client::instructions::{if_due, update_prices, Authority};
use perp_engine::operations::position::LiquidationOrder;
use perp_engine::state::PriceLimit;
use perp_engine::units::{Atoms, Size, Timestamp};
use perp_swap::instruction as data;
use perp_tests::idl::instructions;
use perp_tests::{listing, Backend, Ran, World, SOL, START_PRICE, USDC};
use std::collections::BTreeMap;

const MARKETS: u64 = 3;
const STEPS: usize = 350;
/// The market whose oracle a second source bounds.
const BOUNDED: u16 = 1;
/// Restrictions that can be in force: two of the exchange, one of each market.
const RESTRICTIONS: usize = 2 + MARKETS as usize;

/// Knuth's MMIX linear congruential generator, upper half: the same story for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32) % limit
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    fn market(&mut self) -> u16 {
        self.below(MARKETS) as u16
    }
}

struct Chaos {
    world: World,
    random: Random,
    traders: Vec<Authority>,
    prices: [f64; MARKETS as usize],
    /// The market whose feed publishes nothing at present.
    silent: Option<u16>,
    providers: [Pubkey; 2],
    nonces: u64,
    /// Who is admin after the present one.
    successor: Pubkey,
    /// When what is in force ends: the exchange's pause and reduce-only, and reduce-only of each market.
    running: [Option<Timestamp>; RESTRICTIONS],
    /// Instructions by name, and what else happened.
    went_through: BTreeMap<&'static str, u32>,
}

impl Chaos {
    fn new(backend: Backend, seed: u64) -> (Self, History) {
        let mut world = World::before_creation(backend);
        follow(&mut world);
        let history = History::of(&mut world);
        let created = world.create_exchange();
        let admins = [world.admin, world.key()];
        for admin in admins {
            world.give(admin, 0);
        }
        let providers = [world.user(1_000_000 * USDC), world.user(1_000_000 * USDC)];
        let mut chaos = Self {
            world,
            random: Random(seed),
            traders: Vec::new(),
            prices: [START_PRICE; MARKETS as usize],
            silent: None,
            providers,
            nonces: 100,
            successor: admins[1],
            running: [None; RESTRICTIONS],
            went_through: BTreeMap::new(),
        };
        chaos.note("create_exchange", created);
        for index in 0..MARKETS as u16 {
            let target = 40_000 * USDC;
            let listed = if index == BOUNDED {
                listing::bounded(index, target)
            } else {
                listing::market(index, listing::parameters(), target)
            };
            let created = chaos.world.create_market(listed);
            chaos.note("create_market", created);
            chaos.world.later_at(1, index, START_PRICE);
        }
        chaos.world.add_liquidity(providers[0], 100_000 * USDC);
        for isolated in [None, None, None, None, None, None, Some(0), Some(1)] {
            let owner = chaos.world.user(6_000 * USDC);
            let opened = chaos.world.open_account(owner, 0, isolated);
            chaos.note("open_account", opened);
            let actor = Authority { signer: owner, margin_account: chaos.world.addresses.margin_account(&owner, 0) };
            let deposited = chaos.world.deposit(actor, 6_000 * USDC);
            chaos.note("deposit", deposited);
            chaos.traders.push(actor);
        }
        (chaos, history)
    }

    fn trader(&mut self) -> Authority {
        let index = self.random.below(self.traders.len() as u64) as usize;
        self.traders[index]
    }

    fn happened(&mut self, what: &'static str) {
        *self.went_through.entry(what).or_default() += 1;
    }

    #[track_caller]
    fn note(&mut self, instruction: &'static str, done: Ran) {
        match done {
            Ok(_) => self.happened(instruction),
            Err(refused) => {
                let rule = refused.code().and_then(explain);
                assert!(rule.is_some(), "{instruction} was refused without a name: {refused:#?}");
            }
        }
    }

    /// The prices of all markets move, mostly a little; each is published, mostly, and sometimes too wide.
    fn prices_move(&mut self) {
        for market in 0..MARKETS as u16 {
            let percent = self.random.below(400) as f64 / 100.0 - 2.0;
            let jump = if self.random.one_in(25) { 25.0 } else { 1.0 };
            let price = &mut self.prices[usize::from(market)];
            *price = (*price * (1.0 + percent * jump / 100.0)).clamp(5.0, 5_000.0);
            let price = *price;
            if self.silent != Some(market) && !self.random.one_in(5) {
                if market == BOUNDED && self.random.one_in(2) {
                    let apart = self.random.below(300) as f64 / 10_000.0 - 0.015;
                    self.the_second_source_says(price * (1.0 + apart));
                }
                let confidence = price * if self.random.one_in(20) { 0.04 } else { 0.000_7 };
                self.world.publish_with(market, price, confidence, self.world.now);
                let done = self.world.update_price(market);
                let state = self.world.market(market).state.price;
                let is_good = confidence < price * 0.01;
                if is_good && done.is_ok() && state.published < state.newest_published {
                    self.happened(roles::OUT_OF_BOUNDS);
                }
                self.note("update_prices", done);
            }
        }
    }

    /// Mostly so near the first source's price that this stays one.
    fn the_second_source_says(&mut self, price: f64) {
        self.world.publish_second(BOUNDED, price, price * 0.000_7, self.world.now);
        let done = self.world.update_second_price(BOUNDED);
        self.note("update_second_price", done);
    }

    fn step(&mut self) {
        let seconds = if self.random.one_in(10) { self.random.below(4_000) } else { self.random.below(20) };
        self.world.wait(seconds as i64);
        if self.random.one_in(4) {
            self.an_admin_lifts_what_is_in_force();
        }
        self.watch_restrictions();
        self.feeds_fall_silent();
        self.prices_move();
        for _ in 0..3 {
            self.somebody_does_something();
        }
    }

    fn somebody_does_something(&mut self) {
        let (actor, other, market) = (self.trader(), self.trader(), self.random.market());
        let amount = 1 + self.random.below(1_000 * USDC);
        let size = self.random.below(800) as i64 * SOL / 4 + self.random.below(1_000) as i64;
        let world = &mut self.world;
        let (instruction, done) = match self.random.below(26) {
            0..=4 => ("trade", world.trade(actor, market, size)),
            5..=7 => ("trade", world.trade(actor, market, -size)),
            8 => ("trade", world.close_position(actor, market)),
            9 => {
                world.give(actor.signer, amount);
                ("deposit", world.deposit(actor, amount))
            }
            10 => ("withdraw", world.withdraw(actor, amount)),
            11 => ("settle_pnl", world.settle_pnl(actor.margin_account, market)),
            12 => ("settle_funding", world.settle_funding(actor.margin_account, market)),
            13 => ("update_funding", world.update_funding(market)),
            14..=16 => return self.a_keeper_looks_at(actor, other, size.unsigned_abs()),
            17 => ("resolve_bankruptcy", world.resolve_bankruptcy(actor.margin_account, market)),
            18 => match self.random.below(5) {
                0 => ("fund_claims", world.fund_claims(market)),
                1 => ("redeem_claim", world.redeem_claim(actor.margin_account, market)),
                2 => ("allocate_backing", world.allocate_backing(market)),
                3 => ("set_backing_target", world.set_backing_target(market, amount * 50)),
                _ => {
                    let (funder, shared) = (self.providers[0], self.random.one_in(2));
                    world.give(funder, amount / 100 + 1);
                    let done = world.fund_insurance(funder, (!shared).then_some(market), amount / 100 + 1);
                    if shared && done.is_ok() {
                        self.happened(roles::SHARED_INSURANCE);
                    }
                    ("fund_insurance", done)
                }
            },
            19 => return self.a_delegate_trades(actor, other, market, size / 8),
            20 | 21 => return self.somebody_with_a_role_does_something(market),
            22..=24 => return self.somebody_has_orders(actor, market, size / 32),
            _ => return self.a_provider_does_something(amount),
        };
        self.note(instruction, done);
    }

    /// A keeper brings all prices up to date and liquidates whatever is due of an account, in parts or whole, and what
    /// is left of a bankrupt one is resolved. What there is for claims goes to them.
    fn a_keeper_looks_at(&mut self, keeper: Authority, account: Authority, size: u64) {
        self.publish_everything();
        let part = if size.is_multiple_of(2) { 1 << 56 } else { size };
        let order = LiquidationOrder { max_size: Size::new(part), min_bounty: Atoms::ZERO };
        for market in 0..MARKETS as u16 {
            if self.random.one_in(3) {
                let liquidation =
                    self.world.liquidation(keeper, account.margin_account, self.world.target(market), &order);
                let tried = self.world.run(&[if_due(liquidation, data::LiquidateIfDue::DISCRIMINATOR)]);
                self.note("liquidate_if_due", tried);
                continue;
            }
            let done = self.world.liquidate_order(keeper, account.margin_account, market, &order);
            self.note("liquidate", done);
        }
        for market in 0..MARKETS as u16 {
            let done = self.world.resolve_bankruptcy(account.margin_account, market);
            self.note("resolve_bankruptcy", done);
            let done = self.world.fund_claims(market);
            self.note("fund_claims", done);
            let done = self.world.redeem_claim(account.margin_account, market);
            self.note("redeem_claim", done);
            // Some owners do not wait for the rest.
            if size.is_multiple_of(2) {
                let done = self.world.waive_claim(account, market);
                self.note("waive_claim", done);
            }
        }
    }

    fn a_provider_does_something(&mut self, amount: u64) {
        let owner = self.providers[self.random.below(2) as usize];
        if self.world.open_requests().len() < 3 && self.random.one_in(2) {
            self.nonces += 1;
            let (nonce, amount) = (self.nonces, amount * 10);
            let limit = PriceLimit::ALL[self.random.below(5) as usize];
            let (instruction, done) = if self.random.one_in(2) {
                let done = self.world.request_liquidity_deposit(owner, nonce, amount, limit);
                ("request_liquidity_deposit", done)
            } else if self.world.shares(&owner) > 0 {
                let done = self.world.request_liquidity_withdrawal(owner, nonce, amount, limit);
                ("request_liquidity_withdrawal", done)
            } else {
                return;
            };
            return self.note(instruction, done);
        }
        self.a_boundary_comes();
    }

    /// The clock moves to the boundary that is waited for, where all feeds print, mostly; its markets are valued, its epoch is closed and
    /// most of its requests are paid.
    fn a_boundary_comes(&mut self) {
        let (boundary, keeper) = (self.world.boundary(), self.world.admin);
        if boundary == 0 {
            return;
        }
        self.world.wait((boundary - self.world.now).max(1));
        let forgotten = self.random.one_in(4);
        for market in 0..MARKETS as u16 {
            let price = self.prices[usize::from(market)];
            self.world.publish_after(market, price, boundary + i64::from(forgotten), boundary - i64::from(!forgotten));
            let done = self.world.value_market(keeper, market);
            self.note("value_market", done);
        }
        if forgotten {
            self.world.wait(1_802);
            for market in 0..MARKETS as u16 {
                let done = self.world.value_unread(keeper, market);
                self.note("value_market", done);
            }
        }
        let closed = self.world.close_epoch(keeper);
        let done = closed.is_ok();
        self.note("close_epoch", closed);
        if done {
            self.requests_are_paid(keeper);
        }
        self.publish_everything();
    }

    /// Whatever is owed by closed epochs is paid, but for what somebody forgets now and then.
    fn requests_are_paid(&mut self, caller: Pubkey) {
        for request in self.world.open_requests() {
            let records = self.world.records();
            let due = records.iter().any(|record| record.state.is_of(&request.state));
            if due && !self.random.one_in(8) {
                let done = self.world.pay_liquidity_request(caller, request.owner, request.nonce);
                self.note("pay_liquidity_request", done);
            }
        }
    }

    /// Every market whose feed is not silent takes in its price of now, all in one instruction.
    fn publish_everything(&mut self) {
        self.world.wait(1);
        let speaking: Vec<u16> = (0..MARKETS as u16).filter(|market| self.silent != Some(*market)).collect();
        for market in &speaking {
            let price = self.prices[usize::from(*market)];
            if *market == BOUNDED {
                self.the_second_source_says(price);
            }
            self.world.publish(*market, price);
        }
        let pairs = speaking.iter().map(|market| (*market, self.world.oracle(*market)));
        let update = update_prices(&self.world.addresses, pairs);
        let done = self.world.run(&[update]);
        done.as_ref().expect("every price is one");
        self.note("update_prices", done);
    }
}

#[test]
fn whatever_people_do_the_books_balance_and_everybody_gets_out() {
    let mut went_through = BTreeMap::<&str, u32>::new();
    for seed in 1..=10 {
        let (mut chaos, history) = Chaos::new(Backend::Sbf, seed);
        for _ in 0..STEPS {
            chaos.step();
        }
        chaos.everything_opens();
        chaos.everybody_asks();
        chaos.two_markets_end();
        chaos.everybody_gets_flat();
        history.check(&mut chaos.world);
        chaos.everybody_leaves();
        history.check(&mut chaos.world);
        let books = chaos.world.books();
        for market in &books.markets {
            // Nothing is left of any side, not even a rounding.
            for side in market.state.ledger.sides {
                let (entry, checkpoint) = (side.entry_notional.get().get(), side.funding_checkpoint.get().get());
                assert_eq!((side.open_interest.get(), entry, checkpoint), (0, 0, 0));
            }
        }
        // Whoever is still there is owed and owes.
        for account in &books.accounts {
            let slots = || account.state.occupied().map(|(_, slot)| slot);
            assert!(slots().any(|slot| !slot.claim.is_zero()) && slots().any(|slot| !slot.owed().is_zero()));
        }
        for (instruction, count) in chaos.went_through {
            *went_through.entry(instruction).or_default() += count;
        }
    }
    // A story in which nothing happens proves nothing.
    println!("{went_through:#?}");
    let instructions = instructions();
    let happened = roles::HAPPENED.into_iter().chain(instructions.iter().map(String::as_str));
    for what in happened {
        assert!(went_through.get(what).is_some_and(|count| *count >= 5), "hardly ever or never: {what}");
    }
}

/// Another compiler, another instruction set, 128-bit arithmetic of our own, and neither overflow checks of a debug
/// build nor its assertions: the binary still does what the native code does.
#[test]
fn the_binary_and_the_native_code_do_the_same_to_the_byte() {
    let [mut binary, mut native] = [Backend::Sbf, Backend::Native].map(|backend| Chaos::new(backend, 7).0);
    // The native back end takes five times as long: a third of a story tells enough.
    for step in 0..STEPS / 3 {
        binary.step();
        native.step();
        assert_eq!(binary.world.everything(), native.world.everything(), "after step {step}");
    }
    assert_eq!(binary.went_through, native.went_through);
    let instructions: u32 = binary.went_through.values().sum();
    assert!(instructions > 100, "only {instructions} instructions went through");
}
