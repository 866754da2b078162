//! Fills that their owners make as dear as they can.

use crate::{world, BACKEND};
use anchor_lang::Discriminator;
use perp_client::instructions::{self as client, Authority};
use perp_client::jobs::compute_units;
use perp_engine::operations::orders::NewOrder;
use perp_engine::state::PriceLimit;
use perp_swap::instruction as data;
use perp_tests::world::orders::{below, next_price, reducing};
use perp_tests::{listing, World, SOL, USDC};
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
    holding_in(World::new(BACKEND, count), count)
}

fn holding_in(mut world: World, count: u16) -> (World, Authority) {
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

/// An entry that takes fifteen others of its group out, of an account with positions in markets that were all silent, in a market whose
/// reading the second source's spread alone bears out, as the market's first change after a boundary.
fn entry_of_a_bounded_market(
    count: u16,
    graces: bool,
    boundary: bool,
    form: fn(&Instruction) -> Instruction,
    name: &str,
) -> u64 {
    let mut world = World::before_creation(BACKEND);
    world.fund();
    let backing = 500_000 * USDC;
    world.list_all((0..count).map(|index| match index {
        0 => listing::bounded(0, backing),
        _ => listing::market(index, listing::parameters(), backing),
    }));
    let (mut world, trader) = holding_in(world, count);
    let (keeper, provider) = (world.key(), world.user(10_000 * USDC));
    if boundary {
        world.request_liquidity_deposit(provider, 77, 10_000 * USDC, PriceLimit::None).unwrap();
        let boundary = world.boundary();
        world.wait(boundary - world.now - 209);
        print_all(&mut world, 1.0);
        world.wait(130);
        print_all(&mut world, 1.0);
    }
    if graces {
        world.wait(70);
        world.publish_with(0, 251.37, 0.09, world.now);
        world.update_price(0).unwrap();
        for market in 1..count {
            world.publish_between(market, 251.37, 0.09, [world.now - 70, world.now]);
            world.update_price(market).unwrap();
        }
    }
    world.wait(1);
    print_all(&mut world, 1.0);
    let grouped = |order: NewOrder| NewOrder { group: 4, ..order };
    world.place(trader, 0, &[grouped(next_price(5 * SOL))]).unwrap();
    for _ in 0..3 {
        world.place(trader, 0, &[grouped(below(1, SOL)); 5]).unwrap();
    }
    fill_print(&mut world, trader, 0, 1.0);
    if !boundary {
        // 1.03 % away.
        world.publish_second(0, 251.37 / 1.0103, 0.09, world.now);
        world.update_second_price(0).unwrap();
    }
    let execution = world.execution(keeper, &trader.margin_account, 0, world.oracle(0), 0);
    let spent = taken(&mut world, name, count, form(&execution));
    assert!(world.position(&trader.margin_account, 0).size.get() > 11 * SOL, "it is filled");
    spent
}

#[test]
fn attack_a_fill_in_states_that_nobody_measured() {
    for count in [1, 8, 12] {
        for (graces, boundary) in [(false, false), (true, false), (false, true), (true, true)] {
            let clone = Instruction::clone as fn(&Instruction) -> Instruction;
            let spent = entry_of_a_bounded_market(count, graces && count > 1, boundary, clone, "execute_order");
            println!("{count} positions, graces {graces}, boundary {boundary}: {spent} thousandths of the budget");
        }
    }
}

#[test]
fn placements_of_several_orders_that_are_due_stay_within_their_budget() {
    let mut dearer = Vec::new();
    for (count, most) in [(1, 12), (12, 6)] {
        for due in [1, 2, most] {
            let (mut world, trader) = holding(count);
            world.wait(1);
            print_all(&mut world, 1.0);
            let target = world.target(0);
            let placement = world.placement(trader, target, &[], &vec![next_price(SOL / 3); due]);
            let spent = taken(&mut world, "place_orders", count, placement);
            println!("{count} positions, {due} orders armed at once: {spent} thousandths of the budget");
            if spent > 1_000 {
                dearer.push((count, due, spent));
            }
        }
    }
    assert!(dearer.is_empty(), "{dearer:?}");
}

/// A buy in the market of the last slot, whose reading the second source's spread alone bears out, beside so many sales there that are armed.
fn arming_against_others(count: u16, bounded: bool, form: fn(&Instruction) -> Instruction, name: &str) -> u64 {
    let mut world = World::before_creation(BACKEND);
    world.fund();
    let (backing, last) = (500_000 * USDC, count - 1);
    world.list_all((0..count).map(|index| {
        if index == last && bounded {
            listing::bounded(index, backing)
        } else {
            listing::market(index, listing::parameters(), backing)
        }
    }));
    let (mut world, trader) = holding_in(world, count);
    world.wait(1);
    print_all(&mut world, 1.0);
    // The first sells more than there is, and the others what is left beyond.
    world.place(trader, last, &[next_price(if last == 0 { -SOL } else { -3 * SOL })]).unwrap();
    for _ in 0..13 {
        world.place(trader, last, &[next_price(-SOL / 3)]).unwrap();
    }
    world.place(trader, last, &[below(252, SOL / 3)]).unwrap();
    world.wait(1);
    if bounded {
        world.publish_second(last, 251.37 / 1.0103, 0.09, world.now - 1);
        world.update_second_price(last).unwrap();
    }
    print_all(&mut world, 1.0);
    let arming = world.arming(&trader.margin_account, world.target(last), 14);
    taken(&mut world, name, count, form(&arming))
}

#[test]
fn attack_an_arming_in_states_that_nobody_measured() {
    for count in [1, 8, 12] {
        for bounded in [false, true] {
            let spent = arming_against_others(count, bounded, Instruction::clone, "arm_order");
            println!("{count} positions, second source {bounded}: {spent} thousandths of the budget");
        }
    }
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
