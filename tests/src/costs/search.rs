//! Random states in several markets, of which the dearest counts: no scene proves to be the worst case.

use super::scenes::PRICE;
use super::{transaction_bytes, world, Cost, Costs, Row};
use crate::listing::{SOL, USDC};
use crate::world::{order, World, ALL};
use anchor_lang::prelude::Pubkey;
use perp_client::instructions::{self as client, Authority};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use solana_instruction::Instruction;
use std::fmt::Debug;

const WORLDS: u16 = 8;
const STEPS: u16 = 40;

/// A value drawn at random, the same in every run.
fn drawn<T: Debug>(runner: &mut TestRunner, from: impl Strategy<Value = T>) -> T {
    from.new_tree(runner).expect("every value of a range will do").current()
}

/// Trades, withdrawals, liquidations and settlements of an account with `count` positions, long and short, in gain and in loss.
pub fn positions(costs: &mut Costs, count: u16) {
    let mut runner = TestRunner::deterministic();
    for _ in 0..WORLDS {
        let mut state = State::new(&mut runner, count);
        for _ in 0..STEPS {
            state.time_passes(&mut runner);
            state.step(&mut runner, costs);
        }
    }
}

struct State {
    world: World,
    count: u16,
    /// Prices in terms of what they began with.
    factors: Vec<f64>,
    searched: Authority,
    keeper: Authority,
}

impl State {
    fn new(runner: &mut TestRunner, count: u16) -> Self {
        let mut world = world(count);
        world.wait(1);
        let (other, keeper) = (world.trader(1_000_000 * USDC), world.trader(0));
        let searched = world.trader(drawn(runner, 600..6_000u64) * USDC * (1 + u64::from(count) / 4) + 271_828);
        let mut state = Self { world, count, factors: vec![1.0; usize::from(count)], searched, keeper };
        state.publish(runner);
        for market in 0..count {
            let size = state.size(runner);
            // Either may be refused; what was not opened is opened by a later step.
            drop(state.world.trade(other, market, -size / 2));
            drop(state.world.trade(searched, market, size));
        }
        state
    }

    /// Up to 12 SOL either way, and no whole number of them.
    fn size(&self, runner: &mut TestRunner) -> i64 {
        drawn(runner, -12..=12i64) * SOL + drawn(runner, -141_592_653..=141_592_653i64)
    }

    fn publish(&mut self, runner: &mut TestRunner) {
        for market in 0..self.count {
            let price = PRICE * self.factors[usize::from(market)];
            self.world.publish_with(market, price, drawn(runner, 0.0..0.3), self.world.now);
        }
        for market in 1..self.count {
            drop(self.world.update_price(market));
        }
    }

    fn time_passes(&mut self, runner: &mut TestRunner) {
        self.world.wait(drawn(runner, 1..2_000i64));
        for factor in &mut self.factors {
            *factor *= drawn(runner, 0.975..1.025);
        }
        self.publish(runner);
    }

    fn step(&mut self, runner: &mut TestRunner, costs: &mut Costs) {
        let (account, target, at) = (self.searched.margin_account, self.world.target(0), self.world.addresses);
        let (name, instruction) = match drawn(runner, 0..11) {
            0 => ("settle_funding", client::settle_funding(&at, account, 0)),
            1 => ("settle_pnl", client::settle_pnl(&at, account, target)),
            2 => ("withdraw", self.world.withdrawal(self.searched, USDC)),
            3..=5 => ("liquidate", self.world.liquidation(self.keeper, account, target, &ALL)),
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
