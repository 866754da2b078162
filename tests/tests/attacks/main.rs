//! Attacks on the compiled program. Each asserts why it is refused, or that whoever attacks ends with no more than
//! before: tokens and equity together, and shares. The world checks that a refused instruction changed no account, and
//! that the books balance after any other.

mod accounts;
mod batches;
mod bounds;
mod bounties;
mod claims;
mod costs;
mod creation;
mod crowds;
mod dear;
mod endings;
mod epochs;
mod events;
mod hedges;
mod idle;
mod insurance;
mod liquidation;
mod liquidity;
mod lookback;
mod mints;
mod money;
mod numbers;
mod oracle;
mod orders;
mod penalty;
mod prices;
mod remaining;
mod roles;
mod scenes;
mod shares;
mod shields;
mod shortage;
mod signers;
mod silences;
mod slots;
mod substitutions;
mod waiting;
mod withheld;

use anchor_lang::prelude::Pubkey;
use perp_tests::{Backend, World};
use solana_instruction::Instruction;

/// The compiled binary is attacked.
const BACKEND: Backend = Backend::Sbf;

/// Two markets, liquidity in both.
fn world() -> World {
    World::new(BACKEND, 2)
}

/// Runs the attack and asserts that the attackers hold no more than before: tokens and equity together, nor shares.
#[track_caller]
fn gains_nothing<T>(world: &mut World, attackers: &[Pubkey], attack: impl FnOnce(&mut World) -> T) -> T {
    let holding = |world: &mut World| {
        let shares: u64 = attackers.iter().map(|attacker| world.shares(attacker)).sum();
        (world.wealth(attackers), shares)
    };
    let before = holding(world);
    let result = attack(world);
    let after = holding(world);
    assert!(after.0 <= before.0 && after.1 <= before.1, "the attackers had {before:?} and have {after:?}");
    result
}

/// The instruction with one account in place of another.
fn with_account(mut instruction: Instruction, from: Pubkey, to: Pubkey) -> Instruction {
    let mut found = false;
    for meta in instruction.accounts.iter_mut().filter(|meta| meta.pubkey == from) {
        meta.pubkey = to;
        found = true;
    }
    assert!(found, "the instruction names {from}");
    instruction
}

/// The instruction without anybody's signature.
fn unsigned(mut instruction: Instruction) -> Instruction {
    for meta in &mut instruction.accounts {
        meta.is_signer = false;
    }
    instruction
}
