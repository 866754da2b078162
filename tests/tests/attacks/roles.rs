//! Roles used beyond what they are for.

use crate::{gains_nothing, world};
use anchor_lang::prelude::Pubkey;
use perp_client::instructions as client;
use perp_engine::state::Status;
use perp_engine::units::Atoms;
use perp_swap::errors::ExchangeError;
use perp_tests::{assert_refused, listing, World, DAY, SOL, USDC};

#[test]
fn attack_strangers_hold_no_role() {
    let mut world = world();
    let stranger = world.user(0);
    let at = world.addresses;
    gains_nothing(&mut world, &[stranger], |world| {
        let instructions = [
            client::set_exchange_status(&at, stranger, Status::Paused),
            client::set_market_status(&at, stranger, 0, Status::Paused),
            client::set_backing_target(&at, stranger, 0, Atoms::ZERO),
        ];
        for instruction in instructions {
            assert_refused(world.run(&[instruction]), ExchangeError::MissingRole);
        }
        does_nothing_of_the_admins(world, stranger);
    });
}

#[test]
fn attack_the_default_key_does_not_become_admin() {
    let mut world = world();
    // Nobody is proposed: the pending admin is the default key, for which nobody can sign.
    let accept = crate::unsigned(client::accept_admin(&world.addresses, Default::default()));
    assert_refused(world.run(&[accept]), anchor_lang::error::ErrorCode::AccountNotSigner);
}

#[test]
fn attack_a_guardian_cannot_loosen_prolong_or_lock_in() {
    let mut world = world();
    let guardian = world.guardian;
    let trader = world.trader(1_000 * USDC);
    world.set_exchange_status(guardian, Status::Paused).unwrap();
    // Neither longer nor looser.
    for status in [Status::Active, Status::ReduceOnly, Status::Paused] {
        assert_refused(world.set_exchange_status(guardian, status), ExchangeError::GuardianOnlyTightens);
    }
    world.withdraw(trader, 400 * USDC).unwrap();
    world.wait(DAY - 1);
    assert_refused(world.trade(trader, 0, SOL), ExchangeError::Paused);
    world.wait(1);
    world.publish_all_again();
    world.trade(trader, 0, SOL).unwrap();
    // Other powers a guardian has none.
    let target = client::set_backing_target(&world.addresses, guardian, 0, Atoms::ZERO);
    assert_refused(world.run(&[target]), ExchangeError::MissingRole);
    does_nothing_of_the_admins(&mut world, guardian);
}

#[test]
fn attack_a_risk_admin_does_not_become_admin() {
    let mut world = world();
    let risk_admin = world.risk_admin;
    // There are fees to be taken.
    let trader = world.trader(1_000 * USDC);
    world.trade(trader, 0, SOL).unwrap();
    does_nothing_of_the_admins(&mut world, risk_admin);
}

/// Whoever signs does nothing that only the admin may, and becomes no admin.
#[track_caller]
fn does_nothing_of_the_admins(world: &mut World, signer: Pubkey) {
    let at = world.addresses;
    let market = listing::market(world.market_count, listing::parameters(), 0);
    let instructions = [
        client::propose_admin(&at, signer, signer),
        client::set_roles(&at, signer, signer, signer),
        client::create_market(&at, signer, &market),
        client::withdraw_protocol_fees(&at, signer, 0, at.tokens_of(&signer)),
    ];
    for instruction in instructions {
        assert_refused(world.run(&[instruction]), ExchangeError::MissingRole);
    }
    let accept = client::accept_admin(&at, signer);
    assert_refused(world.run(&[accept]), ExchangeError::NotThePendingAdmin);
}

#[test]
fn attack_pausing_keeps_nobody_from_flat_money() {
    let mut world = world();
    let flat = world.trader(1_000 * USDC);
    let admin = world.admin;
    world.set_exchange_status(admin, Status::Paused).unwrap();
    for market in 0..2 {
        world.set_market_status(admin, market, Status::Paused).unwrap();
    }
    // A year later no price was published either.
    world.wait(365 * DAY);
    assert_refused(world.deposit(flat, 0), ExchangeError::AmountZero);
    world.withdraw(flat, 1_000 * USDC).unwrap();
    assert_eq!(world.tokens(&flat.signer), 1_000 * USDC);
    world.deposit(flat, 1_000 * USDC).unwrap();
}
