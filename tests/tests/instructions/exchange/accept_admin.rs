use crate::expected::says;
use anchor_lang::prelude::Pubkey;
use perp_client::instructions::{accept_admin, propose_admin};
use perp_swap::errors::ExchangeError;
use perp_swap::events::AdminAccepted;
use perp_tests::{assert_refused, Backend, World};

#[test]
fn the_successor_becomes_admin_and_nobody_is_proposed_any_more() {
    let mut world = World::empty(Backend::Sbf);
    let (at, admin, successor) = (world.addresses, world.admin, world.key());
    let (risk_admin, guardian) = (world.risk_admin, world.guardian);
    world.run(&[propose_admin(&at, admin, successor)]).unwrap();
    let expected = AdminAccepted {
        exchange: at.exchange,
        time: world.now,
        exchange_sequence: 3,
        admin_before: admin,
        admin_after: successor,
    };
    says(world.run(&[accept_admin(&at, successor)]), expected);
    let stored = world.exchange();
    assert_eq!((stored.admin, stored.pending_admin), (successor, Pubkey::default()));
    assert_eq!((stored.risk_admin, stored.guardian), (risk_admin, guardian));
    assert_eq!(stored.creator, admin, "the address stays what it was made of");
}

#[test]
fn nobody_but_the_proposed_accepts_and_only_once() {
    let mut world = World::empty(Backend::Sbf);
    let (at, admin, successor) = (world.addresses, world.admin, world.key());
    assert_refused(world.run(&[accept_admin(&at, successor)]), ExchangeError::NotThePendingAdmin);
    world.run(&[propose_admin(&at, admin, successor)]).unwrap();
    for signer in [admin, world.risk_admin, world.guardian] {
        assert_refused(world.run(&[accept_admin(&at, signer)]), ExchangeError::NotThePendingAdmin);
    }
    world.run(&[accept_admin(&at, successor)]).unwrap();
    assert_refused(world.run(&[accept_admin(&at, successor)]), ExchangeError::NotThePendingAdmin);
}
