//! Many people do whatever comes to their minds, in three markets whose prices go anywhere. After every instruction the
//! world checks the books; every refusal must be a rule with a name; and in the end everybody gets out.

use perp_client::errors::explain;
use perp_client::instructions::Actor;
use perp_engine::liquidation::LiquidationOrder;
use perp_engine::units::{Atoms, Size};
use perp_swap::errors::ExchangeError;
use perp_tests::{listing, Backend, Ran, World, DAY, SOL, USDC};
use std::collections::BTreeMap;

const MARKETS: u64 = 3;
const STEPS: usize = 350;

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
    traders: Vec<Actor>,
    prices: [f64; MARKETS as usize],
    providers: [anchor_lang::prelude::Pubkey; 2],
    nonces: u64,
    /// Open requests: whose, which, whether it is a deposit.
    requests: Vec<(usize, u64, bool)>,
    went_through: BTreeMap<&'static str, u32>,
}

impl Chaos {
    fn new(seed: u64) -> Self {
        let mut world = World::empty(Backend::Sbf);
        for index in 0..MARKETS as u16 {
            world.list(listing::market(index, listing::parameters(), 40_000 * USDC));
        }
        let providers = [world.user(1_000_000 * USDC), world.user(1_000_000 * USDC)];
        world.add_liquidity(providers[0], 100_000 * USDC);
        let mut traders: Vec<Actor> = (0..6).map(|_| world.trader(6_000 * USDC)).collect();
        for market in 0..2 {
            let owner = world.user(6_000 * USDC);
            traders.push(world.account(owner, 1, Some(market)));
        }
        let prices = [250.0; MARKETS as usize];
        let (nonces, requests, went_through) = (100, Vec::new(), BTreeMap::new());
        Self { world, random: Random(seed), traders, prices, providers, nonces, requests, went_through }
    }

    fn trader(&mut self) -> Actor {
        let index = self.random.below(self.traders.len() as u64) as usize;
        self.traders[index]
    }

    #[track_caller]
    fn note(&mut self, verb: &'static str, done: Ran) {
        match done {
            Ok(_) => *self.went_through.entry(verb).or_default() += 1,
            Err(refused) => {
                let rule = refused.code().and_then(explain);
                assert!(rule.is_some(), "{verb} was refused without a name: {refused:#?}");
            }
        }
    }

    /// The prices of all markets move, mostly a little; each is published, mostly, and sometimes too wide.
    fn prices_move(&mut self) {
        for market in 0..MARKETS as u16 {
            let percent = self.random.below(400) as f64 / 100.0 - 2.0;
            let jump = if self.random.one_in(25) { 12.0 } else { 1.0 };
            let price = &mut self.prices[usize::from(market)];
            *price = (*price * (1.0 + percent * jump / 100.0)).clamp(5.0, 5_000.0);
            let price = *price;
            if !self.random.one_in(5) {
                let confidence = price * if self.random.one_in(20) { 0.04 } else { 0.000_7 };
                self.world.publish_with(market, price, confidence, self.world.now);
                let done = self.world.update_price(market);
                self.note("update_price", done);
            }
        }
    }

