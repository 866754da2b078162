//! What is arranged around resting orders: lists of markets that go stale, budgets that are too small, wallets of every kind, batches in
//! which one instruction would fail the others, and markets that end while orders rest in them.

use crate::{with_account, world, BACKEND};
use anchor_lang::error::ErrorCode;
use anchor_lang::prelude::{AccountMeta, Pubkey};
use anchor_lang::Discriminator;
use perp_client::addresses::orders_address;
use perp_client::instructions::{self as client, Authority, TargetMarket};
use perp_client::jobs::compute_units;
use perp_engine::operations::orders::NewOrder;
use perp_engine::state::Status;
use perp_engine::units::Timestamp;
use perp_swap::errors::ExchangeError;
use perp_swap::instruction as data;
use perp_tests::chain::Reason;
use perp_tests::world::orders::{above, below, next_price, price, reducing, TIP};
use perp_tests::{assert_refused, World, DAY, SOL, USDC};
use solana_account::Account;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_instruction::error::InstructionError;
use solana_instruction::Instruction;

/// A trader with so many USDC and an account of orders.
fn trading(world: &mut World, amount: u64) -> Authority {
    let trader = world.trader(amount * USDC);
    world.open_orders(trader).unwrap();
    trader
}

fn lamports(world: &mut World, of: &Pubkey) -> u64 {
    world.chain.account(of).map_or(0, |account| account.lamports)
}

/// The form of a fill of which several share a transaction.
fn fill_if_due(execution: &Instruction) -> Instruction {
    client::if_due(execution.clone(), data::ExecuteOrderIfDue::DISCRIMINATOR)
}

/// The form of an arming of which several share a transaction.
fn arm_if_due(arming: &Instruction) -> Instruction {
    client::if_due(arming.clone(), data::ArmOrderIfDue::DISCRIMINATOR)
}

/// The instruction with these markets after its named accounts.
fn with_markets(world: &World, mut instruction: Instruction, named: usize, markets: &[u16]) -> Instruction {
    instruction.accounts.truncate(named);
    let markets = markets.iter().map(|market| AccountMeta::new_readonly(world.addresses.market(*market), false));
    instruction.accounts.extend(markets);
    instruction
}

/// Accounts that `execute_order` names.
const NAMED: usize = 9;

/// How an attacker moves his positions from slot to slot, and what somebody names who would fill his order.
struct Moving {
    /// Positions of half a SOL in the first slots, in markets 1 and up; he has as many orders of half a SOL in the rest of twelve.
    positions: u16,
    /// How many of the first slots he empties and fills anew before each try.
    at_once: usize,
    /// Seconds from one try to the next.
    seconds: i64,
    /// What is named beside the market, of the markets in the order of their slots and those of the other armed orders.
    listed: fn(held: &[u16], armed: &[u16]) -> Vec<u16>,
}

