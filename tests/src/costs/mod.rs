//! What each instruction costs on the compiled binary: compute units and bytes of its transaction, in its dearest
//! ordinary case: the dearer of a scene and of a search through random states.
//!
//! In the scenes prices and sizes are crooked, every price has a confidence interval, funding is due, both sides of every market are
//! open, and the legs beside the touched one are in profit, so that no division is spared.

mod budgets;
mod orders;
mod report;
mod scenes;
mod search;

pub use budgets::Budgets;
pub use report::page;

use crate::chain::{Backend, Outcome};
use crate::world::{Ran, World};
use anchor_lang::prelude::Pubkey;
use perp_client::instructions::if_due;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_instruction::Instruction;
use solana_message::Message;
use std::collections::BTreeMap;

/// Legs of an account that costs are measured for.
pub const COUNTS: [u16; 3] = [1, 8, 12];

/// Which row of the table a measurement belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// The instruction's name in the IDL.
    pub instruction: &'static str,
    /// Which of the instruction's cases; empty where it has one.
    pub case: &'static str,
    /// Positions of the account, where they matter.
    pub count: Option<u16>,
}

/// What a row costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    pub compute_units: u64,
    /// Of a legacy transaction with two compute-budget instructions, paid by one of its signers.
    pub transaction_bytes: usize,
}

/// What naming a limit takes.
const LIMIT_UNITS: u64 = 150;

/// Costs by row.
#[derive(Debug, Default)]
pub struct Costs(BTreeMap<Row, Cost>);

impl Costs {
    /// Measures every instruction.
    pub fn measure() -> Self {
        let mut costs = Self::default();
        scenes::administration(&mut costs);
        scenes::accounts(&mut costs);
        scenes::market(&mut costs);
        scenes::liquidity(&mut costs);
        for count in COUNTS {
            scenes::trading(&mut costs, count);
            scenes::liquidation(&mut costs, count);
            scenes::views(&mut costs, count);
            orders::orders(&mut costs, count);
            orders::entries(&mut costs, count);
            orders::armings(&mut costs, count);
        }
        scenes::claims(&mut costs);
        for count in COUNTS {
            search::positions(&mut costs, count);
        }
        costs
    }

    pub fn rows(&self) -> impl Iterator<Item = (&Row, &Cost)> {
        self.0.iter()
    }

    fn record(&mut self, world: &mut World, row: Row, instruction: Instruction) -> Outcome {
        let transaction_bytes = transaction_bytes(&instruction);
        // Some views take more than the default.
        let limit = ComputeBudgetInstruction::set_compute_unit_limit(1_400_000);
        let done: Ran = world.run(&[limit, instruction]);
        let outcome = done.unwrap_or_else(|refused| panic!("{row:?} was refused: {refused:#?}"));
        let cost = Cost { compute_units: outcome.compute_units - LIMIT_UNITS, transaction_bytes };
        assert!(self.0.insert(row, cost).is_none(), "{row:?} is measured twice");
        outcome
    }

    /// What the form of the instruction costs that does nothing where a rule refuses it, and the instruction itself afterwards, as if the
    /// form had not been sent.
    fn record_both(&mut self, world: &mut World, rows: [Row; 2], instruction: Instruction, form: &[u8]) -> Outcome {
        let tried = if_due(instruction.clone(), form);
        let addresses = tried.accounts.iter().map(|meta| meta.pubkey);
        let before: Vec<_> =
            addresses.filter_map(|key| world.chain.account(&key).map(|account| (key, account))).collect();
        let [of_form, of_instruction] = rows;
        self.record(world, of_form, tried);
        for (address, account) in before {
            world.chain.set_account(&address, account);
        }
        self.record(world, of_instruction, instruction)
    }

    fn keep_dearer(&mut self, row: Row, cost: Cost) {
        let dearest = self.0.entry(row).or_default();
        if cost.compute_units > dearest.compute_units {
            *dearest = cost;
        }
    }
}

/// Size of the instruction's transaction on the wire.
pub fn transaction_bytes(instruction: &Instruction) -> usize {
    let payer = instruction.accounts.iter().find(|meta| meta.is_signer).map_or(Pubkey::default(), |meta| meta.pubkey);
    let message = Message::new(
        &[
            ComputeBudgetInstruction::set_compute_unit_limit(200_000),
            ComputeBudgetInstruction::set_compute_unit_price(1),
            instruction.clone(),
        ],
        Some(&payer),
    );
    let signatures = usize::from(message.header.num_required_signatures);
    // A count of signatures, the signatures, the message.
    1 + 64 * signatures + message.serialize().len()
}

fn world(markets: u16) -> World {
    World::new(Backend::Sbf, markets)
}
