use crate::expected::says;
use anchor_lang::prelude::Pubkey;
use perp_client::instructions::propose_admin;
use perp_swap::errors::ExchangeError;
use perp_swap::events::AdminProposed;
use perp_tests::{assert_refused, Backend, World};

#[test]
fn a_proposal_replaces_the_one_before_and_the_admin_stays() {
    let mut world = World::empty(Backend::Sbf);
    let (at, admin) = (world.addresses, world.admin);
    let (first, second) = (world.key(), world.key());
    // The default key takes a proposal back.
    let nobody = Pubkey::default();
    for (number, before, after) in [(2, nobody, first), (3, first, second), (4, second, nobody)] {
        let expected = AdminProposed {
            exchange: at.exchange,
            time: world.now,
            exchange_sequence: number,
            admin,
            pending_admin_before: before,
            pending_admin_after: after,
        };
        says(world.run(&[propose_admin(&at, admin, after)]), expected);
        assert_eq!((world.exchange().admin, world.exchange().pending_admin), (admin, after));
    }
}

#[test]
fn nobody_but_the_admin_proposes() {
    let mut world = World::empty(Backend::Sbf);
    let (at, successor) = (world.addresses, world.key());
    world.run(&[propose_admin(&at, world.admin, successor)]).unwrap();
    for signer in [world.risk_admin, world.guardian, successor] {
        assert_refused(world.run(&[propose_admin(&at, signer, signer)]), ExchangeError::MissingRole);
    }
}
