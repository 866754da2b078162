//! Random states in several markets, of which the dearest counts: no scene proves to be the worst case.

use super::scenes::{settle_in, PRICE};
use super::{transaction_bytes, world, Cost, Costs, Row};
use crate::chain::Backend;
use crate::listing::{self, SOL, USDC};
use crate::world::{order, World, ALL};
use anchor_lang::prelude::Pubkey;
use perp_client::instructions::{self as client, Authority};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use solana_instruction::Instruction;
use std::fmt::Debug;

const WORLDS: u16 = 12;
const STEPS: u16 = 40;

/// A value drawn at random, the same in every run.
fn drawn<T: Debug>(runner: &mut TestRunner, from: impl Strategy<Value = T>) -> T {
    from.new_tree(runner).expect("every value of a range will do").current()
}

/// Trades, withdrawals, liquidations and settlements of an account with `count` positions, long and short, in gain and in loss,
/// with claims beside them in every third world, at prices of one moment, of several and of none.
pub fn positions(costs: &mut Costs, count: u16) {
    let mut runner = TestRunner::deterministic();
    for number in 0..WORLDS {
        let mut state = match number % 3 {
            0 => State::with_claims(&mut runner, count, number % 2 == 0),
            _ => State::new(&mut runner, count),
        };
        for _ in 0..STEPS {
            state.time_passes(&mut runner);
            state.step(&mut runner, costs);
        }
        state.end(costs);
    }
}

struct State {
    world: World,
    count: u16,
    /// Prices in terms of what they began with.
    factors: Vec<f64>,
    /// How far a price moves in a step: in some worlds so far that measured volatility sets the margin.
    swing: f64,
    searched: Authority,
    keeper: Authority,
}

impl State {
    fn new(runner: &mut TestRunner, count: u16) -> Self {
        let mut world = world(count);
        settle_in(&mut world);
        let (other, keeper) = (world.trader(1_000_000 * USDC), world.trader(0));
        let searched = world.trader(drawn(runner, 600..6_000u64) * USDC * (1 + u64::from(count) / 4) + 271_828);
        let (factors, swing) = (vec![1.0; usize::from(count)], drawn(runner, 0.005..0.07));
        let mut state = Self { world, count, factors, swing, searched, keeper };
        state.publish(runner, false);
        for market in 0..count {
            let size = state.size(runner);
            // Either may be refused; what was not opened is opened by a later step.
            drop(state.world.trade(other, market, -size / 2));
            drop(state.world.trade(searched, market, size));
        }
        state
    }

    /// A world in which every market, or every one but the first, owes the searched account a partly funded claim beside its
    /// position: it holds 20 000, a whale has won more than that, and a loser paid some of it.
    fn with_claims(runner: &mut TestRunner, count: u16, first_as_well: bool) -> Self {
        let mut world = World::before_creation(Backend::Sbf);
        world.fund();
        world.list_all((0..count).map(|index| {
            let target = if index > 0 || first_as_well { 20_000 } else { 2_000_000 };
            listing::market(index, listing::parameters(), target * USDC)
        }));
        settle_in(&mut world);
        let (whale, loser, keeper) = (world.trader(1_000_000 * USDC), world.trader(1_000_000 * USDC), world.trader(0));
        let searched = world.trader(drawn(runner, 600..6_000u64) * USDC * (1 + u64::from(count) / 4) + 271_828);
        let (factors, swing) = (vec![1.25; usize::from(count)], drawn(runner, 0.005..0.03));
        let mut state = Self { world, count, factors, swing, searched, keeper };
        let world = &mut state.world;
        for market in 0..count {
            for (trader, size) in [(whale, 500 * SOL), (searched, 3 * SOL + 141_592_653), (loser, -100 * SOL)] {
                drop(world.trade(trader, market, size));
            }
        }
        world.wait(1_800);
        state.publish(runner, false);
        for market in 0..count {
            let world = &mut state.world;
            // 500 · 251.37 · 25 % = 31 421 are won.
            world.close_position(whale, market).expect("a winner can leave");
            drop(world.settle_pnl(searched.margin_account, market));
            world.close_position(loser, market).expect("a loser can leave");
            drop(world.fund_claims(market));
        }
        state
    }

    /// Up to 12 SOL either way, and no whole number of them.
    fn size(&self, runner: &mut TestRunner) -> i64 {
        drawn(runner, -12..=12i64) * SOL + drawn(runner, -141_592_653..=141_592_653i64)
    }

    fn print(&mut self, runner: &mut TestRunner, market: u16) {
        let price = PRICE * self.factors[usize::from(market)];
        self.world.publish_with(market, price, drawn(runner, 0.0..0.3), self.world.now);
    }

