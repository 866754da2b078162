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
            client::set_exchange_status(&at, stranger, Status::Paused, 300),
            client::set_market_status(&at, stranger, 0, Status::Paused, 300),
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
fn attack_a_guardian_cannot_loosen_or_lock_in() {
    let mut world = world();
    let guardian = world.guardian;
    let trader = world.trader(1_000 * USDC);
    world.set_exchange_status(guardian, Status::Paused, 60).unwrap();
    for status in [Status::Active, Status::ReduceOnly, Status::Paused] {
        assert_refused(world.set_exchange_status(guardian, status, 60), ExchangeError::GuardianOnlyTightens);
    }
    // 180 of 240 are spent: there is no further one.
    assert_refused(world.set_exchange_status(guardian, Status::Paused, 200), ExchangeError::StatusAllowance);
    world.withdraw(trader, 400 * USDC).unwrap();
    world.wait(59);
    assert_refused(world.trade(trader, 0, SOL), ExchangeError::Paused);
    world.wait(1);
    world.publish_all_again();
    assert_refused(world.trade(trader, 0, SOL), ExchangeError::ReduceOnly);
    world.wait(120);
    world.publish_all_again();
    world.trade(trader, 0, SOL).unwrap();
    // Other powers a guardian has none.
    let target = client::set_backing_target(&world.addresses, guardian, 0, Atoms::ZERO);
    assert_refused(world.run(&[target]), ExchangeError::MissingRole);
    does_nothing_of_the_admins(&mut world, guardian);
}

#[test]
fn attack_naming_another_guardian_every_hour_pauses_nothing_more() {
    // Today's guardian pauses for as long as a guardian can, then the next, for three days. Each may spend what is left above
    // half of 480 s: 240 s at first, then what has come back, at most 120 in 72 hours.
    let mut world = world();
    let (at, admin, risk_admin) = (world.addresses, world.admin, world.risk_admin);
    let trader = world.trader(10_000 * USDC);
    world.trade(trader, 0, 10 * SOL).unwrap();
    let mut paused = 0;
    for _ in 0..72 {
        let guardian = world.key();
        world.run(&[client::set_roles(&at, admin, risk_admin, guardian)]).unwrap();
        if world.set_exchange_status(guardian, Status::Paused, 120).is_ok() {
            paused += 120;
        }
        let _ = world.set_exchange_status(guardian, Status::Paused, 0);
        world.wait(3_600);
        world.publish_all_again();
        world.trade(trader, 0, -SOL / 10).unwrap();
    }
    assert_eq!(paused, 120);
}

#[test]
fn attack_a_guardian_who_pauses_for_nothing_leaves_the_others_what_they_need() {
    let mut world = world();
    let (guardian, risk_admin) = (world.guardian, world.risk_admin);
    // Pauses of no length, each of which is charged its grace of 120 s: two fit into the upper half of 480.
    let mut pauses = 0;
    while world.set_exchange_status(guardian, Status::Paused, 0).is_ok() {
        pauses += 1;
        world.next_slot();
    }
    assert_eq!(pauses, 2);
    // The other half is there when it is needed: 120 s of pause and as many of grace.
    world.set_exchange_status(risk_admin, Status::Paused, 120).unwrap();
    let trader = world.trader(1_000 * USDC);
    world.wait(119);
    world.publish(0, 250.0);
    assert_refused(world.trade(trader, 0, SOL), ExchangeError::Paused);
}

#[test]
fn attack_nobody_pauses_one_market_or_restricts_it_for_longer_than_its_allowance() {
    let mut world = world();
    for signer in [world.admin, world.risk_admin, world.guardian] {
        assert_refused(world.set_market_status(signer, 0, Status::Paused, 1), ExchangeError::MarketsDoNotPause);
        assert_refused(world.set_market_status(signer, 0, Status::ReduceOnly, 36_001), ExchangeError::StatusAllowance);
    }
    let (admin, risk_admin) = (world.admin, world.risk_admin);
    world.set_market_status(admin, 0, Status::ReduceOnly, 36_000).unwrap();
    world.wait(36_000);
    // What has come back: 36 000 · 6 600 / 259 200 = 916.6….
    assert_refused(world.set_market_status(risk_admin, 0, Status::ReduceOnly, 917), ExchangeError::StatusAllowance);
    world.set_market_status(risk_admin, 0, Status::ReduceOnly, 916).unwrap();
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
        client::delist_market(&at, signer, 0),
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
    // A year later no price was published either.
    world.wait(365 * DAY);
    world.set_exchange_status(admin, Status::Paused, 360).unwrap();
    assert_refused(world.deposit(flat, 0), ExchangeError::AmountZero);
    world.withdraw(flat, 1_000 * USDC).unwrap();
    assert_eq!(world.tokens(&flat.signer), 1_000 * USDC);
    world.deposit(flat, 1_000 * USDC).unwrap();
}