/// The attacker buys 20 SOL at the reading of a moment, $255, after which the market falls to $250 and stays there. Once the price is
/// known he closes the position in a slot and fills another armed order in its place, again and again. Returns how often the keeper
/// tried, whether the order was filled, and what the attacker has lost.
fn moving(Moving { positions, at_once, seconds, listed }: Moving) -> (usize, bool, i64) {
    let mut world = World::new(BACKEND, 12);
    let (attacker, keeper) = (trading(&mut world, 20_000), world.key());
    for market in 1..=positions {
        world.trade(attacker, market, SOL / 2).unwrap();
    }
    let mut left: Vec<u16> = (positions + 1..12).collect();
    let orders = [vec![0], left.clone()].concat();
    for market in &orders {
        let size = if *market == 0 { 20 * SOL } else { SOL / 2 };
        world.place(attacker, *market, &[next_price(size)]).unwrap();
    }
    let from = world.order(&attacker.margin_account, 0).fills_from.get();
    world.wait(from - world.now);
    let mut readings = [Pubkey::default(); 12];
    for market in 0..12u16 {
        let dollars = if market == 0 { 255.0 } else { 250.0 };
        world.publish_after(market, dollars, from, from - 1);
        world.update_price(market).unwrap();
        readings[usize::from(market)] = world.posted(market);
    }
    let before = world.wealth(&[attacker.signer]);
    let (mut tries, mut filled) = (0, false);
    while !filled {
        // The keeper reads the account, and is a little later than the attacker.
        let state = world.margin_account(&attacker.margin_account).state;
        let held: Vec<u16> = state.occupied().map(|(_, position)| position.market).collect();
        let execution = world.execution(keeper, &attacker.margin_account, 0, readings[0], 0);
        let execution = with_markets(&world, execution, NAMED, &listed(&held, &left));
        world.wait(seconds);
        if world.now > from + 15 {
            break;
        }
        for market in 0..12 {
            world.publish(market, 250.0);
            world.update_price(market).unwrap();
        }
        let entered = left.split_off(left.len().saturating_sub(at_once));
        for leaving in &held[..entered.len()] {
            world.close_position(attacker, *leaving).unwrap();
        }
        for market in entered.into_iter().rev() {
            let slot = orders.iter().position(|order| *order == market).unwrap() as u8;
            let oracle = readings[usize::from(market)];
            let fill = world.execution(attacker.signer, &attacker.margin_account, market, oracle, slot);
            world.run(&[fill]).unwrap();
        }
        tries += 1;
        let tip = lamports(&mut world, &keeper);
        world.run(&[fill_if_due(&execution)]).unwrap();
        filled = lamports(&mut world, &keeper) > tip;
        if !filled {
            assert_refused(world.run(&[execution]), ExchangeError::MarketMissing);
        }
    }
    if !filled {
        // Nobody fills it any more, and the account does what it likes.
        world.sweep(attacker, None, 0).unwrap();
    }
    assert_eq!(filled, !world.position(&attacker.margin_account, 0).size.is_zero());
    (tries, filled, before - world.wealth(&[attacker.signer]))
}

/// As the instruction's page says: the markets of the slots in their order, and those of the other armed orders after them.
fn as_documented(held: &[u16], armed: &[u16]) -> Vec<u16> {
    [held, armed].concat()
}

/// The same twice, as keepers are advised where the owner plays.
fn twice(held: &[u16], armed: &[u16]) -> Vec<u16> {
    as_documented(held, armed).repeat(2)
}

/// What serves whatever fills in between: those that may take a slot before and after each.
fn in_any_order(held: &[u16], armed: &[u16]) -> Vec<u16> {
    as_documented(held, armed).repeat(held.len())
}

#[test]
fn attack_filling_other_orders_in_a_slot_that_was_left_spoils_the_list_of_whoever_fills() {
    type Listed = fn(&[u16], &[u16]) -> Vec<u16>;
    // Filled he loses 20 · $5 and fees.
    for (positions, at_once, seconds, listed, tries, filled) in [
        (2, 1, 1, as_documented as Listed, 10, true),
        // Seven tries until the time is over, and the order was for nothing: seven closes and openings of $125 cost $0.77.
        (2, 1, 2, as_documented, 7, false),
        (2, 1, 2, twice, 1, true),
        // Three slots that are refilled against the order of the list need three of it.
        (5, 3, 5, twice, 3, true),
        (5, 3, 5, in_any_order, 1, true),
        (2, 1, 2, in_any_order, 1, true),
    ] {
        let found = moving(Moving { positions, at_once, seconds, listed });
        assert_eq!((found.0, found.1), (tries, filled), "{found:?}");
        let expected = if filled { 102_000_000..104_000_000 } else { 770_000..780_000 };
        assert!(expected.contains(&found.2), "{found:?}");
    }
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
    let mut beyond = Vec::new();
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
                if spent > 1_000 {
                    beyond.push((name, case, count, spent > 1_125));
                }
            }
        }
    }
    // The last says whether an eighth more than the budget is not enough either.
    let expected = [
        ("execute_order", "entry of sixteen", 1, false),
        ("execute_order_if_due", "of sixteen", 1, false),
        ("execute_order_if_due", "entry of sixteen", 1, true),
        ("execute_order", "beside graces", 8, true),
        ("execute_order", "forfeited beside graces", 8, true),
        ("execute_order_if_due", "of sixteen", 8, false),
        ("execute_order_if_due", "entry of sixteen", 8, false),
        ("execute_order_if_due", "beside graces", 8, true),
        ("execute_order_if_due", "forfeited beside graces", 8, true),
        ("execute_order", "beside graces", 12, true),
        ("execute_order", "forfeited beside graces", 12, true),
        ("execute_order_if_due", "entry of sixteen", 12, false),
        ("execute_order_if_due", "beside graces", 12, true),
        ("execute_order_if_due", "forfeited beside graces", 12, true),
    ];
    assert_eq!(beyond, expected);
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