    /// Every market prints its price, and all but the first take it in. Where they are `scattered` some of them do so seconds
    /// before the others and some not at all.
    fn publish(&mut self, runner: &mut TestRunner, scattered: bool) {
        for market in 1..self.count {
            if scattered {
                self.world.wait(drawn(runner, 1..3i64));
            }
            self.print(runner, market);
            if !scattered || drawn(runner, 0..4) > 0 {
                drop(self.world.update_price(market));
            }
        }
        self.print(runner, 0);
    }

    fn time_passes(&mut self, runner: &mut TestRunner) {
        self.world.wait(drawn(runner, 1..2_000i64));
        for factor in &mut self.factors {
            *factor *= 1.0 + self.swing * drawn(runner, -1.0..1.0);
        }
        let scattered = drawn(runner, 0..3) > 0;
        self.publish(runner, scattered);
    }

    fn step(&mut self, runner: &mut TestRunner, costs: &mut Costs) {
        let (account, target, at) = (self.searched.margin_account, self.world.target(0), self.world.addresses);
        let (name, instruction) = match drawn(runner, 0..13) {
            0 => ("settle_funding", client::settle_funding(&at, account, 0)),
            1 => ("settle_pnl", client::settle_pnl(&at, account, target, None)),
            2 => ("withdraw", self.world.withdrawal(self.searched, USDC)),
            3 => ("update_prices", client::update_prices(&at, [(0, self.world.oracle(0))])),
            4 => ("update_funding", client::update_funding(&at, target)),
            5..=7 => ("liquidate", self.world.liquidation(self.keeper, account, target, &ALL)),
            _ => {
                let held = self.world.position(&account, 0).size.get();
                let size = match drawn(runner, 0..4) {
                    0 if held != 0 => -held,
                    1 => self.size(runner) - held,
                    _ => self.size(runner),
                };
                ("trade", self.world.trade_instruction(self.searched, target, &order(size)))
            }
        };
        self.measure(costs, name, instruction);
    }

    /// Prices go up or down until nothing is left of the account, its positions are closed by somebody else and what is funded
    /// of its claims is redeemed: then it is bankrupt.
    fn end(&mut self, costs: &mut Costs) {
        let (account, at) = (self.searched.margin_account, self.world.addresses);
        let lost = |size: i64| if size > 0 { 0.2 } else { 3.0 };
        self.world.wait(60);
        for market in 0..self.count {
            let factor = lost(self.world.position(&account, market).size.get());
            self.world.publish_with(market, PRICE * factor, 0.09, self.world.now);
            drop(self.world.update_price(market));
        }
        for market in 0..self.count {
            drop(self.world.liquidate(self.keeper, account, market));
        }
        for market in 0..self.count {
            drop(self.world.redeem_claim(account, market));
        }
        let state = self.world.margin_account(&account).state;
        let owed = state.occupied().find(|(_, position)| !position.debt.is_zero()).map(|(_, position)| position.market);
        if let (Some(market), true) = (owed, state.occupied().count() == usize::from(self.count)) {
            let instruction = client::resolve_bankruptcy(&at, account, &state, market);
            let bytes = transaction_bytes(&instruction);
            let Ok(outcome) = self.world.run(&[instruction]) else { return };
            let row = Row { instruction: "resolve_bankruptcy", case: "", count: Some(self.count) };
            costs.keep_dearer(row, Cost { compute_units: outcome.compute_units, transaction_bytes: bytes });
        }
    }

    /// Runs it, and keeps what it cost where it went through with all positions and nothing of its kind was dearer.
    fn measure(&mut self, costs: &mut Costs, name: &'static str, instruction: Instruction) {
        let account = self.searched.margin_account;
        let (held, before) = self.held(account);
        let bytes = transaction_bytes(&instruction);
        let Ok(outcome) = self.world.run(&[instruction]) else { return };
        let (left, after) = self.held(account);
        if held.max(left) != self.count {
            return;
        }
        let (case, count) = match name {
            "trade" => (trade_case(before, after), Some(self.count)),
            "liquidate" => (if after == 0 { "whole" } else { "part" }, Some(self.count)),
            "withdraw" => ("", Some(self.count)),
            _ => ("", None),
        };
        let row = Row { instruction: name, case, count };
        costs.keep_dearer(row, Cost { compute_units: outcome.compute_units, transaction_bytes: bytes });
    }

    /// Open positions, and the size of the one in the first market.
    fn held(&mut self, account: Pubkey) -> (u16, i64) {
        let state = self.world.margin_account(&account).state;
        let open = state.positions.iter().filter(|position| !position.size.is_zero()).count();
        (u16::try_from(open).expect("twelve at most"), self.world.position(&account, 0).size.get())
    }
}

fn trade_case(before: i64, after: i64) -> &'static str {
    match (before, after) {
        (0, _) => "open",
        (_, 0) => "close",
        _ if before.signum() != after.signum() => "flip",
        _ if after.abs() > before.abs() => "increase",
        _ => "reduce",
    }
}
