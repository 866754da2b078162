use crate::expected::says;
use anchor_lang::error::ErrorCode;
use perp_client::instructions::set_exchange_status;
use perp_engine::state::{Status, StoredStatus};
use perp_engine::units::Timestamp;
use perp_swap::errors::ExchangeError;
use perp_swap::events::ExchangeStatusSet;
use perp_tests::{assert_refused, Backend, World, DAY};

#[test]
fn a_risk_admin_sets_any_status_without_end_and_a_guardian_a_stricter_one_for_a_day() {
    let mut world = World::empty(Backend::Sbf);
    let (exchange, admin, risk_admin, guardian) =
        (world.addresses.exchange, world.admin, world.risk_admin, world.guardian);
    let (active, reduce_only, paused) = (Status::Active, Status::ReduceOnly, Status::Paused);
    let tomorrow = world.now + DAY;
    for (number, authority, before, after, until) in [
        (2, risk_admin, active, reduce_only, 0),
        (3, guardian, reduce_only, paused, tomorrow),
        (4, admin, paused, active, 0),
        (5, guardian, active, reduce_only, tomorrow),
    ] {
        let expected =
            ExchangeStatusSet { exchange, time: world.now, exchange_sequence: number, authority, before, after, until };
        says(world.set_exchange_status(authority, after), expected);
        let reverts_to = if authority == guardian { before } else { after };
        let stored = StoredStatus {
            until: Timestamp::new(until),
            current: after as u8,
            reverts_to: reverts_to as u8,
            padding: [0; 6],
        };
        assert_eq!(world.exchange().state.status, stored);
    }
    // When a pause was lifted is kept.
    assert_eq!(world.exchange().state.resumed_at.get(), world.now);
    // A day later the guardian's status has ended: what an event calls the status before is the one in force.
    world.wait(2 * DAY);
    let expected = ExchangeStatusSet {
        exchange,
        time: world.now,
        exchange_sequence: 6,
        authority: guardian,
        before: active,
        after: paused,
        until: world.now + DAY,
    };
    says(world.set_exchange_status(guardian, paused), expected);
}

#[test]
fn a_guardian_neither_loosens_nor_prolongs() {
    let mut world = World::empty(Backend::Sbf);
    let guardian = world.guardian;
    assert_refused(world.set_exchange_status(guardian, Status::Active), ExchangeError::GuardianOnlyTightens);
    world.set_exchange_status(guardian, Status::Paused).unwrap();
    for status in [Status::Active, Status::ReduceOnly, Status::Paused] {
        assert_refused(world.set_exchange_status(guardian, status), ExchangeError::GuardianOnlyTightens);
    }
    // After it has ended a day must pass.
    world.wait(2 * DAY - 1);
    assert_refused(world.set_exchange_status(guardian, Status::Paused), ExchangeError::GuardianMustWait);
    world.wait(1);
    world.set_exchange_status(guardian, Status::Paused).unwrap();
}

#[test]
fn strangers_and_statuses_without_meaning_are_refused() {
    let mut world = World::empty(Backend::Sbf);
    let (at, risk_admin, stranger) = (world.addresses, world.risk_admin, world.key());
    assert_refused(world.set_exchange_status(stranger, Status::Paused), ExchangeError::MissingRole);
    let mut set = set_exchange_status(&at, risk_admin, Status::Paused);
    *set.data.last_mut().unwrap() = 3;
    assert_refused(world.send(&set), ErrorCode::InstructionDidNotDeserialize);
}