#[test]
fn attack_a_batch_is_failed_by_nothing_that_an_owner_can_do() {
    let mut world = world();
    let (attacker, honest, keeper) = (trading(&mut world, 1_000), trading(&mut world, 1_000), world.key());
    world.place(attacker, 0, &[next_price(SOL)]).unwrap();
    world.place(honest, 0, &[next_price(SOL)]).unwrap();
    world.to_fill(honest, 0, 250.0);
    let fills = |world: &mut World, of: Authority| {
        let execution = world.execution(keeper, &of.margin_account, 0, world.oracle(0), 0);
        fill_if_due(&execution)
    };
    let batch = [fills(&mut world, attacker), fills(&mut world, honest)];
    let arming = arm_if_due(&world.arming(&attacker.margin_account, world.target(0), 0));
    // The attacker fills it himself, closes all he has, withdraws, and closes both accounts.
    world.execute(attacker.signer, attacker, 0).unwrap();
    world.next_slot();
    world.close_position(attacker, 0).unwrap();
    let left = world.balance(&attacker.margin_account);
    world.withdraw(attacker, left).unwrap();
    world.close_orders(attacker).unwrap();
    // Somebody leaves lamports where the account was.
    world
        .chain
        .set_account(&orders_address(&attacker.margin_account), Account { lamports: 890_880, ..Account::default() });
    world.run(&[arming.clone()]).unwrap();
    world.close_account(attacker).unwrap();
    world.run(&[arming.clone()]).unwrap();
    world.run(&batch).unwrap();
    assert_eq!(world.position(&honest.margin_account, 0).size.get(), SOL);
    // Opened anew at the same addresses, with an order in the same place: what was made before finds that one and no other.
    world.open_account(attacker.signer, 0, None).unwrap();
    world.open_orders(attacker).unwrap();
    world.run(&[arming.clone()]).unwrap();
    world.deposit(attacker, 900 * USDC).unwrap();
    world.place(attacker, 0, &[below(10, SOL)]).unwrap();
    world.run(&[arming]).unwrap();
    world.run(&batch).unwrap();
    assert!(world.position(&attacker.margin_account, 0).size.is_zero());
    assert_eq!(world.order(&attacker.margin_account, 0).lamports, TIP);
}

#[test]
fn attack_a_batch_swallows_no_mistake_about_accounts() {
    let mut world = world();
    let (victim, attacker) = (trading(&mut world, 1_000), trading(&mut world, 1_000));
    world.place(victim, 0, &[next_price(SOL)]).unwrap();
    world.place(attacker, 0, &[next_price(SOL)]).unwrap();
    world.to_fill(victim, 0, 250.0);
    let execution = world.execution(attacker.signer, &victim.margin_account, 0, world.oracle(0), 0);
    let arming = world.arming(&victim.margin_account, world.target(0), 0);
    let [own, others] = [victim, attacker].map(|of| orders_address(&of.margin_account));
    for form in [fill_if_due(&execution), arm_if_due(&arming)] {
        for (address, reason) in [
            (others, ExchangeError::WrongOrders.error()),
            (victim.margin_account, ErrorCode::AccountDiscriminatorMismatch.error()),
            (world.addresses.vault, ErrorCode::AccountOwnedByWrongProgram.error()),
        ] {
            assert_refused(world.run(&[with_account(form.clone(), own, address)]), reason);
        }
        let other = with_account(form.clone(), victim.margin_account, attacker.margin_account);
        assert!(world.run(&[other]).is_err());
    }
    let stolen = with_account(fill_if_due(&execution), victim.signer, attacker.signer);
    assert_refused(world.run(&[stolen]), ExchangeError::WrongReceiver);
    // The market among the others, too, is a mistake of whoever names it.
    let mut twice = fill_if_due(&execution);
    twice.accounts.push(AccountMeta::new_readonly(world.addresses.market(0), false));
    assert_refused(world.run(&[twice]), InstructionError::AccountBorrowFailed);
    world.run(&[fill_if_due(&execution)]).unwrap();
    assert_eq!(world.position(&victim.margin_account, 0).size.get(), SOL);
}

