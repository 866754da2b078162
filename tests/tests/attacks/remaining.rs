//! The markets of other positions: left out, repeated, out of order, too many, of another kind, writable.

use crate::{gains_nothing, world};
use anchor_lang::error::ErrorCode;
use anchor_lang::prelude::{AccountMeta, Pubkey};
use perp_client::instructions::{self as client, Actor};
use perp_swap::errors::ExchangeError;
use perp_tests::chain::Reason;
use perp_tests::world::{order, ALL};
use perp_tests::{assert_refused, Backend, World, DAY, SOL, USDC};
use solana_instruction::error::InstructionError;
use solana_instruction::Instruction;

/// An account with positions in markets 0, 1 and 2, of which 1 has lost much; and somebody who could liquidate it.
fn hedged() -> (World, Actor, Actor) {
    let mut world = World::new(Backend::Sbf, 4);
    let liquidator = world.trader(100 * USDC);
    let trader = world.trader(2_000 * USDC);
    for market in 0..3 {
        world.trade(trader, market, 40 * SOL).unwrap();
    }
    world.wait(5);
    for market in [0, 2, 3] {
        world.publish(market, 251.953125);
        world.update_price(market).unwrap();
    }
    world.publish(1, 218.75);
    world.update_price(1).unwrap();
    (world, trader, liquidator)
}

/// What must not be accepted in place of `[first, second]` at the end of an instruction.
fn wrong(world: &World, trader: Actor, first: u16, second: u16, touched: u16) -> Vec<(Vec<Pubkey>, InstructionError)> {
    let at = |index| world.addresses.market(index);
    let mismatch = || ExchangeError::MarketsMismatch.error();
    // The touched market is borrowed for writing already, which the loader reports in the runtime's words.
    let borrowed = || InstructionError::AccountBorrowFailed;
    let (a, b) = (at(first), at(second));
    vec![
        (vec![], mismatch()),
        (vec![a], mismatch()),
        (vec![b], mismatch()),
        (vec![b, a], mismatch()),
        (vec![a, a], mismatch()),
        (vec![a, a, b], mismatch()),
        (vec![a, b, b], mismatch()),
        (vec![a, b, at(3)], mismatch()),
        (vec![a, at(3)], mismatch()),
        (vec![a, world.addresses.pool], ErrorCode::AccountDiscriminatorMismatch.error()),
        (vec![a, world.addresses.vault], ErrorCode::AccountOwnedByWrongProgram.error()),
        (vec![a, trader.signer], ErrorCode::AccountOwnedByWrongProgram.error()),
        (vec![at(touched), b], borrowed()),
        (vec![a, at(touched), b], borrowed()),
        (vec![a, b, at(touched)], borrowed()),
    ]
}

fn check(world: &mut World, instruction: &Instruction, wrong: Vec<(Vec<Pubkey>, InstructionError)>) {
    let named = instruction.accounts.len() - 2;
    for (markets, reason) in wrong {
        let mut forged = instruction.clone();
        forged.accounts.truncate(named);
        forged.accounts.extend(markets.iter().map(|market| AccountMeta::new_readonly(*market, false)));
        assert_refused(world.run(&[forged]), reason);
    }
}

#[test]
fn attack_hiding_a_losing_leg_from_a_trade_is_refused() {
    let (mut world, trader, _) = hedged();
    let touched = world.touched(0);
    let trade = world.trade_instruction(trader, touched, &order(SOL));
    let wrong = wrong(&world, trader, 1, 2, 0);
    gains_nothing(&mut world, &[trader.signer], |world| check(world, &trade, wrong));
}

#[test]
fn attack_hiding_a_losing_leg_from_a_withdrawal_is_refused() {
    let (mut world, trader, _) = hedged();
    gains_nothing(&mut world, &[trader.signer], |world| {
        let whole = world.withdrawal(trader, USDC);
        let at = |world: &World, index| AccountMeta::new_readonly(world.addresses.market(index), false);
        for markets in [vec![], vec![0], vec![0, 1], vec![0, 2, 1], vec![0, 1, 1], vec![0, 1, 2, 3], vec![0, 1, 3]] {
            let mut forged = whole.clone();
            forged.accounts.truncate(whole.accounts.len() - 3);
            forged.accounts.extend(markets.iter().map(|index| at(world, *index)));
            assert_refused(world.run(&[forged]), ExchangeError::MarketsMismatch);
        }
    });
}

#[test]
fn attack_hiding_a_winning_leg_from_a_liquidation_is_refused() {
    let (mut world, trader, liquidator) = hedged();
    world.later_at(1, 1, 203.125);
    let touched = world.touched(1);
    let liquidation = world.liquidation(liquidator, trader.margin_account, touched, &ALL);
    let wrong = wrong(&world, trader, 0, 2, 1);
    gains_nothing(&mut world, &[liquidator.signer], |world| check(world, &liquidation, wrong));
}

