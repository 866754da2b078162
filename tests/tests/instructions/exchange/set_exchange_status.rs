use crate::expected::says;
use anchor_lang::error::ErrorCode;
use perp_client::instructions::set_exchange_status;
use perp_engine::state::{Status, PAUSES, REDUCTIONS};
use perp_swap::errors::ExchangeError;
use perp_swap::events::ExchangeStatusSet;
use perp_tests::{assert_refused, Backend, World};

#[test]
fn every_status_ends_by_itself_and_is_charged_to_an_allowance() {
    let mut world = World::empty(Backend::Sbf);
    let (exchange, admin, risk_admin, guardian) =
        (world.addresses.exchange, world.admin, world.risk_admin, world.guardian);
    let (active, reduce_only, paused) = (Status::Active, Status::ReduceOnly, Status::Paused);
    // 1000 s of reduce-only leave 35 000 of 36 000. Pauses cost 120 s besides: 480 − 220 = 260. Lifted at once, their seconds
    // return and the 120 do not.
    for (number, authority, before, (after, seconds), (pause_left, reduce_only_left)) in [
        (2, risk_admin, active, (reduce_only, 1_000), (480, 35_000)),
        (3, guardian, reduce_only, (paused, 100), (260, 35_000)),
        (4, admin, paused, (active, 0), (360, 36_000)),
        (5, guardian, active, (reduce_only, 18_000), (360, 18_000)),
    ] {
        let until = if after == active { 0 } else { world.now + i64::from(seconds) };
        let expected = ExchangeStatusSet {
            exchange,
            time: world.now,
            exchange_sequence: number,
            authority,
            before,
            after,
            until,
            pause_left,
            reduce_only_left,
        };
        says(world.set_exchange_status(authority, after, seconds), expected);
    }
    let state = world.exchange().state;
    assert_eq!((state.reduce_only.until.get(), state.pause.until.get()), (world.now + 18_000, world.now));
    // What an event calls the status before is the one in force: after five hours none is. ⌊18 000 · 120 / 259 200⌋ = 8 have
    // come back of pauses, 458 of reduce-only.
    world.wait(18_000);
    let expected = ExchangeStatusSet {
        exchange,
        time: world.now,
        exchange_sequence: 6,
        authority: admin,
        before: active,
        after: paused,
        until: world.now + 200,
        pause_left: 360 + 8 - 320,
        reduce_only_left: 18_458,
    };
    says(world.set_exchange_status(admin, paused, 200), expected);
}

#[test]
fn a_guardian_only_tightens_and_leaves_half_to_the_others() {
    let mut world = World::empty(Backend::Sbf);
    let (guardian, risk_admin) = (world.guardian, world.risk_admin);
    assert_refused(world.set_exchange_status(guardian, Status::Active, 0), ExchangeError::GuardianOnlyTightens);
    let half = PAUSES.capacity / 2 - PAUSES.besides;
    assert_refused(world.set_exchange_status(guardian, Status::Paused, half + 1), ExchangeError::StatusAllowance);
    world.set_exchange_status(guardian, Status::Paused, half).unwrap();
    for status in [Status::Active, Status::ReduceOnly, Status::Paused] {
        assert_refused(world.set_exchange_status(guardian, status, half), ExchangeError::GuardianOnlyTightens);
    }
    world.set_exchange_status(risk_admin, Status::Active, 0).unwrap();
    let half = REDUCTIONS.capacity / 2;
    assert_refused(world.set_exchange_status(guardian, Status::ReduceOnly, half + 1), ExchangeError::StatusAllowance);
    world.set_exchange_status(guardian, Status::ReduceOnly, half).unwrap();
}

#[test]
fn strangers_and_statuses_without_meaning_are_refused() {
    let mut world = World::empty(Backend::Sbf);
    let (at, risk_admin, stranger) = (world.addresses, world.risk_admin, world.key());
    assert_refused(world.set_exchange_status(stranger, Status::Paused, 0), ExchangeError::MissingRole);
    let mut set = set_exchange_status(&at, risk_admin, Status::Paused, 0);
    // The status follows eight bytes of discriminator.
    set.data[8] = 3;
    assert_refused(world.send(&set), ErrorCode::InstructionDidNotDeserialize);
}