#[test]
fn attack_a_batch_keeps_nothing_of_what_a_rule_refuses() {
    // The price of the reading is taken in, and funding accrues, before any rule about the order is asked.
    let mut world = world();
    let (victim, attacker) = (trading(&mut world, 1_000), world.key());
    world.trade(victim, 0, SOL).unwrap();
    world.place(victim, 0, &[next_price(SOL), below(200, SOL)]).unwrap();
    world.wait(8);
    world.publish(0, 260.0);
    let execution = world.execution(attacker, &victim.margin_account, 0, world.oracle(0), 0);
    let arming = world.arming(&victim.margin_account, world.target(0), 1);
    let before = world.everything();
    for form in [fill_if_due(&execution), arm_if_due(&arming)] {
        let done = world.run(&[form.clone(), form]).unwrap();
        assert!(done.events().is_empty() && done.inner_instructions.is_empty());
        assert!(before == world.everything());
    }
    // In front of one that goes through it changes nothing of that.
    world.publish(0, 199.0);
    let low = world.arming(&victim.margin_account, world.target(0), 1);
    let done = world.run(&[arm_if_due(&low), fill_if_due(&execution)]).unwrap();
    assert_eq!(done.events().len(), 1);
}

#[test]
fn attack_no_kind_of_wallet_keeps_an_order_from_being_filled() {
    let token_program = anchor_spl::token::ID;
    let system = anchor_lang::system_program::ID;
    for wallet in [
        // Below its rent, as accounts from before rent was asked of all.
        Account { lamports: 100_000, ..Account::default() },
        // A lamport short of it once the 40 000 come home, exactly at it, and a lamport above.
        Account { lamports: 850_879, ..Account::default() },
        Account { lamports: 850_880, ..Account::default() },
        Account { lamports: 890_881, ..Account::default() },
        // A nonce's account, below its own rent of 1 447 680 and above.
        Account { lamports: 1_000_000, data: vec![0; 80], owner: system, ..Account::default() },
        Account { lamports: 1_447_680, data: vec![0; 80], owner: system, ..Account::default() },
        // Of another program, with and without data.
        Account { lamports: 10_000_000, data: vec![0; 165], owner: token_program, ..Account::default() },
        Account { lamports: 890_880, owner: token_program, ..Account::default() },
        // Of the exchange's program.
        Account { lamports: 10_000_000, data: vec![0; 100], owner: perp_swap::ID, ..Account::default() },
    ] {
        let mut world = world();
        let (attacker, delegate, keeper) = (trading(&mut world, 1_000), world.key(), world.key());
        world.set_delegate(attacker, delegate).unwrap();
        let by = Authority { signer: delegate, ..attacker };
        let one_of_two = |order: NewOrder| NewOrder { group: 1, ..order };
        world.place(by, 0, &[one_of_two(next_price(SOL)), one_of_two(below(1, SOL))]).unwrap();
        world.to_fill(attacker, 0, 250.0);
        world.chain.set_account(&attacker.signer, wallet.clone());
        let orders = orders_address(&attacker.margin_account);
        let all = lamports(&mut world, &orders) + wallet.lamports;
        let tipped = lamports(&mut world, &keeper);
        world.execute(keeper, attacker, 0).unwrap_or_else(|refused| panic!("{wallet:?}: {refused:#?}"));
        assert_eq!(lamports(&mut world, &keeper), tipped + TIP);
        assert_eq!(lamports(&mut world, &orders) + lamports(&mut world, &attacker.signer), all - TIP);
    }
}

