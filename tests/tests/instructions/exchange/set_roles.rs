use crate::expected::says;
use perp_client::instructions::set_roles;
use perp_engine::state::Status;
use perp_swap::errors::ExchangeError;
use perp_swap::events::RolesSet;
use perp_tests::{assert_refused, Backend, World};

#[test]
fn both_roles_pass_to_others_at_once() {
    let mut world = World::empty(Backend::Sbf);
    let (at, admin, risk_admin, guardian) = (world.addresses, world.admin, world.risk_admin, world.guardian);
    let (next_risk_admin, next_guardian) = (world.key(), world.key());
    let expected = RolesSet {
        exchange: at.exchange,
        time: world.now,
        exchange_sequence: 2,
        risk_admin_before: risk_admin,
        risk_admin_after: next_risk_admin,
        guardian_before: guardian,
        guardian_after: next_guardian,
    };
    says(world.run(&[set_roles(&at, admin, next_risk_admin, next_guardian)]), expected);
    assert_eq!((world.exchange().risk_admin, world.exchange().guardian), (next_risk_admin, next_guardian));
    for former in [risk_admin, guardian] {
        assert_refused(world.set_exchange_status(former, Status::Paused, 300), ExchangeError::MissingRole);
    }
    world.set_exchange_status(next_guardian, Status::ReduceOnly, 3_600).unwrap();
    world.set_exchange_status(next_risk_admin, Status::Active, 0).unwrap();
}

#[test]
fn nobody_but_the_admin_names_them() {
    let mut world = World::empty(Backend::Sbf);
    let at = world.addresses;
    for signer in [world.risk_admin, world.guardian, world.key()] {
        assert_refused(world.run(&[set_roles(&at, signer, signer, signer)]), ExchangeError::MissingRole);
    }
}