#[test]
fn attack_hiding_a_claim_from_a_bankruptcy_so_that_the_insurance_pays_is_refused() {
    let mut world = World::new(Backend::Sbf, 3);
    let (liquidator, whale) = (world.trader(0), world.trader(1_000_000 * USDC));
    let debtor = world.trader(60_000 * USDC);
    let donor = world.user(100_000 * USDC);
    world.fund_insurance(donor, Some(1), 100_000 * USDC).unwrap();
    for (actor, market, size) in [(whale, 0, 50_000), (debtor, 0, 2_000), (debtor, 1, 900)] {
        world.trade(actor, market, size * SOL).unwrap();
    }
    world.later_at(60, 1, 250.0);
    world.publish(0, 312.5);
    world.close_position(whale, 0).unwrap();
    world.close_position(debtor, 0).unwrap();
    world.wait(10);
    world.publish(1, 3.90625);
    world.liquidate(liquidator, debtor.margin_account, 1).unwrap();
    let address = debtor.margin_account;
    let (claim, debt) = (world.position(&address, 0).claim.get(), world.position(&address, 1).debt.get());
    assert!(claim > 0 && debt > claim);

    let state = world.margin_account(&address).state;
    let at = world.addresses;
    let whole = client::resolve_bankruptcy(&at, address, &state, 1);
    let named = whole.accounts.len() - 1;
    let (mismatch, read_only) = (ExchangeError::MarketsMismatch, ExchangeError::MarketNotWritable);
    for (markets, writable, reason) in [
        (vec![], true, mismatch),
        (vec![2], true, mismatch),
        (vec![0, 0], true, mismatch),
        (vec![0, 2], true, mismatch),
        (vec![2, 0], true, mismatch),
        (vec![0], false, read_only),
    ] {
        let mut forged = whole.clone();
        forged.accounts.truncate(named);
        forged.accounts.extend(markets.iter().map(|index| AccountMeta {
            pubkey: at.market(*index),
            is_signer: false,
            is_writable: writable,
        }));
        assert_refused(world.run(&[forged]), reason);
    }
    // The claim pays first, and the insurance only the rest.
    world.run(&[whole]).unwrap();
    assert_eq!(world.market(1).state.books.insurance.get(), 100_000 * USDC - (debt - claim));
}

#[test]
fn attack_a_writable_market_beside_the_touched_one_is_only_read() {
    let (mut world, trader, liquidator) = hedged();
    let touched = world.touched(0);
    let other = world.addresses.market(2);
    let mut trade = world.trade_instruction(trader, touched, &order(-SOL));
    assert_eq!(trade.accounts.last().unwrap().pubkey, other);
    trade.accounts.last_mut().unwrap().is_writable = true;
    let before = world.chain.account(&other);
    gains_nothing(&mut world, &[trader.signer, liquidator.signer], |world| {
        world.run(&[trade]).unwrap();
    });
    assert_eq!(world.chain.account(&other), before);
}

#[test]
fn attack_extra_accounts_with_a_withdrawal_from_a_flat_account_change_nothing() {
    let mut world = world();
    let trader = world.trader(100 * USDC);
    let extra = [world.addresses.market(0), world.addresses.pool];
    let before = extra.map(|address| world.chain.account(&address));
    gains_nothing(&mut world, &[trader.signer], |world| {
        let mut withdrawal = world.withdrawal(trader, 60 * USDC);
        withdrawal.accounts.extend(extra.map(|address| AccountMeta::new(address, false)));
        world.run(&[withdrawal]).unwrap();
    });
    assert_eq!(world.balance(&trader.margin_account), 40 * USDC);
    assert_eq!(extra.map(|address| world.chain.account(&address)), before);
}

#[test]
fn attack_valuing_the_pool_without_one_of_its_markets_is_refused() {
    let mut world = world();
    let (provider, executor) = (world.provider, world.admin);
    let owner = world.user(1_000 * USDC);
    world.request_liquidity_deposit(owner, 1, 1_000 * USDC, 0, 0).unwrap();
    world.request_liquidity_withdrawal(provider, 2, 1_000 * USDC, 0, 0).unwrap();
    let at = world.addresses;
    let deposit = client::execute_liquidity_deposit(&at, executor, &world.request(&owner, 1), 2);
    let withdrawal = client::execute_liquidity_withdrawal(&at, executor, &world.request(&provider, 2), 2);
    for (delay, whole) in [(40, deposit), (DAY, withdrawal)] {
        world.wait(delay);
        world.publish_all_again();
        let named = whole.accounts.len() - 2;
        for markets in [vec![], vec![0], vec![1], vec![1, 0], vec![0, 0], vec![0, 1, 1]] {
            let mut forged = whole.clone();
            forged.accounts.truncate(named);
            forged.accounts.extend(markets.iter().map(|index| AccountMeta::new_readonly(at.market(*index), false)));
            assert_refused(world.run(&[forged]), ExchangeError::MarketsMissing);
        }
        world.run(&[whole]).unwrap();
    }
}