    fn step(&mut self) {
        let seconds = if self.random.one_in(10) { self.random.below(4_000) } else { self.random.below(20) };
        self.world.wait(seconds as i64);
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
        let (verb, done) = match self.random.below(20) {
            0..=4 => ("trade", world.trade(actor, market, size)),
            5..=7 => ("trade", world.trade(actor, market, -size)),
            8 => ("close", world.close_position(actor, market)),
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
                    let funder = self.providers[0];
                    world.give(funder, amount / 100 + 1);
                    ("fund_insurance", world.fund_insurance(funder, Some(market), amount / 100 + 1))
                }
            },
            _ => return self.a_provider_does_something(amount),
        };
        self.note(verb, done);
    }

    /// A keeper brings all prices up to date and liquidates whatever is due of an account, in parts or whole, and what is
    /// left of a bankrupt one is resolved.
    fn a_keeper_looks_at(&mut self, keeper: Actor, account: Actor, size: u64) {
        self.publish_everything();
        let part = if size.is_multiple_of(2) { 1 << 56 } else { size };
        let order = LiquidationOrder { max_size: Size::new(part), min_bounty: Atoms::ZERO };
        for market in 0..MARKETS as u16 {
            let done = self.world.liquidate_order(keeper, account.margin_account, market, &order);
            self.note("liquidate", done);
        }
        for market in 0..MARKETS as u16 {
            let done = self.world.resolve_bankruptcy(account.margin_account, market);
            self.note("resolve_bankruptcy", done);
        }
    }

    fn a_provider_does_something(&mut self, amount: u64) {
        let whose = self.random.below(2) as usize;
        let (owner, executor) = (self.providers[whose], self.world.admin);
        if self.requests.len() < 3 && self.random.one_in(2) {
            let deposit = self.random.one_in(2);
            self.nonces += 1;
            let (nonce, amount) = (self.nonces, amount * 10);
            let done = if deposit {
                self.world.request_liquidity_deposit(owner, nonce, amount, 0, 1_000)
            } else if self.world.shares(&owner) > 0 {
                self.world.request_liquidity_withdrawal(owner, nonce, amount, 0, 1_000)
            } else {
                return;
            };
            if done.is_ok() {
                self.requests.push((whose, nonce, deposit));
            }
            return self.note("request", done);
        }
        let Some((whose, nonce, deposit)) = self.requests.pop() else { return };
        let owner = self.providers[whose];
        // A day for a withdrawal, half a minute for a deposit; sometimes everybody forgets.
        let forgotten = self.random.one_in(4);
        self.world.wait(if deposit { 31 } else { DAY } + if forgotten { 3 * DAY } else { 0 });
        for market in 0..MARKETS as u16 {
            let price = self.prices[usize::from(market)];
            self.world.publish(market, price);
            self.world.update_price(market).unwrap();
        }
        let (verb, done) = match (deposit, forgotten) {
            (true, false) => ("execute", self.world.execute_liquidity_deposit(executor, owner, nonce)),
            (false, false) => ("execute", self.world.execute_liquidity_withdrawal(executor, owner, nonce)),
            (true, true) => ("return", self.world.return_liquidity_deposit(executor, owner, nonce)),
            (false, true) => ("return", self.world.return_liquidity_withdrawal(executor, owner, nonce)),
        };
        let request = self.world.addresses.request(&owner, nonce);
        if self.world.chain.account(&request).is_some() {
            self.requests.push((whose, nonce, deposit));
        }
        self.note(verb, done);
    }

    /// Every market takes in its price of now.
    fn publish_everything(&mut self) {
        self.world.wait(1);
        for market in 0..MARKETS as u16 {
            let price = self.prices[usize::from(market)];
            self.world.publish(market, price);
            self.world.update_price(market).unwrap();
        }
    }

    /// Everybody is flat after one instruction for each position: its owner closes it or anybody liquidates it.
    fn everybody_gets_flat(&mut self) {
        let liquidator = self.world.trader(0);
        for actor in self.traders.clone() {
            self.publish_everything();
            let state = self.world.margin_account(&actor.margin_account).state;
            for (_, position) in state.occupied().filter(|(_, position)| !position.size.is_zero()) {
                let market = position.market;
                if self.world.close_position(actor, market).is_err() {
                    self.world.liquidate(liquidator, actor.margin_account, market).unwrap();
                }
                // A liquidation of a part leaves enough to close the rest.
                if !self.world.position(&actor.margin_account, market).size.is_zero() {
                    self.world.close_position(actor, market).unwrap();
                }
            }
        }
        self.traders.push(liquidator);
    }

    /// Debts are paid or resolved, claims funded and redeemed as far as there is cash, and every balance leaves.
    fn everybody_leaves(&mut self) {
        for actor in self.traders.clone() {
            let address = actor.margin_account;
            for market in 0..MARKETS as u16 {
                if !self.world.position(&address, market).debt.is_zero() {
                    self.world.settle_funding(address, market).unwrap();
                }
                if !self.world.position(&address, market).debt.is_zero() {
                    let done = self.world.resolve_bankruptcy(address, market);
                    self.note("resolve_bankruptcy", done);
                }
            }
        }
        for market in 0..MARKETS as u16 {
            let done = self.world.fund_claims(market);
            self.note("fund_claims", done);
            for actor in self.traders.clone() {
                let done = self.world.redeem_claim(actor.margin_account, market);
                self.note("redeem_claim", done);
            }
        }
        for actor in self.traders.clone() {
            let state = self.world.margin_account(&actor.margin_account).state;
            let balance = state.balance.get();
            if state.occupied().any(|(_, position)| !position.debt.is_zero()) {
                // Solvent by a claim that is not paid yet: the debt waits for it.
                assert!(state.occupied().any(|(_, position)| !position.claim.is_zero()));
            } else if balance > 0 {
                self.world.withdraw(actor, balance).unwrap();
            }
            let left = self.world.margin_account(&actor.margin_account).state;
            if left.is_empty() {
                self.world.close_account(actor).unwrap();
            } else {
                let closed = self.world.close_account(actor);
                perp_tests::assert_refused(closed, ExchangeError::AccountNotEmpty);
            }
        }
    }
}

#[test]
fn whatever_people_do_the_books_balance_and_everybody_gets_out() {
    let mut went_through = BTreeMap::<&str, u32>::new();
    for seed in 1..=6 {
        let mut chaos = Chaos::new(seed);
        for _ in 0..STEPS {
            chaos.step();
        }
        chaos.everybody_gets_flat();
        chaos.everybody_leaves();
        let books = chaos.world.books();
        assert!(books.markets.iter().all(|market| market.state.books.sides.iter().all(|side| {
            // Nothing is left of any side, not even a rounding.
            side.open_interest.is_zero() && side.entry.get().get() == 0 && side.size_index.get().get() == 0
        })));
        for (verb, count) in chaos.went_through {
            *went_through.entry(verb).or_default() += count;
        }
    }
    // A story in which nothing happens proves nothing.
    println!("{went_through:#?}");
    for verb in [
        "trade",
        "close",
        "deposit",
        "withdraw",
        "settle_pnl",
        "settle_funding",
        "update_funding",
        "update_price",
        "liquidate",
        "resolve_bankruptcy",
        "fund_claims",
        "redeem_claim",
        "allocate_backing",
        "set_backing_target",
        "fund_insurance",
        "request",
        "execute",
        "return",
    ] {
        assert!(went_through.get(verb).is_some_and(|count| *count >= 5), "{verb} hardly ever went through");
    }
}