#[test]
fn attack_lamports_are_not_locked_by_the_end_of_the_only_market() {
    let mut world = World::new(BACKEND, 1);
    let trader = trading(&mut world, 1_000);
    let (wallet, orders) = (trader.signer, orders_address(&trader.margin_account));
    let before = lamports(&mut world, &wallet) + lamports(&mut world, &orders);
    world.trade(trader, 0, SOL).unwrap();
    let child = NewOrder { parent: Some(0), ..reducing(above(400, -SOL)) };
    world.place(trader, 0, &[below(100, SOL), child, reducing(below(90, i64::MIN)), below(80, SOL)]).unwrap();
    world.delist_market(0).unwrap();
    world.wait(2 * DAY + 3_600);
    world.begin_settlement(0).unwrap();
    // The owner cancels in a market that has ended, and nowhere else is there one.
    let unread = TargetMarket::at_cached_price(0);
    let cancel = world.placement(trader, unread, &[0], &[]);
    world.run(&[cancel]).unwrap();
    assert_refused(world.place(trader, 0, &[below(100, SOL)]), ExchangeError::MarketSettled);
    // Anybody sweeps what is left, the living with the market's account and not without.
    assert_refused(world.sweep(trader, None, 3), ExchangeError::OrderAlive);
    for slot in [2, 3] {
        world.sweep(trader, Some(0), slot).unwrap();
    }
    assert_eq!(lamports(&mut world, &wallet) + lamports(&mut world, &orders), before);
    world.close_orders(trader).unwrap();
    assert_eq!(lamports(&mut world, &wallet), before);
}

#[test]
fn attack_lamports_are_not_locked_by_a_dead_oracle_or_a_pause() {
    let mut world = World::new(BACKEND, 1);
    let (trader, guardian) = (trading(&mut world, 1_000), world.guardian);
    world
        .place(trader, 0, &[below(100, SOL), NewOrder { expires: Timestamp::new(world.now), ..below(90, SOL) }])
        .unwrap();
    world.wait(16);
    world.report_oracle_outage(0).unwrap();
    world.set_exchange_status(guardian, Status::Paused, 60).unwrap();
    world.sweep(trader, None, 1).unwrap();
    let unread = TargetMarket::at_cached_price(0);
    let cancel = world.placement(trader, unread, &[0], &[]);
    world.run(&[cancel]).unwrap();
    world.close_orders(trader).unwrap();
    // In an end that may still be undone nobody but the owner takes a living order out.
    let mut world = World::new(BACKEND, 1);
    let trader = trading(&mut world, 1_000);
    world.place(trader, 0, &[below(100, SOL)]).unwrap();
    world.wait(16);
    world.report_oracle_outage(0).unwrap();
    world.wait(14 * DAY);
    world.begin_settlement(0).unwrap();
    assert_refused(world.sweep(trader, Some(0), 0), ExchangeError::OrderAlive);
    let cancel = world.placement(trader, unread, &[0], &[]);
    world.run(&[cancel]).unwrap();
    world.close_orders(trader).unwrap();
}

#[test]
fn attack_sweeping_a_living_order_by_the_end_of_another_market() {
    let mut world = world();
    let trader = trading(&mut world, 1_000);
    world.place(trader, 0, &[below(100, SOL)]).unwrap();
    world.delist_market(1).unwrap();
    world.wait(2 * DAY + 3_600);
    world.begin_settlement(1).unwrap();
    assert_refused(world.sweep(trader, Some(1), 0), ExchangeError::MarketMissing);
    let foreign = crate::accounts::foreign_exchange(&mut world, trader.signer);
    let sweep = client::sweep_order(&world.addresses, trader.signer, trader.margin_account, Some(0), 0);
    let sweep = with_account(sweep, world.addresses.market(0), foreign.market(0));
    assert!(world.run(&[sweep]).is_err());
    assert_refused(world.sweep(trader, Some(0), 0), ExchangeError::OrderAlive);
    // An armed one is swept by nobody, whatever it says about its expiry.
    let expires = Timestamp::new(world.now);
    world.publish(0, 250.0);
    world.place(trader, 0, &[NewOrder { expires, ..next_price(SOL) }]).unwrap();
    let until = world.order(&trader.margin_account, 1).fills_from.get() + 15;
    world.wait(until - world.now);
    assert_refused(world.sweep(trader, None, 1), ExchangeError::OrderAlive);
    world.wait(1);
    world.sweep(trader, None, 1).unwrap();
}

