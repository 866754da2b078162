//! Whoever moves his positions from slot to slot while somebody names their markets.

use crate::BACKEND;
use anchor_lang::prelude::{AccountMeta, Pubkey};
use anchor_lang::Discriminator;
use perp_client::instructions::{self as client, Authority};
use perp_swap::errors::ExchangeError;
use perp_swap::instruction as data;
use perp_tests::world::orders::next_price;
use perp_tests::{assert_refused, World, SOL, USDC};
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

/// The same the other way round.
fn reversed(held: &[u16], armed: &[u16]) -> Vec<u16> {
    as_documented(held, armed).into_iter().rev().collect()
}

#[test]
fn attack_filling_other_orders_in_a_slot_that_was_left_spoils_the_list_of_whoever_fills() {
    type Listed = fn(&[u16], &[u16]) -> Vec<u16>;
    // Filled at the first try he loses 20 · $5 and fees, whatever takes which slot.
    for (positions, at_once, seconds, listed) in
        [(2, 1, 1, as_documented as Listed), (2, 1, 2, as_documented), (5, 3, 5, as_documented), (5, 3, 5, reversed)]
    {
        let (tries, filled, lost) = moving(Moving { positions, at_once, seconds, listed });
        assert_eq!((tries, filled), (1, true));
        assert!((102_000_000..104_000_000).contains(&lost), "{lost}");
    }
}
