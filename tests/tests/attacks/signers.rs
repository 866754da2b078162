//! Acting for others.

use crate::scenes::scene;
use crate::substitutions::named_accounts;
use crate::{gains_nothing, unsigned, with_account, world};
use anchor_lang::error::ErrorCode;
use perp_client::instructions::{self as client, Authority};
use perp_engine::units::Atoms;
use perp_swap::errors::ExchangeError;
use perp_tests::idl::instructions;
use perp_tests::world::order;
use perp_tests::{assert_refused, SOL, USDC};

#[test]
fn attack_acting_without_the_signature_is_refused_by_every_instruction_that_needs_one() {
    let mut tried = 0;
    for name in instructions() {
        let (mut world, instruction) = scene(&name);
        let named = named_accounts(&name);
        for (place, (account, signs)) in named.into_iter().enumerate() {
            assert_eq!(instruction.accounts[place].is_signer, signs, "the client marks {account} of {name}");
            if signs {
                let mut unsigned = instruction.clone();
                unsigned.accounts[place].is_signer = false;
                assert_refused(world.run(&[unsigned]), ErrorCode::AccountNotSigner);
                tried += 1;
            }
        }
        world.run(&[instruction]).unwrap();
    }
    assert!(tried >= 24, "{tried} signatures");
}

#[test]
fn attack_a_stranger_cannot_withdraw_trade_close_or_delegate_anothers_account() {
    let mut world = world();
    let victim = world.trader(1_000 * USDC);
    let thief = world.user(0);
    let as_thief = Authority { signer: thief, ..victim };
    gains_nothing(&mut world, &[thief], |world| {
        let at = world.addresses;
        let target = world.target(0);
        assert_refused(world.withdraw(as_thief, 1_000 * USDC), ExchangeError::NotTheOwner);
        assert_refused(world.set_delegate(as_thief, thief), ExchangeError::NotTheOwner);
        assert_refused(world.close_account(as_thief), ExchangeError::NotTheOwner);
        let trade = world.trade_instruction(as_thief, target, &order(SOL));
        assert_refused(world.run(&[trade]), ExchangeError::NotAuthorized);
        // The thief's tokens go into nobody's account by mistake either.
        let deposit = client::deposit(&at, as_thief, at.tokens_of(&thief), Atoms::new(1));
        assert_refused(world.run(&[deposit]), ExchangeError::NotTheOwner);
    });
}

#[test]
fn attack_a_delegate_can_trade_but_neither_withdraw_nor_delegate_nor_close() {
    let mut world = world();
    let owner = world.trader(1_000 * USDC);
    let delegate = world.user(0);
    world.set_delegate(owner, delegate).unwrap();
    let as_delegate = Authority { signer: delegate, ..owner };
    gains_nothing(&mut world, &[delegate], |world| {
        world.trade(as_delegate, 0, SOL).unwrap();
        assert_refused(world.withdraw(as_delegate, 1), ExchangeError::NotTheOwner);
        assert_refused(world.set_delegate(as_delegate, world.admin), ExchangeError::NotTheOwner);
        assert_refused(world.close_account(as_delegate), ExchangeError::NotTheOwner);
        // Into the delegate's token account on behalf of the owner: the owner's signature is missing.
        let theft = world.withdrawal(owner, 1);
        let theft = with_account(theft, world.addresses.tokens_of(&owner.signer), world.addresses.tokens_of(&delegate));
        assert_refused(world.run(&[unsigned(theft)]), ErrorCode::AccountNotSigner);
    });
    // Named away again, the delegate trades no more.
    world.set_delegate(owner, Default::default()).unwrap();
    assert_refused(world.trade(as_delegate, 0, SOL), ExchangeError::NotAuthorized);
}

#[test]
fn attack_the_default_key_is_no_delegate_of_accounts_without_one() {
    let mut world = world();
    let victim = world.trader(1_000 * USDC);
    let nobody = Authority { signer: Default::default(), ..victim };
    let target = world.target(0);
    // The system program's address: nobody signs for it, and without a signature nothing goes.
    let trade = unsigned(world.trade_instruction(nobody, target, &order(SOL)));
    assert_refused(world.run(&[trade]), ErrorCode::AccountNotSigner);
}

#[test]
fn attack_a_bounty_cannot_be_sent_to_an_account_the_caller_does_not_act_for() {
    let mut world = world();
    let victim = world.trader(700 * USDC);
    world.trade(victim, 0, 40 * SOL).unwrap();
    world.later_at(60, 0, 234.375);
    let bystander = world.trader(0);
    let caller = world.user(0);
    let as_caller = Authority { signer: caller, ..bystander };
    let done = world.liquidate(as_caller, victim.margin_account, 0);
    assert_refused(done, ExchangeError::NotAuthorized);
    assert_eq!(world.balance(&bystander.margin_account), 0);
}
