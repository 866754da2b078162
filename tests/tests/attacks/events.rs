//! Events that never happened, and events that somebody would rather hide.

use crate::{gains_nothing, with_account, world};
use anchor_lang::error::ErrorCode;
use anchor_lang::event::EVENT_IX_TAG_LE;
use anchor_lang::prelude::{AccountMeta, Pubkey};
use anchor_lang::Event as _;
use perp_client::addresses::event_authority;
use perp_client::events::Event;
use perp_client::instructions::{self as client, TargetMarket};
use perp_swap::events::AdminAccepted;
use perp_tests::chain::{relay_authority, RELAY};
use perp_tests::world::ALL;
use perp_tests::{assert_refused, Backend, World, SOL, USDC};
use solana_instruction::error::InstructionError;
use solana_instruction::Instruction;

/// What the program would send to itself if this had happened.
fn forgery(world: &World, liar: Pubkey) -> Vec<u8> {
    let event = AdminAccepted {
        exchange: world.addresses.exchange,
        time: world.now,
        exchange_sequence: 2,
        admin_before: world.admin,
        admin_after: liar,
    };
    [EVENT_IX_TAG_LE, &event.data()].concat()
}

/// The forgery as an instruction of the program, with this account in the place of the event authority.
fn forged(world: &World, liar: Pubkey, authority: AccountMeta) -> Instruction {
    Instruction { program_id: perp_swap::ID, accounts: vec![authority], data: forgery(world, liar) }
}

#[test]
fn attack_nobody_speaks_for_the_program() {
    let mut world = world();
    let liar = world.user(0);
    let authority = event_authority();
    for (account, reason) in [
        (AccountMeta::new_readonly(authority, false), ErrorCode::ConstraintSigner),
        (AccountMeta::new(authority, false), ErrorCode::ConstraintSigner),
        (AccountMeta::new_readonly(liar, true), ErrorCode::ConstraintSeeds),
        (AccountMeta::new_readonly(world.admin, true), ErrorCode::ConstraintSeeds),
        (AccountMeta::new_readonly(liar, false), ErrorCode::ConstraintSigner),
    ] {
        let lie = forged(&world, liar, account);
        assert_refused(world.send(&lie), reason);
        // What it says does not matter, nor whether it says anything.
        assert_refused(world.send(&Instruction { data: EVENT_IX_TAG_LE.to_vec(), ..lie }), reason);
    }
    let nobody = Instruction { accounts: vec![], ..forged(&world, liar, AccountMeta::new_readonly(authority, false)) };
    #[allow(deprecated)] // the name by which Anchor reports it
    let reason = InstructionError::NotEnoughAccountKeys;
    assert_refused(world.send(&nobody), reason);
    // Beside a real one it is refused, too, and takes that one with it.
    let real = client::propose_admin(&world.addresses, world.admin, liar);
    let lie = forged(&world, liar, AccountMeta::new_readonly(authority, false));
    assert_refused(world.run(&[real, lie]), ErrorCode::ConstraintSigner);
    assert_eq!(world.exchange().pending_admin, Pubkey::default());
}

#[test]
fn attack_no_other_program_speaks_for_the_program() {
    // A program that passes on what it is told, and signs with what it can: an address of its own from the same seed.
    let mut world = World::new(Backend::Native, 1);
    let liar = world.user(0);
    let data = forgery(&world, liar);
    let mut told = |authority: Pubkey, signs: bool| {
        let accounts = [authority, perp_swap::ID].map(|address| AccountMeta::new_readonly(address, false)).to_vec();
        let data = [&[u8::from(signs)], &data[..]].concat();
        world.run(&[Instruction { program_id: RELAY, accounts, data }])
    };
    assert_refused(told(event_authority(), false), ErrorCode::ConstraintSigner);
    // No program signs for another's address: the runtime calls it an escalation of privileges and ends the program.
    assert_refused(told(event_authority(), true), InstructionError::ProgramFailedToComplete);
    assert_refused(told(relay_authority(), false), ErrorCode::ConstraintSigner);
    assert_refused(told(relay_authority(), true), ErrorCode::ConstraintSeeds);
}

#[test]
fn attack_no_liquidation_or_bankruptcy_without_its_event() {
    let mut world = world();
    let (victim, liquidator) = (world.trader(700 * USDC), world.trader(0));
    world.trade(victim, 0, 40 * SOL).unwrap();
    world.later_at(60, 0, 218.75);
    let at = world.addresses;
    let target = world.target(0);
    let liquidation = world.liquidation(liquidator, victim.margin_account, target, &ALL);
    gains_nothing(&mut world, &[liquidator.signer, victim.signer], |world| silence(world, &liquidation));

    // Without the price account its place is taken by the program's own address, so the call finds it there: the event
    // is told whatever stands in the last place.
    let cached = world.liquidation(liquidator, victim.margin_account, TargetMarket::at_cached_price(0), &ALL);
    let mut unnamed = cached;
    unnamed.accounts.last_mut().unwrap().pubkey = liquidator.signer;
    assert!(matches!(world.run(&[unnamed]).unwrap().event(), Event::Liquidated(_)));

    let account = world.margin_account(&victim.margin_account).state;
    let bankruptcy = client::resolve_bankruptcy(&at, victim.margin_account, &account, 0);
    silence(&mut world, &bankruptcy);
    assert!(matches!(world.run(&[bankruptcy]).unwrap().event(), Event::BankruptcyResolved(_)));
}

/// The instruction is refused without the accounts of its event, the last two, or with others in their place.
fn silence(world: &mut World, instruction: &Instruction) {
    let stranger = world.key();
    for count in [instruction.accounts.len() - 2, instruction.accounts.len() - 1] {
        let mut cut = instruction.clone();
        cut.accounts.truncate(count);
        assert_refused(world.run(&[cut]), ErrorCode::AccountNotEnoughKeys);
    }
    for other in [stranger, world.addresses.exchange, relay_authority(), perp_swap::ID] {
        let swapped = with_account(instruction.clone(), event_authority(), other);
        assert_refused(world.run(&[swapped]), ErrorCode::ConstraintAddress);
    }
    for other in [stranger, anchor_spl::token::ID, event_authority()] {
        let swapped = with_account(instruction.clone(), perp_swap::ID, other);
        assert_refused(world.run(&[swapped]), InstructionError::MissingAccount);
    }
}

#[test]
fn attack_a_long_log_hides_no_liquidation() {
    let mut world = world();
    let (victim, liquidator) = (world.trader(700 * USDC), world.trader(0));
    world.trade(victim, 0, 40 * SOL).unwrap();
    world.later_at(60, 0, 234.375);
    let at = world.addresses;
    let oracle = world.oracle(0);
    // Nodes keep 10 000 bytes of a transaction's log, and each price taken in writes 190.
    let noise = client::update_prices(&at, [(0, oracle); 60]);
    let target = world.target(0);
    let liquidation = world.liquidation(liquidator, victim.margin_account, target, &ALL);
    let done = world.run(&[noise, liquidation]).unwrap();
    assert!(done.logs.iter().any(|line| line == "Log truncated"), "{:#?}", done.logs);
    let seen = done.events_seen();
    let Some(Event::Liquidated(event)) = seen.last() else { panic!("{seen:?}") };
    assert_eq!((event.account, event.liquidator_account), (victim.margin_account, liquidator.margin_account));
    assert_eq!(event.bounty, world.balance(&liquidator.margin_account));
}
