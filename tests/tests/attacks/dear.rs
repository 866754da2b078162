//! Fills that their owners make as dear as they can.

use crate::{world, BACKEND};
use anchor_lang::Discriminator;
use perp_client::instructions::{self as client, Authority};
use perp_client::jobs::compute_units;
use perp_engine::operations::orders::NewOrder;
use perp_swap::instruction as data;
use perp_tests::world::orders::{below, next_price, reducing};
use perp_tests::{World, SOL, USDC};
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_instruction::Instruction;

/// A trader with so many USDC and an account of orders.
fn trading(world: &mut World, amount: u64) -> Authority {
    let trader = world.trader(amount * USDC);
    world.open_orders(trader).unwrap();
    trader
}

/// The form of a fill of which several share a transaction.
fn fill_if_due(execution: &Instruction) -> Instruction {
    client::if_due(execution.clone(), data::ExecuteOrderIfDue::DISCRIMINATOR)
}

/// An account with `count` longs, the first of 10 SOL and the others of two, and its orders.
fn holding(count: u16) -> (World, Authority) {
    let mut world = World::new(BACKEND, count);
    for _ in 0..20 {
        world.wait(30);
        print_all(&mut world, 1.0);
    }
    let other = world.trader(100_000 * USDC);
    let trader = world.trader((700 + 50 * u64::from(count - 1)) * USDC);
    world.open_orders(trader).unwrap();
    for market in 0..count {
        let size = if market == 0 { 10 * SOL } else { 2 * SOL } + 141_592_653;
        world.trade(other, market, -size / 3).unwrap();
        world.trade(trader, market, size).unwrap();
    }
    world.wait(1_800);
    print_all(&mut world, 1.003);
    for _ in 0..3 {
        world.wait(30);
        print_all(&mut world, 1.003);
    }
    (world, trader)
}

fn print_all(world: &mut World, factor: f64) {
    for market in 0..world.market_count {
        world.publish_with(market, 251.37 * factor, 0.09, world.now);
        world.update_price(market).unwrap();
    }
}

fn fill_print(world: &mut World, trader: Authority, slot: u8, factor: f64) {
    let from = world.order(&trader.margin_account, slot).fills_from.get();
    world.wait(from - world.now);
    world.publish_between(0, 251.37 * factor, 0.09, [from - 1, from]);
}

/// What the instruction takes by itself, in thousandths of its budget.
fn taken(world: &mut World, name: &str, count: u16, instruction: Instruction) -> u64 {
    let units = u64::from(compute_units(name, usize::from(count)));
    world.send(&instruction).unwrap().compute_units * 1_000 / units
}

/// Whose fill takes fifteen others out.
fn sixteen(count: u16, form: fn(&Instruction) -> Instruction, name: &str) -> u64 {
    let (mut world, trader) = holding(count);
    let keeper = world.key();
    let crowd = NewOrder { group: 2, ..reducing(below(252, i64::MIN)) };
    for _ in 0..2 {
        world.place(trader, 0, &[crowd; 8]).unwrap();
    }
    world.wait(2);
    print_all(&mut world, 1.0);
    world.arm(trader, 0).unwrap();
    fill_print(&mut world, trader, 0, 0.99);
    let execution = world.execution(keeper, &trader.margin_account, 0, world.oracle(0), 0);
    let spent = taken(&mut world, name, count, form(&execution));
    assert!(world.orders(&trader.margin_account).state.is_empty());
    spent
}

/// One that its account can bear no more, as everything has fallen by 7 % since its moment.
fn forfeited(count: u16, form: fn(&Instruction) -> Instruction, name: &str) -> u64 {
    let (mut world, trader) = holding(count);
    let keeper = world.key();
    world.place(trader, 0, &[next_price(35 * SOL)]).unwrap();
    fill_print(&mut world, trader, 0, 1.003);
    let reading = world.posted(0);
    world.wait(3);
    print_all(&mut world, 0.93);
    let execution = world.execution(keeper, &trader.margin_account, 0, reading, 0);
    let spent = taken(&mut world, name, count, form(&execution));
    assert!(world.orders(&trader.margin_account).state.is_empty());
    assert!(world.position(&trader.margin_account, 0).size.get() < 11 * SOL, "it came to nothing");
    spent
}

/// An entry that takes fifteen others of its group out.
fn entry_of_sixteen(count: u16, form: fn(&Instruction) -> Instruction, name: &str) -> u64 {
    entry(count, false, form, name)
}

/// The same of an account with a position in a market that was silent.
fn graced(count: u16, form: fn(&Instruction) -> Instruction, name: &str) -> u64 {
    if count > 1 {
        entry(count, true, form, name)
    } else {
        0
    }
}

