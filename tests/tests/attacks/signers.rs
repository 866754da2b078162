//! Acting for others.

use crate::{gains_nothing, unsigned, with_account, world};
use anchor_lang::error::ErrorCode;
use perp_client::instructions::{self as client, Actor};
use perp_engine::status::Status;
use perp_engine::units::Atoms;
use perp_swap::errors::ExchangeError;
use perp_swap::instructions::{OpenAccountArguments, RequestArguments};
use perp_tests::idl::idl;
use perp_tests::world::{order, ALL};
use perp_tests::{assert_refused, listing, SOL, USDC};
use serde_json::Value;
use std::collections::BTreeMap;

#[test]
fn attack_acting_without_the_signature_is_refused_by_every_verb_that_needs_one() {
    let mut world = world();
    let victim = world.trader(1_000 * USDC);
    let other = world.trader(1_000 * USDC);
    let at = world.addresses;
    let (admin, owner) = (world.admin, victim.signer);
    let (tokens, shares) = (at.tokens_of(&owner), at.shares_of(&owner));
    world.run(&[client::create_share_account(&at, owner, owner)]).unwrap();
    let request = RequestArguments { nonce: 1, amount: Atoms::new(100 * USDC), minimum_output: Atoms::ZERO, tip: 0 };
    let opened = OpenAccountArguments { sub_account: 9, isolated_market: None };
    let market = listing::market(2, listing::parameters(), 0);
    let touched = world.touched(0);
    // Of the provider's, so that what is executed and returned is nobody's who signs.
    let provider = world.provider;
    world.give(provider, 100 * USDC);
    world.request_liquidity_deposit(provider, 1, 100 * USDC, 0, 0).unwrap();
    world.request_liquidity_withdrawal(provider, 2, 100 * USDC, 0, 0).unwrap();
    let (deposit, withdrawal) = (world.request(&provider, 1), world.request(&provider, 2));
    let verbs = [
        client::create_exchange(admin, at.quote_mint, at.token_program, world.exchange_arguments()),
        client::create_market(&at, admin, market),
        client::propose_admin(&at, admin, owner),
        client::accept_admin(&at, owner),
        client::set_roles(&at, admin, owner, owner),
        client::set_exchange_status(&at, admin, Status::Paused),
        client::set_market_status(&at, admin, 0, Status::Paused),
        client::set_backing_target(&at, admin, 0, Atoms::new(1)),
        client::withdraw_protocol_fees(&at, admin, 0, tokens),
        client::open_account(&at, owner, other.signer, opened),
        client::close_account(victim),
        client::set_delegate(victim, other.signer),
        client::deposit(&at, victim, tokens, Atoms::new(1)),
        world.withdrawal(victim, 1_000 * USDC),
        world.trade_instruction(victim, touched, &order(SOL)),
        world.liquidation(other, victim.margin_account, touched, &ALL),
        client::fund_insurance(&at, owner, tokens, None, Atoms::new(1)),
        client::request_liquidity_deposit(&at, owner, tokens, shares, request),
        client::execute_liquidity_deposit(&at, owner, &deposit, 2),
        client::return_liquidity_deposit(&at, owner, &deposit),
        client::request_liquidity_withdrawal(&at, owner, shares, tokens, request),
        client::execute_liquidity_withdrawal(&at, owner, &withdrawal, 2),
        client::return_liquidity_withdrawal(&at, owner, &withdrawal),
    ];
    let mut missing = verbs_with_signers();
    for verb in verbs {
        let (name, signers) = missing.remove(&verb.data[..8]).expect("each verb that needs a signature, and each once");
        for signer in signers {
            let mut unsigned = verb.clone();
            assert!(unsigned.accounts[signer].is_signer, "the client marks who signs {name}");
            unsigned.accounts[signer].is_signer = false;
            assert_refused(world.run(&[unsigned]), ErrorCode::AccountNotSigner);
        }
    }
    assert!(missing.is_empty(), "not tried: {missing:?}");
}

/// The verbs of the IDL in which somebody signs: by their first eight bytes, the name and which accounts sign.
fn verbs_with_signers() -> BTreeMap<Vec<u8>, (String, Vec<usize>)> {
    let list = |value: &Value| value.as_array().unwrap().clone();
    let mut verbs = BTreeMap::new();
    for verb in list(&idl()["instructions"]) {
        let bytes = list(&verb["discriminator"]).iter().map(|byte| byte.as_u64().unwrap() as u8).collect();
        let accounts = list(&verb["accounts"]).into_iter().enumerate();
        let signers: Vec<usize> = accounts.filter(|(_, meta)| meta["signer"] == true).map(|(index, _)| index).collect();
        if !signers.is_empty() {
            verbs.insert(bytes, (verb["name"].as_str().unwrap().to_owned(), signers));
        }
    }
    verbs
}

#[test]
fn attack_a_stranger_cannot_withdraw_trade_close_or_delegate_anothers_account() {
    let mut world = world();
    let victim = world.trader(1_000 * USDC);
    let thief = world.user(0);
    let as_thief = Actor { signer: thief, ..victim };
    gains_nothing(&mut world, &[thief], |world| {
        let at = world.addresses;
        let touched = world.touched(0);
        assert_refused(world.withdraw(as_thief, 1_000 * USDC), ExchangeError::NotTheOwner);
        assert_refused(world.set_delegate(as_thief, thief), ExchangeError::NotTheOwner);
        assert_refused(world.close_account(as_thief), ExchangeError::NotTheOwner);
        let trade = world.trade_instruction(as_thief, touched, &order(SOL));
        assert_refused(world.run(&[trade]), ExchangeError::NotAuthorised);
        // His tokens go into nobody's account by mistake either.
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
    let as_delegate = Actor { signer: delegate, ..owner };
    gains_nothing(&mut world, &[delegate], |world| {
        world.trade(as_delegate, 0, SOL).unwrap();
        assert_refused(world.withdraw(as_delegate, 1), ExchangeError::NotTheOwner);
        assert_refused(world.set_delegate(as_delegate, world.admin), ExchangeError::NotTheOwner);
        assert_refused(world.close_account(as_delegate), ExchangeError::NotTheOwner);
        // Into the delegate's pocket on behalf of the owner: the owner's signature is missing.
        let theft = world.withdrawal(owner, 1);
        let theft = with_account(theft, world.addresses.tokens_of(&owner.signer), world.addresses.tokens_of(&delegate));
        assert_refused(world.run(&[unsigned(theft)]), ErrorCode::AccountNotSigner);
    });
    // Named away again, the delegate trades no more.
    world.set_delegate(owner, Default::default()).unwrap();
    assert_refused(world.trade(as_delegate, 0, SOL), ExchangeError::NotAuthorised);
}

#[test]
fn attack_the_default_key_is_no_delegate_of_accounts_without_one() {
    let mut world = world();
    let victim = world.trader(1_000 * USDC);
    let nobody = Actor { signer: Default::default(), ..victim };
    let touched = world.touched(0);
    // The system program's address: nobody signs for it, and without a signature nothing goes.
    let trade = unsigned(world.trade_instruction(nobody, touched, &order(SOL)));
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
    let as_caller = Actor { signer: caller, ..bystander };
    let done = world.liquidate(as_caller, victim.margin_account, 0);
    assert_refused(done, ExchangeError::NotAuthorised);
    assert_eq!(world.balance(&bystander.margin_account), 0);
}