#[test]
fn attack_a_partly_verified_reading_fills_nothing() {
    let mut world = world();
    let (trader, attacker) = (trading(&mut world, 1_000), world.key());
    world.place(trader, 0, &[next_price(SOL)]).unwrap();
    world.to_fill(trader, 0, 250.0);
    let mut reading = world.chain.account(&world.oracle(0)).unwrap();
    // The level of verification follows discriminator and authority: partial, by five signatures, moves what follows by a byte.
    reading.data[40] = 0;
    reading.data.insert(41, 5);
    reading.data.pop();
    let forged = Pubkey::new_unique();
    world.chain.set_account(&forged, reading);
    let execution = world.execution(attacker, &trader.margin_account, 0, forged, 0);
    assert_refused(world.run(&[execution.clone()]), ExchangeError::OraclePartiallyVerified);
    assert_refused(world.run(&[fill_if_due(&execution)]), ExchangeError::OraclePartiallyVerified);
    let arming = world.arming(&trader.margin_account, TargetMarket::with_oracle(0, forged), 0);
    assert_refused(world.run(&[arming]), ExchangeError::OraclePartiallyVerified);
}

#[test]
fn attack_a_keeper_works_for_nothing_where_the_bound_is_never_met() {
    // A buy from $260 down at no more than $200, while the market is at $250: it is met all the time and never filled.
    let mut world = world();
    let (attacker, keeper) = (trading(&mut world, 1_000), world.key());
    let before = lamports(&mut world, &attacker.signer);
    world.place(attacker, 0, &[NewOrder { acceptable_price: price(200), ..below(260, SOL) }]).unwrap();
    let (paid, started) = (lamports(&mut world, &keeper), world.now);
    for _ in 0..10 {
        world.wait(1);
        world.publish(0, 250.0);
        world.arm(attacker, 0).unwrap();
        world.to_fill(attacker, 0, 250.0);
        world.execute(keeper, attacker, 0).unwrap();
        world.wait(30);
    }
    // Two transactions every 42 s, of ours and of whoever else looks.
    assert_eq!(world.now - started, 420);
    assert_eq!(lamports(&mut world, &keeper), paid);
    world.replace(attacker, 0, &[0], &[]).unwrap();
    assert_eq!(lamports(&mut world, &attacker.signer), before);
}

#[test]
fn attack_letting_an_order_fail_before_the_market_has_heard_of_its_loss() {
    // Short 100 SOL, he buys 99 at the reading of a moment: $255. A second later the feed says $250, which no market has taken in yet. He
    // buys 0.97 SOL at the reading of the moment, so that less than the minimum would be left, and hands it in himself.
    let paid = |heard: bool| {
        let mut world = world();
        let attacker = trading(&mut world, 10_000);
        world.trade(attacker, 0, -100 * SOL).unwrap();
        world.next_slot();
        world.place(attacker, 0, &[next_price(99 * SOL)]).unwrap();
        world.to_fill(attacker, 0, 255.0);
        let reading = world.posted(0);
        world.wait(1);
        let target = TargetMarket::with_oracle(0, reading);
        let trade = world.trade_instruction(attacker, target, &perp_tests::world::order(970_000_000));
        let fill = world.execution(attacker.signer, &attacker.margin_account, 0, reading, 0);
        world.publish(0, 250.0);
        if heard {
            world.update_price(0).unwrap();
        }
        let balance = world.balance(&attacker.margin_account);
        world.run(&[trade, fill]).unwrap();
        assert_eq!(world.position(&attacker.margin_account, 0).size.get(), -99_030_000_000);
        balance - world.balance(&attacker.margin_account)
    };
    // 99 · $5 and an atom. Unheard the newest price is that of the fill, and what it lost is nothing. What is left of either is what the 0.97 SOL
    // have lost since they were sold, 0.97 · $5, their spread and fee.
    let (heard, unheard) = (paid(true), paid(false));
    assert!((495_000_000..496_000_000).contains(&heard), "{heard}");
    assert!((4_850_000..5_200_000).contains(&unheard), "{unheard}");
}

#[test]
fn attack_many_orders_of_one_transaction_and_what_is_told_of_them() {
    // As many as a transaction carries; each is told, and the log is not cut off.
    let mut world = world();
    let trader = trading(&mut world, 1_000);
    let done = world.place(trader, 0, &[below(100, SOL); 9]).unwrap();
    assert!(done.logs.iter().map(String::len).sum::<usize>() < 4_000);
    assert_eq!(done.events().len(), 10);
}