fn entry(count: u16, graced: bool, form: fn(&Instruction) -> Instruction, name: &str) -> u64 {
    let (mut world, trader) = holding(count);
    let keeper = world.key();
    if graced {
        // One is enough.
        world.wait(70);
        for market in (0..count).filter(|market| *market != 1) {
            world.publish_with(market, 251.37, 0.09, world.now);
            world.update_price(market).unwrap();
        }
        world.publish_between(1, 251.37, 0.09, [world.now - 70, world.now]);
        world.update_price(1).unwrap();
        assert!(world.market(1).state.grace.until.get() > world.now, "it is graced");
    }
    world.wait(1);
    print_all(&mut world, 1.0);
    let grouped = |order: NewOrder| NewOrder { group: 4, ..order };
    world.place(trader, 0, &[grouped(next_price(5 * SOL))]).unwrap();
    for _ in 0..3 {
        world.place(trader, 0, &[grouped(below(1, SOL)); 5]).unwrap();
    }
    fill_print(&mut world, trader, 0, 1.0);
    let execution = world.execution(keeper, &trader.margin_account, 0, world.oracle(0), 0);
    let spent = taken(&mut world, name, count, form(&execution));
    assert!(world.position(&trader.margin_account, 0).size.get() > 11 * SOL, "it is filled");
    assert!(world.orders(&trader.margin_account).state.is_empty());
    spent
}

/// The same, but its account bears it by the graces alone: what was silent stands 40 % lower than before its silence.
fn graced_and_forfeited(count: u16, form: fn(&Instruction) -> Instruction, name: &str) -> u64 {
    if count == 1 {
        return 0;
    }
    let (mut world, trader) = holding(count);
    let keeper = world.key();
    world.wait(70);
    world.publish_with(0, 251.37, 0.09, world.now);
    world.update_price(0).unwrap();
    for market in 1..count {
        world.publish_between(market, 251.37, 0.09, [world.now - 70, world.now]);
        world.update_price(market).unwrap();
    }
    world.wait(1);
    print_all(&mut world, 1.0);
    world.place(trader, 0, &[next_price(5 * SOL)]).unwrap();
    fill_print(&mut world, trader, 0, 1.0);
    let reading = world.posted(0);
    world.wait(2);
    for market in 0..count {
        world.publish_with(market, 251.37 * if market == 0 { 0.999 } else { 0.6 }, 0.09, world.now);
        world.update_price(market).unwrap();
    }
    let execution = world.execution(keeper, &trader.margin_account, 0, reading, 0);
    let spent = taken(&mut world, name, count, form(&execution));
    assert!(world.position(&trader.margin_account, 0).size.get() < 11 * SOL, "it came to nothing");
    spent
}

/// One beside fourteen that are armed already.
fn arming_beside_others(count: u16) -> u64 {
    let (mut world, trader) = holding(count);
    world.wait(1);
    print_all(&mut world, 1.0);
    let dust = NewOrder { group: 3, ..below(252, SOL / 3) };
    for _ in 0..14 {
        world.place(trader, 0, &[next_price(SOL / 3)]).unwrap();
    }
    world.place(trader, 0, &[NewOrder { group: 0, ..dust }]).unwrap();
    world.wait(1);
    print_all(&mut world, 1.0);
    let arming = world.arming(&trader.margin_account, world.target(0), 14);
    taken(&mut world, "arm_order", count, arming)
}

#[test]
fn attack_making_a_fill_dearer_than_its_budget() {
    type Form = fn(&Instruction) -> Instruction;
    type Scene = fn(u16, Form, &str) -> u64;
    for count in [1, 8, 12] {
        assert!(arming_beside_others(count) <= 1_000);
        for (name, form) in [("execute_order", Instruction::clone as Form), ("execute_order_if_due", fill_if_due)] {
            for (case, scene) in [
                ("of sixteen", sixteen as Scene),
                ("forfeited", forfeited),
                ("entry of sixteen", entry_of_sixteen),
                ("beside graces", graced),
                ("forfeited beside graces", graced_and_forfeited),
            ] {
                let spent = scene(count, form, name);
                assert!(spent <= 1_000, "{name}, {case} ({count}) takes {spent} thousandths of its budget");
            }
        }
    }
}

#[test]
fn attack_adding_to_the_group_of_an_armed_order_once_somebody_has_simulated_its_fill() {
    // What the fill takes as the account is, and an eighth more; then fifteen others that it takes out are placed.
    let filled = |added: u8| {
        let mut world = world();
        let (attacker, keeper) = (trading(&mut world, 1_000), world.key());
        let grouped = |order: NewOrder| NewOrder { group: 1, ..order };
        world.place(attacker, 0, &[grouped(next_price(SOL))]).unwrap();
        world.to_fill(attacker, 0, 250.0);
        for _ in 0..added {
            world.place(attacker, 0, &[grouped(below(1, SOL)); 5]).unwrap();
        }
        let execution = world.execution(keeper, &attacker.margin_account, 0, world.oracle(0), 0);
        (world, execution)
    };
    let (mut world, execution) = filled(0);
    let spent = world.run(&[execution]).unwrap().compute_units;
    let limit = u32::try_from(spent + spent / 8).unwrap() + 150;
    let limit = ComputeBudgetInstruction::set_compute_unit_limit(limit);
    let (mut world, execution) = filled(0);
    world.run(&[limit.clone(), execution]).unwrap();
    let (mut world, execution) = filled(3);
    assert!(world.run(&[limit, execution.clone()]).is_err());
    world.run(&[execution]).unwrap();
}
